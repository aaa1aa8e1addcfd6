"""What an organisation's country and plan demand of new records (switches `books_edition` and `books_plan_full`)."""

from __future__ import annotations

from sandbox.books import errors
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Contact

GCC_TREATMENTS = ("vat_registered", "vat_not_registered", "gcc_vat_registered", "gcc_vat_not_registered", "non_gcc")
INDIAN_TREATMENTS = ("business_gst", "business_none", "consumer", "overseas")
_REGISTERED = {"vat_registered": "tax_reg_no", "gcc_vat_registered": "tax_reg_no", "business_gst": "gst_no"}


def check_plan(org: BooksOrg) -> None:
    """Raises 1009 while the plan is full."""
    if org.switch("books_plan_full") == "on":
        raise errors.BooksError(400, 1009, "You have reached the limit of your plan. Please upgrade.")


def check_contact(org: BooksOrg, contact: Contact) -> None:
    """Raises code 15 with the field's name for what the edition demands, code 2 for a treatment it does not know."""
    edition = org.switch("books_edition")
    if edition == "standard" or contact.contact_type != "customer":
        return
    key, known = ("tax_treatment", GCC_TREATMENTS) if edition == "gcc" else ("gst_treatment", INDIAN_TREATMENTS)
    needed = [key] if edition == "gcc" else [key, "place_of_contact"]
    treatment = contact.extra.get(key, "")
    if treatment in _REGISTERED:
        needed.append(_REGISTERED[treatment])
    for name in needed:
        if not contact.extra.get(name):
            raise errors.missing(name)
    if treatment not in known:
        raise errors.invalid_value(key)
