"""An undo beside other changes of the same pair, and one whose answer is lost: neither is forgotten (issue 4)."""

from __future__ import annotations

import pytest

from sync import hands, services
from sync.models import Link, Write
from tests.sync_proof.test_moves import DONE, cut, people
from tests.sync_proof.world import World


def test_rule_5_6_an_undo_does_not_cancel_a_move_that_waits(world: World) -> None:
    old, new = (world.bigin.add("Accounts", Account_Name=name) for name in ("Alder Walks", "Birch Tours"))
    ann = world.bigin.contact(old, "Ann", "Lee", Email="ann@lee.example")
    world.bigin.contact(old, "Bob", "Lee", Email="bob@lee.example")
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Contacts", ann, Title="Guide")
    world.settle()
    named = Write.objects.get(op="update")
    world.bigin.move(ann, new)
    cut(world, "POST")
    assert services.undo_write(named, "Ada").reasons == ["Ann Lee: Another change of it is on its way."]
    world.settle()
    assert people(world) == DONE


def test_an_update_that_made_way_for_an_undo_is_sent_after_it_though_the_undo_was_refused(world: World) -> None:
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Accounts", company, Website="https://alder.example")
    world.settle()
    first = Write.objects.get(op="update")
    world.time.forward(600)
    world.bigin.edit("Accounts", company, Phone="+41 27 1")
    world.sandbox.fault("quota", product="books", method="PUT", path="^/contacts", times=2)
    world.sync_once()
    world.sandbox.control("DELETE", "faults")
    assert services.undo_write(first, "Ada").undone == 1
    world.time.forward(3700)
    world.sandbox.fault("error_before", product="books", method="PUT", path="^/contacts", times=1, status=400)
    world.settle()
    assert Write.objects.get(undoes=first).state == Write.State.REJECTED
    assert [row["billing_address"]["phone"] for row in world.look().customers.values()] == ["+41 27 1"]


@pytest.fixture
def deleted(world: World) -> Write:
    """The write that deleted a customer with its person."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    world.settle()
    world.bigin.delete("Accounts", company)
    world.time.forward(7200)
    world.settle()
    assert not world.look().customers
    return Write.objects.get(op="delete")


BACK = [("Ann Lee", "Alder Walks", "ann@lee.example")]


def test_what_an_undo_makes_again_is_sent_again_when_it_had_not_arrived(world: World, deleted: Write) -> None:
    assert services.undo_write(deleted, "Ada").undone == 1
    world.sandbox.fault("drop_before", product="books", method="POST", path="^/contacts$", times=2)
    world.settle()
    assert people(world) == BACK


def test_unlinking_takes_back_what_travels_along_so_that_it_can_be_asked_for_again(
    world: World, deleted: Write
) -> None:
    assert services.undo_write(deleted, "Ada").undone == 1
    hands.unlink(deleted.link, "Ada")
    assert not Write.objects.filter(state="pending").exists()
    deleted.refresh_from_db()
    assert services.undo_write(deleted, "Ada").undone == 1
    world.settle()
    assert people(world) == BACK


def test_a_pair_says_which_change_was_taken_back_when_its_customer_is_inactive_again(world: World) -> None:
    world.choose(delete_policy="inactive")
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.bigin.delete("Accounts", company)
    world.time.forward(7200)
    world.settle()
    world.bigin.restore("Accounts", company)
    world.settle()
    assert services.undo_write(Write.objects.get(op="active"), "Ada").undone == 1
    world.settle()
    assert [row["status"] for row in world.look().customers.values()] == ["inactive"]
    assert Link.objects.get().reason == "That it was made active again was taken back: in Books it is inactive."


def test_an_undo_of_a_pair_that_is_apart_ends_with_its_mode(world: World) -> None:
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    made = Write.objects.get(op="create", side="books", link__kind="company-customer")
    hands.unlink(made.link, "Ada")
    assert services.undo_write(made, "Ada").undone == 1
    world.choose(mode="contacts")
    world.settle()
    assert Write.objects.get(undoes=made).state == Write.State.WITHDRAWN
    assert [row["contact_name"] for row in world.look().customers.values()] == ["Alder Walks"]
