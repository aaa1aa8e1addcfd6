"""Which contact person of its customer a contact is, where it is a customer of its own (rules 2.3, 4.3).

The pair remembers that person (`Link.person`): which one is primary is Books' business, and another primary person does
not make another person of the contact. The `person.*` fields of the mirror are that person's; the customer's `meta`
says whose they are, and who all its persons are. Database only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sync import issues, sources
from sync.candidates import Strength, likeness
from sync.fields import Fields
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind
from sync.shape import MODULE_OF, Shape
from sync.sources import PEOPLE, PERSON

if TYPE_CHECKING:
    from sync.merging import Batch

GONE = "person_gone"  # code: nothing of the person is written to either side until somebody says who it is now
STAYS = issues.OTHERS_STAY
OTHERS = "It has no contact in Bigin any more; in Books it stays, as it has other contact persons."
_NAME, _MAIL = "person.name", "person.email"

People = Mapping[str, sources.RemoteRow]


# Who it is


def link_of(shape: Shape, customer_id: str) -> Link | None:
    """The pair of a contact with this customer. A query where the settings keep such pairs in step."""
    if Kind.CONTACT_CUSTOMER not in shape.active:
        return None
    rows = Link.objects.filter(
        installation=shape.installation,
        kind=Kind.CONTACT_CUSTOMER,
        books__kind=RecordKind.CUSTOMER,
        books__remote_id=customer_id,
    ).exclude(state__in=Link.DEAD)
    return rows.select_related("bigin").first()


def learn(shape: Shape, customer_id: str, detail: sources.RemoteRow) -> str | None:
    """Whose the `person.*` fields of a customer are; None for the primary person's, as no contact is paired with it.
    What the pair did not know yet is stored with it. Needs a transaction."""
    link = link_of(shape, customer_id)
    if link is None:
        return None
    found = _whose(shape, link, detail)
    if found and found != link.person:
        Link.objects.filter(pk=link.pk, person=link.person).update(person=found)
    return found


def _whose(shape: Shape, link: Link, detail: sources.RemoteRow) -> str:
    """The remembered one, or who came back in its place; of a pair that knows none the one that its base tells, and
    without a base the one like its contact, or the primary one. "" where that cannot be told."""
    people = {str(one["contact_person_id"]): one for one in sources.persons_of(detail)}
    if link.person:
        return link.person if link.person in people else _in_its_place(shape, link, people) or link.person
    primary = sources.primary_id(detail)
    if not any(link.books_base.get(name) for name in (_NAME, _MAIL)):
        return _like_its_contact(link, people) or ("" if _is_anothers(link, primary) else primary)
    agreeing = [one for one, row in people.items() if _agrees(link.books_base, sources.person_fields(shape, row))]
    if primary in agreeing:
        return primary
    return agreeing[0] if len(agreeing) == 1 else ""


def _agrees(base: Fields, fields: Fields) -> bool:
    return any(base.get(name) and base[name] == fields.get(name) for name in (_MAIL, _NAME))


def _in_its_place(shape: Shape, link: Link, people: People) -> str:
    """Deleted and added again: the only one of that name and e-mail."""
    base = link.books_base
    if not (base.get(_NAME) and base.get(_MAIL)):
        return ""
    rows = {one: sources.person_fields(shape, row) for one, row in people.items()}
    same = [one for one, held in rows.items() if all(held.get(name) == base[name] for name in (_NAME, _MAIL))]
    return same[0] if len(same) == 1 else ""


def _like_its_contact(link: Link, people: People) -> str:
    """Of a pair made by hand: the only one who is surely the contact (rules 3.1)."""
    mine = link.bigin.keys if link.bigin else []
    alike = [
        one
        for one, row in people.items()
        if likeness(Kind.CONTACT_PERSON, mine, sources.person_keys(row)).strength is Strength.STRONG
    ]
    return alike[0] if len(alike) == 1 else ""


def _is_anothers(link: Link, person: str) -> bool:
    """Of a pair made by hand: whether this person was ever the pair of another contact, so that nobody means it."""
    pairs = Link.objects.filter(
        installation=link.installation_id,
        kind=Kind.CONTACT_PERSON,
        books__kind=RecordKind.PERSON,
        books__remote_id=person,
        bigin__isnull=False,
    )
    return link.cause == Link.Cause.BY_HAND and pairs.exclude(bigin=link.bigin_id).exists()


def known(customer: Record) -> str:
    """What a pair made now by the customer's fields is to remember."""
    return str(customer.meta.get(PERSON) or "")


