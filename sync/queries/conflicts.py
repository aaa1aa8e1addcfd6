"""Conflicts: fields both sides changed, with the last common value, ready to be shown side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sync.fields import shown
from sync.models import Issue


@dataclass(frozen=True)
class Clash:
    """One field of a conflict. `key` names it in the form and in `Issue.detail`."""

    key: str
    label: str
    bigin: str
    books: str
    base: str
    has_base: bool


@dataclass(frozen=True)
class Conflict:
    issue: Issue
    title: str
    clashes: tuple[Clash, ...]


def conflict(issue: Issue) -> Conflict:
    link = issue.link
    names = [record.label for record in (link.bigin, link.books) if record is not None] if link else []
    fields = {key: values for key, values in issue.detail.items() if isinstance(values, dict) and "bigin" in values}
    return Conflict(
        issue, next((name for name in names if name), ""), tuple(_clash(key, values) for key, values in fields.items())
    )


def _clash(key: str, values: Mapping[str, str | bool | None]) -> Clash:
    return Clash(
        key,
        str(values.get("label") or readable(key)),
        shown(values.get("bigin")),
        shown(values.get("books")),
        shown(values.get("base")),
        values.get("base") is not None,
    )


# What the products' own screens call them, where the name of the API says something else.
LABELS: Mapping[str, str | Promise] = {
    "Account_Name": _("Company name"),
    "contact_name": _("Display name"),
    "Name": _("Name"),
    "person.name": _("Name"),
    "Email": _("E-mail"),
    "email": _("E-mail"),
    "person.email": _("E-mail"),
    "sku": _("SKU"),
    "Product_Active": _("Active"),
    "Billing_Code": _("Billing ZIP code"),
    "Mailing_Zip": _("Mailing ZIP code"),
    "billing_address.zip": _("Billing ZIP code"),
    "billing_address.address": _("Billing street"),
}


def readable(name: str) -> str:
    """A field as a person reads it; `billing_address.city` becomes "Billing address city"."""
    if name in LABELS:
        return str(LABELS[name])
    return name.replace(".", " ").replace("_", " ").strip().capitalize()
