"""Detail objects and list rows carry the keys that reference/books-api.md lists as recorded live, empty as live."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox_books.api import Books, Json, parsed

CONTACT = """
    contact_id contact_name company_name contact_type customer_sub_type status source website first_name last_name email
    phone mobile primary_contact_id payment_terms payment_terms_label payment_terms_id currency_id currency_code
    currency_symbol price_precision has_transaction is_linked_with_zohocrm zcrm_account_id zcrm_contact_id owner_id
    owner_name outstanding_receivable_amount outstanding_receivable_amount_bcy outstanding_payable_amount
    unused_credits_receivable_amount unused_credits_payable_amount unused_retainer_payments payment_reminder_enabled
    portal_status custom_fields custom_field_hash billing_address shipping_address addresses contact_persons
    default_templates notes tags created_time created_date created_by_name last_modified_time last_modified_by_id
    credit_limit pricebook_id contact_number facebook twitter tax_id tax_name tax_percentage is_taxable opening_balances
"""
CONTACT_ROW = """
    contact_id contact_name customer_name vendor_name company_name contact_type status payment_terms payment_terms_label
    currency_id currency_code outstanding_receivable_amount outstanding_receivable_amount_formatted
    unused_credits_receivable_amount outstanding_payable_amount first_name last_name email phone mobile created_time
    last_modified_time contactperson_custom_fields has_attachment custom_fields custom_field_hash track_1099 tags
"""
NOT_IN_CONTACT_ROW = "addresses contact_persons notes primary_contact_id"
ITEM = """
    item_id group_id name sku status source unit unit_id description rate pricebook_rate sales_rate purchase_rate
    account_id account_name tax_id tax_name tax_percentage tax_type is_taxable can_be_sold can_be_purchased
    track_inventory item_type product_type created_at created_time last_modified_time tags custom_fields
    custom_field_hash
"""
ITEM_ROW = """
    item_id name item_name sku status source unit description rate purchase_rate account_id account_name tax_id tax_name
    tax_percentage tax_type can_be_sold can_be_purchased track_inventory item_type product_type created_time
    last_modified_time
"""
TOTALS = """
    sub_total tax_total taxes discount discount_type discount_total is_discount_before_tax shipping_charge adjustment
    adjustment_description total exchange_rate is_inclusive_tax price_precision tax_rounding rounding_mode bcy_total
"""
DOCUMENT = f"""
    status date reference_number customer_id customer_name currency_id currency_code currency_symbol line_items
    billing_address shipping_address notes terms template_id template_name template_type contact_persons
    contact_persons_associated custom_fields custom_field_hash is_emailed is_viewed_by_client client_viewed_time
    current_sub_status current_sub_status_id created_time last_modified_time created_by_id {TOTALS}
"""
DETAIL = {
    "invoice": f"""{DOCUMENT} invoice_id invoice_number due_date balance payment_made credits_applied write_off_amount
        roundoff_value contact_persons_details estimate_id salesorder_id salesorder_number salesorders invoice_url
        reminders_sent last_payment_date payment_terms payment_terms_label allow_partial_payments payment_options
        payment_reminder_enabled payment_expected_date last_reminder_sent_date has_attachment""",
    "estimate": f"""{DOCUMENT} estimate_id estimate_number expiry_date invoice_ids invoiced_amount uninvoiced_amount
        is_transaction_created estimate_url salesorders""",
    "salesorder": f"""{DOCUMENT} salesorder_id salesorder_number order_status invoiced_status paid_status shipped_status
        shipment_date invoices estimate_id billing_address_id delivery_method sub_statuses""",
}
ROW = """
    status customer_id customer_name company_name reference_number date total email currency_id currency_code
    exchange_rate has_attachment created_time last_modified_time current_sub_status template_id
