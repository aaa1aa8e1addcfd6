"""Deleting and inactivating, which only ever follow a person's deletion or an undo (rules 5.2). Network and settles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from sync import (
    carrying,
    details,
    in_use,
    issues,
    last_look,
    lifecycle,
    mirror,
    outbox,
    parting,
    persons,
    refusals,
    since,
    sources,
    traces,
    unreadable,
)
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.shape import BIGIN_MODULES, MODULE_OF, RECORD_KINDS
from sync.work import OutOfTime, Work
from zoho.bigin import MAX_RECORDS
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError

# Books refuses to delete what has transactions (reference, 3.5 and 4); then it may be marked inactive.
HAS_TRANSACTIONS = frozenset({"3000", "1004", "2049", "36"})
_MISSING = frozenset({"1002", "2006"})
_UNDONE = "Its creation was taken back."
_INACTIVE = {
    Write.Op.CREATE: "Its creation was taken back. In Books it was marked inactive, as it has transactions.",
    Write.Op.ACTIVE: "That it was made active again was taken back: in Books it is inactive.",
}


def from_books(work: Work, write: Write) -> None:
    """One claimed delete: the Bigin record is looked for again, Books' full detail is kept, then it is deleted."""
    record = write.link.books
    if record is None or record.gone_at is not None:
        finish(work, write, "It was gone in Books already.", Link.Cause.FOLLOWED)
        return
    if write.undoes_id is None and not (_still_gone(work, write) and parting.may_end(work, write)):
        return
    requested_at = work.clock.now()
    with unreadable.asking():
        detail = work.patiently(lambda: _read(work, record))
    if detail is None:
        finish(work, write, "It was gone in Books already.", Link.Cause.FOLLOWED)
        return
    if _is_spared(work, write, record, detail, requested_at):
        return
    Write.objects.filter(pk=write.pk).update(before=sources.plain(detail))
    try:
        if record.kind == RecordKind.PERSON:
            hand_over_primary(work, record)
        work.patiently(lambda: _delete(work, record))
    except Rejected as error:
        if error.code in HAS_TRANSACTIONS:
            _fall_back(work, write, record, detail)
            return
        if error.code not in _MISSING:
            raise
    finish(work, write, _UNDONE if write.undoes_id else "It was deleted in Bigin, and then here.", Link.Cause.FOLLOWED)


def _is_spared(work: Work, write: Write, record: Record, detail: Mapping[str, Any], requested_at: datetime) -> bool:
    """Whether somebody wrote to it since, or others would be lost with it: then the delete has ended."""
    if write.undoes_id is None:
        if persons.others_in(write.link, detail):
            _stays(work, write)
            return True
        if carrying.was_edited(work, write, detail):
            parting.stays(write)
            return True
        return False
    now = _as_it_stands(work, record, detail, requested_at)
    if last_look.is_touched(work, write, now) or _has_grown(work, write, record, detail):
        return True
    if write.undoes is not None and traces.was_edited(work.shape, write.undoes, record, detail):
        last_look.leave(work, write, record)
        return True
    return False


def _as_it_stands(work: Work, record: Record, detail: Mapping[str, Any], requested_at: datetime) -> Record:
    """Stored: what a person wrote since is planned from, where this undo is left."""
    if record.kind == RecordKind.ITEM:
        seen = sources.books_item(work.shape, detail)
    elif record.kind == RecordKind.CUSTOMER:
        with transaction.atomic():
            details.store_customer(work.shape, detail, requested_at)
            return Record.objects.get(pk=record.pk)
    else:
        seen = sources.books_person(work.shape, detail, record.parent_id, record.modified_at)
    return mirror.store_one(work.shape, seen, requested_at)


def _has_grown(work: Work, write: Write, record: Record, detail: Mapping[str, Any]) -> bool:
    """Whether a customer has persons that its run did not make: they would go with it, so the undo is rejected."""
    if record.kind != RecordKind.CUSTOMER or write.undoes is None:
        return False
    made = {*since.persons_made_with(write.undoes)}
    if write.link.kind == Kind.CONTACT_CUSTOMER:
        made.add(persons.of(write.link))
    has_others = any(str(one["contact_person_id"]) not in made for one in sources.persons_of(detail))
    if has_others:
        outbox.reject(
            work,
            write,
            issues.CHANGED_SINCE,
            "Contact persons were added to it in Books since; it is left alone.",
            "Delete it there yourself.",
        )
    return has_others


def _stays(work: Work, write: Write) -> None:
    """A customer that has other persons than the contact that is gone: they would be lost with it."""
    with transaction.atomic():
        outbox.settle(work, write, error=persons.OTHERS)
        Write.objects.filter(pk=write.pk).update(state=Write.State.REJECTED)
        lifecycle.close(write.link, persons.OTHERS)
        issues.raise_one(work.shape.installation, persons.still_there(write.link), work.run)
    work.count(MODULE_OF[Kind(write.link.kind)], write.side, "skipped")


