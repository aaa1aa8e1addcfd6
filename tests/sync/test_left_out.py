"""Rules 1 to 3, the other halves: what is not started, not read as ours, or counted as left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Quota
from sync import mapping, preview, room, schedule, scope, services, sources, tasks
from sync import shape as shapes
from sync.models import Cursor, Decision, Issue, Link, ModuleSetting, Proposal, Record
from sync.work import Work
from tests.sync.test_conflicts import picklist
from tests.sync.test_modes import save
from tests.sync.test_scope import in_view
from tests.sync.world import World


def test_rule_1_1_a_module_that_was_not_started_is_left_alone_by_every_door(world: World) -> None:
    ModuleSetting.objects.filter(module="products").update(started_at=None, next_run_at=timezone.now(), queued_at=None)
    world.remotes.company("Alpine Huts")
    product = world.remotes.product("Glacier walk", Unit_Price=40)
    ModuleSetting.objects.update(queued_at=None)
    assert [row.module for row in schedule.due(timezone.now() + timedelta(days=1))] == ["customers"]
    assert services.request_sync(world.installation, ["products"], "person", "Ada") == "not_started"
    assert tasks.run_sync(str(world.installation.pk), ["customers", "products"], "schedule") == "done"
    tasks.run_record(str(world.installation.pk), "Products", product)
    assert world.customer_names() == ["Alpine Huts"]
    assert world.remotes.items() == {}
    assert not world.writes(link__kind="product-item")


def test_rule_1_3_an_inactive_customer_of_that_name_is_never_written_to(world: World) -> None:
    customer = world.remotes.new_customer("Alpine Huts", website="https://books.example")
    world.remotes.books.contact_inactive(customer)
    company = world.remotes.company("Alpine Huts", Website="https://bigin.example")
    world.settle()
    issue = world.issue("inactive_namesake")
    assert "Alpine Huts (Customer)" in issue.advice
    row = world.remotes.customer(customer)
    assert (row["website"], row["status"]) == ("https://books.example", "inactive")
    services.create_anyway(issue, "Ada")
    world.settle()
    assert sorted(world.customer_names()) == ["Alpine Huts", "Alpine Huts (Customer)"]
    assert world.remotes.customer(customer)["website"] == "https://books.example"
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts"


def test_rule_2_1_the_ids_of_a_view_are_read_every_six_hours_and_not_before(world: World) -> None:
    in_view(world)
    world.remotes.company("Alpine Huts")
    world.settle()
    read = Cursor.objects.get(feed="bigin_companies").views_read_at
    assert read is not None
    for age, again in ((timedelta(hours=5, minutes=59), False), (timedelta(hours=6, minutes=1), True)):
        stamp = timezone.now() - age
        Cursor.objects.filter(feed="bigin_companies").update(views_read_at=stamp)
        world.sync()
        assert (Cursor.objects.get(feed="bigin_companies").views_read_at != stamp) is again


@pytest.mark.parametrize(("members", "hours"), [(2_000, 6), (20_000, 14.5)])
def test_rule_2_1_a_large_view_is_read_less_often_so_that_a_tenth_of_the_days_credits_is_enough(
    world: World, members: int, hours: float
) -> None:
    """Free plan, 5,000 credits a day: 3 a page of 200; 101 pages take 303 of 500, so every 14.5 hours."""
    in_view(world)
    Quota.objects.create(installation=world.installation, product="bigin", day=date(2000, 1, 1), limit=5000)
    Record.objects.bulk_create(
        Record(installation=world.installation, side="bigin", kind="company", remote_id=str(place), dirty=False)
        for place in range(members)
    )
    work = Work(shapes.load(world.installation), world.remotes.bigin, world.remotes.books)
    every = scope._every(work, "company", 1)
    assert abs(every - timedelta(hours=hours)) < timedelta(minutes=5)


def test_rule_2_3_in_contacts_mode_a_customer_of_books_becomes_its_primary_person(world: World) -> None:
    world.configure(mode="contacts")
    people = [
        {"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"},
        {"first_name": "Eva", "last_name": "Holm", "email": "eva@oldtown.example"},
    ]
    world.remotes.new_customer("Old Town Walks", people)
    world.settle()
    assert [(row["First_Name"], row["Last_Name"]) for row in world.remotes.contacts().values()] == [("Leo", "Marsh")]
    assert world.company_names() == []


def test_rule_2_3_in_companies_mode_only_business_customers_come_to_bigin(world: World) -> None:
    world.configure(mode="companies")
    person = [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}]
    world.remotes.new_customer("Ada Okafor", person, customer_sub_type="individual")
    world.remotes.new_customer("Old Town Walks", person)
    world.settle()
    assert world.company_names() == ["Old Town Walks"]
    assert world.remotes.contacts() == {}


def test_rule_2_3_a_business_customer_comes_as_a_company_with_all_its_persons(world: World) -> None:
    people = [
        {"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"},
        {"first_name": "Eva", "last_name": "Holm", "email": "eva@oldtown.example"},
    ]
    world.remotes.new_customer("Old Town Walks", people)
    world.settle()
    rows = world.remotes.contacts().values()
    assert sorted((row["Last_Name"], row["Account_Name"]) for row in rows) == [
        ("Holm", "Old Town Walks"),
        ("Marsh", "Old Town Walks"),
    ]


def test_rule_2_3_what_is_left_out_is_counted_and_stands_in_the_preview(world: World) -> None:
    customer = world.remotes.new_customer("Old Town Walks")
    world.remotes.books.contact_inactive(customer)
    run = world.sync()
    assert run.counts["customers"]["books"]["excluded"] == 1
    assert preview.run(world.installation, None, "person") is not None
    proposal = Proposal.objects.get()
    assert (proposal.outcome, proposal.reason) == ("skip", "It is inactive in Books.")
    world.installation.refresh_from_db()
    assert room.plan(world.installation) == room.Plan("biginpremier", 4)


@pytest.mark.parametrize(
    ("row", "comes"),
    [
        ({"item_type": "sales"}, True),
        ({"can_be_sold": True, "item_type": "sales_and_purchases"}, True),
        ({"can_be_sold": False, "item_type": "purchases"}, False),
        ({"item_type": "purchases"}, False),
        ({"can_be_sold": True, "group_id": "4600000090001", "group_name": "T-shirt"}, False),
    ],
)
def test_rule_2_4_items_of_a_group_and_those_only_bought_stay_out(row: dict[str, object], comes: bool) -> None:
    assert sources.is_sold(row) is comes


def test_rule_2_4_what_is_known_of_buying_an_item_survives_what_we_write(world: World) -> None:
    world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    extra = {"item_type": "sales_and_purchases", "purchase_rate": "12", "purchase_description": "From the guide"}
    item = world.remotes.new_item("GLACIER WALK", sku="GW-1", **extra)
    world.settle()
    assert world.remotes.items()[item]["name"] == "Glacier walk"
    row = world.remotes.books.item(item) or {}
    kept = {name: str(row[name]) for name in ("purchase_rate", "purchase_description", "item_type")}
    assert kept["purchase_description"] == "From the guide"
    assert (float(kept["purchase_rate"]), kept["item_type"]) == (12.0, "sales_and_purchases")


@pytest.mark.parametrize(
    ("policy", "websites"), [("overwrite", "https://bigin.example"), ("skip", "https://b.example")]
)
def test_rule_3_2_a_record_of_books_that_finds_one_of_bigin_goes_by_the_same_decision(
    world: World, policy: str, websites: str
) -> None:
    """The company stood alone, for a picklist value; its customer comes later."""
    world.configure(duplicates=policy)
    picklist(world)
    company = world.remotes.company("Alpine Huts", Industry__c="Mining", Website="https://bigin.example")
    world.settle()
    assert world.customer_names() == []
    world.later()
    customer = world.remotes.new_customer("Alpine Huts", website="https://b.example")
    world.settle()
    if policy == "skip":
        decision = Decision.objects.get()
        assert (decision.bigin_id, decision.books_id, decision.verdict) == (company, customer, "skipped")
    else:
        assert world.link(company).books is not None
        world.later()
        world.remotes.update("Accounts", company, Industry__c=None)
        world.settle()
    assert world.remotes.customer(customer)["website"] == websites
    assert world.company_names() == world.customer_names() == ["Alpine Huts"]


def test_rule_3_2_the_mark_of_a_clone_never_flows_back(world: World) -> None:
    world.configure(duplicates="clone")
    company = world.remotes.company("Alpine Huts")
    world.remotes.new_customer("Alpine Huts")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.remotes.edit_customer(world.remotes.customer_named("Alpine Huts (2)"), notes="Second one")
    world.settle()
    assert world.remotes.companies()[company]["Account_Name"] == "Alpine Huts"
    clone = world.remotes.customer(world.remotes.customer_named("Alpine Huts (2)"))
    assert (clone["company_name"], clone["website"]) == ("Alpine Huts", "https://new.example")


def test_rule_3_2_a_cloned_item_has_a_name_of_its_own_and_no_sku(world: World) -> None:
    world.configure("products", duplicates="clone")
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    original = world.remotes.new_item("Glacier walk", sku="GW-1")
    world.settle()
    names = {row["name"]: row["sku"] for row in world.remotes.items().values()}
    assert names == {"Glacier walk": "GW-1", "Glacier walk (2)": ""}
    assert not world.issues()
    world.later()
    world.remotes.update("Products", product, Description="With crampons")
    world.settle()
    texts = {row["name"]: row["description"] for row in world.remotes.items().values()}
    assert texts == {"Glacier walk": "", "Glacier walk (2)": "With crampons"}
    assert world.remotes.products()[product]["Product_Name"] == "Glacier walk"
    assert not Link.objects.filter(books__remote_id=original).exists()
    assert len(world.remotes.products()) == 1


@pytest.mark.parametrize("verdict", ["apart", "different"])
def test_rule_3_3_kept_apart_and_not_the_same_survive_a_change_of_mode_too(world: World, verdict: str) -> None:
    if verdict == "apart":
        world.configure(duplicates="clone")
        world.remotes.company("Alpine Huts")
        world.remotes.new_customer("Alpine Huts")
        names = ["Alpine Huts", "Alpine Huts (2)"]
        world.settle()
    else:
        world.remotes.company("Alpine Huts Ltd")
        world.remotes.new_customer("Alpine Huts Limited")
        names = ["Alpine Huts Limited", "Alpine Huts Ltd"]
        world.settle()
        for issue in world.issues("possible_duplicate"):
            services.create_anyway(issue, "Ada")
        world.settle()
    companies = world.company_names()
    kept = Decision.objects.filter(verdict=verdict).count()
    assert kept == 1
    save(world, mode="contacts")
    world.settle()
    save(world, mode="both")
    world.settle()
    assert Decision.objects.filter(verdict=verdict).count() == kept
    assert (world.customer_names(), world.company_names()) == (names, companies)


def test_rule_3_5_the_refused_one_is_not_tried_again_until_something_changes(world: World) -> None:
    person = [{"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}]
    world.sandbox.switch(books_person_email_unique="contact")
    world.remotes.new_customer("Alpine Huts", person)
    second = world.remotes.new_customer("Kestrel Tours", person)
    world.settle()
    issue = world.issue("duplicate_value")
    assert "same person may be in two companies" in issue.advice
    world.forget_calls()
    for _ in range(3):
        world.sync()
    assert world.calls("bigin", "POST") == 0
    world.later()
    detail = world.remotes.books.contact(second) or {}
    world.remotes.books.update_person(
        str(detail["contact_persons"][0]["contact_person_id"]), {"email": "a2@example.com"}
    )
    world.installation.cursors.update(listed_at=None)
    world.settle()
    assert len(world.remotes.contacts()) == 2
    assert not Issue.objects.filter(code="duplicate_value", state=Issue.State.OPEN).exists()
    assert Link.objects.filter(kind="contact-person", state=Link.State.LINKED).count() == 2


def test_rule_8_4_the_mirror_holds_mapped_fields_and_match_keys_only(world: World) -> None:
    world.remotes.company("Alpine Huts", Website="https://alpine.example", Description="Unmapped words of theirs")
    world.settle()
    rows = mapping.of_kind(mapping.load("customers", []), "company-customer")
    for kind, names in (("company", {row.bigin for row in rows}), ("customer", {row.books for row in rows})):
        record = Record.objects.get(kind=kind)
        assert set(record.fields) <= names
        assert "Unmapped words" not in f"{record.fields} {record.meta} {record.keys} {record.seen}"
