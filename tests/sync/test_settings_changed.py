"""Rules 5.4: what a Save makes new on a module that is in step is done once somebody saw it, never before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import actions, changed, preview, services
from sync.configure import ConfigureInput
from sync.mapping import Direction, Kind, Row, defaults
from sync.models import ModuleSetting, Run, Write
from tests.sync.world import World

NOTES = Row(Kind.COMPANY_CUSTOMER, "Description", "notes")
UNSEEN = "The settings were changed, and no preview has shown what follows."


def save(world: World, **chosen: object) -> list[str]:
    setting = world.customers
    return services.save_settings(setting, ConfigureInput(**chosen), "Ada", setting.version)  # type: ignore[arg-type]


def map_notes(world: World) -> list[str]:
    return save(world, mapping=[*defaults("customers"), NOTES])


def shown(world: World) -> None:
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert ended.run.state == Run.State.DONE


def described(world: World, number: int, notes: str = "by the accountant") -> list[str]:
    """So many companies in step; Bigin has a description, Books has notes, and neither is mapped."""
    world.configure(policy="bigin")
    for one in range(number):
        world.remotes.company(f"Alpine Huts {one}", Description=f"words {one}")
    world.settle()
    if notes:
        for customer in world.remotes.customers():
            world.remotes.books.update_contact(customer, {"notes": notes})
    world.settle()
    return sorted(world.remotes.customers())


def notes(world: World) -> list[str]:
    return [(world.remotes.books.contact(one) or {})["notes"] for one in sorted(world.remotes.customers())]


def test_rule_5_4_a_field_mapped_later_replaces_nothing_before_a_person_approves(world: World) -> None:
    described(world, 4)
    said = map_notes(world)
    assert "Mapped from now on: Description." in said
    assert any("Make a preview" in sentence for sentence in said)
    run = world.sync()
    assert run.state == Run.State.HELD
    assert notes(world) == ["by the accountant"] * 4
    issue = world.issue("settings_changed_company-customer")
    assert issue.reason == f"{UNSEEN} updates in Books: 4. Nothing of it was sent."
    assert issue.detail["count"] == 4
    assert services.approve_held(run, "Ada") == 4
    world.settle()
    assert notes(world) == [f"words {one}" for one in range(4)]
    assert not world.issues()


def test_rule_5_4_a_record_action_does_not_go_past_what_a_person_is_to_approve(world: World) -> None:
    """Whoever may open a record may press Sync this record now."""
    described(world, 2)
    company = sorted(world.remotes.companies())[0]
    map_notes(world)
    world.remotes.update("Accounts", company, Website="https://huts.example")
    actions.sync_record(world.installation, "Accounts", company)
    assert notes(world) == ["by the accountant"] * 2
    assert world.issue("settings_changed_company-customer").detail["count"] == 1
    run = world.sync()
    assert (
        world.issue("settings_changed_company-customer").reason
        == f"{UNSEEN} updates in Books: 2. Nothing of it was sent."
    )
    assert services.approve_held(run, "Ada") == 2
    world.settle()
    assert notes(world) == ["words 0", "words 1"]


def test_rule_5_4_refused_it_stays_as_it_was(world: World) -> None:
    described(world, 3)
    map_notes(world)
    run = world.sync()
    assert services.refuse_held(run, "Ada") == 3
    world.settle()
    assert notes(world) == ["by the accountant"] * 3
    assert not world.issues()
    world.later()
    edited = sorted(world.remotes.companies())
    world.remotes.update("Accounts", edited[0], Website="https://alpine.example")
    world.settle()
    assert notes(world) == ["by the accountant"] * 3  # another field of the record is no reason
    customer = world.link(edited[0]).books
    assert customer is not None
    assert world.remotes.customer(customer.remote_id)["website"] == "https://alpine.example"
    world.later()
    world.remotes.update("Accounts", edited[0], Description="edited since")
    world.settle()
    assert sorted(notes(world)) == ["by the accountant", "by the accountant", "edited since"]


def test_rule_5_4_an_edit_between_the_list_and_its_refusal_is_not_lost(world: World) -> None:
    described(world, 1)
    map_notes(world)
    run = world.sync()
    world.later()
    world.remotes.update("Accounts", next(iter(world.remotes.companies())), Description="edited meanwhile")
    world.sync()
    assert notes(world) == ["by the accountant"]
    services.refuse_held(run, "Ada")
    world.settle()
    assert notes(world) == ["edited meanwhile"]


def test_rule_5_4_filling_what_is_empty_needs_no_second_look(world: World) -> None:
    described(world, 3, notes="")
    map_notes(world)
    assert world.sync().state == Run.State.DONE
    assert notes(world) == [f"words {one}" for one in range(3)]
    assert world.customers.changed == {}


def test_rule_5_4_what_a_preview_after_the_save_showed_is_done_at_once(world: World) -> None:
    described(world, 4)
    map_notes(world)
    shown(world)
    assert world.sync().state == Run.State.DONE
    assert notes(world) == [f"words {one}" for one in range(4)]


def test_rule_5_4_a_preview_before_the_save_showed_nothing_of_it(world: World) -> None:
    described(world, 4)
    shown(world)
    map_notes(world)
    assert world.sync().state == Run.State.HELD


def test_rule_5_4_more_than_the_preview_showed_is_held(world: World) -> None:
    described(world, 2)
    map_notes(world)
    shown(world)
    for number in range(3):
        company = world.remotes.company(f"Kestrel {number}", Description="words")
        customer = world.remotes.new_customer(f"Kestrel {number}", notes="by the accountant")
        assert company
        assert customer
    run = world.sync()
    assert run.state == Run.State.HELD
    issue = world.issue("settings_changed_company-customer")
    assert "updates in Books: 2 shown, 5 now" in issue.reason
    assert sorted(notes(world)) == ["by the accountant"] * 5


def test_rule_5_4_a_direction_that_is_turned_on_is_new(world: World) -> None:
    rows = [*defaults("customers"), Row(Kind.COMPANY_CUSTOMER, "Description", "notes", direction=Direction.TO_BIGIN)]
    save(world, mapping=rows)
    described(world, 2)
    save(world, mapping=[*defaults("customers"), NOTES])
    change = changed.of(world.customers)
    assert change is not None
    assert change.fields == {("company-customer", "books", "notes")}
    assert change.creates == frozenset()


def test_rule_5_4_a_row_with_another_field_at_its_end_is_new(world: World) -> None:
    save(world, mapping=[*defaults("customers"), Row(Kind.COMPANY_CUSTOMER, "Description", "notes")])
    described(world, 1, notes="")
    save(world, mapping=[*defaults("customers"), Row(Kind.COMPANY_CUSTOMER, "Description", "remarks")])
    change = changed.of(world.customers)
    assert change is not None
    assert change.fields == {
        ("company-customer", "bigin", "Description"),
        ("company-customer", "books", "remarks"),
    }


def lonely(world: World, number: int) -> None:
    """Companies mode: so many contacts that it leaves alone."""
    world.configure(mode="companies")
    world.remotes.company("Alpine Huts")
    for one in range(number):
        world.remotes.contact(f"Berg{one}", None, First_Name="Nils", Email=f"n{one}@alpine.example")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_5_4_a_mode_that_creates_more_waits_for_a_second_look(world: World) -> None:
    lonely(world, 5)
    said = save(world, mode="contacts")
    assert "More is kept in step from now on: contacts as customers of their own." in said
    run = world.sync()
    assert run.state == Run.State.HELD
    assert world.customer_names() == ["Alpine Huts"]
    assert "creates in Books: 5" in world.issue("settings_changed_contact-customer").reason
    services.approve_held(run, "Ada")
    world.settle()
    assert len(world.customer_names()) == 6


def test_rule_5_4_a_mode_whose_preview_was_seen_creates_at_once(world: World) -> None:
    lonely(world, 5)
    save(world, mode="contacts")
    shown(world)
    assert world.sync().state == Run.State.DONE
    assert len(world.customer_names()) == 6


def test_rule_5_4_a_mode_that_keeps_less_in_step_needs_no_second_look(world: World) -> None:
    world.remotes.company("Alpine Huts")
    world.settle()
    save(world, mode="companies")
    assert world.customers.changed == {}
    world.remotes.company("Kestrel Tours")
    assert world.sync().state == Run.State.DONE
    assert world.customer_names() == ["Alpine Huts", "Kestrel Tours"]


def test_rule_5_4_first_meetings_of_a_mode_replace_nothing_unseen(world: World) -> None:
    world.configure(mode="companies")
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="n@alpine.example", Title="Owner")
    person = {"first_name": "Nils", "last_name": "Berg", "email": "n@alpine.example", "designation": "Caretaker"}
    customer = world.remotes.new_customer("Alpine Huts", [person])
    world.settle()
    save(world, mode="both")
    run = world.sync()
    assert run.state == Run.State.HELD
    assert world.remotes.customer(customer)["persons"][0]["designation"] == "Caretaker"
    assert "updates in Books: 1" in world.issue("settings_changed_contact-person").reason
    services.approve_held(run, "Ada")
    world.settle()
    assert world.remotes.customer(customer)["persons"][0]["designation"] == "Owner"


def test_rule_5_4_a_customer_let_go_by_a_change_of_mode_is_not_deleted_unseen(world: World) -> None:
    world.configure(mode="both", include_unattached=True)
    world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", None, First_Name="Nils", Email="n@alpine.example")
    world.settle()
    save(world, mode="contacts", include_unattached=True)
    world.settle()
    world.approve()
    company = next(iter(world.remotes.companies()))
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": company})
    world.settle()
    save(world, mode="both", include_unattached=True)
    run = world.sync()
    assert run.state == Run.State.HELD
    assert "Nils Berg" in world.customer_names()
    assert {issue.code for issue in world.issues()} >= {"settings_changed_contact-customer"}
    assert "deletions in Books: 1" in world.issue("settings_changed_contact-customer").reason
    world.approve()
    assert world.customer_names() == ["Alpine Huts"]
    assert len(world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]) == 1


def test_rule_5_4_a_preview_shows_what_becomes_of_a_contact_that_a_change_of_mode_lets_go(world: World) -> None:
    world.configure(mode="contacts")
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="n@alpine.example")
    world.settle()
    save(world, mode="both", include_unattached=True)
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    rows = ended.run.proposals.exclude(outcome="skip").order_by("pk")
    assert list(rows.values_list("kind", "outcome", "side", "label", "reason")) == [
        ("company-customer", "create", "books", "Alpine Huts", ""),
        ("contact-person", "create", "books", "Nils Berg", ""),
        ("contact-customer", "delete", "books", "Nils Berg", "It has a company now and becomes a person there."),
    ]
    assert world.sync().state == Run.State.DONE  # as shown, so nothing waits
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert len(world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]) == 1


@pytest.mark.parametrize(
    ("before", "after", "is_wider"),
    [
        ({"companies": ["1"]}, {}, True),
        ({"companies": ["1"]}, {"companies": ["1", "2"]}, True),
        ({"companies": ["1", "2"]}, {"companies": ["1"]}, False),
        ({}, {"companies": ["1"]}, False),
    ],
)
def test_rule_5_4_list_views_that_bring_records_in_are_noted(
    world: World, before: dict[str, list[str]], after: dict[str, list[str]], is_wider: bool
) -> None:
    world.configure(views=before, last_sync_at=timezone.now())
    save(world, views=after)
    change = changed.of(world.customers)
    assert (change is not None and change.creates == {("company-customer", "books")}) is is_wider


@pytest.mark.parametrize(
    ("before", "after", "is_more"),
    [
        ({"create_in_bigin": "none"}, {"create_in_bigin": "active"}, True),
        ({"create_in_bigin": "recent"}, {"create_in_bigin": "active"}, True),
        ({"create_in_bigin": "recent", "recent_months": 3}, {"create_in_bigin": "recent", "recent_months": 12}, True),
        ({"create_in_bigin": "recent", "recent_months": 12}, {"create_in_bigin": "recent", "recent_months": 3}, False),
        ({"create_in_bigin": "active"}, {"create_in_bigin": "none"}, False),
    ],
)
def test_rule_5_4_more_customers_of_books_are_noted(
    world: World, before: dict[str, object], after: dict[str, object], is_more: bool
) -> None:
    world.configure("customers", **{"last_sync_at": timezone.now(), **before})
    save(world, **after)
    change = changed.of(world.customers)
    assert (change is not None and ("company-customer", "bigin") in change.creates) is is_more


def test_rule_5_4_customers_of_books_that_come_with_a_save_wait_for_a_second_look(world: World) -> None:
    world.configure(create_in_bigin="none")
    for number in range(3):
        world.remotes.new_customer(f"Old Town Walks {number}")
    world.settle()
    save(world, create_in_bigin="active")
    run = world.sync()
    assert run.state == Run.State.HELD
    assert world.company_names() == []
    services.approve_held(run, "Ada")
    world.settle()
    assert len(world.company_names()) == 3


def test_what_is_ordinary_goes_on_while_a_list_waits(world: World) -> None:
    customers = described(world, 2)
    map_notes(world)
    world.sync()
    world.remotes.company("Kestrel Tours")
    assert world.sync().state == Run.State.DONE
    assert "Kestrel Tours" in world.customer_names()
    assert Write.objects.filter(state=Write.State.HELD).count() == len(customers)


def test_the_next_run_leaves_time_for_a_preview_and_comes_at_once_where_nothing_is_new(world: World) -> None:
    described(world, 1)
    before = timezone.now()
    map_notes(world)
    due = world.customers.next_run_at
    assert due is not None
    assert due >= before + timedelta(minutes=15)
    save(world, policy="bigin")
    soon = world.customers.next_run_at
    assert soon is not None
    assert soon <= timezone.now()
    assert changed.of(world.customers) is not None


def test_two_saves_before_a_run_wait_together_and_a_save_during_a_run_waits_for_the_next(world: World) -> None:
    lonely(world, 1)
    save(world, mode="both")
    map_notes(world)
    change = changed.of(world.customers)
    assert change is not None
    assert {kind for kind, _ in change.creates} == {"contact-person"}
    assert ("company-customer", "books", "notes") in change.fields
    ModuleSetting.objects.filter(pk=world.customers.pk).update(version=99)  # as a run would find it that began before
    assert world.customers.changed["fields"]
    world.sync()
    assert world.customers.changed == {}


def test_rule_4_4_a_field_mapped_later_compares_the_records_own_times(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.remotes.books.update_contact(customer, {"notes": "old words of Books"})
    world.later(600)
    world.remotes.update("Accounts", company, Description="newest words of Bigin")
    world.settle()
    map_notes(world)
    world.settle()
    world.approve()
    assert [row["Description"] for row in world.remotes.rows("Accounts", ("Description",))] == ["newest words of Bigin"]
    assert notes(world) == ["newest words of Bigin"]
