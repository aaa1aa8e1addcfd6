"""Which fields of a pair must agree, read from rows as people see them. Written anew, not taken from the product."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Read = Callable[[Row], str]


def text(value: object) -> str:
    """Empty for nothing; white space as one blank."""
    return "" if value is None else " ".join(str(value).split())


def plain(name: str) -> Read:
    return lambda row: text(row.get(name))


def address(name: str) -> Read:
    return lambda row: text((row.get("billing_address") or {}).get(name))


def primary(name: str) -> Read:
    def read(row: Row) -> str:
        people = row.get("contact_persons") or [{}]
        chosen = next((one for one in people if one.get("is_primary_contact")), people[0])
        return full_name(chosen) if name == "name" else text(chosen.get(name))

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


# Per kind of link: name of the field, how Bigin's row shows it, how Books' row shows it. All flow both ways.
FIELDS: dict[str, tuple[tuple[str, Read, Read], ...]] = {
    "company-customer": (
        ("name", plain("Account_Name"), clone_name),
        ("phone", plain("Phone"), address("phone")),
        ("website", url("Website"), url("website")),
        ("city", plain("Billing_City"), address("city")),
    ),
    "contact-person": (
        ("name", full_name, full_name),
        ("email", plain("Email"), plain("email")),
        ("phone", plain("Phone"), plain("phone")),
        ("title", plain("Title"), plain("designation")),
    ),
    "contact-customer": (
        ("name", full_name, primary("name")),
        ("email", plain("Email"), primary("email")),
        ("phone", plain("Phone"), primary("phone")),
        ("title", plain("Title"), primary("designation")),
    ),
    "product-item": (
        ("name", plain("Product_Name"), plain("name")),
        ("code", plain("Product_Code"), plain("sku")),
        ("description", plain("Description"), plain("description")),
        ("active", is_active, is_active),
    ),
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


def maker(row: Row) -> str:
    """Who created it; "" where the row does not tell."""
    made = row.get("Created_By")
    return str(made.get("name") if isinstance(made, dict) else row.get("created_by_name") or "")
