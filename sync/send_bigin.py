"""Sending to Bigin: up to 100 records a call, then one page of what was stored per 200, then the settle.

Bigin answers a write with ids and times only, so every batch is read back, newest first, before it settles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync import bodies, last_look, outbox, owners, refusals, settle, sources, unlinked
from sync.fields import FieldType
from sync.mapping import Kind
from sync.models import Side, Write
from sync.shape import BIGIN_MODULES, RECORD_KINDS
from sync.work import OutOfTime, Work
from zoho.bigin import MAX_RECORDS, Outcome
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError


def send(work: Work, kind: Kind, writes: Sequence[Write]) -> None:
    """Claimed writes of one op, at most two batches of 100: network, then settle each."""
    writes = _looked_at(work, kind, writes)
    stored: list[tuple[Write, str]] = []
    batches = [writes[start : start + MAX_RECORDS] for start in range(0, len(writes), MAX_RECORDS)]
    for number, batch in enumerate(batches):
        try:
            stored += _send_batch(work, kind, batch)
        except (OutOfTime, RateLimited, RetryLater, Unauthorised):
            outbox.give_back(work, [write for later in batches[number:] for write in later])
            read_back(work, kind, stored)
            raise
    read_back(work, kind, stored)


def _looked_at(work: Work, kind: Kind, writes: Sequence[Write]) -> Sequence[Write]:
    """Without undos of what somebody changed since."""
    try:
        looked = last_look.at_bigin(work, kind, writes)
    except (OutOfTime, ZohoError):
        outbox.give_back(work, writes)
        raise
    for write in looked.gone:
        outbox.reject(work, write, "gone", "Its counterpart in Bigin is gone.", "Sync again.")
    return looked.free


def _send_batch(work: Work, kind: Kind, batch: Sequence[Write]) -> list[tuple[Write, str]]:
    """Those that Bigin accepted, with their ids; the others are noted."""
    module = BIGIN_MODULES[RECORD_KINDS[kind][0]]
    rows, sendable = _rows(work, kind, batch)
    if not rows:
        return []
    call = work.bigin.insert if batch[0].op == Write.Op.CREATE else work.bigin.update
    try:
        outcomes = work.patiently(lambda: call(module, rows))
    except UnknownOutcome as error:
        outbox.unknown(work, sendable, error)
        return []
    except Rejected as error:
        for write in sendable:
            refusals.bigin(work, write, error)
        return []
    return _sorted_out(work, sendable, outcomes)


def _sorted_out(work: Work, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[tuple[Write, str]]:
    accepted = []
    for write, outcome in zip(writes, outcomes, strict=True):
        error = outcome.error()
        if error is None:
            accepted.append((write, outcome.id))
        elif isinstance(error, Rejected):
            refusals.bigin(work, write, error)
        else:
            outbox.unknown(work, [write], error)
    return accepted


def _rows(work: Work, kind: Kind, batch: Sequence[Write]) -> tuple[list[bodies.Body], list[Write]]:
    types = {row.bigin: row.type for row in work.shape.rows[kind]}
    rows, sendable = [], []
    parents = _parents(work, kind, batch)
    for write in batch:
        if write.op == Write.Op.CREATE:
            rows.append(_new_row(work, kind, write, types, parents))
        elif write.link.bigin is not None:
            row = bodies.bigin_row(kind, write.fields, types)
            rows.append({"id": write.link.bigin.remote_id, **row})
        else:
            outbox.reject(work, write, "gone", "Its counterpart in Bigin is gone.", "Sync again.")
            continue
        sendable.append(write)
    return rows, sendable


def _parents(work: Work, kind: Kind, batch: Sequence[Write]) -> dict[str, str]:
    """Company ids for new contacts, by the ids of their customers, as linked now."""
    if kind is not Kind.CONTACT_PERSON:
        return {}
    customers = [write.link.books.parent_id for write in batch if write.link.books is not None]
    return unlinked.partner_ids(work.shape, Side.BOOKS, customers)


def _new_row(
    work: Work, kind: Kind, write: Write, types: Mapping[str, FieldType], parents: Mapping[str, str]
) -> bodies.Body:
    person = write.link.books
    row = bodies.bigin_row(kind, write.fields, types, parents.get(person.parent_id, "") if person else "")
    owner = owners.of(work, write.link.books) or work.shape.setting(kind).defaults.get("owner_id")
    if owner:
        row["Owner"] = {"id": owner}
    return row


def read_back(work: Work, kind: Kind, accepted: Sequence[tuple[Write, str]]) -> None:
    """Settles what Bigin accepted with what it stored; what cannot be read back stays unknown and is looked up."""
    if not accepted:
        return
    wanted = {remote_id for _, remote_id in accepted}
    try:
        stored = last_look.newest(work, kind, wanted)
    except (OutOfTime, ZohoError):
        outbox.unknown(work, [write for write, _ in accepted])
        raise
    record_kind = RECORD_KINDS[kind][0]
    items = [
        (write, sources.bigin_record(work.shape, record_kind, stored[remote_id]))
        for write, remote_id in accepted
        if remote_id in stored
    ]
    settle.together(work, items)
    outbox.unknown(work, [write for write, remote_id in accepted if remote_id not in stored])
