"""Undo, at both remotes: what is taken back, what stays and says why, and that no run redoes it (rules 5.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync import services
from sync.models import Issue, Link, Run, Write
from sync.undo import UndoResult
from tests.sync.test_deletes import invoice, restore
from tests.sync.world import World
from zoho.bigin import Bigin, Page

LEO = {"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"}


def walks(world: World) -> tuple[Run, str]:
    """A customer born in Books, with its person; the run that made both in Bigin, and the company's id."""
    world.remotes.new_customer("Old Town Walks", [LEO])
    run = world.sync()
    assert world.company_names() == ["Old Town Walks"]
    return run, next(iter(world.remotes.companies()))


def huts(world: World, **fields: Any) -> tuple[Run, str, str]:
    """A company born in Bigin with a contact; the run that made its customer, and both ids."""
    company = world.remotes.company("Alpine Huts", Website="https://alpine.example", **fields)
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    run = world.sync()
    return run, company, world.remotes.customer_named("Alpine Huts")


def undo(world: World, run: Run) -> UndoResult:
    result = services.undo_run(run, "Ada")
    world.settle()
    return result


def assert_quiet(world: World) -> None:
    """Nobody edits, so nothing is written, however often it runs and whatever is read again."""
    stood = world.remotes.snapshot()
    world.installation.cursors.update(listed_at=None)
    world.installation.records.update(dirty=True)
    before = Write.objects.count()
    world.settle()
    assert Write.objects.count() == before
    assert world.remotes.snapshot() == stood


# Rules 5.7


def test_rule_5_7_a_created_company_goes_with_the_contacts_of_its_run_and_nobody_complains(world: World) -> None:
    run, _ = walks(world)
    world.forget_calls()
    assert undo(world, run).reasons == []
    assert world.company_names() == []
    assert world.remotes.contacts() == {}
    assert not world.issues()
    assert world.calls("bigin", "DELETE") == 1  # Bigin takes the contact along
    assert world.customer_names() == ["Old Town Walks"]
    assert_quiet(world)


def test_rule_5_7_a_company_on_which_other_contacts_hang_stays_and_says_why(world: World) -> None:
    run, company = walks(world)
    world.later()
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@oldtown.example")
    world.settle()
    result = undo(world, run)
    assert result.undone == 1  # the contact that the run made
    assert result.reasons == ["Old Town Walks: Other contacts belong to it by now, and Bigin would delete them too."]
    assert world.company_names() == ["Old Town Walks"]
    assert [row["Last_Name"] for row in world.remotes.contacts().values()] == ["Holm"]


@pytest.mark.parametrize("related", ["contact", "deal", "note"])
def test_rule_5_7_what_came_to_hang_on_it_since_the_last_look_keeps_it_too(world: World, related: str) -> None:
    run, company = walks(world)
    write = Write.objects.get(run=run, side="bigin", link__kind="company-customer")
    assert services.undo_write(write, "Ada").undone == 1
    if related == "contact":
        world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@oldtown.example")
    elif related == "deal":
        world.remotes.insert("Pipelines", **deal(company))
    else:
        world.remotes.bigin.add_note("Accounts", company, "Call", "Rang Leo on Monday.")
    world.settle()
    assert world.company_names() == ["Old Town Walks"]
    taken = Write.objects.get(undoes=write)
    assert (taken.state, taken.error_code) == ("rejected", "in_use")
    assert "left alone" in taken.error
    assert world.link(company).state == Link.State.LINKED


