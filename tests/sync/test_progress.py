"""How far a run is and when it will be done: over slices, over the end of a day's quota, and while it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Installation, Quota
from sync import allowance, engine, preview, send, services
from sync.models import ModuleSetting, Run, Write
from sync.queries import progress
from sync.queries.progress import Progress
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync.world import World
from zoho import limits

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at_create(world: World, patch: pytest.MonkeyPatch, number: int, do: Any) -> None:
    """`do` comes before the creation of that number is sent."""
    real = send._BOOKS[Write.Op.CREATE]
    seen: list[Write] = []

    def create(work: Any, write: Write) -> None:
        seen.append(write)
        if len(seen) == number:
            do()
        real(work, write)

    patch.setitem(send._BOOKS, Write.Op.CREATE, create)


def now_of(world: World) -> Progress:
    world.installation.refresh_from_db()
    return progress.of_newest_series(world.installation)


@pytest.fixture
def cut(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Sixty companies, of which the day's quota took twenty-four."""
    for number in range(60):
        world.remotes.company(f"Alpine Huts {number:02}")
    fault = {"product": "books", "method": "POST", "path": "^/contacts$"}
    at_create(world, monkeypatch, 25, lambda: world.sandbox.fault("quota", **fault))
    ended = engine.run(world.installation)
    assert ended is not None
    assert (ended.run.state, Write.objects.filter(state="done").count()) == (Run.State.FAILED, 24)
    return world


def test_a_series_that_waits_for_the_quota_says_how_far_it_is_and_when_it_will_be_done(cut: World) -> None:
    found = now_of(cut)
    assert (found.running, found.sent, found.planned) == (False, 24, 60)
    assert found.ends_at is not None
    (soonest,) = set(ModuleSetting.objects.values_list("next_run_at", flat=True))
    assert soonest is not None
    assert found.ends_at > soonest
    page = signed_in_client(make_member(cut.installation)).get("/embed/sync/").content.decode()
    assert "24 of 60 changes written." in page
    assert 'data-test="ends-at"' in page


def test_the_series_that_takes_up_what_was_left_counts_it(cut: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Progress] = []
    at_create(cut, monkeypatch, 22, lambda: seen.append(now_of(cut)))
    limits.store(settings.REDIS_URL).flushdb()
    cut.later(90_000)
    again = engine.run(cut.installation)
    assert again is not None
    assert again.run.state == Run.State.DONE
    assert [(one.running, one.sent, one.planned) for one in seen] == [(True, 21, 36)]
    assert seen[0].ends_at is not None
    done = now_of(cut)
    assert (done.sent, done.planned, done.ends_at) == (36, 36, None)


def test_between_two_slices_the_end_is_shown(cut: World) -> None:
    Run.objects.update(state=Run.State.PARTIAL)
    found = now_of(cut)
    assert found.ends_at is not None
    assert (found.sent, found.planned) == (24, 60)


def test_nothing_is_promised_of_what_is_paused_or_read_only_or_lost_its_connection(cut: World) -> None:
    services.pause(cut.customers, "Ada")
    services.pause(cut.products, "Ada")
    assert now_of(cut).ends_at is None
    services.resume(cut.customers, "Ada")
    assert now_of(cut).ends_at is not None
    services.set_read_only(cut.customers, True, "Ada")
    assert now_of(cut).ends_at is None
    services.set_read_only(cut.customers, False, "Ada")
    Installation.objects.update(state=Installation.State.PAUSED)
    assert now_of(cut).ends_at is None


def test_what_waits_for_its_hour_or_for_a_person_is_not_this_runs(cut: World) -> None:
    first, second, *_ = Write.objects.filter(state="pending").order_by("pk")
    Write.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(hours=1))
    Write.objects.filter(pk=second.pk).update(state=Write.State.HELD)
    assert now_of(cut).planned == 58


def test_a_run_of_products_does_not_count_what_companies_have_open(cut: World) -> None:
    Run.objects.create(installation=cut.installation, modules=["products"], trigger="person")
    found = now_of(cut)
    assert (found.sent, found.planned, found.ends_at) == (0, 0, None)


def test_a_preview_counts_no_writes(cut: World) -> None:
    limits.store(settings.REDIS_URL).flushdb()
    cut.later(90_000)
    assert preview.run(cut.installation, None, "person") is not None
    found = now_of(cut)
    assert (found.sent, found.planned, found.ends_at) == (0, 0, None)


@pytest.mark.parametrize(
    ("calls", "ends"),
    [
        (0, NOON + timedelta(hours=1)),
        (100, NOON + timedelta(hours=1)),
        (200, datetime(2026, 3, 11, 0, 30, tzinfo=UTC)),
        (1_100, datetime(2026, 3, 11, tzinfo=UTC) + timedelta(hours=1) * (1_000 / 1_100)),
        (1_101, datetime(2026, 3, 12, tzinfo=UTC) + timedelta(hours=1) * (1 / 1_101)),
    ],
)
def test_each_day_takes_its_calls_and_the_rest_waits(db: None, calls: int, ends: datetime) -> None:
    """An hour of work; a thousand calls a day, a hundred left of today."""
    installation = make_installation()
    Quota.objects.create(
        installation=installation, product="books", day=NOON.date(), calls=900, limit=1_000, remaining=100
    )
    found = allowance.through_at(installation, "books", calls, timedelta(hours=1), NOON)
    assert abs(found - ends) < timedelta(milliseconds=1)


def test_the_hour_zoho_names_for_the_new_day_counts(db: None) -> None:
    installation, resets_at = make_installation(), NOON + timedelta(hours=3)
    Quota.objects.create(
        installation=installation, product="books", day=NOON.date(), limit=1_000, remaining=0, resets_at=resets_at
    )
    found = allowance.through_at(installation, "books", 100, timedelta(minutes=10), NOON)
    assert found == resets_at + timedelta(minutes=10)


def test_without_any_figure_the_pace_alone_counts(db: None) -> None:
    found = allowance.through_at(make_installation(), "books", 10_000, timedelta(hours=2), NOON)
    assert found == NOON + timedelta(hours=2)
