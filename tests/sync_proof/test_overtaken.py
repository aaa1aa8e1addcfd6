"""A record action at work while a run waits for an answer of Zoho: nobody's newer word is overwritten, and neither of
the two stops (design sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sync import actions
from sync.models import Run, Write
from tests.sync_proof.world import World
from zoho.books import Books


def after(patch: pytest.MonkeyPatch, call: str, what: Callable[[], object]) -> None:
    """Does this once, between the newest answer to that call of Books and its way to the run."""
    real, done = getattr(Books, call), list[bool]()

    def slow(self: Books, *args: Any, **named: Any) -> Any:
        answer = real(self, *args, **named)
        if not done:
            done.append(True)
            what()
        return answer

    patch.setattr(Books, call, slow)


@pytest.mark.parametrize("sends", ["an update", "a move"])
def test_an_answer_that_was_overtaken_brings_no_old_value_back(world: World, sends: str) -> None:
    """What the answer shows of other persons is older than what the record action has settled meanwhile."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    ann = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example", Phone="+1 1")
    bob = world.bigin.contact(
        world.bigin.add("Accounts", Account_Name="Birch Tours"), "Bob", "Ray", Email="bob@ray.example"
    )
    world.settle()
    world.time.forward(600)

    def sync_ann() -> None:
        world.time.forward(3)
        world.bigin.edit("Contacts", ann, Phone="+1 222")
        assert actions.sync_record(world.installation, "Contacts", ann) == "in_step"
        world.time.forward(3)

    if sends == "an update":
        world.bigin.edit("Accounts", company, Website="https://alder.example")
        after(world.patch, "update_contact", sync_ann)
    else:
        world.bigin.move(bob, company)
        after(world.patch, "update_person", lambda: after(world.patch, "contact", sync_ann))
    world.sync()
    phones = {row["first_name"]: row["phone"] for row in world.look().persons.values()}
    assert phones["Ann"] == world.bigin.all("Contacts")[ann]["Phone"] == "+1 222"
    assert not Write.objects.filter(side="bigin").exists()


def unknown_creation(world: World) -> str:
    """A company whose customer was created, though nobody knows yet; another that waits. Its id."""
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$", times=1)
    world.sandbox.fault("error_before", product="books", method="GET", path="^/contacts$", nth=2, times=9)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    assert Write.objects.get().state == Write.State.UNKNOWN
    world.bigin.add("Accounts", Account_Name="Birch Tours")
    world.time.forward(90)
    return company


def test_a_run_goes_on_when_a_record_action_finds_a_lost_answer_first(world: World) -> None:
    company = unknown_creation(world)
    after(world.patch, "contact", lambda: actions.sync_record(world.installation, "Accounts", company))
    assert world.sync().state == Run.State.DONE
    assert sorted(row["contact_name"] for row in world.look().customers.values()) == ["Alder Walks", "Birch Tours"]
    assert [(write.state, write.error) for write in Write.objects.all()] == [("done", "")] * 2


def test_a_run_that_is_overtaken_while_it_sends_ends_and_the_next_looks_up_what_it_sent(world: World) -> None:
    """Whoever ended the attempt, the run does not stand there as running until its heart is missed."""
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    after(world.patch, "create_contact", lambda: Write.objects.update(state="withdrawn"))
    ended = world.sync()
    assert (ended.state, ended.problem.partition(";")[0]) == (
        Run.State.FAILED,
        "A record was changed by somebody else at the same time",
    )
    next_run_at = world.setting().next_run_at
    assert next_run_at is not None
    assert next_run_at <= world.time.now() + timedelta(seconds=61)
    assert not Write.objects.filter(state="sending").exists()
