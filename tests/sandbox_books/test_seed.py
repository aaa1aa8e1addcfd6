"""The travel agency's Books: what the other tests and the demo count on."""

from __future__ import annotations

from collections import Counter

from sandbox.testing import Sandbox
from tests.sandbox_books.api import SECOND, Books


def test_about_half_of_the_companies_are_customers(agency: Sandbox) -> None:
    rows = Books(agency).rows("contact")
    assert Counter((row["contact_type"], row["customer_sub_type"]) for row in rows) == {
        ("customer", "business"): 38,
        ("customer", "individual"): 5,
        ("vendor", "business"): 4,
    }
    assert Counter(row["status"] for row in rows) == {"active": 45, "inactive": 2}
    assert {row["currency_code"] for row in rows} == {"EUR", "GBP"}


def test_names_differ_a_little_and_one_vendor_is_a_namesake(agency: Sandbox) -> None:
    rows = Books(agency).rows("contact")
    differ = [row for row in rows if row["company_name"] and row["contact_name"] != row["company_name"]]
    assert 5 <= len(differ) <= 20
    vendors = {row["contact_name"] for row in rows if row["contact_type"] == "vendor"}
    assert "Birchwood & Hale Architects" in vendors


def test_documents_stand_in_every_status(agency: Sandbox) -> None:
    books = Books(agency)
    assert {row["status"] for row in books.rows("invoice")} == {
        "draft", "sent", "viewed", "overdue", "partially_paid", "paid", "void",
    }  # fmt: skip
    assert {row["status"] for row in books.rows("estimate")} == {"draft", "sent", "accepted", "declined", "invoiced"}
    assert {row["status"] for row in books.rows("salesorder")} >= {"draft", "open", "invoiced"}
    assert len(books.get("/customerpayments").json()["customerpayments"]) == 8


def test_items_some_only_bought_some_grouped_one_inactive(agency: Sandbox) -> None:
    rows = Books(agency).rows("item")
    assert len(rows) == 36
    assert sum(not row["can_be_sold"] for row in rows) == 1
    assert sum("group_id" in row for row in rows) == 2
    assert sum(row["status"] == "inactive" for row in rows) == 1


def test_times_spread_over_two_years(agency: Sandbox) -> None:
    times = sorted(row["last_modified_time"] for row in Books(agency).rows("contact"))
    assert times[0] < "2025-09" < times[-1] <= "2026-10-09T13"


def test_taxes_currencies_and_keys(agency: Sandbox) -> None:
    books = Books(agency)
    taxes = [(row["tax_name"], row["tax_type"]) for row in books.get("/settings/taxes").json()["taxes"]]
    assert ("Package (IVA + levy)", "tax_group") in taxes
    fields = books.get("/settings/fields").json()["fields"]
    keyed = {one["entity"] for one in fields if one["api_name"] == "cf_bigin_key" and one["is_unique"]}
    assert keyed == {"invoice", "estimate", "salesorder"}
    second = Books(agency, organization=SECOND)
    base = [one["currency_code"] for one in second.get("/settings/currencies").json()["currencies"]]
    assert base == ["USD", "JPY"]
    assert second.get("/settings/fields").json()["fields"] == []


def test_the_same_seed_makes_the_same_records(agency: Sandbox) -> None:
    def rows() -> list[tuple[str, str, str]]:
        found = Books(agency).rows("contact")
        return [(row["contact_id"], row["contact_name"], row["email"]) for row in found]

    before = rows()
    agency.reset("travel-agency")
    assert rows() == before


def test_empty_and_bulk_leave_books_without_records(agency: Sandbox) -> None:
    for seed in ("empty", "bulk:3"):
        agency.reset(seed)
        books = Books(agency)
        assert (books.rows("contact"), books.rows("item"), books.rows("invoice")) == ([], [], [])
