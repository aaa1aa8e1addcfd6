"""How documents look in detail: the keys of live recordings, empty values as live (books-api.md 5.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.books import contact_rows, custom, money, people, statuses
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Line, LineTax
from sandbox.books.records import Contact
from sandbox.books.specs import SPECS


def detail(org: BooksOrg, document: Document) -> dict[str, Any]:
    array, hashed = custom.shapes(org, document.kind, document)
    shown = {
        **head(org, document),
        **_currency(org, document),
        **_sums(org, document),
        **_texts(org, document),
        **_people(org, document),
        "billing_address": contact_rows.address(document.billing),
        "shipping_address": contact_rows.address(document.shipping),
        "line_items": [_line(org, document, line) for line in document.lines],
        "custom_fields": array,
        "custom_field_hash": hashed,
        "has_attachment": bool(document.attachments),
        "attachment_name": document.attachments[0].file_name if document.attachments else "",
        "can_send_in_mail": bool(document.attachments and document.attachments[0].can_send_in_mail),
        "documents": [],
        "approvers_list": [],
        "tags": [],
    }
    own = {"invoice": _invoice, "estimate": _estimate, "salesorder": _order}[document.kind]
    return {**shown, **own(org, document)}


def head(org: BooksOrg, document: Document) -> dict[str, Any]:
    spec = SPECS[document.kind]
    status = statuses.shown(org, document, org.today())
    return {
        spec.id_key: document.document_id,
        spec.number_key: document.number,
        "date": document.date,
        "reference_number": document.reference_number,
        "status": status,
        "current_sub_status": document.sub_status or status,
        "current_sub_status_id": "",
        "customer_id": document.customer_id,
        "customer_name": org.customer_name(document.customer_id),
        "is_emailed": document.is_emailed,
        "is_viewed_by_client": bool(document.viewed),
        "client_viewed_time": org.stamp(document.viewed),
        "zcrm_potential_id": document.extra.get("zcrm_potential_id", ""),
        "zcrm_potential_name": document.extra.get("zcrm_potential_name", ""),
        "created_time": org.stamp(document.created),
        "last_modified_time": org.stamp(document.modified),
        "created_by_id": document.created_by,
        "last_modified_by_id": document.modified_by,
    }


def _currency(org: BooksOrg, document: Document) -> dict[str, Any]:
    currency = org.currency(document.currency_id)
    return {
        "currency_id": currency.currency_id,
        "currency_code": currency.code,
        "currency_symbol": currency.symbol,
        "exchange_rate": money.shown(document.exchange_rate),
        "price_precision": currency.price_precision,
    }


def in_base(org: BooksOrg, document: Document, amount: Decimal) -> Decimal | int:
    return money.shown(money.rounded(amount * document.exchange_rate, org.base_currency.price_precision))


def _sums(org: BooksOrg, document: Document) -> dict[str, Any]:
    totals = document.totals
    inclusive_view = document.inclusive and org.switch("books_inclusive_sub_total") == "inclusive"
    sub_total = totals.sub_total_inclusive if inclusive_view else totals.sub_total
    percent = document.discount_is_percent
    return {
        "sub_total": money.shown(sub_total),
        "sub_total_inclusive_of_tax": money.shown(totals.sub_total_inclusive) if document.inclusive else 0,
        "tax_total": money.shown(totals.tax_total),
        "reverse_charge_tax_total": money.shown(totals.reverse_charge),
        "taxes": [_tax(tax) for tax in totals.taxes],
        "discount": f"{money.plain(document.discount)}%" if percent else money.shown(document.discount),
        "discount_percent": money.shown(document.discount) if percent else 0,
        "discount_amount": money.shown(totals.discount_total),
        "discount_total": money.shown(totals.discount_total),
        "discount_type": document.discount_type,
        "is_discount_before_tax": document.discount_before_tax,
        "is_inclusive_tax": document.inclusive,
        "is_reverse_charge_applied": document.reverse_charge,
        "shipping_charge": money.shown(document.shipping_charge),
        "adjustment": money.shown(document.adjustment),
        "adjustment_description": document.adjustment_description,
        "roundoff_value": 0,
        "total": money.shown(totals.total),
        "bcy_sub_total": in_base(org, document, sub_total),
        "bcy_tax_total": in_base(org, document, totals.tax_total),
        "bcy_discount_total": in_base(org, document, totals.discount_total),
        "bcy_shipping_charge": in_base(org, document, document.shipping_charge),
        "bcy_adjustment": in_base(org, document, document.adjustment),
        "bcy_total": in_base(org, document, totals.total),
        "tax_rounding": "item_level" if org.switch("books_tax_rounding") == "item_level" else "entity_level",
        "rounding_mode": "round_half_up",
    }


def _tax(tax: LineTax) -> dict[str, Any]:
    return {
        "tax_id": tax.tax_id,
        "tax_name": f"{tax.name} ({money.plain(tax.percentage)}%)",
        "tax_amount": money.shown(tax.amount),
        "tax_percentage": money.shown(tax.percentage),
    }


def _texts(org: BooksOrg, document: Document) -> dict[str, Any]:
    template = org.templates.get(document.template_id) or next(
        (one for one in org.templates.values() if one.kind == document.kind), None
    )
    return {
        "notes": document.notes,
        "terms": document.terms,
        "salesperson_id": document.salesperson_id,
        "salesperson_name": document.salesperson_name,
        "template_id": template.template_id if template else "",
        "template_name": template.name if template else "",
        "template_type": template.template_type if template else "",
        "place_of_supply": document.extra.get("place_of_supply", ""),
        "gst_no": document.extra.get("gst_no", ""),
        "gst_treatment": document.extra.get("gst_treatment", ""),
        "vat_treatment": document.extra.get("vat_treatment", ""),
        "tax_treatment": document.extra.get("tax_treatment", ""),
        "location_id": "",
        "location_name": "",
    }


def chosen_persons(org: BooksOrg, document: Document) -> tuple[Contact | None, list[Any]]:
    contact = org.contacts.get(document.customer_id)
    persons = contact.persons if contact else []
    return contact, [person for person in persons if person.contact_person_id in document.person_ids]


def _people(org: BooksOrg, document: Document) -> dict[str, Any]:
    contact, persons = chosen_persons(org, document)
    details = [people.shown(person, contact) for person in persons] if contact else []
    primary = contact.primary() if contact else None
    return {
        "email": primary.email if primary else "",
        "contact_persons": [person.contact_person_id for person in persons],
        "contact_persons_details": details,
        "contact_persons_associated": [_associated(person) for person in persons],
    }


def _associated(person: Any) -> dict[str, Any]:
    return {
        "contact_person_id": person.contact_person_id,
        "contact_person_name": f"{person.first_name} {person.last_name}".strip(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "contact_person_email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "communication_preference": {
            "is_email_enabled": True,
            "is_sms_enabled": person.sms,
            "is_whatsapp_enabled": person.whatsapp,
        },
    }


def _line(org: BooksOrg, document: Document, line: Line) -> dict[str, Any]:
    tax = org.tax(line.tax_id) if line.tax_id else None
    inclusive_view = document.inclusive and org.switch("books_inclusive_sub_total") == "inclusive"
    item = org.item(line.item_id) if line.item_id else None
    shown: dict[str, Any] = {
        "line_item_id": line.line_item_id,
        "item_id": line.item_id,
        "item_order": line.item_order,
        "name": line.name,
        "description": line.description,
        "sku": item.sku if item else "",
        "item_type": item.item_type if item else "",
        "product_type": line.product_type or "goods",
        "rate": money.shown(line.rate),
        "bcy_rate": in_base(org, document, line.rate),
        "quantity": money.shown(line.quantity),
        "unit": line.unit,
        "discount": f"{money.plain(line.discount)}%" if line.discount_is_percent else money.shown(line.discount),
        "discount_amount": money.shown(line.discount_amount),
        "discounts": [],
        "tax_id": line.tax_id,
        "tax_name": tax.name if tax else "",
        "tax_type": ("tax_group" if tax.members else "tax") if tax else "tax",
        "tax_percentage": money.shown(tax.percentage) if tax else 0,
        "item_total": money.shown(line.item_total_inclusive if inclusive_view else line.item_total),
        "item_total_inclusive_of_tax": money.shown(line.item_total_inclusive) if document.inclusive else 0,
        "line_item_taxes": [_tax(part) for part in line.taxes],
        "item_custom_fields": line.custom,
        "header_id": "",
        "header_name": line.header_name,
        "project_id": line.project_id,
        "tags": [],
        "documents": [],
    }
    if document.kind == "invoice":
        shown |= {"salesorder_item_id": line.salesorder_item_id, "estimate_item_id": line.estimate_item_id}
        shown |= {"expense_id": "", "bill_id": "", "bill_item_id": "", "time_entry_ids": []}
    if document.kind == "salesorder":
        done = statuses.invoiced_quantity(org, document, line)
        shown |= {"quantity_invoiced": money.shown(done), "is_invoiced": done >= line.quantity and done > 0}
    return shown


def _invoice(org: BooksOrg, document: Document) -> dict[str, Any]:
    order = org.documents["salesorder"].get(document.salesorder_id) if document.salesorder_id else None
    orders = [{"salesorder_id": order.document_id, "salesorder_number": order.number}] if order else []
    return {
        "due_date": document.due_date,
        "payment_terms": document.payment_terms,
        "payment_terms_label": document.payment_terms_label,
        "balance": money.shown(document.balance),
        "payment_made": money.shown(document.paid),
        "credits_applied": money.shown(document.credits_applied),
        "tax_amount_withheld": 0,
        "write_off_amount": money.shown(document.write_off),
        "estimate_id": document.estimate_id,
        "salesorder_id": document.salesorder_id,
        "salesorder_number": order.number if order else "",
        "salesorders": orders,
        "recurring_invoice_id": document.extra.get("recurring_invoice_id", ""),
        "allow_partial_payments": bool(document.extra.get("allow_partial_payments")),
        "payment_options": {"payment_gateways": []},
        "payment_reminder_enabled": document.reminders,
        "payment_expected_date": document.extra.get("payment_expected_date", ""),
        "last_payment_date": document.last_payment,
        "reminders_sent": document.reminders_sent,
        "last_reminder_sent_date": document.last_reminder,
        "ach_payment_initiated": False,
        "invoice_url": f"{share_url(org, document)} ",
        "submitter_id": "",
        "approver_id": "",
        "void_reason": document.void_reason,
    }


def share_url(org: BooksOrg, document: Document) -> str:
    portal = org.profile.portal_name or org.organization_id
    key = {"invoice": "CInvoiceID", "estimate": "CEstimateID", "salesorder": "CSalesOrderID"}[document.kind]
    return f"https://zohosecurepay.com/books/{portal}/secure?{key}=2-{document.document_id}"


def _estimate(org: BooksOrg, document: Document) -> dict[str, Any]:
    invoices = [org.documents["invoice"].get(one) for one in document.invoice_ids]
    billed = sum((one.totals.total for one in invoices if one and one.state != "void"), money.ZERO)
    return {
        "expiry_date": document.expiry_date,
        "accepted_date": document.accepted_date,
        "declined_date": document.declined_date,
        "invoice_ids": list(document.invoice_ids),
        "invoiced_amount": money.shown(billed),
        "uninvoiced_amount": money.shown(max(money.ZERO, document.totals.total - billed)),
        "is_transaction_created": bool(document.invoice_ids or document.salesorder_ids),
        "salesorders": _links(org, "salesorder", document.salesorder_ids),
        "invoices": _links(org, "invoice", document.invoice_ids),
        "estimate_url": f"{share_url(org, document)} ",
        "retainerinvoices": [],
        "accept_retainer": False,
        "retainer_percentage": "",
        "project": {},
    }


def _links(org: BooksOrg, kind: Any, ids: list[str]) -> list[dict[str, Any]]:
    found = [org.documents[kind].get(one) for one in ids]
    return [
        {f"{kind}_id": one.document_id, f"{kind}_number": one.number, "total": money.shown(one.totals.total)}
        for one in found
        if one is not None
    ]


def _order(org: BooksOrg, document: Document) -> dict[str, Any]:
    invoices = org.documents["invoice"].find("salesorder", document.document_id)
    status = statuses.shown(org, document, org.today())
    return {
        "order_status": document.state,
        "invoiced_status": order_invoiced(status),
        "paid_status": _order_paid([one for one in invoices if one.state != "void"]),
        "shipped_status": "",
        "shipment_date": document.shipment_date,
        "delivery_method": document.delivery_method,
        "billing_address_id": document.billing.address_id,
        "shipping_address_id": document.shipping.address_id,
        "estimate_id": document.estimate_id,
        "invoices": _links(org, "invoice", [one.document_id for one in invoices]),
        "purchaseorders": [],
        "packages": [],
        "sub_statuses": [],
        "balance": money.shown(sum((one.balance for one in invoices if one.state == "sent"), money.ZERO)),
        "void_reason": document.void_reason,
    }


def order_invoiced(status: str) -> str:
    return {"invoiced": "invoiced", "partially_invoiced": "partially_invoiced"}.get(status, "not_invoiced")


def _order_paid(invoices: list[Document]) -> str:
    if not invoices or not any(one.paid for one in invoices):
        return "unpaid"
    return "paid" if all(one.balance <= 0 for one in invoices) else "partially_paid"
