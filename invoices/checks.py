"""What may be saved as a document and what is wrong with the rest, field by field. Without rows, forms or calls.

Books has the last word; these are the refusals that can be given at once, next to the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invoices.drafts import Draft, Line, Tax, Totals, totals

MOST_LINES = 200
LARGEST_QUANTITY = Decimal(10) ** 9
LARGEST_AMOUNT = Decimal(10) ** 12
FINEST = 6  # decimals of a quantity, a price or a rate of exchange
TEXT_LIMITS = {"reference": 50, "notes": 5000, "terms": 10000, "adjustment_label": 100}
LINE_TEXT_LIMITS = {"name": 100, "description": 2000, "unit": 100}
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
END_DATES = {
    "invoice": gettext_lazy("due date"),
    "estimate": gettext_lazy("expiry date"),
    "salesorder": gettext_lazy("shipment date"),
}
_BEFORE = {
    "invoice": gettext_lazy("The due date lies before the date of the document."),
    "estimate": gettext_lazy("The expiry date lies before the date of the document."),
    "salesorder": gettext_lazy("The shipment date lies before the date of the document."),
}

_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
_GROUPED = re.compile(
    r"[+-]?\d{1,3}((,\d{3})+(\.\d*)?|(\.\d{3})+,\d*|(\.\d{3}){2,}|([ '\u2019]\d{3})+([.,]\d*)?)", re.ASCII
)


class NumberError(ValueError):
    """Text that is no number, or one that may be read in two ways."""


def number(text: str) -> Decimal:
    """A number as people type it: 1234.5, 1234,5, 1,234.50, 1.234,50, 1 234,50. Raises NumberError, saying what to
    write."""
    typed = re.sub(r"[\s\u00a0\u202f]+", " ", text.strip().translate(_DIGITS))
    if not _PLAIN.fullmatch(typed) and not _GROUPED.fullmatch(typed):
        raise NumberError(_("Write a number such as 12.50."))
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", typed):
        thousand, part = typed.replace(",", ""), typed.replace(",", ".")
        words = {"thousand": thousand, "part": part, "typed": typed}
        raise NumberError(_("Write %(thousand)s or %(part)s: %(typed)s could mean either.") % words)
    last = max(typed.rfind("."), typed.rfind(","))
    grouping = typed.count(",") + typed.count(".") > 1 and not ("," in typed and "." in typed)
    whole, fraction = (typed, "") if last < 0 or grouping else (typed[:last], typed[last + 1 :])
    try:
        digits = re.sub(r"[ ,.'\u2019]", "", whole)
        return Decimal(f"{digits}.{fraction}" if fraction else digits)
    except InvalidOperation as error:
        raise NumberError(_("Write a number such as 12.50.")) from error


# The digits of a keyboard set to Arabic or Persian.
_DIGITS = {ord(digit): str(value) for block in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(block)} | {
    ord("\u066b"): "."
}


@dataclass(frozen=True)
class Facts:
    """What the check needs to know of the organisation. None means unknown, and then Books decides."""

    taxes: Mapping[str, Tax]
    taxes_known: bool = True


Errors = dict[str, str]


def errors(draft: Draft, facts: Facts) -> Errors:
    """Field -> what is wrong and what to do. Fields of line 0 are named `lines-0-quantity` and so on; empty when all is
    well."""
    found: Errors = {}
    for name, message in _problems(draft, facts):
        found.setdefault(name, message)
    if not found:
        found.update(_sum_problems(draft, totals(draft, facts.taxes)))
    return found


def _problems(draft: Draft, facts: Facts) -> Iterator[tuple[str, str]]:
    yield from _text_problems("", draft, TEXT_LIMITS)
    yield from _date_problems(draft)
    yield from _currency_problems(draft)
    yield from _discount_problems(draft)
    for name, amount in (("shipping", draft.shipping), ("adjustment", draft.adjustment)):
        yield from _amount_problems(name, amount, draft.precision)
    if draft.shipping < 0:
        yield "shipping", _("Shipping cannot be less than 0.")
    if not draft.lines:
        yield "lines", _("Add at least one line.")
    if len(draft.lines) > MOST_LINES:
        words = {"most": MOST_LINES, "number": len(draft.lines)}
        yield "lines", _("A document holds at most %(most)s lines; this one has %(number)s.") % words
    for index, line in enumerate(draft.lines):
        yield from _line_problems(f"lines-{index}-", line, draft, facts)


def _text_problems(prefix: str, holder: Draft | Line, limits: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for name, limit in limits.items():
        length = len(getattr(holder, name))
        if length > limit:
            words = {"limit": limit, "length": length}
            yield prefix + name, _("At most %(limit)s characters; this has %(length)s.") % words


def _date_problems(draft: Draft) -> Iterator[tuple[str, str]]:
    if draft.date is None:
        yield "date", _("Give the date of the document.")
    for name, day in (("date", draft.date), ("end_date", draft.end_date)):
        if day and not EARLIEST <= day <= LATEST:
            words = {"first": EARLIEST.year, "last": LATEST.year}
            yield name, _("Give a day between %(first)s and %(last)s.") % words
    if draft.date and draft.end_date and draft.end_date < draft.date:
        yield "end_date", str(_BEFORE[draft.kind])


def _currency_problems(draft: Draft) -> Iterator[tuple[str, str]]:
    rate = draft.exchange_rate
    if draft.is_foreign and rate is None:
        words = {"base": draft.base_currency, "currency": draft.currency}
        yield "exchange_rate", _("Give the rate: how many %(base)s one %(currency)s is worth.") % words
    if rate is not None and not 0 < rate <= LARGEST_QUANTITY:
        yield "exchange_rate", _("The exchange rate must be more than 0.")
    elif rate is not None:
        yield from _fineness("exchange_rate", rate, 12)


def _discount_problems(draft: Draft) -> Iterator[tuple[str, str]]:
    if draft.discount_type == "item_level":
        return
    yield from _one_discount("discount", draft.discount, draft.discount_is_percent, draft.precision)


def _one_discount(name: str, discount: Decimal, is_percent: bool, precision: int) -> Iterator[tuple[str, str]]:
    if discount < 0:
        yield name, _("A discount cannot be less than 0.")
    elif is_percent and discount > 100:
        yield name, _("A discount cannot be more than 100 %.")
    elif is_percent:
        yield from _fineness(name, discount, FINEST)
    else:
        yield from _amount_problems(name, discount, precision)


def _line_problems(prefix: str, line: Line, draft: Draft, facts: Facts) -> Iterator[tuple[str, str]]:
    yield from _text_problems(prefix, line, LINE_TEXT_LIMITS)
    if not line.item_id and not line.name.strip():
        yield prefix + "name", _("Choose an item or write what this line is for.")
    optional = not line.quantity and line.line_item_id  # Books' own pages allow such lines
    if line.quantity <= 0 and not optional:
        yield prefix + "quantity", _("The quantity must be more than 0.")
    elif line.quantity > LARGEST_QUANTITY:
        yield prefix + "quantity", _("The quantity can be %(most)s at most.") % {"most": f"{LARGEST_QUANTITY:,.0f}"}
    else:
        yield from _fineness(prefix + "quantity", line.quantity, FINEST)
    if line.rate < 0:
        yield prefix + "rate", _("A price cannot be less than 0; use a discount or the adjustment.")
    else:
        yield from _amount_problems(prefix + "rate", line.rate, FINEST)
    if draft.discount_type == "item_level":
        yield from _line_discount_problems(prefix + "discount", line, draft.precision)
    chosen = line.tax_id
    if chosen and facts.taxes_known and chosen not in facts.taxes:
        yield prefix + "tax", _("This tax is not in Books any more; choose another.")


def _line_discount_problems(name: str, line: Line, precision: int) -> Iterator[tuple[str, str]]:
    yield from _one_discount(name, line.discount, line.discount_is_percent, precision)
    gross = line.rate * line.quantity
    if line.discount > 0 and gross == 0:
        yield name, _("There is nothing to discount on this line.")
    elif not line.discount_is_percent and line.discount > gross:
        yield name, _("The discount is more than the line's amount.")


def _amount_problems(name: str, amount: Decimal, places: int) -> Iterator[tuple[str, str]]:
    if abs(amount) > LARGEST_AMOUNT:
        yield name, _("The amount can be %(most)s at most.") % {"most": f"{LARGEST_AMOUNT:,.0f}"}
    else:
        yield from _fineness(name, amount, places)


def _fineness(name: str, value: Decimal, places: int) -> Iterator[tuple[str, str]]:
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > places:
        words = ngettext("At most %(number)s decimal.", "At most %(number)s decimals.", places) % {"number": places}
        yield name, words if places else _("Whole numbers only.")


def _sum_problems(draft: Draft, sums: Totals) -> Iterator[tuple[str, str]]:
    gross = sums.sub_total + sums.tax_total
    if draft.discount_type == "entity_level" and draft.discount > 0:
        if gross == 0:
            yield "discount", _("There is nothing to discount: the lines add up to 0.")
        elif not draft.discount_is_percent and sums.discount > gross:
            yield "discount", _("The discount is more than the lines add up to.")
            return
    if sums.total < 0:
        yield "adjustment", _("The total would be less than 0.")
    elif abs(sums.total) > LARGEST_AMOUNT or sums.sub_total > LARGEST_AMOUNT:
        yield "lines", _("The total can be %(most)s at most.") % {"most": f"{LARGEST_AMOUNT:,.0f}"}
