"""What the screens, the API and invoices may ask of the sync: one place to import from, plain functions.

Starting, pausing and asking for runs live here; the larger subjects in the modules imported below.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import schedule, tasks
from sync import undo_run as undo_runs
from sync.actions import RecordState, StateOf, record_state
from sync.beside import CannotAdd
from sync.beside import ask as add_beside
from sync.configure import ConfigureInput, MappingErrors, VersionConflict, save_settings
from sync.decisions import (
    NeedsAnswer,
    create_anyway,
    dismiss,
    go_on_with_primary,
    link_candidate,
    link_only_candidate,
    resolve_clash,
    retry,
    retry_all,
)
from sync.hands import link, unlink
from sync.held import approve_held, refuse_held
from sync.models import Module, ModuleSetting, Run
from sync.pairs_file import ImportResult, import_pairs
from sync.pairs_lines import pairs_csv
from sync.undo import UndoResult, undo_write

__all__ = [
    "CannotAdd",
    "ConfigureInput",
    "ImportResult",
    "MappingErrors",
    "Module",
    "ModuleSetting",
    "NeedsAnswer",
    "RecordState",
    "RequestResult",
    "StateOf",
    "UndoResult",
    "VersionConflict",
    "add_beside",
    "approve_held",
    "create_anyway",
    "dismiss",
    "go_on_with_primary",
    "import_pairs",
    "link",
    "link_candidate",
    "link_only_candidate",
    "pairs_csv",
    "pause",
    "preview",
    "record_state",
    "refuse_held",
    "request_sync",
    "resolve_clash",
    "resume",
    "retry",
    "retry_all",
    "save_settings",
    "set_read_only",
    "settings_of",
    "start_sync",
    "sync_record",
    "undo_run",
    "undo_write",
    "unlink",
]


class RequestResult(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    NOT_STARTED = "not_started"
    PAUSED = "paused"


def settings_of(installation: Installation) -> dict[str, ModuleSetting]:
    """Of both modules; made with defaults where there is none yet."""
    found = {row.module: row for row in ModuleSetting.objects.filter(installation=installation)}
    for module in Module.values:
        if module not in found:
            found[module] = ModuleSetting.objects.get_or_create(installation=installation, module=module)[0]
    return {module: found[module] for module in Module.values}


def start_sync(setting: ModuleSetting, who: str | Member) -> None:
    """Rules 1.1: nothing is written before this was pressed, once per module. A second press changes nothing."""
    now = timezone.now()
    with transaction.atomic():
        moved = ModuleSetting.objects.filter(pk=setting.pk, started_at=None).update(
            started_at=now,
            started_by=str(who)[:200],
            requested_by=str(who)[:200],
            next_run_at=now,
            paused_at=None,
            queued_at=now,
        )
        if not moved:
            return
        audit.note(setting.installation, who, f"Started the sync of {setting.get_module_display()}")
        is_reading = ModuleSetting.objects.filter(pk=setting.pk, read_only=True).exists()
        (_queue_preview if is_reading else _queue)(setting.installation, [setting.module], "person")
    setting.refresh_from_db()


def request_sync(installation: Installation, modules: Sequence[str], trigger: str, who: str | Member) -> RequestResult:
    """Sync Now. During a run it is remembered, and another run follows."""
    rows = [row for row in settings_of(installation).values() if not modules or row.module in modules]
    started = [row for row in rows if row.started_at is not None]
    if not started:
        return RequestResult.NOT_STARTED
    active = [row for row in started if row.paused_at is None]
    if not active or installation.state != Installation.State.ACTIVE:
        return RequestResult.PAUSED
    now = timezone.now()
    ids, by = [row.pk for row in active], str(who)[:200]
    with transaction.atomic():
        if Run.objects.filter(installation=installation, state=Run.State.RUNNING).exists():
            ModuleSetting.objects.filter(pk__in=ids).update(requested_at=now, requested_as=trigger, requested_by=by)
            return RequestResult.RUNNING
        asked = ModuleSetting.objects.filter(pk__in=ids)
        asked.update(next_run_at=now, queued_at=now, requested_at=now, requested_as=trigger, requested_by=by)
        audit.note(installation, who, "Pressed Sync Now")
        _queue(installation, [row.module for row in active if not row.read_only], trigger)
        _queue_preview(installation, [row.module for row in active if row.read_only], trigger)
    return RequestResult.QUEUED


def _queue(installation: Installation, modules: list[str], trigger: str) -> None:
    if modules:
        transaction.on_commit(lambda: tasks.run_sync.delay(str(installation.pk), modules, trigger))


def _queue_preview(installation: Installation, modules: list[str], trigger: str) -> None:
    if modules:
        transaction.on_commit(lambda: tasks.run_preview.delay(str(installation.pk), modules, trigger))


def preview(installation: Installation, modules: Sequence[str], who: str | Member) -> None:
    """Queues a dry run: reads both sides and proposes; writes nothing anywhere."""
    settings_of(installation)
    audit.note(installation, who, "Asked for a preview")
    if modules:
        asked = (str(installation.pk), list(modules), "person", None, None, str(who)[:200])
        transaction.on_commit(lambda: tasks.run_preview.delay(*asked))


def pause(setting: ModuleSetting, who: str | Member) -> None:
    """No run starts until resume; pairs, mirror and settings stay."""
    if ModuleSetting.objects.filter(pk=setting.pk, paused_at=None).update(paused_at=timezone.now(), queued_at=None):
        audit.note(setting.installation, who, f"Paused {setting.get_module_display()}")


def resume(setting: ModuleSetting, who: str | Member) -> None:
    if ModuleSetting.objects.filter(pk=setting.pk, paused_at__isnull=False).update(paused_at=None):
        schedule.ask_now(setting.installation, [setting.module], who)
        audit.note(setting.installation, who, f"Resumed {setting.get_module_display()}")


def set_read_only(setting: ModuleSetting, on: bool, who: str | Member) -> None:
    """Preview for ever: runs show what they would do and write nothing. What was never written begins when they may:
    it is compared with the newest preview until then (rules 1.1)."""
    if ModuleSetting.objects.filter(pk=setting.pk).exclude(read_only=on).update(read_only=on):
        words = "Made read-only" if on else "Allowed writing again"
        audit.note(setting.installation, who, f"{words}: {setting.get_module_display()}")
        if not on:
            begun = ModuleSetting.objects.filter(pk=setting.pk, started_at__isnull=False, last_sync_at=None)
            begun.update(started_at=timezone.now())


def sync_record(installation: Installation, module: str, record_id: str, who: str | Member) -> None:
    """Sync this record now; `module` is Bigin's API name. Enqueued on queue interactive."""
    audit.note(installation, who, f"Asked to sync the record {module} {record_id}")
    transaction.on_commit(lambda: tasks.run_record.delay(str(installation.pk), module, record_id))


def undo_run(run: Run, who: str | Member) -> UndoResult:
    """Takes back what the run wrote, in all its slices; what is too much for a request is prepared on queue
    interactive. Asked twice it is one undo."""
    undoing = undo_runs.ask(run, who)
    if undoing is None:
        return UndoResult()
    if undoing.total > undo_runs.IN_REQUEST:
        transaction.on_commit(lambda: tasks.take_back.delay(undoing.pk))
    else:
        while undo_runs.go_on(undoing.pk):
            pass
    return undo_runs.result_of(undoing)
