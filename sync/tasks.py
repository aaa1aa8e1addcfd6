"""Celery's doors into the sync: each loads by id and calls one function; safe to run twice, and beside itself."""

from __future__ import annotations

import uuid
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from accounts.models import Installation
from sync import actions, alerts, engine, notifications, preview, retention, schedule, undo_run
from sync.models import Module, ModuleSetting, Run
from zoho.errors import ZohoError

BUSY_SECONDS = 20.0  # until a preview that found another run going on comes again


@shared_task
def dispatch_due() -> int:
    """Every 30 seconds: queues what is due, one message per installation and beat."""
    due: dict[str, list[ModuleSetting]] = {}
    for setting in schedule.due(timezone.now()):
        due.setdefault(str(setting.installation_id), []).append(setting)
    for undoing in undo_run.stalled(timezone.now()):
        take_back.delay(undoing)
    for installation_id, settings in due.items():
        writing = [setting.module for setting in settings if not setting.read_only]
        reading = [setting.module for setting in settings if setting.read_only]
        trigger = schedule.asked_as(settings)
        if writing:
            run_sync.delay(installation_id, writing, trigger)
        if reading:
            run_preview.delay(installation_id, reading, trigger)
    return len(due)


@shared_task
def run_sync(installation_id: str, modules: list[str], trigger: str, series: str | None = None) -> str:
    """One slice; queues the next one while its series goes on."""
    installation = Installation.objects.filter(pk=installation_id, state=Installation.State.ACTIVE).first()
    if installation is None:
        return "inactive"
    writing = [row.module for row in engine.started_settings(installation, modules) if not row.read_only]
    if not writing:
        return "nothing started"
    ended = engine.run(installation, writing, trigger, series=uuid.UUID(series) if series else None)
    if ended is None:
        _come_again(installation, writing, trigger)
        return "busy"
    if ended.run.state == Run.State.PARTIAL:
        run_sync.apply_async(
            (installation_id, modules, trigger, str(ended.run.series)), countdown=ended.again_in or 1.0
        )
    return str(ended.run.state)


def _come_again(installation: Installation, modules: list[str], trigger: str) -> None:
    """Another run is going on: these modules become due as soon as it is done."""
    rows = ModuleSetting.objects.filter(installation=installation, module__in=modules)
    schedule.ask(rows, trigger)
    rows.update(queued_at=None)


@shared_task
def run_preview(
    installation_id: str,
    modules: list[str],
    trigger: str,
    series: str | None = None,
    asked: str | None = None,
    who: str = "",
) -> str:
    """Reads both sides and proposes; writes nothing anywhere. One slice; queues the next one while its series goes on.

    `asked` is when a preview that found another run going on was asked for: it comes again until it, or a later one,
    is done. `who` asked for it, where it is not the schedule's.
    """
    installation = Installation.objects.filter(pk=installation_id).first()
    chosen = [module for module in modules if module in Module.values]
    if installation is None:
        return "gone"
    if asked and _previewed_since(installation, chosen, datetime.fromisoformat(asked)):
        return "done meanwhile"
    ended = preview.run(installation, chosen, trigger, series=uuid.UUID(series) if series else None, who=who)
    if ended is None:
        since = asked or timezone.now().isoformat()
        run_preview.apply_async((installation_id, chosen, trigger, series, since, who), countdown=BUSY_SECONDS)
        return "busy"
    if ended.run.state == Run.State.PARTIAL:
        goes_on = (installation_id, chosen, trigger, str(ended.run.series), asked, who)
        run_preview.apply_async(goes_on, countdown=ended.again_in or 1.0)
    return str(ended.run.state)


def _previewed_since(installation: Installation, modules: list[str], moment: datetime) -> bool:
    rows = Run.objects.filter(installation=installation, kind=Run.Kind.PREVIEW, state=Run.State.DONE)
    return rows.filter(started_at__gte=moment, modules__contains=modules).exists()


@shared_task
def run_record(installation_id: str, module: str, record_id: str) -> str:
    """Sync this record now, for a person who waits: a handful of calls, on queue interactive."""
    installation = Installation.objects.filter(pk=installation_id, state=Installation.State.ACTIVE).first()
    if installation is None:
        return "inactive"
    try:
        return actions.sync_record(installation, module, record_id)
    except ZohoError as error:
        return f"failed: {error.message}"


@shared_task
def take_back(undoing: int) -> bool:
    """One chunk of the undo of a run; queues the next one while there is more. On queue interactive: a person waits."""
    more = undo_run.go_on(undoing)
    if more:
        take_back.delay(undoing)
    return more


@shared_task
def housekeeping() -> None:
    """Hourly: channels renewed, silence told, what is past its time removed."""
    now = timezone.now()
    alerts.silent(now)
    retention.purge(now)
    for pk in notifications.without_channel(now).values_list("pk", flat=True):
        open_channel.delay(str(pk))


@shared_task
def tell_again() -> int:
    """Every 5 minutes: alerts that no mail server took yet."""
    return alerts.again(timezone.now())


@shared_task
def open_channel(installation_id: str) -> bool:
    """A task for each installation: the trouble of one is not the others'."""
    now = timezone.now()
    installation = notifications.without_channel(now).filter(pk=installation_id).first()
    return installation is not None and notifications.open_channel(installation, now)
