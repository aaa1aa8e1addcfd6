"""A contact that changes its company, while things go wrong half-way (rules 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from sync import decisions, hands, mapping, undo
from sync.models import Decision, Issue, Link, Module, Record, Write
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


# What only Books knows goes along


def ann(world: World) -> dict[str, Any]:
    """The one person called Ann, with her id."""
    found = [{**row, "id": one} for one, row in world.look().persons.items() if row["first_name"] == "Ann"]
    assert len(found) == 1
    return found[0]


def birch(world: World) -> str:
    return next(one for one, row in world.look().customers.items() if row["contact_name"] == "Birch Tours")


def cut(world: World, step: str) -> None:
    """The day's quota ends when the move is about to do this, and is there again a good while later."""
    world.sandbox.fault("quota", product="books", method=step, path="contactpersons", times=2)
    world.sync_once()
    world.sandbox.control("DELETE", "faults")
    world.time.forward(3700)


def issues() -> list[str]:
    return sorted(Issue.objects.filter(state="open").values_list("code", flat=True))


def test_rule_5_6_what_is_not_mapped_moves_too(world: World, moved: str) -> None:
    own = {"salutation": "Ms.", "skype": "ann.skype", "department": "Board", "mobile": "+41 79 1"}
    assert world.books.edit_person(ann(world)["id"], **own)
    world.settle()
    assert people(world) == DONE
    now = ann(world)
    assert {name: now[name] for name in own} == own
    before = Write.objects.get(op="move").before
    assert before is not None
    assert before["detail"]["skype"] == "ann.skype"


@pytest.mark.parametrize("step", ["POST", "DELETE"])
def test_rule_5_6_an_edit_while_the_move_waits_is_not_lost(world: World, moved: str, step: str) -> None:
    assert world.books.edit_person(ann(world)["id"], phone="+41 27 1", skype="ann.skype")
    cut(world, step)
    old = next(row for row in world.look().persons.values() if row["email"] == "ann@lee.example")
    later = {"phone": "+41 27 999", "skype": "", "department": "Board", "email": "ann@new.example"}
    assert world.books.edit_person(str(old["contact_person_id"]), **later)
    world.settle()
    assert people(world) == [("Ann Lee", "Birch Tours", "ann@new.example"), DONE[1]]
    now = ann(world)
    assert (now["phone"], now["skype"], now["department"]) == ("+41 27 999", "", "Board")
    contact = world.bigin.all("Contacts")[moved]
    assert (contact["Phone"], contact["Email"]) == ("+41 27 999", "ann@new.example")


def test_rule_5_6_a_move_that_waits_is_planned_anew_when_the_contact_moves_on(world: World, moved: str) -> None:
    cut(world, "POST")
    assert world.bigin.move(moved, world.bigin.add("Accounts", Account_Name="Cedar Lodge"))
    world.settle()
    assert people(world) == [("Ann Lee", "Cedar Lodge", "ann@lee.example"), DONE[1]]
    assert len(world.bigin.all("Contacts")) == 2


# Who stands there already


def test_rule_5_6_who_stands_at_the_new_customer_already_takes_the_moved_ones_place(world: World, moved: str) -> None:
    assert world.books.edit_person(ann(world)["id"], skype="ann.skype", phone="+41 27 1")
    there = world.books.person(
        birch(world), first_name="Ann", last_name="Lee", email="ann@lee.example", mobile="+1 9", phone="+1 8"
    )
    world.settle()
    assert people(world) == DONE
    now = ann(world)
    assert (now["id"], now["mobile"], now["skype"], now["phone"]) == (there, "+1 9", "ann.skype", "+41 27 1")
    assert {one: row["Phone"] for one, row in world.bigin.all("Contacts").items()}[moved] == "+41 27 1"
    assert len(world.bigin.all("Contacts")) == 2
    assert issues() == []


def test_rule_5_6_who_was_told_apart_from_the_moved_contact_stays_another(world: World, moved: str) -> None:
    world.sandbox.switch(books_person_email_unique="off")
    world.choose(create_in_bigin="none")
    other = world.books.person(birch(world), first_name="Anna", last_name="Li", email="ann@lee.example")
    Decision.objects.create(
        installation=world.installation, bigin_id=moved, books_id=str(other), verdict="different", decided_by="Ada"
    )
    world.settle()
    assert people(world) == [DONE[0], ("Anna Li", "Birch Tours", "ann@lee.example"), DONE[1]]


