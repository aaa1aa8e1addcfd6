"""Taking back what the sync wrote: updates restored, creates deleted or made inactive, deletions made anew, status
turned round (issue 4). A whole run is `sync/undo_run.py`'s.

An undo is a Write like any other (`undoes`), sent by the next run. A record changed since is left alone and reported:
here by the mirror, and once more before it is sent (`sync/last_look.py`, `sync/update_books.py`).
Documents are never touched (rules 5.7). Database only. What a run does not redo: bases of an undone update stand, so a
difference that was chosen is no change; the pair of an undone create or deletion is closed or kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Installation, Member
from sync import restore, schedule, since, standstill, unlinked
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Side, Write
from sync.shape import MODULE_OF, Shape, load
from sync.standstill import Cause

_STATUS = {Write.Op.INACTIVE: Write.Op.ACTIVE, Write.Op.ACTIVE: Write.Op.INACTIVE}


@dataclass(frozen=True)
class Kept:
    """A change that stays, and why, in English: it is told in the reader's language where it is read."""

    write_id: int
    label: str
    why: str


@dataclass
class UndoResult:
    """How many changes are being taken back, and why others are not. `waits`: the modules of which nothing is sent now.
    `preparing`: too many for one moment; the page of the run tells how far."""

    undone: int = 0
    kept: list[Kept] = field(default_factory=list)
    waits: Mapping[str, Cause] = field(default_factory=dict)
    preparing: bool = False

    @property
    def reasons(self) -> list[str]:
        return [f"{one.label}: {one.why}" for one in self.kept]


class NotUndoable(Exception):
    """This write stays; the message says why."""


def undo_write(write: Write, who: str | Member) -> UndoResult:
    result = UndoResult()
    take_back(load(write.installation), [write], result)
    audit.note(write.installation, who, f"Took back one change of {write.link}")
    if result.undone:
        modules = {MODULE_OF[Kind(write.link.kind)]}
        schedule.ask_now(write.installation, modules, who)
        result.waits = waiting(write.installation, modules)
    return result


def waiting(installation: Installation, modules: Iterable[str]) -> dict[str, Cause]:
    """Why nothing of these modules is sent now, for each of which that is so."""
    causes = {module: standstill.of(installation, module) for module in sorted(set(modules))}
    return {module: cause for module, cause in causes.items() if cause}


def take_back(shape: Shape, steps: Sequence[Write], result: UndoResult) -> None:
    """`steps`: writes of one run to one record, oldest first. Adds to `result`."""
    label = label_of(steps[0])
    steps, earlier = _together(steps)
    why = "Only the newest change of the run can be taken back with it; take this one back after that."
    result.kept += [Kept(write.pk, label, why) for write in earlier]
    try:
        with transaction.atomic():
            _plan(shape, steps)
    except NotUndoable as reason:
        result.kept.append(Kept(steps[-1].pk, label, str(reason)))
    except IntegrityError:
        result.kept.append(Kept(steps[-1].pk, label, "Another change of it is on its way."))
    else:
        result.undone += len(steps)


def _together(steps: Sequence[Write]) -> tuple[Sequence[Write], Sequence[Write]]:
    """What one write takes back, and what it does not: removing a creation ends all that followed, and updates add up;
    a change of status or a move among others is one of its own."""
    if steps[0].op == Write.Op.CREATE or all(write.op == Write.Op.UPDATE for write in steps):
        return steps, ()
    return steps[-1:], steps[:-1]


def label_of(write: Write) -> str:
    records = (write.link.bigin, write.link.books)
    return next((record.label for record in records if record and record.label), "") or "A record"


