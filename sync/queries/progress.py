"""How far the newest series of runs has come, in numbers a person can follow."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync import allowance
from sync.models import Feed, LinkKind, Run, Side, Write
from sync.queries.overview import KINDS_OF_MODULE

BIGIN_BATCH = 100  # records of one write, which is read back with a second call
SOONEST = 20
# Outcomes that are a change of a record.
WRITTEN = ("created", "updated", "deleted", "inactivated", "activated", "moved")


@dataclass(frozen=True)
class Progress:
    """`sent` of `planned` changes have an outcome; `ends_at` is a guess from the pace so far and what a day takes, also
    while the series waits for its next slice or for the next day's calls."""

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
    sent = _sent(slices)
    left = _left(installation, newest)
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
        sent + left.writes,
        sent,
        dict(calls),
        started,
        _end(installation, newest, started, sent, left),
        waiting,
    )


def totals(counts: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    """Run.counts (module -> side -> outcome -> number) summed by outcome."""
    summed: Counter[str] = Counter()
    for sides in counts.values():
        for outcomes in sides.values():
            summed.update(outcomes)
    return dict(summed)


@dataclass(frozen=True)
class Left:
    """What the series has still to send, and the calls that takes."""

    writes: int = 0
    bigin_calls: int = 0
    books_calls: int = 0


def _sent(slices: list[Run]) -> int:
    settled = (Write.State.DONE, Write.State.REJECTED)
    return Write.objects.filter(run__in=slices, state__in=settled).count()


def _left(installation: Installation, run: Run) -> Left:
    """An open write keeps the run that planned it until another takes it: all of the modules' are counted, but what
    waits for its hour or for a person."""
    if run.kind != Run.Kind.SYNC:
        return Left()
    wanted = run.modules or list(KINDS_OF_MODULE)
    kinds = [kind for module in wanted if module in KINDS_OF_MODULE for kind in KINDS_OF_MODULE[module]]
    found = Write.objects.filter(
        Q(not_before=None) | Q(not_before__lte=timezone.now()),
        installation=installation,
        state__in=(Write.State.PENDING, Write.State.SENDING, Write.State.UNKNOWN),
        link__kind__in=kinds,
    ).aggregate(
        writes=Count("pk"),
        bigin=Count("pk", filter=Q(side=Side.BIGIN)),
        books=Count("pk", filter=Q(side=Side.BOOKS, carried_by=None)),
    )
    return Left(found["writes"], 2 * -(-found["bigin"] // BIGIN_BATCH), found["books"])


def _end(installation: Installation, run: Run, started: datetime, sent: int, left: Left) -> datetime | None:
    """Too early to tell before 20 changes; never where nothing goes on by itself."""
    now = timezone.now()
    until = now if run.state == Run.State.RUNNING else run.finished_at
    resumes = _resumes(installation, run, now)
    if sent < SOONEST or not left.writes or until is None or resumes is None:
        return None
    length = max(until - started, timedelta(seconds=1)) / sent * left.writes
    calls = (("bigin", left.bigin_calls), (installation.product, left.books_calls))
    return max(allowance.through_at(installation, product, number, length, resumes) for product, number in calls)


def _resumes(installation: Installation, run: Run, now: datetime) -> datetime | None:
    """When this series, or the run that takes up what it left, is at work."""
    if run.state == Run.State.RUNNING:
        return now
    unfinished = (Run.State.PARTIAL, Run.State.FAILED, Run.State.ABANDONED)
    if run.state not in unfinished or installation.state != Installation.State.ACTIVE:
        return None
    rows = installation.modules.filter(
        module__in=run.modules, started_at__isnull=False, paused_at=None, read_only=False, next_run_at__isnull=False
    )
    soonest = rows.order_by("next_run_at").values_list("next_run_at", flat=True).first()
    if soonest is None:
        return None
    return now if run.state == Run.State.PARTIAL else max(now, soonest)