"""
ROWS = {
    "invoice": f"""{ROW} invoice_id invoice_number due_date due_days balance billing_address shipping_address
        custom_fields custom_field_hash updated_time is_emailed is_viewed_by_client client_viewed_time reminders_sent
        last_reminder_sent_date payment_expected_date last_payment_date shipping_charge adjustment write_off_amount
        schedule_time ach_payment_initiated salesperson_id salesperson_name documents""",
    "estimate": f"""{ROW} estimate_id estimate_number accepted_date declined_date expiry_date is_viewed_by_client
        client_viewed_time""",
    "salesorder": f"""{ROW} salesorder_id salesorder_number shipment_date shipment_days sub_total bcy_total is_emailed
        custom_fields order_status""",
}
LINE = """
    line_item_id item_id item_order name description rate bcy_rate quantity unit discount discount_amount tax_id
    tax_name tax_type tax_percentage item_total line_item_taxes item_custom_fields
"""


def missing(found: Json, listed: str) -> set[str]:
    return set(listed.split()) - set(found)


def test_contact_detail_and_row(books: Books) -> None:
    """3.4 [REC]."""
    detail, row = books.contact(), books.rows("contact")[0]
    assert missing(detail, CONTACT) == set()
    assert missing(row, CONTACT_ROW) == set()
    assert not set(NOT_IN_CONTACT_ROW.split()) & set(row)


def test_item_detail_and_row(books: Books) -> None:
    """4 [REC]."""
    detail, row = books.item(), books.rows("item")[0]
    assert missing(detail, ITEM) == set()
    assert missing(row, ITEM_ROW) == set()
    assert "custom_fields" not in row


@pytest.mark.parametrize("kind", ["invoice", "estimate", "salesorder"])
def test_document_detail_and_row(books: Books, kind: str) -> None:
    """5.3 [REC][REC-V]."""
    detail, row = books.document(kind), books.rows(kind)[0]
    assert missing(detail, DETAIL[kind]) == set()
    assert missing(row, ROWS[kind]) == set()
    assert missing(detail["line_items"][0], LINE) == set()


def test_organization_row(books: Books) -> None:
    """2.3 [REC]."""
    row = books.get("/organizations").json()["organizations"][0]
    listed = """organization_id name contact_name email is_default_org language_code fiscal_year_start_month
        account_created_date time_zone is_dst_active date_format field_separator industry_type industry_size
        company_id_label company_id_value tax_id_label tax_id_value currency_id currency_code currency_symbol
        currency_format price_precision plan_type plan_name plan_period country_code country_name portal_name
        org_settings"""
    assert missing(row, listed) == set()
    assert row["org_settings"] == {"is_org_active": True}


def walk(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, entry in value.items() for leaf in walk(entry, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for entry in value for leaf in walk(entry, f"{path}[]")]
    return [(path, value)]


@pytest.mark.parametrize("kind", ["contact", "item", "invoice", "estimate", "salesorder"])
def test_ids_are_strings_and_nothing_is_null(books: Books, kind: str) -> None:
    """0.3: ids always JSON strings; empty values are "", 0, [], {}, almost never null [REC]."""
    makers: dict[str, Callable[[], Json]] = {"contact": books.contact, "item": books.item}
    made = makers.get(kind, lambda: books.document(kind))()
    for found in (made, books.rows(kind)[0]):
        for path, value in walk(found):
            assert value is not None, path
            assert not isinstance(value, float), path
            if re.search(r"(^|[._])id$", path) and "plan" not in path:
                assert isinstance(value, str), path


@pytest.mark.parametrize("path", ["contacts", "items", "invoices", "estimates", "salesorders", "customerpayments"])
def test_numbers_stay_exact(books: Books, path: str) -> None:
    """Amounts are plain decimal JSON numbers, never something a float made of them."""
    item = books.item("Tour", "0.1")["item_id"]
    books.document("invoice", line_items=[{"item_id": item, "quantity": 3}])
    answer = books.get(f"/{path}")
    assert "e-" not in answer.text
    assert parsed(books.get("/invoices"))["invoices"][0]["total"] == Decimal("0.3")
