"""Rules 2 and 3: modes and their switches, duplicates, what is created where, decisions that last."""

from __future__ import annotations

import pytest

from sync import services
from sync.configure import ConfigureInput
from sync.models import Decision, Issue, Link
from tests.sync.world import World


def save(world: World, **chosen: object) -> list[str]:
    setting = world.customers
    return services.save_settings(setting, ConfigureInput(**chosen), "Ada", setting.version)  # type: ignore[arg-type]


def people(world: World) -> tuple[str, str, str]:
    company = world.remotes.company("Alpine Huts")
    inside = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    alone = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com", Mailing_City="York")
    return company, inside, alone


def test_companies_and_contacts_leave_out_who_has_no_company(world: World) -> None:
    _, _, alone = people(world)
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    state = services.record_state(world.installation, "Contacts", alone)
    assert state.state == "not_synced"
    assert "no company" in state.reason


def test_include_contacts_without_company_makes_individual_customers(world: World) -> None:
    world.configure(include_unattached=True)
    people(world)
    world.settle()
    assert world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    customer = world.remotes.customer(world.remotes.customer_named("Ada Okafor"))
    assert customer["customer_sub_type"] == "individual"
    assert customer["city"] == "York"
    assert [person["email"] for person in customer["persons"]] == ["ada@example.com"]


def test_contacts_mode_makes_every_contact_a_customer_with_its_company_as_a_field(world: World) -> None:
    world.configure(mode="contacts")
    people(world)
    world.settle()
    rows = {row["contact_name"]: row for row in world.remotes.customers().values()}
    assert sorted(rows) == ["Ada Okafor", "Nils Berg"]
    assert rows["Nils Berg"]["company_name"] == "Alpine Huts"


def test_companies_mode_leaves_contacts_alone(world: World) -> None:
    world.configure(mode="companies")
    people(world)
    world.settle()
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert customer["persons"] == []
    assert world.customer_names() == ["Alpine Huts"]


def test_contacts_mode_links_by_e_mail_fills_gaps_and_overwrites_nothing(world: World) -> None:
    world.configure(mode="contacts")
    contact = world.remotes.contact(
        "Okafor", First_Name="Ada", Email="ada@example.com", Title="Owner", Phone="111 222 333"
    )
    customer = world.remotes.new_customer(
        "Okafor, Ada",
        [
            {
                "first_name": "Ada",
                "last_name": "Okafor",
                "email": "ada@example.com",
                "phone": "999 888 777",
                "mobile": "555 444 333",
            }
        ],
        customer_sub_type="individual",
    )
    world.settle()
    row, there = world.remotes.contacts()[contact], world.remotes.customer(customer)["persons"][0]
    assert (row["Phone"], row["Mobile"]) == ("111 222 333", "555 444 333")
    assert (there["phone"], there["designation"]) == ("999 888 777", "Owner")
    assert world.customer_names() == ["Okafor, Ada"]


def test_an_individual_customer_follows_its_contact(world: World) -> None:
    world.configure(mode="contacts")
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    customer = world.remotes.customer_named("Ada Okafor")
    world.later()
    world.remotes.update("Contacts", contact, Mobile="0207 946 0018", Mailing_City="Leeds", Last_Name="Okafor-Berg")
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["persons"][0]["mobile"], row["city"]) == ("0207 946 0018", "Leeds")
    assert (row["contact_name"], row["persons"][0]["last_name"]) == ("Ada Okafor-Berg", "Okafor-Berg")


def test_a_mode_switch_retires_links_and_coming_back_revives_them(world: World) -> None:
    company, inside, _ = people(world)
    world.settle()
    before = world.link(inside).pk
    warnings = save(world, mode="companies")
    assert any("rest now" in warning for warning in warnings)
    world.settle()
    assert Link.objects.get(pk=before).state == Link.State.RETIRED
    save(world, mode="both")
    world.settle()
    assert world.link(inside).pk == before
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert len(customer["persons"]) == 1
    assert world.link(company).state == Link.State.LINKED


