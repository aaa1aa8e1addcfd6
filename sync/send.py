"""Sending what is pending: which sender takes which write, and what becomes of errors. Outside any transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.models import Q

from sync import beside, moves, outbox, parting, refusals, removal, send_bigin, send_books, unreadable, update_books
from sync.mapping import Kind
from sync.models import Link, ModuleSetting, Side, Write
from sync.shape import MODULE_OF
from sync.work import OutOfTime, Work
from zoho.bigin import MAX_RECORDS
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome

_TWO_BATCHES = 2 * MAX_RECORDS  # one page of 200 reads both back


def apply(work: Work, kind: Kind) -> bool:
    """Sends every pending write of this kind of link, Books first, oldest first. False where nothing waited."""
    work.check()
    waiting = outbox.waiting(work, kind)
    if not waiting or not _may_write(work, kind):
        return False
    if any(side == Side.BOOKS for side, _ in waiting):
        _all_to_books(work, kind)
        waiting = outbox.waiting(work, kind)
    for op in (Write.Op.CREATE, Write.Op.UPDATE, Write.Op.DELETE):
        if (Side.BIGIN, op) in waiting:
            _all_to_bigin(work, kind, op)
    return True


def _all_to_books(work: Work, kind: Kind) -> None:
    """Upwards by id, so that no claim walks over what is done; what became pending again has another round."""
    last = 0
    while True:
        claimed = outbox.claim(work, kind, Side.BOOKS, limit=1, after=last)
        if not claimed and not last:
            return
        last = claimed[0].pk if claimed else 0
        for write in claimed:
            to_books(work, write)
        work.check()
        if not _may_write(work, kind):
            return


def _all_to_bigin(work: Work, kind: Kind, op: Write.Op) -> None:
    while batch := outbox.claim(work, kind, Side.BIGIN, limit=_TWO_BATCHES, op=op):
        to_bigin(work, kind, batch)
        work.check()
        if not _may_write(work, kind):
            return


def _may_write(work: Work, kind: Kind) -> bool:
    """Pause and read-only hold from the next record on, not only from the next run."""
    module = MODULE_OF[kind]
    if work.run is None or module in work.stopped:
        return work.run is None
    rows = ModuleSetting.objects.filter(installation=work.shape.installation, module=module)
    if rows.filter(Q(paused_at__isnull=False) | Q(read_only=True)).exists():
        work.stopped.add(module)
    return module not in work.stopped


def apply_link(work: Work, kind: Kind, link_id: int) -> None:
    """Sends the pending writes of one link, for a person who waits; what another worker claimed is left to it."""
    for write in outbox.claim(work, kind, Side.BOOKS, limit=1, link_id=link_id):
        to_books(work, write)
    batch = outbox.claim(work, kind, Side.BIGIN, limit=1, link_id=link_id)
    if batch:
        to_bigin(work, kind, batch)


def to_books(work: Work, write: Write) -> None:
    """One claimed write. A refusal and an unknown outcome are noted; a "not now" is raised after giving it back,
    but for one about the very record that is to be written."""
    try:
        _BOOKS[Write.Op(write.op)](work, write)
    except Rejected as error:
        if not parting.without_mail(work, write):
            refusals.books(work, write, error)
    except UnknownOutcome as error:
        outbox.unknown(work, [write], error)
    except unreadable.NotShown as error:
        unreadable.wait(work, write, error)
    except (OutOfTime, RateLimited, RetryLater, Unauthorised):
        outbox.give_back(work, [write])
        raise


def to_bigin(work: Work, kind: Kind, batch: list[Write]) -> None:
    """Claimed writes of one op."""
    if batch[0].op == Write.Op.DELETE:
        removal.from_bigin(work, kind, batch)
        return
    send_bigin.send(work, kind, batch)


def _create(work: Work, write: Write) -> None:
    (beside.create if write.step == Link.State.BESIDE else send_books.create)(work, write)


_BOOKS: Mapping[Write.Op, Callable[[Work, Write], None]] = {
    Write.Op.CREATE: _create,
    Write.Op.UPDATE: update_books.update,
    Write.Op.DELETE: removal.from_books,
    Write.Op.INACTIVE: removal.status,
    Write.Op.ACTIVE: removal.status,
    Write.Op.MOVE: moves.send,
}
