"""What records hold as people see them, and which fields of a pair belong together. Written anew, not taken from the
product.

A cell is one field of one record. A primary person's cells are the same ones whether the person or its customer is the
pair of a contact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

OURS = "Marta Quintela"  # whose connection the installation uses; people are somebody else
Row = dict[str, Any]
Read = Callable[[Row], str]


def text(value: object) -> str:
    """Empty for nothing; white space as one blank."""
    return "" if value is None else " ".join(str(value).split())


def plain(name: str) -> Read:
    return lambda row: text(row.get(name))


def address(name: str) -> Read:
    return lambda row: text((row.get("billing_address") or {}).get(name))


def number(name: str) -> Read:
    def read(row: Row) -> str:
        value = row.get(name)
        return "" if value in (None, "") else f"{Decimal(str(value)).normalize():f}"

    return read


def full_name(row: Row) -> str:
    first = row.get("First_Name") if "Last_Name" in row else row.get("first_name")
    last = row.get("Last_Name") if "Last_Name" in row else row.get("last_name")
    return text(f"{first or ''} {last or ''}")


def is_active(row: Row) -> str:
    return str(row.get("status") == "active") if "status" in row else str(bool(row.get("Product_Active")))


def url(name: str) -> Read:
    return lambda row: re.sub(r"^https?://", "", text(row.get(name))).rstrip("/")


def clone_name(row: Row) -> str:
    """A clone's " (2)" stands in Books only and never flows back (rules 3.2)."""
    return text(row.get("contact_name")).removesuffix(" (2)")


def company_name(row: Row) -> str:
    """That of a clone whose company somebody linked with another customer, so that it became a company by itself."""
    name = text(row.get("Account_Name"))
    return name.removesuffix(" (2)") if maker(row) == OURS else name


CELLS: dict[str, dict[str, Read]] = {
    "company": {
        "name": company_name,
        "phone": plain("Phone"),
        "website": url("Website"),
        "city": plain("Billing_City"),
        "street": plain("Billing_Street"),
    },
    "contact": {
        "name": full_name,
        "email": plain("Email"),
        "phone": plain("Phone"),
        "mobile": plain("Mobile"),
        "title": plain("Title"),
        "city": plain("Mailing_City"),
    },
    "product": {
        "name": plain("Product_Name"),
        "code": plain("Product_Code"),
        "description": plain("Description"),
        "active": is_active,
        "price": number("Unit_Price"),
    },
    "customer": {
        "name": clone_name,
        "phone": address("phone"),
        "website": url("website"),
        "city": address("city"),
        "street": address("address"),
    },
    "person": {
        "name": full_name,
        "email": plain("email"),
        "phone": plain("phone"),
        "mobile": plain("mobile"),
        "title": plain("designation"),
    },
    "item": {
        "name": plain("name"),
        "code": plain("sku"),
        "description": plain("description"),
        "active": is_active,
        "price": number("rate"),
    },
}


@dataclass(frozen=True)
class Field:
    """`bigin`: as an issue of the product calls it. `asks`: two edits of it are asked about, whatever the policy, and
    it is never emptied (rules 4.2, 4.4). `of_books`: flows to Bigin only, once the pair stands (rules 6.4)."""

    name: str
    bigin: str
    books: str
    asks: bool = False
    of_books: bool = False


_OF_PERSON = (
    Field("name", "Name", "name", asks=True),
    Field("email", "Email", "email", asks=True),
    Field("phone", "Phone", "phone"),
    Field("mobile", "Mobile", "mobile"),
    Field("title", "Title", "designation"),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "company-customer": (
        Field("name", "Account_Name", "contact_name", asks=True),
        Field("phone", "Phone", "billing_address.phone"),
        Field("website", "Website", "website"),
        Field("city", "Billing_City", "billing_address.city"),
        Field("street", "Billing_Street", "billing_address.address"),
    ),
    "contact-person": _OF_PERSON,
    "contact-customer": (
        *(Field(one.name, one.bigin, f"person.{one.books}", one.asks) for one in _OF_PERSON),
        Field("city", "Mailing_City", "billing_address.city"),
    ),
    "product-item": (
        Field("name", "Product_Name", "name", asks=True),
        Field("code", "Product_Code", "sku"),
        Field("description", "Description", "description"),
        Field("active", "Product_Active", "active"),
        Field("price", "Unit_Price", "rate", of_books=True),
    ),
}
KINDS = {
    "company-customer": ("company", "customer"),
    "contact-person": ("contact", "person"),
    "contact-customer": ("contact", "customer"),
    "product-item": ("product", "item"),
}
SIDES = {
    "company": "bigin",
    "contact": "bigin",
    "product": "bigin",
    "customer": "books",
    "person": "books",
    "item": "books",
}


def agree(left: str, right: str) -> bool:
    return left.casefold() == right.casefold()


def label(kind: str, row: Row) -> str:
    """The name that nobody may see twice."""
    readers = {
        "company": plain("Account_Name"),
        "contact": full_name,
        "product": plain("Product_Name"),
        "customer": plain("contact_name"),
        "person": full_name,
        "item": plain("name"),
    }
    return readers[kind](row).casefold()


def may_pair(kind: str, row: Row) -> bool:
    """Whether a record is of those that are in use, and of a sort that meets others by its name."""
    if kind == "customer":
        individual = row.get("customer_sub_type") == "individual"
        return not individual and row.get("status") == "active" and row.get("contact_type") == "customer"
    return kind != "item" or (row.get("status") == "active" and bool(row.get("can_be_sold")))


def maker(row: Row) -> str:
    """Who created it; "" where the row does not tell."""
    made = row.get("Created_By")
    return str(made.get("name") if isinstance(made, dict) else row.get("created_by_name") or "")


def company_of(contact: Row) -> str:
    return str((contact.get("Account_Name") or {}).get("id") or "")
