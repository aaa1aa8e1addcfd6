"""Between our drafts and the JSON of Books: what is sent for a document, and what an answer says about one."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from invoices.drafts import KINDS, ZERO, Draft, Kind, Line, Tax, discount_as_percentage
from invoices.offers import decimal
from zoho.books import DOCUMENTS
from zoho.books import Kind as List
from zoho.times import parse_time_or_none

COLLECTIONS: dict[str, List] = {"invoice": "invoices", "estimate": "estimates", "salesorder": "salesorders"}
_END_DATES = {"invoice": "due_date", "estimate": "expiry_date", "salesorder": "shipment_date"}


def to_books(draft: Draft, taxes: Mapping[str, Tax] | None = None) -> dict[str, Any]:
    """The body of a create or update. What the rep left to Books is left out (rules 6.3). `taxes` None: not known."""
    body: dict[str, Any] = {
        "customer_id": draft.customer_id,
        "line_items": [_line_to_books(line, order, draft) for order, line in enumerate(draft.lines, 1)],
        "is_inclusive_tax": draft.inclusive,
        "discount_type": draft.discount_type,
        "is_discount_before_tax": draft.discount_before_tax,
        "discount": _whole_discount(draft, taxes),
        "shipping_charge": draft.shipping,
        "adjustment": draft.adjustment,
        "reference_number": draft.reference,
        "notes": draft.notes,
        "terms": draft.terms,
    }
    if draft.date:
        body["date"] = draft.date.isoformat()
    if draft.end_date:
        body[_END_DATES[draft.kind]] = draft.end_date.isoformat()
    if draft.kind == "invoice" and draft.payment_terms is not None:
        body["payment_terms"] = draft.payment_terms
        body["payment_terms_label"] = draft.payment_terms_label
    if draft.is_foreign and draft.exchange_rate is not None:
        body["exchange_rate"] = draft.exchange_rate
    if draft.adjustment_label:
        body["adjustment_description"] = draft.adjustment_label
    if draft.person_ids:
        body["contact_persons"] = list(draft.person_ids)
    if draft.template_id:
        body["template_id"] = draft.template_id
    if draft.custom:
        body["custom_fields"] = [{"customfield_id": name, "value": value} for name, value in draft.custom.items()]
    return body


def _line_to_books(line: Line, order: int, draft: Draft) -> dict[str, Any]:
    row: dict[str, Any] = {"item_order": order, "rate": line.rate, "quantity": line.quantity}
    for name in ("item_id", "name", "description", "unit", "line_item_id"):
        if getattr(line, name):
            row[name] = getattr(line, name)
    if draft.discount_type == "item_level":
        # An amount goes under a name of its own: how Books reads a plain number in `discount` is not known for sure.
        name = "discount" if line.discount_is_percent else "discount_amount"
        row[name] = _discount(line.discount, line.discount_is_percent)
    if line.tax_id is not None:
        row["tax_id"] = line.tax_id
    return row


def _whole_discount(draft: Draft, taxes: Mapping[str, Tax] | None) -> Decimal | str | int:
    """How Books reads a plain number is not known for sure (switch `books_plain_discount`), so an amount goes as the
    percentage that comes to it; as a number only where there is no such percentage, and then rules 6.3 compare."""
    if draft.discount_type == "item_level":
        return 0
    share = None
    if draft.discount and not draft.discount_is_percent:
        share = discount_as_percentage(draft, taxes)
    return _discount(draft.discount, draft.discount_is_percent) if share is None else _discount(share, is_percent=True)


def _discount(value: Decimal, is_percent: bool) -> Decimal | str:
    """Books reads a number as an amount and "12.5%" as a percentage."""
    return f"{value.normalize():f}%" if is_percent and value else value


def from_books(kind: Kind, row: Mapping[str, Any], base_currency: str) -> Draft:
    """A document that stands in Books, as a draft to edit. Its lines keep their ids and their taxes."""
    discount, is_percent = _read_discount(row.get("discount"), row.get("discount_percent"))
    item_level = row.get("discount_type") == "item_level"
    return Draft(
        kind=kind,
        customer_id=str(row.get("customer_id", "")),
        customer_name=str(row.get("customer_name", "")),
        person_ids=tuple(str(one) for one in row.get("contact_persons") or []),
        lines=tuple(_line_from_books(one) for one in row.get("line_items") or []),
        date=day(row.get("date")),
        end_date=day(row.get(_END_DATES[kind])),
        payment_terms=int(decimal(row.get("payment_terms")) or 0) if kind == "invoice" else None,
        payment_terms_label=str(row.get("payment_terms_label") or ""),
        reference=str(row.get("reference_number") or ""),
        currency=str(row.get("currency_code") or ""),
        currency_id=str(row.get("currency_id") or ""),
        base_currency=base_currency,
        exchange_rate=decimal(row.get("exchange_rate")),
        precision=int(decimal(row.get("price_precision")) or 0) if row.get("price_precision") is not None else 2,
        discount_type="item_level" if item_level else "entity_level",
        discount=ZERO if item_level else discount,
        discount_is_percent=is_percent,
        discount_before_tax=row.get("is_discount_before_tax") is not False,
        inclusive=row.get("is_inclusive_tax") is True,
        shipping=decimal(row.get("shipping_charge")) or ZERO,
        adjustment=decimal(row.get("adjustment")) or ZERO,
        adjustment_label=str(row.get("adjustment_description") or ""),
        notes=str(row.get("notes") or ""),
        terms=str(row.get("terms") or ""),
        template_id=str(row.get("template_id") or ""),
        custom=_custom(row),
    )


def _line_from_books(row: Mapping[str, Any]) -> Line:
    """An untaxed line's tax is left to Books, which knows why it is untaxed (rules 6.3)."""
    discount, is_percent = _read_discount(row.get("discount"), None)
    quantity = decimal(row.get("quantity"))
    return Line(
        name=str(row.get("name") or ""),
        quantity=Decimal(1) if quantity is None else quantity,
        rate=decimal(row.get("rate")) or ZERO,
        item_id=str(row.get("item_id") or ""),
        description=str(row.get("description") or ""),
        unit=str(row.get("unit") or ""),
        discount=discount,
        discount_is_percent=is_percent,
        tax_id=str(row.get("tax_id") or "") or None,
        line_item_id=str(row.get("line_item_id") or ""),
    )


