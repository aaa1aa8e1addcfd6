"""What the lists do not show at once is found in the end."""

from __future__ import annotations

import pytest

from sync import allowance
from sync.models import Record
from tests.sync_proof.trial import DAY, Trial
from tests.sync_proof.world import World


def test_rule_8_2_a_persons_edit_that_moves_no_time_is_found_by_night(world: World) -> None:
    """Whether because editing a person never does, or because it falls into the second of our own write."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    world.settle()
    world.sandbox.switch(books_person_touches_contact="no")
    person = next(iter(world.look().persons))
    assert world.books.edit_person(person, designation="Director")
    world.sync()
    assert world.bigin.all("Contacts")[contact]["Title"] is None
    world.time.forward(DAY + 60)
    world.settle()
    assert world.bigin.all("Contacts")[contact]["Title"] == "Director"


def test_rule_8_2_what_moved_no_time_may_give_way_to_bigin_before_the_night(world: World) -> None:
    """The proofs know it: a person edited in the second of our own write, then its contact, in the same field."""
    world.fresh(policy="books")
    trial = Trial(world)
    trial.play([("add_company", 0, 1), ("run", 0, 0), ("add_contact", 0, 1), ("run", 0, 0), ("edit_person", 0, 3)])
    trial.play([("edit_contact", 0, 3), ("run", 0, 2)])
    (contact,) = world.bigin.all("Contacts").values()
    assert [row["designation"] for row in world.look().persons.values()] == [contact["Title"]]
    trial.end()


def test_details_are_read_again_within_a_tenth_of_the_quota(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        world.books.customer(f"Customer {number}")
    world.settle()
    world.time.forward(DAY)
    world.settle()
    monkeypatch.setitem(allowance._SMALLEST, "books", 30)
    world.time.forward(DAY)
    world.forget_calls()
    world.sync()
    assert world.calls()["books", "GET", "/contacts/{id}"] == 3
    assert not Record.objects.filter(kind="customer", detail_at=None).exists()


def test_rule_4_2_a_new_contacts_missing_company_does_not_empty_the_customers(world: World) -> None:
    """In Contacts mode the company's name flows to Books only, and a contact born in Books has none."""
    world.choose(mode="contacts")
    ann = {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example"}
    customer = str(world.books.customer("Alder Walks", ann)["contact_id"])
    world.settle()
    assert [row["Email"] for row in world.bigin.all("Contacts").values()] == ["ann@lee.example"]
    assert world.look().customers[customer]["company_name"] == "Alder Walks"
