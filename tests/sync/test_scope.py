"""Rules 2.1 and 2.2: list views as the scope, and what happens to a record that leaves them."""

from __future__ import annotations

from sync.models import Cursor, Link, ModuleSetting, Record
from tests.sync.world import World

YORK: dict[str, object] = {"comparator": "equal", "field": {"api_name": "Billing_City", "id": "1"}, "value": "York"}


def in_view(world: World, criteria: dict[str, object] | None = None) -> str:
    """A view of Bigin's own whose rule is known here; its ids are read as any view's."""
    view = next(
        str(row["id"]) for row in world.remotes.bigin.custom_views("Accounts") if row.get("name") == "All Companies"
    )
    ModuleSetting.objects.filter(module="customers").update(
        views={"companies": [view]}, view_rules={view: criteria} if criteria else {}
    )
    return view


def test_rule_2_1_a_view_of_all_companies_keeps_all_of_them(world: World) -> None:
    in_view(world)
    world.remotes.company("Alpine Huts")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_2_1_between_two_readings_the_criteria_decide(world: World) -> None:
    in_view(world)
    world.settle()
    in_view(world, YORK)
    world.remotes.company("Alpine Huts", Billing_City="York")
    world.remotes.company("Kestrel Tours", Billing_City="Leeds")
    world.forget_calls()
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert Record.objects.get(label="Kestrel Tours").in_scope is False


def test_rule_2_2_a_record_that_leaves_the_view_is_left_alone_even_when_it_is_deleted(world: World) -> None:
    in_view(world)
    world.settle()
    in_view(world, YORK)
    company = world.remotes.company("Alpine Huts", Billing_City="York")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    assert world.remotes.customer(customer)["city"] == "York"
    world.remotes.edit_customer(customer, website="https://books.example")
    world.settle()
    assert world.remotes.companies()[company]["Website"] is None
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.CLOSED


def test_rule_2_2_a_record_born_in_books_stays_in_scope_while_it_is_linked(world: World) -> None:
    in_view(world)
    world.settle()
    in_view(world, YORK)
    customer = world.remotes.new_customer("Old Town Walks", billing_address={"city": "Hull"})
    world.settle()
    company = next(iter(world.remotes.companies()))
    world.later()
    world.remotes.edit_customer(customer, website="https://walks.example")
    world.settle()
    assert world.remotes.companies()[company]["Website"] == "https://walks.example"


def test_a_view_that_was_deleted_stops_no_run_and_loses_nobody(world: World) -> None:
    """Rules 2.1: its last members stay in step, and an issue says which view to replace."""
    whole = in_view(world)
    company = world.remotes.company("Alpine Huts")
    world.settle()
    ModuleSetting.objects.filter(module="customers").update(views={"companies": ["4876876000009999999"]})
    Cursor.objects.update(views_read_at=None)
    world.later()
    world.remotes.update("Accounts", company, Website="https://huts.example")
    world.settle()
    [issue] = world.issues("view_gone_company")
    assert "4876876000009999999" in issue.reason
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["website"] == "https://huts.example"
    ModuleSetting.objects.filter(module="customers").update(views={"companies": [whole]})
    Cursor.objects.update(views_read_at=None)
    world.settle()
    assert world.issues("view_gone_company") == []
