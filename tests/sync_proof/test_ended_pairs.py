"""Deleted on one side, kept on the other, added again by hand: no second record is made unasked (rules 3.1, 5.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync import decisions, hands
from sync.models import Issue, Link, Module, Record
from sync.queries import issues
from tests.sync_proof.people import Row, Snapshot
from tests.sync_proof.world import World

Add = Callable[[World], str]


def company(world: World) -> str:
    return world.bigin.add("Accounts", Account_Name="Alder Walks")


def individual(world: World) -> str:
    return world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")


def contact(world: World) -> str:
    """Of one and the same company."""
    standing = world.bigin.all("Accounts") or {world.bigin.add("Accounts", Account_Name="Birch Tours"): {}}
    return world.bigin.contact(next(iter(standing)), "Ann", "Lee", Email="ann@lee.example")


def product(world: World) -> str:
    return world.bigin.add("Products", Product_Name="Summit Pass", Product_Code="SP-1")


BIGIN: dict[str, tuple[str, Add, str]] = {
    "company": ("Accounts", company, "customer"),
    "individual": ("Contacts", individual, "customer"),
    "contact": ("Contacts", contact, "person"),
    "product": ("Products", product, "item"),
}


def keep(world: World) -> None:
    world.choose(mode="both", include_unattached=True, delete_policy="keep")
    world.choose(Module.PRODUCTS, delete_policy="keep")


def held() -> Issue:
    return Issue.objects.select_related("record", "installation", "link").get(code="ended_pair", state="open")


def link(issue: Issue) -> Link:
    """As the button beside its one candidate does."""
    (candidate,) = issues.candidates(issue)
    made = decisions.link_candidate(issue, candidate.record, "Ada")
    assert made is not None
    return made


@pytest.mark.parametrize("what", BIGIN)
def test_rule_5_1_what_was_kept_in_books_is_offered_to_what_is_added_again_in_bigin(world: World, what: str) -> None:
    module, add, kind = BIGIN[what]
    keep(world)
    first = add(world)
    world.settle()
    stood = world.look().of(kind)
    assert world.bigin.delete(module, first)
    world.settle()
    again = add(world)
    world.settle()
    assert world.look().of(kind) == stood
    issue = held()
    assert (issue.kind, issue.record and issue.record.remote_id) == (Issue.Kind.DUPLICATE, again)
    old = Link.objects.get(bigin__remote_id=first)
    assert old.state == Link.State.CLOSED
    made = link(issue)
    world.settle()
    old.refresh_from_db()
    assert (old.state, made.bigin and made.bigin.remote_id) == (Link.State.REFUSED, again)
    assert list(world.look().of(kind)) == list(stood)
    assert not Issue.objects.filter(state="open").exists()


def _customer(world: World, snapshot: Snapshot) -> Callable[[], object]:
    (customer,) = snapshot.customers
    assert world.books.delete(customer)
    return lambda: world.books.customer("Alder Walks")


def _person(world: World, snapshot: Snapshot) -> Callable[[], object]:
    ((person, row),) = snapshot.persons.items()
    assert world.books.delete_person(person)
    return lambda: world.books.person(
        str(row["contact_id"]), first_name="Ann", last_name="Lee", email="ann@lee.example"
    )


def _item(world: World, snapshot: Snapshot) -> Callable[[], object]:
    (item,) = snapshot.items
    assert world.books.delete_item(item)
    return lambda: world.books.item("Summit Pass", sku="SP-1")


@pytest.mark.parametrize(
    ("what", "delete", "kind"),
    [("company", _customer, "company"), ("contact", _person, "contact"), ("product", _item, "product")],
)
def test_rule_5_1_what_is_added_again_in_books_is_offered_to_what_stayed_in_bigin(
    world: World, what: str, delete: Callable[[World, Snapshot], Callable[[], object]], kind: str
) -> None:
    keep(world)
    world.sandbox.switch(bigin_unique_company="off")
    BIGIN[what][1](world)
    world.settle()
    before = world.look()
    add_again = delete(world, before)
    world.time.forward(90_000)
    world.settle()
    add_again()
    world.settle()
    assert list(world.look().of(kind)) == list(before.of(kind))
    made = link(held())
    world.settle()
    made.refresh_from_db()
    assert made.state == Link.State.LINKED
    assert list(world.look().of(kind)) == list(before.of(kind))
    assert not Issue.objects.filter(state="open").exists()


@pytest.fixture
def twin(world: World) -> tuple[World, str, str]:
    """A customer that was kept, and the company of its name that was added again: their ids."""
    keep(world)
    first = company(world)
    world.settle()
    (customer,) = world.look().customers
    assert world.bigin.delete("Accounts", first)
    world.settle()
    again = company(world)
    world.settle()
    return world, customer, again


def others(world: World, customer: str) -> list[Row]:
    return [row for one, row in world.look().customers.items() if one != customer]


def test_rule_3_1_create_anyway_makes_a_second_one_and_asks_no_more(twin: tuple[World, str, str]) -> None:
    world, customer, again = twin
    decisions.create_anyway(held(), "Ada")
    world.settle()
    assert [row["contact_name"] for row in others(world, customer)] == ["Alder Walks"]
    Record.objects.filter(remote_id=again).update(dirty=True)
    world.settle()
    assert not Issue.objects.filter(state="open").exists()
    assert Link.objects.get(books__remote_id=customer).state == Link.State.CLOSED


def test_rule_5_1_once_the_survivor_is_gone_too_nothing_is_asked(twin: tuple[World, str, str]) -> None:
    world, customer, _ = twin
    assert world.books.delete(customer)
    world.time.forward(90_000)
    world.settle()
    assert [row["contact_name"] for row in others(world, customer)] == ["Alder Walks"]
    assert not Issue.objects.filter(state="open").exists()


def test_rule_5_1_once_the_first_is_restored_the_second_is_one_of_its_own(world: World) -> None:
    keep(world)
    world.sandbox.switch(bigin_unique_company="off")
    first = company(world)
    world.settle()
    (customer,) = world.look().customers
    assert world.bigin.delete("Accounts", first)
    world.settle()
    company(world)
    world.settle()
    assert others(world, customer) == []
    world.time.forward(600)
    assert world.bigin.restore("Accounts", first)
    world.settle()
    world.sync()
    assert Link.objects.get(books__remote_id=customer).state == Link.State.LINKED
    assert [row["contact_name"] for row in others(world, customer)] == ["Alder Walks"]


def test_rule_3_3_a_pair_that_a_person_took_apart_holds_nobody(world: World) -> None:
    keep(world)
    first = company(world)
    world.settle()
    (customer,) = world.look().customers
    assert world.bigin.delete("Accounts", first)
    world.settle()
    hands.unlink(Link.objects.get(books__remote_id=customer), "Ada")
    company(world)
    world.settle()
    assert len(others(world, customer)) == 1
    assert not Issue.objects.filter(state="open").exists()


def test_rule_5_1_what_was_deleted_on_both_sides_and_restored_in_bigin_is_made_again(world: World) -> None:
    """Its deletion found nothing left to delete in Books, and was followed all the same."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.bigin.delete("Accounts", company)
    world.sync()
    assert world.books.delete(next(iter(world.look().customers)))
    world.time.forward(7200)
    world.settle()
    world.bigin.restore("Accounts", company)
    world.settle()
    assert [row["contact_name"] for row in world.look().customers.values()] == ["Alder Walks"]
