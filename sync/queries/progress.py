"""How far the newest series of runs has come, in numbers a person can follow."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync.models import Feed, LinkKind, Run, Write

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
    waiting: bool = False  # a run was asked for and no worker has begun it yet

    @property
    def is_old_preview(self) -> bool:
        """Finished and shown elsewhere, with its counts."""
        return self.run is not None and self.run.kind == Run.Kind.PREVIEW and self.run.state == Run.State.DONE

    @property
    def stage(self) -> str:
        return words_of(self.run.stage) if self.run else ""

    @property
    def shown(self) -> str:
        """Names what a page shows, so that the poll can tell it when there is more to draw than these numbers."""
        return f"{self.run.series}-{'running' if self.running else 'ended'}" if self.run else ""


_STAGES = {"Reading": _("Reading %(what)s"), "Matching": _("Comparing %(what)s"), "Sending": _("Writing %(what)s")}
_STAGES["Proposing"] = _STAGES["Matching"]
_OBJECTS = {
    Feed.BIGIN_COMPANIES: _("companies in Bigin"),
    Feed.BIGIN_CONTACTS: _("contacts in Bigin"),
    Feed.BIGIN_PRODUCTS: _("products in Bigin"),
    Feed.BOOKS_CUSTOMERS: _("customers in Books"),
    Feed.BOOKS_ITEMS: _("items in Books"),
    LinkKind.COMPANY_CUSTOMER: _("companies"),
    LinkKind.CONTACT_CUSTOMER: _("contacts"),
    LinkKind.CONTACT_PERSON: _("contact persons"),
    LinkKind.PRODUCT_ITEM: _("products"),
    "details": _("the details of what changed"),
    "documents": _("the newest documents"),
}


def words_of(stage: str) -> str:
    """The engine's note of what it is doing, as a person reads it."""
    verb, _space, what = stage.partition(" ")
    if verb in _STAGES and what in _OBJECTS:
        return str(_STAGES[verb]) % {"what": _OBJECTS[what]}
    return stage


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
    waiting = installation.modules.filter(queued_at__isnull=False, started_at__isnull=False).exists()
    return Progress(
        newest,
        running,
        dict(counts),
        planned,
        sent,
        dict(calls),
        started,
        _end(started, planned, sent) if running else None,
        waiting,
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
