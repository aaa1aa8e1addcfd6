"""Reading the Bigin record that a document is made from: its label, its company and contact, a deal's product rows.

Where a deal's products are found is not known for sure (rules 7.2): both places are read, and every row defensively.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from invoices.checks import FINEST
from invoices.drafts import ZERO
from invoices.offers import decimal
from zoho.bigin import Bigin
from zoho.errors import Rejected

DEALS = "Pipelines"
MODULES = (DEALS, "Contacts", "Accounts")
_ROW_FIELDS = ("Product_Name", "Product_Code", "Quantity", "List_Price", "Unit_Price", "Discount", "Total")


@dataclass(frozen=True)
class Ref:
    id: str
    label: str


@dataclass(frozen=True)
class RecordFacts:
    module: str
    record_id: str
    label: str
    company: Ref | None = None
    contact: Ref | None = None
    amount: Decimal | None = None
    currency: str = ""
    contact_company: Ref | None = None  # of a deal's contact, where it was asked for


@dataclass(frozen=True)
class ProductRow:
    """`discount` is an amount, off the whole row; `total` is what Bigin says the row comes to, after it. `said` is the
    row's quantity in words, where no price of as many decimals as Books keeps gives that total."""

    product_id: str
    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    total: Decimal | None = None
    said: str = ""

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price - self.discount if self.total is None else self.total


@dataclass(frozen=True)
class Deal:
    facts: RecordFacts
    rows: tuple[ProductRow, ...]


def read_record(bigin: Bigin, module: str, record_id: str) -> RecordFacts | None:
    """One call, and one more for a deal that names a contact only; None when Bigin has no such record. Raises the
    errors of `zoho.errors`."""
    row = bigin.get(module, record_id)
    if row is None:
        return None
    facts = facts_of(module, row)
    return facts if facts.company else _with_contacts_company(bigin, facts)


def read_deal(bigin: Bigin, record_id: str) -> Deal | None:
    """Three calls at most."""
    row = bigin.get(DEALS, record_id)
    if row is None:
        return None
    rows = product_rows(row.get("Associated_Products"))
    return Deal(_with_contacts_company(bigin, facts_of(DEALS, row)), rows or _related_rows(bigin, record_id))


def _with_contacts_company(bigin: Bigin, facts: RecordFacts) -> RecordFacts:
    """A deal of a contact who has a company is that company's (rules 7.1)."""
    row = bigin.get("Contacts", facts.contact.id) if facts.contact else None
    company = _ref(row.get("Account_Name")) if row else None
    return replace(facts, company=facts.company or company, contact_company=company)


def facts_of(module: str, row: Mapping[str, Any]) -> RecordFacts:
    name = {DEALS: "Deal_Name", "Accounts": "Account_Name"}.get(module)
    label = _text(row.get(name)) if name else " ".join(_texts(row.get("First_Name"), row.get("Last_Name")))
    return RecordFacts(
        module=module,
        record_id=str(row["id"]),
        label=label[:300],
        company=_ref(row.get("Account_Name")) if module != "Accounts" else None,
        contact=_ref(row.get("Contact_Name")) if module == DEALS else None,
        amount=decimal(row.get("Amount")),
        currency=_text(row.get("Currency"))[:3],
    )


def product_rows(value: object) -> tuple[ProductRow, ...]:
    """The rows that say what was sold; anything else is passed over."""
    if not isinstance(value, list):
        return ()
    return tuple(found for row in value if isinstance(row, Mapping) and (found := _product_row(row)))


def _product_row(row: Mapping[str, Any]) -> ProductRow | None:
    product = row.get("Product") or row.get("Product_Name") or row.get("product")
    inner = product if isinstance(product, Mapping) else None
    name = _text(inner.get("name") or inner.get("Product_Name")) if inner else _text(product)
    product_id = _text(inner.get("id")) if inner else _text(row.get("id"))
    if not name and not product_id:
        return None
    quantity = _first_number(row, ("Quantity", "quantity"))
    quantity = quantity if quantity is not None and quantity > 0 else Decimal(1)
    price = _first_number(row, ("List_Price", "list_price", "Unit_Price", "unit_price"))
    total = _first_number(row, ("Total", "total"))
    discount = max(_first_number(row, ("Discount", "discount")) or ZERO, ZERO)
    if total is None or (price is not None and _is_plain(price) and _is_plain(quantity)):
        price = max(price or ZERO, ZERO)
        return ProductRow(product_id, name, quantity, price if _is_plain(price) else _cents(price), discount, total)
    return _split(ProductRow(product_id, name, quantity, ZERO, discount, total), max(total + discount, ZERO))


def _split(row: ProductRow, gross: Decimal) -> ProductRow:
    """The row with the price that gives its total to the cent; where there is none, once at its total."""
    price = _cents(gross / row.quantity)
    if _is_plain(row.quantity) and price * row.quantity == gross:
        return replace(row, price=price)
    return replace(
        row, quantity=Decimal(1), price=gross, said=f"{row.quantity.normalize():f} \N{MULTIPLICATION SIGN} {row.name}"
    )


def _is_plain(value: Decimal) -> bool:
    """Whether a line of Books holds it as it is."""
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= FINEST


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _related_rows(bigin: Bigin, record_id: str) -> tuple[ProductRow, ...]:
    rows: list[dict[str, Any]] = []
    page, more = 1, True
    while more and len(rows) < 400:
        try:
            answer = bigin.related(DEALS, record_id, "Products", _ROW_FIELDS, page=page)
        except Rejected:
            return ()  # an organisation without that related list
        rows += answer.rows
        more, page = answer.more, page + 1
    return product_rows(rows)


def _ref(value: object) -> Ref | None:
    if not isinstance(value, Mapping) or not value.get("id"):
        return None
    return Ref(str(value["id"]), _text(value.get("name"))[:300])


def _first_number(row: Mapping[str, Any], names: Iterable[str]) -> Decimal | None:
    return next((number for name in names if (number := decimal(row.get(name))) is not None), None)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _texts(*values: object) -> list[str]:
    return [text for value in values if (text := _text(value))]
