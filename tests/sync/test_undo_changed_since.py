"""What a person wrote since is left alone by an undo and told, however late it was written (rules 5.7, issue 4)."""

from __future__ import annotations

from typing import Any

import pytest

from sync import recovery, services
from sync.models import Write
from tests.sync.test_undo import huts, walks
from tests.sync.world import World

NEW, MINE = "https://new.example", "https://mine.example"
WHEN = pytest.mark.parametrize("when", ["before the run reads", "after the run has read"])


def asked(world: World, write: Write) -> Write:
    """Its undo, not sent yet."""
    assert services.undo_write(write, "Ada").undone == 1
    return Write.objects.get(undoes=write)


def run_with(world: World, monkeypatch: pytest.MonkeyPatch, when: str, edit: Any) -> None:
    """A run, and a person who edits before it reads, or when it has read everything and sends."""
    if when == "before the run reads":
        world.later()
        edit()
        world.settle()
        return
    done: list[bool] = []
    resolve = recovery.resolve

    def then_edit(*args: Any) -> None:  # what comes after READ, right before anything is planned and sent
        if not done:
            done.append(True)
            world.later()
            edit()
        resolve(*args)

    monkeypatch.setattr(recovery, "resolve", then_edit)
    world.sync()
    monkeypatch.undo()
    world.settle()


def assert_left_alone(undo: Write, where: str) -> None:
    undo.refresh_from_db()
    assert (undo.state, undo.error_code) == ("rejected", "changed_since")
    assert undo.error == f"It was changed in {where} since; it is left alone."


