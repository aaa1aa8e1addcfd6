"""Records that Zoho does not show while it shows others: what is to be written to one waits and is told, and the run
goes on with all others. More of them in one run are a failure of Zoho, which ends it. Database only.

Customers that a run reads for their details are told in `sync/details.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from sync import issues, outbox
from sync.mapping import Kind
from sync.models import Issue, Write
from sync.shape import MODULE_OF
from sync.work import Work
from zoho.errors import Rejected, RetryLater

CODE = "unreadable"
_MOST = 3  # records in one run
_LONGEST = 6  # a write waits 2 minutes, then 4, 8 … and at most 2 ** 6


class NotShown(RetryLater):
    """Zoho answered, but did not show the one record that was asked for."""


@contextmanager
def asking() -> Iterator[None]:
    """Around a read of one record: raises NotShown where Zoho fails or refuses to show it."""
    try:
        yield
    except (Rejected, RetryLater) as error:
        if error.status is None or error.product == "accounts":
            raise
        raise NotShown(error.message, product=error.product, code=error.code, status=error.status) from error


def pass_over(work: Work, remote_id: str, error: Rejected | RetryLater) -> None:
    """Counts the record. Raises the error where it is no matter of that record, or a person waits for the answer."""
    work.unread[remote_id] = error
    if work.run is None or error.status is None or error.product == "accounts" or len(work.unread) > _MOST:
        raise error


def wait(work: Work, write: Write, error: Rejected | RetryLater) -> None:
    """A claimed write whose record was not shown: SENDING -> PENDING, for later. Raises as `pass_over` does."""
    try:
        pass_over(work, _remote_id(write), error)
    except (Rejected, RetryLater):
        outbox.give_back(work, [write])
        raise
    pause = timedelta(minutes=2 ** min(write.attempts + 1, _LONGEST))
    family = Write.objects.filter(Q(pk=write.pk) | Q(carried_by=write), state=Write.State.SENDING)
    family.update(state=Write.State.PENDING, not_before=work.clock.now() + pause, error_code=CODE, error=_text(error))


def stay_unknown(work: Work, write: Write, error: Rejected | RetryLater) -> None:
    """What became of it cannot be seen yet. Raises as `pass_over` does."""
    pass_over(work, _remote_id(write), error)
    rows = Write.objects.filter(pk=write.pk, state=Write.State.UNKNOWN)
    rows.update(error_code=CODE, error=_text(error))


def _remote_id(write: Write) -> str:
    record = write.link.books if write.side == "books" else write.link.bigin
    record = record or write.link.bigin or write.link.books
    return record.parent_id if record is not None and record.kind == "person" else record.remote_id if record else ""


def _text(error: Rejected | RetryLater) -> str:
    return f"It could not be read before the change: {error.message}"


def tell(work: Work) -> None:
    """At the end of a run: what waits for its record to be shown, and no more what does not. Two queries."""
    installation = work.shape.installation
    rows = Write.objects.filter(installation=installation, state__in=Write.OPEN, error_code=CODE, carried_by=None)
    drafts = [_draft(write) for write in rows.select_related("link__bigin", "link__books").order_by("pk")]
    issues.raise_all(installation, drafts, work.run)
    told = Issue.objects.filter(
        installation=installation, kind=Issue.Kind.REJECTED, code=CODE, state=Issue.State.OPEN
    ).values_list("pk", "link_id", "record_id", "module", "kind", "code")
    standing = {draft.place for draft in drafts}
    healed = [pk for pk, *place in told if tuple(place) not in standing]
    if healed:
        Issue.objects.filter(pk__in=healed, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=issues.THE_CAUSE
        )


def _draft(write: Write) -> issues.Draft:
    link = write.link
    record = link.bigin or link.books
    where = "Books" if write.side == "books" else "Bigin"
    is_create = write.op == Write.Op.CREATE
    return issues.Draft(
        MODULE_OF[Kind(link.kind)],
        Issue.Kind.REJECTED,
        CODE,
        f"A change of {record.label if record else 'a record'} waits for {where}. {write.error}",
        "It is tried again by itself. Open the record there; if it shows, save it once, or ask Zoho's support.",
        {"op": write.op, "side": write.side},
        link_id=None if is_create and record else link.pk,
        record_id=record.pk if is_create and record else None,
    )
