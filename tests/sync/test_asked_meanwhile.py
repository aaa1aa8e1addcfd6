"""Sync Now pressed while a run is going on: another run follows, however that one ends, and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from sync import engine, notifications, preview, schedule, services, tasks
from sync.models import Issue, Module, ModuleSetting, Run
from sync.work import OutOfTime, Work
from tests.sync.world import World
from zoho.errors import RetryLater

SOON = timedelta(seconds=1)
Asked = tuple[list[str], str]  # modules and trigger


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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What beat queues."""
    found: list[Asked] = []
    monkeypatch.setattr(tasks.run_sync, "delay", lambda _id, modules, trigger: found.append((modules, trigger)))
    return found


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


def test_an_event_of_bigin_is_not_taken_for_a_person(far: World, asked: list[Asked]) -> None:
    notifications._make_due(far.installation, "Accounts")
    tasks.dispatch_due()
    forget(far)
    press(far, "customers")
    notifications._make_due(far.installation, "Accounts")
    ModuleSetting.objects.update(queued_at=None)  # as when the queue lost the message
    tasks.dispatch_due()
    assert asked == [(["customers"], "notification"), *[(["customers"], "person")] * 2]


def test_the_run_that_follows_an_answer_is_of_the_person_who_gave_it(far: World, asked: list[Asked]) -> None:
    """Whoever answers next is served by the same run; what the API or Bigin asks for is no person's."""
    place = {"installation": far.installation, "module": "customers", "kind": Issue.Kind.SKIPPED}
    issue = Issue.objects.create(code="picklist", reason="Its list lacks it.", **place)
    services.retry(issue, "API", "api")
    tasks.dispatch_due()
    notifications._make_due(far.installation, "Accounts")
    for who in ("Ada", "Grace"):
        services.retry(issue, who)
    tasks.dispatch_due()
    assert asked == [(["customers"], "api"), (["customers"], "person")]
    ended = [engine.run(far.installation, ["customers"], by) for by in ("person", "schedule", "person")]
    assert [one.run.started_by for one in ended if one] == ["Ada", "", ""]
    services.pause(far.customers, "Ada")
    services.resume(far.customers, "Grace")
    again = engine.run(far.installation, ["customers"], "person")
    assert again is not None
    assert again.run.started_by == "Grace"


def test_a_run_that_comes_again_is_of_whom_it_was(far: World, asked: list[Asked]) -> None:
    busy = Run.objects.create(installation=far.installation, trigger="command")
    for module, trigger in (("customers", "schedule"), ("products", "api")):
        assert tasks.run_sync(str(far.installation.pk), [module], trigger) == "busy"
        Run.objects.filter(pk=busy.pk).update(state=Run.State.DONE)
        tasks.dispatch_due()
        Run.objects.filter(pk=busy.pk).update(state=Run.State.RUNNING)
    assert asked == [(["customers"], "schedule"), (["products"], "api")]


def test_a_run_names_whoever_asked_for_it_and_nobody_else(
    far: World, asked: list[Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada's Sync Now is served by the next slice of a run of nobody; Grace's preview in between is hers."""
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.run_preview, "apply_async", lambda args, countdown: sent.append(args))
    monkeypatch.setattr(tasks.run_preview, "delay", lambda *args: sent.append(args))
    cut = engine.run(far.installation, slice_seconds=0.0)
    assert cut is not None
    services.preview(far.installation, ["customers"], "Grace")
    press(far)
    assert tasks.run_preview(*sent.pop()) == Run.State.DONE
    assert Run.objects.latest("pk").started_by == "Grace"
    engine.run(far.installation, series=cut.run.series)
    again = engine.run(far.installation, trigger="person")
    assert again is not None
    assert again.run.started_by == ""


def test_a_beat_queues_what_was_asked_for(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    services.set_read_only(far.products, True, "Ada")
    queued: list[tuple[str, list[str], str]] = []
    monkeypatch.setattr(tasks.run_sync, "delay", lambda _id, modules, by: queued.append(("sync", modules, by)))
    monkeypatch.setattr(tasks.run_preview, "delay", lambda _id, modules, by: queued.append(("preview", modules, by)))
    meanwhile(monkeypatch, lambda: (press(far), None)[1])
    preview.run(far.installation, ["customers"], "person")
    tasks.dispatch_due()
    assert queued == [("sync", ["customers"], "person"), ("preview", ["products"], "person")]