def to_read(customers: Iterable[int | None]) -> None:
    """Pairs that know their person no more, or not yet: nothing is planned from them before the detail is read."""
    Record.objects.filter(pk__in=[pk for pk in customers if pk], kind=RecordKind.CUSTOMER).update(detail_at=None)


# What that means for a pair


def of(link: Link) -> str:
    """Whom `person.*` fields are written to; "" where the customer has nobody, or it is not known."""
    meta = link.books.meta if link.books else {}
    return link.person or str(meta.get(PERSON, meta.get("primary")) or "")


def is_read(link: Link) -> bool:
    """Whether the mirror's `person.*` fields are those of the pair's person."""
    if link.kind != Kind.CONTACT_CUSTOMER or link.books is None or link.books.gone_at is not None:
        return True
    return known(link.books) == link.person


def is_gone(link: Link) -> bool:
    """Whether its person is not among the customer's any more, as a detail read told (rules 5.5)."""
    if link.kind != Kind.CONTACT_CUSTOMER or link.books is None or PEOPLE not in link.books.meta:
        return False
    people = link.books.meta[PEOPLE]
    return bool(people or link.person) and link.person not in people


def has_others(link: Link) -> bool:
    """Whether the customer is not the contact's alone: deleting it would lose somebody."""
    if link.kind != Kind.CONTACT_CUSTOMER or link.books is None:
        return False
    return bool(set(link.books.meta.get(PEOPLE, ())) - {link.person})


def others_in(link: Link, detail: sources.RemoteRow) -> bool:
    """The same of a detail that was just read."""
    people = {str(one.get("contact_person_id")) for one in sources.persons_of(detail)}
    return link.kind == Kind.CONTACT_CUSTOMER and bool(people - {of(link)})


def addressee(link: Link) -> str | None:
    """Whom documents of this customer go to: the contact, or the primary person where it is none of them."""
    if link.books is None:
        return None
    primary = str(link.books.meta.get("primary") or "")
    return (primary if link.kind != Kind.CONTACT_CUSTOMER or is_gone(link) else of(link) or primary) or None


def note(batch: Batch, link: Link) -> None:
    """The person is gone: a person says what becomes of the contact."""
    if not is_gone(link) or link.bigin is None or link.books is None:
        return
    contact, customer = link.bigin.label, link.books.label
    gone = f"{contact} is no contact person of {customer} in Books any more: nothing of the person is written."
    unclear = f"Nobody of {customer} in Books has the name or e-mail of {contact}: nothing of the person is written."
    batch.draft(
        link,
        Issue.Kind.SKIPPED,
        GONE,
        gone if link.person else unclear,
        "Go on with the customer's primary contact person, link the customer with another contact, or unlink the two.",
    )


def still_there(link: Link) -> issues.Draft:
    """A customer that is neither deleted nor made inactive along with its contact (rules 5.2)."""
    label = link.books.label if link.books else ""
    return issues.Draft(
        MODULE_OF[Kind(link.kind)],
        Issue.Kind.SKIPPED,
        STAYS,
        f"{label} has no contact in Bigin any more; in Books it stays, as it has other contact persons.",
        "Link it with another contact; or delete in Books whom you do not need there, then retry.",
        link_id=link.pk,
    )


def begin_with_primary(shape: Shape, link: Link) -> None:
    """A person said so: contact and primary person meet without a base; the contact becomes a contact person again
    where the customer has nobody. The link is locked."""
    for row in shape.rows[Kind(link.kind)]:
        if row.books.startswith("person."):
            link.bigin_base.pop(row.bigin, None)
            link.books_base.pop(row.books, None)
    link.person = str(link.books.meta.get("primary") or "") if link.books else ""
    link.first = "policy"
    link.save(update_fields=["person", "first", "bigin_base", "books_base"])
    to_read([link.books_id])
