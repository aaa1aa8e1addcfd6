"""Both positions of every switch of sandbox/books/switches.py: the first block of a test is the default's."""

from __future__ import annotations

import inspect
import re
import sys
from types import FunctionType
from typing import Any

import pytest

from sandbox.books.switches import SWITCHES
from sandbox.switches import Switch
from sandbox.testing import Sandbox
from tests.sandbox_books import test_switches_records, test_webhooks
from tests.sandbox_books.api import JONAS, MARTA, Books, Json, refused, told

LINE: Json = {"name": "Tour", "rate": 5}
ELSEWHERE = {"books_webhook_payload": "test_payload_as_a_form_field", "books_webhook_retries": "test_retries"}


def told_in(test: FunctionType, folder: dict[str, Any]) -> set[str]:
    """Every text in the test, in what it is parametrized with and in the functions of its own file that it calls."""
    own = [folder[name] for name in test.__code__.co_names if isinstance(folder.get(name), FunctionType)]
    sources = [inspect.getsource(one) for one in (test, *own) if one.__module__ == test.__module__]
    return {text for source in sources for text in re.findall(r'"([^"\n]*)"', source)}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_every_position_but_the_default_is_taken_in_the_switchs_test(switch: Switch) -> None:
    """Issue 3. The default needs no telling: the fixture's reset has gone back to it."""
    folder = {**vars(sys.modules[__name__]), **vars(test_switches_records), **vars(test_webhooks)}
    test = folder[ELSEWHERE.get(switch.name, f"test_switch_{switch.name}")]
    assert set(switch.values) - {switch.default} - told_in(test, folder) == set()


def test_every_switch_says_where_it_comes_from() -> None:
    for switch in SWITCHES:
        assert len(set(switch.values)) == len(switch.values) > 1
        assert switch.default in switch.values
        assert switch.source
        assert switch.text


def test_switches_are_listed_at_their_door(sandbox: Sandbox) -> None:
    listed = {one["name"]: one for one in sandbox.control("GET", "switches")["switches"]}
    for switch in SWITCHES:
        assert (listed[switch.name]["default"], listed[switch.name]["source"]) == (switch.default, switch.source)


def test_switch_books_missing_organization(sandbox: Sandbox) -> None:
    assert Books(sandbox, JONAS, organization=None).get("/contacts").ok
    assert refused(Books(sandbox, MARTA, organization=None).get("/contacts")) == (400, 9017)
    sandbox.switch(books_missing_organization="error")
    assert refused(Books(sandbox, JONAS, organization=None).get("/contacts")) == (400, 9017)


def test_switch_invoice_missing_organization(sandbox: Sandbox) -> None:
    jonas = Books(sandbox, JONAS, product="invoice", organization=None)
    assert refused(jonas.get("/contacts")) == (400, 9017)
    sandbox.switch(invoice_missing_organization="only_one")
    assert jonas.get("/contacts").ok


def test_switch_books_invalid_token_code(books: Books) -> None:
    books.session.headers["Authorization"] = "Zoho-oauthtoken nonsense"
    assert refused(books.get("/contacts")) == (401, 57)
    books.sandbox.switch(books_invalid_token_code="14")
    assert refused(books.get("/contacts")) == (401, 14)
    assert refused(Books(books.sandbox, scopes=["ZohoBooks.items.READ"]).get("/contacts")) == (401, 57)


def test_switch_books_wrong_method(books: Books) -> None:
    assert refused(books.call("PATCH", "/contacts")) == (405, 37)
    books.sandbox.switch(books_wrong_method="404/5")
    assert refused(books.call("PATCH", "/contacts")) == (404, 5)


def test_switch_books_organization_types(books: Books) -> None:
    row = books.get("/organizations").json()["organizations"][0]
    assert (row["fiscal_year_start_month"], row["is_default_org"]) == ("1", True)
    books.sandbox.switch(books_organization_types="drifted")
    row = books.get("/organizations").json()["organizations"][0]
    assert (row["fiscal_year_start_month"], row["is_default_org"]) == (1, "true")


def test_switch_books_v4(books: Books) -> None:
    books.contact("Alder")
    url = f"{books.sandbox.url}/books/v4/contacts"
    assert refused(books.session.get(url, timeout=30)) == (404, 5)
    books.sandbox.switch(books_v4="on")
    assert [row["contact_name"] for row in books.session.get(url, timeout=30).json()["contacts"]] == ["Alder"]


@pytest.mark.parametrize(("position", "seconds"), [("rest_of_window", 61), ("60", 62), ("300", 302)])
def test_switch_books_minute_block(sandbox: Sandbox, position: str, seconds: int) -> None:
    sandbox.switch(books_minute_block=position)
    sandbox.limits(books_per_minute=2)
    books = Books(sandbox)
    books.get("/contacts")
    sandbox.advance(30)
    books.get("/contacts")
    assert refused(books.get("/contacts")) == (429, 44)
    sandbox.advance(31)
    assert books.get("/contacts").ok is (position == "rest_of_window")
    sandbox.advance(seconds)
    assert books.get("/contacts").ok


def test_switch_books_retry_after(sandbox: Sandbox) -> None:
    sandbox.limits(books_per_day=1)
    books = Books(sandbox)
    books.get("/contacts")
    assert "Retry-After" not in books.get("/contacts").headers
    sandbox.switch(books_retry_after="present")
    assert books.get("/contacts").headers["Retry-After"] == "60"


