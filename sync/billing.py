"""What invoices ask of the sync: whose customer a Bigin record is, and making sure that there is one (rules 7.1).

`ensure_customer` is a record action: it works on one link without the Run lock, whose open Write is the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction

from accounts.models import Installation
from sync import actions, asking, hands, pairing, persons, picklists, planner, recovery, send, unlinked
from sync import shape as shapes
from sync.fields import FieldType, shown
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, Record, RecordKind, Side, Write
from sync.outcomes import Create, Hold, LinkUp, Outcome, PassBy, Wait
from sync.plan import Policies
from sync.shape import KIND_OF_BIGIN_MODULE, Shape
from sync.work import Work
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.errors import Rejected, RetryLater, UnknownOutcome

_KIND = {"Accounts": Kind.COMPANY_CUSTOMER, "Contacts": Kind.CONTACT_CUSTOMER}


@dataclass(frozen=True)
class CustomerMatch:
    customer_id: str
    label: str
    person_id: str | None = None


@dataclass(frozen=True)
class EnsuredCustomer:
    customer_id: str
    person_id: str | None
    created: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    customer_id: str
    label: str
    why: str


@dataclass(frozen=True)
class Candidates:
    """Customers that may be this one: a person chooses, or says that none is (`ensure_customer(…, anyway=True)`)."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class ItemMatch:
    item_id: str
    name: str
    sku: str
    rate: Decimal


def customer_of(installation: Installation, module: str, bigin_id: str) -> CustomerMatch | None:
    """The linked customer of a company or contact; of a person, its customer and the person. No network."""
    links = Link.objects.filter(
        installation=installation,
        bigin__kind=KIND_OF_BIGIN_MODULE.get(module, ""),
        bigin__remote_id=bigin_id,
        state=Link.State.LINKED,
        books__isnull=False,
        books__gone_at=None,
    ).select_related("books")
    found = {link.kind: link for link in links}
    pair = found.get(Kind.COMPANY_CUSTOMER) or found.get(Kind.CONTACT_CUSTOMER)
    if pair is not None and pair.books is not None:
        return CustomerMatch(pair.books.remote_id, pair.books.label, persons.addressee(pair))
    person = found.get(Kind.CONTACT_PERSON)
    return _customer_of_person(installation, person.books) if person is not None and person.books is not None else None


def _customer_of_person(installation: Installation, person: Record) -> CustomerMatch:
    label = Record.objects.filter(
        installation=installation, kind=RecordKind.CUSTOMER, remote_id=person.parent_id
    ).values_list("label", flat=True)
    return CustomerMatch(person.parent_id, label.first() or "", person.remote_id)


def person_of(installation: Installation, contact_id: str, customer_id: str) -> str:
    """The contact as a person of that customer, be it beside a customer of its own (rules 5.6); "" if it is none."""
    rows = Link.objects.filter(
        installation=installation,
        kind=Kind.CONTACT_PERSON,
        bigin__remote_id=contact_id,
        state__in=(Link.State.LINKED, Link.State.BESIDE),
        books__parent_id=customer_id,
        books__gone_at=None,
    )
    return rows.values_list("books__remote_id", flat=True).first() or ""


def item_of(installation: Installation, bigin_product_id: str) -> ItemMatch | None:
    """The linked, active item of a product, as last read. No network."""
    link = (
        Link.objects.filter(
            installation=installation,
            kind=Kind.PRODUCT_ITEM,
            bigin__remote_id=bigin_product_id,
            state=Link.State.LINKED,
            books__isnull=False,
            books__gone_at=None,
        )
        .select_related("books")
        .first()
    )
    if link is None or link.books is None or link.books.meta.get("status") == "inactive":
        return None
    item = link.books
    return ItemMatch(item.remote_id, item.label, shown(item.fields.get("sku")), _rate(item))


def _rate(item: Record) -> Decimal:
    try:
        return Decimal(str(item.fields.get("rate") or item.meta.get("rate") or "0"))
    except InvalidOperation:
        return Decimal(0)