def test_a_switch_to_contacts_and_back_doubles_nothing(world: World) -> None:
    people(world)
    world.settle()
    save(world, mode="contacts")
    world.settle()
    world.approve()
    save(world, mode="both")
    world.settle()
    world.approve()
    assert len(world.remotes.contacts()) == 2
    assert world.company_names() == ["Alpine Huts"]
    names = world.customer_names()
    assert names.count("Alpine Huts") == 1
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("first", "then"), [("both", "contacts"), ("contacts", "both")])
def test_rule_5_1_a_deleted_contact_does_not_come_back_with_a_change_of_mode(
    world: World, first: str, then: str
) -> None:
    """It was deleted while its pair rested, before any run saw it."""
    world.configure(mode=first, delete_policy="keep")
    person = {"first_name": "Nils", "last_name": "Berg", "email": "nils@alpine.example"}
    world.remotes.new_customer("Alpine Huts", [person], customer_sub_type="business")
    world.settle()
    inside = next(iter(world.remotes.contacts()))
    save(world, mode=then)
    world.remotes.delete("Contacts", inside)
    world.settle()
    world.approve()
    assert not world.remotes.contacts()
    issue = world.issue("contact_deleted")
    assert issue.reason.startswith("Nils Berg was its contact in another mode and was deleted in Bigin")
    world.sandbox.control("POST", "bigin/restore", {"module": "Contacts", "id": inside})
    world.later()
    world.settle()
    assert not world.issues("contact_deleted")
    assert list(world.remotes.contacts()) == [inside]
    if then == "contacts":
        assert world.link(inside).state == Link.State.LINKED


def test_rule_5_1_a_person_may_ask_for_it_all_the_same(world: World) -> None:
    world.configure(delete_policy="keep")
    _, inside, _ = people(world)
    world.settle()
    save(world, mode="contacts")
    world.remotes.delete("Contacts", inside)
    world.settle()
    services.create_anyway(world.issue("contact_deleted"), "Ada")
    world.settle()
    assert not world.issues("contact_deleted")
    assert [row["Email"] for row in world.remotes.contacts().values() if row["First_Name"] == "Nils"] == [
        "nils@alpine.example"
    ]


def test_rule_3_2_overwrite_links_and_bigin_wins(world: World) -> None:
    company = world.remotes.company("Alpine Huts", Website="https://bigin.example")
    customer = world.remotes.new_customer(
        "ALPINE HUTS", website="https://books.example", billing_address={"city": "Zermatt"}
    )
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["contact_name"], row["website"], row["city"]) == ("Alpine Huts", "https://bigin.example", "Zermatt")
    assert world.remotes.companies()[company]["Billing_City"] == "Zermatt"
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_3_2_skip_remembers_the_pair_and_leaves_both_alone(world: World) -> None:
    world.configure(duplicates="skip")
    company = world.remotes.company("Alpine Huts", Website="https://bigin.example")
    customer = world.remotes.new_customer("Alpine Huts", website="https://books.example")
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://books.example"
    assert world.company_names() == world.customer_names() == ["Alpine Huts"]
    decision = Decision.objects.get()
    assert (decision.bigin_id, decision.books_id, decision.verdict) == (company, customer, "skipped")


def test_rule_3_2_clone_makes_a_second_customer_and_keeps_the_original_apart(world: World) -> None:
    world.configure(duplicates="clone")
    world.remotes.company("Alpine Huts")
    original = world.remotes.new_customer("Alpine Huts", website="https://books.example")
    world.settle()
    rows = world.remotes.customers()
    assert sorted(row["contact_name"] for row in rows.values()) == ["Alpine Huts", "Alpine Huts (2)"]
    assert {row["company_name"] for row in rows.values()} == {"Alpine Huts"}
    assert rows[original]["website"] == "https://books.example"
    assert world.company_names() == ["Alpine Huts"]
    assert Decision.objects.get().verdict == "apart"


def test_rule_3_3_decisions_survive_a_mode_change(world: World) -> None:
    world.configure(duplicates="skip")
    world.remotes.company("Alpine Huts")
    world.remotes.new_customer("Alpine Huts")
    world.settle()
    save(world, mode="contacts")
    world.settle()
    world.approve()
    save(world, mode="both")
    world.settle()
    world.approve()
    assert world.company_names() == world.customer_names() == ["Alpine Huts"]
    assert Decision.objects.count() == 1


def test_rule_3_1_a_weak_likeness_is_held_and_a_person_links_it(world: World) -> None:
    company = world.remotes.company("Alpine Huts Ltd")
    customer = world.remotes.new_customer("Alpine Huts Limited")
    world.settle()
    issues = world.issues("possible_duplicate")
    assert len(issues) == 2
    assert world.customer_names() == ["Alpine Huts Limited"]
    mine = next(issue for issue in issues if issue.record and issue.record.side == "bigin")
    other = next(issue.record for issue in issues if issue.record and issue.record.side == "books")
    assert other is not None
    services.link_candidate(mine, other, "Ada")
    world.settle()
    assert not world.issues()
    assert world.remotes.customer(customer)["contact_name"] == "Alpine Huts Ltd"
    assert world.link(company).books.remote_id == customer  # type: ignore[union-attr]


