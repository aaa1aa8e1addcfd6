"""What a cut run left behind: creates that are stale by the time it goes on, and answers that nobody looks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import engine, recovery, send
from sync.models import Link, ModuleSetting, Write
from sync.work import Work
from tests.sync_proof.trial import DAY
from tests.sync_proof.world import World
from zoho.errors import UnknownOutcome


def cut(world: World, product: str, path: str) -> None:
    """The day's quota ends with the first create there; the next run comes a day later."""
    world.sandbox.fault("quota", product=product, method="POST", path=path)
    world.sync_once()
    world.sandbox.control("DELETE", "faults")
    assert Write.objects.filter(op="create", state="pending").exists()
    world.time.forward(DAY)


def companies(world: World) -> list[str]:
    return sorted(row["Account_Name"] for row in world.bigin.all("Accounts").values())


def customers(world: World) -> list[str]:
    return sorted(row["contact_name"] for row in world.look().customers.values())


def test_a_company_that_a_person_made_meanwhile_is_linked_not_doubled(world: World) -> None:
    world.sandbox.switch(bigin_unique_company="off")
    world.bigin.add("Accounts", Account_Name="Zero")
    world.settle()
    world.books.customer("Alder Walks")
    cut(world, "bigin", "^/Accounts$")
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    assert companies(world) == customers(world) == ["Alder Walks", "Zero"]
    assert Link.objects.filter(kind="company-customer", state="linked").count() == 2


def test_a_customer_that_a_person_made_meanwhile_is_linked_not_doubled(world: World) -> None:
    world.sandbox.switch(books_duplicate_contact_names="allow")
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    cut(world, "books", "^/contacts$")
    world.books.customer("Alder Walks")
    world.settle()
    assert customers(world) == ["Alder Walks"]
    assert [row["email"] for row in world.look().persons.values()] == ["ann@lee.example"]


def test_a_record_deleted_meanwhile_is_not_created(world: World) -> None:
    one = world.bigin.add("Accounts", Account_Name="Alder Walks")
    cut(world, "books", "^/contacts$")
    world.bigin.delete("Accounts", one)
    world.settle()
    assert not customers(world)
    assert not Write.objects.filter(op="create", state="done").exists()


def test_rule_5_6_nobody_is_made_without_the_company_that_was_deleted_meanwhile(world: World) -> None:
    world.choose(delete_policy="keep")
    world.bigin.add("Accounts", Account_Name="Zero")
    world.settle()
    world.books.customer("Alder Walks", {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example"})
    cut(world, "bigin", "^/Contacts$")
    (alder,) = (one for one, row in world.bigin.all("Accounts").items() if row["Account_Name"] == "Alder Walks")
    world.bigin.delete("Accounts", alder)
    world.settle()
    assert not world.bigin.all("Contacts")
    assert not Write.objects.filter(state__in=Write.OPEN).exists()
    assert [row["email"] for row in world.look().persons.values()] == ["ann@lee.example"]


def test_a_contact_changed_meanwhile_travels_as_it_is_now(world: World) -> None:
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    ann = world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    cut(world, "books", "^/contacts$")
    world.bigin.edit("Contacts", ann, Email="ann@alder.example")
    world.settle()
    assert [row["email"] for row in world.look().persons.values()] == ["ann@alder.example"]
    assert Write.objects.filter(side="books", op="update").count() == 0


def test_what_nothing_touched_is_sent_as_it_was_planned(world: World) -> None:
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    cut(world, "books", "^/contacts$")
    planned = Write.objects.get(op="create").pk
    world.books.customer("Birch Tours")
    world.settle()
    assert Write.objects.get(pk=planned).state == Write.State.DONE
    assert customers(world) == companies(world) == ["Alder Walks", "Birch Tours"]


def not_due_soon(world: World) -> bool:
    due = world.setting().next_run_at
    return due is not None and due > timezone.now() + timedelta(minutes=10)


def lose_an_update(world: World, path: str) -> None:
    """Its answer is lost, and no look succeeds."""
    world.sandbox.fault("drop_after", product="books", method="PUT", path=f"^/{path}", times=3)
    world.sandbox.fault("error_before", product="books", method="GET", path=f"^/{path}/", times=9)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    assert Write.objects.filter(state="unknown", op="update").exists()


def test_an_unknown_update_of_a_pair_that_rests_is_looked_up(world: World) -> None:
    one = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Accounts", one, Website="https://alder.example")
    lose_an_update(world, "contacts")
    world.choose(mode="contacts")
    world.settle()
    assert not Write.objects.filter(state__in=("unknown", "pending")).exists()
    assert not Link.objects.exclude(state="retired").exists()


def test_an_unknown_update_of_a_paused_module_makes_no_other_run_due(world: World) -> None:
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    one = world.bigin.add("Products", Product_Name="Guided walk")
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Products", one, Description="Half a day")
    lose_an_update(world, "items")
    ModuleSetting.objects.filter(module="products").update(paused_at=timezone.now())
    Write.objects.filter(state="unknown").update(ended_at=timezone.now() - timedelta(hours=3))
    assert engine.run(world.installation, ["customers"], "schedule") is not None
    assert not_due_soon(world)


def test_an_answer_that_only_a_person_can_give_makes_no_run_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records may be the result of one creation."""
    world.bigin.add("Accounts", Account_Name="Alpine Huts")

    def lost(work: Work, write: Write) -> None:
        for name in ("Alpine Huts", "Alpine Huts "):
            work.books.create_contact({"contact_name": name, "contact_type": "customer", "company_name": name})
        raise UnknownOutcome("lost", product="books")

    with monkeypatch.context() as patch:
        patch.setitem(send._BOOKS, Write.Op.CREATE, lost)
        patch.setattr(recovery, "resolve", lambda work, kind: None)
        engine.run(world.installation)
    Write.objects.filter(state="unknown").update(ended_at=timezone.now() - timedelta(minutes=5))
    for _ in range(3):
        engine.run(world.installation)
    assert Write.objects.filter(state="unknown").exists()
    assert not_due_soon(world)


def test_a_late_commit_does_not_beat_what_was_written_after_it(world: World) -> None:
    """The first update lands while its outcome is still unknown, so it is not planned anew before."""
    one = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.time.forward(600)
    world.bigin.edit("Accounts", one, Website="https://first.example")
    world.sandbox.fault("late_commit", product="books", method="PUT", path="^/contacts", seconds=30)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    assert Write.objects.filter(state="unknown", op="update").exists()
    world.bigin.edit("Accounts", one, Website="https://second.example")
    world.sync()
    world.time.forward(30)
    world.sync()
    world.settle()
    customer = next(iter(world.look().customers.values()))
    assert customer["website"].endswith("second.example")
    assert world.bigin.all("Accounts")[one]["Website"] == "https://second.example"