def ensure_customer(
    installation: Installation, module: str, bigin_id: str, *, bigin: Bigin, books: Books, anyway: bool = False
) -> EnsuredCustomer | Candidates:
    """The customer in Books, created exactly once if need be. Network, and outside any transaction.

    Raises Rejected (with words for the rep), also where its creation waits for approval; RetryLater while another
    worker creates it; and UnknownOutcome, which leaves the Write unknown: the next attempt, or the next run, looks it
    up.
    """
    standing = customer_of(installation, module, bigin_id)
    if standing is not None:
        return EnsuredCustomer(standing.customer_id, standing.person_id, created=False)
    kind = _KIND[module]
    work = Work(_shape(installation, kind), bigin, books)
    record = actions.refresh(work, KIND_OF_BIGIN_MODULE[module], bigin_id)
    if record is None:
        raise Rejected("The record is not in Bigin any more.", product="bigin", code="gone")
    link = unlinked.pair_of(record)
    if link is not None and link.state == Link.State.HALF:
        return _finish(work, kind, link, ())
    apart = _set_apart(link)
    if link is not None and link.kind == kind and apart is not None and not anyway:
        return Candidates((Candidate(apart.remote_id, apart.label, "It was unlinked from this one by hand."),))
    asking.live(work, kind, record)
    return _decide(work, kind, record, link, anyway)


def _shape(installation: Installation, kind: Kind) -> Shape:
    """A contact without company is billed as its own customer even where the settings keep none (rules 7.1)."""
    return replace(shapes.load(installation), extra=frozenset({kind}))


def _set_apart(link: Link | None) -> Record | None:
    """Whom a person has unlinked from it, while that stands."""
    books = link.books if link is not None and link.state == Link.State.APART else None
    return books if books is not None and books.gone_at is None else None


def _decide(work: Work, kind: Kind, record: Record, former: Link | None, anyway: bool) -> EnsuredCustomer | Candidates:
    """`former`: closed, or set apart by hand. Billing it is a person's word to start anew, once that makes a pair
    (rules 5.1)."""
    policies = Policies(work.shape.setting(kind).policy, "policy", picklists.offered(work, kind))
    try:
        with transaction.atomic():
            hands.hold([record.pk])
            locked = Record.objects.get(pk=record.pk)
            locked.in_scope = True  # an explicit act: list views do not stand in its way
            if former is not None:
                _end(work, former)
            was_apart = former is not None and former.state == Link.State.APART
            outcome, warnings, others = _judged(work, kind, locked, policies, anyway, was_apart)
            links = planner.apply(work, kind, [outcome]) if isinstance(outcome, (LinkUp, Create)) else []
            if not links:
                transaction.set_rollback(True)
            else:
                _not_the_same(locked, others)
                if former is not None:
                    _let_alone(former)
    except IntegrityError as error:
        raise RetryLater("Somebody else is creating this customer.", product=work.books.product) from error
    if links:
        link = next(one for one in links if one.kind == kind)
        return _finish(work, kind, link, warnings)
    return _not_made(work, record, outcome)


def _end(work: Work, former: Link) -> None:
    ended = Link.objects.filter(pk=former.pk, state=former.state)
    if not ended.update(state=Link.State.REFUSED, reason="A rep billed it."):
        raise RetryLater("Its pair was just taken up again. Try again.", product=work.books.product)


def _let_alone(former: Link) -> None:
    """The customer of a pair that a bill has ended: what a person unlinked is not synchronised unless a person links
    it, and no rep's bill brings it to Bigin; another is judged anew."""
    books = former.books
    if books is None or unlinked.live_links().filter(books=books).exists():
        return
    if _set_apart(former) is None:
        Record.objects.filter(pk=books.pk, gone_at=None).update(dirty=True)
        return
    Link.objects.filter(pk=former.pk).update(bigin=None, state=Link.State.APART, reason=former.reason)


def _judged(
    work: Work, kind: Kind, record: Record, policies: Policies, anyway: bool, was_apart: bool
) -> tuple[Outcome, tuple[str, ...], tuple[Candidate, ...]]:
    """As a run would judge it; a picklist value that Books lacks is left out with a warning (rules 4.5). Beside a
    customer that a person set apart it is another one, as beside a candidate: Books may insist on a name of its own.
    Last come the candidates of which the rep says that they are others."""
    warnings = _drop_unlisted(work, kind, record, policies)
    outcome = pairing.judge(work.shape, kind, Side.BIGIN, [record], policies)[0]
    is_second = was_apart and isinstance(outcome, Create) and not outcome.apart_from
    if not anyway or not (is_second or isinstance(outcome, (Hold, PassBy))):
        return outcome, warnings, ()
    return pairing.judge_alone(work.shape, kind, record, policies), warnings, _candidates(work, record, outcome)


