"""The sums of a document, in Decimal. Pure: tax rates and rounding come in, a filled-in document goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.books.money import HUNDRED, ONE, ZERO, rounded
from sandbox.books.papers import Document, Line, LineTax, Totals


@dataclass(frozen=True, slots=True)
class TaxPart:
    """One percentage that applies to a line. A compound part is charged on the amount plus the parts before it."""

    tax_id: str
    name: str
    percentage: Decimal
    compound: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    precision: int
    parts_of: Callable[[str], tuple[TaxPart, ...]]
    rounds_each_line: bool = False


def compute(document: Document, rules: Rules) -> Totals:
    """Fills each line's sums and returns the document's (books-api.md 5.3). Rounding is half up."""
    for line in document.lines:
        _charge(line, document, rules.precision)
    shares = _discount_shares(document, rules)
    exact = [_exact_taxes(line, share, document, rules) for line, share in zip(document.lines, shares, strict=True)]
    taxes = _tax_summary(exact, rules)
    if document.inclusive:
        _strip_taxes(document, exact, taxes, rules)
    for line, parts in zip(document.lines, exact, strict=True):
        line.taxes = [_rounded_part(part, rules.precision) for part in parts]
    return _sums(document, taxes, rules)


def _charge(line: Line, document: Document, precision: int) -> None:
    gross = line.rate * line.quantity
    discount = ZERO
    if document.discount_type == "item_level":
        discount = gross * line.discount / HUNDRED if line.discount_is_percent else line.discount
    line.discount_amount = rounded(discount, precision)
    line.item_total = rounded(gross - discount, precision)
    line.item_total_inclusive = line.item_total


def _entity_discount(document: Document, base: Decimal, precision: int) -> Decimal:
    if document.discount_type == "item_level":
        return ZERO
    amount = base * document.discount / HUNDRED if document.discount_is_percent else document.discount
    return rounded(amount, precision)


def _discount_shares(document: Document, rules: Rules) -> list[Decimal]:
    """What a discount before tax takes off each line's taxable amount, in proportion to the lines."""
    base = sum((line.item_total for line in document.lines), ZERO)
    discount = _entity_discount(document, base, rules.precision) if document.discount_before_tax else ZERO
    if not discount or not base:
        return [ZERO] * len(document.lines)
    return [discount * line.item_total / base for line in document.lines]


def _exact_taxes(line: Line, share: Decimal, document: Document, rules: Rules) -> list[LineTax]:
    parts = rules.parts_of(line.tax_id)
    amount = line.item_total - share
    if document.inclusive and parts:
        amount /= ONE + _factor(parts)
    out: list[LineTax] = []
    charged = ZERO
    for part in parts:
        tax = (amount + charged if part.compound else amount) * part.percentage / HUNDRED
        charged += tax
        out.append(LineTax(part.tax_id, part.name, part.percentage, tax))
    return out


def _factor(parts: tuple[TaxPart, ...]) -> Decimal:
    factor = ZERO
    for part in parts:
        factor += (ONE + factor if part.compound else ONE) * part.percentage / HUNDRED
    return factor


def _rounded_part(part: LineTax, precision: int) -> LineTax:
    return LineTax(part.tax_id, part.name, part.percentage, rounded(part.amount, precision))


def _tax_summary(exact: list[list[LineTax]], rules: Rules) -> list[LineTax]:
    """One row per tax; rounded once per tax, or once per line (switch `books_tax_rounding`)."""
    rows: dict[str, LineTax] = {}
    for part in (part for parts in exact for part in parts):
        row = rows.setdefault(part.tax_id, LineTax(part.tax_id, part.name, part.percentage, ZERO))
        row.amount += rounded(part.amount, rules.precision) if rules.rounds_each_line else part.amount
    return [_rounded_part(row, rules.precision) for row in rows.values()]


def _strip_taxes(document: Document, exact: list[list[LineTax]], taxes: list[LineTax], rules: Rules) -> None:
    """Takes the taxes out of inclusive lines so that the lines' cents add up to the document's taxes."""
    wanted = [rounded(sum((part.amount for part in parts), ZERO), rules.precision) for parts in exact]
    largest = max(range(len(wanted)), key=lambda index: abs(wanted[index]), default=0)
    if wanted:
        wanted[largest] += sum((row.amount for row in taxes), ZERO) - sum(wanted, ZERO)
    for line, tax in zip(document.lines, wanted, strict=True):
        line.item_total -= tax


def _sums(document: Document, taxes: list[LineTax], rules: Rules) -> Totals:
    sums = Totals(taxes=taxes)
    sums.sub_total = sum((line.item_total for line in document.lines), ZERO)
    sums.sub_total_inclusive = sum((line.item_total_inclusive for line in document.lines), ZERO)
    sums.tax_total = sum((row.amount for row in taxes), ZERO)
    base = sums.sub_total_inclusive if document.inclusive else sums.sub_total
    if not document.discount_before_tax and not document.inclusive:
        base += sums.tax_total
    sums.discount_total = _entity_discount(document, base, rules.precision)
    if document.reverse_charge:
        sums.reverse_charge, sums.tax_total = sums.tax_total, ZERO
    extras = document.shipping_charge + document.adjustment
    sums.total = rounded(sums.sub_total + sums.tax_total - sums.discount_total + extras, rules.precision)
    return sums
