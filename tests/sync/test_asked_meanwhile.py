"""Sync Now pressed while a run is going on: another run follows, however that one ends, and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from sync import engine, preview, schedule, services, tasks
from sync.models import Module, ModuleSetting, Run
from sync.work import OutOfTime, Work
from tests.sync.world import World
from zoho.errors import RetryLater

SOON = timedelta(seconds=1)


@pytest.fixture
def far(world: World) -> World:
    """Nothing is due for hours, nothing is queued, nothing was asked for."""
    forget(world)
    return world


def forget(world: World) -> None:
    later = timezone.now() + timedelta(hours=6)
    ModuleSetting.objects.filter(installation=world.installation).update(
        next_run_at=later, queued_at=None, requested_at=None, interval_minutes=720
    )


def press(world: World, *modules: str) -> str:
    return str(services.request_sync(world.installation, modules or list(Module.values), "person", "Ada"))


def due() -> list[str]:
    return sorted(setting.module for setting in schedule.due(timezone.now() + SOON))


def meanwhile(patch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """`do` happens while the next run reads."""
    real = engine.read

    def read(work: Work) -> None:
        patch.setattr(engine, "read", real)
        do()
        real(work)

    patch.setattr(engine, "read", read)


def test_sync_now_during_a_preview_is_followed_by_a_run(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str] = []
    meanwhile(monkeypatch, lambda: answers.append(press(far)))
    ended = preview.run(far.installation, None, "person")
    assert ended is not None
    assert (ended.run.state, answers) == (Run.State.DONE, ["running"])
    assert due() == ["customers", "products"]


def test_sync_now_during_a_run_of_the_other_module_is_followed(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: (press(far, "customers"), None)[1])
    ended = engine.run(far.installation, ["products"])
    assert ended is not None
    assert ended.run.state == Run.State.DONE
    assert due() == ["customers"]


def test_sync_now_during_a_run_that_fails_is_followed_once(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        assert press(far) == "running"
        raise RetryLater("Zoho is not there.", product="books")

    meanwhile(monkeypatch, fail)
    ended = engine.run(far.installation)
    assert ended is not None
    assert ended.run.state == Run.State.FAILED
    assert due() == ["customers", "products"]
    again = engine.run(far.installation)
    assert again is not None
    ModuleSetting.objects.update(queued_at=None)
    assert due() == []


def test_sync_now_during_a_run_whose_worker_dies_is_followed(far: World) -> None:
    started = Run.objects.create(installation=far.installation, trigger="schedule")
    assert press(far) == "running"
    assert due() == []
    limit = timedelta(seconds=settings.SYNC_ABANDONED_SECONDS + 1)
    Run.objects.filter(pk=started.pk).update(heartbeat_at=timezone.now() - limit)
    assert due() == ["customers", "products"]


def test_sync_now_between_two_slices_waits_for_the_next_one(far: World) -> None:
    ended = engine.run(far.installation, slice_seconds=0.0)
    assert ended is not None
    assert ended.run.state == Run.State.PARTIAL
    forget(far)
    ModuleSetting.objects.update(requested_at=timezone.now())
    assert due() == []
    engine.run(far.installation, series=ended.run.series)
    assert (due(), ModuleSetting.objects.filter(requested_at=None).count()) == ([], 2)


def test_a_slice_whose_message_is_lost_does_not_hold_the_request_for_ever(far: World) -> None:
    ended = engine.run(far.installation, slice_seconds=0.0)
    assert ended is not None
    forget(far)
    ModuleSetting.objects.update(requested_at=timezone.now())
    Run.objects.update(finished_at=timezone.now() - schedule.REQUEUE_AFTER - SOON)
    assert due() == ["customers", "products"]


def test_sync_now_during_a_run_that_meets_the_end_of_the_quota_waits_for_the_quota(
    far: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        press(far)
        raise OutOfTime("The day's quota is used up.", 3600.0, "books", daily=True)

    meanwhile(monkeypatch, fail)
    ended = engine.run(far.installation)
    assert ended is not None
    assert ended.run.state == Run.State.FAILED
    assert due() == []
    assert len(schedule.due(timezone.now() + timedelta(minutes=61))) == 2


def test_a_beat_queues_what_was_asked_for(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    services.set_read_only(far.products, True, "Ada")
    queued: list[tuple[str, list[str], str]] = []
    monkeypatch.setattr(tasks.run_sync, "delay", lambda _id, modules, by: queued.append(("sync", modules, by)))
    monkeypatch.setattr(tasks.run_preview, "delay", lambda _id, modules, by: queued.append(("preview", modules, by)))
    meanwhile(monkeypatch, lambda: (press(far), None)[1])
    preview.run(far.installation, ["customers"], "person")
    tasks.dispatch_due()
    assert queued == [("sync", ["customers"], "person"), ("preview", ["products"], "person")]
