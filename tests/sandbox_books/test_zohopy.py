"""zohopy, a client that is not ours, runs contacts, items, estimates, invoices and sales orders (books-api.md 12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from zohopy import DataCenter, SyncZohoClient, ZohoConfig
from zohopy import config as zohopy_config
from zohopy.exceptions import ZohoError, ZohoNotFoundError
from zohopy.products.books import ZohoBooks

from sandbox.testing import BOOKS_SCOPES, Sandbox
from tests.sandbox_books.api import FIRST

ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@northwind.example"}
LINES = [{"name": "Tour", "rate": 40, "quantity": 2}]


@pytest.fixture
def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncZohoClient]:
    """Refreshes its own access token at the sandbox's accounts server."""
    monkeypatch.setitem(zohopy_config._API_URLS, DataCenter.US, sandbox.url)
    monkeypatch.setitem(zohopy_config._ACCOUNTS_URLS, DataCenter.US, sandbox.url)
    config = ZohoConfig(
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        refresh_token=sandbox.token(scopes=BOOKS_SCOPES)["refresh_token"],
        organization_id=FIRST,
        data_center=DataCenter.US,
        max_retries=0,
    )
    with SyncZohoClient(config) as made:
        yield made


@pytest.fixture
def zohopy(client: SyncZohoClient) -> ZohoBooks:
    return ZohoBooks(client)


@pytest.fixture
def customer(zohopy: ZohoBooks) -> str:
    made = zohopy.contacts.create({"contact_name": "Northwind", "contact_persons": [ANN]})
    return str(made["contact"]["contact_id"])


def ids(answer: dict[str, Any], key: str) -> list[str]:
    return [row[f"{key}_id"] for row in answer[f"{key}s"]]


def test_contacts(zohopy: ZohoBooks, customer: str) -> None:
    assert zohopy.contacts.get(customer)["contact"]["email"] == "ann@northwind.example"
    zohopy.contacts.update(customer, {"notes": "quiet"})
    assert zohopy.contacts.get(customer)["contact"]["notes"] == "quiet"
    zohopy.contacts.mark_inactive(customer)
    assert ids(zohopy.contacts.list(filter_by="Status.Inactive"), "contact") == [customer]
    zohopy.contacts.mark_active(customer)
    address = zohopy.contacts.add_address(customer, {"city": "Porto"})["address_info"]["address_id"]
    zohopy.contacts.edit_address(customer, address, {"city": "Faro"})
    assert [one["city"] for one in zohopy.contacts.list_addresses(customer)["addresses"]] == ["", "", "Faro"]
    zohopy.contacts.delete_address(customer, address)
    zohopy.contacts.email_statement(customer, {"to_mail_ids": ["ann@northwind.example"]})
    zohopy.contacts.delete(customer)
    with pytest.raises(ZohoNotFoundError):
        zohopy.contacts.get(customer)


def test_contact_persons(zohopy: ZohoBooks, customer: str) -> None:
    bob = zohopy.contact_persons.create_for_contact(customer, {"first_name": "Bob"})["contact_person"]
    people = zohopy.contact_persons.list_for_contact(customer)["contact_persons"]
    assert [one["first_name"] for one in people] == ["Ann", "Bob"]
    found = zohopy.contact_persons.get_for_contact(customer, bob["contact_person_id"])
    assert found["contact_person"] == bob


def test_listing_all_pages(zohopy: ZohoBooks) -> None:
    made = [zohopy.contacts.create({"contact_name": f"N{number:02d}"})["contact"]["contact_id"] for number in range(25)]
    pages = list(zohopy.contacts.list_all(per_page=10))
    assert [len(page["contacts"]) for page in pages] == [10, 10, 5]
    assert [row["contact_id"] for page in pages for row in page["contacts"]] == made


