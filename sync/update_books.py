"""Changing records of Books and Invoice: what is there now is read first where an update replaces more than it names.

Books takes an address, and perhaps the list of custom fields, as a whole. Times have whole seconds and addresses are in
no list, so the mirror may lack what a person wrote in the very second of our own last write: composing from it would
cost them their words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from sync import bodies, details, last_look, learned, mirror, outbox, persons, rotation, settle, sources, unreadable
from sync.fields import is_normalised, shown
from sync.mapping import Kind
from sync.models import Record, RecordKind, Write
from sync.send_books import then, types
from sync.work import Work
from zoho.errors import UnknownOutcome

Detail = Mapping[str, Any]


def update(work: Work, write: Write) -> None:
    """Calls the network and settles."""
    kind = Kind(write.link.kind)
    record = write.link.books
    if record is None:
        outbox.reject(work, write, "gone", "Its counterpart in Books is gone.", "Sync again.")
    elif kind is Kind.PRODUCT_ITEM:
        _update_item(work, write, record)
    elif kind is Kind.CONTACT_PERSON:
        _update_person(work, write, record)
    else:
        _update_customer(work, write, record, kind)


# What is there now


def _current(work: Work, write: Write, record: Record, read: Callable[[], Detail | None]) -> tuple[bool, Detail | None]:
    """(may be sent, the record as it is now). One read, only where the update replaces what it does not name or its
    person may have been edited unseen, and for every undo; stored, so that what it tells is planned from if this write
    has to wait."""
    if write.undoes_id is not None:
        return _undo(work, write, record, read)
    whole = any("." in name.removeprefix("person.") or name.startswith("cf_") for name in write.fields)
    person = any(name.startswith("person.") for name in write.fields)
    if not whole and not (person and rotation.may_hide_an_edit(record)):
        return True, None
    with unreadable.asking():
        detail = read()
    if detail is not None and not _was_changed(work, write, record, detail):
        return True, detail
    _plan_anew(write)
    return False, detail


def _plan_anew(write: Write) -> None:
    with transaction.atomic():
        outbox.move([write], Write.State.SENDING, Write.State.WITHDRAWN, error="It had changed there; planned anew.")
        pks = [pk for pk in (write.link.bigin_id, write.link.books_id) if pk]
        Record.objects.filter(pk__in=pks).update(dirty=True)


def _undo(work: Work, write: Write, record: Record, read: Callable[[], Detail | None]) -> tuple[bool, Detail | None]:
    """As `_current`; what somebody changed is left alone, be it since this run had read Books."""
    if last_look.is_touched(work, write, record):
        return False, None
    with unreadable.asking():
        detail = read()
    now = Record.objects.get(pk=record.pk)
    if detail is None or now.gone_at is not None:
        outbox.reject(work, write, "gone", "It was deleted in Books since.", "Sync again.")
        return False, None
    return not last_look.is_touched(work, write, now), detail


def _was_changed(work: Work, write: Write, record: Record, detail: Detail) -> bool:
    """Whether what is about to be written is not any more what it was planned over."""
    if record.kind == "item":
        held = sources.books_item(work.shape, detail).fields
    else:
        held = sources.books_customer(work.shape, detail, detailed=True, person=persons.of(write.link) or None).fields
    return _differs(write, held)


def _differs(write: Write, held: Mapping[str, Any]) -> bool:
    before = write.before or {}
    return any(
        name in held and name in before and held[name] != before[name] and not is_normalised(value, held[name])
        for name, value in write.fields.items()
    )


def _customer_now(work: Work, write: Write, record: Record) -> Detail | None:
    detail = details.customer_detail(work, record.remote_id)
    write.link.refresh_from_db(fields=["person"])  # reading may have told which person it is
    return detail


def _item_now(work: Work, record: Record) -> Detail | None:
    requested_at = work.clock.now()
    row = work.patiently(lambda: work.books.item(record.remote_id))
    if row is not None:
        mirror.store_one(work.shape, sources.books_item(work.shape, row), requested_at)
    return row


# The three sorts of records


def _update_item(work: Work, write: Write, record: Record) -> None:
    free, held = _current(work, write, record, lambda: _item_now(work, record))
    if not free:
        return
    body = bodies.item_body(write.fields, types(work, write), held)
    row: Detail | None = work.patiently(lambda: work.books.update_item(record.remote_id, body)) if body else None
    if "active" in write.fields:
        call = work.books.item_inactive if write.fields["active"] is False else work.books.item_active
        if row is None:
            work.patiently(lambda: call(record.remote_id))
        else:
            then(work, lambda: call(record.remote_id))
        row = then(work, lambda: work.books.item(record.remote_id))
    if row is None:
        raise UnknownOutcome("The item cannot be read back.", product=work.books.product)
    settle.done(work, write, sources.books_item(work.shape, row))


def _person_is_free(work: Work, write: Write, record: Record, watched: learned.Watch | None) -> bool:
    """As `_current`: a person edited in Books where no list shows it is planned anew, not written over (rules 4.4). An
    edit that is watched has its one read after it, unless the answer is known to be no."""
    if write.undoes_id is not None:
        return _undo(work, write, record, lambda: details.customer_detail(work, record.parent_id))[0]
    customers = Record.objects.filter(installation=record.installation, kind=RecordKind.CUSTOMER, gone_at=None)
    customer = customers.filter(remote_id=record.parent_id).first()
    if customer is None or not rotation.may_hide_an_edit(customer) or (watched and not watched.is_second_look):
        return True
    with unreadable.asking():
        details.customer_detail(work, record.parent_id)
    now = Record.objects.get(pk=record.pk)
    if now.gone_at is None and not _differs(write, now.fields):
        return True
    _plan_anew(write)
    return False


def _update_person(work: Work, write: Write, record: Record) -> None:
    watched = learned.watch(work, write)
    if not _person_is_free(work, write, record, watched):
        return
    body = bodies.person_body(write.fields)
    person = work.patiently(lambda: work.books.update_person(record.remote_id, body))
    written_at = work.books.client.last_date
    seen = sources.books_person(work.shape, person, record.parent_id, record.modified_at)
    settle.done(work, write, seen)
    if watched is not None:
        learned.compare(work, watched, written_at)


def _update_customer(work: Work, write: Write, record: Record, kind: Kind) -> None:
    """Never `contact_persons`: Books would replace the whole list. Its person is written by a call of its own."""
    free, held = _current(work, write, record, lambda: _customer_now(work, write, record))
    if not free:
        return
    own, person = bodies.split_customer(write.fields)
    body = bodies.customer_body(own, types(work, write), held)
    if kind is Kind.COMPANY_CUSTOMER and "contact_name" in own:
        body.setdefault("company_name", body["contact_name"])
    if kind is Kind.CONTACT_CUSTOMER and "name" in person and record.label == shown(record.fields.get("person.name")):
        body.setdefault("contact_name", shown(person["name"]))
    whom = persons.of(write.link)
    if person and not whom and record.meta.get(sources.PEOPLE):
        outbox.reject(work, write, "gone", "Which contact person it is cannot be told any more.", "Sync again.")
        return
    requested_at = work.clock.now()  # what another worker settles from here on is newer than what this answer shows
    row = _write_customer(work, record, body, bodies.person_body(person), whom)
    is_contacts = kind is Kind.CONTACT_CUSTOMER
    seen = sources.books_customer(work.shape, row, detailed=True, person=whom or None if is_contacts else None)
    with transaction.atomic():
        settle.done(work, write, seen)
        details.store_customer(work.shape, row, requested_at)


def _write_customer(work: Work, record: Record, body: bodies.Body, person: bodies.Body, whom: str) -> Detail:
    """One call, or two where its person changes as well, who is made where there is none; the customer as it then
    stands."""
    if not person:
        return work.patiently(lambda: work.books.update_contact(record.remote_id, body))
    if whom:
        work.patiently(lambda: work.books.update_person(whom, person))
    else:
        work.patiently(lambda: work.books.create_person(record.remote_id, person))
    row = then(
        work,
        lambda: work.books.update_contact(record.remote_id, body) if body else work.books.contact(record.remote_id),
    )
    if row is None:
        raise UnknownOutcome("The customer cannot be read back.", product=work.books.product)
    return row
