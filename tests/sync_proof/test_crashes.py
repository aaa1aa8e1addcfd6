"""The busy day, stopped anywhere, and three at work at once: it ends in the same evening."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from sync import actions
from sync.engine import Ended
from sync.models import Run
from tests.sync.crashes import Killed, Points, counted
from tests.sync_proof.busy import assert_evening, day, morning
from tests.sync_proof.values import full_name
from tests.sync_proof.world import Kept, World

ABANDONED = 61.0  # a heartbeat older than a minute is a dead worker's


@pytest.fixture
def noon(world: World) -> tuple[World, Kept]:
    morning(world)
    day(world)
    return world, world.keep()


def killed_at(world: World, kept: Kept, patch: pytest.MonkeyPatch, stop: int) -> int:
    """Two runs, the second past the wait of deletes, of which one dies at point `stop`; how many points there were."""
    world.back(kept)
    with counted(patch, Points(stop)) as points:
        try:
            world.run()
            world.time.forward(ABANDONED)
            world.run()
        except Killed:
            world.time.forward(ABANDONED)
    assert_evening(world)
    return len(points.seen)


@pytest.mark.timeout(600)
def test_the_day_survives_a_kill_at_points_of_every_stage(
    noon: tuple[World, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six points spread over both runs; `make soak` takes every one."""
    total = killed_at(*noon, monkeypatch, 0)
    assert total > 60
    for part in range(6):
        stop = 1 + part * total // 6 + total // 12
        assert killed_at(*noon, monkeypatch, stop) >= stop


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_the_day_survives_a_kill_at_every_point(noon: tuple[World, Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    total = killed_at(*noon, monkeypatch, 0)
    failures = []
    for stop in range(1, total + 1):
        try:
            killed_at(*noon, monkeypatch, stop)
        except AssertionError as error:
            failures.append(stop)
            print(f"point {stop} of {total}: {error}", flush=True)
    print(f"{total} kills, {len(failures)} failures")
    assert not failures


def test_two_workers_and_a_record_action_at_once(noon: tuple[World, Kept]) -> None:
    """The lock lets one run in, the record action works beside it, and nothing is written twice."""
    world, _ = noon
    contact = next(one for one, row in world.look().contacts.items() if full_name(row) == "Ann Alder")
    ended: list[Ended | None] = []
    errors: list[BaseException] = []
    gate = threading.Barrier(3)

    def at_once(action: bool) -> None:
        gate.wait(timeout=30)
        try:
            if action:
                actions.sync_record(world.installation, "Contacts", contact)
            else:
                ended.append(world.run())
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=at_once, kwargs={"action": n == 2}) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not errors
    assert Run.objects.filter(state=Run.State.RUNNING).count() == 0
    assert len(ended) == 2
    assert_evening(world)
