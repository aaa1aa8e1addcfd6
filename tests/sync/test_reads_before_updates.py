"""Books replaces a whole address, and perhaps all custom fields: an update is composed from what is there now.

Times of Books have whole seconds and addresses are in no list, so an edit in the very second of our own write moves
nothing that a list shows. The sandbox's clock is set back to that second, so that every run of these tests meets it.
"""

from __future__ import annotations

from typing import Any

import pytest

from sync import send, services, undo
from sync.configure import ConfigureInput
from sync.mapping import Kind, Row, defaults
from sync.models import Record, Write
from tests.sync.test_first_sync import calls_of
from tests.sync.world import World


@pytest.fixture
def pair(world: World) -> tuple[str, str]:
    company = world.remotes.company("Alpine Huts", Billing_City="York", Billing_State="Yorkshire")
    world.settle()
    return company, world.remotes.customer_named("Alpine Huts")


def detail(world: World, customer: str) -> dict[str, Any]:
    found = world.remotes.books.contact(customer)
    assert found is not None
    return found


def edit_unseen(world: World, customer: str, **fields: Any) -> None:
    """A person's edit in the second of our own last write, then time goes on: nothing of it is in the mirror."""
    written = detail(world, customer)["last_modified_time"]
    world.sandbox.control("PUT", "clock", {"now": f"{written[:-2]}:{written[-2:]}"})
    world.remotes.edit_customer(customer, **fields)
    assert detail(world, customer)["last_modified_time"] == written
    world.later(600)
    world.settle()


def address(**parts: str) -> dict[str, str]:
    return {"city": "York", "state": "Yorkshire", **parts}


def test_parts_of_an_address_that_nobody_mapped_outlive_an_update(world: World, pair: tuple[str, str]) -> None:
    company, customer = pair
    edit_unseen(world, customer, billing_address=address(attention="Ada", street2="Floor 3", fax="99"))
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    held = detail(world, customer)["billing_address"]
    assert (held["city"], held["state"]) == ("Leeds", "Yorkshire")
    assert (held["attention"], held["street2"], held["fax"]) == ("Ada", "Floor 3", "99")


def test_mapped_parts_edited_unseen_outlive_it_and_come_to_bigin(world: World, pair: tuple[str, str]) -> None:
    company, customer = pair
    edit_unseen(world, customer, billing_address=address(state="Rutland", zip="LE15"))
    assert world.remotes.companies()[company]["Billing_State"] == "Yorkshire"
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    held = detail(world, customer)["billing_address"]
    assert (held["city"], held["state"], held["zip"]) == ("Leeds", "Rutland", "LE15")
    row = world.remotes.companies()[company]
    assert (row["Billing_City"], row["Billing_State"], row["Billing_Code"]) == ("Leeds", "Rutland", "LE15")


def test_the_very_field_edited_unseen_is_planned_anew_and_the_losing_value_stands(
    world: World, pair: tuple[str, str]
) -> None:
    company, customer = pair
    edit_unseen(world, customer, billing_address=address(city="Hull"))
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    assert detail(world, customer)["billing_address"]["city"] == "Hull"
    assert world.remotes.companies()[company]["Billing_City"] == "Hull"
    assert [write.error for write in world.writes(state="withdrawn")] == ["It had changed there; planned anew."]
    assert world.writes(side="bigin", op="update")[-1].before == {"Billing_City": "Leeds"}


def test_the_code_of_a_state_goes_with_the_state(world: World, pair: tuple[str, str]) -> None:
    company, customer = pair
    edit_unseen(world, customer, billing_address=address(state_code="YKS"))
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    assert detail(world, customer)["billing_address"]["state_code"] == "YKS"
    world.later()
    world.remotes.update("Accounts", company, Billing_State="Rutland")
    world.settle()
    assert detail(world, customer)["billing_address"]["state_code"] == ""


def map_too(world: World, *rows: Row) -> None:
    setting = world.customers
    services.save_settings(setting, ConfigureInput(mapping=[*defaults("customers"), *rows]), "Ada", setting.version)
    world.settle()


def test_a_shipping_address_of_which_one_part_is_mapped_keeps_the_others(world: World, pair: tuple[str, str]) -> None:
    company, customer = pair
    map_too(world, Row(Kind.COMPANY_CUSTOMER, "Description", "shipping_address.city"))
    edit_unseen(world, customer, shipping_address={"city": "Goole", "address": "Dock 4", "zip": "DN14"})
    world.remotes.update("Accounts", company, Description="Whitby")
    world.settle()
    assert detail(world, customer)["shipping_address"]["city"] == "Goole"  # the newer of two edits
    world.later()
    world.remotes.update("Accounts", company, Description="Whitby")
    world.settle()
    held = detail(world, customer)["shipping_address"]
    assert (held["city"], held["address"], held["zip"]) == ("Whitby", "Dock 4", "DN14")


