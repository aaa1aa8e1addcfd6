"""A customer whose details Books does not show holds up nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import engine, services
from sync.models import Run, Write
from sync.work import Clock
from tests.sync.test_undo import walks
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


# What is to be written to such a record


def in_minutes(world: World, minutes: float) -> Run:
    ended = engine.run(world.installation, clock=Clock(lambda: timezone.now() + timedelta(minutes=minutes)))
    assert ended is not None
    return ended.run


def hide(world: World, product: str, path: str, status: int = 500) -> None:
    world.sandbox.fault("error_before", product=product, method="GET", path=path, times=0, status=status)


def cities(world: World) -> list[str]:
    found = [world.remotes.books.contact(customer) or {} for customer in world.remotes.customers()]
    return sorted(row["billing_address"]["city"] for row in found)


@pytest.mark.parametrize("status", [500, 400])
def test_an_update_of_one_that_cannot_be_read_waits_and_holds_up_nobody(world: World, status: int) -> None:
    bad, good = (world.remotes.company(name, Billing_City="York") for name in ("Broken Ltd", "Alpine Huts"))
    world.settle()
    hide(world, "books", f"^/contacts/{world.remotes.customer_named('Broken Ltd')}$", status)
    for company in (bad, good):
        world.remotes.update("Accounts", company, Billing_City="Leeds")
    assert world.sync().state == Run.State.DONE
    assert world.issue("unreadable").link == world.link(bad)
    assert "Broken Ltd waits for Books" in world.issue("unreadable").reason
    assert [write.state for write in world.writes(op="update", link=world.link(good))] == [Write.State.DONE]
    assert in_minutes(world, 1).state == Run.State.DONE  # not asked for again before its time
    assert [(write.state, write.attempts) for write in world.writes(op="update", link=world.link(bad))] == [
        (Write.State.PENDING, 1)
    ]
    world.sandbox.control("DELETE", "faults")
    assert cities(world) == ["Leeds", "York"]
    assert in_minutes(world, 3).state == Run.State.DONE
    assert not world.issues()
    assert cities(world) == ["Leeds", "Leeds"]


def test_updates_that_meet_a_books_which_shows_no_details_fail_the_run_and_blame_nobody(world: World) -> None:
    companies = [world.remotes.company(f"Huts {number}", Billing_City="York") for number in range(5)]
    world.settle()
    hide(world, "books", r"^/contacts/\d+$", 503)
    for company in companies:
        world.remotes.update("Accounts", company, Billing_City="Leeds")
    assert in_minutes(world, 0).state == Run.State.FAILED
    assert not world.issues()
    world.sandbox.control("DELETE", "faults")
    assert in_minutes(world, 3).state == Run.State.DONE
    assert cities(world) == ["Leeds"] * 5


def test_a_deletion_and_a_move_wait_too_and_are_done_when_their_customer_shows(world: World) -> None:
    gone, old, new = (world.remotes.company(name) for name in ("Gone Ltd", "Old Ltd", "New Ltd"))
    contact = world.remotes.contact("Berg", old, First_Name="Nils")
    world.settle()
    hide(world, "books", f"^/contacts/{world.remotes.customer_named('Gone Ltd')}$")
    hide(world, "books", f"^/contacts/{world.remotes.customer_named('New Ltd')}$")
    world.remotes.delete("Accounts", gone)
    world.remotes.update("Contacts", contact, Account_Name={"id": new})
    product = world.remotes.product("Guided walk")
    assert world.sync().state == Run.State.DONE
    assert sorted(issue.detail["op"] for issue in world.issues("unreadable")) == ["delete", "move"]
    assert world.link(product).books is not None
    world.sandbox.control("DELETE", "faults")
    assert in_minutes(world, 3).state == Run.State.DONE
    assert not world.issues("unreadable")
    assert world.customer_names() == ["New Ltd", "Old Ltd"]
    people = world.remotes.books.persons(world.remotes.customer_named("New Ltd"))
    assert [person["first_name"] for person in people] == ["Nils"]


def test_an_undo_in_bigin_waits_for_the_company_that_it_would_delete(world: World) -> None:
    run, company = walks(world)
    hide(world, "bigin", f"^/Accounts/{company}/Contacts")
    services.undo_run(run, "Ada")
    assert world.sync().state == Run.State.DONE
    assert "Old Town Walks waits for Bigin" in world.issue("unreadable").reason
    world.sandbox.control("DELETE", "faults")
    assert in_minutes(world, 3).state == Run.State.DONE
    assert world.company_names() == []
    assert not world.issues("unreadable")


def test_a_lost_answer_that_cannot_be_looked_up_stays_unknown_and_holds_up_nobody(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.remotes.update("Accounts", company, Website="https://huts.example")
    world.sandbox.fault("drop_after", product="books", method="PUT", path=f"^/contacts/{customer}$", times=1)
    hide(world, "books", f"^/contacts/{customer}$")
    world.remotes.product("Guided walk")
    assert world.sync().state == Run.State.DONE
    assert [write.state for write in world.writes(op="update")] == [Write.State.UNKNOWN]
    assert "Alpine Huts waits for Books" in world.issue("unreadable").reason
    assert len(world.remotes.items()) == 1
    world.sandbox.control("DELETE", "faults")
    world.sync()
    assert not world.issues()
    assert [write.state for write in world.writes(op="update")] == [Write.State.DONE]
