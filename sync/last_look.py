"""A last look at records of Bigin before an undo overwrites or deletes them: what a person wrote since is theirs.

Only undos are looked at: other writes are planned anew from what each run reads. Network, and the mirror.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from sync import issues, mirror, outbox, since, sources, unreadable
from sync.mapping import Kind
from sync.models import Record, Write
from sync.shape import BIGIN_MODULES, RECORD_KINDS
from sync.work import Work
from zoho.bigin import PAGE
from zoho.errors import Rejected, RetryLater

_PAGES_BACK = 10


@dataclass(frozen=True)
class Looked:
    """Claimed writes that may be sent, and undos whose record Bigin does not have any more."""

    free: list[Write]
    gone: list[Write]


def at_bigin(work: Work, kind: Kind, batch: Sequence[Write]) -> Looked:
    """Rejects undos of what was changed since, be it after this run had read Bigin."""
    looked = Looked([], [])
    open_undos = []
    for write in batch:
        record = write.link.bigin
        if write.undoes_id is None or record is None or record.gone_at is not None:
            looked.free.append(write)
        elif not is_touched(work, write, record):
            open_undos.append((write, record.remote_id))
    if not open_undos:
        return looked
    for write, record in _read(work, kind, open_undos):
        if record is None and write.link.bigin is not None and write.link.bigin.remote_id in work.unread:
            unreadable.wait(work, write, work.unread[write.link.bigin.remote_id])
        elif record is None:
            looked.gone.append(write)
        elif not is_touched(work, write, record):
            looked.free.append(write)
    looked.free.sort(key=lambda write: write.pk)
    return looked


def _read(work: Work, kind: Kind, undos: Sequence[tuple[Write, str]]) -> list[tuple[Write, Record | None]]:
    """Each with its record as Bigin has it now, stored; None where it has none."""
    requested_at = work.clock.now()
    found = newest(work, kind, [remote_id for _, remote_id in undos])
    record_kind = RECORD_KINDS[kind][0]
    with transaction.atomic():
        seen = [sources.bigin_record(work.shape, record_kind, row) for row in found.values()]
        mirror.store(work.shape, seen, requested_at)
    records = Record.objects.in_bulk([write.link.bigin_id for write, _ in undos if write.link.bigin_id])
    return [
        (write, records.get(write.link.bigin_id or 0) if remote_id in found else None) for write, remote_id in undos
    ]


def is_touched(work: Work, write: Write, record: Record) -> bool:
    """Whether somebody changed what this undo would overwrite or delete; it is rejected then, and told."""
    undone = write.undoes
    if undone is None or not _changed(work, write, undone, record):
        return False
    leave(work, write, record)
    return True


def leave(work: Work, write: Write, record: Record) -> None:
    where = "Bigin" if record.side == "bigin" else "Books"
    outbox.reject(
        work,
        write,
        issues.CHANGED_SINCE,
        f"It was changed in {where} since; it is left alone.",
        "Change it there by hand." if write.op == Write.Op.UPDATE else "Delete it there yourself.",
    )


def _changed(work: Work, write: Write, undone: Write, record: Record) -> str:
    written = since.written(since.steps(undone))
    if write.op != Write.Op.UPDATE:
        return since.changed(written, record) or since.added(work.shape, write.link, record, written)
    before = write.before or {}
    values = {name: written.get(name, before.get(name)) for name in write.fields}
    return since.changed(values, record, [before, write.fields])  # as it was shown, or put right by hand already


def newest(work: Work, kind: Kind, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Pages newest first until all are found; one that a burst of other edits pushed out of reach is read alone,
    and those that Bigin does not show are in `work.unread`."""
    record_kind = RECORD_KINDS[kind][0]
    module, fields = BIGIN_MODULES[record_kind], sources.bigin_fields(work.shape, record_kind)
    left = set(wanted)
    found: dict[str, Mapping[str, Any]] = {}
    for number in range(1, max(2, -(-len(left) // PAGE) + 1) + 1):
        page_of = partial(work.bigin.page, module, fields, page=number, sort_by="Modified_Time", sort_order="desc")
        page = work.patiently(page_of)
        for row in page.rows:
            if str(row.get("id")) in left:
                found[str(row["id"])] = row
                left.discard(str(row["id"]))
        if not left or not page.more or number >= _PAGES_BACK:
            break
    for remote_id in sorted(left):
        try:
            alone = work.patiently(partial(work.bigin.get, module, remote_id, fields))
        except (Rejected, RetryLater) as error:
            unreadable.pass_over(work, remote_id, error)
            continue
        if alone is not None:
            found[remote_id] = alone
    return found
