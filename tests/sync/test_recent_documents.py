"""Rules 2.3: only customers with documents of the last months come to Bigin, whenever they get one; and what is left
out is counted with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import preview, services
from sync.models import Cursor, Proposal, Record, Run
from sync.work import OutOfTime
from tests.sync.test_modes import save
from tests.sync.world import World
from zoho.books import Books

LINE = {"name": "Tour", "rate": "10", "quantity": "1"}


def bill(world: World, customer: str, kind: str = "invoices", months_ago: int = 0) -> None:
    day = (timezone.now() - timedelta(days=31 * months_ago)).date().isoformat()
    world.remotes.books.create_document(kind, {"customer_id": customer, "date": day, "line_items": [LINE]})  # type: ignore[arg-type]


@pytest.fixture
def asking(world: World) -> World:
    world.configure(create_in_bigin="recent", recent_months=3)
    return world


@pytest.mark.parametrize("kind", ["invoices", "estimates", "salesorders"])
def test_rule_2_3_a_customer_comes_with_its_first_document_of_any_kind(asking: World, kind: str) -> None:
    customer = asking.remotes.new_customer("Old Town Walks")
    asking.remotes.new_customer("Quiet Quays")
    asking.settle()
    assert asking.company_names() == []
    assert not Record.objects.filter(side="books", dirty=True).exists()
    asking.later(600)
    bill(asking, customer, kind)
    asking.settle()
    assert asking.company_names() == ["Old Town Walks"]


def test_rule_2_3_documents_before_those_months_count_for_nothing(asking: World) -> None:
    bill(asking, asking.remotes.new_customer("Old Town Walks"), months_ago=4)
    asking.settle()
    assert asking.company_names() == []
    save(asking, recent_months=6)
    asking.settle()
    asking.approve()
    assert asking.company_names() == ["Old Town Walks"]


def test_rule_2_3_an_idle_run_asks_each_list_of_documents_once(asking: World) -> None:
    customers = [asking.remotes.new_customer(f"Harbour {number}") for number in range(4)]
    for customer in customers[:2]:
        bill(asking, customer)
    asking.settle()
    assert asking.company_names() == ["Harbour 0", "Harbour 1"]
    asking.later(600)
    asking.sync()
    asking.forget_calls()
    asking.sync()
    assert asking.calls("books") == 5  # customers, items, invoices, estimates, sales orders


def test_rule_2_3_a_long_list_of_documents_is_read_on_by_the_next_slice(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        bill(asking, asking.remotes.new_customer(f"Harbour {number}"))
    read = Books.documents_page
    pages: list[tuple[str, object]] = []

    def one_a_page(books: Books, kind: str, **wanted: object) -> object:
        if len(pages) == 2:
            pages.append(("cut", 0))
            raise OutOfTime("The time of one slice is over.")
        pages.append((kind, wanted["page"]))
        return read(books, kind, per_page=1, **wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(Books, "documents_page", one_a_page)
    ended = preview.run(asking.installation, None, "person")
    assert ended is not None
    assert ended.run.state == Run.State.PARTIAL
    assert Cursor.objects.get(feed="books_invoices").mark is None
    asking.settle()
    assert [page for kind, page in pages if kind == "invoices"][:3] == [1, 2, 3]
    assert asking.company_names() == ["Harbour 0", "Harbour 1", "Harbour 2"]


@pytest.mark.parametrize("mode", ["companies", "both"])
def test_rule_2_3_individual_customers_that_are_left_out_are_counted_and_named(world: World, mode: str) -> None:
    world.configure(mode=mode)
    company = world.remotes.company("Ada Okafor")
    person = [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}]
    world.remotes.new_customer("Ada Okafor", person, customer_sub_type="individual")
    assert preview.run(world.installation, None, "person") is not None
    left_out = Proposal.objects.get(outcome="skip", side="books")
    assert left_out.reason == "It is an individual customer, and your settings leave those out."
    run = world.sync()
    assert run.counts["customers"]["books"]["excluded"] == 1
    world.later()
    world.remotes.update("Accounts", company, Phone="111")
    world.settle()
    assert world.company_names() == ["Ada Okafor"]
    assert world.remotes.contacts() == {}
    link = world.link(company)
    assert link.books is None or link.books.meta["sub_type"] != "individual"
    individual = Record.objects.get(kind="customer", meta__sub_type="individual")
    assert not individual.dirty
    assert services.record_state(world.installation, "Accounts", company).state != "pending"
