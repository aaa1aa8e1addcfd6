"""Beat's task: what is due is queued once, a real worker does it, and what the queue lost is queued again."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import tasks
from sync.models import ModuleSetting, Run, Write
from sync.schedule import REQUEUE_AFTER
from tests.infra.conftest import wait_until
from tests.sync.crashes import settle_down
from tests.sync.remotes import Remotes
from tests.sync.test_first_sync import GOLDEN, ordered
from tests.sync.workers import empty_queue, in_hand, waiting, worker


@pytest.fixture
def due(installation: Installation) -> Installation:
    """Both modules, a minute ago; nothing is queued yet."""
    empty_queue()
    ModuleSetting.objects.update(next_run_at=timezone.now() - timedelta(minutes=1), queued_at=None, requested_at=None)
    return installation


def done() -> bool:
    return Run.objects.filter(state=Run.State.DONE).exists() and (waiting(), in_hand()) == (0, 0)


def assert_next_time_is_an_interval_away() -> None:
    for setting in ModuleSetting.objects.all():
        assert (setting.queued_at, setting.requested_at) == (None, None)
        assert setting.next_run_at is not None
        assert setting.next_run_at > timezone.now() + timedelta(minutes=setting.interval_minutes - 5)


def test_what_is_due_is_queued_once_and_done_by_a_worker(due: Installation, sandbox: Sandbox, remotes: Remotes) -> None:
    """The task itself comes out of the queue too, as it does from beat."""
    tasks.dispatch_due.delay()
    tasks.dispatch_due.delay()
    with worker(sandbox):
        assert wait_until(done, seconds=240)
    run = Run.objects.get()
    assert (run.kind, run.state, run.trigger) == (Run.Kind.SYNC, Run.State.DONE, "schedule")
    assert_next_time_is_an_interval_away()
    assert tasks.dispatch_due() == 0
    assert waiting() == 0
    settle_down(due)
    assert ordered(remotes.snapshot()) == ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))


def test_a_read_only_module_that_is_due_is_previewed_and_nothing_is_written(
    due: Installation, sandbox: Sandbox, remotes: Remotes
) -> None:
    ModuleSetting.objects.update(read_only=True)
    stood = ordered(remotes.snapshot())
    assert tasks.dispatch_due() == 1
    with worker(sandbox):
        assert wait_until(done, seconds=240)
    run = Run.objects.get()
    assert (run.kind, run.state, run.trigger) == (Run.Kind.PREVIEW, Run.State.DONE, "schedule")
    assert run.proposals.exists()
    assert not Write.objects.exists()
    assert ordered(remotes.snapshot()) == stood
    assert_next_time_is_an_interval_away()


def test_a_message_that_redis_lost_is_queued_again_after_five_minutes(due: Installation) -> None:
    assert tasks.dispatch_due() == 1
    assert waiting() == 1
    empty_queue()
    assert tasks.dispatch_due() == 0
    ModuleSetting.objects.update(queued_at=timezone.now() - REQUEUE_AFTER + timedelta(minutes=1))
    assert (tasks.dispatch_due(), waiting()) == (0, 0)
    ModuleSetting.objects.update(queued_at=timezone.now() - REQUEUE_AFTER)
    assert (tasks.dispatch_due(), waiting()) == (1, 1)
    assert (tasks.dispatch_due(), waiting()) == (0, 1)


@pytest.mark.parametrize(
    ("module", "installed"),
    [
        ({"paused_at": "2020-01-01T00:00:00Z"}, {}),
        ({"started_at": None}, {}),
        ({"next_run_at": None}, {}),
        ({}, {"state": Installation.State.PAUSED}),
    ],
    ids=["paused", "never started", "never due", "installation paused"],
)
def test_nothing_else_is_queued(due: Installation, module: dict[str, object], installed: dict[str, object]) -> None:
    ModuleSetting.objects.update(**module)
    Installation.objects.update(**installed)
    assert (tasks.dispatch_due(), waiting()) == (0, 0)
