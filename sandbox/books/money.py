"""Decimal arithmetic and reading of numbers from JSON. Nothing here knows documents or currencies."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from sandbox.books.errors import invalid_value

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
LARGEST = Decimal(10) ** 12
_WIDE = Context(prec=80)
FINEST_EXPONENT = -12
_NOISELESS = Context(prec=24)


def rounded(amount: Decimal, places: int) -> Decimal:
    """Round half up: live invoices say `rounding_mode: round_half_up` (books-api.md 5.3). What a division leaves in the
    last digits decides no tie: a third of 0.50 thrice is 0.50."""
    return _NOISELESS.plus(amount).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)


def number(value: Any, field: str) -> Decimal:
    """A JSON number or numeric text as Decimal; anything else, and anything absurdly large or fine, is code 2."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise invalid_value(field)
    try:
        parsed = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise invalid_value(field) from None
    if not parsed.is_finite() or abs(parsed) > LARGEST:
        raise invalid_value(field)
    exponent = parsed.as_tuple().exponent
    if isinstance(exponent, int) and exponent < FINEST_EXPONENT:
        return rounded(parsed, -FINEST_EXPONENT)
    return parsed


def positive_number(value: Any, field: str) -> Decimal:
    parsed = number(value, field)
    if parsed < 0:
        raise invalid_value(field)
    return parsed


def whole_number(value: Any, field: str) -> int:
    parsed = number(value, field)
    if parsed != parsed.to_integral_value() or abs(parsed) > 10**9:
        raise invalid_value(field)
    return int(parsed)


def plain(amount: Decimal) -> str:
    """Without exponent and without trailing zeros: what texts and formatted values show."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text or "0"


def shown(amount: Decimal) -> Decimal | int:
    """For JSON: integral amounts leave as plain integers, so an empty amount is the live `0`."""
    if not amount:
        return 0
    if amount == amount.to_integral_value():
        return int(amount)
    return amount
