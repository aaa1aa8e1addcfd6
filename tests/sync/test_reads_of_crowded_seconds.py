"""A second that hundreds of rows share is read whole, and once it is over it costs nothing more (design section 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from sync import replicate
from sync.models import Cursor, Record
from sync.replicate import Newest
from tests.sync.test_first_sync import IDLE, calls_of
from tests.sync.world import World

MOMENT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def items(world: World, number: int, moment: datetime) -> None:
    """So many items of one second, as an import makes them."""
    for place in range(number):
        if place % 10 == 0:
            world.sandbox.control("PUT", "clock", {"now": moment.isoformat()})
        world.remotes.new_item(f"Tour {place:03}", sku=f"T-{place:03}")
    times = {row["last_modified_time"] for row in world.remotes.books.items_page().rows}
    assert len(times) == 1


@pytest.mark.parametrize("way", ["honoured", "ignored"])
def test_450_rows_of_one_second_cost_no_page_more_once_it_is_over(world: World, way: str) -> None:
    world.sandbox.switch(books_items_changed_since=way)
    world.configure("products", create_in_bigin="none")
    world.settle()
    start = timezone.now() + timedelta(minutes=10)
    items(world, 450, start.replace(microsecond=0))
    world.forget_calls()
    world.sync()
    assert Record.objects.filter(kind="item").count() == 450
    assert calls_of(world.sandbox)["books", "GET", "/items"] >= 3  # the second may not be over yet
    world.later(300)
    world.sync()
    world.sync()  # where the filter is ignored, this one finds it out
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE
    (item, *_) = world.remotes.items()
    world.remotes.books.update_item(item, {"name": "Tour of another name"})
    world.remotes.new_item("Tour 450")
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE
    assert Record.objects.get(kind="item", remote_id=item).label == "Tour of another name"
    assert Record.objects.filter(kind="item").count() == 451


def test_bigin_costs_one_page_too(world: World) -> None:
    """Four hundred and fifty products of one second, five calls."""
    world.settle()
    start = (timezone.now() + timedelta(minutes=10)).replace(microsecond=0)
    for first in range(0, 450, 90):
        world.sandbox.control("PUT", "clock", {"now": start.isoformat()})
        rows = [{"Product_Name": f"Tour {place:03}", "Product_Active": True} for place in range(first, first + 90)]
        assert all(outcome.ok for outcome in world.remotes.bigin.insert("Products", rows))
    world.configure("products", views={"products": ["none"]}, view_rules={"none": None})
    Cursor.objects.filter(feed="bigin_products").update(views_read_at=timezone.now())
    world.sync()
    assert Record.objects.filter(kind="product").count() == 450
    world.later(300)
    world.sync()
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox)["bigin", "GET", "/Products"] == 1


def test_the_overlap_is_read_again_until_two_minutes_are_over(world: World) -> None:
    """Rows of the last two minutes are in every page that is asked for; at Books' hundred calls a minute those are two
    hundred at most, one page. Then a run is idle again."""
    world.settle()
    for number in range(30):
        world.remotes.product(f"Tour {number:03}")
    world.sync()
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE
    assert Record.objects.filter(kind="item").count() == 30


@pytest.mark.parametrize(
    ("crowd", "age", "mark"),
    [
        (199, 600, MOMENT),  # one page holds them: asked for again, it costs nothing
        (200, 600, MOMENT + timedelta(seconds=1)),
        (200, 121, MOMENT),  # the next second is not over for two minutes
        (200, 122, MOMENT + timedelta(seconds=1)),
        (200, 60, MOMENT - timedelta(seconds=60)),
        (1, 60, MOMENT - timedelta(seconds=60)),
    ],
)
def test_the_mark_passes_a_crowded_second_only_when_it_is_over(crowd: int, age: int, mark: datetime) -> None:
    found = replicate._mark(Newest(MOMENT.isoformat(), crowd), MOMENT + timedelta(seconds=age))
    assert found == mark


def test_newest_counts_over_pages() -> None:
    second = MOMENT + timedelta(seconds=1)
    found = Newest().joined([MOMENT, None, MOMENT]).joined([MOMENT]).joined([])
    assert found == Newest(MOMENT.isoformat(), 3)
    assert found.joined([second, MOMENT]) == Newest(second.isoformat(), 1)
