"""Rules 3.4: a create whose answer was lost is completed only with what is surely ours, whatever duplicates do."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from sync import engine, identity
from sync.models import Decision, Link, Run, Write
from tests.sync.remotes import Remotes
from tests.sync.world import World


def lose_the_answer(world: World, product: str, path: str, *, arrived: bool = True) -> None:
    """One run whose create gets no answer and that cannot look for it either: the write stays unknown."""
    world.sandbox.fault("drop_after" if arrived else "drop_before", product=product, method="POST", path=path)
    world.sandbox.fault("error_before", status=503, product=product, method="GET", path=path, nth=2, times=0)
    ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.FAILED
    assert [write.state for write in world.writes(op="create", carried_by=None)] == [Write.State.UNKNOWN]
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
