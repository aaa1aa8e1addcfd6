"""Rules 2.1 and 2.2: list views as the scope, and what happens to a record that leaves them."""

from __future__ import annotations

import pytest

from sync import actions, services
from sync.models import Cursor, Link, ModuleSetting, Record
from sync.queries import alone
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


def namesakes(world: World) -> tuple[str, str]:
    """A company in none of the views, and the customer of its name."""
    in_view(world)
    world.settle()
    in_view(world, YORK)
    company = world.remotes.company("Alpine Huts", Billing_City="Leeds")
    customer = world.remotes.new_customer("Alpine Huts")
    world.settle()
    world.later()
    return company, customer


def why_alone(world: World, customer: str) -> str:
    record = Record.objects.get(kind="customer", remote_id=customer)
    return alone.reasons(world.installation, "books", [record])[record.pk].text


def test_rule_2_1_a_customer_whose_company_is_in_no_view_is_not_created_beside_it_and_says_whose_it_is(
    world: World,
) -> None:
    _, customer = namesakes(world)
    assert world.company_names() == world.customer_names() == ["Alpine Huts"]
    assert why_alone(world, customer) == (
        "Bigin has it already: Alpine Huts (same name), which is in none of the chosen list views. "
        "What becomes of the two is decided once it is in one of them."
    )
    assert not world.issues()


@pytest.mark.parametrize("how", ["renamed", "renamed and synced alone", "deleted"])
def test_rule_2_1_once_no_company_of_its_name_is_left_the_customer_comes_to_bigin(world: World, how: str) -> None:
    company, customer = namesakes(world)
    if how == "deleted":
        world.remotes.delete("Accounts", company)
    else:
        world.remotes.update("Accounts", company, Account_Name="Kestrel Tours")
    if how == "renamed and synced alone":
        actions.sync_record(world.installation, "Accounts", company)
    world.settle()
    others = ["Kestrel Tours"] if how != "deleted" else []
    assert world.company_names() == ["Alpine Huts", *others]
    assert Link.objects.get(state=Link.State.LINKED).books == Record.objects.get(remote_id=customer)


def test_rule_2_1_a_company_that_enters_a_view_is_linked_with_the_customer_of_its_name(world: World) -> None:
    company, customer = namesakes(world)
    world.remotes.update("Accounts", company, Billing_City="York")
    world.settle()
    assert world.link(company).books == Record.objects.get(remote_id=customer)
    assert world.company_names() == world.customer_names() == ["Alpine Huts"]


def test_rule_2_1_a_customer_does_not_wait_for_a_company_that_somebody_linked_with_another(world: World) -> None:
    company, customer = namesakes(world)
    world.configure(create_in_bigin="none")
    other = world.remotes.new_customer("Kestrel Tours")
    world.settle()
    world.configure(create_in_bigin="active")
    held = {record.remote_id: record for record in Record.objects.filter(remote_id__in=[company, other])}
    services.link(world.installation, held[company], held[other], "Ada")
    world.settle()
    told = world.issue("duplicate_value")  # Bigin takes no second one of its name
    assert told.record == Record.objects.get(remote_id=customer)
    assert why_alone(world, customer) == told.reason


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
