"""One run: the lock, the stages in their order, the slice's deadline, and the end with its counts (design section 3).

What each stage does is in the modules it calls; when a run is due is `sync/schedule.py`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import connections
from accounts.models import Installation
from sync import (
    alerts,
    brake,
    changed,
    deals,
    deleted,
    details,
    leftovers,
    outbox,
    parting,
    picklists,
    planner,
    recent,
    recovery,
    replicate,
    schedule,
    scope,
    second_look,
    send,
    stale,
    unreadable,
)
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Feed, ModuleSetting, Run, Write
from sync.plan import Policies
from sync.shape import Shape
from sync.work import Clock, OutOfTime, Overtaken, Stopped, Work
from zoho.errors import RateLimited, RetryLater, Unauthorised, ZohoError

log = logging.getLogger(__name__)
LONGEST_WAIT = 300.0  # seconds
_SWITCHED_OFF = "It was paused or made read-only meanwhile; what was not sent waits until writing is on again."


@dataclass(frozen=True)
class Ended:
    """How a run ended; `again_in` is when its series goes on, in seconds, None when it does not."""

    run: Run
    again_in: float | None = None


def run(
    installation: Installation,
    modules: Sequence[str] | None = None,
    trigger: str = "command",
    *,
    series: uuid.UUID | None = None,
    clock: Clock | None = None,
    slice_seconds: float | None = None,
) -> Ended | None:
    """One slice, in this process; None when another run of the installation is going on. Calls the network."""
    clock = clock or Clock()
    shape = shapes.load(installation, modules)
    started = start_run(shape, trigger, Run.Kind.SYNC, series)
    if started is None:
        return None
    seconds = settings.SYNC_SLICE_SECONDS if slice_seconds is None else slice_seconds
    with ExitStack() as stack:
        work = open_work(shape, started, stack, clock, seconds)
        return guarded(work, _stages)


def open_work(shape: Shape, run: Run | None, stack: ExitStack, clock: Clock, seconds: float) -> Work:
    bigin = connections.bigin(shape.installation, "sync" if run else "person")
    books = connections.books(shape.installation, "sync" if run else "person")
    stack.callback(bigin.client.close)
    stack.callback(books.client.close)
    return Work(shape, bigin, books, run, clock, clock.monotonic() + seconds)


def start_run(shape: Shape, trigger: str, kind: str, series: uuid.UUID | None = None, who: str = "") -> Run | None:
    """Takes the installation's lock, which is a unique constraint. A run whose heart stopped is abandoned first. `who`
    asked for this very run, where that is known; else who asked for the next one of its modules."""
    installation, serves = shape.installation, schedule.moved_by(shape, kind)
    abandon(installation)
    try:
        with transaction.atomic():
            started = Run.objects.create(
                installation=installation,
                kind=kind,
                series=series or uuid.uuid4(),
                modules=list(shape.modules),
                trigger=trigger,
                stage="starting",
                started_by=who,
            )
            asked_by = schedule.asked_by(started, serves, series)
            if asked_by and not who:
                started.started_by = asked_by
                started.save(update_fields=["started_by"])
            schedule.started(installation, serves)
    except IntegrityError:
        return None
    return started


def abandon(installation: Installation) -> None:
    """What dead runs were sending has an unknown outcome; it is looked up before anything is sent again."""
    limit = timezone.now() - timedelta(seconds=settings.SYNC_ABANDONED_SECONDS)
    for dead in Run.objects.filter(installation=installation, state=Run.State.RUNNING, heartbeat_at__lt=limit):
        with transaction.atomic():
            moved = Run.objects.filter(pk=dead.pk, state=Run.State.RUNNING, heartbeat_at__lt=limit).update(
                state=Run.State.ABANDONED,
                finished_at=timezone.now(),
                problem="The worker that ran this died; the next run goes on where it stopped.",
            )
            if moved:
                outbox.abandon(installation.pk, [dead.pk], dead.heartbeat_at)


def _stages(work: Work) -> None:
    read(work)
    leftovers.resolve(work)
    leftovers.finish_moves(work)
    for kind in work.shape.kinds:
        _one_kind(work, kind)
    # A contact that lost its company was let go after the kind of pair that it may make now had had its turn.
    for kind in work.shape.kinds:
        if kind in work.freed:
            _one_kind(work, kind)
    unreadable.tell(work)


def _one_kind(work: Work, kind: Kind) -> None:
    policies = Policies(work.shape.setting(kind).policy, "policy", picklists.offered(work, kind))
    work.stage(f"Matching {kind}")
    if not planner.is_complete(work.shape, kind):
        return
    recovery.resolve(work, kind)
    stale.judge_again(work, kind)
    parting.release(work, kind)
    planner.pair(work, kind, policies, recent.customers(work, kind))
    _plan(work, kind, policies, brake.check, second_look.check)
    work.stage(f"Sending {kind}")
    if send.apply(work, kind):
        recovery.resolve(work, kind)
    if planner.has_dirty(work.shape, kind):  # what a settle left over, such as the status of a new item
        _plan(work, kind, policies, brake.check)
        send.apply(work, kind)


def _plan(work: Work, kind: Kind, policies: Policies, *checks: Callable[[Work, Kind], list[Write]]) -> None:
    planner.plan_dirty(work, kind, policies)
    for check in checks:
        check(work, kind)


def read(work: Work) -> None:
    """READ: all feeds of both sides, deleted lists; what a listing missed, asked for one by one; details."""
    picklists.refresh(work)
    for feed in work.shape.feeds:
        work.stage(f"Reading {feed}")
        replicate.pull(work, feed)
        if feed in replicate.BIGIN_FEEDS:
            deleted.pull(work, feed)
    recent.read(work)
    scope.apply(work)
    cursors = replicate.cursors(work.shape)
    for feed, cursor in cursors.items():  # before details, whose reading would close vanished ones past the brake
        brake.vanished(work, feed, deleted.missing(work, cursor))
    if "customers" in work.shape.modules and work.shape.customers_need_detail:
        work.stage("Reading details")
        held = frozenset(record.remote_id for record in deleted.missing(work, cursors[Feed.BOOKS_CUSTOMERS]))
        details.read_all(work, held)
    if "customers" in work.shape.modules:
        details.read_those_with_a_company(work)
        deals.read(work)


def guarded(work: Work, stages: Callable[[Work], None]) -> Ended:
    """Runs the stages and ends the run whatever happens: the state says what, the problem says it in words."""
    try:
        stages(work)
    except Overtaken:
        return _overtaken(work)
    except Stopped:
        log.warning("sync: run %s was stopped from outside", work.run and work.run.pk)
        return Ended(_fresh(work))
    except OutOfTime as reason:
        return _cut(work, reason)
    except Unauthorised as error:
        alerts.unauthorised(work, error)
        return _end(work, Run.State.FAILED, f"{error.message} Reconnect {error.product} on the settings page.")
    except (RetryLater, RateLimited) as error:
        return _end(work, Run.State.FAILED, f"{error.message} Nothing is lost; the next run tries again.")
    except ZohoError as error:
        log.exception("sync: run %s: %s", work.run and work.run.pk, error.code)
        return _end(work, Run.State.FAILED, f"{error.message} The next run tries again.")
    except Exception:
        _end(work, Run.State.FAILED, "Something went wrong on our side; the next run tries again.")
        raise
    return _finished(work)


def _cut(work: Work, reason: OutOfTime) -> Ended:
    """The slice is over. A long pause is left to the schedule: a message must not wait in the broker for hours."""
    installation = work.shape.installation
    pause = max(reason.resume_in, 1.0)
    if pause <= LONGEST_WAIT:
        return _end(work, Run.State.PARTIAL, reason.reason if reason.resume_in else "", pause)
    resumes = work.clock.now() + timedelta(seconds=pause)
    schedule.not_before(installation, work.shape.modules, resumes)
    until = resumes.strftime("%H:%M UTC")
    if reason.daily:
        alerts.quota(installation, reason.product, until)
    if work.run is not None and work.run.kind == Run.Kind.PREVIEW:
        return _end(work, Run.State.FAILED, f"{reason.reason} Ask for the preview again later.")
    return _end(
        work, Run.State.FAILED, f"{reason.reason} The sync goes on by itself, as the next run says; nothing is lost."
    )


def _overtaken(work: Work) -> Ended:
    """What was being sent is looked up by the next run, a minute from now."""
    ended = _end(
        work, Run.State.FAILED, "A record was changed by somebody else at the same time; the next run goes on."
    )
    outbox.abandon(work.shape.installation.pk, [ended.run.pk], work.clock.now())
    soon = work.clock.now() + timedelta(seconds=settings.SYNC_ABANDONED_SECONDS)
    schedule.no_later(work.shape.installation, work.shape.modules, soon)
    return ended


def _finished(work: Work) -> Ended:
    if work.run is not None and work.run.kind == Run.Kind.PREVIEW:
        return _end(work, Run.State.DONE, "")
    state = Run.State.HELD if brake.is_held(work) else Run.State.DONE
    ended = _end(work, state, _SWITCHED_OFF if work.stopped else "")
    changed.through(work)
    schedule.finished(work.shape.installation, work.shape.modules)
    alerts.succeeded(work)
    look = recovery.waiting_until(work)
    if look is not None:
        schedule.no_later(work.shape.installation, work.shape.modules, look)
    return ended


def _end(work: Work, state: str, problem: str, again_in: float | None = None) -> Ended:
    """RUNNING -> state, with the counts; adds the calls to the day's quota."""
    if work.run is None:
        raise AssertionError("only a run can end")
    schedule.pushed(work.shape.installation, work.shape.modules, work.counts)
    Run.objects.filter(pk=work.run.pk, state=Run.State.RUNNING).update(
        state=state,
        stage="",
        finished_at=work.clock.now(),
        heartbeat_at=work.clock.now(),
        counts=work.counted(),
        calls=work.calls(),
        problem=problem,
    )
    for product, number in work.calls().items():
        connections.count_calls(work.shape.installation, product, number)
    if brake.is_held(work):
        alerts.held(work.shape.installation, work.clock.now())
    return Ended(_fresh(work), again_in)


def _fresh(work: Work) -> Run:
    if work.run is None:
        raise AssertionError("only a run can end")
    return Run.objects.get(pk=work.run.pk)


def started_settings(installation: Installation, modules: Sequence[str] | None = None) -> list[ModuleSetting]:
    rows = ModuleSetting.objects.filter(installation=installation, started_at__isnull=False, paused_at=None)
    return [row for row in rows if not modules or row.module in modules]
