"""Budgets as call counts and statements: how much a run may ask, whatever the size of what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import mirror, replicate
from sync import shape as shapes
from sync.models import ModuleSetting, Record
from sync.sources import Seen
from tests.factories import make_installation
from tests.sync.test_first_sync import IDLE, calls_of
from tests.sync.world import World


@pytest.fixture
def bulk(transactional_db: None, sandbox: Sandbox, quick: Settings) -> Iterator[World]:
    """230 companies with three contacts each and 23 products in Bigin, an empty Books."""
    sandbox.reset("bulk:230")
    made = World(sandbox)
    yield made
    made.remotes.close()


def posts(world: World, product: str, method: str, endpoint: str) -> int:
    return calls_of(world.sandbox).get((product, method, endpoint), 0)


def test_a_first_sync_into_an_empty_books_is_one_create_per_company_with_its_persons(
    bulk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk.forget_calls()
    bulk.sync()
    assert calls_of(bulk.sandbox) == {
        ("bigin", "GET", "/Accounts"): 2,
        ("bigin", "GET", "/Contacts"): 4,
        ("bigin", "GET", "/Products"): 1,
        ("bigin", "GET", "/Accounts/deleted"): 1,
        ("bigin", "GET", "/Contacts/deleted"): 1,
        ("bigin", "GET", "/Products/deleted"): 1,
        ("books", "GET", "/contacts"): 1,
        ("books", "GET", "/items"): 1,
        ("books", "POST", "/contacts"): 230,
        ("books", "POST", "/items"): 23,
    }
    persons = [person for row in bulk.remotes.customers().values() for person in row["persons"]]
    assert len(persons) == 690
    # As if the two minutes had passed in which the remote's lists may still lag behind its clock.
    monkeypatch.setattr(replicate, "OVERLAP", timedelta(0))
    bulk.sync()
    bulk.forget_calls()
    bulk.sync()
    assert calls_of(bulk.sandbox) == IDLE


def test_n_changed_companies_are_n_calls(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(7)]
    world.settle()
    world.later(300)
    world.settle()
    for number, company in enumerate(companies):
        world.remotes.update("Accounts", company, Website=f"https://tours{number}.example")
    world.forget_calls()
    world.sync()
    assert posts(world, "books", "PUT", "/contacts/{id}") == 7
    assert sum(count for (product, method, _), count in calls_of(world.sandbox).items() if product == "books") == 7 + 2


def test_n_changes_to_bigin_are_a_write_per_hundred_and_a_page_per_two_hundred(world: World) -> None:
    for number in range(230):
        world.remotes.new_item(f"Tour {number:03}", sku=f"T-{number}")
    world.forget_calls()
    world.sync()
    calls = calls_of(world.sandbox)
    assert calls["bigin", "POST", "/Products"] == 3
    assert calls["bigin", "GET", "/Products"] == 1 + 2
    assert len(world.remotes.products()) == 230


def statements_of_page(installation: Installation, rows: int) -> int:
    """Storing one page of so many new companies."""
    shape, now = shapes.load(installation), timezone.now()
    seen = [
        Seen("company", f"{rows}{number:05}", f"Tours {number}", {"Account_Name": f"Tours {number}"}, modified_at=now)
        for number in range(rows)
    ]
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        mirror.store(shape, seen, now, listing=now)
        mirror.store(shape, seen, now, listing=now)
    assert Record.objects.filter(remote_id__startswith=str(rows)).count() == rows
    return len(captured)


def test_statements_per_page_are_constant(db: None) -> None:
    installation = make_installation()
    for module in ("customers", "products"):
        ModuleSetting.objects.create(installation=installation, module=module)
    assert statements_of_page(installation, 3) == statements_of_page(installation, 200) <= 6


def statements_of_settle(world: World, persons: int) -> int:
    company = world.remotes.company(f"Huts {persons}")
    for number in range(persons):
        world.remotes.contact(f"Berg {number}", company, Email=f"b{number}@huts{persons}.example")
    with CaptureQueriesContext(connection) as captured:
        world.sync()
    return sum('UPDATE "sync_link"' in query["sql"] for query in captured.captured_queries)


def test_a_company_settles_with_all_its_persons_at_once(world: World) -> None:
    world.settle()
    assert statements_of_settle(world, 1) == statements_of_settle(world, 12)