def test_items(zohopy: ZohoBooks) -> None:
    item = zohopy.items.create({"name": "Tour", "rate": 40})["item"]["item_id"]
    zohopy.items.update(item, {"rate": 45})
    assert zohopy.items.get(item)["item"]["rate"] == 45
    zohopy.items.mark_inactive(item)
    assert ids(zohopy.items.list(filter_by="Status.Inactive"), "item") == [item]
    zohopy.items.mark_active(item)
    zohopy.items.delete(item)
    assert zohopy.items.list()["items"] == []
    with pytest.raises(ZohoError):
        zohopy.items.create({"rate": 4})


def test_estimate_to_invoice(zohopy: ZohoBooks, client: SyncZohoClient, customer: str) -> None:
    estimate = zohopy.estimates.create({"customer_id": customer, "line_items": LINES})["estimate"]["estimate_id"]
    with pytest.raises(ZohoError, match="Some of the quotes"):
        client.post("/books/v3/invoices/fromestimates", params={"estimate_ids": estimate})
    zohopy.estimates.mark_sent(estimate)
    zohopy.estimates.mark_accepted(estimate)
    zohopy.estimates.add_comment(estimate, {"description": "Looks good"})
    assert zohopy.estimates.list_comments(estimate)["comments"][0]["description"] == "Looks good"
    assert client.post("/books/v3/invoices/fromestimates", params={"estimate_ids": estimate})["data"] == {}
    found = zohopy.estimates.get(estimate)["estimate"]
    assert found["status"] == "invoiced"
    assert zohopy.invoices.get(found["invoice_ids"][0])["invoice"]["total"] == 80


def test_invoice_mail_payment_and_void(zohopy: ZohoBooks, customer: str) -> None:
    invoice = zohopy.invoices.create({"customer_id": customer, "line_items": LINES})["invoice"]["invoice_id"]
    data = zohopy.invoices.get_email_content(invoice)["data"]
    to = [one["email"] for one in data["to_contacts"]]
    sent = zohopy.invoices.email(invoice, {"to_mail_ids": to, "subject": data["subject"], "body": data["body"]})
    assert sent["message"] == "Your invoice has been sent."
    part = {"invoice_id": invoice, "amount_applied": 30}
    zohopy.customer_payments.create({"customer_id": customer, "amount": 30, "invoices": [part]})
    assert [one["amount"] for one in zohopy.invoices.list_payments(invoice)["payments"]] == [30]
    assert zohopy.invoices.get(invoice)["invoice"]["status"] == "partially_paid"
    zohopy.invoices.remind_customer(invoice)
    zohopy.invoices.write_off(invoice)
    zohopy.invoices.cancel_write_off(invoice)
    zohopy.invoices.add_attachment(invoice, {"attachment": ("a.pdf", b"%PDF-1.4", "application/pdf")})
    zohopy.invoices.delete_attachment(invoice)
    zohopy.invoices.void(invoice)
    zohopy.invoices.mark_draft(invoice)
    zohopy.invoices.delete(invoice)
    assert zohopy.invoices.list()["invoices"] == []


def test_sales_order_to_invoice(zohopy: ZohoBooks, client: SyncZohoClient, customer: str) -> None:
    order = zohopy.sales_orders.create({"customer_id": customer, "line_items": LINES})["salesorder"]["salesorder_id"]
    zohopy.sales_orders.mark_open(order)
    zohopy.sales_orders.email(order, {"to_mail_ids": ["ann@northwind.example"]})
    made = client.post("/books/v3/invoices/fromsalesorder", params={"salesorder_id": order})["invoice"]
    assert (made["salesorder_id"], made["total"]) == (order, 80)
    assert zohopy.sales_orders.get(order)["salesorder"]["status"] == "invoiced"
    with pytest.raises(ZohoError):
        zohopy.sales_orders.mark_void(order)


def test_settings(zohopy: ZohoBooks) -> None:
    assert zohopy.organizations.list()["organizations"][0]["organization_id"] == FIRST
    tax = zohopy.taxes.create({"tax_name": "Eight", "tax_percentage": 8})["tax"]["tax_id"]
    assert tax in ids({"taxs": zohopy.taxes.list()["taxes"]}, "tax")
    assert [one["currency_code"] for one in zohopy.currencies.list()["currencies"]] == ["EUR", "GBP"]
