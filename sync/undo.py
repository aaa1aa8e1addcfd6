"""Taking back what the sync wrote: updates restored, creates deleted or made inactive, deletions made anew, status
turned round (issue 4).

An undo is a Write like any other (`undoes`), sent by the next run. A record changed since is left alone and reported.
Documents are never touched (rules 5.7). Database only. What a run does not redo: bases of an undone update stand, so a
difference that was chosen is no change; the pair of an undone create or deletion is closed or kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Member
from sync import removal, restore, unlinked
from sync.decisions import run_soon
from sync.fields import is_normalised
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Run, Side, Write
from sync.shape import MODULE_OF, Shape, load

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
    _undo([write], result)
    _finish(result, [write], who, f"Took back one change of {write.link}")
    return result


def undo_run(run: Run, who: str | Member) -> UndoResult:
    """Every change of the run that was done, newest first: persons before their company. What it wrote to one record
    in several steps is taken back as one."""
    result = UndoResult()
    done = Write.objects.filter(run=run, state=Write.State.DONE, undoes=None).select_related(
        "link__bigin", "link__books"
    )
    writes = list(done.order_by("-pk"))
    by_record: dict[tuple[int, str], list[Write]] = {}
    for write in writes:
        by_record.setdefault((write.link_id, write.side), []).insert(0, write)
    for steps in by_record.values():
        _undo(steps, result)
    _finish(result, writes, who, f"Took back run {run.pk}: {result.undone} changes")
    return result


def _finish(result: UndoResult, writes: list[Write], who: str | Member, words: str) -> None:
    if writes:
        audit.note(writes[0].installation, who, words)
    if result.undone:
        run_soon(writes[0].installation, {MODULE_OF[Kind(write.link.kind)] for write in writes})


def _undo(steps: Sequence[Write], result: UndoResult) -> None:
    """`steps`: writes of one run to one record, oldest first."""
    label = {"name": _label(steps[0])}
    try:
        with transaction.atomic():
            _plan(steps)
    except NotUndoable as reason:
        result.reasons.append(f"{label['name']}: {reason}")
    except IntegrityError:
        result.reasons.append(_("%(name)s: another change of it is on its way.") % label)
    else:
        result.undone += len(steps)


def _label(write: Write) -> str:
    records = (write.link.bigin, write.link.books)
    return next((record.label for record in records if record and record.label), "") or _("A record")


def _plan(steps: Sequence[Write]) -> None:
    """Plans the one write that takes them back. The first of them decides: what was created is removed, not changed."""
    first, last = steps[0], steps[-1]
    if any(write.state != Write.State.DONE or write.before is None for write in steps):
        raise NotUndoable(_why_nothing(last))
    if last.undone_by.exclude(state__in=(Write.State.REJECTED, Write.State.WITHDRAWN)).exists():
        raise NotUndoable(_("it was taken back already."))
    link = Link.objects.select_for_update().get(pk=first.link_id)
    target = link.bigin if first.side == Side.BIGIN else link.books
    if last.op == Write.Op.DELETE and target is not None and target.gone_at is not None:
        _bring_back(last, link, target)
        return
    if target is None or target.gone_at is not None:
        raise NotUndoable(_("the record is gone."))
    Write.objects.filter(link=link, side=first.side, state=Write.State.PENDING, undoes=None).update(
        state=Write.State.WITHDRAWN, error="An earlier change was taken back."
    )
    Write.objects.create(
        installation=first.installation, link=link, side=first.side, undoes=last, **_reverse(steps, target)
    )


def _why_nothing(write: Write) -> str:
    if write.op == Write.Op.DELETE and write.side == Side.BIGIN:
        return _("it lies in Bigin's recycle bin: restore it there, and the pair is taken up again.")
    return _("there is nothing to take back.")


def _reverse(steps: Sequence[Write], target: Record) -> dict[str, object]:
    op = Write.Op(steps[0].op)
    if op == Write.Op.UPDATE and all(write.op == Write.Op.UPDATE for write in steps):
        written = _written(steps)
        _unchanged(written, target)
        before: dict[str, Any] = {}
        for write in steps:
            before = {**(write.before or {}), **before}
        return {
            "op": Write.Op.UPDATE,
            "fields": {name: before.get(name) for name in written},
            "before": {name: target.fields.get(name) for name in written},
        }
    if op == Write.Op.CREATE:
        _unchanged(_written(steps), target)
        _alone(steps[0], target)
        return {"op": Write.Op.DELETE}
    if op == Write.Op.DELETE:  # it had transactions and was made inactive instead
        return {"op": Write.Op.ACTIVE, "before": {"status": "inactive"}}
    if op in _STATUS:
        return {"op": _STATUS[op], "before": {"status": str(target.meta.get("status") or "")}}
    raise NotUndoable(_("it was moved: move the contact back in Bigin, and the next run follows."))


def _written(steps: Iterable[Write]) -> dict[str, Any]:
    """What these left behind: of each field the newest value."""
    written: dict[str, Any] = {}
    for write in steps:
        written.update(write.fields)
    return written


def _unchanged(written: Mapping[str, Any], target: Record) -> None:
    """What somebody wrote since is theirs."""
    for name, value in written.items():
        if name in target.fields and not is_normalised(value, target.fields[name]):
            raise NotUndoable(_("%(field)s was changed since; it is left alone.") % {"field": name})


def _alone(write: Write, target: Record) -> None:
    """Rules 5.7: Bigin deletes a company's contacts along with it, so only those of the same run may hang on it. What
    was not read yet is looked for once more before the delete is sent (`sync/removal.py`)."""
    if target.kind != RecordKind.COMPANY:
        return
    hanging = Record.objects.filter(
        installation=write.installation, kind=RecordKind.CONTACT, parent_id=target.remote_id, gone_at=None
    )
    if hanging.exclude(remote_id__in=removal.made_with(write)).exists():
        raise NotUndoable(_("other contacts belong to it by now, and Bigin would delete them too."))


def _bring_back(write: Write, link: Link, target: Record) -> None:
    """A deletion that we sent: the record is made anew, under a new id."""
    if target.gone_how != "ours":
        raise NotUndoable(_("it was deleted in Books by somebody else."))
    if link.kind == Kind.CONTACT_PERSON and not _customer_stands(load(write.installation), link):
        raise NotUndoable(_("its customer is not in step any more; take that deletion back instead."))
    restore.plan(write, link)


def _customer_stands(shape: Shape, link: Link) -> bool:
    contact = link.bigin
    return contact is not None and contact.parent_id in unlinked.partner_ids(shape, Side.BIGIN, [contact.parent_id])
