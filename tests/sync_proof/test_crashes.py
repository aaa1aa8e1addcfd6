"""The busy day, stopped anywhere, and three at work at once: it ends in the same evening."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from sync import actions, services, tasks
from sync.engine import Ended
from sync.models import Run
from tests.sync.crashes import Killed, Points, counted
from tests.sync_proof.busy import assert_evening
from tests.sync_proof.values import full_name
from tests.sync_proof.world import Kept, World
from zoho.bigin import Bigin
from zoho.books import Books

ABANDONED = 61.0  # a heartbeat older than a minute is a dead worker's


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


def all_at_once(*jobs: Callable[[], object]) -> None:
    """Each in a thread and with a database connection of its own; raises the first error of any."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(jobs))

    def begin(job: Callable[[], object]) -> None:
        gate.wait(timeout=60)
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    if errors:
        raise errors[0]


def test_two_workers_a_sync_now_and_a_record_action_at_once(
    noon: tuple[World, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock lets one run in, the record action works beside it, and nothing is written twice."""
    world, _ = noon
    contact = next(one for one, row in world.look().contacts.items() if full_name(row) == "Ann Alder")
    ended: list[Ended | None] = []
    pressed: list[services.RequestResult] = []
    # A third worker takes what Sync Now queues, at once.
    monkeypatch.setattr(tasks.run_sync, "delay", lambda *args: ended.append(world.run()))
    all_at_once(
        lambda: ended.append(world.run()),
        lambda: ended.append(world.run()),
        lambda: pressed.append(services.request_sync(world.installation, [], "person", "Ada")),
        lambda: actions.sync_record(world.installation, "Contacts", contact),
    )
    assert Run.objects.filter(state=Run.State.RUNNING).count() == 0
    assert len(ended) == 2 + (pressed == [services.RequestResult.QUEUED])
    assert pressed in ([services.RequestResult.QUEUED], [services.RequestResult.RUNNING])
    assert_evening(world)


def test_what_a_record_action_is_creating_is_no_stranger_to_a_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run reads the new customer before the action has settled: it must not make a second company for it."""
    world.sandbox.switch(bigin_unique_company="off")
    world.settle()
    company = world.bigin.add("Accounts", Account_Name="Elm Lodges")
    create, runs = Books.create_contact, list[str]()

    def slow(self: Books, *args: Any, **more: Any) -> Any:
        answer = create(self, *args, **more)
        if not runs:
            runs.append("begun")
            runs.append(str(world.sync_once().state))
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Books, "create_contact", slow)
        assert actions.sync_record(world.installation, "Accounts", company) == "in_step"
    assert runs == ["begun", "done"]
    world.settle()
    now = world.look()
    assert [row["Account_Name"] for row in now.companies.values()] == ["Elm Lodges"]
    assert [row["contact_name"] for row in now.customers.values()] == ["Elm Lodges"]


def test_what_a_broken_run_has_created_is_no_stranger_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ended by an error of ours, so its write is still being sent as far as anybody knows."""
    world.books.customer("Fir Cabins")
    insert = Bigin.insert

    def broken(self: Bigin, *args: Any) -> Any:
        insert(self, *args)
        raise RuntimeError("an error of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Bigin, "insert", broken)
        with pytest.raises(RuntimeError):
            world.run()
    world.time.forward(ABANDONED)
    world.settle()
    now = world.look()
    assert [row["Account_Name"] for row in now.companies.values()] == ["Fir Cabins"]
    assert [row["contact_name"] for row in now.customers.values()] == ["Fir Cabins"]
