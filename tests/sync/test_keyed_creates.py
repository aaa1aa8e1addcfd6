"""Creates in Books by a unique custom field: what a lost or late answer made is found by the key, never made twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Installation
from accounts.probing import probe
from sync import engine, keyed, services
from sync import shape as shapes
from sync.billing import EnsuredCustomer
from sync.models import Issue, Link, Record, Write
from sync.work import Clock, Work
from tests.sync.test_billing import ensure
from tests.sync.world import World

LOST: dict[str, Any] = {"kind": "drop_after"}
LATE: dict[str, Any] = {"kind": "late_commit", "seconds": 20}
PATHS = {"contact": "^/contacts$", "item": "^/items$"}


def add_key_fields(world: World) -> None:
    """What the administrator is told to do in Books; then the probes find it."""
    for entity in PATHS:
        field = {"entity": entity, "label": "Bigin key", "is_unique": True}
        world.remotes.books.client.request("POST", "/settings/fields", json=field)
    probe(world.installation)


def fill(world: World) -> None:
    company = world.remotes.company("Alpine Huts", Billing_City="Zermatt")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    world.remotes.contact("Okafor", None, First_Name="Ada", Email="ada@alone.example")
    world.remotes.product("Glacier walk", Product_Code="GW-1")


def assert_one_of_each(world: World) -> None:
    assert world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    people = {
        row["contact_name"]: [person["email"] for person in row["persons"]]
        for row in world.remotes.customers().values()
    }
    assert people == {"Ada Okafor": ["ada@alone.example"], "Alpine Huts": ["eva@alpine.example", "nils@alpine.example"]}
    assert [row["name"] for row in world.remotes.items().values()] == ["Glacier walk"]
    assert not Write.objects.filter(state__in=Write.OPEN).exists()
    alive = Link.objects.exclude(state__in=Link.DEAD)
    assert sorted(alive.values_list("state", flat=True)) == ["linked"] * 5


@pytest.fixture
def filled(world: World) -> World:
    world.configure(include_unattached=True)
    fill(world)
    return world


@contextmanager
def work_of(world: World) -> Iterator[Work]:
    with ExitStack() as stack:
        yield engine.open_work(shapes.load(world.installation), None, stack, Clock(), 60)


def key_of(world: World, bigin_id: str) -> str:
    return f"{world.installation.pk.hex[:12]}-{bigin_id}"


def test_creates_carry_the_key_of_their_bigin_record_in_one_call_each(filled: World) -> None:
    add_key_fields(filled)
    filled.forget_calls()
    filled.sync()
    assert_one_of_each(filled)
    assert filled.calls("books", "PUT") == 3
    assert filled.calls("books", "POST") == 0
    (company,) = filled.remotes.companies()
    row = filled.remotes.books.contact_by_key(("cf_bigin_key", key_of(filled, company))).row
    assert row is not None
    assert row["contact_name"] == "Alpine Huts"


def test_without_the_field_creates_are_plain(filled: World) -> None:
    probe(filled.installation)
    filled.forget_calls()
    filled.sync()
    assert_one_of_each(filled)
    assert (filled.calls("books", "PUT"), filled.calls("books", "POST")) == (0, 3)


@pytest.mark.parametrize("written", ["yes", "no"])
@pytest.mark.parametrize(
    "fault", [{"kind": "drop_after"}, {"kind": "late_commit", "seconds": 20}], ids=["lost", "late"]
)
def test_an_answer_that_was_lost_is_found_by_the_key(filled: World, fault: dict[str, Any], written: str) -> None:
    """Also where a person has renamed the record by then, so that nothing but the key can tell."""
    add_key_fields(filled)
    filled.sandbox.switch(books_upsert_writes_key=written)
    for path in PATHS.values():
        filled.sandbox.fault(**fault, product="books", method="PUT", path=path)
    filled.sync()
    filled.later(30)
    for customer, row in filled.remotes.customers().items():
        if row["contact_name"] == "Alpine Huts":
            filled.remotes.edit_customer(customer, contact_name="Alpine Huts AG")
    filled.settle()
    customers = filled.remotes.customers().values()
    assert sorted(row["contact_name"] for row in customers) == ["Ada Okafor", "Alpine Huts AG"]
    assert [row["Account_Name"] for row in filled.remotes.companies().values()] == ["Alpine Huts AG"]
    assert len(filled.remotes.items()) == 1
    assert len(filled.remotes.contacts()) == 3


@pytest.mark.parametrize("refused", ["refuse", "allow"])
@pytest.mark.parametrize("item_rows", ["present", "absent"])
def test_a_commit_later_than_every_look_meets_the_second_attempt(
    filled: World, quick: Settings, refused: str, item_rows: str
) -> None:
    """The first attempt arrives after its absence was believed: by the key it is the same record, not a second one."""
    add_key_fields(filled)
    filled.sandbox.switch(books_duplicate_unique_value=refused, books_item_row_custom_fields=item_rows)
    for path in PATHS.values():
        filled.sandbox.fault("late_commit", seconds=600, product="books", method="PUT", path=path)
    filled.settle()
    assert_one_of_each(filled)
    filled.later(1200)
    filled.settle()
    names = sorted(row["contact_name"] for row in filled.remotes.customers().values())
    assert names == ["Ada Okafor", "Alpine Huts"]
    assert len(filled.remotes.items()) == 1


def test_a_second_attempt_carries_no_persons_that_could_replace_others(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key_fields(filled)
    sent: list[dict[str, Any]] = []
    plain = filled.remotes.books.__class__.create_contact

    def noted(books: Any, body: Any, unique: Any = None) -> Any:
        sent.append({"persons": len(body.get("contact_persons", [])), "keyed": unique is not None})
        return plain(books, body, unique)

    monkeypatch.setattr(filled.remotes.books.__class__, "create_contact", noted)
    filled.sandbox.fault("drop_before", product="books", method="PUT", path="^/contacts$", times=2)
    filled.settle()
    assert_one_of_each(filled)
    assert sent[:2] == [{"persons": 2, "keyed": True}, {"persons": 1, "keyed": True}]
    assert sent[2:] == [{"persons": 0, "keyed": True}] * 2


def test_a_key_that_another_pair_has_is_left_to_it(filled: World) -> None:
    """Unlinked by hand and created anyway: a second customer is what the person asked for."""
    add_key_fields(filled)
    filled.sync()
    (company,) = filled.remotes.companies()
    link = filled.link(company)
    first = link.books.remote_id if link.books else ""
    write = Write.objects.get(link=link, op="create")
    other = Link.objects.create(installation=filled.installation, kind=link.kind, books=link.books, state="refused")
    fresh = Write(installation=filled.installation, link=other, side="books", op="create", fields=write.fields)
    other.bigin = link.bigin
    with work_of(filled) as work:
        row = keyed.create(work, fresh, {"contact_name": "Alpine Huts (2)", "contact_type": "customer"})
    assert row["contact_id"] != first
    assert row["custom_fields"] == []


def test_rule_5_1_a_customer_that_was_unlinked_is_not_met_by_the_key_of_the_next(filled: World) -> None:
    """Nor changed by it: a rep bills the company as a new customer, and no pair holds both of them any more."""
    add_key_fields(filled)
    filled.sync()
    (company,) = filled.remotes.companies()
    link = filled.link(company)
    first = filled.remotes.customer_named("Alpine Huts")
    services.unlink(link, "a test")
    filled.remotes.update("Accounts", company, Phone="+41 27 555 01 01")
    before = filled.remotes.books.contact(first)
    made = ensure(filled, "Accounts", company, anyway=True)
    assert isinstance(made, EnsuredCustomer)
    assert made.customer_id != first
    assert filled.remotes.books.contact(first) == before
    assert filled.customer_names() == ["Ada Okafor", "Alpine Huts", "Alpine Huts (2)"]
    filled.settle()  # nor do its persons leave it (rules 5.6)
    people = [
        sorted(one["email"] for one in filled.remotes.customer(its)["persons"]) for its in (first, made.customer_id)
    ]
    assert people == [["eva@alpine.example", "nils@alpine.example"]] * 2
    assert filled.issues() == []


def test_rule_6_1_a_contact_that_stands_alone_again_does_not_meet_its_former_customer(filled: World) -> None:
    add_key_fields(filled)
    filled.configure(delete_policy="keep")
    filled.sync()
    first = filled.remotes.customer_named("Ada Okafor")
    (company,) = filled.remotes.companies()
    (ada,) = (one for one, row in filled.remotes.contacts().items() if row["Last_Name"] == "Okafor")
    filled.remotes.update("Contacts", ada, Account_Name={"id": company})
    filled.settle()
    filled.remotes.update("Contacts", ada, Account_Name=None, Title="Guide")
    filled.settle()
    services.create_anyway(Issue.objects.get(state=Issue.State.OPEN), "a test")
    filled.settle()
    link = filled.link(ada)
    assert (link.kind, link.state) == ("contact-customer", "linked")
    assert link.books is not None
    assert link.books.remote_id != first
    customers = filled.remotes.customers()
    assert [one["designation"] for one in customers[first]["persons"]] == [""]
    assert [one["designation"] for one in customers[link.books.remote_id]["persons"]] == ["Guide"]


def test_where_books_takes_no_keyed_create_the_plain_one_goes_and_it_is_remembered(filled: World) -> None:
    add_key_fields(filled)
    filled.sandbox.switch(books_custom_field_keys="id_and_label")
    filled.settle()
    assert_one_of_each(filled)
    probes = Installation.objects.get(pk=filled.installation.pk).probes
    assert probes["books_contact_key_field"]["held"] is False
    assert "refused a keyed creation" in probes["books_item_key_field"]["text"]


def test_invoice_takes_no_keys(filled: World) -> None:
    add_key_fields(filled)
    write = Write(
        link=Link(kind="product-item", bigin=Record(kind="product", remote_id="77")), side="books", op="create"
    )
    assert keyed.unique(shapes.load(filled.installation), write) == ("cf_bigin_key", key_of(filled, "77"))
    filled.installation.product = "invoice"
    assert keyed.unique(shapes.load(filled.installation), write) is None
