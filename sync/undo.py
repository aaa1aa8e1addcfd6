"""Taking back what the sync wrote: updates restored, creates deleted or made inactive, status turned round (issue 4).

An undo is a Write like any other (`undoes`), sent by the next run. A record changed since is left alone and reported.
Documents are never touched (rules 5.7). Database only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Member
from sync.decisions import run_soon
from sync.fields import is_normalised
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Run, Write
from sync.shape import MODULE_OF

_STATUS = {Write.Op.INACTIVE: Write.Op.ACTIVE, Write.Op.ACTIVE: Write.Op.INACTIVE}


@dataclass
class UndoResult:
    """How many changes are being taken back, and why others are not."""

    undone: int = 0
    reasons: list[str] = field(default_factory=list)


class NotUndoable(Exception):
    """This write stays; the message says why."""


def undo_write(write: Write, who: str | Member) -> UndoResult:
    result = UndoResult()
    _undo(write, result)
    _finish(result, [write], who, f"Took back one change of {write.link}")
    return result


def undo_run(run: Run, who: str | Member) -> UndoResult:
    """Every write of the run that was done, newest first: persons before their company."""
    result = UndoResult()
    done = Write.objects.filter(run=run, state=Write.State.DONE, undoes=None).select_related(
        "link__bigin", "link__books"
    )
    writes = list(done.order_by("-pk"))
    for write in writes:
        _undo(write, result)
    _finish(result, writes, who, f"Took back run {run.pk}: {result.undone} changes")
    return result


def _finish(result: UndoResult, writes: list[Write], who: str | Member, words: str) -> None:
    if writes:
        audit.note(writes[0].installation, who, words)
    if result.undone:
        run_soon(writes[0].installation, {MODULE_OF[Kind(write.link.kind)] for write in writes})


def _undo(write: Write, result: UndoResult) -> None:
    try:
        with transaction.atomic():
            _plan(write)
    except NotUndoable as reason:
        result.reasons.append(str(reason))
    except IntegrityError:
        result.reasons.append(f"{_label(write)}: another change of it is on its way.")
    else:
        result.undone += 1


def _label(write: Write) -> str:
    return next(
        (record.label for record in (write.link.bigin, write.link.books) if record and record.label), "A record"
    )


def _plan(write: Write) -> None:
    if write.state != Write.State.DONE or write.before is None:
        raise NotUndoable(f"{_label(write)}: there is nothing to take back.")
    if write.undone_by.exclude(state__in=(Write.State.REJECTED, Write.State.WITHDRAWN)).exists():
        raise NotUndoable(f"{_label(write)}: it was taken back already.")
    link = Link.objects.select_for_update().get(pk=write.link_id)
    target = link.bigin if write.side == "bigin" else link.books
    if target is None or target.gone_at is not None:
        raise NotUndoable(f"{_label(write)}: the record is gone.")
    Write.objects.filter(link=link, side=write.side, state=Write.State.PENDING, undoes=None).update(
        state=Write.State.WITHDRAWN, error="An earlier change was taken back."
    )
    Write.objects.create(
        installation=write.installation, link=link, side=write.side, undoes=write, **_reverse(write, link, target)
    )


def _reverse(write: Write, link: Link, target: Record) -> dict[str, object]:
    if write.op == Write.Op.UPDATE:
        _unchanged(write, target)
        before = write.before or {}
        return {
            "op": Write.Op.UPDATE,
            "fields": {name: before.get(name) for name in write.fields},
            "before": {name: target.fields.get(name) for name in write.fields},
        }
    if write.op == Write.Op.CREATE:
        _unchanged(write, target)
        _alone(write, target)
        return {"op": Write.Op.DELETE}
    if write.op in _STATUS:
        return {"op": _STATUS[Write.Op(write.op)]}
    raise NotUndoable(f"{_label(write)}: a {write.op} cannot be taken back by itself.")


def _unchanged(write: Write, target: Record) -> None:
    """What somebody wrote since is theirs."""
    for name, value in write.fields.items():
        if name in target.fields and not is_normalised(value, target.fields[name]):
            raise NotUndoable(f"{_label(write)}: {name} was changed since; it is left alone.")


def _alone(write: Write, target: Record) -> None:
    """Rules 5.7: Bigin deletes a company's contacts along with it, so only those of the same run may hang on it."""
    if target.kind != RecordKind.COMPANY:
        return
    hanging = Record.objects.filter(
        installation=write.installation, kind=RecordKind.CONTACT, parent_id=target.remote_id, gone_at=None
    )
    if write.run_id is not None:
        made = Write.objects.filter(
            run=write.run_id, side="bigin", op=Write.Op.CREATE, state=Write.State.DONE, link__bigin__isnull=False
        )
        hanging = hanging.exclude(pk__in=made.values("link__bigin"))
    if hanging.exists():
        raise NotUndoable(f"{_label(write)}: other contacts belong to it by now, and Bigin would delete them too.")
