"""What a document will be: its lines, its choices and its sums, exactly. Pure: the standard library only.

Nothing of forms, rows or Zoho lives here; what may not be saved is decided in `invoices/checks.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, Self

Kind = Literal["invoice", "estimate", "salesorder"]
KINDS: tuple[Kind, ...] = ("invoice", "estimate", "salesorder")
DiscountType = Literal["entity_level", "item_level"]
ZERO = Decimal(0)
FINEST_PERCENTAGE = 9  # decimals


@dataclass(frozen=True)
class TaxPart:
    """One percentage on a line. A compound part is charged on the amount plus the parts before it."""

    tax_id: str
    name: str
    percentage: Decimal
    compound: bool = False


@dataclass(frozen=True)
class Tax:
    """What a line's tax field may name: a simple tax has one part, a group has its members' in their order."""

    tax_id: str
    name: str
    parts: tuple[TaxPart, ...]

    @property
    def percentage(self) -> Decimal:
        return sum((part.percentage for part in self.parts), ZERO)


@dataclass(frozen=True)
class Line:
    """`tax_id` None leaves the tax to Books (rules 6.3): then `item_tax_id`, the item's own, is what is shown."""

    name: str
    quantity: Decimal = Decimal(1)
    rate: Decimal = ZERO
    item_id: str = ""
    description: str = ""
    unit: str = ""
    discount: Decimal = ZERO
    discount_is_percent: bool = True
    tax_id: str | None = None
    item_tax_id: str = ""
    line_item_id: str = ""  # Books' id of the line, once it stands there
    product_id: str = ""  # the Bigin product it came from
    deal_price: Decimal | None = None  # in the deal's currency, where that differs from the customer's (rules 6.2)

    @property
    def shown_tax_id(self) -> str:
        return self.item_tax_id if self.tax_id is None else self.tax_id


@dataclass(frozen=True)
class Draft:
    """A document as a person fills it in. `end_date` is the due, expiry or shipment date, by kind."""

    kind: Kind
    customer_id: str = ""  # empty: the customer is created in Books with the document
    customer_name: str = ""
    person_ids: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    date: datetime.date | None = None
    end_date: datetime.date | None = None
    payment_terms: int | None = None  # days; None leaves them to the customer's
    payment_terms_label: str = ""
    reference: str = ""
    currency: str = ""
    currency_id: str = ""
    base_currency: str = ""
    exchange_rate: Decimal | None = None
    precision: int = 2
    discount_type: DiscountType = "entity_level"
    discount: Decimal = ZERO
    discount_is_percent: bool = True
    discount_before_tax: bool = True
    inclusive: bool = False
    shipping: Decimal = ZERO
    adjustment: Decimal = ZERO
    adjustment_label: str = ""
    notes: str = ""
    terms: str = ""
    template_id: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)  # id of the custom field -> value

    @property
    def is_foreign(self) -> bool:
        return bool(self.currency and self.base_currency and self.currency != self.base_currency)

    def to_json(self) -> dict[str, Any]:
        """For Document.payload: Decimals and dates as text."""
        plain = {name: _to_json(value) for name, value in vars(self).items()}
        plain["lines"] = [{name: _to_json(value) for name, value in vars(line).items()} for line in self.lines]
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in ("discount", "shipping", "adjustment", "exchange_rate"):
            if known.get(name) is not None:
                known[name] = Decimal(known[name])
        for name in ("date", "end_date"):
            if known.get(name):
                known[name] = datetime.date.fromisoformat(known[name])
        known["lines"] = tuple(_line(row) for row in known.get("lines", ()))
        known["person_ids"] = tuple(known.get("person_ids", ()))
        return cls(**known)

    def with_line(self, line: Line) -> Self:
        return replace(self, lines=(*self.lines, line))

    def without_line(self, index: int) -> Self:
        return replace(self, lines=self.lines[:index] + self.lines[index + 1 :])

    def with_line_moved(self, index: int, by: int) -> Self:
        """Unchanged where the line is already first or last."""
        other = index + by
        if not (0 <= index < len(self.lines) and 0 <= other < len(self.lines)):
            return self
        lines = list(self.lines)
        lines.insert(other, lines.pop(index))
        return replace(self, lines=tuple(lines))


def _line(row: Mapping[str, Any]) -> Line:
    known = {name: row[name] for name in Line.__dataclass_fields__ if name in row}
    for name in ("quantity", "rate", "discount", "deal_price"):
        if known.get(name) is not None:
            known[name] = Decimal(known[name])
    return Line(**known)


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True)
class LineTotal:
    """`amount` is Books' item_total: after the line's own discount, and without taxes where prices include them."""

    amount: Decimal
    discount: Decimal


@dataclass(frozen=True)
class TaxTotal:
    tax_id: str
    name: str
    percentage: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    lines: tuple[LineTotal, ...]
    sub_total: Decimal
    discount: Decimal  # of the whole document
    taxes: tuple[TaxTotal, ...]
    tax_total: Decimal
    shipping: Decimal
    adjustment: Decimal
    total: Decimal


_Shares = list[tuple[TaxPart, Fraction]]


