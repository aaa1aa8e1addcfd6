"""Rules 3.4: a create whose answer was lost is completed only with what is surely ours, whatever duplicates do."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from sync import engine, identity, services
from sync.models import Decision, Link, Record, Write
from tests.sync.remotes import Remotes
from tests.sync.world import World


def lose_the_answer(world: World, product: str, path: str, *, arrived: bool = True, look: str = "") -> None:
    """One run whose create gets no answer and that cannot look for it either: the write stays unknown."""
    world.sandbox.fault("drop_after" if arrived else "drop_before", product=product, method="POST", path=path)
    world.sandbox.fault(
        "error_before", status=503, product=product, method="GET", path=look or path, nth=1 if look else 2, times=0
    )
    ended = engine.run(world.installation)
    assert ended is not None
    made = [write for write in world.writes(op="create", carried_by=None) if write.state != Write.State.DONE]
    assert [write.state for write in made] == [Write.State.UNKNOWN]
    world.sandbox.control("DELETE", "faults")


def colleague(world: World) -> Remotes:
    return Remotes(world.sandbox, world.installation.books_org_id, str(world.sandbox.users[1]["email"]))


@pytest.mark.parametrize("policy", ["overwrite", "skip", "clone"])
def test_rule_3_4_ours_is_completed_past_the_duplicate_policy_with_the_bases_of_its_write(
    world: World, policy: str
) -> None:
    world.configure(duplicates=policy)
    company = world.remotes.company("Alpine Huts", Website="https://alpine.example", Phone="0207 946 0018")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    lose_the_answer(world, "books", "^/contacts$")
    customer = world.remotes.customer_named("Alpine Huts")
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.remotes.edit_customer(customer, billing_address={"phone": "0207 946 0099"})
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["website"], row["phone"]) == ("https://new.example", "0207 946 0099")
    assert world.remotes.companies()[company]["Phone"] == "0207 946 0099"
    assert world.customer_names() == ["Alpine Huts"]
    assert [person["email"] for person in row["persons"]] == ["nils@alpine.example"]
    link = world.link(company)
    assert (link.state, link.books.remote_id if link.books else "") == (Link.State.LINKED, customer)
    assert not Decision.objects.exists()
    assert not world.issues()


def test_rule_3_4_a_namesake_that_was_there_before_the_attempt_is_not_taken_for_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "SKEW", timedelta(0))
    world.configure(duplicates="clone", create_in_bigin="none")
    world.remotes.new_customer("Alpine Huts")
    older = world.remotes.new_customer("Alpine Huts (2)")
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$", arrived=False)
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts (2)", "Alpine Huts (2)"]
    books = world.link(company).books
    assert books is not None
    assert books.remote_id != older


def test_rule_3_4_what_a_colleague_made_meanwhile_is_not_taken_for_ours(world: World) -> None:
    """In Bigin, which tells who made a record: the policy says what becomes of theirs."""
    world.configure(duplicates="skip")
    customer = world.remotes.new_customer("Old Town Walks")
    lose_the_answer(world, "bigin", "^/Accounts$", arrived=False)
    with closing(colleague(world)) as theirs:
        company = theirs.company("Old Town Walks")
    world.settle()
    decision = Decision.objects.get()
    assert (decision.bigin_id, decision.books_id, decision.verdict) == (company, customer, "skipped")
    assert world.company_names() == ["Old Town Walks"]
    assert not Link.objects.exclude(state__in=Link.DEAD).exists()


def test_rule_3_4_two_that_may_be_ours_are_asked_about_and_nothing_more_is_created(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$")
    second = world.remotes.new_customer("Alpine Huts")
    for _ in range(3):
        world.sync()
    issue = world.issue("unknown_create")
    assert second in {candidate["id"] for candidate in issue.detail["candidates"]}
    assert len(issue.detail["candidates"]) == 2
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts"]
    assert world.link(company).state == Link.State.HALF


@pytest.mark.parametrize("told", ["recorded", "id"])
@pytest.mark.parametrize("include", [False, True], ids=["a company", "an individual"])
def test_rule_3_4_what_a_colleague_made_in_books_is_asked_about_and_never_taken(
    world: World, told: str, include: bool
) -> None:
    world.sandbox.switch(books_contact_maker=told)
    born = equal_in_bigin(world, include=include)
    lose_the_answer(world, "books", "^/contacts$", arrived=False)
    with closing(colleague(world)) as theirs:
        other = equal_in_books(theirs, include=include)
    for _ in range(3):
        world.sync()
    issue = world.issue("unknown_create")
    assert "somebody else has made an equal one in Books since" in issue.reason
    assert [candidate["id"] for candidate in issue.detail["candidates"]] == [other]
    assert list(world.remotes.customers()) == [other]
    assert world.link(born).state == Link.State.HALF
    assert (len(world.remotes.companies()), len(world.remotes.contacts())) == ((0, 1) if include else (1, 0))


def test_rule_3_4_a_person_edited_before_it_was_found_is_asked_about_and_keeps_the_edit(world: World) -> None:
    """It is not made a second time, nor taken for a stranger that Bigin lacks."""
    company = world.remotes.company("Alpine Huts")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example", Title="Guide")
    lose_the_answer(world, "books", "^/contacts/contactpersons$", look=r"^/contacts/\d+$")
    (made,) = (world.remotes.books.contact(customer) or {})["contact_persons"]
    world.remotes.books.update_person(str(made["contact_person_id"]), {"email": "berg@alpine.example"})
    namesake = {"first_name": "Nils", "last_name": "Berg", "email": "nils@birch.example"}
    world.remotes.new_customer("Birch Tours", [namesake])  # of whom nobody has to ask
    world.later()
    world.sync()
    world.sync()
    assert sorted(row["Email"] for row in world.remotes.contacts().values()) == [
        "nils@alpine.example",
        "nils@birch.example",
    ]
    issue = world.issue("unknown_create")
    assert "somebody may have edited its result since" in issue.reason
    services.link_candidate(issue, Record.objects.get(remote_id=str(made["contact_person_id"])), "a test")
    world.settle()
    (row,) = (row for row in world.remotes.contacts().values() if row["Title"])
    (person,) = (world.remotes.books.contact(customer) or {})["contact_persons"]
    assert (row["Email"], row["Title"]) == (person["email"], person["designation"]) == ("berg@alpine.example", "Guide")
    assert world.issues() == []


def test_rule_3_4_a_namesake_elsewhere_is_not_made_twice_while_a_lost_creation_is_looked_for(world: World) -> None:
    alpine, fjord = (world.remotes.company(name) for name in ("Alpine Huts", "Fjord Tours"))
    world.settle()
    world.remotes.contact("Berg", alpine, First_Name="Nils", Email="nils@alpine.example")
    lose_the_answer(world, "books", "^/contacts/contactpersons$", arrived=False, look=r"^/contacts/\d+$")
    customer, phone = world.remotes.customer_named("Fjord Tours"), "0207 946 0018"
    world.remotes.books.create_person(customer, {"first_name": "Nils", "last_name": "Berg", "phone": phone})
    world.remotes.contact("Berg", fjord, First_Name="Nils", Phone=phone)
    world.later()
    world.settle()
    assert [one["phone"] for one in (world.remotes.books.contact(customer) or {})["contact_persons"]] == [phone]
    assert (len(world.remotes.contacts()), world.issues()) == (2, [])


def equal_in_bigin(world: World, *, include: bool) -> str:
    world.configure(include_unattached=include)
    if include:
        return world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    return world.remotes.company("Alpine Huts")


def equal_in_books(remotes: Remotes, *, include: bool) -> str:
    if not include:
        return remotes.new_customer("Alpine Huts")
    person = {"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}
    return remotes.new_customer("Ada Okafor", [person], customer_sub_type="individual")


def test_rule_3_4_of_two_equal_ones_in_books_ours_is_taken(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$")
    ours = world.remotes.customer_named("Alpine Huts")
    with closing(colleague(world)) as theirs:
        theirs.new_customer("Alpine Huts")
    world.sync()
    link = world.link(company)
    assert (link.state, link.books.remote_id if link.books else "") == (Link.State.LINKED, ours)
    assert not world.issues("unknown_create")


@pytest.mark.parametrize("mine", [True, False])
def test_rule_3_4_one_that_was_changed_since_is_told_by_the_name_of_its_maker(world: World, mine: bool) -> None:
    """Whoever changed it last says nothing then."""
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$", arrived=mine)
    with closing(colleague(world)) as theirs:
        made = world.remotes.customer_named("Alpine Huts") if mine else theirs.new_customer("Alpine Huts")
        world.later()
        (theirs if mine else world.remotes).edit_customer(made, website="https://alpine.example")
    world.sync()
    assert world.link(company).state == (Link.State.LINKED if mine else Link.State.HALF)
    assert len(world.issues("unknown_create")) == (0 if mine else 1)
    assert list(world.remotes.customers()) == [made]


def test_rule_3_4_where_books_does_not_tell_who_made_it_that_refuses_nothing(world: World) -> None:
    world.sandbox.switch(books_contact_maker="absent")
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$", arrived=False)
    with closing(colleague(world)) as theirs:
        made = theirs.new_customer("Alpine Huts")
    world.sync()
    link = world.link(company)
    assert (link.state, link.books.remote_id if link.books else "") == (Link.State.LINKED, made)


@pytest.mark.parametrize("answer", ["link", "create"])
def test_rule_3_4_a_person_says_whether_a_colleagues_one_is_it(world: World, answer: str) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    lose_the_answer(world, "books", "^/contacts$", arrived=False)
    with closing(colleague(world)) as theirs:
        person = {"first_name": "Nils", "last_name": "Berg", "email": "nils@alpine.example"}
        other = theirs.new_customer("Alpine Huts", [person])
    world.sync()
    issue = world.issue("unknown_create")
    if answer == "link":
        services.link_candidate(issue, Record.objects.get(remote_id=other), "Ada")
    else:
        services.create_anyway(issue, "Ada")
    world.settle()
    link = world.link(company)
    assert link.state == Link.State.LINKED
    assert (link.books is not None and link.books.remote_id == other) is (answer == "link")
    assert {len(row["persons"]) for row in world.remotes.customers().values()} == {1}
    assert len(world.remotes.contacts()) == 1
    assert len(world.remotes.customers()) == (1 if answer == "link" else 2)
    assert not world.issues("unknown_create")


def test_rule_3_4_a_late_answer_of_ours_ends_the_question_about_the_colleagues_one(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    lose_the_answer(world, "books", "^/contacts$", arrived=False)
    with closing(colleague(world)) as theirs:
        other = theirs.new_customer("Alpine Huts")
    world.sync()
    assert len(world.issues("unknown_create")) == 1
    late = world.remotes.new_customer("Alpine Huts")  # what our request does when it gets through at last
    world.sync()
    link = world.link(company)
    assert (link.state, link.books.remote_id if link.books else "") == (Link.State.LINKED, late)
    assert not world.issues("unknown_create")
    assert set(world.remotes.customers()) == {other, late}
