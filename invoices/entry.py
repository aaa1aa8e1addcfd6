"""What a person typed into the form of a document, as a draft: parsing, not judging (that is `invoices/checks.py`).

Fields of line n are named `lines-<n>-<field>`; an error carries the name of its field. What cannot be parsed keeps the
draft's former value and is shown again as typed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from invoices import bodies
from invoices.checks import NumberError, number
from invoices.drafts import Draft, Line
from invoices.offers import Offer

_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
MOST_POSTED_LINES = 300
CUSTOM_TERMS = "Custom"
OFFERED_TERMS = (0, 7, 14, 15, 30, 45, 60, 90)


@dataclass
class Entry:
    """`typed` is what stands in the fields that could not be read."""

    draft: Draft
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)


def read(post: QueryDict, held: Draft, offer: Offer) -> Entry:
    """The form as sent, over the draft as stored: what the form does not carry stays."""
    entry = Entry(held)
    lines = tuple(_line(post, index, held, entry) for index in range(_line_count(post)))
    draft = replace(
        held,
        lines=lines,
        date=_day(post, "date", held.date, entry),
        end_date=_day(post, "end_date", held.end_date, entry),
        reference=_text(post, "reference", held.reference),
        notes=_text(post, "notes", held.notes),
        terms=_text(post, "terms", held.terms),
        shipping=_number(post, "shipping", held.shipping, entry),
        adjustment=_number(post, "adjustment", held.adjustment, entry),
        adjustment_label=_text(post, "adjustment_label", held.adjustment_label),
        discount=_number(post, "discount", held.discount, entry),
        discount_is_percent=post.get("discount_kind", "percent" if held.discount_is_percent else "amount") == "percent",
        discount_type="item_level" if post.get("discount_type", held.discount_type) == "item_level" else "entity_level",
        discount_before_tax=post.get("discount_before_tax", "yes" if held.discount_before_tax else "no") == "yes",
        inclusive=post.get("inclusive", "yes" if held.inclusive else "no") == "yes",
        person_ids=_persons(post, held),
        template_id=_choice(post, "template_id", held.template_id, dict(offer.templates.get(held.kind, ()))),
        custom=_custom(post, held, offer),
    )
    if held.is_foreign:
        draft = replace(draft, exchange_rate=_optional(post, "exchange_rate", held.exchange_rate, entry))
    entry.draft = _terms(post, draft, held)
    return entry


def _line_count(post: QueryDict) -> int:
    given = post.get("lines-count", "0")
    return min(int(given), MOST_POSTED_LINES) if given.isdecimal() and len(given) < 6 else 0


def _line(post: QueryDict, index: int, held: Draft, entry: Entry) -> Line:
    """Hidden fields say which line it is; Books checks every id again."""
    before = held.lines[index] if index < len(held.lines) else Line(name="")
    prefix = f"lines-{index}-"
    tax = post.get(prefix + "tax", "default")
    return replace(
        before,
        name=_text(post, prefix + "name", before.name),
        description=_text(post, prefix + "description", before.description),
        unit=_text(post, prefix + "unit", before.unit),
        quantity=_number(post, prefix + "quantity", before.quantity, entry),
        rate=_number(post, prefix + "rate", before.rate, entry),
        discount=_number(post, prefix + "discount", before.discount, entry),
        discount_is_percent=post.get(prefix + "discount_kind", "percent" if before.discount_is_percent else "amount")
        == "percent",
        tax_id=None if tax == "default" else "" if tax == "none" else tax[:40],
    )


def _text(post: QueryDict, name: str, held: str) -> str:
    given = post.get(name)
    if given is None:
        return held
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", given.replace("\r\n", "\n")).strip()


def _number(post: QueryDict, name: str, held: Decimal, entry: Entry) -> Decimal:
    """An emptied field is 0; that a quantity may not be 0 is said elsewhere."""
    given = post.get(name)
    if given is None:
        return held
    if not given.strip():
        return Decimal(0)
    try:
        return number(given)
    except NumberError as error:
        entry.errors[name], entry.typed[name] = str(error), given[:200]
        return held


def _optional(post: QueryDict, name: str, held: Decimal | None, entry: Entry) -> Decimal | None:
    if name in post and not str(post.get(name, "")).strip():
        return None
    value = _number(post, name, Decimal(0) if held is None else held, entry)
    return held if name not in post else value


def _day(post: QueryDict, name: str, held: datetime.date | None, entry: Entry) -> datetime.date | None:
    if name not in post:
        return held
    text = str(post.get(name, "")).strip()
    if not text:
        return None
    day = bodies.day(text)
    if day is None:
        entry.errors[name], entry.typed[name] = _("Write the day as 2026-05-31."), text[:200]
        return held
    return day


def _persons(post: QueryDict, held: Draft) -> tuple[str, ...]:
    if "persons-offered" not in post:
        return held.person_ids
    return tuple(one for one in post.getlist("persons") if _ID.fullmatch(one))


def _choice(post: QueryDict, name: str, held: str, offered: Mapping[str, str]) -> str:
    given = post.get(name)
    return held if given is None else given if given in offered else ""


def _custom(post: QueryDict, held: Draft, offer: Offer) -> dict[str, str]:
    values = dict(held.custom)
    for one in offer.shown_fields(held.kind):
        name = f"custom-{one.field_id}"
        if one.data_type == "check_box" and "lines-count" in post:
            values[one.field_id] = "true" if name in post else "false"
        elif name in post:
            values[one.field_id] = _text(post, name, "")
    return {key: value for key, value in values.items() if value}


def _terms(post: QueryDict, draft: Draft, held: Draft) -> Draft:
    """The due date follows the terms and the date of the document; typed by itself, it makes terms of its own."""
    if draft.kind != "invoice":
        return draft
    chosen = str(post.get("terms_days", ""))
    if chosen.isdecimal() and len(chosen) < 4 and int(chosen) != held.payment_terms:
        return _due_after(replace(draft, payment_terms=int(chosen), payment_terms_label=terms_label(int(chosen))))
    if draft.end_date != held.end_date:
        if draft.date and draft.end_date and draft.end_date >= draft.date:
            days = (draft.end_date - draft.date).days
            return replace(draft, payment_terms=days, payment_terms_label=CUSTOM_TERMS)
        return replace(draft, payment_terms=None, payment_terms_label="")
    if draft.date != held.date and held.payment_terms is not None and held.payment_terms_label != CUSTOM_TERMS:
        return _due_after(draft)
    return draft


def _due_after(draft: Draft) -> Draft:
    if draft.date is None or draft.payment_terms is None:
        return draft
    return replace(draft, end_date=draft.date + datetime.timedelta(days=draft.payment_terms))


def terms_label(days: int) -> str:
    """As Books names them."""
    return f"Net {days}" if days else "Due on Receipt"