def test_rule_5_7_who_stands_on_the_last_page_of_what_hangs_on_it_keeps_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if its run had made two hundred contacts, and Bigin listed the oldest first: page 1 holds none but those."""
    run, company = walks(world)
    write = Write.objects.get(run=run, side="bigin", link__kind="company-customer")
    services.undo_write(write, "Ada")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@oldtown.example")
    related = Bigin.related

    def one_by_one(self: Bigin, *args: Any, page: int = 1) -> Page:
        whole = related(self, *args)
        oldest_first = sorted(whole.rows, key=lambda row: str(row["id"]))
        return replace(whole, rows=oldest_first[page - 1 : page], more=page < len(oldest_first))

    monkeypatch.setattr(Bigin, "related", one_by_one)
    world.settle()
    assert Write.objects.get(undoes=write).error_code == "in_use"
    assert len(world.remotes.contacts()) == 2


def test_rule_5_7_what_a_created_company_was_made_from_stays_though_a_person_was_quicker_to_delete_that(
    world: World,
) -> None:
    """Under the policy *delete*, which follows any other deletion in Bigin."""
    run, company = walks(world)
    write = Write.objects.get(run=run, side="bigin", link__kind="company-customer")
    assert services.undo_write(write, "Ada").undone == 1
    world.remotes.delete("Accounts", company)
    world.settle()
    assert (world.customer_names(), world.issues()) == (["Old Town Walks"], [])
    link = world.link(company)
    assert (link.state, link.reason) == (Link.State.CLOSED, "Its creation was taken back.")


def deal(company: str) -> dict[str, Any]:
    return {
        "Deal_Name": "Walk for twelve",
        "Sub_Pipeline": "Sales Pipeline Standard",
        "Stage": "Enquiry",
        "Account_Name": {"id": company},
    }


def test_rule_5_7_a_created_customer_with_open_documents_stays_and_its_documents_too(world: World) -> None:
    run, company, customer = huts(world)
    invoice(world, customer, "sent")
    undo(world, run)
    assert world.remotes.customer(customer)["status"] == "active"
    assert [row["status"] for row in world.remotes.books.documents_page("invoices").rows] == ["sent"]
    assert "its creation is not taken back" in world.issue("in_use").reason
    assert world.link(company).state == Link.State.LINKED


def test_rule_5_7_a_created_customer_with_settled_documents_becomes_inactive_and_is_kept_apart(world: World) -> None:
    run, company, customer = huts(world)
    invoice(world, customer, "void")
    undo(world, run)
    assert world.remotes.customer(customer)["status"] == "inactive"
    assert [row["status"] for row in world.remotes.books.documents_page("invoices").rows] == ["void"]
    link = world.link(company)
    assert link.state == Link.State.APART
    assert link.reason == "Its creation was taken back. In Books it was marked inactive, as it has transactions."
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://alpine.example"
    assert_quiet(world)


def test_rule_5_7_a_created_customer_that_was_edited_before_the_undo_was_sent_is_left_alone(world: World) -> None:
    run, company, customer = huts(world)
    write = Write.objects.get(run=run, side="books", link__kind="company-customer")
    assert services.undo_write(write, "Ada").undone == 1
    world.remotes.edit_customer(customer, website="https://mine.example")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert Write.objects.get(undoes=write).error_code == "changed_since"
    assert world.remotes.companies()[company]["Website"] == "https://mine.example"


def test_what_a_run_wrote_to_one_record_in_two_steps_is_taken_back_as_one(world: World) -> None:
    world.remotes.product("Glacier walk", Product_Active=False, Unit_Price=40)
    run = world.sync()
    assert [write.op for write in world.writes(run=run, side="books")] == ["create", "update"]
    result = undo(world, run)
    assert (result.undone, result.reasons) == (2, [])
    assert world.remotes.items() == {}
    assert_quiet(world)


# Updates


def test_an_undone_update_is_not_done_again_by_any_later_run(world: World) -> None:
    run, company, customer = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example", Phone="0207 946 0018")
    run = world.sync()
    assert undo(world, run).reasons == []
    row = world.remotes.customer(customer)
    assert (row["website"], row["phone"]) == ("https://alpine.example", "")
    assert_quiet(world)
    world.later()
    world.remotes.update("Accounts", company, Billing_City="Bern")
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["website"], row["city"]) == ("https://alpine.example", "Bern")
    world.later()
    world.remotes.update("Accounts", company, Website="https://newest.example")
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://newest.example"


# Deletions


def deleted(world: World, company: str) -> Write:
    """The deletion of the company's customer in Books, as the run sent it."""
    world.later()
    world.remotes.delete("Accounts", company)
    world.settle()
    return Write.objects.get(link__bigin__remote_id=company, op__in=("delete", "inactive"), state="done")