def totals(draft: Draft, taxes: Mapping[str, Tax]) -> Totals:
    """The sums as Books computes them: exact until rounded, half up, each line once and each tax once per document
    (books-api.md 5.3: tax_rounding entity_level, rounding_mode round_half_up). An unknown tax counts as none."""
    places = draft.precision
    line_discounts = [_line_discount(line, draft) for line in draft.lines]
    grosses = [
        _rounded(Fraction(line.rate) * Fraction(line.quantity) - off, places)
        for line, off in zip(draft.lines, line_discounts, strict=True)
    ]
    charged = _charged(draft, grosses, taxes)
    tax_totals = _by_tax(charged, places)
    tax_total = sum((row.amount for row in tax_totals), ZERO)
    nets = _without_taxes(grosses, charged, tax_total, places) if draft.inclusive else grosses
    sub_total = sum(nets, ZERO)
    goods = sub_total + tax_total
    discount = _whole_discount(draft, _discounted(draft, grosses, goods))
    return Totals(
        lines=tuple(LineTotal(net, _rounded(off, places)) for net, off in zip(nets, line_discounts, strict=True)),
        sub_total=_rounded(Fraction(sub_total), places),
        discount=discount,
        taxes=tuple(tax_totals),
        tax_total=_rounded(Fraction(tax_total), places),
        shipping=draft.shipping,
        adjustment=draft.adjustment,
        total=_rounded(Fraction(goods - discount + draft.shipping + draft.adjustment), places),
    )


def _line_discount(line: Line, draft: Draft) -> Fraction:
    if draft.discount_type != "item_level":
        return Fraction(0)
    if line.discount_is_percent:
        return Fraction(line.rate) * Fraction(line.quantity) * Fraction(line.discount) / 100
    return Fraction(line.discount)


def _whole_discount(draft: Draft, base: Decimal) -> Decimal:
    if draft.discount_type == "item_level":
        return ZERO.quantize(_unit(draft.precision))
    exact = Fraction(draft.discount)
    if draft.discount_is_percent:
        exact = exact * Fraction(base) / 100
    return _rounded(exact, draft.precision)


def _discounted(draft: Draft, grosses: Sequence[Decimal], goods: Decimal) -> Decimal:
    """The amount that a discount of the whole document is a percentage of."""
    if draft.inclusive or draft.discount_before_tax:
        return sum(grosses, ZERO)
    return goods


def discount_as_percentage(draft: Draft, taxes: Mapping[str, Tax] | None) -> Decimal | None:
    """The percentage with the fewest decimals that comes to the whole document's discount, which is an amount. None
    where there is none, or where it is a part of taxes that nobody knows. `taxes` None: they could not be read."""
    after_tax = not draft.discount_before_tax and not draft.inclusive
    known = taxes or {}
    if after_tax and (taxes is None or any(line.shown_tax_id not in ("", *known) for line in draft.lines)):
        return None
    sums = totals(draft, known)
    grosses = [
        _rounded(Fraction(line.rate) * Fraction(line.quantity) - _line_discount(line, draft), draft.precision)
        for line in draft.lines
    ]
    base = _discounted(draft, grosses, sums.sub_total + sums.tax_total)
    if not base:
        return None
    for places in range(FINEST_PERCENTAGE + 1):
        share = _rounded(Fraction(draft.discount) * 100 / Fraction(base), places)
        if share <= 100 and _rounded(Fraction(share) * Fraction(base) / 100, draft.precision) == draft.discount:
            return share
    return None


def _charged(draft: Draft, grosses: Sequence[Decimal], taxes: Mapping[str, Tax]) -> list[_Shares]:
    """The exact tax of each line, a discount before tax taken off in proportion to the lines."""
    base = sum(grosses, ZERO)
    off = Fraction(_whole_discount(draft, base)) if draft.discount_before_tax and base else Fraction(0)
    return [
        _line_taxes(Fraction(gross) - (off * Fraction(gross) / Fraction(base) if off else 0), line, draft, taxes)
        for gross, line in zip(grosses, draft.lines, strict=True)
    ]


def _line_taxes(amount: Fraction, line: Line, draft: Draft, taxes: Mapping[str, Tax]) -> _Shares:
    tax = taxes.get(line.shown_tax_id)
    if tax is None:
        return []
    factors = _factors(tax.parts)
    if draft.inclusive:
        amount /= 1 + sum(factors, Fraction(0))
    return [(part, amount * factor) for part, factor in zip(tax.parts, factors, strict=True)]


def _factors(parts: Iterable[TaxPart]) -> list[Fraction]:
    factors: list[Fraction] = []
    for part in parts:
        before = sum(factors, Fraction(0)) if part.compound else Fraction(0)
        factors.append((1 + before) * Fraction(part.percentage) / 100)
    return factors


def _by_tax(charged: Sequence[_Shares], places: int) -> list[TaxTotal]:
    sums: dict[str, tuple[TaxPart, Fraction]] = {}
    for part, amount in (share for shares in charged for share in shares):
        sums[part.tax_id] = (part, sums.get(part.tax_id, (part, Fraction(0)))[1] + amount)
    return [
        TaxTotal(part.tax_id, part.name, part.percentage, _rounded(amount, places)) for part, amount in sums.values()
    ]


def _without_taxes(
    grosses: Sequence[Decimal], charged: Sequence[_Shares], tax_total: Decimal, places: int
) -> list[Decimal]:
    """Prices that include taxes, without them: rounded line by line, the last taxed line takes the cents left over."""
    nets, left = list(grosses), tax_total
    owed = [sum((amount for _, amount in shares), Fraction(0)) for shares in charged]
    taxed = [index for index, amount in enumerate(owed) if amount]
    for index in taxed:
        tax = left if index == taxed[-1] else min(left, _rounded(owed[index], places), key=abs)
        left -= tax
        nets[index] -= tax
    return nets


def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _rounded(amount: Fraction, places: int) -> Decimal:
    """Half up, away from zero, from the exact value."""
    scaled = abs(amount) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (Decimal(whole if amount >= 0 else -whole)).scaleb(-places)