@pytest.mark.parametrize("position", ["merge", "replace"])
def test_custom_fields_that_nobody_mapped_outlive_an_update(world: World, pair: tuple[str, str], position: str) -> None:
    company, customer = pair
    map_too(world, Row(Kind.COMPANY_CUSTOMER, "Description", "cf_loyalty_number"))
    world.sandbox.switch(books_custom_fields_update=position)
    edit_unseen(world, customer, custom_fields=[{"api_name": "cf_travel_style", "value": "Groups"}])
    world.remotes.update("Accounts", company, Description="L-77")
    world.settle()
    held = detail(world, customer)["custom_field_hash"]
    assert (held["cf_loyalty_number"], held["cf_travel_style"]) == ("L-77", "Groups")


def test_custom_fields_of_items_outlive_an_update(world: World) -> None:
    """The sandbox's items have one custom field; a second is made for this."""
    made = {"entity": "item", "label": "Guide"}
    world.remotes.books.client.request("POST", "/settings/fields", json=made)
    season = {"module": "Products", "api_name": "Season__c", "data_type": "text"}
    world.sandbox.control("POST", "bigin/field", season)
    world.sandbox.switch(books_custom_fields_update="replace")
    setting = world.products
    row = Row(Kind.PRODUCT_ITEM, "Season__c", "cf_season")
    services.save_settings(setting, ConfigureInput(mapping=[*defaults("products"), row]), "Ada", setting.version)
    product = world.remotes.product("Glacier walk", Season__c="Winter")
    world.settle()
    (item,) = world.remotes.items()
    customs = [{"api_name": "cf_season", "value": "Winter"}, {"api_name": "cf_guide", "value": "Nils"}]
    world.remotes.books.update_item(item, {"custom_fields": customs})
    world.later()
    world.remotes.update("Products", product, Season__c="Summer")
    world.settle()
    held = (world.remotes.books.item(item) or {})["custom_field_hash"]
    assert (held["cf_season"], held["cf_guide"]) == ("Summer", "Nils")


def test_a_customer_deleted_just_before_its_address_is_sent_is_closed_and_not_made_again(
    world: World, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    company, customer = pair
    world.later()
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    apply = send.apply

    def after_a_deletion(*given: Any) -> None:
        if customer in world.remotes.customers():
            world.remotes.books.delete_contact(customer)
        apply(*given)

    monkeypatch.setattr(send, "apply", after_a_deletion)
    world.settle()
    assert world.customer_names() == []
    assert world.link(company).state == "closed"
    assert world.issue("vanished").reason.startswith("Alpine Huts was deleted in Books")


def test_an_undo_leaves_an_address_alone_that_was_edited_unseen(world: World, pair: tuple[str, str]) -> None:
    company, customer = pair
    world.later()
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    edit_unseen(world, customer, billing_address={"city": "Hull"})
    assert undo.undo_write(world.writes(side="books", op="update")[-1], "Ada").undone == 1
    world.settle()
    (undoing,) = world.writes(undoes__isnull=False)
    assert (undoing.state, undoing.error_code) == ("rejected", "changed_since")
    assert undoing.error == "It was changed in Books since; it is left alone."
    assert detail(world, customer)["billing_address"]["city"] == "Hull"
    assert world.remotes.companies()[company]["Billing_City"] == "Hull"


def test_n_changed_addresses_are_n_writes_and_n_reads(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}", Billing_City="York") for number in range(7)]
    world.settle()
    world.later(300)
    world.settle()
    for company in companies:
        world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.forget_calls()
    world.sync()
    calls = {call: count for call, count in calls_of(world.sandbox).items() if call[0] == "books"}
    assert calls == {
        ("books", "GET", "/contacts"): 1,
        ("books", "GET", "/items"): 1,
        ("books", "GET", "/contacts/{id}"): 7,
        ("books", "PUT", "/contacts/{id}"): 7,
    }
    assert {row.fields["billing_address.city"] for row in Record.objects.filter(kind="customer")} == {"Leeds"}
    assert not Write.objects.filter(state__in=Write.OPEN).exists()
