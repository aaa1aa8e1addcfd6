"""Line items of a document's body: found items, rates in the document's currency, discounts, taxes."""

from __future__ import annotations

from decimal import Decimal

from sandbox.books import errors, intake, items, money, taxation
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Line
from sandbox.books.records import Contact, Item

MOST = 500
TEXTS = {"name": 100, "description": 2000, "unit": 100, "header_name": 100, "product_type": 50}
IDS = ("salesorder_item_id", "estimate_item_id", "project_id")


def replace_all(org: BooksOrg, document: Document, customer: Contact, given: intake.Body) -> list[Line]:
    """`line_items` is the whole list: a line not in it is gone (books-api.md 5.2)."""
    held = {line.line_item_id: line for line in document.lines}
    fresh: list[Line] = []
    for order, entry in enumerate(intake.objects_in(given, "line_items", MOST)):
        line = _read(org, document, customer, held, entry)
        line.item_order = order
        fresh.append(line)
    return fresh


def _read(org: BooksOrg, document: Document, customer: Contact, held: dict[str, Line], entry: intake.Body) -> Line:
    line_id = intake.id_text(entry.get("line_item_id"), "line_item_id")
    if line_id and line_id not in held:
        raise errors.invalid_value("line_item_id")
    before = held.get(line_id)
    item_id = intake.id_text(entry.get("item_id"), "item_id") or (before.item_id if before else "")
    item = items.required(org, item_id) if item_id else None
    line = Line(line_id or org.new_id(), item_id=item_id)
    _fill_texts(line, before, item, entry)
    if not line.name and not line.description:
        raise errors.missing("name")
    _fill_amounts(org, document, line, before, item, entry)
    if before is not None and "tax_id" not in entry:
        line.tax_id = before.tax_id
    else:
        line.tax_id = taxation.line_tax(org, customer, item, entry)
    return line


def _fill_texts(line: Line, before: Line | None, item: Item | None, entry: intake.Body) -> None:
    for name, limit in TEXTS.items():
        if name in entry:
            setattr(line, name, intake.text(entry, name, limit))
        elif before is not None:
            setattr(line, name, getattr(before, name))
        elif item is not None and name != "header_name":
            setattr(line, name, getattr(item, name))
    for name in IDS:
        default = getattr(before, name) if before else ""
        setattr(line, name, intake.id_text(entry.get(name, default), name))
    line.custom = intake.objects_in(entry, "item_custom_fields", 50)


def _fill_amounts(
    org: BooksOrg, document: Document, line: Line, before: Line | None, item: Item | None, entry: intake.Body
) -> None:
    if entry.get("rate") not in (None, ""):
        line.rate = money.number(entry["rate"], "rate")
    elif before is not None:
        line.rate = before.rate
    elif item is not None:
        line.rate = in_currency(org, document, item.rate)
    if entry.get("quantity") not in (None, ""):
        line.quantity = money.positive_number(entry["quantity"], "quantity")
    elif before is not None:
        line.quantity = before.quantity
    if entry.get("discount") not in (None, ""):
        line.discount, line.discount_is_percent = discount(org, entry["discount"])
    elif entry.get("discount_amount") not in (None, ""):
        line.discount = money.positive_number(entry["discount_amount"], "discount_amount")
    elif before is not None:
        line.discount, line.discount_is_percent = before.discount, before.discount_is_percent


def in_currency(org: BooksOrg, document: Document, amount: Decimal) -> Decimal:
    """An item's price is in the base currency; the document's rate says what one unit of its currency is worth."""
    if document.exchange_rate == 1:
        return amount
    return money.rounded(amount / document.exchange_rate, org.currency(document.currency_id).price_precision)


def discount(org: BooksOrg, value: object) -> tuple[Decimal, bool]:
    """`"10%"` is a percentage; what a plain number is, is read either way (switch `books_plain_discount`)."""
    if isinstance(value, str) and value.strip().endswith("%"):
        share = money.positive_number(value.strip()[:-1], "discount")
        percent = True
    else:
        share = money.positive_number(value, "discount")
        percent = org.switch("books_plain_discount") == "percent"
    if percent and share > 100:
        raise errors.invalid_value("discount")
    return share, percent
