"""A contact that gains or loses its company: what it had in Books goes only when the new record stands (rules 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from sync import carrying, hands, mapping
from sync.models import Issue, Link, Module, Record, Write
from tests.sync_proof.test_moves import people
from tests.sync_proof.world import World


@pytest.fixture
def alone(world: World) -> tuple[str, str]:
    """A company, and a contact without one that is an individual customer: their ids."""
    world.choose(mode="both", include_unattached=True)
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example", Phone="+1 2")
    world.settle()
    world.time.forward(600)
    return company, contact


@pytest.fixture
def inside(world: World) -> str:
    """A contact of a company: its id."""
    world.choose(mode="both", include_unattached=True)
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example", Phone="+1 2")
    world.settle()
    world.time.forward(600)
    return contact


PERSON = [("Ann Lee", "Alder Walks", "ann@lee.example")]
CUSTOMER = [("Ann Lee", "Ann Lee", "ann@lee.example")]


def test_rule_5_6_what_was_written_in_books_reaches_the_contact_that_gained_a_company(
    world: World, alone: tuple[str, str]
) -> None:
    company, contact = alone
    assert world.books.edit_person(next(iter(world.look().persons)), phone="+41 27 999")
    world.bigin.move(contact, company)
    world.settle()
    assert people(world) == PERSON
    assert world.bigin.all("Contacts")[contact]["Phone"] == "+41 27 999"
    assert [row["phone"] for row in world.look().persons.values()] == ["+41 27 999"]


def test_rule_5_6_what_was_written_in_books_reaches_the_contact_that_lost_its_company(
    world: World, inside: str
) -> None:
    assert world.books.edit_person(next(iter(world.look().persons)), phone="+41 27 999")
    world.bigin.move(inside, None)
    world.settle()
    assert people(world) == CUSTOMER
    assert world.bigin.all("Contacts")[inside]["Phone"] == "+41 27 999"


def test_rule_5_6_what_bigin_refused_once_does_not_hold_a_later_parting_up(world: World, inside: str) -> None:
    person = next(iter(world.look().persons))
    world.sandbox.fault("error_before", product="bigin", method="PUT", path="^/Contacts", times=1, status=400)
    assert world.books.edit_person(person, phone="+41 27 111")
    world.settle()
    assert Write.objects.filter(side="bigin", state="rejected").count() == 1
    assert world.books.edit_person(person, phone="+41 27 222")
    world.bigin.move(inside, None)
    world.settle()
    assert people(world) == CUSTOMER
    assert world.bigin.all("Contacts")[inside]["Phone"] == "+41 27 222"


def test_rule_5_6_an_end_that_waits_outlives_a_change_of_mode(world: World, inside: str) -> None:
    """Or the same contact would stand in Books twice from then on."""
    world.bigin.move(inside, None)
    world.sandbox.fault("quota", product="books", method="POST", path="^/contacts$", times=2)
    world.sync_once()
    world.sandbox.control("DELETE", "faults")
    world.time.forward(3700)
    world.choose(mode="companies")
    world.settle()
    assert people(world) == PERSON
    world.choose(mode="both")
    world.settle()
    assert people(world) == CUSTOMER


def test_rule_5_6_one_run_makes_the_new_record_and_ends_the_old_one(world: World, inside: str) -> None:
    world.bigin.move(inside, None)
    world.sync()
    assert people(world) == CUSTOMER


def test_rule_5_6_nothing_is_deleted_while_the_new_record_is_refused(world: World, alone: tuple[str, str]) -> None:
    company, contact = alone
    world.bigin.move(contact, company)
    world.sandbox.fault("error_before", product="books", method="POST", path="contactpersons", times=0, status=400)
    for _ in range(3):
        world.sync()
        world.time.forward(3700)
    assert people(world) == CUSTOMER
    assert Issue.objects.filter(state="open", kind="rejected").count() == 1
    assert Write.objects.get(op="delete").state == Write.State.HELD
    world.sandbox.control("DELETE", "faults")
    world.bigin.edit("Contacts", contact, Title="Guide")
    world.settle()
    assert people(world) == PERSON
    assert not Issue.objects.filter(state="open").exists()


@pytest.mark.parametrize("scope", ["organization", "contact"])
def test_rule_5_6_an_e_mail_that_may_stand_once_only_follows_into_the_person(
    world: World, alone: tuple[str, str], scope: str
) -> None:
    world.sandbox.switch(books_person_email_unique=scope)
    company, contact = alone
    world.bigin.move(contact, company)
    world.settle()
    assert people(world) == PERSON
    assert not Issue.objects.filter(state="open").exists()


@pytest.mark.parametrize("scope", ["organization", "contact"])
def test_rule_5_6_an_e_mail_that_may_stand_once_only_follows_into_the_customer(
    world: World, inside: str, scope: str
) -> None:
    world.sandbox.switch(books_person_email_unique=scope)
    world.bigin.move(inside, None)
    world.settle()
    assert people(world) == CUSTOMER
    assert not Issue.objects.filter(state="open").exists()


def test_rule_5_6_an_unmapped_e_mail_that_books_refuses_the_new_record_is_told(world: World, inside: str) -> None:
    world.sandbox.switch(books_person_email_unique="organization")
    rows = [row for row in mapping.defaults(Module.CUSTOMERS) if row.bigin != "Email"]
    world.choose(mapping=rows)
    world.settle()
    world.bigin.move(inside, None)
    world.settle()
    assert people(world) == [("Ann Lee", "Ann Lee", "")]
    issue = Issue.objects.get(state="open")
    assert (issue.code, issue.link) == ("mail_stays", Link.objects.get(bigin__remote_id=inside, state="linked"))
    assert "goes on in Books without its e-mail ann@lee.example" in issue.reason


def test_rule_5_6_what_is_changed_in_books_after_the_contact_went_on_stays(
    world: World, alone: tuple[str, str]
) -> None:
    """The creation of the person is cut, the customer is edited, and then the person is made."""
    company, contact = alone
    customer = next(one for one, row in world.look().customers.items() if row["contact_name"] == "Ann Lee")
    world.bigin.move(contact, company)
    world.sandbox.fault("error_before", product="books", method="POST", path="contactpersons", times=2, status=400)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    assert world.books.edit(customer, website="https://ann.example")
    world.bigin.edit("Contacts", contact, Title="Guide")
    world.settle()
    assert people(world) == [*PERSON, *CUSTOMER]
    assert Link.objects.get(books__remote_id=customer).reason.startswith("It was changed in Books after")


def test_rule_5_6_a_pair_made_by_hand_is_not_taken_apart(world: World, alone: tuple[str, str]) -> None:
    company, _ = alone
    inside = world.bigin.contact(company, "Annette", "Lee", Email="annette@lee.example")
    row = world.books.customer(
        "Annette",
        {"first_name": "Annette", "last_name": "Lee", "email": "annette@private.example"},
        customer_sub_type="individual",
    )
    world.settle()
    contact = Record.objects.get(kind="contact", remote_id=inside)
    customer = Record.objects.get(kind="customer", remote_id=str(row["contact_id"]))
    hands.link(world.installation, contact, customer, "Ada")
    world.settle()
    assert str(row["contact_id"]) in world.look().customers
    assert Link.objects.get(bigin=contact, state="linked").books == customer
    issue = Issue.objects.get(code="own_customer", state="open")
    assert "linked by hand" in issue.reason


def test_rule_5_6_a_contact_deleted_before_its_new_record_stands_takes_the_old_one_along(
    world: World, alone: tuple[str, str]
) -> None:
    company, contact = alone
    world.bigin.move(contact, company)
    world.sandbox.fault("error_before", product="books", method="POST", path="contactpersons", times=0, status=400)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    assert world.bigin.delete("Contacts", contact)
    world.settle()
    assert people(world) == []


OWN = {"salutation": "Ms.", "skype": "ann.skype", "department": "Board", "designation": "Chair"}


def test_rule_5_6_what_is_not_mapped_goes_along_when_a_company_is_lost_and_gained(world: World, inside: str) -> None:
    """Into a customer of its own, and back into a company that is created in that very run."""
    assert world.books.edit_person(next(iter(world.look().persons)), **OWN)
    world.bigin.move(inside, None)
    world.settle()
    assert people(world) == CUSTOMER
    assert [{name: row[name] for name in OWN} for row in world.look().persons.values()] == [OWN]
    other = world.bigin.add("Accounts", Account_Name="Birch Tours")
    world.bigin.move(inside, other)
    world.settle()
    assert people(world) == [("Ann Lee", "Birch Tours", "ann@lee.example")]
    assert [{name: row[name] for name in OWN} for row in world.look().persons.values()] == [OWN]


def test_rule_5_6_an_unmapped_edit_after_it_went_along_keeps_the_old_record(
    world: World, alone: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    company, contact = alone
    person = next(iter(world.look().persons))
    assert world.books.edit_person(person, skype="ann.skype")
    made = carrying.onto

    def then_edit(*args: Any) -> Any:
        found = made(*args)
        if found:
            assert world.books.edit_person(person, skype="ann.new")
        return found

    monkeypatch.setattr(carrying, "onto", then_edit)
    world.bigin.move(contact, company)
    world.settle()
    assert sorted(row["skype"] for row in world.look().persons.values()) == ["ann.new", "ann.skype"]
    assert Write.objects.get(op="delete").state == Write.State.WITHDRAWN