def _read_discount(value: object, percent: object) -> tuple[Decimal, bool]:
    if isinstance(value, str) and value.strip().endswith("%"):
        return decimal(value) or ZERO, True
    amount = decimal(value) or ZERO
    if amount and decimal(percent):
        return decimal(percent) or ZERO, True
    return amount, not amount


def _custom(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(one["customfield_id"]): _text(one.get("value"))
        for one in row.get("custom_fields") or []
        if isinstance(one, dict) and one.get("customfield_id")
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else "" if value is None else str(value)


def mirror_fields(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `Document` that a list row or a detail says something about; what it does not mention stays."""
    names = DOCUMENTS[COLLECTIONS[kind]]
    found: dict[str, Any] = {
        "customer_id": _known(row, "customer_id"),
        "customer_name": _known(row, "customer_name", 300),
        "number": _known(row, names.number, 100),
        "reference": _known(row, "reference_number", 200),
        "status": _known(row, "status", 40),
        "date": day(row.get("date")),
        "due_date": day(row.get(_END_DATES[kind])),
        "currency": _known(row, "currency_code", 3),
        "total": decimal(row.get("total")),
        "balance": decimal(row.get("balance")),
        "url": _known(row, f"{names.one}_url", 2000),
        "modified_at": parse_time_or_none(row.get("last_modified_time")),
    }
    return {name: value for name, value in found.items() if value is not None}


def kind_of(kind: str) -> Kind:
    """A row's kind as the closed type."""
    for known in KINDS:
        if known == kind:
            return known
    raise ValueError(kind)


def books_id_of(kind: Kind, row: Mapping[str, Any]) -> str:
    return str(row.get(DOCUMENTS[COLLECTIONS[kind]].id) or "")


def _known(row: Mapping[str, Any], name: str, limit: int = 40) -> str | None:
    value = row.get(name)
    return None if value is None else str(value).strip()[:limit]


def day(value: object) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def same(wanted: Draft, stored: Draft) -> bool:
    """Equal in everything we sent that Books does not compute: taxes may differ by an exemption, texts by trimming."""
    return _shape(wanted) == _shape(stored)


def _shape(draft: Draft) -> tuple[object, ...]:
    lines = tuple((line.item_id, _folded(line), _plain(line.quantity), _plain(line.rate)) for line in draft.lines)
    return lines, draft.date, draft.reference.strip(), _plain(draft.shipping), _plain(draft.adjustment)


def _folded(line: Line) -> str:
    return "" if line.item_id else " ".join(line.name.split())


def _plain(value: Decimal) -> Decimal:
    return value.normalize()
