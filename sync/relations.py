"""Where a person belongs: parents that moved, vanished or merged (rules 5.3, 5.6). Database only, no network."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from sync import lifecycle, outbox, parting, persons, unlinked
from sync.creation import PARENT
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.shape import Shape

if TYPE_CHECKING:
    from sync.merging import Batch

MOVE_REFUSED = "move_refused"  # code: a person refused that somebody follows its contact
_NOT_TO = "not_to"  # in a contact's Record.meta: the customer to which that was refused
DEALS_AT = "deals_at"  # of a company that is gone: where a deal of it points by now (`sync/deals.py`)


@dataclass(frozen=True)
class Place:
    """`moved_to` is the customer a person is to be moved below; `problem` says why it cannot follow its contact;
    `relinked`: its company got another customer by hand, and what stands below the former one is not ours any more."""

    parent_gone: bool = False
    moved_to: str = ""
    problem: str = ""
    advice: str = "Give it a company that is kept in step."
    code: str = "stays"  # of `problem`
    relinked: bool = False
    survivor: int | None = None  # of a company that is gone: the record that has its contacts now
    has_company: bool = False  # of a customer of its own: its contact has a company now, below which it may be a person
    has_person: bool = False  # … and is a person of a customer besides


_CHOSEN = Place(
    problem="It was linked by hand with a person of a customer that is not its company's; in Books it stays there.",
    advice="Link it with a person of its own company's customer, unless this is meant.",
)

_REFUSED = Place(
    problem="It was moved to another company in Bigin; a person refused that it follows in Books.",
    advice="Press Retry if it is to follow after all, or move it back in Bigin.",
    code=MOVE_REFUSED,
)


def places(shape: Shape, kind: Kind, links: Sequence[Link]) -> dict[int, Place]:
    """Where each contact's counterpart belongs by now; a constant number of queries."""
    if kind is Kind.COMPANY_CUSTOMER:
        return _survivors(shape, links)
    if kind is Kind.CONTACT_CUSTOMER:
        return _below_companies(shape, links)
    if kind is not Kind.CONTACT_PERSON:
        return {}
    contacts = [link.bigin for link in links if link.bigin is not None]
    parents = {contact.parent_id for contact in contacts if contact.parent_id}
    customers = unlinked.partner_ids(shape, Side.BIGIN, parents)
    gone = set(
        Record.objects.filter(
            installation=shape.installation, kind=RecordKind.COMPANY, remote_id__in=parents, gone_at__isnull=False
        ).values_list("remote_id", flat=True)
    )
    found = {link.pk: _place(link, customers, gone) for link in links}
    return {**found, **_relinked(shape, [link for link in links if found[link.pk].moved_to])}


def _relinked(shape: Shape, links: Sequence[Link]) -> dict[int, Place]:
    """Of persons that seem to have moved: those whose customer belongs to no pair any more, or was their company's own
    before. Their contact stayed where it was, and another customer was chosen by hand: nothing is deleted there. Where
    the person was chosen by hand, that stands."""
    parents = {link.books.parent_id for link in links if link.books}
    if not parents:
        return {}
    pairs = Link.objects.filter(
        installation=shape.installation, books__kind=RecordKind.CUSTOMER, books__remote_id__in=parents
    )
    let_alone = Q(state__in=Link.DEAD) | Q(state=Link.State.APART, bigin=None)  # unlinked, and the company billed anew
    ours = set(pairs.exclude(let_alone).values_list("books__remote_id", flat=True))
    former = set(pairs.filter(state__in=Link.DEAD).values_list("bigin__remote_id", "books__remote_id"))
    return {
        link.pk: _CHOSEN if lifecycle.is_by_hand(link) and link.books.parent_id not in ours else Place(relinked=True)
        for link in links
        if link.bigin
        and link.books
        and (link.books.parent_id not in ours or (link.bigin.parent_id, link.books.parent_id) in former)
    }


def _below_companies(shape: Shape, links: Sequence[Link]) -> dict[int, Place]:
    """Of customers of their own: those whose contact has a company by now."""
    contacts = {link.pk: link.bigin for link in links if link.bigin is not None and _may_be_person(shape, link)}
    companies = unlinked.partner_ids(shape, Side.BIGIN, (contact.parent_id for contact in contacts.values()))
    inside = {pk: contact for pk, contact in contacts.items() if contact.parent_id in companies}
    told = _with_persons(inside.values()) if inside else frozenset()
    return {pk: Place(has_company=True, has_person=contact.pk in told) for pk, contact in inside.items()}