def _plan(shape: Shape, steps: Sequence[Write]) -> None:
    """Plans the one write that takes them back. The first of them decides: what was created is removed, not changed."""
    first, last = steps[0], steps[-1]
    if any(write.state != Write.State.DONE or write.before is None for write in steps):
        raise NotUndoable(_why_nothing(last))
    if last.pk in since.taken_back([last.link_id]):
        raise NotUndoable("It was taken back already.")
    if Kind(first.link.kind) not in shape.active:
        raise NotUndoable("Your settings do not keep such records in step any more, so nothing of them is written.")
    link = Link.objects.select_for_update().get(pk=first.link_id)
    target = link.bigin if first.side == Side.BIGIN else link.books
    if last.op == Write.Op.DELETE and target is not None and target.gone_at is not None:
        _bring_back(shape, last, link, target)
        return
    if target is None or target.gone_at is not None:
        raise NotUndoable("The record is gone.")
    waiting = Write.objects.filter(link=link, side=first.side, state=Write.State.PENDING, undoes=None)
    if waiting.filter(op__in=(Write.Op.DELETE, Write.Op.INACTIVE)).exists():
        raise NotUndoable("Its deletion waits to be sent; restore it in Bigin first.")
    # Of two writes only one may be open. An update is planned anew after the undo; a move, or a status, goes first.
    if waiting.filter(op=Write.Op.UPDATE).update(
        state=Write.State.WITHDRAWN, error="An earlier change is taken back first; then it is planned anew."
    ):
        Record.objects.filter(pk__in=[pk for pk in (link.bigin_id, link.books_id) if pk]).update(dirty=True)
    Write.objects.create(
        installation=first.installation, link=link, side=first.side, undoes=last, **_reverse(shape, link, steps, target)
    )


def _why_nothing(write: Write) -> str:
    if write.op == Write.Op.DELETE and write.side == Side.BIGIN:
        return "It lies in Bigin's recycle bin: restore it there, and the pair is taken up again."
    return "There is nothing to take back."


def _reverse(shape: Shape, link: Link, steps: Sequence[Write], target: Record) -> dict[str, object]:
    op = Write.Op(steps[0].op)
    if op == Write.Op.UPDATE:
        written = since.written(steps)
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
        _unchanged(since.written(steps), target)
        if name := since.added(shape, link, target, since.written(steps)):
            raise NotUndoable(f"{name} was changed since; it is left alone.")
        _alone(steps[0], target)
        return {"op": Write.Op.DELETE}
    if op == Write.Op.DELETE:  # it had transactions and was made inactive instead
        return {"op": Write.Op.ACTIVE, "before": {"status": "inactive"}}
    if op in _STATUS:
        return {"op": _STATUS[op], "before": {"status": str(target.meta.get("status") or "")}}
    raise NotUndoable("It was moved: move the contact back in Bigin, and the next run follows.")


def _unchanged(written: Mapping[str, Any], target: Record) -> None:
    """What somebody wrote since is theirs."""
    if name := since.changed(written, target):
        raise NotUndoable(f"{name} was changed since; it is left alone.")


def _alone(write: Write, target: Record) -> None:
    """Rules 5.7: Bigin deletes a company's contacts along with it, so only those of the same run may hang on it. What
    was not read yet is looked for once more before the delete is sent (`sync/removal.py`)."""
    if target.kind != RecordKind.COMPANY:
        return
    hanging = Record.objects.filter(
        installation=write.installation, kind=RecordKind.CONTACT, parent_id=target.remote_id, gone_at=None
    )
    if hanging.exclude(remote_id__in=since.made_with(write)).exists():
        raise NotUndoable("Other contacts belong to it by now, and Bigin would delete them too.")


def _bring_back(shape: Shape, write: Write, link: Link, target: Record) -> None:
    """A deletion that we sent: the record is made anew, under a new id."""
    if target.gone_how != "ours":
        raise NotUndoable("It was deleted in Books by somebody else.")
    if link.kind == Kind.CONTACT_PERSON and not _customer_stands(shape, link):
        raise NotUndoable("Its customer is not in step any more; take that deletion back instead.")
    restore.plan(write, link)


def _customer_stands(shape: Shape, link: Link) -> bool:
    contact = link.bigin
    return contact is not None and contact.parent_id in unlinked.partner_ids(shape, Side.BIGIN, [contact.parent_id])
