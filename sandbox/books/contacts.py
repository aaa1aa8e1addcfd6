"""Customers and vendors: what create, update, delete and marking do to them. How they look is contact_rows.py's."""

from __future__ import annotations

import copy
from collections.abc import Container

from sandbox.books import custom, editions, errors, intake, money, people
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Address, Contact
from sandbox.books.tables import fold

ADDRESS_LIMITS = {
    "attention": 100,
    "address": 500,
    "street2": 255,
    "state_code": 100,
    "city": 100,
    "state": 100,
    "zip": 50,
    "country": 100,
    "country_code": 10,
    "county": 100,
    "fax": 50,
    "phone": 50,
}
TEXTS = {
    "contact_name": 200,
    "company_name": 200,
    "website": 200,
    "language_code": 10,
    "contact_number": 200,
    "payment_terms_label": 200,
    "notes": 5000,
}
EXTRA_TEXTS = {
    "facebook": 100,
    "twitter": 100,
    "pricebook_id": 200,
    "vat_reg_no": 50,
    "vat_treatment": 50,
    "tax_reg_no": 50,
    "tax_treatment": 50,
    "tax_regime": 50,
    "legal_name": 200,
    "gst_no": 50,
    "gst_treatment": 50,
    "place_of_contact": 50,
    "country_code": 10,
    "tax_exemption_id": 30,
    "tax_exemption_code": 100,
    "tax_exemption_certificate_number": 100,
    "tax_authority_id": 30,
    "tax_authority_name": 100,
    "avatax_exempt_no": 50,
    "avatax_use_code": 50,
    "tax_id_type": 50,
    "tax_id_value": 50,
    "zcrm_account_id": 30,
    "zcrm_contact_id": 30,
    "zcrm_vendor_id": 30,
}
CHOICES = {"contact_type": ("customer", "vendor"), "customer_sub_type": ("individual", "business")}


def create(org: BooksOrg, given: intake.Body, user_id: str) -> Contact:
    if not intake.text(given, "contact_name", TEXTS["contact_name"]):
        raise errors.missing("contact_name")
    editions.check_plan(org)
    now = org.now()
    contact = Contact(
        contact_id=org.new_id(),
        contact_name="",
        billing=Address(org.new_id()),
        shipping=Address(org.new_id()),
        currency_id=org.base_currency.currency_id,
        payment_terms_label="Due on Receipt",
        created=now,
        modified=now,
        created_by=user_id,
        modified_by=user_id,
    )
    _fill(org, contact, given)
    _check(org, contact)
    org.contacts.add(contact.contact_id, contact)
    return contact


def update(org: BooksOrg, contact: Contact, given: intake.Body, user_id: str) -> None:
    """Top level merges, omitted fields keep (books-api.md 0.3). A refusal leaves the contact as it was."""
    draft = copy.deepcopy(contact)
    _fill(org, draft, given)
    if draft.currency_id != contact.currency_id and org.has_transactions(contact):
        raise errors.invalid_value("currency_id")
    _check(org, draft)
    draft.modified = org.now()
    draft.modified_by = user_id
    org.contacts.add(contact.contact_id, draft)
    if draft.contact_name != contact.contact_name:
        for document in org.documents_of(contact.contact_id):
            org.documents[document.kind].changed(document.document_id)


def _fill(org: BooksOrg, contact: Contact, given: intake.Body) -> None:
    for name, limit in TEXTS.items():
        if name in given:
            setattr(contact, name, intake.text(given, name, limit))
    for name, choices in CHOICES.items():
        if name in given:
            setattr(contact, name, _choice(given, name, choices))
    for name, limit in EXTRA_TEXTS.items():
        if name in given:
            contact.extra[name] = intake.text(given, name, limit)
    _fill_terms(org, contact, given)
    _fill_addresses(org, contact, given)
    custom.apply(org, "contact", contact, given)
    if "contact_persons" in given:
        people.replace_all(org, contact, given)


