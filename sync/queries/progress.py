"""How far the newest series of runs has come, in numbers a person can follow."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Installation
from sync.models import Run, Write

# Outcomes that are a change of a record.
WRITTEN = ("created", "updated", "deleted", "inactivated", "activated", "moved")


@dataclass(frozen=True)
class Progress:
    """`sent` of `planned` changes have an outcome; `ends_at` is a guess from the pace so far."""

    run: Run | None
    running: bool
    counts: dict[str, int]
    planned: int
    sent: int
    calls: dict[str, int]
    started_at: datetime | None
    ends_at: datetime | None

    @property
    def left(self) -> int:
        return self.planned - self.sent


NOTHING = Progress(None, False, {}, 0, 0, {}, None, None)


def of_newest_series(installation: Installation) -> Progress:
    newest = installation.runs.order_by("-started_at").first()
    if newest is None:
        return NOTHING
    slices = list(installation.runs.filter(series=newest.series).order_by("started_at"))
    planned, sent = _writes_of(slices)
    running = newest.state == Run.State.RUNNING
    started = slices[0].started_at
    counts: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for part in slices:
        counts.update(totals(part.counts))
        calls.update({product: int(number) for product, number in part.calls.items()})
    return Progress(
        newest,
        running,
        dict(counts),
        planned,
        sent,
        dict(calls),
        started,
        _end(started, planned, sent) if running else None,
    )


def totals(counts: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    """Run.counts (module -> side -> outcome -> number) summed by outcome."""
    summed: Counter[str] = Counter()
    for sides in counts.values():
        for outcomes in sides.values():
            summed.update(outcomes)
    return dict(summed)


def _writes_of(slices: list[Run]) -> tuple[int, int]:
    settled = Q(state__in=[Write.State.DONE, Write.State.REJECTED])
    planned = ~Q(state=Write.State.WITHDRAWN)
    found = Write.objects.filter(run__in=slices).aggregate(
        planned=Count("pk", filter=planned), sent=Count("pk", filter=settled)
    )
    return found["planned"], found["sent"]


def _end(started: datetime, planned: int, sent: int) -> datetime | None:
    """From the pace so far; too early to tell before 20 changes."""
    if sent < 20 or sent >= planned:
        return None
    now = timezone.now()
    return now + (now - started) / sent * (planned - sent) if now > started else now + timedelta(minutes=1)
