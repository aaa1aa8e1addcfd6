"""What an organisation offers to choose from on a document: taxes, currencies, templates, custom fields.

Read from Books now and then, kept in one row, shown at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from accounts.models import Installation
from invoices.drafts import KINDS, Kind, Tax, TaxPart
from invoices.models import Catalogue
from zoho.books import Books
from zoho.errors import Rejected

log = logging.getLogger(__name__)

KEPT = timedelta(hours=12)
KEY_FIELD = "cf_bigin_key"
LISTS = {"invoice": "invoices", "estimate": "estimates", "salesorder": "salesorders"}


@dataclass(frozen=True)
class Currency:
    code: str
    currency_id: str
    precision: int
    is_base: bool
    rate: Decimal | None  # how many of the base currency one of it is worth


@dataclass(frozen=True)
class CustomField:
    field_id: str
    api_name: str
    label: str
    data_type: str
    options: tuple[str, ...]
    mandatory: bool
    unique: bool


@dataclass(frozen=True)
class Offer:
    """`known` is False before the first read: then nothing can be offered and nothing is doubted."""

    taxes: Mapping[str, Tax] = field(default_factory=dict)
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    templates: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    fields: Mapping[str, tuple[CustomField, ...]] = field(default_factory=dict)
    seen_at: datetime | None = None

    @property
    def known(self) -> bool:
        return self.seen_at is not None

    @property
    def known_taxes(self) -> Mapping[str, Tax] | None:
        return self.taxes if self.known else None

    @property
    def base_currency(self) -> str:
        return next((one.code for one in self.currencies.values() if one.is_base), "")

    def precision(self, currency: str) -> int:
        known = self.currencies.get(currency)
        return known.precision if known else 2

    def shown_fields(self, kind: Kind) -> tuple[CustomField, ...]:
        """Those a person fills in: not our own key, and only types that a form can ask for."""
        return tuple(one for one in self.fields.get(kind, ()) if one.api_name != KEY_FIELD and one.data_type in _ASKED)

    def has_key(self, kind: Kind) -> bool:
        """Whether the unique field of rules 7.4 exists for this kind."""
        return any(one.api_name == KEY_FIELD and one.unique for one in self.fields.get(kind, ()))


_ASKED = frozenset(
    {
        "string",
        "number",
        "decimal",
        "amount",
        "date",
        "dropdown",
        "check_box",
        "multiline",
        "email",
        "url",
        "phone",
        "percent",
    }
)


def offer_of(installation: Installation) -> Offer:
    """As last read; no network."""
    row = Catalogue.objects.filter(installation=installation).first()
    return _offer(row) if row else Offer()


def fresh_offer(installation: Installation, books: Books) -> Offer:
    """As last read if that was lately, read anew over the network otherwise."""
    offer = offer_of(installation)
    if offer.seen_at and offer.seen_at > timezone.now() - KEPT:
        return offer
    return refresh(installation, books)


def refresh(installation: Installation, books: Books) -> Offer:
    """About ten calls. Raises the errors of `zoho.errors`."""
    kinds = [kind for kind in KINDS if kind != "salesorder" or books.product == "books"]
    taxes = [_tax_row(row, books) for row in books.taxes()]
    row, _ = Catalogue.objects.update_or_create(
        installation=installation,
        defaults={
            "taxes": [one for one in taxes if one],
            "currencies": [_currency_row(one) for one in books.currencies()],
            "templates": {kind: _template_rows(books.templates(LISTS[kind])) for kind in kinds},
            "fields": {kind: _field_rows(books, kind) for kind in kinds},
            "seen_at": timezone.now(),
        },
    )
    return _offer(row)


def _tax_row(row: Mapping[str, Any], books: Books) -> dict[str, Any] | None:
    if row.get("is_inactive") is True:
        return None
    parts = [row]
    if row.get("tax_type") == "tax_group":
        group = books.tax_group(str(row["tax_id"]))
        parts = group.get("taxes") or [] if group else []
    return {
        "id": str(row["tax_id"]),
        "name": str(row.get("tax_name", "")),
        "parts": [
            {
                "id": str(part["tax_id"]),
                "name": str(part.get("tax_name", "")),
                "percentage": str(decimal(part.get("tax_percentage")) or 0),
                "compound": part.get("tax_type") == "compound_tax",
            }
            for part in parts
        ],
    }


def _currency_row(row: Mapping[str, Any]) -> dict[str, Any]:
    rate = decimal(row.get("exchange_rate"))
    return {
        "code": str(row.get("currency_code", "")),
        "id": str(row.get("currency_id", "")),
        "precision": int(decimal(row.get("price_precision")) or 0) if row.get("price_precision") is not None else 2,
        "is_base": row.get("is_base_currency") is True,
        "rate": str(rate) if rate else None,
    }


def _template_rows(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"id": str(row.get("template_id", "")), "name": str(row.get("template_name", ""))} for row in rows]


def _field_rows(books: Books, kind: Kind) -> list[dict[str, Any]]:
    """Empty where the (newer) list of custom fields is not to be had: then none can be offered."""
    try:
        rows = books.field_definitions(kind)
    except Rejected as error:
        log.info("invoices: custom fields of %s cannot be read (%s)", kind, error.code)
        return []
    return [
        {
            "id": str(row.get("customfield_id") or row.get("field_id") or ""),
            "api_name": str(row.get("api_name", "")),
            "label": str(row.get("label", "")),
            "type": str(row.get("data_type", "string")),
            "options": [str(one.get("name", "")) for one in row.get("values") or [] if isinstance(one, dict)],
            "mandatory": row.get("is_mandatory") is True,
            "unique": row.get("is_unique") is True,
        }
        for row in rows
        if row.get("is_active") is not False
    ]


def _offer(row: Catalogue) -> Offer:
    return Offer(
        taxes={one["id"]: _tax(one) for one in row.taxes},
        currencies={
            one["code"]: Currency(
                one["code"], one["id"], one["precision"], one["is_base"], Decimal(one["rate"]) if one["rate"] else None
            )
            for one in row.currencies
        },
        templates={kind: tuple((one["id"], one["name"]) for one in rows) for kind, rows in row.templates.items()},
        fields={kind: tuple(_field(one) for one in rows) for kind, rows in row.fields.items()},
        seen_at=row.seen_at,
    )


def _tax(one: Mapping[str, Any]) -> Tax:
    parts = tuple(
        TaxPart(part["id"], part["name"], Decimal(part["percentage"]), part["compound"]) for part in one["parts"]
    )
    # Compound members of a group are charged on top of the plain ones, however Books lists them.
    return Tax(one["id"], one["name"], tuple(sorted(parts, key=lambda part: part.compound)))


def _field(one: Mapping[str, Any]) -> CustomField:
    return CustomField(
        one["id"], one["api_name"], one["label"], one["type"], tuple(one["options"]), one["mandatory"], one["unique"]
    )


def decimal(value: object) -> Decimal | None:
    """A JSON value as Decimal where it is a finite number: Zoho writes numbers as numbers, texts and "70%"."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        number = Decimal(value.strip().removesuffix("%") if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