def _may_be_person(shape: Shape, link: Link) -> bool:
    has_parent = link.bigin is not None and bool(link.bigin.parent_id)
    return has_parent and link.books is not None and Kind.CONTACT_PERSON in shape.active


def _survivors(shape: Shape, links: Sequence[Link]) -> dict[int, Place]:
    """Contacts or deals of a company that is gone point at another: it was probably merged into that (rules 5.3)."""
    gone = {link.books.remote_id: link for link in links if link.bigin and link.bigin.gone_at and link.books}
    if not gone:
        return {}
    told = {customer: str(link.bigin.meta.get(DEALS_AT) or "") for customer, link in gone.items() if link.bigin}
    moved = Link.objects.filter(
        installation=shape.installation,
        kind=Kind.CONTACT_PERSON,
        books__parent_id__in=gone,
        bigin__gone_at=None,
        bigin__isnull=False,
    ).exclude(state__in=(*Link.DEAD, Link.State.BESIDE))  # a person beside its contact's customer does not move
    pairs = moved.values_list("books__parent_id", "bigin__parent_id")
    wanted = {customer: company for customer, company in (*told.items(), *pairs) if company}
    rows = Record.objects.filter(
        installation=shape.installation, kind=RecordKind.COMPANY, remote_id__in=wanted.values(), gone_at=None
    )
    standing = {record.remote_id: record.pk for record in rows}
    return {
        gone[customer].pk: Place(survivor=standing[company])
        for customer, company in wanted.items()
        if company in standing
    }


def _place(link: Link, customers: dict[str, str], gone: set[str]) -> Place:
    contact, person = link.bigin, link.books
    if contact is None or person is None:
        return Place()
    if contact.gone_at is not None:
        return Place(parent_gone=contact.parent_id in gone)
    if person.gone_at is not None:
        return Place()
    if not contact.parent_id:
        return Place(problem="It has no company in Bigin any more; in Books it stays a contact person where it is.")
    wanted = customers.get(contact.parent_id)
    if wanted is None:
        return Place(problem="Its company in Bigin is not in step with Books; in Books it stays where it is.")
    if wanted == person.parent_id:
        return Place()
    return _REFUSED if contact.meta.get(_NOT_TO) == wanted else Place(moved_to=wanted)


def note(batch: Batch, link: Link, place: Place) -> None:
    """A person that cannot follow its contact stays, and a person is told (rules 5.6)."""
    reason = goes_on(batch.work.shape, link, place)
    if reason:
        parting.let_go(batch, link, reason)
        return
    if link.kind == Kind.CONTACT_CUSTOMER:
        _stays_a_customer(batch, link, place)
        return
    if place.problem and link.state == Link.State.LINKED:
        batch.draft(link, Issue.Kind.SKIPPED, place.code, place.problem, place.advice)


def goes_on(shape: Shape, link: Link, place: Place, new: Container[str] = ()) -> str:
    """Why the contact of this pair goes on as one of another kind, in words; "" where it does not. `new`: companies
    that a preview would pair."""
    if link.kind == Kind.CONTACT_CUSTOMER:
        gains = not lifecycle.is_by_hand(link) and not _why_own(link) and _gained_company(shape, link, place, new)
        return "It has a company now and becomes a person there." if gains else ""
    loses = link.bigin is not None and not link.bigin.parent_id
    if place.problem and loses and not lifecycle.is_by_hand(link) and Kind.CONTACT_CUSTOMER in shape.active:
        return "It has no company any more and becomes a customer of its own."
    return ""


def _gained_company(shape: Shape, link: Link, place: Place, new: Container[str]) -> bool:
    """Whether an individual customer's contact has a company now, below which it may be a person."""
    is_new = link.bigin is not None and link.bigin.parent_id in new
    return place.has_company or (is_new and _may_be_person(shape, link))


def _stays_a_customer(batch: Batch, link: Link, place: Place) -> None:
    """It has documents or other persons, or a person put the pair together."""
    contact = link.bigin
    if contact is None or not place.has_company or place.has_person:
        return
    by_hand = lifecycle.is_by_hand(link)
    why = "was linked by hand with this customer" if by_hand else _why_own(link)
    batch.draft(
        link,
        Issue.Kind.SKIPPED,
        "own_customer",
        f"{contact.label} has a company now, but {why}: it stays a customer of its own.",
        "Bill new deals to the company; add it there as a person too if you wish.",
    )


