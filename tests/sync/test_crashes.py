"""A run that is stopped anywhere, and run again, ends where an undisturbed one ends: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, outbox, send_books
from sync.models import Run, Write
from tests.sync.conftest import Sync
from tests.sync.crashes import run_until_killed, settle_down
from tests.sync.remotes import Remotes
from tests.sync.test_first_sync import GOLDEN, ordered
from tests.sync.world import start


def small_world(remotes: Remotes) -> None:
    """A pair to link, creates on both sides, a nested person, one to come to Bigin, products both ways."""
    remotes.company("Kestrel Tours", Phone="+44 20 7946 0018")
    twin = remotes.company("Harbour Lights", Website="https://harbour.example")
    remotes.contact("Okafor", twin, First_Name="Ada", Email="ada@harbour.example")
    alone = remotes.company("Alpine Huts", Billing_City="Zermatt")
    remotes.contact("Berg", alone, First_Name="Nils", Email="nils@alpine.example")
    remotes.contact("Holm", alone, First_Name="Eva", Email="eva@alpine.example")
    remotes.new_customer(
        "Harbour Lights", [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@harbour.example"}]
    )
    remotes.new_customer(
        "Old Town Walks", [{"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"}]
    )
    remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    remotes.new_item("Boat hire", sku="BH-1")


@pytest.fixture
def world(transactional_db: None, empty: Sandbox, quick: Settings) -> tuple[Installation, Remotes]:
    quick.SYNC_ABANDONED_SECONDS = 0
    installation = start(empty)
    remotes = Remotes(empty, installation.books_org_id)
    small_world(remotes)
    return installation, remotes


# What an undisturbed first sync leaves.
END = {
    "companies": ["Alpine Huts", "Harbour Lights", "Kestrel Tours", "Old Town Walks"],
    "contacts": ["Berg", "Holm", "Marsh", "Okafor"],
    "products": ["Boat hire", "Glacier walk"],
    "customers": ["Alpine Huts", "Harbour Lights", "Kestrel Tours", "Old Town Walks"],
    "persons": [
        "Alpine Huts: Eva Holm",
        "Alpine Huts: Nils Berg",
        "Harbour Lights: Ada Okafor",
        "Old Town Walks: Leo Marsh",
    ],
    "items": ["Boat hire", "Glacier walk"],
}


def names(remotes: Remotes) -> dict[str, list[str]]:
    customers = remotes.customers().values()
    return {
        "companies": sorted(row["Account_Name"] for row in remotes.companies().values()),
        "contacts": sorted(row["Last_Name"] for row in remotes.contacts().values()),
        "products": sorted(row["Product_Name"] for row in remotes.products().values()),
        "customers": sorted(row["contact_name"] for row in customers),
        "persons": sorted(
            f"{row['contact_name']}: {one['first_name']} {one['last_name']}"
            for row in customers
            for one in row["persons"]
        ),
        "items": sorted(row["name"] for row in remotes.items().values()),
    }


def killed_at(empty: Sandbox, monkeypatch: pytest.MonkeyPatch, stop: int) -> int:
    """One trial in a fresh world; returns how many points its first run passed."""
    empty.reset("empty")
    installation = start(empty)
    with closing(Remotes(empty, installation.books_org_id)) as remotes:
        small_world(remotes)
        points = run_until_killed(installation, monkeypatch, stop)
        settle_down(installation)
        assert names(remotes) == END, (stop, points.seen[-1])
    assert not Write.objects.filter(installation=installation, state__in=Write.OPEN).exists()
    installation.delete()
    return len(points.seen)


def test_killed_at_commits_and_after_remote_writes(
    transactional_db: None, empty: Sandbox, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight points spread over the first sync; `make soak` takes every one."""
    quick.SYNC_ABANDONED_SECONDS = 0
    total = killed_at(empty, monkeypatch, 0)
    for stop in range(total // 16, total, total // 8):
        assert killed_at(empty, monkeypatch, stop) == stop


@pytest.mark.soak
def test_killed_at_every_commit_and_after_every_remote_write(
    transactional_db: None, empty: Sandbox, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.SYNC_ABANDONED_SECONDS = 0
    total = killed_at(empty, monkeypatch, 0)
    for stop in range(1, total + 1):
        assert killed_at(empty, monkeypatch, stop) == stop


def test_a_dead_run_is_abandoned_and_says_so(
    world: tuple[Installation, Remotes], monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, remotes = world
    run_until_killed(installation, monkeypatch, 20)
    settle_down(installation)
    dead = Run.objects.get(installation=installation, state=Run.State.ABANDONED)
    assert dead.problem == "The worker that ran this died; the next run goes on where it stopped."
    remotes.close()


def test_a_run_that_lives_is_not_abandoned(sync: Sync, installation: Installation) -> None:
    Run.objects.create(installation=installation, trigger="command")
    with pytest.raises(AssertionError):  # engine.run answers None: the lock is taken
        sync()


def test_the_golden_state_survives_three_kills(
    installation: Installation, remotes: Remotes, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.SYNC_ABANDONED_SECONDS = 0
    for stop in (40, 160, 290):
        assert len(run_until_killed(installation, monkeypatch, stop).seen) == stop
    settle_down(installation)
    assert ordered(remotes.snapshot()) == ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))


def test_a_run_that_broke_by_a_fault_of_ours_leaves_nothing_stuck(
    world: tuple[Installation, Remotes], monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, remotes = world
    remotes.company("Lantern Walks")

    def broken(*_: object) -> None:
        raise KeyError("contact_id")

    with monkeypatch.context() as patch:
        patch.setattr(send_books, "settle_customer", broken)
        with pytest.raises(KeyError):
            engine.run(installation)
    assert Run.objects.get().state == Run.State.FAILED
    stuck = Write.objects.get(state=Write.State.SENDING, carried_by=None)
    Write.objects.update(attempted_at=timezone.now() - outbox.LONGEST_ATTEMPT - timedelta(seconds=1))
    settle_down(installation)
    names = sorted(row["contact_name"] for row in remotes.customers().values())
    assert names == ["Alpine Huts", "Harbour Lights", "Kestrel Tours", "Lantern Walks", "Old Town Walks"]
    assert sorted(row["Account_Name"] for row in remotes.companies().values()) == names
    stuck.refresh_from_db()
    assert stuck.state == Write.State.DONE
