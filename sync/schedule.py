"""When a module is due: intervals, stretched where the day's quota would not last; what start and end of a run move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Least
from django.utils import timezone

from accounts.models import Installation, Member
from sync import allowance
from sync.allowance import Allowance
from sync.models import Module, ModuleSetting, Run, Side
from sync.shape import Shape

REQUEUE_AFTER = timedelta(minutes=5)
_DONE = ("created", "updated", "deleted", "inactivated", "activated", "moved")
_SHARE = 0.8  # of a day's quota may go to the sync; the rest is for people
_RUNS_LOOKED_AT = 5
_WHO_ASKS = ("person", "api", "notification")  # triggers that are told rather than the schedule, in this order
_IDLE = {"bigin": 6.0, "books": 2.0}  # calls: three lists and three deleted lists; two lists


def due(now: datetime) -> list[ModuleSetting]:
    """Settings whose time has come, and those of which a run was asked for while another was going on, once that ended
    in whatever way. Each is claimed by compare-and-set on `queued_at`, so that two beats queue one run."""
    rows = ModuleSetting.objects.filter(
        Q(queued_at=None) | Q(queued_at__lt=now - REQUEUE_AFTER),
        Q(next_run_at__lte=now) | Q(requested_at__isnull=False),
        started_at__isnull=False,
        paused_at=None,
        installation__state=Installation.State.ACTIVE,
    ).select_related("installation")
    return [setting for setting in rows.order_by("next_run_at") if _may_start(setting, now) and claim(setting, now)]


def _may_start(setting: ModuleSetting, now: datetime) -> bool:
    return (setting.next_run_at is not None and setting.next_run_at <= now) or not _goes_on(setting.installation, now)


def _goes_on(installation: Installation, now: datetime) -> bool:
    """A run lives, or its next slice is on its way: what was asked for meanwhile follows."""
    newest = installation.runs.order_by("-started_at").first()
    if newest is None:
        return False
    if newest.state == Run.State.RUNNING:
        return newest.heartbeat_at >= now - timedelta(seconds=settings.SYNC_ABANDONED_SECONDS)
    return newest.state == Run.State.PARTIAL and (newest.finished_at or now) > now - REQUEUE_AFTER


def claim(setting: ModuleSetting, now: datetime) -> bool:
    moved = ModuleSetting.objects.filter(pk=setting.pk, queued_at=setting.queued_at).update(queued_at=now)
    return bool(moved)


def moved_by(shape: Shape, kind: str) -> list[str]:
    """Modules whose schedule a run of this kind serves: the previews of a read-only module are its runs."""
    if kind == Run.Kind.SYNC:
        return list(shape.modules)
    chosen = [shape.settings[module] for module in shape.modules]
    return [setting.module for setting in chosen if setting.read_only and setting.started_at is not None]


def ask(rows: QuerySet[ModuleSetting], trigger: str) -> None:
    """A run is to follow; where one was asked for already, it stays of whoever asked."""
    rows.filter(requested_at=None).update(requested_at=timezone.now(), requested_as=trigger)


def ask_now(installation: Installation, modules: Iterable[str], who: str | Member, trigger: str = "person") -> None:
    """What a person answered or chose is done by the next run, which comes now, where the module was started. It is
    theirs, unless another person asked for it before."""
    rows = ModuleSetting.objects.filter(
        installation=installation, module__in=list(modules), started_at__isnull=False, paused_at=None
    )
    now = timezone.now()
    rows.exclude(requested_at__isnull=False, requested_as="person").update(
        requested_at=now, requested_as=trigger, requested_by=str(who)[:200]
    )
    rows.update(next_run_at=now, queued_at=None)


def asked_as(settings: Sequence[ModuleSetting]) -> str:
    """Trigger of the run that serves these."""
    asked = {setting.requested_as for setting in settings if setting.requested_at}
    return next((trigger for trigger in _WHO_ASKS if trigger in asked), "schedule")


def started(installation: Installation, modules: Sequence[str]) -> None:
    """The lock is taken: the next run is an interval away. In the transaction that inserts the run."""
    now = timezone.now()
    spending = spent(installation, now)
    for setting in ModuleSetting.objects.filter(installation=installation, module__in=list(modules)):
        next_run_at = now + _stretched(setting, spending, now).length if setting.started_at else None
        ModuleSetting.objects.filter(pk=setting.pk).update(next_run_at=next_run_at, queued_at=None, requested_at=None)


def asked_by(run: Run, modules: Sequence[str], series: UUID | None) -> str:
    """Who asked for the run that starts and serves these, where a person did; a later slice is of whom the first was.
    Taken over, so that no later run names them. In the transaction that inserted the run: who waits for that holds no
    setting."""
    rows = ModuleSetting.objects.filter(installation=run.installation_id, module__in=modules).exclude(requested_by="")
    who = rows.order_by("pk").values_list("requested_by", flat=True).first() or ""
    if who:
        rows.update(requested_by="")
    slices = Run.objects.filter(installation=run.installation_id, series=run.series, pk__lt=run.pk) if series else None
    first = slices.order_by("pk").first() if slices is not None else None
    if first is not None:
        return str(first.started_by)
    return who if run.trigger == "person" else ""


def finished(installation: Installation, modules: Sequence[str]) -> None:
    """A run read everything."""
    rows = ModuleSetting.objects.filter(installation=installation, module__in=list(modules))
    rows.update(last_sync_at=timezone.now())


def pushed(installation: Installation, modules: Sequence[str], counts: Mapping[tuple[str, str, str], int]) -> None:
    """Last push per direction, of a slice too and of a run that failed after it had written."""
    for side, column in ((Side.BOOKS, "pushed_to_books_at"), (Side.BIGIN, "pushed_to_bigin_at")):
        written = [name for name in modules if any(counts.get((name, side, outcome)) for outcome in _DONE)]
        if written:
            rows = ModuleSetting.objects.filter(installation=installation, module__in=written)
            rows.update(**{column: timezone.now()})


def no_later(installation: Installation, modules: Sequence[str], moment: datetime) -> None:
    """The next run comes by then: something is to be looked at again."""
    ModuleSetting.objects.filter(
        installation=installation, module__in=list(modules), started_at__isnull=False, next_run_at__isnull=False
    ).update(next_run_at=Least(F("next_run_at"), moment))


def not_before(installation: Installation, modules: Sequence[str], moment: datetime) -> None:
    """Zoho takes no calls until then: what was asked for meanwhile comes then too."""
    ModuleSetting.objects.filter(installation=installation, module__in=list(modules), started_at__isnull=False).update(
        next_run_at=moment, queued_at=None, requested_at=None
    )


@dataclass(frozen=True)
class Pace:
    """How long it is from one run to the next; `short` is the product whose calls make that longer than was chosen."""

    length: timedelta
    short: str = ""


def interval(setting: ModuleSetting, now: datetime) -> timedelta:
    return pace(setting, now).length


def pace(setting: ModuleSetting, now: datetime) -> Pace:
    """The chosen interval, or longer where the calls left today would not last until the quota resets."""
    return _stretched(setting, spent(setting.installation, now), now)


def spent(installation: Installation, now: datetime) -> dict[str, tuple[float, Allowance]]:
    """Per product what a run costs and what the day leaves, where both are known."""
    cost = {product: calls for product, calls in typical_cost(installation).items() if calls}
    left = {product: allowance.today(installation, product, now) for product in cost}
    return {product: (cost[product], quota) for product, quota in left.items() if quota is not None}


def _stretched(setting: ModuleSetting, spending: Mapping[str, tuple[float, Allowance]], now: datetime) -> Pace:
    chosen = timedelta(minutes=setting.interval_minutes)
    longest = Pace(chosen)
    for product, (calls, quota) in spending.items():
        ends = quota.resets_at if quota.resets_at and quota.resets_at > now else now + timedelta(hours=12)
        spare = quota.remaining - quota.limit * (1 - _SHARE)
        runs = max(spare / calls, 0.0)
        wanted = (ends - now) / runs if runs >= 1 else ends - now
        if wanted > longest.length:
            longest = Pace(wanted, product)
    return Pace(min(longest.length, max(chosen, timedelta(hours=24))), longest.short)


def typical_cost(installation: Installation) -> dict[str, float]:
    """Calls of one run of late, per product. What the first run of a module takes says nothing of the next one's: until
    there are others, it counts as one in which nobody wrote."""
    rows = Run.objects.filter(installation=installation, kind=Run.Kind.SYNC, state=Run.State.DONE)
    first = _first(rows)
    later = rows.exclude(pk__in=first).order_by("-started_at")
    calls = list(later.values_list("calls", flat=True)[:_RUNS_LOOKED_AT])
    if first and not calls:
        return {"bigin": _IDLE["bigin"], installation.product: _IDLE["books"]}
    products = {product for one in calls for product in one}
    return {product: sum(int(one.get(product, 0)) for one in calls) / len(calls) for product in products}


def _first(rows: QuerySet[Run]) -> set[int]:
    """The runs that brought each module into step; one without modules was of all."""
    of = {module: Q(modules=[]) | Q(modules__contains=[module]) for module in Module.values}
    found = rows.aggregate(**{module: Min("pk", filter=which) for module, which in of.items()})
    return {pk for pk in found.values() if pk is not None}
