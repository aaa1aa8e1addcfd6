"""What the lists do not show at once is found in the end."""

from __future__ import annotations

import pytest

from accounts import probing
from sync import allowance, probed
from sync.models import Issue, Record
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


@pytest.mark.parametrize("policy", ["bigin", "books"])
def test_rule_8_2_what_moved_no_time_meets_bigins_edit_as_the_policy_says(world: World, policy: str) -> None:
    """A person edited in the second of our own write, then its contact, in the same field."""
    world.fresh(policy=policy)
    trial = Trial(world)
    trial.play([("add_company", 0, 1), ("run", 0, 0), ("add_contact", 0, 1), ("run", 0, 0), ("edit_person", 0, 3)])
    (there,) = world.look().persons.values()
    trial.play([("edit_contact", 0, 3)])
    (here,) = world.bigin.all("Contacts").values()
    trial.play([("run", 0, 2)])
    trial.end()
    (contact,) = world.bigin.all("Contacts").values()
    assert contact["Title"] == (here["Title"] if policy == "bigin" else there["designation"])
    assert here["Title"] != there["designation"]


def test_rule_8_2_a_customer_billed_before_the_first_listing_is_read_again_with_it(world: World) -> None:
    """Its detail was read in the second of our own write, and an edit of that second moves no time."""
    world.fresh(mode="contacts")
    trial = Trial(world)
    trial.play([("add_contact", 0, 1), ("bill", 0, 1), ("edit_person", 0, 3)])
    (person,) = world.look().persons.values()
    world.time.forward(60)
    world.settle()
    (contact,) = world.bigin.all("Contacts").values()
    assert person["designation"] == contact["Title"] is not None


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


@pytest.mark.parametrize("mode", ["both", "contacts"])
def test_rule_4_4_a_persons_unseen_edit_is_not_written_over(world: World, mode: str) -> None:
    """Where no list shows it, the person is read once more before our own edit of the same field goes out."""
    world.choose(mode=mode, policy="ask")
    world.sandbox.switch(books_person_touches_contact="no")
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example", Title="Guide")
    world.settle()
    probing.learn(world.installation, probed.PERSON_MOVES_CUSTOMER, False, "No.", proofs=0)
    (person,) = world.look().persons
    assert world.books.edit_person(person, designation="Director")
    world.time.forward(60)
    world.bigin.edit("Contacts", contact, Title="Owner")
    world.settle()
    assert world.bigin.all("Contacts")[contact]["Title"] == "Owner"
    assert world.look().persons[person]["designation"] == "Director"
    (issue,) = Issue.objects.filter(state=Issue.State.OPEN)
    assert (issue.kind, list(issue.detail)) == (Issue.Kind.CLASH, ["Title"])
