"""A contact that is a customer of its own is one of its persons, and stays that one (rules 2.3, 4.3, 5.2)."""

from __future__ import annotations

import pytest

from sync import billing, decisions, hands, undo
from sync.models import Issue, Link, Record, Run, Write
from tests.sync_proof.people import Row
from tests.sync_proof.values import full_name
from tests.sync_proof.world import World

ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example", "phone": "+1 2025550101"}
BOB = {"first_name": "Bob", "last_name": "Ray", "email": "bob@ray.example", "phone": "+1 2025550102"}


class Case:
    """Contacts mode; a customer with Ann, who is primary and the contact, and Bob."""

    def __init__(self, world: World, *persons: Row) -> None:
        self.world = world
        world.choose(mode="contacts")
        made = world.books.customer("Alder Walks", *persons)
        self.customer = str(made["contact_id"])
        self.ann, *others = [str(one["contact_person_id"]) for one in made["contact_persons"]]
        self.bob = others[0] if others else ""
        world.settle()
        (self.contact,) = world.look().contacts
        world.time.forward(600)

    def make_primary(self, person: str) -> None:
        assert self.world.books.api.post(f"/contacts/contactpersons/{person}/primary").ok

    def settle(self) -> None:
        """Also what no row tells of."""
        self.world.time.forward(90_000)
        self.world.settle()

    def in_bigin(self) -> Row:
        return self.world.bigin.all("Contacts")[self.contact]

    def person(self, person: str) -> Row:
        return self.world.look().persons[person]

    def issue(self, code: str) -> Issue:
        return Issue.objects.select_related("installation", "link").get(code=code, state="open")


@pytest.fixture
def two(world: World) -> Case:
    return Case(world, ANN, BOB)


def open_issues() -> list[str]:
    return list(Issue.objects.filter(state="open").values_list("code", flat=True))


def test_rule_4_3_another_primary_person_makes_nobody_else_of_the_contact(two: Case) -> None:
    two.make_primary(two.bob)
    two.settle()
    assert (full_name(two.in_bigin()), two.in_bigin()["Email"]) == ("Ann Lee", "ann@lee.example")
    assert two.world.books.edit_person(two.ann, first_name="Ann", designation="Guide")
    assert two.world.books.edit_person(two.bob, first_name="Bob", designation="Cook")
    assert two.world.bigin.edit("Contacts", two.contact, Phone="+1 2025550199", Mailing_City="Bern")
    two.settle()
    assert (two.in_bigin()["Title"], two.in_bigin()["Phone"]) == ("Guide", "+1 2025550199")
    ann, bob = two.person(two.ann), two.person(two.bob)
    assert (ann["phone"], ann["designation"], ann["is_primary_contact"]) == ("+1 2025550199", "Guide", False)
    assert (full_name(bob), bob["phone"], bob["designation"]) == ("Bob Ray", "+1 2025550102", "Cook")
    assert two.world.look().customers[two.customer]["billing_address"]["city"] == "Bern"
    assert open_issues() == []
    match = billing.customer_of(two.world.installation, "Contacts", two.contact)
    assert match is not None
    assert match.person_id == two.ann


@pytest.mark.parametrize("touches", ["yes", "no"])
def test_rule_4_3_of_a_person_that_is_gone_nothing_is_written_and_the_customer_goes_on(two: Case, touches: str) -> None:
    two.world.sandbox.switch(books_person_touches_contact=touches)
    assert two.world.books.delete_person(two.ann)
    two.settle()
    assert two.issue("person_gone").link == Link.objects.get()
    assert (full_name(two.in_bigin()), two.in_bigin()["Email"]) == ("Ann Lee", "ann@lee.example")
    assert two.world.bigin.edit("Contacts", two.contact, Phone="+1 2025550199", Mailing_City="Bern")
    assert two.world.books.edit_person(two.bob, first_name="Bob", phone="+1 2025550188")
    two.settle()
    assert two.in_bigin()["Phone"] == "+1 2025550199"
    assert two.person(two.bob)["phone"] == "+1 2025550188"
    assert two.world.look().customers[two.customer]["billing_address"]["city"] == "Bern"
    assert open_issues() == ["person_gone"]
    match = billing.customer_of(two.world.installation, "Contacts", two.contact)
    assert match is not None
    assert match.person_id == two.bob


