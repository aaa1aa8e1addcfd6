"""Creating in Books and Invoice: one call a record, outside any transaction, then the settle with what it stored.

Updates are in `sync/update_books.py`, deletes in `sync/removal.py`, moves of persons in `sync/moves.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import transaction

from sync import bodies, carrying, keyed, learned, outbox, settle, sources, traces, unlinked
from sync.fields import FieldType, bare, shown
from sync.mapping import Kind
from sync.models import Record, Side, Write
from sync.work import OutOfTime, Work
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome

T = TypeVar("T")
Detail = Mapping[str, Any]
Carried = Mapping[int, Mapping[str, Any]]  # by creation: what goes into it beside its own fields
# What an administrator may preset for customers that we create (rules 6.3).
_DEFAULTS = (
    "currency_id",
    "payment_terms",
    "tax_treatment",
    "place_of_contact",
    "gst_treatment",
    "vat_treatment",
)


def then(work: Work, call: Callable[[], T]) -> T:
    """A second call of one write: once the first was done, "not now" leaves a half-done change, to be read back."""
    try:
        return work.patiently(call)
    except (OutOfTime, RateLimited, RetryLater, Unauthorised) as error:
        raise UnknownOutcome("Only a part of the change was sent.", product=work.books.product) from error


def types(work: Work, write: Write) -> dict[str, FieldType]:
    return {row.books: row.type for row in work.shape.rows[Kind(write.link.kind)]}


# Creates


def create(work: Work, write: Write) -> None:
    """Calls the network and settles."""
    kind = Kind(write.link.kind)
    if kind is Kind.PRODUCT_ITEM:
        _create_item(work, write)
    else:
        _create_with(work, write, carrying.onto(work, write) if write.undoes_id is None else {})


def _create_with(work: Work, write: Write, own: Carried) -> None:
    """`own`: what else their old records hold. An e-mail among that may still be in use there: then without it."""
    make = _create_person if write.link.kind == Kind.CONTACT_PERSON else _create_customer
    try:
        make(work, write, own)
    except Rejected as error:
        mails = {pk: str(values["email"]) for pk, values in own.items() if values.get("email")}
        if not mails:
            raise
        with carrying.without(work, write, mails, error):
            make(work, write, {pk: {**values, "email": ""} for pk, values in own.items()})


def _create_item(work: Work, write: Write) -> None:
    body = {**bodies.item_body(write.fields, types(work, write)), **_item_defaults(work)}
    row = keyed.create(work, write, body)
    with transaction.atomic():
        settle.done(work, write, sources.books_item(work.shape, row))
        traces.remember([(write, row)])


def _item_defaults(work: Work) -> dict[str, Any]:
    defaults = work.shape.setting(Kind.PRODUCT_ITEM).defaults
    return {name: defaults[name] for name in ("product_type", "account_id", "tax_id") if defaults.get(name)}


def _create_customer(work: Work, write: Write, own: Carried) -> None:
    kind, people = Kind(write.link.kind), outbox.carried(write)
    persons = [bodies.person_body({**own.get(person.pk, {}), **person.fields}) for person in people]
    if kind is Kind.COMPANY_CUSTOMER:
        company = shown(write.source.get("Account_Name") or write.fields.get("contact_name"))
        body = bodies.new_company(write.fields, types(work, write), company, persons)
    else:
        beside = {f"person.{name}": value for name, value in own.get(write.pk, {}).items()}
        body = bodies.new_individual({**beside, **write.fields}, types(work, write))
        body["contact_persons"] += persons
    whole = {**_customer_defaults(work, kind), **body}
    row = keyed.create(work, write, whole)
    if kind is Kind.CONTACT_CUSTOMER and not sources.persons_of(row):
        row = _with_person(work, row, whole["contact_persons"][0])
    settle_customer(work, write, row, people)
    learned.name_was_taken(work, row)


def _with_person(work: Work, row: Detail, person: bodies.Body) -> Detail:
    """An individual whose create might have met an earlier one went without its person (`sync/keyed.py`)."""
    customer_id = str(row["contact_id"])
    own = {name: value for name, value in person.items() if name != "is_primary_contact"}
    then(work, lambda: work.books.create_person(customer_id, own))
    detail = then(work, lambda: work.books.contact(customer_id))
    if detail is None:
        raise UnknownOutcome("The customer cannot be read back.", product=work.books.product)
    return detail


def _customer_defaults(work: Work, kind: Kind) -> dict[str, Any]:
    defaults = work.shape.setting(kind).defaults
    return {name: defaults[name] for name in _DEFAULTS if defaults.get(name)}


def settle_customer(work: Work, write: Write, row: Detail, people: Sequence[Write]) -> None:
    """A new customer and the persons that travelled with it, all in one transaction."""
    customer = sources.books_customer(work.shape, row, detailed=True)
    items, told = [(write, customer)], [(write, row)]
    lost = []
    persons = sources.persons_of(row)
    if write.link.kind == Kind.CONTACT_CUSTOMER:  # its primary person is the customer itself, and no write's
        persons = [one for one in persons if str(one.get("contact_person_id")) != customer.meta["primary"]]
    for person_write, person in match_persons(people, persons):
        if person is None:
            lost.append(person_write)
            continue
        seen = sources.books_person(work.shape, person, customer.remote_id, customer.modified_at)
        items.append((person_write, seen))
        told.append((person_write, person))
    with transaction.atomic():
        settle.together(work, items)
        traces.remember(told)
        for person_write in lost:
            _lost_person(work, person_write)


def match_persons(writes: Sequence[Write], persons: Sequence[Detail]) -> list[tuple[Write, Detail | None]]:
    """Whose answer is whose: by e-mail, then name, then position (design section 3, batching)."""
    left = list(persons)
    found: dict[int, Detail | None] = {}

    def take(write: Write, fits: Callable[[Detail], bool]) -> None:
        match = next((person for person in left if fits(person)), None)
        if match is not None and write.pk not in found:
            found[write.pk] = match
            left.remove(match)

    for write in writes:
        email = str(write.fields.get("email") or "").casefold()
        if email:
            take(write, lambda person, email=email: str(person.get("email") or "").casefold() == email)  # type: ignore[misc]
    for write in writes:
        name = bare(shown(write.fields.get("name")))
        take(write, lambda person, name=name: bare(_person_name(person)) == name)  # type: ignore[misc]
    for write in writes:
        if write.pk not in found:
            found[write.pk] = left.pop(0) if left else None
    return [(write, found[write.pk]) for write in writes]


def _person_name(person: Detail) -> str:
    return f"{person.get('first_name') or ''} {person.get('last_name') or ''}"


def _lost_person(work: Work, write: Write) -> None:
    """Books stored the company but not this person: it is planned on its own next; one that an undo was to bring back
    is told, since no run plans it."""
    if write.undoes_id is not None:
        advice = "Add it there by hand: Activity shows what was known of it."
        outbox.reject(work, write, "person_left_out", "Books did not store this person.", advice)
        return
    Write.objects.filter(pk=write.pk).update(state=Write.State.WITHDRAWN, error="Books did not store this person.")
    write.link.state = "refused"
    write.link.save(update_fields=["state"])
    if write.link.bigin_id:
        Record.objects.filter(pk=write.link.bigin_id).update(dirty=True)


def _create_person(work: Work, write: Write, own: Carried) -> None:
    customer_id = customer_of_person(work, write)
    if not customer_id:
        outbox.reject(
            work, write, "parent_not_linked", "Its company is not in step any more.", "Sync the company first."
        )
        return
    body = bodies.person_body({**own.get(write.pk, {}), **write.fields})
    person = work.patiently(lambda: work.books.create_person(customer_id, body))
    seen = sources.books_person(work.shape, person, customer_id, None)
    with transaction.atomic():
        settle.done(work, write, seen)
        traces.remember([(write, person)])


def customer_of_person(work: Work, write: Write) -> str:
    """The customer a contact's person belongs to, as linked now."""
    contact = write.link.bigin
    if contact is None:
        return ""
    return unlinked.partner_ids(work.shape, Side.BIGIN, [contact.parent_id]).get(contact.parent_id, "")
