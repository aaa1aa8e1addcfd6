"""Workers killed for real, in the middle of the travel agency's first sync."""

import json
import subprocess
import sys

from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import tasks
from sync.models import Run
from tests.infra.conftest import wait_until
from tests.sync.crashes import settle_down
from tests.sync.remotes import Remotes
from tests.sync.test_first_sync import GOLDEN, ordered
from tests.sync.workers import ROOT, empty_queue, environment, fifteen_minutes_pass, in_hand, waiting, worker


def killed_worker(installation: Installation, sandbox: Sandbox, after: int) -> int:
    """Its exit code; it works on this test's own database."""
    command = [sys.executable, "-m", "tests.sync.killed", str(installation.pk), str(after)]
    return subprocess.run(command, cwd=ROOT, env=environment(sandbox), check=False, timeout=200).returncode


def test_three_sigkills_end_where_none_ends(
    installation: Installation, sandbox: Sandbox, remotes: Remotes, quick: Settings
) -> None:
    quick.SYNC_ABANDONED_SECONDS = 0
    for after in (3, 35, 60):
        assert killed_worker(installation, sandbox, after) == -9
        # The next worker may only take over once the dead one's heart has stopped long enough.
        Run.objects.filter(state=Run.State.RUNNING).update(heartbeat_at="2020-01-01T00:00:00Z")
    settle_down(installation)
    assert ordered(remotes.snapshot()) == ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))
    assert Run.objects.filter(state=Run.State.ABANDONED).count() == 3


def test_a_killed_celery_worker_keeps_its_message_and_the_next_one_ends_its_work(
    installation: Installation, sandbox: Sandbox, remotes: Remotes
) -> None:
    """The message is acknowledged late: unacknowledged, it comes back after the broker's visibility timeout."""
    empty_queue()
    tasks.run_sync.delay(str(installation.pk), ["customers", "products"], "schedule")
    assert (waiting(), in_hand()) == (1, 0)
    with worker(sandbox, dies_after=35) as first:
        assert first.wait(240) == -9
    assert (waiting(), in_hand()) == (0, 1)
    dead = Run.objects.get()
    assert dead.state == Run.State.RUNNING
    fifteen_minutes_pass()
    with worker(sandbox):
        assert wait_until(lambda: Run.objects.filter(state=Run.State.DONE).exists(), seconds=240)
    assert (waiting(), in_hand()) == (0, 0)
    dead.refresh_from_db()
    assert dead.state == Run.State.ABANDONED
    assert Run.objects.get(state=Run.State.DONE).trigger == "schedule"
    settle_down(installation)
    assert ordered(remotes.snapshot()) == ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))


def test_a_second_worker_beside_a_living_one_does_nothing(
    installation: Installation, sandbox: Sandbox, remotes: Remotes
) -> None:
    Run.objects.create(installation=installation, trigger="schedule")
    stood = ordered(remotes.snapshot())
    assert killed_worker(installation, sandbox, 1) == 0
    assert ordered(remotes.snapshot()) == stood
    assert Run.objects.count() == 1
