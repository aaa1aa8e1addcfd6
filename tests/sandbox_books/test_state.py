"""The Books side of the state file: what goes out comes back, and goes on as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import DoorError, Sandbox, running_sandbox
from tests.sandbox_books.api import NOW, Books


def everything(books: Books) -> dict[str, Any]:
    found = {path: books.get(f"/{path}").json() for path in ("contacts", "items", "customerpayments", "settings/taxes")}
    for kind in ("invoice", "estimate", "salesorder"):
        found[kind] = {row[f"{kind}_id"]: books.read(kind, row[f"{kind}_id"]) for row in books.rows(kind)}
    for contact in found["contacts"]["contacts"]:
        found[contact["contact_id"]] = books.read("contact", contact["contact_id"])
    return found


def test_state_goes_out_and_comes_back(agency: Sandbox) -> None:
    before = everything(Books(agency))
    state = agency.control("GET", "state")
    agency.reset("empty")
    assert Books(agency).rows("contact") == []
    agency.control("PUT", "state", state)
    assert everything(Books(agency)) == before
    after = agency.control("GET", "state")
    for organization, held in state["books"].items():
        assert {**after["books"][organization], "call_days": {}} == {**held, "call_days": {}}


def test_ids_and_numbers_go_on_after_a_state_was_put(agency: Sandbox) -> None:
    books = Books(agency)
    held = {row["invoice_number"] for row in books.rows("invoice")}
    state = agency.control("GET", "state")
    fresh = books.document("invoice")
    agency.control("PUT", "state", state)
    again = Books(agency).document("invoice")
    assert (again["invoice_id"], again["invoice_number"]) == (fresh["invoice_id"], fresh["invoice_number"])
    assert again["invoice_number"] not in held


@pytest.mark.parametrize("broken", [{"60021234501": {}}, {"60021234501": 3}, [], {"x": {"profile": {"name": "N"}}}])
def test_a_broken_state_is_refused_and_changes_nothing(agency: Sandbox, broken: Any) -> None:
    before = Books(agency).get("/contacts").json()
    state = {**agency.control("GET", "state"), "books": broken}
    with pytest.raises(DoorError, match="400"):
        agency.control("PUT", "state", state)
    assert Books(agency).get("/contacts").json() == before


def test_state_file_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with running_sandbox("empty", state=file, now=NOW, lift_limits=True) as first:
        made = Books(first).document("invoice", line_items=[{"name": "Tour", "rate": "19.99", "quantity": 3}])
    with running_sandbox("empty", state=file, now=NOW, lift_limits=True) as second:
        books = Books(second)
        assert books.read("invoice", made["invoice_id"])["total"] == made["total"]
        assert books.read("contact", made["customer_id"])["has_transaction"] is True
