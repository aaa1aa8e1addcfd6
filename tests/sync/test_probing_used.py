"""What the probes found decides how lists are read; a page that shows otherwise still has the last word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Installation, Quota
from sync import listings, replicate, rotation
from sync import shape as shapes
from sync.models import Cursor, Record
from tests.factories import make_installation
from tests.sync.test_first_sync import calls_of
from tests.sync.world import World


def told(world: World, **answers: bool | None) -> None:
    probes = {name: {"held": held, "text": ""} for name, held in answers.items()}
    Installation.objects.filter(pk=world.installation.pk).update(probes=probes)
    world.installation.refresh_from_db()


@pytest.mark.parametrize(
    ("answers", "how"),
    [
        ({}, "filter"),
        ({"books_contacts_changed_since": True, "books_contacts_oldest_first": True}, "filter"),
        ({"books_contacts_changed_since": False, "books_contacts_oldest_first": True}, "newest"),
        ({"books_contacts_changed_since": False, "books_contacts_oldest_first": False}, "listing"),
        ({"books_contacts_changed_since": None, "books_contacts_oldest_first": None}, "filter"),
    ],
)
def test_a_feed_is_read_from_the_first_run_as_the_account_honours_it(
    world: World, answers: dict[str, bool | None], how: str
) -> None:
    told(world, **answers)
    world.sync()
    assert Cursor.objects.get(feed="books_customers").how == how
    assert Cursor.objects.get(feed="books_items").how == "filter"


def test_what_is_honoured_by_now_is_used_again_with_the_next_days_listing(world: World) -> None:
    world.sandbox.switch(books_contacts_changed_since="ignored")
    world.remotes.new_customer("Old Town Walks")
    world.later(600)
    world.settle()
    world.remotes.new_customer("Harbour Lights")
    world.settle()
    assert Cursor.objects.get(feed="books_customers").how == "newest"
    world.sandbox.switch(books_contacts_changed_since="honoured")
    Cursor.objects.update(listed_at=timezone.now() - timedelta(days=1, hours=1))
    world.settle()
    assert Cursor.objects.get(feed="books_customers").how == "filter"


def deleted_calls(world: World) -> int:
    calls = calls_of(world.sandbox)
    return sum(count for (product, _, path), count in calls.items() if product == "bigin" and "deleted" in path)


def test_a_deleted_list_out_of_reach_is_not_asked_and_deletions_are_found_by_the_listing(world: World) -> None:
    told(world, bigin_accounts_deleted_list=False, bigin_contacts_deleted_list=False, bigin_products_deleted_list=False)
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.delete("Accounts", company)
    world.forget_calls()
    Cursor.objects.update(listed_at=timezone.now() - timedelta(days=2))
    world.settle()
    assert deleted_calls(world) == 0
    record = Record.objects.get(kind="company", remote_id=company)
    assert (record.gone_how, record.gone_at is not None) == ("vanished", True)
    # How it went is not known without the deleted list, so it may be a merge (rules 5.3): asked, not propagated.
    assert world.customer_names() == ["Alpine Huts"]
    assert len(world.issues()) == 1


def test_without_probes_a_deleted_list_out_of_reach_fails_no_run(world: World) -> None:
    world.sandbox.switch(bigin_deleted_list="refused")
    world.remotes.company("Alpine Huts")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]


@pytest.fixture
def many_deleted(world: World) -> World:
    """Two pages of deleted products."""
    ids: list[str] = []
    for start in range(0, 240, 100):
        rows = [{"Product_Name": f"Tour {number:03}"} for number in range(start, min(start + 100, 240))]
        ids += [outcome.id for outcome in world.remotes.bigin.insert("Products", rows)]
    for start in range(0, 240, 100):
        world.remotes.delete("Products", *ids[start : start + 100])
    world.later(600)
    return world


@pytest.mark.parametrize(
    ("switch", "answers", "after_7_hours"),
    [
        ("ignored", {}, 4),  # all pages again
        ("ignored", {"bigin_products_deleted_newest_first": True}, 3),
        ("honoured", {"bigin_products_deleted_if_modified_since": True}, 3),
    ],
)
def test_all_pages_of_a_deleted_list_are_read_only_where_nothing_better_is_known(
    many_deleted: World, switch: str, answers: dict[str, Any], after_7_hours: int
) -> None:
    world = many_deleted
    world.sandbox.switch(bigin_deleted_if_modified_since=switch)
    told(world, **answers)
    product = world.remotes.product("Glacier walk")
    world.settle()
    world.forget_calls()
    world.sync()
    assert deleted_calls(world) == 3
    Cursor.objects.update(deleted_listed_at=timezone.now() - timedelta(hours=7))
    world.forget_calls()
    world.sync()
    assert deleted_calls(world) == after_7_hours
    world.remotes.delete("Products", product)
    world.settle()
    assert world.remotes.items() == {}


def test_rule_8_2_details_rotate_unless_a_persons_edit_moves_its_customer(world: World) -> None:
    for number in range(4):
        world.remotes.new_customer(f"Old Town {number}")
    world.settle()
    shape = shapes.load(world.installation)
    longer = timezone.now() + timedelta(hours=1)
    for known, read_again in ((None, 4), (False, 4), (True, 0)):
        Record.objects.filter(kind="customer").update(detail_at=longer)
        told(world, books_person_edit_touches_customer=known)
        rotation.doubt(shapes.load(world.installation), "books_customers")
        assert Record.objects.filter(kind="customer", detail_at=None).count() == read_again
    assert replicate.cursor_of(shape, "books_customers").complete_at is not None


@pytest.mark.parametrize(("unattached", "read_again"), [(False, 1), (True, 2)])
def test_rule_2_3_no_details_are_read_of_individual_customers_that_are_left_out(
    world: World, unattached: bool, read_again: int
) -> None:
    world.configure(include_unattached=unattached)
    world.remotes.new_customer("Old Town Walks")
    world.remotes.new_customer("Ada Okafor", customer_sub_type="individual")
    world.settle()
    rotation.doubt(shapes.load(world.installation), "books_customers")
    assert Record.objects.filter(kind="customer", detail_at=None).count() == read_again


def test_rule_8_2_whole_lists_are_read_nightly_or_within_a_tenth_of_a_days_calls(db: None) -> None:
    """Of Books 100 calls a day here: 10 of them are a tenth, and 5,001 customers and items take 26 pages."""
    installation = make_installation(settings={"bigin_plan": "free"})
    now = timezone.now()
    Quota.objects.create(installation=installation, product="books", day=now.date(), calls=0, limit=100, remaining=100)
    Record.objects.bulk_create(
        Record(installation=installation, side="books", kind=kind, remote_id=f"{number}")
        for number in range(5001)
        for kind in ["customer" if number % 2 else "item"]
    )
    shape = shapes.load(installation)
    cursor = replicate.cursor_of(shape, "books_customers")
    assert listings.every(shape, "books_customers") == timedelta(days=2.6)
    assert listings.every(shape, "books_items") == timedelta(days=2.6)
    assert listings.every(shape, "bigin_companies") == timedelta(days=1)
    for hours, due in ((25, False), (62, False), (63, True)):
        cursor.listed_at = now - timedelta(hours=hours)
        assert listings.is_due(shape, cursor, now) is due
    assert not listings.is_due(shape, Cursor(feed="bigin_companies", listed_at=now - timedelta(hours=23)), now)
    assert listings.is_due(shape, Cursor(feed="bigin_companies", listed_at=now - timedelta(hours=25)), now)
    assert listings.is_due(shape, Cursor(feed="books_items", how="listing", listed_at=now), now)


def test_rule_8_2_details_rotate_once_a_day_where_every_read_is_a_whole_list(world: World) -> None:
    told(world, books_contacts_changed_since=False, books_contacts_oldest_first=False)
    world.remotes.new_customer("Old Town")
    world.settle()
    later = timezone.now() + timedelta(hours=1)
    for listed_at, reads in ((timezone.now() - timedelta(days=2), 1), (timezone.now(), 0)):
        Record.objects.filter(kind="customer").update(detail_at=later)
        Cursor.objects.filter(feed="books_customers").update(listed_at=listed_at, how="listing")
        world.forget_calls()
        world.sync()
        details = [path for (product, _, path) in calls_of(world.sandbox) if product == "books" and "{" in path]
        assert len(details) == reads
