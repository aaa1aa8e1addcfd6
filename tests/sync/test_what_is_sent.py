"""Rules 1.2, 4.3, 4.5, 4.6, 6.1, 6.3: what stands in the calls that write, and in what they make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync import billing, services
from sync.configure import ConfigureInput
from sync.fields import FieldType
from sync.mapping import Kind, Row, defaults
from sync.models import Issue
from tests.sync.test_billing import ensure
from tests.sync.test_conflicts import picklist
from tests.sync.world import World
from zoho.client import Client


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str, Any]]:
    """(product, method, path with its parameters, body) of every call that writes."""
    held: list[tuple[str, str, str, Any]] = []
    send = Client._send

    def watched(self: Client, call: Any, token: str) -> Any:
        if call.method != "GET":
            body = json.loads(call.body) if call.body else None
            held.append((self.product, call.method, f"{call.path}?{dict(call.params)}", body))
        return send(self, call, token)

    monkeypatch.setattr(Client, "_send", watched)
    return held


def test_rule_1_2_every_write_to_bigin_keeps_workflows_still_and_none_to_books_opens_a_portal(
    world: World, sent: list[tuple[str, str, str, Any]]
) -> None:
    leo = {"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"}
    customer = world.remotes.new_customer("Old Town Walks", [leo])
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    sent.clear()
    first = world.sync()
    world.later()
    world.remotes.edit_customer(customer, website="https://walks.example")
    world.remotes.update("Accounts", company, Website="https://alpine.example")
    mine = len(sent)
    world.settle()
    services.undo_run(first, "Ada")
    world.settle()
    ours = [call for place, call in enumerate(sent) if place not in (mine - 2, mine - 1)]
    bigin = [(method, path, body) for product, method, path, body in ours if product == "bigin"]
    assert {method for method, _, _ in bigin} == {"POST", "PUT", "DELETE"}
    for method, path, body in bigin:
        if method == "DELETE":
            assert "'wf_trigger': 'false'" in path
        else:
            assert body["trigger"] == []
    books = [body for product, _, _, body in ours if product == "books"]
    assert len(books) > 2
    assert "enable_portal" not in json.dumps(books)


def test_rule_4_3_the_phone_of_a_person_is_the_persons_on_both_sides(world: World) -> None:
    company = world.remotes.company("Alpine Huts", Phone="0207 946 0001")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Phone="0207 946 0002", Email="n@alpine.example")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    row = world.remotes.customer(customer)
    assert (row["phone"], row["persons"][0]["phone"]) == ("0207 946 0001", "0207 946 0002")
    world.later()
    person = world.link(contact).books
    assert person is not None
    world.remotes.books.update_person(person.remote_id, {"phone": "0207 946 0003"})
    world.remotes.edit_customer(customer, notes="Rang")  # a person's edit alone may move no time of its customer
    world.settle()
    assert world.remotes.contacts()[contact]["Phone"] == "0207 946 0003"
    assert world.remotes.companies()[company]["Phone"] == "0207 946 0001"


def test_rule_4_5_a_value_that_bigin_lacks_skips_the_record_too(world: World) -> None:
    picklist(world)
    row = Row(Kind.COMPANY_CUSTOMER, "Industry__c", "notes", FieldType.PICKLIST)
    lists = {"bigin": {"Industry__c": ["Travel", "Mining"]}}
    chosen = ConfigureInput(mapping=[*defaults("customers"), row], picklists=lists)
    setting = world.customers
    services.save_settings(setting, chosen, "Ada", setting.version)
    world.remotes.new_customer("Harbour Lights", notes="Fishing")
    world.settle()
    assert world.company_names() == []
    assert "does not offer 'Fishing'" in world.issue("picklist").reason


def test_rule_4_5_a_rep_who_bills_is_not_blocked_but_warned(world: World) -> None:
    picklist(world)
    company = world.remotes.company("Alpine Huts", Industry__c="Mining")
    world.settle()
    assert world.customer_names() == []
    made = ensure(world, "Accounts", company)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.warnings == ("Industry__c was left out: Books does not offer 'Mining'.",)
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_4_6_without_that_user_in_bigin_the_default_owner_of_the_settings_has_it(world: World) -> None:
    users = world.remotes.bigin.users("ActiveUsers")
    mine = next(str(user["id"]) for user in users if user["email"] == world.sandbox.users[0]["email"])
    chosen = next(str(user["id"]) for user in users if str(user["id"]) != mine)
    setting = world.customers
    services.save_settings(setting, ConfigureInput(defaults={"owner_id": chosen}), "Ada", setting.version)
    world.remotes.new_customer("Old Town Walks")
    world.settle()
    row = world.remotes.bigin.get("Accounts", next(iter(world.remotes.companies())), ["Owner"])
    assert row is not None
    assert row["Owner"]["id"] == chosen


def test_rule_6_1_a_currency_is_named_when_a_customer_is_made_and_never_again(
    world: World, sent: list[tuple[str, str, str, Any]]
) -> None:
    currency = str(world.remotes.books.currencies()[0]["currency_id"])
    setting = world.customers
    services.save_settings(setting, ConfigureInput(defaults={"currency_id": currency}), "Ada", setting.version)
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example", Billing_City="Bern")
    world.settle()
    writes = [(method, body) for product, method, _, body in sent if product == "books"]
    assert [(method, "currency_id" in body) for method, body in writes] == [("POST", True), ("PUT", False)]


def test_rule_6_3_what_the_edition_demands_is_named_and_its_default_ends_it(world: World) -> None:
    world.sandbox.switch(books_edition="india")
    world.remotes.company("Alpine Huts")
    world.settle()
    issue = world.issue("mandatory_missing")
    assert issue.kind == Issue.Kind.REJECTED
    assert "gst_treatment" in issue.reason
    assert "Configure" in issue.advice
    assert world.customer_names() == []
    setting = world.customers
    presets = {"gst_treatment": "consumer", "place_of_contact": "KA"}
    services.save_settings(setting, ConfigureInput(defaults=presets), "Ada", setting.version)
    world.settle()
    detail = world.remotes.books.contact(world.remotes.customer_named("Alpine Huts")) or {}
    assert {name: detail[name] for name in presets} == presets
    assert not world.issues()


def test_rule_6_3_new_items_get_the_type_and_account_of_the_settings_and_no_tax_of_ours(
    world: World, sent: list[tuple[str, str, str, Any]]
) -> None:
    setting = world.products
    presets = {"product_type": "service"}
    services.save_settings(setting, ConfigureInput(defaults=presets), "Ada", setting.version)
    world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    world.settle()
    bodies = [body for product, method, _, body in sent if (product, method) == ("books", "POST")]
    assert [(body["product_type"], "tax_id" in body) for body in bodies] == [("service", False)]
    assert (world.remotes.books.item(next(iter(world.remotes.items()))) or {})["product_type"] == "service"