def _still_gone(work: Work, write: Write) -> bool:
    """204 is required: a record that came back withdraws the delete (rules 5.2)."""
    bigin = write.link.bigin
    if bigin is None:
        return True
    module = BIGIN_MODULES[bigin.kind]
    requested_at = work.clock.now()
    fields = sources.bigin_fields(work.shape, bigin.kind)
    with unreadable.asking():
        row = work.patiently(lambda: work.bigin.get(module, bigin.remote_id, fields))
    if row is None:
        return True
    with transaction.atomic():
        mirror.store(work.shape, [sources.bigin_record(work.shape, bigin.kind, row)], requested_at)
        outbox.move([write], Write.State.SENDING, Write.State.WITHDRAWN, error="The record is back in Bigin.")
    return False


def _read(work: Work, record: Record) -> Mapping[str, Any] | None:
    if record.kind == RecordKind.ITEM:
        return work.books.item(record.remote_id)
    if record.kind == RecordKind.CUSTOMER:
        return work.books.contact(record.remote_id)
    people = sources.persons_of({"contact_persons": work.books.persons(record.parent_id)})
    return next((one for one in people if str(one.get("contact_person_id")) == record.remote_id), None)


def _delete(work: Work, record: Record) -> str:
    if record.kind == RecordKind.ITEM:
        return work.books.delete_item(record.remote_id)
    if record.kind == RecordKind.CUSTOMER:
        return work.books.delete_contact(record.remote_id)
    return work.books.delete_person(record.remote_id)


def hand_over_primary(work: Work, person: Record) -> None:
    """Before the primary person goes, another linked one is made primary (rules 4.3)."""
    if not person.meta.get("primary"):
        return
    others = Record.objects.filter(
        installation=person.installation_id,
        kind=RecordKind.PERSON,
        parent_id=person.parent_id,
        gone_at=None,
        books_links__state=Link.State.LINKED,
    ).exclude(pk=person.pk)
    successor = others.order_by("pk").first()
    if successor is not None:
        work.patiently(lambda: work.books.make_primary(successor.remote_id))


def finish(work: Work, write: Write, reason: str, cause: str = Link.Cause.NONE) -> None:
    """`cause`: unless an undo deleted it, which follows nothing."""
    with transaction.atomic():
        outbox.settle(work, write)
        record = write.link.books if write.side == Side.BOOKS else write.link.bigin
        if record is not None and record.gone_at is None:
            locked = Record.objects.select_for_update().get(pk=record.pk)
            mirror.gone(locked, "ours", work.clock.now())
            _with_children(locked)
        lifecycle.close(write.link, reason, Link.Cause.NONE if write.undoes_id else cause)
        parting.ended(write)
    work.count(MODULE_OF[Kind(write.link.kind)], write.side, "deleted")


_CHILDREN: Mapping[str, str] = {RecordKind.CUSTOMER: RecordKind.PERSON, RecordKind.COMPANY: RecordKind.CONTACT}


def _with_children(parent: Record) -> None:
    """Books deletes the persons of a customer along with it, and Bigin the contacts of a company."""
    if parent.kind not in _CHILDREN:
        return
    children = Record.objects.select_for_update().filter(
        installation=parent.installation_id, kind=_CHILDREN[parent.kind], parent_id=parent.remote_id, gone_at=None
    )
    mirror.gone_all([(child, "ours") for child in children])


# Refused: it has transactions


def _fall_back(work: Work, write: Write, record: Record, detail: Mapping[str, Any]) -> None:
    """Inactive only if nothing is receivable, no credit is left and nothing is open; else it stays (rules 5.2)."""
    why_not = ""
    if record.kind == RecordKind.PERSON:
        why_not = "documents name this person"  # and a person cannot be made inactive
    elif record.kind == RecordKind.CUSTOMER:
        with unreadable.asking():
            why_not = work.patiently(lambda: in_use.why(work, record, detail))
    if why_not:
        _leave(work, write, record, why_not)
        return
    call = work.books.item_inactive if record.kind == RecordKind.ITEM else work.books.contact_inactive
    work.patiently(lambda: call(record.remote_id))
    inactivated(work, write, active=False)


def _leave(work: Work, write: Write, record: Record, why: str) -> None:
    if write.undoes_id is not None:
        outbox.reject(
            work, write, "in_use", f"In Books {why}; its creation is not taken back.", "Settle it in Books first."
        )
        return
    with transaction.atomic():
        outbox.settle(work, write, error=f"Not deleted and not made inactive: {why}.")
        Write.objects.filter(pk=write.pk).update(state=Write.State.REJECTED)
        lifecycle.close(write.link, f"It was deleted in Bigin; in Books it stays: {why}.")
        issues.raise_one(
            work.shape.installation,
            issues.Draft(
                MODULE_OF[Kind(write.link.kind)],
                Issue.Kind.REJECTED,
                "in_use",
                f"{record.label} was deleted in Bigin, but in Books {why}.",
                "Settle it in Books, then press Retry; or delete it there, or mark it inactive, yourself.",
                link_id=write.link_id,
            ),
            work.run,
        )
    work.count(MODULE_OF[Kind(write.link.kind)], write.side, "failed")


