"""Rules 5: deletes, closed links, restores, merges, moves, the brake - on both remotes, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from functools import partialmethod
from typing import Literal

import pytest
from django.core import mail
from pytest_django import Settings

from sync import send, services
from sync.mapping import Kind
from sync.models import Issue, Link, Run, Write
from sync.work import Work
from tests.sync.world import World
from zoho.books import Books


def pair(world: World, name: str = "Alpine Huts", **fields: str) -> tuple[str, str]:
    company = world.remotes.company(name, **fields)
    world.settle()
    return company, world.remotes.customer_named(name)


def test_deleted_in_bigin_is_deleted_in_books(world: World) -> None:
    company, _ = pair(world)
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.customer_names() == []
    assert world.link(company).state == Link.State.CLOSED
    assert not world.issues()


def test_rule_5_2_a_delete_waits_before_it_is_sent(world: World, quick: Settings) -> None:
    quick.SYNC_DELETE_WAIT_SECONDS = 3600
    company, _ = pair(world)
    world.remotes.delete("Accounts", company)
    world.sync()
    world.sync()
    assert world.customer_names() == ["Alpine Huts"]
    waiting = world.writes(op="delete", state="pending")
    assert len(waiting) == 1
    assert waiting[0].not_before is not None
    Write.objects.update(not_before=waiting[0].not_before - timedelta(hours=2))
    world.sync()
    assert world.customer_names() == []


def test_rule_5_2_a_record_restored_while_the_delete_waits_is_not_deleted(world: World, quick: Settings) -> None:
    quick.SYNC_DELETE_WAIT_SECONDS = 3600
    company, customer = pair(world)
    world.remotes.delete("Accounts", company)
    world.sync()
    restore(world, "Accounts", company)
    Write.objects.update(not_before=None)
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.LINKED
    world.later()
    world.remotes.update("Accounts", company, Website="https://back.example")
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://back.example"


def restore(world: World, module: str, record_id: str) -> None:
    """As a person does in the recycle bin."""
    world.sandbox.control("POST", "bigin/restore", {"module": module, "id": record_id})


def test_rule_5_2_bigin_is_asked_again_right_before_the_delete(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restored after the run had read that it was deleted: only this look can tell."""
    company, _customer = pair(world)
    world.remotes.delete("Accounts", company)
    apply = send.apply

    def late(work: Work, kind: Kind) -> None:
        if Write.objects.filter(op="delete", state="pending").exists():
            restore(world, "Accounts", company)
        apply(work, kind)

    monkeypatch.setattr(send, "apply", late)
    world.sync()
    assert world.customer_names() == ["Alpine Huts"]
    write = Write.objects.get(op="delete")
    assert (write.state, write.error) == ("withdrawn", "The record is back in Bigin.")
    monkeypatch.undo()
    world.settle()
    assert world.link(company).state == Link.State.LINKED


def test_rule_5_1_a_restored_record_reopens_its_link(world: World) -> None:
    company, _ = pair(world)
    world.configure(delete_policy="keep")
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.link(company).state == Link.State.CLOSED
    restore(world, "Accounts", company)
    world.settle()
    assert world.link(company).state == Link.State.LINKED
    assert world.customer_names() == ["Alpine Huts"]


def invoice(world: World, customer_id: str, status: Literal["sent", "void"]) -> None:
    line = {"name": "Tour", "rate": "10", "quantity": "1"}
    row = world.remotes.books.create_document("invoices", {"customer_id": customer_id, "line_items": [line]})
    world.remotes.books.status("invoices", str(row["invoice_id"]), status)


def test_rule_5_2_a_customer_with_something_receivable_stays_active_and_is_told(world: World) -> None:
    company, customer = pair(world)
    invoice(world, customer, "sent")
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.remotes.customer(customer)["status"] == "active"
    assert "receivable" in world.issue("in_use").reason
    assert world.link(company).state == Link.State.CLOSED
    services.retry(world.issue("in_use"), "Ada")
    world.settle()
    assert "receivable" in world.issue("in_use").reason
    assert world.link(company).state == Link.State.CLOSED
    for row in world.remotes.books.documents_page("invoices").rows:
        world.remotes.books.status("invoices", str(row["invoice_id"]), "void")
    assert services.retry_all(world.installation, "in_use", "Ada") == 1
    world.settle()
    assert world.remotes.customer(customer)["status"] == "inactive"
    assert not world.issues("in_use")