def test_rule_5_6_a_name_of_three_words_stays_divided_as_it_was(world: World, moved: str) -> None:
    assert world.books.edit_person(ann(world)["id"], first_name="Ann Maria", last_name="Lee")
    world.settle()
    found = [(row["first_name"], row["last_name"]) for row in world.look().persons.values()]
    assert sorted(found) == [("Ann Maria", "Lee"), ("Bob", "Lee")]
    assert full_name(world.bigin.all("Contacts")[moved]) == "Ann Maria Lee"


def test_rule_5_6_of_two_that_may_be_the_moved_one_a_person_says_which(world: World, moved: str) -> None:
    world.sandbox.switch(books_person_email_unique="off")
    rivals = [world.books.person(birch(world), first_name="Ann", last_name=last, email="ann@lee.example")
              for last in ("Lee", "Lee-Ray")]  # fmt: skip
    world.sync()
    assert ("Ann Lee", "Alder Walks", "ann@lee.example") in people(world)
    assert "candidates" in issues()
    assert world.books.delete_person(str(rivals[1]))
    decisions.retry(Issue.objects.get(code="candidates", state="open"), "Ada")
    world.settle()
    assert people(world) == DONE
    assert ann(world)["id"] == rivals[0]


# Its last step, and what others do meanwhile


def test_rule_5_6_a_refused_e_mail_leaves_one_person_and_is_told(world: World, moved: str) -> None:
    world.sandbox.fault("error_before", product="books", method="PUT", path="contactpersons", times=0, status=400)
    world.sync()
    assert people(world) == [("Ann Lee", "Birch Tours", ""), DONE[1]]
    link = Link.objects.get(bigin__remote_id=moved, state="linked")
    assert link.books is not None
    assert link.books.remote_id == ann(world)["id"]
    issue = Issue.objects.get(state="open", link=link, kind="rejected")
    world.sandbox.control("DELETE", "faults")
    decisions.retry(issue, "Ada")
    world.settle()
    assert people(world) == DONE
    assert len(world.bigin.all("Contacts")) == 2
    assert issues() == []


def test_rule_5_6_a_refused_e_mail_that_is_not_mapped_is_told_until_a_person_answers(world: World, moved: str) -> None:
    world.choose(mapping=[row for row in mapping.defaults(Module.CUSTOMERS) if row.bigin != "Email"])
    world.sandbox.fault("error_before", product="books", method="PUT", path="contactpersons", times=0, status=400)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    world.bigin.edit("Contacts", moved, Phone="+41 27 111")
    world.settle()
    assert people(world) == [("Ann Lee", "Birch Tours", ""), DONE[1]]
    issue = Issue.objects.get(state="open")
    assert (issue.code, issue.link) == ("moved_without", Link.objects.get(bigin__remote_id=moved, state="linked"))
    assert "email (ann@lee.example)" in issue.reason
    decisions.dismiss(issue, "Ada")
    world.settle()
    assert issues() == []


def test_rule_5_6_the_moved_person_deleted_before_its_e_mail_is_vanished_and_not_doubled(
    world: World, moved: str
) -> None:
    cut(world, "PUT")
    assert world.books.delete_person(ann(world)["id"])
    world.settle()
    assert people(world) == [DONE[1]]
    assert len(world.bigin.all("Contacts")) == 2
    assert issues() == ["vanished"]


def test_rule_5_6_a_move_goes_on_while_another_mode_is_on(world: World, moved: str) -> None:
    cut(world, "DELETE")
    assert len(world.look().persons) == 3
    world.choose(mode="companies")
    world.settle()
    assert people(world) == DONE
    world.choose(mode="both")
    world.settle()
    assert people(world) == DONE
    assert len(world.bigin.all("Contacts")) == 2
    assert issues() == []


@pytest.mark.parametrize(("step", "left"), [("DELETE", "Alder Walks"), ("PUT", "Birch Tours")])
def test_rule_5_6_a_pair_unlinked_in_mid_move_leaves_one_person(world: World, moved: str, step: str, left: str) -> None:
    cut(world, step)
    hands.unlink(Link.objects.get(bigin__remote_id=moved), "Ada")
    world.settle()
    assert people(world) == sorted([("Ann Lee", left, "ann@lee.example"), DONE[1]])
    assert len(world.bigin.all("Contacts")) == 2
    assert Link.objects.get(bigin__remote_id=moved).state == Link.State.APART