def status(work: Work, write: Write) -> None:
    """One claimed write of op inactive or active; repeating it is harmless."""
    record, active = write.link.books, write.op == Write.Op.ACTIVE
    if active and (record is None or record.gone_at is not None):
        outbox.reject(work, write, "gone", "It is not in Books any more.", "Take its deletion back instead.")
        return
    if record is None or record.gone_at is not None:
        finish(work, write, "It was gone in Books already.", Link.Cause.FOLLOWED)
        return
    if not active and write.undoes_id is None and not (_still_gone(work, write) and parting.may_end(work, write)):
        return
    if not active and write.undoes_id is None and _is_shared(work, write, record):
        _stays(work, write)
        return
    if record.kind == RecordKind.ITEM:
        call: Callable[[str], str] = work.books.item_active if active else work.books.item_inactive
    else:
        call = work.books.contact_active if active else work.books.contact_inactive
    work.patiently(lambda: call(record.remote_id))
    inactivated(work, write, active=active)


def _is_shared(work: Work, write: Write, record: Record) -> bool:
    """Whether a contact's customer has other persons by now. Network where it may have."""
    if write.link.kind != Kind.CONTACT_CUSTOMER:
        return False
    detail = work.patiently(lambda: work.books.contact(record.remote_id))
    return detail is not None and persons.others_in(write.link, detail)


def inactivated(work: Work, write: Write, *, active: bool) -> None:
    """Settles a change of status; a link whose Bigin side is gone is closed by it. An undone create that Books could
    only make inactive leaves two records that stand: they are kept apart, or the next run would go on with them."""
    with transaction.atomic():
        record = Record.objects.select_for_update().get(books_links=write.link)
        before = {"status": str(record.meta.get("status") or "active")} if write.before is None else write.before
        outbox.settle(work, write, before=before)
        record.meta = {**record.meta, "status": "active" if active else "inactive"}
        if "active" in record.fields:
            record.fields = {**record.fields, "active": active}
        record.settled_at = work.clock.now()
        mirror.mark(record)
        record.save(update_fields=["meta", "fields", "settled_at", "fingerprint", "dirty"])
        if not active and write.undoes is not None:
            lifecycle.keep_apart(write.link, _INACTIVE[Write.Op(write.undoes.op)])
        elif not active:
            reason = "It was deleted in Bigin; in Books it was marked inactive."
            lifecycle.close(write.link, reason, Link.Cause.INACTIVATED)
        parting.ended(write)
    work.count(MODULE_OF[Kind(write.link.kind)], write.side, "activated" if active else "inactivated")


# In Bigin: only ever an undo of what we created


def from_bigin(work: Work, kind: Kind, batch: Sequence[Write]) -> None:
    """Claimed deletes in Bigin, at most 100 a call."""
    module = BIGIN_MODULES[RECORD_KINDS[kind][0]]
    left = list(batch)
    while left:
        part, left = left[:MAX_RECORDS], left[MAX_RECORDS:]
        try:
            part = _looked_at(work, kind, part)
            part = _ready(work, part)
            ids = [write.link.bigin.remote_id for write in part if write.link.bigin is not None]
            outcomes = work.patiently(partial(work.bigin.delete, module, ids)) if ids else []
        except UnknownOutcome as error:
            outbox.unknown(work, part, error)
        except Rejected as error:
            for write in part:
                refusals.bigin(work, write, error)
        except (OutOfTime, RateLimited, RetryLater, Unauthorised):
            outbox.give_back(work, [*part, *left])
            raise
        else:
            for write, outcome in zip(part, outcomes, strict=True):
                _sort_out(work, write, outcome.error("DELETE"))


def _looked_at(work: Work, kind: Kind, part: Sequence[Write]) -> list[Write]:
    """Without what somebody changed since it was made; what Bigin has not any more is taken back already."""
    looked = last_look.at_bigin(work, kind, part)
    for write in looked.gone:
        finish(work, write, _UNDONE)
    return looked.free


def _ready(work: Work, part: Sequence[Write]) -> list[Write]:
    """Those that may be sent. A contact that went with its company needs no call; a company on which more hangs than
    its run has made stays (rules 5.7). Network for companies."""
    ready = []
    for write in part:
        record = write.link.bigin
        if record is None or record.gone_at is not None:
            finish(work, write, _UNDONE)
            continue
        try:
            with unreadable.asking():
                what = in_use.hanging(work, write, record) if record.kind == RecordKind.COMPANY else ""
        except unreadable.NotShown as error:
            unreadable.wait(work, write, error)
            continue
        if what:
            outbox.reject(
                work,
                write,
                "in_use",
                f"{what} in Bigin by now, and would be deleted or orphaned with it; it is left alone.",
                "Delete it in Bigin yourself if that is meant.",
            )
        else:
            ready.append(write)
    return ready


def _sort_out(work: Work, write: Write, error: ZohoError | None) -> None:
    if error is None:
        finish(work, write, _UNDONE)
    elif isinstance(error, Rejected):
        refusals.bigin(work, write, error)
    else:
        outbox.unknown(work, [write], error)
