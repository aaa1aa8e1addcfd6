"""The outbox: claiming writes, giving them back, and noting how they ended. Compare-and-set only; no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When

from sync import issues
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Run, Write
from sync.shape import MODULE_OF
from sync.work import Overtaken, Stopped, Work
from zoho.errors import ZohoError

State = Write.State
# A worker is killed after 300 s, so what one has been sending for longer, outside a living run, nobody sends any more.
LONGEST_ATTEMPT = timedelta(seconds=330)
AFTER = "after"  # Write.step of an end that waits for another record (`sync/parting.py`)
HOLDABLE = Q(state=State.PENDING) | Q(state=State.HELD, step=AFTER)
# A move of which a person was made already: the person stands in Books twice until it is finished or taken back, so
# nothing withdraws it.
FIRST_STEP = "create"
UNDER_WAY = Q(op=Write.Op.MOVE) & ~Q(step=FIRST_STEP)
# What is planned from two records as they stand, anew whenever one of them changes.
REPLANNED = Q(op__in=("update", "delete", "inactive", "active")) & ~Q(step=AFTER) | Q(op=Write.Op.MOVE, step=FIRST_STEP)


def claim(
    work: Work,
    kind: Kind,
    side: str,
    *,
    limit: int,
    after: int = 0,
    op: str | None = None,
    link_id: int | None = None,
) -> list[Write]:
    """Takes up to `limit` pending writes of one side, with what they carry, and marks them as being sent.

    All of one op, the op of the oldest with an id above `after`. Raises Stopped when this run is not the running one
    any more.
    """
    now = work.clock.now()
    with transaction.atomic():
        _still_running(work)
        rows = (
            _claimable(work, kind, now)
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk__gt=after, side=side, **({"op": op} if op else {}), **({"link_id": link_id} if link_id else {}))
            .select_related("link", "link__bigin", "link__books")
            .order_by("id")
        )
        writes = list(rows[:limit])
        writes = [write for write in writes if write.op == writes[0].op]
        ids = [write.pk for write in writes]
        Write.objects.filter(Q(pk__in=ids) | Q(carried_by__in=ids), state=State.PENDING).update(
            state=State.SENDING, attempts=F("attempts") + 1, attempted_at=now, run=work.run
        )
    for write in writes:
        write.state, write.attempted_at = State.SENDING, now
    return writes


def waiting(work: Work, kind: Kind) -> set[tuple[str, str]]:
    """(side, op) of what could be claimed now: one statement instead of a claim for each."""
    return set(_claimable(work, kind, work.clock.now()).order_by().values_list("side", "op").distinct())


def _claimable(work: Work, kind: Kind, now: datetime) -> QuerySet[Write]:
    return Write.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        installation=work.shape.installation,
        link__kind=kind,
        state=State.PENDING,
        carried_by=None,
    )


def _still_running(work: Work) -> None:
    if work.run is None:
        return
    alive = Run.objects.select_for_update().filter(pk=work.run.pk, state=Run.State.RUNNING).values_list("pk", flat=True)
    if not list(alive):
        raise Stopped


def carried(write: Write) -> list[Write]:
    """What travels with it, in the order it is sent."""
    rows = Write.objects.filter(carried_by=write).exclude(state=State.WITHDRAWN)
    return list(rows.select_related("link", "link__bigin", "link__books").order_by("id"))


def move(writes: Iterable[Write], old: str, new: str, **values: object) -> int:
    """State by compare-and-set; returns how many moved."""
    ids = [write.pk for write in writes]
    return Write.objects.filter(pk__in=ids, state=old).update(state=new, **values) if ids else 0


def settle(work: Work, write: Write, **values: object) -> None:
    """One write; see `settle_all`."""
    settle_all(work, [write], **values)


def settle_all(work: Work, writes: Sequence[Write], **values: object) -> None:
    """SENDING or UNKNOWN -> DONE, all of them. Raises Overtaken when another process ended an attempt meanwhile, and
    Stopped when this run is not the running one any more. Needs a transaction.

    What was noted of an attempt that gave no answer, or had to wait, is over; what planning noted stands.
    """
    noted = Case(When(ended_at=None, error_code="", then=F("error")), default=Value("", TextField()))
    _still_running(work)
    now = work.clock.now()
    moved = Write.objects.filter(
        pk__in=[write.pk for write in writes], state__in=(State.SENDING, State.UNKNOWN)
    ).update(**{"state": State.DONE, "settled_at": now, "ended_at": now, "error_code": "", "error": noted, **values})
    if moved != len(writes):
        raise Overtaken
    for write in writes:
        write.state = State.DONE


def give_back(work: Work, writes: Sequence[Write]) -> None:
    """Nothing was done with these: they are as pending as before."""
    ids = [write.pk for write in writes]
    Write.objects.filter(Q(pk__in=ids) | Q(carried_by__in=ids), state=State.SENDING).update(state=State.PENDING)


def unknown(work: Work, writes: Sequence[Write], error: ZohoError | None = None) -> None:
    """The answer was lost: never resent blindly, looked for instead."""
    ids = [write.pk for write in writes]
    text = "The answer of Zoho was lost; whether the change happened is being looked up."
    Write.objects.filter(Q(pk__in=ids) | Q(carried_by__in=ids), state=State.SENDING).update(
        state=State.UNKNOWN, ended_at=work.clock.now(), error_code=error.code if error else "", error=text
    )


def reject(work: Work, write: Write, code: str, reason: str, advice: str) -> None:
    """Zoho refused: said once, not tried again until something changes. A create's half-made link is history."""
    now = work.clock.now()
    with transaction.atomic():
        _still_running(work)
        affected = [write, *carried(write)]
        for item in affected:
            text = reason if item is write else "Its company could not be created: " + reason
            moved = Write.objects.filter(pk=item.pk, state__in=(State.SENDING, State.UNKNOWN, State.PENDING)).update(
                state=State.REJECTED, ended_at=now, settled_at=now, error_code=code[:60], error=text
            )
            if not moved or (item.undoes_id is not None and item is not write):
                continue  # what an undo brings along is told with its customer
            _after_refusal(work, item, code, text, advice)


