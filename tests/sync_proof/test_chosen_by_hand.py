"""Another customer for a company, chosen by hand: what becomes of the people below both (rules 3.2, 5.6)."""

from __future__ import annotations

import pytest

from sync import hands
from sync.models import Issue, Link, Record
from tests.sync_proof.trial import Trial
from tests.sync_proof.values import full_name
from tests.sync_proof.world import World


@pytest.fixture
def two(world: World) -> World:
    """Two companies in step, each with a person."""
    for company, first in (("Alder Walks", "Ann"), ("Birch Tours", "Bob")):
        one = world.bigin.add("Accounts", Account_Name=company)
        world.bigin.contact(one, first, "Lee", Email=f"{first.lower()}@lee.example")
    world.settle()
    return world


def choose(world: World, company: str, customer: str) -> str:
    """The id of that customer."""
    left = Record.objects.get(kind="company", label=company)
    right = Record.objects.get(kind="customer", label=customer)
    hands.choose(world.installation, left, right, "Ada")
    return right.remote_id


def below(world: World, customer: str) -> list[str]:
    people = world.look().persons.values()
    return sorted(full_name(row) for row in people if row["contact_id"] == customer)


def partner_of(first: str) -> Record:
    link = Link.objects.get(bigin__label__startswith=first, kind="contact-person", state="linked")
    assert link.books is not None
    return link.books


def test_rule_5_6_whose_company_lost_its_customer_gets_a_person_below_the_new_one(two: World) -> None:
    birch = choose(two, "Alder Walks", "Birch Tours")
    two.settle()
    assert below(two, birch) == ["Ann Lee", "Bob Lee"]
    fresh = Link.objects.get(bigin__label="Birch Tours", state="linked").books
    assert fresh is not None
    assert below(two, fresh.remote_id) == ["Bob Lee"]
    assert (partner_of("Ann").parent_id, partner_of("Bob").parent_id) == (birch, fresh.remote_id)
    assert len(two.bigin.all("Contacts")) == 2


def test_rule_3_5_who_is_left_below_a_customer_of_another_company_is_judged_anew(two: World) -> None:
    birch = choose(two, "Alder Walks", "Birch Tours")
    two.settle()
    left = Issue.objects.get(state="open", record__kind="person")
    assert (left.record and left.record.label, left.record and left.record.parent_id) == ("Bob Lee", birch)
    assert (left.kind, left.code) == ("rejected", "duplicate_value")


def test_rule_5_6_a_contact_whose_answer_was_lost_when_its_customer_went_is_in_its_place(two: World) -> None:
    customer = Record.objects.get(kind="customer", label="Birch Tours").remote_id
    two.books.person(customer, first_name="Cleo", last_name="Lee", email="cleo@lee.example")
    two.sandbox.fault("late_commit", product="bigin", method="POST", path="^/Contacts", seconds=5)
    two.sync_once()
    assert Link.objects.get(books__label="Cleo Lee").state == Link.State.HALF
    choose(two, "Alder Walks", "Birch Tours")
    two.settle()
    cleo = Record.objects.get(kind="contact", label="Cleo Lee")
    company = Link.objects.get(bigin__remote_id=cleo.parent_id, state="linked")
    assert partner_of("Cleo").parent_id == (company.books.remote_id if company.books else None)


def test_rule_3_2_of_a_pair_made_by_hand_what_bigin_holds_stands(two: World) -> None:
    """Also a name, which two edits would be asked about: neither of the two was edited."""
    company = Record.objects.get(kind="company", label="Alder Walks").remote_id
    birch = Record.objects.get(kind="customer", label="Birch Tours").remote_id
    two.books.edit_address(birch, city="Bern")
    two.settle()
    choose(two, "Alder Walks", "Birch Tours")
    two.settle()
    held = two.books.read(birch)
    assert held is not None
    assert (held["contact_name"], held["billing_address"]["city"]) == ("Alder Walks", "Bern")
    assert two.bigin.all("Accounts")[company]["Billing_City"] == "Bern"
    assert not Issue.objects.filter(state="open", kind="clash").exists()


def test_nothing_flows_through_a_pair_that_somebody_ended_by_choosing_another(world: World) -> None:
    """The proofs themselves: what the sync wrote for the new pair is not owed to the former one."""
    trial = Trial(world)
    trial.play([("add_company", 0, 1), ("add_contact", 0, 1), ("add_customer", 0, 1), ("run", 0, 0)])
    trial.play([("link_by_hand", 0, 0), ("settle", 0, 0)])
    assert trial.ledger.replaced
