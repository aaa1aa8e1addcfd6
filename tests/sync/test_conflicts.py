"""Rules 4 and 6: fields on both sides, conflicts and their resolution, what is never carried."""

from __future__ import annotations

import pytest

from accounts.models import Installation
from sync import services
from sync.configure import ConfigureInput
from sync.fields import FieldType
from sync.mapping import Kind, Row, defaults
from sync.models import Issue, Write
from tests.sync.world import World


def pair(world: World, **fields: object) -> tuple[str, str]:
    company = world.remotes.company("Alpine Huts", **fields)
    world.settle()
    return company, world.remotes.customer_named("Alpine Huts")


def both_rename(world: World) -> tuple[str, str]:
    company, customer = pair(world)
    world.later()
    world.remotes.update("Accounts", company, Account_Name="Alpine Huts Bigin")
    world.remotes.edit_customer(customer, contact_name="Alpine Huts Books")
    world.settle()
    return company, customer


def test_different_fields_changed_on_both_sides_merge(world: World) -> None:
    company, customer = pair(world, Website="https://old.example", Billing_City="York")
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.remotes.edit_customer(customer, billing_address={"city": "Leeds"})
    world.settle()
    row, there = world.remotes.companies()[company], world.remotes.customer(customer)
    assert (row["Website"], row["Billing_City"]) == ("https://new.example", "Leeds")
    assert (there["website"], there["city"]) == ("https://new.example", "Leeds")


def test_rule_4_4_both_renamed_asks_and_shows_both_values_and_the_last_common_one(world: World) -> None:
    company, customer = both_rename(world)
    issue = world.issue("both_changed")
    assert issue.kind == Issue.Kind.CLASH
    assert issue.detail["Account_Name"] == {
        "bigin": "Alpine Huts Bigin",
        "books": "Alpine Huts Books",
        "base": "Alpine Huts",
        "books_field": "contact_name",
    }
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts Bigin"
    assert world.remotes.customer(customer)["contact_name"] == "Alpine Huts Books"


def test_a_conflict_beside_another_change_is_counted_once_and_named_as_on_the_screens(world: World) -> None:
    """What settles makes the pair be planned a second time in the same run."""
    company, customer = pair(world)
    world.later()
    world.remotes.update("Accounts", company, Account_Name="Alpine North", Phone="+44 20 7946 0123")
    world.remotes.books.update_contact(customer, {"contact_name": "Alpine South"})
    run = world.sync()
    assert run.counts["customers"]["both"] == {"conflicts": 1}
    assert world.remotes.customer(customer)["phone"] == "+44 20 7946 0123"
    assert world.issue("both_changed").reason == (
        "Bigin and Books hold different values: Account Name ('Alpine North' or 'Alpine South')."
    )


@pytest.mark.parametrize(("side", "name"), [("bigin", "Alpine Huts Bigin"), ("books", "Alpine Huts Books")])
def test_rule_4_4_a_person_chooses_and_both_sides_have_it(world: World, side: str, name: str) -> None:
    company, customer = both_rename(world)
    services.resolve_clash(world.issue("both_changed"), {"Account_Name": side}, "Ada")
    world.settle()
    assert not world.issues()
    assert world.remotes.companies()[company]["Account_Name"] == name
    assert world.remotes.customer(customer)["contact_name"] == name


def test_a_second_click_on_a_conflict_does_nothing(world: World) -> None:
    company, _ = both_rename(world)
    issue = world.issue("both_changed")
    services.resolve_clash(issue, {"Account_Name": "bigin"}, "Ada")
    services.resolve_clash(issue, {"Account_Name": "books"}, "Eva")
    world.settle()
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts Bigin"


def test_a_value_that_moved_since_it_was_shown_is_asked_again(world: World) -> None:
    _, customer = both_rename(world)
    issue = world.issue("both_changed")
    world.later()
    world.remotes.edit_customer(customer, contact_name="Alpine Huts Third")
    services.resolve_clash(issue, {"Account_Name": "bigin"}, "Ada")
    world.settle()
    assert world.issue("both_changed").detail["Account_Name"]["books"] == "Alpine Huts Third"
    assert world.remotes.customer(customer)["contact_name"] == "Alpine Huts Third"


