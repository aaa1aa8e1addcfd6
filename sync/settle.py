"""Settling: a write ends with what the remote says it stored, never with what we hoped. Database only.

A stored value becomes the base if it is a normalised form of what was sent; otherwise the base is what was sent, and
the stored value counts as a person's edit (design section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from sync import issues, lifecycle, mirror, outbox, plan
from sync.creation import PARENT
from sync.fields import Fields, Value, is_normalised
from sync.mapping import Kind, Row
from sync.models import Link, Record, Side, Write
from sync.plan import Policies, SideState
from sync.shape import MODULE_OF
from sync.sources import Seen
from sync.work import Work


def bases(sent: Fields, stored: Fields) -> dict[str, Value]:
    """The target's new bases. A field that the answer does not show is believed."""
    return {
        name: stored[name] if name in stored and is_normalised(value, stored[name]) else value
        for name, value in sent.items()
    }


def done(work: Work, write: Write, seen: Seen, requested_at: datetime) -> Record:
    """Settles one create or update with the record as stored, in one transaction of its own (or the caller's)."""
    with transaction.atomic():
        outbox.settle(work, write)
        return settle_in(work, write, seen)


def settle_in(work: Work, write: Write, seen: Seen) -> Record:
    """The record, the link and its bases, for a Write that was just marked as done. Needs a transaction."""
    now = work.clock.now()
    record = _store(work, seen, now)
    link = Link.objects.select_for_update().get(pk=write.link_id)
    was_half = link.state == Link.State.HALF
    if write.op == Write.Op.CREATE:
        _attach(link, write.side, record)
    _set_bases(link, write, record)
    needs_plan = _agree(work, link)
    link.settled_at = now
    link.save(update_fields=["bigin", "books", "state", "bigin_base", "books_base", "settled_at"])
    Record.objects.filter(pk=record.pk).update(settled_at=now, dirty=needs_plan)
    issues.close_settled(
        work.shape.installation, [], links=[link.pk], records=[pk for pk in (link.bigin_id, link.books_id) if pk]
    )
    if was_half and write.op == Write.Op.CREATE and write.carried_by_id is None:
        lifecycle.children_may_go(work.shape, [link])
    work.count(MODULE_OF[Kind(link.kind)], write.side, f"{write.op}d" if write.op.endswith("e") else write.op)
    return record


def _store(work: Work, seen: Seen, now: datetime) -> Record:
    mirror.store(work.shape, [seen], now)
    return Record.objects.select_for_update().get(
        installation=work.shape.installation, kind=seen.kind, remote_id=seen.remote_id
    )


def _attach(link: Link, side: str, record: Record) -> None:
    if side == Side.BIGIN:
        link.bigin = record
    else:
        link.books = record
    link.state = Link.State.LINKED


def _set_bases(link: Link, write: Write, record: Record) -> None:
    target = bases(write.fields, record.fields)
    source = {name: value for name, value in write.source.items() if name != PARENT}
    if write.side == Side.BIGIN:
        link.bigin_base = {**link.bigin_base, **target}
        link.books_base = {**link.books_base, **source}
    else:
        link.books_base = {**link.books_base, **target}
        link.bigin_base = {**link.bigin_base, **source}


def _agree(work: Work, link: Link) -> bool:
    """Remembers what both sides hold alike; True when the pair still differs and must be planned."""
    if link.bigin is None or link.books is None:
        return True
    rows: Sequence[Row] = work.shape.rows[Kind(link.kind)]
    merge = plan.merge(rows, side_state(link, "bigin"), side_state(link, "books"), Policies())
    link.bigin_base = {**link.bigin_base, **merge.bigin_base}
    link.books_base = {**link.books_base, **merge.books_base}
    return bool(merge.to_bigin or merge.to_books or merge.clashes or merge.refusals)


def side_state(link: Link, side: str) -> SideState:
    record = link.bigin if side == "bigin" else link.books
    base: Mapping[str, Value] = link.bigin_base if side == "bigin" else link.books_base
    return SideState(record.fields if record else {}, base, record.seen if record else {})