def _choice(given: intake.Body, name: str, choices: tuple[str, ...]) -> str:
    value = intake.text(given, name)
    if value not in choices:
        raise errors.invalid_value(name)
    return value


def _fill_terms(org: BooksOrg, contact: Contact, given: intake.Body) -> None:
    if given.get("payment_terms") not in (None, ""):
        contact.payment_terms = money.whole_number(given["payment_terms"], "payment_terms")
        if "payment_terms_label" not in given:
            contact.payment_terms_label = terms_label(contact.payment_terms)
    if given.get("credit_limit") not in (None, ""):
        contact.extra["credit_limit"] = str(money.positive_number(given["credit_limit"], "credit_limit"))
    if intake.id_text(given.get("currency_id"), "currency_id"):
        contact.currency_id = _known(str(given["currency_id"]), org.currencies, "currency_id")
    if "owner_id" in given:
        contact.owner_id = intake.id_text(given["owner_id"], "owner_id")
        if contact.owner_id and org.user(contact.owner_id) is None:
            raise errors.invalid_value("owner_id")
    if "tax_id" in given:
        contact.tax_id = intake.id_text(given["tax_id"], "tax_id")
        if contact.tax_id and org.tax(contact.tax_id) is None:
            raise errors.invalid_value("tax_id")
    if "is_taxable" in given:
        contact.is_taxable = intake.flag(given["is_taxable"], "is_taxable")
    if "track_1099" in given:
        contact.track_1099 = intake.flag(given["track_1099"], "track_1099")


def _known(value: str, held: Container[str], name: str) -> str:
    if value not in held:
        raise errors.invalid_value(name)
    return value


def terms_label(days: int) -> str:
    return "Due on Receipt" if days == 0 else f"Net {days}"


def _fill_addresses(org: BooksOrg, contact: Contact, given: intake.Body) -> None:
    """Whether a partial address merges or replaces is not written anywhere: switch `books_address_update`."""
    for key, attribute in (("billing_address", "billing"), ("shipping_address", "shipping")):
        if key not in given:
            continue
        address: Address = getattr(contact, attribute)
        if org.switch("books_address_update") == "replace":
            address = Address(address.address_id)
        fill_address(address, intake.object_in(given, key), f"{key}.")
        setattr(contact, attribute, address)


def fill_address(address: Address, given: intake.Body, prefix: str = "") -> None:
    for name, limit in ADDRESS_LIMITS.items():
        if name in given:
            setattr(address, name, intake.text(given, name, limit, shown_as=prefix + name))


def _check(org: BooksOrg, contact: Contact) -> None:
    if not contact.contact_name:
        raise errors.missing("contact_name")
    if org.switch("books_duplicate_contact_names") == "refuse":
        _check_name(org, contact)
    editions.check_contact(org, contact)
    custom.check_mandatory(org, "contact", contact)
    custom.check_unique(org, "contact", org.contacts, contact.contact_id, contact)


def _check_name(org: BooksOrg, contact: Contact) -> None:
    """3062 also on an update when another contact owns the name (books-api.md 3.6)."""
    holders = org.contacts.find("contact_name", fold(contact.contact_name))
    if any(holder.contact_id != contact.contact_id for holder in holders):
        raise errors.duplicate_name(contact.contact_name, contact.contact_type)


def delete(org: BooksOrg, contact: Contact) -> None:
    if org.has_transactions(contact):
        code = int(org.switch("books_contact_in_use_code"))
        raise errors.BooksError(400, code, "Contacts that have recorded transactions cannot be deleted.")
    org.contacts.remove(contact.contact_id)


def mark(org: BooksOrg, contact: Contact, status: str, user_id: str) -> None:
    """Idempotent: a repeat succeeds and changes nothing (books-api.md 3.5)."""
    if contact.status == status:
        return
    contact.status = status
    contact.modified = org.now()
    contact.modified_by = user_id
    org.contacts.changed(contact.contact_id)