def test_rule_3_1_or_creates_it_anyway(world: World) -> None:
    world.remotes.company("Alpine Huts Ltd")
    world.remotes.new_customer("Alpine Huts Limited")
    world.settle()
    for issue in world.issues("possible_duplicate"):
        services.create_anyway(issue, "Ada")
    world.settle()
    assert world.customer_names() == ["Alpine Huts Limited", "Alpine Huts Ltd"]
    assert world.company_names() == ["Alpine Huts Limited", "Alpine Huts Ltd"]
    assert not world.issues()


def test_rule_3_1_two_records_that_claim_one_are_held(world: World) -> None:
    world.remotes.product("Glacier walk", Product_Code="GW-1")
    world.remotes.new_item("Glacier walk", sku="GW-2")
    world.remotes.new_item("Night walk", sku="GW-1")
    world.settle()
    issue = next(one for one in world.issues("candidates") if one.record and one.record.side == "bigin")
    assert {candidate["label"] for candidate in issue.detail["candidates"]} == {"Glacier walk", "Night walk"}
    assert len(world.remotes.items()) == 2


def test_rule_1_3_nothing_is_written_under_the_name_of_a_vendor(world: World) -> None:
    world.remotes.new_customer("Alpine Huts", contact_type="vendor")
    company = world.remotes.company("Alpine Huts")
    world.settle()
    issue = world.issue("reserved_name")
    assert "Alpine Huts (Customer)" in issue.advice
    assert world.customer_names() == []
    services.create_anyway(issue, "Ada")
    world.settle()
    assert world.customer_names() == ["Alpine Huts (Customer)"]
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts"


def test_rule_2_3_inactive_customers_are_never_created(world: World) -> None:
    customer = world.remotes.new_customer("Old Town Walks")
    world.remotes.books.contact_inactive(customer)
    world.settle()
    assert world.company_names() == []


def test_rule_2_3_nothing_is_created_in_bigin_where_the_administrator_says_so(world: World) -> None:
    world.configure(create_in_bigin="none")
    world.remotes.new_customer("Old Town Walks")
    world.settle()
    assert world.company_names() == []


def test_rule_2_3_recent_asks_for_documents(world: World) -> None:
    world.configure(create_in_bigin="recent")
    world.remotes.new_customer("Old Town Walks")
    busy = world.remotes.new_customer("Kestrel Tours")
    line = {"name": "Tour", "rate": "10", "quantity": "1"}
    world.remotes.books.create_document("invoices", {"customer_id": busy, "line_items": [line]})
    world.settle()
    assert world.company_names() == ["Kestrel Tours"]


def test_rule_2_3_individual_customers_become_contacts_only_when_they_are_included(world: World) -> None:
    person = [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}]
    world.remotes.new_customer("Ada Okafor", person, customer_sub_type="individual")
    world.settle()
    assert world.remotes.contacts() == {}
    assert world.company_names() == []
    save(world, include_unattached=True)
    world.settle()
    world.approve()
    assert [row["Last_Name"] for row in world.remotes.contacts().values()] == ["Okafor"]
    assert world.company_names() == []


def test_rule_2_4_only_what_is_sold_is_kept_in_step(world: World) -> None:
    world.remotes.new_item("Boat hire")
    world.remotes.new_item("Diesel", item_type="purchases", purchase_rate="3")
    world.settle()
    assert [row["Product_Name"] for row in world.remotes.products().values()] == ["Boat hire"]


def test_rule_3_5_the_same_e_mail_in_two_companies_is_told_once(world: World) -> None:
    person = [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}]
    world.sandbox.switch(books_person_email_unique="contact")
    world.remotes.new_customer("Alpine Huts", person)
    world.remotes.new_customer("Kestrel Tours", person)
    world.settle()
    assert world.issue("duplicate_value").kind == Issue.Kind.REJECTED


def test_a_business_customer_goes_from_its_contact_to_its_company_when_the_mode_changes(world: World) -> None:
    world.configure(mode="contacts", include_unattached=True)
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    customer = world.remotes.new_customer(
        "ALPINE HUTS", [{"first_name": "Nils", "last_name": "Berg", "email": "nils@alpine.example"}]
    )
    world.settle()
    save(world, mode="both", include_unattached=True)
    world.settle()
    assert len(world.customer_names()) == 1
    assert world.link(company).books.remote_id == customer  # type: ignore[union-attr]
    assert len(world.remotes.contacts()) == 1