def test_rule_4_3_a_person_says_that_the_contact_is_the_primary_person_now(two: Case) -> None:
    assert two.world.books.delete_person(two.ann)
    two.settle()
    assert decisions.go_on_with_primary(two.issue("person_gone"), "Ada")
    two.settle()
    clash = two.issue("both_changed")
    assert sorted(clash.detail) == ["Email", "Name"]
    decisions.resolve_clash(clash, {"Email": "books", "Name": "books"}, "Ada")
    two.settle()
    assert (full_name(two.in_bigin()), two.in_bigin()["Email"]) == ("Bob Ray", "bob@ray.example")
    assert two.in_bigin()["Phone"] == "+1 2025550102"
    assert open_issues() == []


def test_rule_4_3_where_the_customer_has_nobody_the_contact_becomes_one_there(world: World) -> None:
    one = Case(world, ANN)
    assert world.books.delete_person(one.ann)
    one.settle()
    assert (one.in_bigin()["Email"], one.in_bigin()["Phone"]) == ("ann@lee.example", "+1 2025550101")
    assert decisions.go_on_with_primary(one.issue("person_gone"), "Ada")
    one.settle()
    (anew,) = world.look().persons
    assert (full_name(one.person(anew)), one.person(anew)["email"]) == ("Ann Lee", "ann@lee.example")
    assert Link.objects.get().person == anew
    assert open_issues() == []


def test_rule_4_3_who_is_deleted_and_added_again_is_the_same(two: Case) -> None:
    assert two.world.books.delete_person(two.ann)
    two.settle()
    again = two.world.books.person(two.customer, **ANN)
    two.settle()
    assert open_issues() == []
    assert two.world.bigin.edit("Contacts", two.contact, Title="Guide")
    two.settle()
    assert again is not None
    assert two.person(again)["designation"] == "Guide"


@pytest.mark.parametrize(("gone", "told"), [(False, []), (True, ["person_gone"])])
def test_rule_4_3_a_pair_of_before_learns_its_person_from_its_base(two: Case, gone: bool, told: list[str]) -> None:
    customer = Record.objects.get(kind="customer")
    meta = {name: value for name, value in customer.meta.items() if name not in ("person", "people")}
    Record.objects.filter(pk=customer.pk).update(meta=meta)
    Link.objects.update(person="")
    if gone:
        assert two.world.books.delete_person(two.ann)
    else:
        two.make_primary(two.bob)
    two.settle()
    assert full_name(two.in_bigin()) == "Ann Lee"
    assert open_issues() == told
    assert Link.objects.get().person == ("" if gone else two.ann)


def test_rule_4_3_a_pair_made_by_hand_is_of_the_person_like_the_contact(world: World) -> None:
    world.choose(mode="contacts", create_in_bigin="none")
    contact = world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")
    made = world.books.customer("Alder Walks", BOB, {**ANN, "designation": "Guide"})
    world.settle()
    own = next(one for one in world.look().customers if one != str(made["contact_id"]))
    customer = Record.objects.get(kind="customer", remote_id=str(made["contact_id"]))
    hands.link(world.installation, Record.objects.get(remote_id=contact), customer, "Ada")
    world.settle()
    row = world.bigin.all("Contacts")[contact]
    assert (full_name(row), row["Title"], row["Phone"]) == ("Ann Lee", "Guide", "+1 2025550101")
    assert own in world.look().customers


def test_rule_2_3_a_contact_linked_by_hand_with_a_business_customer_is_kept_in_step(world: World) -> None:
    world.choose(mode="both", include_unattached=True, create_in_bigin="none")
    contact = world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")
    made = world.books.customer("Alder Walks", BOB, {**ANN, "designation": "Guide"})
    assert made["customer_sub_type"] == "business"
    world.settle()
    customer = Record.objects.get(kind="customer", remote_id=str(made["contact_id"]))
    hands.choose(world.installation, Record.objects.get(remote_id=contact), customer, "Ada")
    world.settle()
    row = world.bigin.all("Contacts")[contact]
    assert (full_name(row), row["Title"], row["Phone"]) == ("Ann Lee", "Guide", "+1 2025550101")
    world.bigin.edit("Contacts", contact, Title="Captain")
    world.settle()
    ann = next(one for one in world.look().persons.values() if one["email"] == "ann@lee.example" and one["designation"])
    assert ann["designation"] == "Captain"