def test_switch_books_empty_object_body(books: Books) -> None:
    first = books.sent("salesorder")
    assert books.post("/invoices/fromsalesorder", {}, salesorder_id=first["salesorder_id"]).status_code == 201
    books.sandbox.switch(books_empty_object_body="refused")
    second = books.document("salesorder", first["customer_id"])["salesorder_id"]
    assert refused(books.post(f"/salesorders/{second}/status/open", {})) == (401, 57)
    assert told(books.post(f"/salesorders/{second}/status/open"))
    assert refused(books.post("/invoices/fromsalesorder", {}, salesorder_id=second)) == (401, 57)


def test_switch_books_per_page_over_200(books: Books) -> None:
    for number in range(3):
        books.contact(f"N{number}")
    assert books.get("/contacts", per_page=500).json()["page_context"]["per_page"] == 200
    books.sandbox.switch(books_per_page_over_200="error")
    assert refused(books.get("/contacts", per_page=201)) == (400, 2)
    assert books.get("/contacts", per_page=200).ok
    books.sandbox.switch(books_per_page_over_200="honour")
    assert books.get("/contacts", per_page=500).json()["page_context"]["per_page"] == 500


def _changed_since(books: Books, kind: str, switch: str) -> None:
    make: Any = {"contact": books.contact, "item": books.item}.get(kind)
    customer = "" if make else books.contact()["contact_id"]
    old = make("Old") if make else books.document(kind, customer)
    books.sandbox.advance(60)
    new = make("New") if make else books.document(kind, customer)
    since = {"last_modified_time": new["last_modified_time"]}
    assert books.ids(kind, **since) == {new[f"{kind}_id"]}
    books.sandbox.switch(**{switch: "ignored"})
    assert books.ids(kind, **since) >= {old[f"{kind}_id"], new[f"{kind}_id"]}
    assert books.get(f"/{kind}s", last_modified_time="nonsense").ok


def test_switch_books_contacts_changed_since(books: Books) -> None:
    _changed_since(books, "contact", "books_contacts_changed_since")


def test_switch_books_items_changed_since(books: Books) -> None:
    _changed_since(books, "item", "books_items_changed_since")


def test_switch_books_estimates_changed_since(books: Books) -> None:
    _changed_since(books, "estimate", "books_estimates_changed_since")


def test_switch_books_undocumented_sort(books: Books) -> None:
    books.item("Alder")
    books.sandbox.advance(60)
    books.item("Birch")
    asked = {"sort_column": "last_modified_time", "sort_order": "D"}
    answer = books.get("/items", **asked).json()
    assert [row["name"] for row in answer["items"]] == ["Birch", "Alder"]
    books.sandbox.switch(books_undocumented_sort="ignored")
    answer = books.get("/items", sort_column="last_modified_time").json()
    assert [row["name"] for row in answer["items"]] == ["Alder", "Birch"]
    assert answer["page_context"]["sort_column"] == "name"


def test_switch_books_unknown_sort_column(books: Books) -> None:
    assert books.get("/contacts", sort_column="shoe_size").json()["page_context"]["sort_column"] == "contact_name"
    books.sandbox.switch(books_unknown_sort_column="error")
    assert refused(books.get("/contacts", sort_column="shoe_size")) == (400, 2)


def test_switch_books_text_filter_case(books: Books) -> None:
    books.contact("Alder")
    assert len(books.rows("contact", contact_name="ALDER")) == 1
    books.sandbox.switch(books_text_filter_case="sensitive")
    assert books.rows("contact", contact_name="ALDER") == []
    assert len(books.rows("contact", contact_name="Alder")) == 1


def test_switch_books_reference_number_filter(books: Books) -> None:
    books.document("invoice", reference_number="PO-12")
    assert books.rows("invoice", reference_number="PO-1") == []
    books.sandbox.switch(books_reference_number_filter="contains")
    assert len(books.rows("invoice", reference_number="PO-1")) == 1


def test_switch_books_contact_type_filter(books: Books) -> None:
    books.contact("Alder")
    books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")
    assert [row["contact_name"] for row in books.rows("contact", contact_type="customer")] == ["Alder"]
    books.sandbox.switch(books_contact_type_filter="ignored")
    assert [row["contact_name"] for row in books.rows("contact", contact_type="customer")] == ["Alder", "Wren"]


def test_switch_invoice_contacts_default(books: Books, invoice: Books) -> None:
    books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")
    assert invoice.rows("contact") == []
    books.sandbox.switch(invoice_contacts_default="all")
    assert [row["contact_name"] for row in invoice.rows("contact")] == ["Wren"]


def test_switch_books_tax_percentage_in_rows(books: Books) -> None:
    books.item(tax_id=books.tax("Seventy", 70))
    assert books.rows("item")[0]["tax_percentage"] == 70
    books.sandbox.switch(books_tax_percentage_in_rows="text")
    assert books.rows("item")[0]["tax_percentage"] == "70%"


def test_switch_books_item_row_custom_fields(books: Books) -> None:
    books.item(custom_fields=[{"api_name": "cf_season", "value": "Summer"}])
    assert books.rows("item")[0]["cf_season"] == "Summer"
    books.sandbox.switch(books_item_row_custom_fields="absent")
    assert not {"custom_fields", "cf_season", "custom_field_hash"} & set(books.rows("item")[0])