def test_rule_5_2_a_customer_with_settled_transactions_is_marked_inactive(world: World) -> None:
    company, customer = pair(world)
    invoice(world, customer, "void")
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.remotes.customer(customer)["status"] == "inactive"
    assert not world.issues("in_use")


def test_rule_5_2_an_open_estimate_far_down_the_list_keeps_the_customer_active(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, customer = pair(world)
    invoice(world, customer, "void")
    books, line = world.remotes.books, {"name": "Tour", "rate": "10", "quantity": "1"}
    made = [
        str(
            books.create_document("estimates", {"customer_id": customer, "line_items": [line], "date": day})[
                "estimate_id"
            ]
        )
        for day in ("2025-01-01", "2026-01-01", "2026-01-02")
    ]
    for estimate_id in made[1:]:
        books.status("estimates", estimate_id, "sent")
        books.status("estimates", estimate_id, "declined")
    world.remotes.delete("Accounts", company)
    monkeypatch.setattr(Books, "documents_page", partialmethod(Books.documents_page, per_page=2))
    world.settle()
    assert world.remotes.customer(customer)["status"] == "active"
    assert "an estimate is open" in world.issue("in_use").reason


def test_rule_5_2_an_item_that_stands_in_a_document_is_marked_inactive_and_active_again_when_restored(
    world: World,
) -> None:
    product = world.remotes.product("Glacier walk", Unit_Price=40)
    customer = world.remotes.new_customer("Alpine Huts")
    world.settle()
    (item,) = world.remotes.items()
    line = {"item_id": item, "rate": "40", "quantity": "1"}
    world.remotes.books.create_document("invoices", {"customer_id": customer, "line_items": [line]})
    world.later()
    world.remotes.delete("Products", product)
    world.settle()
    assert {one: row["status"] for one, row in world.remotes.items().items()} == {item: "inactive"}
    assert not world.issues()
    world.later()
    restore(world, "Products", product)
    world.settle()
    assert {one: row["status"] for one, row in world.remotes.items().items()} == {item: "active"}
    assert world.link(product).state == Link.State.LINKED


@pytest.mark.parametrize(("policy", "status"), [("inactive", "inactive"), ("keep", "active")])
def test_the_administrator_may_choose_another_end(world: World, policy: str, status: str) -> None:
    company, customer = pair(world)
    world.configure(delete_policy=policy)
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.remotes.customer(customer)["status"] == status
    assert world.link(company).state == Link.State.CLOSED


def test_rule_5_1_deleted_in_books_closes_the_link_and_counts_as_linked(world: World) -> None:
    company, customer = pair(world)
    world.remotes.books.delete_contact(customer)
    list_again(world)
    world.settle()
    assert world.company_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.CLOSED
    assert world.issue("vanished").kind == Issue.Kind.VANISHED
    world.later()
    world.remotes.update("Accounts", company, Website="https://zombie.example")
    world.settle()
    assert world.customer_names() == []


def list_again(world: World) -> None:
    """As if a night had passed: the whole lists are read with the next run."""
    world.installation.cursors.update(listed_at=None)


def test_rule_5_1_create_again_brings_a_closed_one_back(world: World) -> None:
    company, customer = pair(world)
    world.remotes.books.delete_contact(customer)
    list_again(world)
    world.settle()
    services.create_anyway(world.issue("vanished"), "Ada")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.LINKED


def test_rule_5_5_a_person_has_vanished_only_if_a_detail_says_so(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    world.settle()
    person = world.link(contact).books
    assert person is not None
    world.later()
    world.remotes.books.delete_person(person.remote_id)
    world.settle()
    assert world.link(contact).state == Link.State.CLOSED
    assert len(world.remotes.contacts()) == 2


def test_a_contact_deleted_in_bigin_takes_its_person_along(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    world.settle()
    world.remotes.delete("Contacts", contact)
    world.settle()
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert [person["email"] for person in customer["persons"]] == ["eva@alpine.example"]


def test_rule_4_3_another_linked_person_is_made_primary_before_the_primary_goes(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    first = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    world.settle()
    assert world.link(first).books.meta["primary"] is True  # type: ignore[union-attr]
    world.forget_calls()
    world.remotes.delete("Contacts", first)
    world.settle()
    assert any(row["endpoint"].endswith("/primary") for row in world.sandbox.calls()["by"])
    detail = world.remotes.books.contact(world.remotes.customer_named("Alpine Huts"))
    assert detail is not None
    assert [(one["email"], one["is_primary_contact"]) for one in detail["contact_persons"]] == [
        ("eva@alpine.example", True)
    ]


def test_rule_5_3_gone_for_good_at_first_sight_is_a_suspected_merge(world: World) -> None:
    company, _ = pair(world)
    world.remotes.delete("Accounts", company)
    world.sandbox.control("POST", "bigin/purge", {"module": "Accounts", "id": company})
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.CLOSED
    assert world.issue("merge").kind == Issue.Kind.MERGE


def test_rule_5_4_the_brake_holds_a_wave_of_deletions_and_tells(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(8)]
    world.settle()
    world.remotes.delete("Accounts", *companies)
    run = world.sync()
    assert run.state == Run.State.HELD
    assert len(world.customer_names()) == 8
    issue = world.issue("too_many_deletions")
    assert issue.detail["count"] == 8
    assert [message for message in mail.outbox if "approval" in message.subject]
    services.approve_held(run, "Ada")
    world.settle()
    assert world.customer_names() == []


def test_rule_5_4_what_is_refused_is_never_sent(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(6)]
    world.settle()
    world.remotes.delete("Accounts", *companies)
    run = world.sync()
    services.refuse_held(run, "Ada")
    world.settle()
    assert len(world.customer_names()) == 6


def test_rule_5_4_five_deletions_are_no_wave(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(8)]
    world.settle()
    world.remotes.delete("Accounts", *companies[:5])
    world.settle()
    assert len(world.customer_names()) == 3


def test_rule_5_4_one_value_over_many_records_or_none_is_held(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}", Billing_City=f"City {number}") for number in range(12)]
    world.settle()
    world.later()
    for company in companies:
        world.remotes.update("Accounts", company, Billing_City="Nowhere")
    run = world.sync()
    assert run.state == Run.State.HELD
    cities = {row["city"] for row in world.remotes.customers().values()}
    assert "Nowhere" not in cities
    assert len(world.writes(state="held")) == 12
    services.approve_held(run, "Ada")
    world.settle()
    assert {row["city"] for row in world.remotes.customers().values()} == {"Nowhere"}
    world.later()
    for company in companies:
        world.remotes.update("Accounts", company, Billing_City=None)
    assert world.sync().state == Run.State.HELD  # emptied in as many
    assert {row["city"] for row in world.remotes.customers().values()} == {"Nowhere"}


def test_rule_5_4_a_list_in_which_many_are_missing_is_not_believed(world: World) -> None:
    for number in range(8):
        world.remotes.company(f"Tours {number}")
    world.settle()
    for customer in list(world.remotes.customers())[:7]:
        world.remotes.books.delete_contact(customer)
    list_again(world)
    world.sync()
    issue = world.issue("many_vanished")
    assert issue.detail["count"] == 7
    assert not world.issues("vanished")
    assert not Link.objects.filter(state=Link.State.CLOSED).exists()
    services.approve_held(issue, "Ada")
    list_again(world)
    world.settle()
    assert Link.objects.filter(state=Link.State.CLOSED).count() == 7
    assert len(world.company_names()) == 8


def test_rule_5_6_a_contact_that_changed_its_company_takes_its_person_along(world: World) -> None:
    old, new = world.remotes.company("Alpine Huts"), world.remotes.company("Kestrel Tours")
    contact = world.remotes.contact("Berg", old, First_Name="Nils", Email="nils@alpine.example", Phone="0207 946 0018")
    world.remotes.contact("Holm", old, First_Name="Eva", Email="eva@alpine.example")
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": new})
    world.settle()
    there = world.remotes.customer(world.remotes.customer_named("Kestrel Tours"))["persons"]
    left = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]
    assert [(one["email"], one["phone"]) for one in there] == [("nils@alpine.example", "0207 946 0018")]
    assert [one["email"] for one in left] == ["eva@alpine.example"]
    assert len(world.remotes.contacts()) == 2


def test_rule_5_6_a_person_whose_new_company_is_not_in_step_stays_and_is_told(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name=None)
    world.settle()
    assert world.issue("stays").kind == Issue.Kind.SKIPPED
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert len(customer["persons"]) == 1


def test_a_company_deleted_in_bigin_goes_with_its_contacts_and_once(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.customer_names() == []
    assert len(world.writes(op="delete", state="done")) == 1
    assert set(Link.objects.values_list("state", flat=True)) == {Link.State.CLOSED}
