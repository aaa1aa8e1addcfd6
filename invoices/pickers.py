"""Finding what a person chooses: an item by name or SKU, a customer by name. In the mirror first, then in Books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import Q

from accounts.models import Installation
from invoices import clients, words
from invoices.offers import decimal
from sync.choices import RecordKind, Side
from sync.models import Record
from zoho.errors import ZohoError

MOST = 12
SHORTEST = 2


@dataclass(frozen=True)
class Item:
    item_id: str
    name: str
    sku: str
    rate: Decimal | None


@dataclass(frozen=True)
class Customer:
    customer_id: str
    label: str
    hint: str


T = TypeVar("T", Item, Customer)


@dataclass(frozen=True)
class Found(Generic[T]):
    choices: Sequence[T]
    trouble: str = ""


def items(installation: Installation, text: str) -> Found[Item]:
    """Active ones. The network only where the mirror knows none of that name; it may then take two calls."""
    wanted = _clean(text)
    if len(wanted) < SHORTEST:
        return Found([])
    rows = _mirrored(installation, RecordKind.ITEM).filter(
        Q(label__icontains=wanted) | Q(fields__sku__icontains=wanted), meta__status="active"
    )
    mirrored = [
        Item(
            row.remote_id,
            row.label,
            str(row.fields.get("sku") or ""),
            decimal(row.fields.get("rate") or row.meta.get("rate")),
        )
        for row in rows[:MOST]
    ]
    return Found(mirrored) if mirrored else _items_of_books(installation, wanted)


def _items_of_books(installation: Installation, wanted: str) -> Found[Item]:
    try:
        with clients.books(installation) as books:
            rows = (
                books.items_page(per_page=MOST, filters={"search_text": wanted, "filter_by": "Status.Active"}).rows
                or books.items_page(per_page=MOST, filters={"sku": wanted}).rows
            )
    except ZohoError as error:
        return Found([], words.refusal(error))
    fitting = [row for row in rows if _says(row, wanted, "name", "sku", "description")]
    return Found(
        [
            Item(
                str(row.get("item_id")), str(row.get("name") or ""), str(row.get("sku") or ""), decimal(row.get("rate"))
            )
            for row in fitting[:MOST]
            if row.get("status") != "inactive"
        ]
    )


def customers(installation: Installation, text: str) -> Found[Customer]:
    """Active ones. The network only where the mirror knows none of that name."""
    wanted = _clean(text)
    if len(wanted) < SHORTEST:
        return Found([])
    rows = _mirrored(installation, RecordKind.CUSTOMER).filter(label__icontains=wanted).exclude(meta__status="inactive")
    mirrored = [Customer(row.remote_id, row.label, "") for row in rows[:MOST]]
    if mirrored:
        return Found(mirrored)
    try:
        with clients.books(installation) as books:
            filters = {"contact_name_contains": wanted, "contact_type": "customer", "filter_by": "Status.Active"}
            page = books.contacts_page(per_page=MOST, filters=filters)
    except ZohoError as error:
        return Found([], words.refusal(error))
    return Found(
        [
            Customer(str(row.get("contact_id")), str(row.get("contact_name") or ""), str(row.get("email") or ""))
            for row in page.rows[:MOST]
            if _says(row, wanted, "contact_name") and row.get("contact_type") == "customer"
        ]
    )


def _mirrored(installation: Installation, kind: str) -> Any:
    rows = Record.objects.filter(installation=installation, side=Side.BOOKS, kind=kind, gone_at=None)
    return rows.order_by("label")


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:100]


def _says(row: dict[str, Any], wanted: str, *names: str) -> bool:
    """Books may ignore a filter in silence: what does not match is dropped."""
    return wanted.casefold() in " ".join(str(row.get(name) or "") for name in names).casefold()
