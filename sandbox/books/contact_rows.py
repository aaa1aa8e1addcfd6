"""How contacts look: the detail object and the list row are different projections (books-api.md 0.4 and 3.4)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from sandbox.books import custom, money, people, times
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Address, Contact, Person

_NOBODY = Person("")
_EXTRA_EMPTY = (
    "facebook",
    "twitter",
    "pricebook_id",
    "vat_reg_no",
    "vat_treatment",
    "tax_reg_no",
    "tax_treatment",
    "tax_regime",
    "legal_name",
    "gst_no",
    "gst_treatment",
    "place_of_contact",
    "tax_exemption_id",
    "tax_exemption_code",
    "tax_authority_id",
    "tax_authority_name",
)
_TEMPLATE_KEYS = (
    "invoice_template_id",
    "estimate_template_id",
    "creditnote_template_id",
    "purchaseorder_template_id",
    "salesorder_template_id",
    "retainerinvoice_template_id",
    "paymentthankyou_template_id",
    "retainerinvoice_paymentthankyou_template_id",
    "invoice_email_template_id",
    "estimate_email_template_id",
    "creditnote_email_template_id",
    "purchaseorder_email_template_id",
    "salesorder_email_template_id",
    "retainerinvoice_email_template_id",
    "paymentthankyou_email_template_id",
    "retainerinvoice_paymentthankyou_email_template_id",
    "statement_template_id",
    "payment_remittance_email_template_id",
    "bill_template_id",
)


def address(held: Address, *, zip_key: str = "zip") -> dict[str, Any]:
    """Detail objects say `zip`, invoice rows `zipcode` (books-api.md 5.3)."""
    return {
        "address_id": held.address_id,
        "attention": held.attention,
        "address": held.address,
        "street2": held.street2,
        "city": held.city,
        "state_code": held.state_code,
        "state": held.state,
        zip_key: held.zip,
        "country": held.country,
        "county": held.county,
        "country_code": held.country_code,
        "phone": held.phone,
        "fax": held.fax,
        "latitude": "",
        "longitude": "",
    }


@lru_cache(maxsize=10_000)
def amount_text(amount: Decimal, symbol: str, precision: int) -> str:
    return f"{symbol}{money.rounded(amount, precision):,}"


def detail(org: BooksOrg, contact: Contact) -> dict[str, Any]:
    array, hashed = custom.shapes(org, "contact", contact)
    return {
        **_identity(org, contact),
        **_terms(org, contact),
        **_amounts(org, contact),
        **_tax(org, contact),
        "primary_contact_id": (contact.primary() or _NOBODY).contact_person_id,
        "has_transaction": org.has_transactions(contact),
        "billing_address": address(contact.billing),
        "shipping_address": address(contact.shipping),
        "addresses": [address(one) for one in contact.more_addresses],
        "contact_persons": [people.shown(person, contact) for person in contact.persons],
        "default_templates": dict.fromkeys(_TEMPLATE_KEYS, ""),
        "custom_fields": array,
        "custom_field_hash": hashed,
        "notes": contact.notes,
        "opening_balances": [],
        "documents": [],
        "checks": [],
        "cards": [],
        "bank_accounts": [],
        "approvers_list": [],
        "integration_references": [],
        "allow_parent_for_payment_and_view": False,
        "can_show_customer_ob": False,
        "can_show_vendor_ob": False,
        "created_date": times.long_day(contact.created, org.profile.time_zone),
        **_hands(org, contact),
    }


def _hands(org: BooksOrg, contact: Contact) -> dict[str, str]:
    """Only a detail tells, no row of a list (books-api.md 3.4)."""
    told = org.switch("books_contact_maker")
    if told == "absent":
        return {}
    named = {
        "created_by_name": _user_name(org, contact.created_by),
        "last_modified_by_id": contact.modified_by,
    }
    return {**named, "created_by_id": contact.created_by} if told == "id" else named


def _identity(org: BooksOrg, contact: Contact) -> dict[str, Any]:
    primary = contact.primary() or _NOBODY
    return {
        "contact_id": contact.contact_id,
        "contact_name": contact.contact_name,
        "company_name": contact.company_name,
        "contact_number": contact.contact_number,
        "contact_salutation": primary.salutation,
        "contact_type": contact.contact_type,
        "customer_sub_type": contact.customer_sub_type,
        "status": contact.status,
        "source": contact.source,
        "website": contact.website,
        "language_code": contact.language_code,
        "first_name": primary.first_name,
        "last_name": primary.last_name,
        "designation": primary.designation,
        "department": primary.department,
        "email": primary.email,
        "phone": primary.phone,
        "mobile": primary.mobile,
        "is_linked_with_zohocrm": bool(contact.extra.get("zcrm_account_id") or contact.extra.get("zcrm_contact_id")),
        "zcrm_account_id": contact.extra.get("zcrm_account_id", ""),
        "zcrm_contact_id": contact.extra.get("zcrm_contact_id", ""),
        "zcrm_vendor_id": contact.extra.get("zcrm_vendor_id", ""),
        "owner_id": contact.owner_id,
        "owner_name": _user_name(org, contact.owner_id),
        "portal_status": "enabled" if contact.portal else "disabled",
        "is_client_review_asked": False,
        "has_attachment": False,
        "tags": [],
        "created_time": org.stamp(contact.created),
        "last_modified_time": org.stamp(contact.modified),
    }


def _user_name(org: BooksOrg, user_id: str) -> str:
    user = org.user(user_id) if user_id else None
    return user.name if user else ""


def _terms(org: BooksOrg, contact: Contact) -> dict[str, Any]:
    currency = org.currency(contact.currency_id)
    return {
        "payment_terms": contact.payment_terms,
        "payment_terms_label": contact.payment_terms_label,
        "payment_terms_id": "",
        "currency_id": currency.currency_id,
        "currency_code": currency.code,
        "currency_symbol": currency.symbol,
        "price_precision": currency.price_precision,
        "exchange_rate": "",
        "credit_limit": money.shown(Decimal(contact.extra.get("credit_limit", "0"))),
        "pricebook_name": "",
        "payment_reminder_enabled": contact.reminders,
        "track_1099": contact.track_1099,
    }


def _amounts(org: BooksOrg, contact: Contact) -> dict[str, Any]:
    rate = org.currency(contact.currency_id).exchange_rate
    precision = org.base_currency.price_precision
    in_base = money.rounded(contact.receivable * rate, precision)
    return {
        "outstanding_receivable_amount": money.shown(contact.receivable),
        "outstanding_receivable_amount_bcy": money.shown(in_base),
        "outstanding_payable_amount": 0,
        "outstanding_payable_amount_bcy": 0,
        "unused_credits_receivable_amount": money.shown(contact.credits),
        "unused_credits_receivable_amount_bcy": money.shown(money.rounded(contact.credits * rate, precision)),
        "unused_credits_payable_amount": 0,
        "unused_credits_payable_amount_bcy": 0,
        "unused_retainer_payments": 0,
        "opening_balance_amount": 0,
    }


def _tax(org: BooksOrg, contact: Contact) -> dict[str, Any]:
    tax = org.tax(contact.tax_id) if contact.tax_id else None
    shown = {name: contact.extra.get(name, "") for name in _EXTRA_EMPTY}
    return {
        **shown,
        "is_taxable": contact.is_taxable,
        "tax_id": contact.tax_id,
        "tax_name": tax.name if tax else "",
        "tax_percentage": money.shown(tax.percentage) if tax else "",
    }


_BOOKS_ONLY = (
    "outstanding_payable_amount",
    "outstanding_payable_amount_formatted",
    "unused_credits_payable_amount",
    "unused_credits_payable_amount_formatted",
    "track_1099",
    "tags",
)


def row(org: BooksOrg, contact: Contact, product: str) -> dict[str, Any]:
    """A list row: without addresses, persons, notes and primary_contact_id; Invoice lacks the vendors' side (5.7)."""
    array, hashed = custom.shapes(org, "contact", contact)
    currency = org.currency(contact.currency_id)
    identity = _identity(org, contact)
    for name in (
        "contact_salutation",
        "designation",
        "department",
        "zcrm_account_id",
        "zcrm_contact_id",
        "zcrm_vendor_id",
    ):
        del identity[name]
    amounts = {
        "outstanding_receivable_amount": contact.receivable,
        "outstanding_payable_amount": Decimal(0),
        "unused_credits_receivable_amount": contact.credits,
        "unused_credits_payable_amount": Decimal(0),
    }
    shown: dict[str, Any] = {
        **identity,
        "customer_name": contact.contact_name,
        "vendor_name": contact.contact_name,
        "contact_type_formatted": contact.contact_type.capitalize(),
        "status_formatted": contact.status.capitalize(),
        "portal_status_formatted": "Enabled" if contact.portal else "Disabled",
        "created_time_formatted": times.long_day(contact.created, org.profile.time_zone),
        "last_modified_time_formatted": times.long_day(contact.modified, org.profile.time_zone),
        "payment_terms": contact.payment_terms,
        "payment_terms_label": contact.payment_terms_label,
        "currency_id": currency.currency_id,
        "currency_code": currency.code,
        "track_1099": contact.track_1099,
        "place_of_contact": contact.extra.get("place_of_contact", ""),
        "pan_no": "",
        "ach_supported": False,
        "contactperson_custom_fields": [],
        "custom_fields": array,
        "custom_field_hash": hashed,
        **hashed,
    }
    for name, amount in amounts.items():
        shown[name] = money.shown(amount)
        shown[f"{name}_formatted"] = amount_text(amount, currency.symbol, currency.price_precision)
    if product == "invoice":
        for name in _BOOKS_ONLY:
            shown.pop(name, None)
    return shown
