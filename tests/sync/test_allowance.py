"""Quotas and editions: what the answers' headers say, else the plan that was found, else the smallest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Installation, Quota
from sync import allowance, preview, probed, room, rotation, schedule, scope
from sync import shape as shapes
from sync.models import ModuleSetting, Run
from sync.queries import preflight
from tests.sync.world import World
from zoho import probes_books
from zoho.books import Books
from zoho.probes import as_json


def planned(world: World, plan: str) -> Installation:
    probe = {"held": True, "text": f"The plan is {plan}.", "value": plan}
    Installation.objects.filter(pk=world.installation.pk).update(probes={"books_plan": probe})
    world.installation.refresh_from_db()
    return world.installation


@pytest.mark.parametrize(
    ("plan", "calls"),
    [
        ("FREE", 1_000), ("Standard", 2_000), ("PROFESSIONAL", 5_000), ("Premium Monthly", 10_000), ("Elite", 10_000),
        ("ULTIMATE", 10_000), ("Another", None), ("", None),
    ],
)  # fmt: skip
def test_the_day_of_books_by_its_plan(world: World, plan: str, calls: int | None) -> None:
    installation = planned(world, plan)
    assert allowance.by_plan(installation, "books") == calls
    assert allowance.by_plan(installation, "invoice") is None
    assert allowance.of_a_day(installation, "books") == (calls or 1_000)
    assert rotation.allowed(shapes.load(installation)) == (calls or 1_000) // 10


@pytest.mark.parametrize(
    ("noted", "day"),
    [
        ({"bigin_plan": "free", "bigin_licences": 3}, 5_000),
        ({"bigin_plan": "biginexpress", "bigin_licences": 4}, 51_000),
        ({"bigin_plan": "biginpremier", "bigin_licences": 1_000}, 100_000),
        ({"bigin_plan": "bigin360"}, 50_000),
        ({"bigin_plan": "of-tomorrow", "bigin_licences": 4}, None),
        ({}, None),
    ],
)
def test_the_day_of_bigin_by_its_edition(world: World, noted: dict[str, Any], day: int | None) -> None:
    world.installation.settings = noted
    assert allowance.by_plan(world.installation, "bigin") == day
    assert allowance.of_a_day(world.installation, "bigin") == (day or 5_000)


def test_headers_have_the_last_word_and_without_them_our_own_calls_count(world: World) -> None:
    """A live Books on the plan Professional told 1,000 calls in its headers (reference, section 8)."""
    installation, now = planned(world, "PROFESSIONAL"), timezone.now()
    Quota.objects.filter(installation=installation).delete()
    row = Quota.objects.create(installation=installation, product="books", day=now.date(), calls=700)
    assert allowance.today(installation, "books", now) == allowance.Allowance(5_000, 4_300)
    ends = now + timedelta(hours=3)
    Quota.objects.filter(pk=row.pk).update(limit=1_000, remaining=12, resets_at=ends)
    assert allowance.today(installation, "books", now) == allowance.Allowance(1_000, 12, ends)
    tomorrow = now + timedelta(days=1)
    assert allowance.today(installation, "books", tomorrow) == allowance.Allowance(1_000, 1_000)
    assert allowance.of_a_day(installation, "books") == 1_000


def test_the_plan_stretches_intervals_and_measures_the_first_sync(world: World) -> None:
    installation, now = planned(world, "Free"), timezone.now()
    Quota.objects.filter(installation=installation).delete()
    Run.objects.all().delete()
    for hours in (2, 1):  # the first one says nothing of those after it
        Run.objects.create(
            installation=installation, kind=Run.Kind.SYNC, state=Run.State.DONE, calls={"books": 90}, finished_at=now,
            started_at=now - timedelta(hours=hours),
        )  # fmt: skip
    setting = ModuleSetting.objects.get(installation=installation, module="customers")
    chosen = timedelta(minutes=setting.interval_minutes)
    assert schedule.interval(setting, now) > chosen  # 800 calls are eight runs until midnight
    planned(world, "Ultimate")
    assert schedule.interval(ModuleSetting.objects.get(pk=setting.pk), now) == chosen
    planned(world, "Free")
    Quota.objects.create(installation=installation, product="books", day=now.date(), calls=999)
    for number in range(3):
        world.remotes.company(f"Alpine Huts {number}")
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    size = next(one for one in preflight.checks(world.installation, ended.run, ["customers"]) if one.name == "size")
    assert (size.ok, "today's quota has 0 left" in str(size.text)) == (False, True)


def test_list_views_are_read_as_often_as_the_edition_allows(world: World) -> None:
    """Rules 2.1: within a tenth of the day's credits."""
    seen: list[timedelta] = []
    for edition in ("free", "biginpremier"):
        world.installation.settings = {"bigin_plan": edition}
        every = scope._every(_Reader(shapes.load(world.installation)), "company", 200)  # type: ignore[arg-type]
        seen.append(every)
    assert seen == [timedelta(days=600 / 500), scope.VIEWS_EVERY]


class _Reader:
    def __init__(self, shape: shapes.Shape) -> None:
        self.shape = shape


LASTS, OVER = "2099-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("details", "plan"),
    [
        ({"paid": True, "paid_type": "biginexpress", "users_license_purchased": 7}, room.Plan("biginexpress", 7)),
        ({"paid": False, "paid_type": "free", "trial_type": None}, room.Plan("free")),
        ({"paid_type": "free", "trial_type": "biginpremier", "trial_expiry": LASTS}, room.Plan("biginpremier")),
        ({"paid_type": "free", "trial_type": "biginpremier", "trial_expiry": OVER}, room.Plan("free")),
        ({"paid_type": "biginexpress", "trial_type": "biginpremier"}, room.Plan("biginexpress")),
        ({"paid_type": None, "users_license_purchased": "7"}, room.Plan()),
        (None, room.Plan()),
    ],
)
def test_the_edition_of_an_organisation_and_of_one_on_trial(details: object, plan: room.Plan) -> None:
    assert room.read(details) == plan


def test_the_plan_of_a_live_answer_is_kept_and_a_trial_is_not_believed(world: World) -> None:
    class Organisation:
        """`organization` and the quota, as the probe reads them."""

        def __init__(self, **row: str) -> None:
            self.row, self.client = row, self
            self.organization_id, self.last_quota = "1", None

        def organization(self, _: str) -> dict[str, str]:
            return self.row

    def value(**row: str) -> str:
        books: Books = Organisation(**row)  # type: ignore[assignment]
        world.installation.probes = dict(as_json(list(probes_books._plan_and_quota(books))))
        return probed.value(world.installation, "books_plan")

    assert value(plan_name="PROFESSIONAL", plan_period="monthly") == "PROFESSIONAL"
    assert value(plan_name="PROFESSIONAL", plan_type="TRIAL") == ""
    assert value() == ""
