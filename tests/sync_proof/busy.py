"""One full day: pairs in step, then people change, create, move and delete on both sides, and what must come of it."""

from __future__ import annotations

from typing import Any

from tests.sync_proof.people import Snapshot
from tests.sync_proof.values import full_name, text
from tests.sync_proof.world import World

Plain = dict[str, list[tuple[str, ...]]]


def person(first: str, last: str, mail: str) -> dict[str, str]:
    return {"first_name": first, "last_name": last, "email": f"{mail}@busy.example"}


def morning(world: World) -> None:
    """Both sides hold something, and it is in step."""
    bigin, books = world.bigin, world.books
    for name in ("Alder Walks", "Birch Tours", "Cedar Trips"):
        company = bigin.add("Accounts", Account_Name=name, Phone=f"+44 20 {len(name)}")
        for first in ("Ann", "Bob"):
            bigin.contact(company, first, name.split()[0], Email=f"{first.lower()}@{name.split()[0].lower()}.example")
    books.customer("Dogwood Inns", person("Dan", "Dogwood", "dan"), person("Eve", "Dogwood", "eve"))
    bigin.add("Products", Product_Name="Glacier walk", Product_Code="GW", Unit_Price=40)
    books.item("Boat hire", sku="BH")
    world.settle()


def day(world: World) -> None:
    """Everything that a run knows how to do is to do."""
    bigin, books = world.bigin, world.books
    now = world.look()
    companies = {row["Account_Name"]: one for one, row in now.companies.items()}
    contacts = {full_name(row): one for one, row in now.contacts.items()}
    customers = {row["contact_name"]: one for one, row in now.customers.items()}
    persons = {full_name(row): one for one, row in now.persons.items()}
    bigin.edit("Accounts", companies["Alder Walks"], Billing_City="Zermatt", Phone="+41 27 000")
    books.edit(customers["Alder Walks"], website="https://alder.example")
    bigin.edit("Contacts", contacts["Ann Alder"], Title="Director")
    books.edit_person(persons["Bob Alder"], phone="+41 27 111")
    bigin.move(contacts["Ann Birch"], companies["Cedar Trips"])
    bigin.delete("Contacts", contacts["Bob Birch"])
    bigin.delete("Accounts", companies["Dogwood Inns"])
    elm = bigin.add("Accounts", Account_Name="Elm Lodges", Website="https://elm.example")
    bigin.contact(elm, "Fay", "Elm", Email="fay@elm.example")
    bigin.contact(companies["Alder Walks"], "Gus", "Alder", Email="gus@alder.example")
    books.customer("Fir Cabins", person("Hal", "Fir", "hal"))
    books.person(customers["Cedar Trips"], **person("Ida", "Cedar", "ida"))
    bigin.add("Products", Product_Name="Fjord cruise", Product_Code="FC", Unit_Price=70)
    books.item("Museum pass", sku="MP")
    item = next(one for one, row in now.items.items() if row["name"] == "Glacier walk")
    books.edit_item(item, description="Six hours, with a guide")


def plain(snapshot: Snapshot) -> Plain:
    """What stands on both sides, without ids and times."""
    names = {one: text(row["Account_Name"]) for one, row in snapshot.companies.items()}
    customers = {one: text(row["contact_name"]) for one, row in snapshot.customers.items()}
    found = {
        "companies": [
            _of(row, "Account_Name", "Phone", "Website", "Billing_City") for row in snapshot.companies.values()
        ],
        "contacts": [
            (
                full_name(row),
                names.get(str((row["Account_Name"] or {}).get("id")), ""),
                *_of(row, "Email", "Phone", "Title"),
            )
            for row in snapshot.contacts.values()
        ],
        "products": [_of(row, "Product_Name", "Product_Code", "Description") for row in snapshot.products.values()],
        "customers": [
            (*_of(row, "contact_name", "website", "status"), *_of(row["billing_address"], "phone", "city"))
            for row in snapshot.customers.values()
        ],
        "persons": [
            (full_name(row), customers[str(row["contact_id"])], *_of(row, "email", "phone", "designation"))
            for row in snapshot.persons.values()
        ],
        "items": [_of(row, "name", "sku", "description", "status") for row in snapshot.items.values()],
    }
    return {name: sorted(rows) for name, rows in found.items()}


def _of(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(text(row.get(name)) for name in names)


_PEOPLE: list[tuple[str, ...]] = [
    ("Ann Alder", "Alder Walks", "ann@alder.example", "", "Director"),
    ("Ann Birch", "Cedar Trips", "ann@birch.example", "", ""),
    ("Ann Cedar", "Cedar Trips", "ann@cedar.example", "", ""),
    ("Bob Alder", "Alder Walks", "bob@alder.example", "+41 27 111", ""),
    ("Bob Cedar", "Cedar Trips", "bob@cedar.example", "", ""),
    ("Fay Elm", "Elm Lodges", "fay@elm.example", "", ""),
    ("Gus Alder", "Alder Walks", "gus@alder.example", "", ""),
    ("Hal Fir", "Fir Cabins", "hal@busy.example", "", ""),
    ("Ida Cedar", "Cedar Trips", "ida@busy.example", "", ""),
]
# Where the day ends, whatever happens on the way: Dogwood was deleted in Bigin, and so in Books.
EVENING: Plain = {
    "companies": [
        ("Alder Walks", "+41 27 000", "https://alder.example", "Zermatt"),
        ("Birch Tours", "+44 20 11", "", ""),
        ("Cedar Trips", "+44 20 11", "", ""),
        ("Elm Lodges", "", "https://elm.example", ""),
        ("Fir Cabins", "", "", ""),
    ],
    "contacts": _PEOPLE,
    "products": [
        ("Boat hire", "BH", ""),
        ("Fjord cruise", "FC", ""),
        ("Glacier walk", "GW", "Six hours, with a guide"),
        ("Museum pass", "MP", ""),
    ],
    "customers": [
        ("Alder Walks", "https://alder.example", "active", "+41 27 000", "Zermatt"),
        ("Birch Tours", "", "active", "+44 20 11", ""),
        ("Cedar Trips", "", "active", "+44 20 11", ""),
        ("Elm Lodges", "https://elm.example", "active", "", ""),
        ("Fir Cabins", "", "active", "", ""),
    ],
    "persons": _PEOPLE,
    "items": [
        ("Boat hire", "BH", "", "active"),
        ("Fjord cruise", "FC", "", "active"),
        ("Glacier walk", "GW", "Six hours, with a guide", "active"),
        ("Museum pass", "MP", "", "active"),
    ],
}


def assert_evening(world: World) -> None:
    """The day is done, nothing waits, and a further run writes nothing."""
    world.settle()
    assert plain(world.look()) == EVENING
    world.forget_calls()
    world.sync()
    assert not world.writes()
