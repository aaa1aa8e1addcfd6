"""Every method of `Books` against the sandbox over real HTTP, for Books and, where it differs, for Invoice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.zoho import sandboxed
from zoho.books import DOCUMENTS, Books, Kind
from zoho.books_calls import custom_field
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome
from zoho.times import parse_time

KEY = ("cf_bigin_key", "bigin:4876876000000001001")
KINDS: list[Kind] = ["invoices", "estimates", "salesorders"]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox("travel-agency", lift_limits=True, environment=sandboxed.PLAIN) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset("travel-agency", keep=["limits"])
    return running


@pytest.fixture
def books(sandbox: Sandbox) -> Iterator[Books]:
    found = sandboxed.books(sandbox)
    yield found
    found.client.close()


def customer(books: Books, name: str = "Northwind Tours") -> str:
    body = {"contact_name": name, "contact_persons": [{"first_name": "Ann", "email": "ann@northwind.example"}]}
    return str(books.create_contact(body)["contact_id"])


def document(books: Books, kind: Kind, **more: Any) -> dict[str, Any]:
    lines = [{"name": "Tour", "rate": Decimal("19.99"), "quantity": 3}]
    return books.create_document(kind, {"customer_id": customer(books), "line_items": lines, **more})


def test_lists_honour_order_and_change(books: Books) -> None:
    page = books.contacts_page(sort_column="last_modified_time", sort_order="A")
    times = [parse_time(row["last_modified_time"]) for row in page.rows]
    assert times == sorted(times)
    assert (page.sort_column, page.sort_order, page.applied_filter) == ("last_modified_time", "A", "Status.All")
    middle = times[len(times) // 2]
    changed = books.contacts_page(sort_column="last_modified_time", sort_order="A", modified_since=middle)
    expected = [row["contact_id"] for row, time in zip(page.rows, times, strict=True) if time >= middle]
    assert [row["contact_id"] for row in changed.rows] == expected


def test_pages_end(books: Books) -> None:
    all_rows = books.contacts_page().rows
    seen, number, more = [], 1, True
    while more:
        page = books.contacts_page(page=number, per_page=20)
        seen += [row["contact_id"] for row in page.rows]
        number, more = number + 1, page.more
    assert seen == [row["contact_id"] for row in all_rows]


def test_filters(books: Books) -> None:
    everyone = books.contacts_page().rows
    active = books.contacts_page(filters={"filter_by": "Status.Active"})
    assert active.applied_filter == "Status.Active"
    assert len(active.rows) == sum(row["status"] == "active" for row in everyone)
    name = everyone[5]["contact_name"]
    assert [row["contact_name"] for row in books.contacts_page(filters={"contact_name": name}).rows] == [name]


def test_a_customer_lives_and_dies(books: Books) -> None:
    made = books.create_contact(
        {
            "contact_name": "Northwind Tours",
            "contact_persons": [{"first_name": "Ann", "email": "ann@northwind.example"}, {"first_name": "Bo"}],
            "billing_address": {"city": "Porto", "phone": "+351 1"},
        }
    )
    found = books.contact(made["contact_id"])
    assert found is not None
    assert found["billing_address"]["city"] == "Porto"
    assert [(person["first_name"], person["is_primary_contact"]) for person in found["contact_persons"]] == [
        ("Ann", True), ("Bo", False),
    ]  # fmt: skip
    changed = books.update_contact(made["contact_id"], {"notes": "quiet"})
    assert (changed["notes"], changed["contact_name"], len(changed["contact_persons"])) == (
        "quiet",
        "Northwind Tours",
        2,
    )
    books.contact_inactive(made["contact_id"])
    books.contact_inactive(made["contact_id"])
    assert (books.contact(made["contact_id"]) or {})["status"] == "inactive"
    books.contact_active(made["contact_id"])
    books.delete_contact(made["contact_id"])
    assert books.contact(made["contact_id"]) is None
    with pytest.raises(Rejected) as caught:
        books.delete_contact(made["contact_id"])
    assert caught.value.code == "1002"


def test_persons(books: Books) -> None:
    contact_id = customer(books)
    bo = books.create_person(contact_id, {"first_name": "Bo", "email": "bo@northwind.example"})["contact_person_id"]
    books.update_person(bo, {"first_name": "Boris"})
    books.make_primary(bo)
    people = {row["first_name"]: row["is_primary_contact"] for row in books.persons(contact_id)}
    assert people == {"Ann": False, "Boris": True}
    ann = next(row["contact_person_id"] for row in books.persons(contact_id) if row["first_name"] == "Ann")
    books.delete_person(ann)
    assert [row["first_name"] for row in books.persons(contact_id)] == ["Boris"]


def test_a_customer_with_documents_is_not_deleted(books: Books) -> None:
    made = document(books, "invoices")
    with pytest.raises(Rejected) as caught:
        books.delete_contact(made["customer_id"])
    assert caught.value.code == "3000"


def test_an_equal_name_is_refused_where_the_organisation_forbids_it(books: Books, sandbox: Sandbox) -> None:
    sandbox.switch(books_duplicate_contact_names="refuse")
    customer(books)
    with pytest.raises(Rejected) as caught:
        customer(books)
    assert caught.value.code == "3062"


def test_an_item_lives_and_dies(books: Books) -> None:
    made = books.create_item({"name": "Night ferry", "rate": Decimal("120.50"), "sku": "NF-1"})
    assert made["rate"] == Decimal("120.50")
    assert books.update_item(made["item_id"], {"rate": Decimal(99)})["rate"] == 99
    with pytest.raises(Rejected) as caught:
        books.create_item({"name": "Night ferry", "rate": 1})
    assert caught.value.code == "1001"
    assert [row["item_id"] for row in books.item_details([made["item_id"], "1"])] == [made["item_id"]]
    books.item_inactive(made["item_id"])
    assert (books.item(made["item_id"]) or {})["status"] == "inactive"
    books.item_active(made["item_id"])
    books.delete_item(made["item_id"])
    assert books.item(made["item_id"]) is None
    assert made["item_id"] not in [row["item_id"] for row in books.items_page().rows]


def test_a_key_that_is_no_unique_field_is_refused(books: Books) -> None:
    before = len(books.contacts_page().rows)
    with pytest.raises(Rejected) as caught:
        books.create_contact({"contact_name": "Keyed"}, KEY)
    assert caught.value.field == "X-Unique-Identifier-Key"
    assert len(books.contacts_page().rows) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_keyed_document_is_made_once(books: Books, kind: Kind) -> None:
    names = DOCUMENTS[kind]
    body = {"customer_id": customer(books), "line_items": [{"name": "Tour", "rate": 10, "quantity": 1}]}
    first = books.create_document(kind, body, unique=KEY)
    second = books.create_document(kind, body, unique=KEY)
    assert first[names.id] == second[names.id]
    assert custom_field(second, KEY[0]) == KEY[1]
    found = books.document_by_key(kind, KEY)
    assert found.row is not None
    assert found.row[names.id] == first[names.id]
    absent = books.document_by_key(kind, (KEY[0], "another"))
    assert (absent.row, absent.conclusive) == (None, True)


@pytest.mark.parametrize("kind", KINDS)
def test_documents_live_and_die(books: Books, kind: Kind) -> None:
    names = DOCUMENTS[kind]
    made = document(books, kind, reference_number="PO-7")
    assert (made["status"], made["total"]) == ("draft", Decimal("59.97"))
    document_id = made[names.id]
    assert (books.document(kind, document_id) or {})["line_items"][0]["rate"] == Decimal("19.99")
    assert books.update_document(kind, document_id, {"notes": "x"})["total"] == Decimal("59.97")
    mine = books.documents_page(kind, filters={"customer_id": made["customer_id"]}).rows
    assert [row[names.id] for row in mine] == [document_id]
    books.add_comment(kind, document_id, "made by Ann")
    assert "made by Ann" in [comment["description"] for comment in books.comments(kind, document_id)]
    assert books.pdf(kind, document_id).startswith(b"%PDF-")
    assert books.templates(kind)
    books.delete_document(kind, document_id)
    assert books.document(kind, document_id) is None


def test_own_numbers(books: Books) -> None:
    body = {
        "customer_id": customer(books), "invoice_number": "OWN-1",
        "line_items": [{"name": "Tour", "rate": 10, "quantity": 1}],
    }  # fmt: skip
    assert books.create_document("invoices", body, ignore_auto_number=True)["invoice_number"] == "OWN-1"
    with pytest.raises(Rejected) as caught:
        books.create_document("invoices", body, ignore_auto_number=True)
    assert caught.value.code == "1001"


def test_an_invoice_is_sent_and_voided(books: Books) -> None:
    made = document(books, "invoices")["invoice_id"]
    content = books.email_content("invoices", made)
    assert content["to_contacts"][0]["email"] == "ann@northwind.example"
    books.email("invoices", made, {"to_mail_ids": ["ann@northwind.example"], "subject": "Hi", "body": "<p>Hi</p>"})
    assert (books.document("invoices", made) or {})["status"] == "sent"
    books.status("invoices", made, "void")
    assert (books.document("invoices", made) or {})["status"] == "void"
    books.status("invoices", made, "draft")
    assert (books.document("invoices", made) or {})["status"] == "draft"


def test_an_estimate_is_accepted_once(books: Books) -> None:
    made = document(books, "estimates")["estimate_id"]
    books.status("estimates", made, "sent")
    books.status("estimates", made, "accepted")
    with pytest.raises(Rejected):
        books.status("estimates", made, "accepted")
    assert (books.document("estimates", made) or {})["status"] == "accepted"


def test_a_sales_order_is_opened_and_invoiced(books: Books) -> None:
    made = document(books, "salesorders")["salesorder_id"]
    books.status("salesorders", made, "open")
    assert books.invoice_from_salesorder(made)["total"] == Decimal("59.97")
    other = document(books, "salesorders")["salesorder_id"]
    books.status("salesorders", other, "void", "ordered twice")
    assert (books.document("salesorders", other) or {})["status"] == "void"


def test_approval(books: Books, sandbox: Sandbox) -> None:
    sandbox.switch(books_approval="on")
    made = document(books, "invoices")["invoice_id"]
    books.submit("invoices", made)
    assert (books.document("invoices", made) or {})["status"] == "pending_approval"
    books.approve("invoices", made)
    assert (books.document("invoices", made) or {})["status"] == "approved"


def test_what_the_organisation_offers(books: Books) -> None:
    assert [row["name"] for row in books.organizations()] == ["Wanderlust Travel", "Second Org"]
    own = books.organization(books.client.organization_id or "")
    assert (own or {})["currency_code"] == "EUR"
    assert {row["currency_code"] for row in books.currencies()} == {"EUR", "GBP"}
    assert "IVA standard" in {row["tax_name"] for row in books.taxes()}
    assert books.current_user()["email_ids"]
    assert books.users("Status.Active")
    fields = books.field_definitions("invoice")
    assert [(row["api_name"], row["is_unique"]) for row in fields] == [("cf_bigin_key", True)]
    group = next(row for row in books.taxes() if row["tax_type"] == "tax_group")
    assert len((books.tax_group(group["tax_id"]) or {})["taxes"]) == 2


def test_the_quota_is_told(books: Books, sandbox: Sandbox) -> None:
    sandbox.limits(books_per_day=1000)
    books.contacts_page(per_page=1)
    assert books.client.last_quota is not None
    assert (books.client.last_quota.limit, books.client.last_quota.remaining) == (1000, 999)
    sandbox.limits(books_per_day=0)


# Zoho Invoice


def test_invoice_is_the_same_but_for_sales_orders(sandbox: Sandbox) -> None:
    books = sandboxed.books(sandbox, "invoice")
    made = document(books, "invoices")
    assert books.document("invoices", made["invoice_id"]) is not None
    with pytest.raises(Rejected) as caught:
        books.documents_page("salesorders")
    assert caught.value.code == "5"
    books.client.close()


def test_a_missing_organisation_is_no_conclusion_about_records(sandbox: Sandbox) -> None:
    books = sandboxed.books(sandbox, "invoice")
    books.client.organization_id = None
    with pytest.raises(Unauthorised) as caught:
        books.contact("1")
    assert caught.value.code == "9017"
    books.client.close()


def test_a_foreign_organisation_is_no_conclusion_about_records(books: Books) -> None:
    books.client.organization_id = "99999999"
    with pytest.raises(Unauthorised) as caught:
        books.contact("1")
    assert caught.value.code == "6041"


# Faults and limits


@pytest.mark.parametrize("kind", ["error_before", "error_after", "html", "drop_before", "drop_after"])
def test_every_fault_has_its_class(books: Books, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(kind, product="books", times=3)
    with pytest.raises(RetryLater):
        books.contacts_page()
    with pytest.raises(UnknownOutcome):
        customer(books)
    made = books.contacts_page(filters={"contact_name": "Northwind Tours"}).rows
    assert len(made) == (1 if kind in ("error_after", "drop_after") else 0)


@pytest.mark.parametrize(
    ("kind", "scope"), [("rate_limited", "minute"), ("concurrency", "concurrent"), ("quota", "daily")]
)
def test_every_limit_has_its_scope(books: Books, sandbox: Sandbox, kind: str, scope: str) -> None:
    sandbox.fault(kind, product="books")
    with pytest.raises(RateLimited) as caught:
        customer(books)
    assert caught.value.scope == scope
    assert books.contacts_page(filters={"contact_name": "Northwind Tours"}).rows == []


@pytest.mark.parametrize("position", ["57", "14"])
def test_a_token_that_ends_is_unauthorised(books: Books, sandbox: Sandbox, position: str) -> None:
    sandbox.switch(books_invalid_token_code=position)
    sandbox.fault("revoked_token", product="books")
    with pytest.raises(Unauthorised) as caught:
        customer(books)
    assert caught.value.code == position


def test_a_missing_scope_is_unauthorised(sandbox: Sandbox) -> None:
    token = sandbox.token(scopes=["ZohoBooks.contacts.READ", "ZohoBooks.settings.READ"])["access_token"]
    with sandboxed.client(sandbox, "books", token) as client:
        books = Books(client)
        client.organization_id = books.organizations()[0]["organization_id"]
        assert books.contacts_page().rows
        with pytest.raises(Unauthorised) as caught:
            customer(books)
        assert caught.value.code == "57"
