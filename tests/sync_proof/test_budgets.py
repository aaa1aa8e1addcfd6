"""What a sync may cost, counted at the sandbox's door: calls of both products, and SQL statements per page."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import probing
from sync import deleted, learned, merging, mirror, outbox, planner, probed, send_bigin
from sync.mapping import Kind
from sync.models import Link, Write
from sync.work import Work
from tests.sync_proof.world import World

Calls = Counter[tuple[str, str, str]]
LISTS = ("/Accounts", "/Accounts/deleted", "/Contacts", "/Contacts/deleted", "/Products", "/Products/deleted")
IDLE: Calls = Counter({("bigin", "GET", path): 1 for path in LISTS})
IDLE.update({("books", "GET", "/contacts"): 1, ("books", "GET", "/items"): 1})
LATER = 600.0  # past the two minutes that every read looks back


def calls_of_one_run(world: World) -> Calls:
    world.forget_calls()
    run = world.sync()
    assert run.state == "done", run.problem
    return world.calls()


def companies(world: World, number: int, people: int = 0) -> list[str]:
    """A hundred at a time, seconds apart: a list cannot be left between two rows of one second."""
    ids: list[str] = []
    for start in range(0, number, 100):
        rows = [{"Account_Name": f"Company {n:04d}"} for n in range(start, min(start + 100, number))]
        fresh = world.bigin.api.add_all("Accounts", rows)
        for k in range(people):
            contacts = [
                {
                    "First_Name": "Ann",
                    "Last_Name": f"Lee {n}-{k}",
                    "Email": f"ann{n}-{k}@budget.example",
                    "Account_Name": {"id": one},
                }
                for n, one in enumerate(fresh, start)
            ]
            world.bigin.api.add_all("Contacts", contacts)
        ids += fresh
        world.time.forward(2)
    return ids


def test_an_idle_run_costs_the_same_however_much_there_is(world: World) -> None:
    companies(world, 250, people=1)
    world.settle()
    world.time.forward(LATER)
    world.sync()
    world.time.forward(LATER)
    assert calls_of_one_run(world) == IDLE


@pytest.mark.parametrize("number", [7, 230])
def test_the_first_sync_of_companies_with_contacts_is_one_call_each(world: World, number: int) -> None:
    """Persons are nested in their company's create; beside the creates only pages of lists, two hundred rows each."""
    companies(world, number, people=2)
    calls = calls_of_one_run(world)
    pages = {("bigin", "GET", "/Accounts"): -(-number // 200), ("bigin", "GET", "/Contacts"): -(-2 * number // 200)}
    assert calls == {**IDLE, **pages, ("books", "POST", "/contacts"): number}
    assert len(world.look().persons) == 2 * number


@pytest.mark.parametrize(
    ("changed", "reads"), [({"Website": "https://new.example"}, 0), ({"Billing_City": "Zermatt"}, 12)]
)
def test_changed_companies_to_books_are_one_call_each(world: World, changed: dict[str, str], reads: int) -> None:
    """One read more where a part of an address changes: Books replaces the whole, which no list shows."""
    ids = companies(world, 12, people=1)
    world.settle()
    world.time.forward(LATER)
    for one in ids:
        world.bigin.edit("Accounts", one, **changed)
    calls = calls_of_one_run(world)
    assert calls - IDLE == Counter({("books", "PUT", "/contacts/{id}"): 12, ("books", "GET", "/contacts/{id}"): reads})
    after = calls_of_one_run(world)  # the rows that we changed show up once, and are known
    assert after == IDLE


@pytest.mark.parametrize(("moves", "reads"), [(None, 12), (True, 0)], ids=["not known", "known"])
def test_changed_contacts_to_books_are_one_call_each(world: World, moves: bool | None, reads: int) -> None:
    """And a read each, where an edit of a person in Books may show in no list (rules 8.2, 4.4)."""
    probing.learn(
        world.installation, probed.PERSON_MOVES_CUSTOMER, moves, "As asked.", proofs=learned.PROOFS * bool(moves)
    )
    companies(world, 12, people=1)
    world.settle()
    world.time.forward(86_460)  # a night, which reads again what was edited in the second of our own write
    world.settle()
    world.time.forward(LATER)
    for one in world.bigin.all("Contacts"):
        world.bigin.edit("Contacts", one, Title="Director")
    calls = calls_of_one_run(world)
    read = {("books", "GET", "/contacts/{id}"): reads} if reads else {}
    assert calls - IDLE == Counter({("books", "PUT", "/contacts/contactpersons/{id}"): 12, **read})
    after = calls_of_one_run(world) - IDLE
    assert sum(after.values()) <= 12
    assert {call[1] for call in after} <= {"GET"}


@pytest.mark.parametrize(("number", "writes", "pages"), [(3, 1, 1), (100, 1, 1), (130, 2, 1), (230, 3, 2)])
def test_changes_to_bigin_go_by_the_hundred(world: World, number: int, writes: int, pages: int) -> None:
    """ceil(N/100) writes and ceil(N/200) pages to read them back; Books' details are N reads at most."""
    companies(world, number)
    world.settle()
    world.time.forward(LATER)
    for row in world.books.rows("contact"):
        world.books.edit(str(row["contact_id"]), website="https://changed.example")
    calls = calls_of_one_run(world)
    assert calls["bigin", "PUT", "/Accounts"] == writes
    assert calls["bigin", "GET", "/Accounts"] - 1 == pages
    assert calls["books", "GET", "/contacts/{id}"] <= number
    assert {row["Website"] for row in world.bigin.all("Accounts").values()} == {"https://changed.example"}


def test_new_items_to_bigin_go_by_the_hundred(world: World) -> None:
    for number in range(130):
        world.books.item(f"Item {number:03d}", sku=f"I-{number}")
    calls = calls_of_one_run(world)
    assert calls["bigin", "POST", "/Products"] == 2
    assert calls["bigin", "GET", "/Products"] - 1 == 1
    assert len(world.bigin.all("Products")) == 130


def statements(world: World, number: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Of one call of each stage's worker, on a page or chunk of `number` records."""
    found: dict[str, int] = {}

    def counted(module: object, name: str) -> None:
        inner = getattr(module, name)

        def outer(*args: object, **more: object) -> object:
            with CaptureQueriesContext(connection) as queries:
                answer = inner(*args, **more)
            found[name] = max(found.get(name, 0), len(queries))
            return answer

        monkeypatch.setattr(module, name, outer)

    world.fresh()
    for n in range(number):
        world.books.item(f"Item {n:03d}", sku=f"I-{n}")
    companies(world, number, people=1)
    with monkeypatch.context():
        counted(mirror, "store")
        counted(planner, "pair_chunk")
        counted(send_bigin, "read_back")
        world.sync()
        for one in world.bigin.all("Products"):
            world.bigin.edit("Products", one, Description="changed")
        counted(merging, "plan_links")
        world.sync()
        assert Link.objects.filter(kind="product-item", state="linked").count() == number
        for one in world.bigin.all("Products"):
            world.bigin.delete("Products", one)
        counted(deleted, "_store")
        world.sync()
    monkeypatch.undo()
    world.time.install(monkeypatch)
    gone = world.installation.records.filter(kind="product", gone_how="recycled", gone_at__isnull=False)
    assert gone.count() == number
    return found


def test_statements_do_not_grow_with_the_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = statements(world, 4, monkeypatch), statements(world, 60, monkeypatch)
    assert set(few) == {"store", "pair_chunk", "read_back", "plan_links", "_store"}
    assert many == few


def links_written(world: World, people: int) -> int:
    companies(world, 1, people)
    with CaptureQueriesContext(connection) as captured:
        world.sync()
    return sum('UPDATE "sync_link"' in query["sql"] for query in captured.captured_queries)


def test_a_company_settles_with_all_its_persons_at_once(world: World) -> None:
    few = links_written(world, 1)
    world.fresh()
    assert links_written(world, 12) == few > 0


def test_no_claim_walks_over_what_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each looks above the one before: twenty thousand creates would else be two hundred million rows."""
    companies(world, 3)
    claim, asked = outbox.claim, list[int]()

    def noted(work: Work, kind: Kind, side: str, **more: Any) -> list[Write]:
        if side == "books":
            asked.append(more["after"])
        return claim(work, kind, side, **more)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "claim", noted)
        world.sync()
    done = Write.objects.filter(op="create", state="done").order_by("pk").values_list("pk", flat=True)
    assert asked == [0, *done, 0]