def _not_the_same(record: Record, others: Sequence[Candidate]) -> None:
    """Remembered for the pair (rules 3.3), over what the duplicate policy said of it."""
    ids = {one.customer_id for one in others}
    rows = [
        Decision(
            installation=record.installation,
            bigin_id=record.remote_id,
            books_id=its,
            verdict=Decision.Verdict.DIFFERENT,
            decided_by="a rep who billed it",
        )
        for its in ids
    ]
    Decision.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["installation", "bigin_id", "books_id"],
        update_fields=["verdict", "decided_by"],
    )
    customers = Record.objects.filter(installation=record.installation, kind=RecordKind.CUSTOMER, remote_id__in=ids)
    customers.update(dirty=True)


def _drop_unlisted(work: Work, kind: Kind, record: Record, policies: Policies) -> tuple[str, ...]:
    warnings = []
    for row in work.shape.rows[kind]:
        offered = policies.picklists.get(("books", row.books))
        value = record.fields.get(row.bigin)
        if row.type is FieldType.PICKLIST and offered is not None and value is not None and value not in offered:
            del record.fields[row.bigin]
            warnings.append(f"{row.bigin} was left out: Books does not offer {shown(value)!r}.")
    return tuple(warnings)


def _finish(work: Work, kind: Kind, link: Link, warnings: Sequence[str]) -> EnsuredCustomer:
    """Sends the half-made link's Write, if it is free, and answers with what stands afterwards."""
    if link.state == Link.State.HALF:
        recovery.resolve(work, kind, link.pk)
        send.apply_link(work, kind, link.pk)
        link.refresh_from_db()
    if link.state == Link.State.LINKED and link.books is not None:
        if link.kind == Kind.CONTACT_PERSON:  # a run has just made the contact a person of its company's customer
            match = _customer_of_person(work.shape.installation, link.books)
            return EnsuredCustomer(match.customer_id, match.person_id, created=False, warnings=tuple(warnings))
        created = Write.objects.filter(link=link, op=Write.Op.CREATE, state=Write.State.DONE).exists()
        return EnsuredCustomer(link.books.remote_id, persons.addressee(link), created, tuple(warnings))
    write = Write.objects.filter(link=link).order_by("-pk").first()
    if write is not None and write.state == Write.State.REJECTED:
        raise Rejected(write.error, product=work.books.product, code=write.error_code)
    if write is not None and write.state == Write.State.HELD:
        text = "Its creation in Books waits for an administrator, who may approve it under Activity."
        raise Rejected(text, product=work.books.product, code="held")
    if write is not None and write.state == Write.State.UNKNOWN:
        raise UnknownOutcome(write.error, product=work.books.product)
    raise RetryLater("The customer is being created.", product=work.books.product)


def _not_made(work: Work, record: Record, outcome: Outcome) -> Candidates:
    if isinstance(outcome, PassBy) or (isinstance(outcome, Hold) and outcome.issue_kind == Issue.Kind.DUPLICATE):
        return Candidates(_candidates(work, record, outcome))
    if isinstance(outcome, Wait):
        raise RetryLater(
            "Whether one like it was just created is not known yet. Try again.", product=work.books.product
        )
    reason = outcome.reason if isinstance(outcome, Hold) else "It cannot be created in Books."
    raise Rejected(reason, product=work.books.product, code="not_creatable")


def _candidates(work: Work, record: Record, outcome: Outcome) -> tuple[Candidate, ...]:
    if isinstance(outcome, Hold) and outcome.issue_kind == Issue.Kind.DUPLICATE:
        found = outcome.detail.get("candidates", [])
        return tuple(Candidate(str(one["id"]), str(one["label"]), str(one["why"])) for one in found)
    if isinstance(outcome, PassBy):
        ids = list(unlinked.decisions(work.shape.installation, Side.BIGIN, [record]).get(record.remote_id, {}))
        ids += [outcome.skipped_with] if outcome.skipped_with else []
        rows = Record.objects.filter(
            installation=work.shape.installation, kind=RecordKind.CUSTOMER, remote_id__in=ids, gone_at=None
        )
        return tuple(Candidate(row.remote_id, row.label, outcome.reason) for row in rows)
    return ()