def _why_own(link: Link) -> str:
    """What would be lost with the customer of its own; "" for nothing."""
    if link.books is not None and link.books.meta.get("has_transaction"):
        return "has documents of its own in Books"
    return "shares its customer in Books with other contact persons" if persons.has_others(link) else ""


def _with_persons(contacts: Iterable[Record]) -> frozenset[int]:
    """Those added as persons too (`sync/beside.py`), or that were some before and whose pair is told of elsewhere."""
    living = Link.objects.filter(bigin__in=list(contacts), kind=Kind.CONTACT_PERSON).exclude(state__in=Link.DEAD)
    rows = living.exclude(state=Link.State.BESIDE, books__gone_at__isnull=False)
    return frozenset(rows.values_list("bigin", flat=True))


def suspect(batch: Batch, link: Link, place: Place) -> None:
    """Gone for good at first sight: two records of Bigin were probably merged; nothing is propagated (rules 5.3)."""
    if not lifecycle.close(link, "It disappeared from Bigin for good; perhaps it was merged into another record."):
        return
    label = link.bigin.label if link.bigin else ""
    survivor = Record.objects.filter(pk=place.survivor).first() if place.survivor else None
    if survivor is not None:
        _merged(batch, link, label, survivor)
        return
    batch.draft(
        link,
        Issue.Kind.MERGE,
        "merge",
        f"{label} disappeared from Bigin for good; perhaps it was merged. Nothing was changed in Books.",
        "Link its counterpart to the record that survived, or delete it in Books yourself.",
    )


def _merged(batch: Batch, link: Link, label: str, survivor: Record) -> None:
    its = Link.objects.filter(bigin=survivor).exclude(state__in=Link.DEAD).select_related("books").first()
    candidate = {
        "record": survivor.pk,
        "id": survivor.remote_id,
        "label": survivor.label,
        "score": 90,
        "why": "survivor",
    }
    if its is None:
        batch.draft(
            link,
            Issue.Kind.MERGE,
            "merged",
            f"{label} was merged into {survivor.label} in Bigin. Nothing was changed in Books.",
            f"Link its customer to {survivor.label}.",
            candidates=[candidate],
        )
        return
    second = its.books.label if its.books else ""
    batch.draft(
        link,
        Issue.Kind.MERGE,
        "two_customers",
        f"{label} was merged into {survivor.label} in Bigin: one company, two customers in Books.",
        f"Decide in Books which of {link.books.label if link.books else ''} and {second} stays.",
    )


def start_over(batch: Batch, link: Link) -> None:
    """A contact whose company got another customer is paired anew there; its former person stays as it is, belongs to
    nobody, and is judged anew where it stands."""
    reason = "Its company was linked with another customer by hand."
    if link.bigin is None or not lifecycle.end(link, reason):
        return
    freed = [record for record in (link.bigin, link.books) if record is not None]
    batch.planned = [record for record in batch.planned if record not in freed]
    Record.objects.filter(pk__in=[record.pk for record in freed]).update(dirty=True)
    batch.work.freed.update(batch.work.shape.kinds_with(link.bigin.kind))


def refuse(moves: Iterable[Write]) -> None:
    """They stay where they are until a person retries it, or they move elsewhere; the next run tells it. In the
    caller's transaction."""
    _not_to({write.link.bigin_id: str(write.source.get(PARENT, "")) for write in moves if write.link.bigin_id})


def may_follow(contacts: Iterable[int]) -> None:
    """Whatever was refused. In the caller's transaction."""
    _not_to(dict.fromkeys(contacts, ""))


def _not_to(customers: Mapping[int, str]) -> None:
    """By the keys of their contacts."""
    contacts = list(Record.objects.select_for_update().filter(pk__in=customers).order_by("pk")) if customers else []
    for contact in contacts:
        contact.meta, contact.dirty = {**contact.meta, _NOT_TO: customers[contact.pk]}, True
    Record.objects.bulk_update(contacts, ["meta", "dirty"])


def move(batch: Batch, link: Link, customer_id: str) -> None:
    """A contact changed its company: one Write with steps takes its person along (rules 5.6)."""
    person, contact = link.books, link.bigin
    if person is None or contact is None:
        return
    batch.write(
        link,
        Side.BOOKS,
        Write.Op.MOVE,
        step=outbox.FIRST_STEP,
        fields=dict(person.fields),
        source={PARENT: customer_id},
        before={"person": person.remote_id, "customer": person.parent_id},
    )
