"""Undo of an individual customer's deletion: its other contact persons come back with it, once, and are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sync import persons, services
from sync.fields import shown
from sync.models import Link, Write
from tests.sync.test_deletes import restore
from tests.sync.test_undo import assert_quiet
from tests.sync.world import World

EVA = {"first_name": "Eva", "last_name": "Holm", "email": "eva@example.com", "designation": "Assistant"}
OTTO = {"first_name": "Otto"}  # nothing to recognise him by but his name


@pytest.fixture(params=["both", "contacts"])
def world(world: World, request: pytest.FixtureRequest) -> World:
    world.configure(mode=request.param, include_unattached=True)
    return world


def deleted(world: World) -> tuple[str, str, dict[str, Any], Write]:
    """A contact that is a customer of its own, with two more persons in Books, and the deletion of it, as it was done
    before such customers were spared: the contact, the customer as it stood, and the write."""
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    customer = world.remotes.customer_named("Ada Okafor")
    world.later()
    for person in (EVA, OTTO):
        world.remotes.books.create_person(customer, person)
    world.settle()
    stood = world.remotes.customer(customer)
    assert len(stood["persons"]) == 3
    world.later()
    world.remotes.delete("Contacts", contact)
    with pytest.MonkeyPatch.context() as earlier:
        for name in ("has_others", "others_in"):
            earlier.setattr(persons, name, lambda *_: False)
        world.settle()
    assert world.customer_names() == []
    write = Write.objects.get(link__bigin__remote_id=contact, op="delete", state="done")
    return contact, customer, stood, write


def primaries(world: World, customer: str) -> list[str]:
    detail = world.remotes.books.contact(customer) or {}
    return [one["first_name"] for one in detail["contact_persons"] if one["is_primary_contact"]]


def test_all_persons_of_an_individual_customer_come_back_and_each_is_told(world: World) -> None:
    contact, customer, stood, write = deleted(world)
    world.forget_calls()
    assert services.undo_write(write, "Ada").reasons == []
    world.settle()
    again = world.remotes.customer_named("Ada Okafor")
    assert (again != customer, world.remotes.customer(again)) == (True, stood)
    assert primaries(world, again) == ["Ada"]
    assert world.calls("books", "POST") == 1  # all in one call, as with a company
    made = Write.objects.filter(undoes=write).order_by("pk")
    told = [(one.op, one.state, shown(one.fields.get("name", one.fields.get("person.name")))) for one in made]
    assert told == [("create", "done", "Ada Okafor"), ("create", "done", "Eva Holm"), ("create", "done", "Otto")]
    present = {str(one["contact_person_id"]) for one in (world.remotes.books.contact(again) or {})["contact_persons"]}
    for one in made[1:]:
        assert one.link.books is not None
        assert (one.link.state, one.link.books.remote_id in present) == (Link.State.CLOSED, True)
    assert world.link(contact).state == Link.State.CLOSED
    assert not world.issues()
    assert_quiet(world)
    assert services.undo_write(write, "Ada").reasons == ["Ada Okafor: It was taken back already."]
    restore(world, "Contacts", contact)
    world.settle()
    assert (world.link(contact).state, world.remotes.customer(again)) == (Link.State.LINKED, stood)
    assert world.customer_names() == ["Ada Okafor"]


def test_a_lost_answer_brings_each_person_back_once(world: World) -> None:
    _, _, stood, write = deleted(world)
    services.undo_write(write, "Ada")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    world.settle()
    assert world.customer_names() == ["Ada Okafor"]
    assert world.remotes.customer(world.remotes.customer_named("Ada Okafor")) == stood
    assert {one.state for one in Write.objects.filter(undoes=write)} == {"done"}
    assert_quiet(world)


def test_what_books_refuses_brings_nobody_back_and_may_be_tried_again(world: World) -> None:
    _, _, stood, write = deleted(world)
    world.sandbox.switch(books_duplicate_contact_names="refuse")
    taken = world.remotes.new_customer("Ada Okafor")
    services.undo_write(write, "Ada")
    world.settle()
    assert [issue.code for issue in world.issues() if issue.kind == "rejected"] == ["name_taken"]
    assert {one.state for one in Write.objects.filter(undoes=write)} == {"rejected"}
    world.remotes.edit_customer(taken, contact_name="Ada Okafor Bern")
    assert services.undo_write(write, "Ada").undone == 1
    world.settle()
    assert world.remotes.customer(world.remotes.customer_named("Ada Okafor")) == stood


def test_a_person_that_books_leaves_out_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an answer would show it; nobody knows of a Books that does so."""
    _, _, _, write = deleted(world)
    services.undo_write(write, "Ada")
    create = world.remotes.books.__class__.create_contact

    def without_otto(self: Any, body: Mapping[str, Any], *more: Any) -> Mapping[str, Any]:
        row = create(self, body, *more)
        return {**row, "contact_persons": [one for one in row["contact_persons"] if one["first_name"] != "Otto"]}

    monkeypatch.setattr(world.remotes.books.__class__, "create_contact", without_otto)
    world.sync()
    issue = world.issue("person_left_out")
    assert (issue.reason, issue.record.label if issue.record else "") == ("Books did not store this person.", "Otto")
    states = list(Write.objects.filter(undoes=write).order_by("pk").values_list("state", flat=True))
    assert states == ["done", "done", "rejected"]
