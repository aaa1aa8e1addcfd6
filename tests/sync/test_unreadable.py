"""A customer whose details Books does not show holds up nobody else."""

from __future__ import annotations

import pytest

from sync import engine
from sync.models import Run
from tests.sync.world import World

BROKEN = pytest.mark.parametrize(("kind", "status"), [("error_before", 500), ("error_before", 400), ("html", 502)])


@BROKEN
def test_a_customer_that_cannot_be_read_is_told_and_the_others_go_on(world: World, kind: str, status: int) -> None:
    bad = world.remotes.new_customer("Broken Ltd")
    world.remotes.company("Alpine Huts")
    world.remotes.product("Guided walk")
    world.sandbox.fault(kind, product="books", method="GET", path=f"^/contacts/{bad}$", times=0, status=status)
    assert world.sync().state == Run.State.DONE
    assert world.company_names() == ["Alpine Huts"]
    assert "Broken Ltd" in world.issue("unreadable").reason
    world.sandbox.control("DELETE", "faults")
    assert world.customer_names() == ["Alpine Huts", "Broken Ltd"]
    world.settle()
    assert not world.issues()
    assert world.company_names() == ["Alpine Huts", "Broken Ltd"]


def test_one_that_is_in_step_waits_and_is_told(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.later()
    world.remotes.edit_customer(customer, website="https://huts.example")
    world.sandbox.fault("error_before", product="books", method="GET", path=f"^/contacts/{customer}$", times=0)
    world.sync()
    assert world.issue("unreadable").link == world.link(company)
    world.sandbox.control("DELETE", "faults")
    world.settle()
    assert not world.issues()
    assert world.remotes.companies()[company]["Website"] == "https://huts.example"


def test_a_books_that_shows_no_details_at_all_fails_the_run_and_blames_no_customer(world: World) -> None:
    for number in range(5):
        world.remotes.new_customer(f"Customer {number}")
    world.sandbox.fault("error_before", product="books", method="GET", path=r"^/contacts/\d+$", times=0, status=503)
    ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.FAILED
    assert not world.issues()