def test_rule_4_3_who_is_another_contact_is_not_taken_for_one_linked_by_hand(world: World) -> None:
    world.choose(mode="both", include_unattached=True)
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    bob = world.bigin.contact(company, "Bob", "Ray", Email="bob@ray.example")
    ann = world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")
    world.settle()
    customer = Record.objects.get(kind="customer", label="Alder Walks")
    (person,) = [one for one, row in world.look().persons.items() if row["contact_id"] == customer.remote_id]
    hands.choose(world.installation, Record.objects.get(remote_id=ann), customer, "Ada")
    world.settle()
    assert full_name(world.look().persons[person]) == "Bob Ray"
    assert {one: full_name(row) for one, row in world.bigin.all("Contacts").items()} == {bob: "Bob Ray", ann: "Ann Lee"}
    assert "person_gone" in open_issues()


def test_rule_4_3_a_mode_that_comes_back_finds_its_person_again(two: Case) -> None:
    two.world.choose(mode="companies")
    two.world.settle()
    two.make_primary(two.bob)
    two.settle()
    two.world.choose(mode="contacts")
    two.settle()
    assert full_name(two.in_bigin()) == "Ann Lee"
    assert full_name(two.person(two.bob)) == "Bob Ray"
    assert Link.objects.get(kind="contact-customer").state == Link.State.LINKED


# Deletions


@pytest.mark.parametrize("policy", ["delete", "inactive"])
def test_rule_5_2_a_customer_with_other_persons_is_not_deleted_for_one_contact(two: Case, policy: str) -> None:
    two.world.choose(mode="contacts", delete_policy=policy)
    assert two.world.bigin.delete("Contacts", two.contact)
    two.settle()
    before = two.world.look()
    assert before.customers[two.customer]["status"] == "active"
    assert sorted(before.persons) == sorted([two.ann, two.bob])
    assert open_issues() == ["others_stay"]
    assert two.world.books.edit(two.customer, website="https://alder.example")
    two.settle()
    assert open_issues() == ["others_stay"]
    assert two.world.bigin.restore("Contacts", two.contact)
    two.settle()
    assert open_issues() == []
    assert Link.objects.get().state == Link.State.LINKED


def test_rule_5_2_once_nobody_else_is_there_retry_deletes_the_customer(two: Case) -> None:
    assert two.world.bigin.delete("Contacts", two.contact)
    two.settle()
    decisions.retry(two.issue("others_stay"), "Ada")
    two.settle()
    assert open_issues() == ["others_stay"]
    assert two.world.books.delete_person(two.bob)
    two.settle()
    decisions.retry(two.issue("others_stay"), "Ada")
    two.settle()
    assert two.world.look().customers == {}
    assert open_issues() == []


@pytest.mark.parametrize("policy", ["delete", "inactive"])
def test_rule_5_2_who_is_added_while_the_deletion_waits_stays(world: World, policy: str) -> None:
    """Nothing tells of the new person but the last look."""
    world.sandbox.switch(books_person_touches_contact="no")
    one = Case(world, ANN)
    world.choose(mode="contacts", delete_policy=policy)
    world.settle()
    assert world.bigin.delete("Contacts", one.contact)
    world.sync()
    bob = world.books.person(one.customer, **BOB)
    world.time.forward(200)
    world.settle()
    assert bob in world.look().persons
    assert world.look().customers[one.customer]["status"] == "active"
    assert open_issues() == ["others_stay"]


def test_rule_5_6_an_individual_customer_with_other_persons_is_not_let_go(world: World) -> None:
    world.choose(mode="both", include_unattached=True)
    company = world.bigin.add("Accounts", Account_Name="Birch Tours")
    contact = world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")
    world.settle()
    customer = next(one for one, row in world.look().customers.items() if row["contact_name"] == "Ann Lee")
    bob = world.books.person(customer, **BOB)
    world.time.forward(600)
    assert world.bigin.move(contact, company)
    world.settle()
    assert bob in world.look().persons
    assert open_issues() == ["own_customer"]
    assert world.bigin.delete("Contacts", contact)
    world.settle()
    assert bob in world.look().persons
    assert open_issues() == ["others_stay"]


def test_rule_5_7_undoing_a_creation_spares_who_became_primary_since(world: World) -> None:
    world.choose(mode="contacts")
    world.bigin.contact(None, "Ann", "Lee", Email="ann@lee.example")
    run = world.sync()
    ((ann, row),) = world.look().persons.items()
    bob = world.books.person(str(row["contact_id"]), **BOB)
    assert world.books.api.post(f"/contacts/contactpersons/{bob}/primary").ok
    assert world.books.delete_person(ann)
    write = Write.objects.get(run=Run.objects.get(pk=run.pk), op="create")
    undo.undo_write(write, "Ada")
    world.time.forward(90_000)
    world.settle()
    assert list(world.look().persons) == [bob]
