"""Zoho fails in every way it can: a run or a record says what happened, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core import mail
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine
from sync.models import Run, Write
from tests.factories import connected_installation
from tests.sync.crashes import settle_down
from tests.sync.remotes import Remotes
from tests.sync.test_crashes import END, names, small_world
from tests.sync.world import start
from zoho import limits

PLACES = {
    "a create in Books": {"product": "books", "method": "POST", "path": "^/contacts$"},
    "a new item": {"product": "books", "method": "POST", "path": "^/items$"},
    "a create in Bigin": {"product": "bigin", "method": "POST", "path": "^/Accounts$"},
    "a list": {"method": "GET", "path": "^/(Contacts|contacts)$"},
}
KINDS = ("error_before", "error_after", "drop_before", "drop_after", "html", "rate_limited", "concurrency")


@pytest.fixture
def world(transactional_db: None, empty: Sandbox, quick: Settings) -> Iterator[tuple[Installation, Remotes]]:
    quick.ZOHO_WINDOW_SECONDS = 1
    installation = start(empty)
    with closing(Remotes(empty, installation.books_org_id)) as remotes:
        small_world(remotes)
        yield installation, remotes


def first_run(installation: Installation) -> Run:
    ended = engine.run(installation)
    assert ended is not None
    return ended.run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", list(PLACES))
def test_a_fault_passes_and_the_end_state_is_the_same(
    world: tuple[Installation, Remotes], empty: Sandbox, place: str, kind: str
) -> None:
    installation, remotes = world
    empty.fault(kind, **PLACES[place])
    settle_down(installation)
    assert names(remotes) == END
    assert not Write.objects.filter(state__in=Write.OPEN).exists()


@pytest.mark.parametrize("place", ["a create in Books", "a new item", "a create in Bigin"])
def test_a_create_that_is_committed_after_we_gave_up_is_found_and_not_doubled(
    world: tuple[Installation, Remotes], empty: Sandbox, quick: Settings, place: str
) -> None:
    quick.SYNC_ABSENCE_SECONDS = 60
    installation, remotes = world
    empty.fault("late_commit", seconds=30, **PLACES[place])
    first = first_run(installation)
    assert first.state == Run.State.DONE
    assert Write.objects.filter(state=Write.State.UNKNOWN, carried_by=None).count() == 1
    engine.run(installation)  # it is not there yet, and that is not believed
    empty.advance(31)
    settle_down(installation)
    assert names(remotes) == END


def test_a_create_that_never_arrived_is_sent_again_after_two_looks(
    world: tuple[Installation, Remotes], empty: Sandbox, quick: Settings
) -> None:
    installation, remotes = world
    quick.SYNC_ABSENCE_SECONDS = 3600
    empty.fault("drop_before", **PLACES["a new item"])
    first_run(installation)
    engine.run(installation)
    lost = Write.objects.get(state=Write.State.UNKNOWN)
    assert lost.looks >= 1
    assert names(remotes)["items"] == ["Boat hire"]
    quick.SYNC_ABSENCE_SECONDS = 0
    settle_down(installation)
    assert names(remotes) == END


@pytest.mark.parametrize("product", ["bigin", "books"])
def test_a_token_revoked_in_mid_run_pauses_and_tells_and_loses_nothing(
    world: tuple[Installation, Remotes], empty: Sandbox, product: str
) -> None:
    installation, remotes = world
    empty.fault("revoked_token", product=product, method="POST", path="^/(contacts|Accounts)$", times=1)
    run = first_run(installation)
    assert run.state == Run.State.FAILED
    assert "Reconnect" in run.problem
    installation.refresh_from_db()
    assert installation.state == Installation.State.PAUSED
    assert installation.problem
    assert [message.subject for message in mail.outbox if "lost" in message.subject or "connection" in message.subject]
    assert not Write.objects.filter(state=Write.State.SENDING).exists()
    connected_installation(empty)  # Reconnect
    Installation.objects.update(state=Installation.State.ACTIVE, problem="")
    settle_down(installation)
    assert names(remotes) == END


def test_a_day_without_quota_ends_the_run_and_says_so(
    world: tuple[Installation, Remotes], empty: Sandbox, quick: Settings
) -> None:
    installation, remotes = world
    empty.fault("quota", product="books", method="POST", path="^/contacts$")
    run = first_run(installation)
    assert run.state in (Run.State.PARTIAL, Run.State.FAILED)
    assert run.problem
    assert not Write.objects.filter(state=Write.State.SENDING).exists()
    limits.store(quick.REDIS_URL).flushdb()  # the day is over; losing Redis loses no work either
    settle_down(installation)
    assert names(remotes) == END
