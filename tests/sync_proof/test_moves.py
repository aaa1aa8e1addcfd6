"""A contact that changes its company, while things go wrong half-way (rules 5.6)."""

from __future__ import annotations

import pytest

from sync.models import Write
from tests.sync_proof.values import full_name
from tests.sync_proof.world import World


@pytest.fixture
def moved(world: World) -> str:
    """A contact is about to be moved from A to B; its id."""
    a, b = (world.bigin.add("Accounts", Account_Name=name) for name in ("Alder Walks", "Birch Tours"))
    ann = world.bigin.contact(a, "Ann", "Lee", Email="ann@lee.example")
    world.bigin.contact(a, "Bob", "Lee", Email="bob@lee.example")
    world.settle()
    assert world.bigin.move(ann, b)
    return ann


def people(world: World) -> list[tuple[str, str, str]]:
    now = world.look()
    return sorted(
        (full_name(row), now.customers[str(row["contact_id"])]["contact_name"], row["email"])
        for row in now.persons.values()
    )


DONE = [("Ann Lee", "Birch Tours", "ann@lee.example"), ("Bob Lee", "Alder Walks", "bob@lee.example")]


def test_rule_5_6_a_value_that_bigin_has_not_seen_survives_the_move(world: World, moved: str) -> None:
    person = next(one for one, row in world.look().persons.items() if row["first_name"] == "Ann")
    assert world.books.edit_person(person, phone="+41 27 111")
    world.settle()
    assert people(world) == DONE
    assert world.bigin.all("Contacts")[moved]["Phone"] == "+41 27 111"


@pytest.mark.parametrize("step", ["POST", "DELETE", "PUT"])
def test_rule_5_6_a_move_cut_between_its_steps_makes_no_second_contact(world: World, moved: str, step: str) -> None:
    """The person below B is seen by the next read before the move goes on."""
    world.sandbox.fault("quota", product="books", method=step, path="contactpersons", times=2)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    world.settle()
    assert people(world) == DONE
    assert len(world.bigin.all("Contacts")) == 2


def test_rule_5_6_a_created_person_whose_answer_comes_late_is_not_created_twice(world: World, moved: str) -> None:
    world.sandbox.fault("late_commit", product="books", method="POST", path="contactpersons", seconds=30)
    world.sync()
    assert Write.objects.get(op="move").state == Write.State.UNKNOWN
    world.sync()  # looks, finds nothing, and does not believe it yet
    world.settle()
    assert people(world) == DONE


def test_rule_5_6_a_person_that_books_will_not_let_go_stays_and_stands_there_once(world: World, moved: str) -> None:
    world.sandbox.switch(books_delete_primary_person="refuse")
    bob = next(one for one, row in world.bigin.all("Contacts").items() if row["First_Name"] == "Bob")
    assert world.bigin.delete("Contacts", bob)
    customer = next(one for one, row in world.look().customers.items() if row["contact_name"] == "Alder Walks")
    assert world.books.person(customer, first_name="Unlinked", last_name="", email="")
    world.settle()
    names = [name for name, _, _ in people(world)]
    assert names.count("Ann Lee") == 1