def test_a_deletion_is_taken_back_by_making_the_customer_anew_with_all_that_was_kept(world: World) -> None:
    _, company, customer = huts(world, Billing_City="Zermatt")
    world.later()
    world.remotes.books.create_person(customer, {"first_name": "Only", "last_name": "Inbooks", "salutation": "Dr."})
    details = {"notes": "Pays late", "payment_terms": 30, "shipping_address": {"city": "Visp", "attention": "Depot"}}
    world.remotes.edit_customer(customer, **details)
    world.settle()
    stood = world.remotes.customer(customer)
    write = deleted(world, company)
    assert world.customer_names() == []
    assert services.undo_write(write, "Ada").undone == 1
    world.settle()
    again = world.remotes.customer_named("Alpine Huts")
    assert again != customer
    assert world.remotes.customer(again) == stood
    detail = world.remotes.books.contact(again) or {}
    assert (detail["notes"], detail["payment_terms"]) == ("Pays late", 30)
    assert (detail["shipping_address"]["city"], detail["shipping_address"]["attention"]) == ("Visp", "Depot")
    link = world.link(company)
    assert (link.state, link.books.remote_id if link.books else "") == (Link.State.CLOSED, again)
    assert "stays deleted" in link.reason
    assert set(link.books_base) <= {"contact_name", "website"} | {name for name in link.books_base if "." in name}
    assert world.company_names() == []
    assert_quiet(world)
    assert services.undo_write(write, "Ada").reasons == ["Alpine Huts: It was taken back already."]


def test_what_was_brought_back_goes_on_when_bigin_restores_its_company(world: World) -> None:
    _, company, _ = huts(world)
    services.undo_write(deleted(world, company), "Ada")
    world.settle()
    restore(world, "Accounts", company)
    world.settle()
    assert world.link(company).state == Link.State.LINKED
    world.later()
    world.remotes.update("Accounts", company, Website="https://back.example")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["website"] == "https://back.example"


def test_a_lost_answer_brings_a_deleted_customer_back_once(world: World) -> None:
    _, company, _ = huts(world)
    services.undo_write(deleted(world, company), "Ada")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert len(world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]) == 1
    assert world.link(company).state == Link.State.CLOSED
    assert_quiet(world)


def test_a_deleted_person_and_a_deleted_item_come_back(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example", Title="Guide")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    world.settle()
    items = list(world.remotes.items().values())
    customer = world.remotes.customer_named("Alpine Huts")
    persons = world.remotes.customer(customer)["persons"]
    world.later()
    world.remotes.delete("Contacts", contact)
    world.remotes.delete("Products", product)
    run = world.sync()
    assert (len(world.remotes.customer(customer)["persons"]), world.remotes.items()) == (1, {})
    assert undo(world, run).reasons == []
    assert world.remotes.customer(customer)["persons"] == persons
    assert list(world.remotes.items().values()) == items
    assert {world.link(contact).state, world.link(product).state} == {Link.State.CLOSED}
    assert_quiet(world)


@pytest.mark.parametrize("policy", ["delete", "inactive"])
def test_what_was_made_inactive_is_made_active_again_and_stays_so(world: World, policy: str) -> None:
    """By the delete policy, or because a deletion was refused for its documents."""
    _, company, customer = huts(world)
    world.configure(delete_policy=policy)
    invoice(world, customer, "void")
    write = deleted(world, company)
    assert world.remotes.customer(customer)["status"] == "inactive"
    assert services.undo_write(write, "Ada").reasons == []
    world.settle()
    assert world.remotes.customer(customer)["status"] == "active"
    assert world.link(company).state == Link.State.CLOSED
    assert_quiet(world)


def test_a_person_whose_customer_went_too_is_not_brought_back_alone(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.remotes.delete("Contacts", contact)
    world.settle()
    write = Write.objects.get(link__bigin__remote_id=contact, op="delete")
    deleted(world, company)
    result = services.undo_write(write, "Ada")
    assert result.undone == 0
    assert result.reasons == ["Nils Berg: Its customer is not in step any more; take that deletion back instead."]


def test_what_books_refuses_to_take_back_is_told_and_may_be_tried_again(world: World) -> None:
    world.sandbox.switch(books_duplicate_contact_names="refuse")
    _, company, _ = huts(world)
    write = deleted(world, company)
    taken = world.remotes.new_customer("Alpine Huts")
    services.undo_write(write, "Ada")
    world.settle()
    assert world.issue("name_taken").kind == Issue.Kind.REJECTED
    world.remotes.edit_customer(taken, contact_name="Alpine Huts Bern")
    assert services.undo_write(write, "Ada").undone == 1
    world.settle()
    assert "Alpine Huts" in world.customer_names()


def test_a_move_is_taken_back_in_bigin_and_says_so(world: World) -> None:
    old, new = world.remotes.company("Alpine Huts"), world.remotes.company("Kestrel Tours")
    contact = world.remotes.contact("Berg", old, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": new})
    world.settle()
    result = services.undo_write(Write.objects.get(op="move", state="done"), "Ada")
    assert result.reasons == ["Nils Berg: It was moved: move the contact back in Bigin, and the next run follows."]