def test_rule_4_4_the_losing_value_stands_in_activity(world: World) -> None:
    company, customer = pair(world, Website="https://old.example")
    world.later()
    world.remotes.edit_customer(customer, website="https://books.example")
    world.settle()
    world.later()
    world.configure(policy="bigin")
    world.remotes.update("Accounts", company, Website="https://bigin.example")
    world.remotes.edit_customer(customer, website="https://lost.example")
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://bigin.example"
    assert world.writes(side="books", op="update")[-1].before == {"website": "https://lost.example"}


def test_rule_4_2_an_emptied_field_is_carried_and_an_emptied_e_mail_is_told(world: World) -> None:
    company = world.remotes.company("Alpine Huts", Website="https://old.example")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example", Title="Guide")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website=None)
    world.remotes.update("Contacts", contact, Email=None, Title=None)
    world.settle()
    row = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert row["website"] == ""
    assert (row["persons"][0]["email"], row["persons"][0]["designation"]) == ("nils@alpine.example", "")
    assert world.issue("cleared").detail == {"fields": ["Email"]}


def test_rule_4_1_one_name_is_the_first_name_in_books_and_the_last_in_bigin(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Cher", company, Email="cher@alpine.example")
    world.remotes.new_customer("Old Town Walks", [{"first_name": "Prince", "email": "prince@oldtown.example"}])
    world.settle()
    person = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"][0]
    assert (person["first_name"], person["last_name"]) == ("Cher", "")
    names = {(row["First_Name"], row["Last_Name"]) for row in world.remotes.contacts().values()}
    assert names == {(None, "Cher"), (None, "Prince")}


def test_rule_4_1_a_name_too_long_is_told_and_never_cut(world: World) -> None:
    world.remotes.new_customer(
        "Old Town Walks", [{"first_name": "A" * 60, "last_name": "Marsh", "email": "a@oldtown.example"}]
    )
    world.settle()
    assert world.remotes.contacts() == {}
    assert "60 characters; Bigin takes 40" in world.issue("name_too_long").reason


def test_rule_4_3_the_phone_of_a_company_is_that_of_the_billing_address(world: World) -> None:
    company, customer = pair(world, Phone="+44 20 7946 0018")
    assert world.remotes.customer(customer)["phone"] == "+44 20 7946 0018"
    world.later()
    world.remotes.edit_customer(customer, billing_address={"phone": "+44 20 7946 0099", "city": "York"})
    world.settle()
    assert world.remotes.companies()[company]["Phone"] == "+44 20 7946 0099"


def test_what_of_an_address_is_not_mapped_is_not_lost_by_an_update(world: World) -> None:
    """Books may replace a whole address; the sandbox does (switch books_address_update)."""
    company, customer = pair(world, Billing_City="York")
    world.remotes.edit_customer(customer, billing_address={"city": "York", "attention": "Ada", "street2": "Floor 3"})
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Billing_City="Leeds")
    world.settle()
    address = (world.remotes.books.contact(customer) or {})["billing_address"]
    assert (address["city"], address["attention"], address["street2"]) == ("Leeds", "Ada", "Floor 3")