def _after_refusal(work: Work, write: Write, code: str, reason: str, advice: str) -> None:
    kind = Kind(write.link.kind)
    record = write.link.bigin or write.link.books if write.op == Write.Op.CREATE else None
    if write.undoes_id is not None:  # planning the pair has no say in what a person asked to take back
        record = write.link.books if write.side == "books" else write.link.bigin
    issues.raise_one(
        work.shape.installation,
        issues.Draft(
            MODULE_OF[kind],
            Issue.Kind.REJECTED,
            code[:60] or "refused",
            reason,
            advice,
            {"op": write.op, "side": write.side},
            link_id=None if record else write.link_id,
            record_id=record.pk if record else None,
        ),
        work.run,
    )
    if write.op == Write.Op.CREATE:
        Link.objects.filter(pk=write.link_id, state=Link.State.HALF).update(state=Link.State.REFUSED)
    work.count(MODULE_OF[kind], write.side, "failed")


def withdraw(links: Iterable[int]) -> None:
    """Writes never sent of links that are planned anew. Creates, moves under way, ends of what was let go and undo
    stay."""
    Write.objects.filter(REPLANNED, link__in=list(links), state=State.PENDING, undoes=None).update(
        state=State.WITHDRAWN
    )


def drop(links: Iterable[int], why: str) -> None:
    """What is not sent of pairs that end, with what it carries: WITHDRAWN. In the caller's transaction."""
    ids = list(links)
    rows = Write.objects.filter(Q(link__in=ids) | Q(carried_by__link__in=ids), state__in=(State.PENDING, State.HELD))
    rows.exclude(UNDER_WAY).update(state=State.WITHDRAWN, error=why)


def give_up(links: Iterable[int], why: str, states: Sequence[str] = (State.PENDING, State.HELD)) -> None:
    """Creates that are not to be made any more, and what they carry: WITHDRAWN. Their half-made links are history and
    the records are judged anew. What is being sent stays: its answer is settled. In the caller's transaction."""
    creates = Write.objects.filter(link__in=list(links), op=Write.Op.CREATE, state__in=Write.OPEN)
    ids = list(creates.values_list("pk", flat=True))
    family = Write.objects.select_for_update(of=("self",)).filter(Q(pk__in=ids) | Q(carried_by__in=ids))
    ended = list(family.filter(state__in=states).order_by("pk").values_list("pk", "link_id"))
    Write.objects.filter(pk__in=[pk for pk, _ in ended]).update(state=State.WITHDRAWN, error=why)
    halves = Link.objects.filter(pk__in=[link for _, link in ended], state=Link.State.HALF)
    records = [pk for pair in halves.values_list("bigin", "books") for pk in pair if pk]
    halves.update(state=Link.State.REFUSED, reason=why)
    Record.objects.filter(pk__in=records).update(dirty=True)


def abandon(installation_id: UUID, run_ids: Iterable[int], heard_at: datetime) -> None:
    """What a dead run was sending: its outcome is unknown. `heard_at` is its last sign of life."""
    rows = Write.objects.filter(installation=installation_id, run__in=list(run_ids), state=State.SENDING)
    rows.filter(attempted_at__gt=heard_at).update(state=State.UNKNOWN, ended_at=F("attempted_at"))
    rows.update(state=State.UNKNOWN, ended_at=heard_at)


def orphaned(installation_id: UUID, now: datetime) -> None:
    """What a killed record action, or a run that ended by an error of ours, was sending: its outcome is unknown too."""
    rows = Write.objects.filter(
        Q(run=None) | ~Q(run__state=Run.State.RUNNING),
        installation=installation_id,
        state=State.SENDING,
        attempted_at__lt=now - LONGEST_ATTEMPT,
    )
    Write.objects.filter(pk__in=list(rows.values_list("pk", flat=True)), state=State.SENDING).update(
        state=State.UNKNOWN, ended_at=F("attempted_at") + LONGEST_ATTEMPT
    )
