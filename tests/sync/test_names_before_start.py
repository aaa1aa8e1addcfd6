"""Names, before Start sync: who has none, who shares one, on whichever side a first sync would create them."""

from __future__ import annotations

import pytest

from accounts.models import Installation
from sync import metadata, preview
from sync.mapping import Kind
from sync.models import Proposal
from sync.queries import preflight
from sync.queries.preflight import Check
from tests.sync.world import World


def check(world: World, name: str) -> Check:
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    world.installation.refresh_from_db()
    found = preflight.checks(world.installation, ended.run, ["customers", "products"])
    return next(one for one in found if one.name == name)


@pytest.fixture
def people(world: World) -> World:
    """In Books: a person with no name, one with neither name nor address, one with a first name only."""
    persons = [{"email": "desk@alpine.example"}, {"phone": "+41 44 555 12 12"}, {"first_name": "Cher"}]
    for number, person in enumerate(persons):
        world.remotes.new_customer(f"Alpine Huts {number}", [person])
    return world


def test_people_of_books_without_a_name_are_counted_by_what_becomes_of_them(people: World) -> None:
    found = check(people, "names")
    assert not found.ok
    assert "1 person in Books has no name: in Bigin the beginning of the e-mail address is the last name." in str(
        found.text
    )
    assert "1 person in Books has neither a name nor an e-mail address and is skipped" in str(found.text)
    people.settle()
    assert sorted(row["Last_Name"] for row in people.remotes.contacts().values()) == ["Cher", "desk"]
    assert len(people.issues("no_name")) == 1


def test_where_nothing_is_created_in_bigin_the_names_of_books_do_not_matter(people: World) -> None:
    people.configure(create_in_bigin="none")
    assert check(people, "names").ok


def test_individual_customers_of_books_count_in_contacts_mode(world: World) -> None:
    world.configure(mode="contacts")
    world.remotes.new_customer("Nils", [{"email": "nils@alpine.example"}], customer_sub_type="individual")
    assert "1 person in Books has no name" in str(check(world, "names").text)


def twins(world: World, company: str | None = None) -> None:
    for address in ("a", "b"):
        world.remotes.contact("Berg", company, First_Name="Nils", Email=f"{address}@alpine.example")


def names(world: World) -> Check:
    Installation.objects.filter(pk=world.installation.pk).update(probes={})
    world.installation.refresh_from_db()
    return check(world, "equal_names")


def test_contacts_of_one_name_are_told_in_contacts_mode(world: World) -> None:
    world.configure(mode="contacts")
    twins(world, world.remotes.company("Alpine Huts"))
    found = names(world)
    assert not found.ok
    assert str(found.text) == "1 name belongs to several contacts; Books may refuse a second customer of that name."


def test_contacts_of_one_name_are_told_where_those_without_a_company_become_customers(world: World) -> None:
    world.configure(include_unattached=True)
    twins(world)
    assert "several contacts" in str(names(world).text)
    world.configure(include_unattached=False)
    assert names(world).ok


def test_contacts_of_a_company_are_persons_there_and_may_share_a_name(world: World) -> None:
    world.configure(include_unattached=True)
    twins(world, world.remotes.company("Alpine Huts"))
    assert (names(world).ok, str(names(world).text)) == (True, "No two companies have the same name.")
    world.configure(mode="companies")
    assert names(world).ok


def test_in_contacts_mode_no_word_is_said_of_companies(world: World) -> None:
    world.configure(mode="contacts")
    assert str(names(world).text) == "No two contacts have the same name."


def test_items_of_one_name_are_told_with_the_name(world: World) -> None:
    assert str(check(world, "item_names").text) == "No two of the items to be created have the same name."
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    same = {"run": ended.run, "module": "products", "kind": Kind.PRODUCT_ITEM, "outcome": "create"}
    for side in ("books", "books", "bigin"):
        Proposal.objects.create(label="Tour", side=side, changes={"name": [None, "Tour "]}, **same)
    Proposal.objects.create(label="Hike", side="books", changes={"name": [None, "Hike"]}, **same)
    found = next(
        one for one in preflight.checks(world.installation, ended.run, ["products"]) if one.name == "item_names"
    )
    assert not found.ok
    assert "Books takes no second item of one name: 1 would be refused (Tour)." in str(found.text)


# What no mapping can fill


def test_a_field_that_bigin_insists_on_and_no_mapping_fills_is_named_before_start(world: World) -> None:
    field = {"module": "Accounts", "api_name": "Next_Audit", "data_type": "datetime", "mandatory": True}
    world.sandbox.control("POST", "bigin/field", field)
    found = check(world, "required")
    assert not found.ok
    assert "Bigin insists on Next Audit in each new record" in str(found.text)
    world.configure(create_in_bigin="none")
    with pytest.raises(StopIteration):
        check(world, "required")


def test_so_is_one_of_books_unless_it_fills_it_itself() -> None:
    rows: list[dict[str, object]] = [
        {"api_name": "cf_when", "label": "When", "data_type": "date_time", "is_mandatory": True},
        {"api_name": "cf_file", "label": "File", "data_type": "attachment", "is_mandatory": "true"},
        {"api_name": "cf_free", "label": "Free", "data_type": "date_time", "is_mandatory": False},
        {"api_name": "cf_text", "label": "Text", "data_type": "string", "is_mandatory": True},
        {"api_name": "cf_own", "label": "Own", "data_type": "date_time", "is_mandatory": True, "default_value": "now"},
        {"api_name": "cf_old", "label": "Old", "data_type": "attachment", "is_mandatory": True, "is_active": False},
    ]
    assert metadata.beyond_mapping_in_books(rows) == ["When", "File"]