def test_rule_5_6_a_pair_chosen_by_hand_in_mid_move_takes_it_back(world: World, moved: str) -> None:
    other = world.books.person(birch(world), first_name="Anna", last_name="Li", email="anna@li.example")
    world.choose(create_in_bigin="none")
    cut(world, "DELETE")
    contact = Record.objects.get(kind="contact", remote_id=moved)
    hands.link(world.installation, contact, Record.objects.get(kind="person", remote_id=other), "Ada")
    world.settle()
    assert [row["contact_id"] for row in world.look().persons.values()].count(birch(world)) == 1
    assert Write.objects.get(op="move").state == Write.State.WITHDRAWN
    assert Link.objects.get(bigin=contact, state="linked").books == Record.objects.get(remote_id=other)
    assert len(world.bigin.all("Contacts")) == 2


def test_rule_5_6_an_earlier_change_is_not_taken_back_in_mid_move(world: World, moved: str) -> None:
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Contacts", moved, Title="Boss")
    run = world.sync()
    world.time.forward(600)
    alder = next(one for one, row in world.bigin.all("Accounts").items() if row["Account_Name"] == "Alder Walks")
    assert world.bigin.move(moved, alder)
    cut(world, "DELETE")
    result = undo.undo_write(Write.objects.get(run=run, op="update", side="books"), "Ada")
    assert (result.undone, result.reasons) == (0, ["Ann Lee: Another change of it is on its way."])
    world.settle()
    assert people(world) == [("Ann Lee", "Alder Walks", "ann@lee.example"), DONE[1]]
    assert len(world.bigin.all("Contacts")) == 2


def test_rule_5_6_two_persons_whom_books_keeps_make_no_second_contact(world: World, moved: str) -> None:
    cut(world, "DELETE")
    world.sandbox.fault("error_before", product="books", method="DELETE", path="contactpersons", times=0, status=400)
    world.sync()
    assert [name for name, _, _ in people(world)].count("Ann Lee") == 2
    assert len(issues()) == 1
    world.sync()
    assert len(world.bigin.all("Contacts")) == 2
    world.sandbox.control("DELETE", "faults")
    world.bigin.edit("Contacts", moved, Title="Boss")
    world.settle()
    assert people(world) == DONE
    assert ann(world)["designation"] == "Boss"
    assert len(world.bigin.all("Contacts")) == 2


# Another customer for the company is no move


def test_rule_5_6_another_customer_chosen_by_hand_moves_nobody(world: World) -> None:
    world.choose(create_in_bigin="none")
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    person = {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example"}
    wrong = world.books.customer("Alder Walks", {**person, "skype": "ann.wrong"})
    right = world.books.customer("Alder Hikes", {**person, "skype": "ann.right"})
    world.settle()
    hands.link(
        world.installation,
        Record.objects.get(kind="company"),
        Record.objects.get(kind="customer", remote_id=str(right["contact_id"])),
        "Ada",
    )
    world.settle()
    world.bigin.edit("Contacts", contact, Title="Boss")
    world.settle()
    found = {row["skype"]: (str(row["contact_id"]), row["designation"]) for row in world.look().persons.values()}
    assert found == {"ann.wrong": (str(wrong["contact_id"]), ""), "ann.right": (str(right["contact_id"]), "Boss")}
    assert len(world.bigin.all("Contacts")) == 1


def test_rule_5_6_a_person_that_was_chosen_by_hand_below_another_customer_stays_its_pair(world: World) -> None:
    """Its company has a customer, that one belongs to no company: a rule takes no pair apart that a person made."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    contact = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    world.choose(create_in_bigin="none")
    customer = str(world.books.customer("Zeta Tours")["contact_id"])
    annie = world.books.person(customer, first_name="Annie", last_name="Lee", email="annie@zeta.example")
    world.settle()
    chosen = Record.objects.get(remote_id=annie)
    made = hands.link(world.installation, Record.objects.get(remote_id=contact), chosen, "Ada")
    world.settle()
    made.refresh_from_db()
    assert (made.state, issues()) == (Link.State.LINKED, ["stays"])
    world.bigin.edit("Contacts", contact, Title="Guide")
    world.settle()
    assert world.look().persons[str(annie)]["designation"] == "Guide"


def test_rule_5_6_an_e_mail_that_is_not_mapped_moves_too(world: World, moved: str) -> None:
    world.choose(mapping=[row for row in mapping.defaults("customers") if not row.books.endswith("email")])
    world.settle()
    assert people(world) == DONE