@WHEN
def test_an_undone_update_leaves_a_customer_alone_that_a_person_changed(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    _, company, customer = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.settle()
    undo = asked(world, Write.objects.get(op="update", side="books", state="done"))
    run_with(world, monkeypatch, when, lambda: world.remotes.edit_customer(customer, website=MINE))
    assert_left_alone(undo, "Books")
    assert world.issue("changed_since").reason == "It was changed in Books since; it is left alone."
    assert world.remotes.customer(customer)["website"] == MINE
    assert world.remotes.companies()[company]["Website"] == MINE  # what was written since goes on its way


@WHEN
def test_an_undone_update_leaves_a_company_alone_that_a_person_changed(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    _, company, customer = huts(world)
    world.later()
    world.remotes.edit_customer(customer, website=NEW)
    world.settle()
    undo = asked(world, Write.objects.get(op="update", side="bigin", state="done"))
    run_with(world, monkeypatch, when, lambda: world.remotes.update("Accounts", company, Website=MINE))
    assert_left_alone(undo, "Bigin")
    assert world.remotes.companies()[company]["Website"] == MINE
    assert world.remotes.customer(customer)["website"] == MINE


@WHEN
def test_an_undone_update_leaves_an_item_and_a_person_alone_that_were_changed(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40, Description="one")
    _, _, customer = huts(world)
    contact = next(iter(world.remotes.contacts()))
    world.later()
    world.remotes.update("Products", product, Description="two")
    world.remotes.update("Contacts", contact, Mobile="0111")
    world.settle()
    undos = [asked(world, write) for write in world.writes(op="update", side="books", state="done")]
    assert len(undos) == 2
    item, person = next(iter(world.remotes.items())), Write.objects.get(undoes=undos[1].undoes).link.books
    assert person is not None

    def edit() -> None:
        world.remotes.books.update_item(item, {"description": "a person's"})
        world.remotes.books.update_person(person.remote_id, {"mobile": "0222"})
        # An edit of a person alone may not move its customer's time, so that no list tells of it.

    run_with(world, monkeypatch, when, edit)
    for undo in undos:
        assert_left_alone(undo, "Books")
    assert world.remotes.items()[item]["description"] == "a person's"
    assert world.remotes.customer(customer)["persons"][0]["mobile"] == "0222"


@pytest.mark.parametrize("added", [{"Website": MINE}, {"Phone": "0207 946 0018"}])
@WHEN
def test_rule_5_7_a_created_company_that_a_person_filled_in_is_not_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str, added: dict[str, str]
) -> None:
    """Also a field that the creation had left empty: it would be lost with the company."""
    run, company = walks(world)
    undo = asked(world, Write.objects.get(run=run, side="bigin", link__kind="company-customer"))
    run_with(world, monkeypatch, when, lambda: world.remotes.update("Accounts", company, **added))
    assert_left_alone(undo, "Bigin")
    assert world.company_names() == ["Old Town Walks"]
    assert world.remotes.companies()[company].items() >= added.items()


@WHEN
def test_rule_5_7_a_created_customer_that_a_person_filled_in_is_not_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    run, _, customer = huts(world)
    undo = asked(world, Write.objects.get(run=run, side="books", link__kind="company-customer"))
    edit = {"billing_address": {"city": "Visp"}}
    run_with(world, monkeypatch, when, lambda: world.remotes.books.update_contact(customer, edit))
    assert_left_alone(undo, "Books")
    assert world.customer_names() == ["Alpine Huts"]


@WHEN
def test_rule_5_7_a_created_contact_that_a_person_moved_is_not_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    run, _ = walks(world)
    other = world.remotes.company("Kestrel Tours")
    world.settle()
    contact = next(iter(world.remotes.contacts()))
    undo = asked(world, Write.objects.get(run=run, side="bigin", link__kind="contact-person"))
    move = {"Account_Name": {"id": other}}
    run_with(world, monkeypatch, when, lambda: world.remotes.update("Contacts", contact, **move))
    assert_left_alone(undo, "Bigin")
    assert list(world.remotes.contacts()) == [contact]
    assert len(world.remotes.customer(world.remotes.customer_named("Kestrel Tours"))["persons"]) == 1


def test_what_was_filled_in_since_is_told_at_once(world: World) -> None:
    run, company = walks(world)
    world.later()
    world.remotes.update("Accounts", company, Phone="0207 946 0018")
    world.settle()
    write = Write.objects.get(run=run, side="bigin", link__kind="company-customer")
    result = services.undo_write(write, "Ada")
    assert (result.undone, result.reasons) == (0, ["Old Town Walks: Phone was changed since; it is left alone."])


def test_an_undo_whose_answer_was_lost_is_looked_at_again_and_sent_once_more(world: World) -> None:
    _, company, customer = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.settle()
    undo = asked(world, Write.objects.get(op="update", side="books", state="done"))
    world.sandbox.fault("drop_before", product="books", method="PUT", path=f"^/contacts/{customer}$")
    world.settle()
    undo.refresh_from_db()
    assert undo.state == "done"
    assert world.remotes.customer(customer)["website"] == "https://alpine.example"


def test_other_updates_need_no_look_more(world: World) -> None:
    """The last look is an undo's: an ordinary update of a plain field stays one call."""
    _, company, customer = huts(world)
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.forget_calls()
    world.sync()
    rows = [row for row in world.sandbox.calls()["by"] if row["product"] == "books"]
    made = {(row["method"], row["endpoint"]): row["count"] for row in rows}
    assert made == {("GET", "/contacts"): 1, ("GET", "/items"): 1, ("PUT", "/contacts/{id}"): 1}
    assert world.remotes.customer(customer)["website"] == NEW


def test_an_undo_of_many_companies_reads_them_by_the_page(world: World) -> None:
    for number in range(12):
        world.remotes.new_customer(f"Alpine Huts {number:02}")
    run = world.sync()
    assert len(world.remotes.companies()) == 12
    assert services.undo_run(run, "Ada").undone == 12
    world.forget_calls()
    world.sync()
    # 3 lists and 3 deleted lists, 1 page to look at all 12, 3 related lists for each, 1 delete.
    assert world.calls("bigin") == 3 + 3 + 1 + 3 * 12 + 1
    assert world.company_names() == []


def test_a_created_customer_to_which_somebody_added_a_person_is_not_deleted(world: World) -> None:
    """Books would delete that person with it."""
    world.remotes.company("Alpine Huts")
    made = world.sync()
    customer = world.remotes.customer_named("Alpine Huts")
    world.later()
    person = {"first_name": "Nils", "last_name": "Berg", "email": "nils@alpine.example"}
    world.remotes.books.create_person(customer, person)
    services.undo_run(made, "Ada")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert [person["email"] for person in world.remotes.customer(customer)["persons"]] == ["nils@alpine.example"]
    assert "Contact persons were added" in world.issue("changed_since").reason


# What is not mapped, so that the mirror knows nothing of it

_UNMAPPED = pytest.mark.parametrize("edited", ["notes", "shipping_address", "person"])


@_UNMAPPED
def test_rule_5_7_a_created_customer_that_somebody_wrote_more_to_is_not_deleted(world: World, edited: str) -> None:
    run, _, customer = huts(world)
    world.later()
    books = world.remotes.books
    if edited == "person":
        person = books.persons(customer)[0]
        books.update_person(person["contact_person_id"], {"designation": "Guide"})
    else:
        values = {"notes": "Pays late", "shipping_address": {"city": "Visp"}}
        world.remotes.edit_customer(customer, **{edited: values[edited]})
    write = Write.objects.get(run=run, side="books", link__kind="company-customer")
    undo = asked(world, write)
    world.settle()
    assert_left_alone(undo, "Books")
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_5_7_one_that_only_the_sync_wrote_to_since_goes(world: World) -> None:
    run, company, _ = huts(world, Billing_City="York", Billing_State="Yorkshire")
    world.later()
    world.remotes.update("Accounts", company, Billing_State="Rutland", Website=NEW)
    world.settle()
    world.remotes.update("Accounts", company, Billing_State="Yorkshire", Website="https://alpine.example")
    world.settle()
    asked(world, Write.objects.get(run=run, side="books", link__kind="company-customer"))
    world.settle()
    assert world.customer_names() == []


def test_rule_5_7_a_created_item_that_somebody_wrote_more_to_is_not_deleted(world: World) -> None:
    world.remotes.product("Guided walk", Unit_Price=40)
    run = world.sync()
    world.remotes.books.update_item(next(iter(world.remotes.items())), {"unit": "hour"})
    undo = asked(world, Write.objects.get(run=run, side="books", op="create"))
    world.settle()
    assert_left_alone(undo, "Books")
    assert len(world.remotes.items()) == 1