def test_persons_of_a_customer_survive_every_update_of_it(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.remotes.books.create_person(customer, {"first_name": "Only", "last_name": "Inbooks"})
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example", Account_Name="Alpine Huts AG")
    world.settle()
    assert len(world.remotes.customer(customer)["persons"]) == 2


def products(world: World) -> tuple[str, str]:
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    world.settle()
    return product, next(iter(world.remotes.items()))


def test_rule_6_4_the_price_flows_from_books_once_linked(world: World) -> None:
    product, item = products(world)
    assert world.remotes.items()[item]["rate"] == "40.00"
    world.later()
    world.remotes.books.update_item(item, {"rate": "45"})
    world.settle()
    assert world.remotes.products()[product]["Unit_Price"] == "45.00"
    world.later()
    world.remotes.update("Products", product, Unit_Price=99)
    world.settle()
    assert world.remotes.items()[item]["rate"] == "45.00"


def test_rule_6_4_a_product_without_price_becomes_an_item_of_zero_with_a_warning(world: World) -> None:
    world.remotes.product("Glacier walk")
    world.settle()
    assert [row["rate"] for row in world.remotes.items().values()] == ["0.00"]
    assert "price 0" in world.writes(op="create")[0].error


def test_rule_6_4_active_and_inactive_follow_each_other(world: World) -> None:
    product, item = products(world)
    world.later()
    world.remotes.update("Products", product, Product_Active=False)
    world.settle()
    assert world.remotes.items()[item]["status"] == "inactive"
    world.later()
    world.remotes.books.item_active(item)
    world.settle()
    assert world.remotes.products()[product]["Product_Active"] is True


def test_an_inactive_product_becomes_an_inactive_item(world: World) -> None:
    world.remotes.product("Glacier walk", Product_Active=False, Unit_Price=40)
    world.settle()
    assert [row["status"] for row in world.remotes.items().values()] == ["inactive"]


def test_rule_6_1_with_different_currencies_names_still_sync_and_prices_do_not(world: World) -> None:
    Installation.objects.update(bigin_currency="USD", books_currency="EUR")
    world.installation.refresh_from_db()
    product, item = products(world)
    assert world.remotes.items()[item]["rate"] == "0.00"
    world.later()
    world.remotes.books.update_item(item, {"rate": "45", "name": "Glacier hike"})
    world.settle()
    row = world.remotes.products()[product]
    assert (row["Unit_Price"], row["Product_Name"]) == ("40.00", "Glacier hike")
    setting = world.products
    warnings = services.save_settings(setting, ConfigureInput(policy="bigin"), "Ada", setting.version)
    assert any("currencies" in warning for warning in warnings)


def picklist(world: World) -> Row:
    row = Row(Kind.COMPANY_CUSTOMER, "Industry__c", "cf_industry", FieldType.PICKLIST)
    door = world.sandbox.control
    door("POST", "bigin/field", {"module": "Accounts", "api_name": "Industry__c", "data_type": "picklist",
                                 "choices": ["Travel", "Mining"]})  # fmt: skip
    setting = world.customers
    lists = {"books": {"cf_industry": ["Travel"]}, "bigin": {"Industry__c": ["Travel", "Mining"]}}
    chosen = ConfigureInput(mapping=[*defaults("customers"), row], picklists=lists)
    services.save_settings(setting, chosen, "Ada", setting.version)
    return row


def test_rule_4_5_a_picklist_value_that_books_lacks_skips_the_record(world: World) -> None:
    picklist(world)
    company = world.remotes.company("Alpine Huts", Industry__c="Mining")
    world.settle()
    assert world.customer_names() == []
    issue = world.issue("picklist")
    assert "'Mining'" in issue.reason
    assert "cf industry" in issue.reason
    world.later()
    world.remotes.update("Accounts", company, Industry__c=None)
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert not world.issues()


def test_rule_4_2_a_field_mapped_later_is_unknown_until_it_is_read(world: World) -> None:
    company, customer = pair(world, Description="Open in winter")
    row = Row(Kind.COMPANY_CUSTOMER, "Description", "notes", FieldType.MULTILINE)
    setting = world.customers
    warnings = services.save_settings(
        setting, ConfigureInput(mapping=[*defaults("customers"), row]), "Ada", setting.version
    )
    assert any("from the beginning" in warning for warning in warnings)
    assert not Write.objects.filter(state="pending").exists()
    world.settle()
    assert (world.remotes.books.contact(customer) or {})["notes"] == "Open in winter"
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts"


def test_rule_1_2_no_workflow_runs_and_no_portal_opens_for_what_we_write(world: World) -> None:
    world.remotes.new_customer(
        "Old Town Walks", [{"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"}]
    )
    before = world.sandbox.control("GET", f"bigin/workflows?org={world.installation.bigin_org_id}")["runs"]
    world.settle()
    assert len(world.company_names()) == 1
    after = world.sandbox.control("GET", f"bigin/workflows?org={world.installation.bigin_org_id}")["runs"]
    assert before == after == []
