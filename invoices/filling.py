"""What the form's templates draw: every field with its text and its error, the sums, the choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from invoices import billed, checks, settling
from invoices.drafts import Draft, Line, LineTotal, Tax, Totals, totals
from invoices.entry import OFFERED_TERMS, Entry, terms_label
from invoices.models import Document
from invoices.offers import CustomField, Offer, decimal


@dataclass(frozen=True)
class Field:
    name: str
    value: str
    error: str = ""


@dataclass(frozen=True)
class LineView:
    index: int
    number: int
    line: Line
    name: Field
    description: Field
    quantity: Field
    rate: Field
    discount: Field
    tax: Field
    amount: Decimal
    default_tax: str
    gone_tax: bool
    is_first: bool
    is_last: bool

    @property
    def needs_item(self) -> bool:
        """A Bigin product without its item: link one, or leave it a free line (rules 7.2)."""
        return bool(self.line.product_id) and not self.line.item_id


@dataclass(frozen=True)
class CustomView:
    field: CustomField
    input: Field


def totals_of(document: Document, offer: Offer) -> Totals:
    return totals(settling.draft_of(document), offer.taxes)


def context(
    document: Document, offer: Offer, *, entry: Entry | None = None, focus: str = "", trouble: str = ""
) -> dict[str, Any]:
    draft = settling.draft_of(document)
    taken = entry or Entry(draft, errors=dict(document.payload.get("wrong", {})))
    sums = totals(draft, offer.taxes)
    return {
        "document": document,
        "draft": draft,
        "errors": taken.errors,
        "fields": _fields(draft, taken),
        "lines": _lines(draft, sums.lines, taken, offer),
        "sums": sums,
        "offer": offer,
        "taxes": sorted(offer.taxes.values(), key=lambda tax: tax.name.casefold()),
        "templates": offer.templates.get(draft.kind, ()),
        "customs": _customs(draft, offer, taken),
        "terms": _terms(draft),
        "end_label": checks.END_DATES[draft.kind],
        "billed": billed.billed(document),
        "deal_amount": decimal(document.payload.get("amount")),
        "deal_currency": document.payload.get("amount_currency", ""),
        "needs_rate": any(line.deal_price and not line.rate for line in draft.lines),
        "focus": focus,
        "trouble": trouble,
    }


def _fields(draft: Draft, taken: Entry) -> dict[str, Field]:
    values = {
        "date": draft.date.isoformat() if draft.date else "",
        "end_date": draft.end_date.isoformat() if draft.end_date else "",
        "reference": draft.reference,
        "notes": draft.notes,
        "terms": draft.terms,
        "exchange_rate": plain(draft.exchange_rate),
        "discount": plain(draft.discount),
        "shipping": plain(draft.shipping),
        "adjustment": plain(draft.adjustment),
        "adjustment_label": draft.adjustment_label,
    }
    shown = {name: _field(name, value, taken) for name, value in values.items()}
    return {
        **shown,
        **{name: Field(name, "", taken.errors.get(name, "")) for name in ("customer", "lines", "bill_again")},
    }


def _field(name: str, value: str, taken: Entry) -> Field:
    return Field(name, taken.typed.get(name, value), taken.errors.get(name, ""))


def _default_tax(line: Line, offer: Offer) -> str:
    """What Books will take where the rep chooses nothing."""
    known = offer.taxes.get(line.item_tax_id)
    if known:
        return _("as in Books: %(tax)s") % {"tax": tax_label(known)}
    return _("as in Books") if line.item_tax_id or not offer.known else _("as in Books: none")


def _lines(draft: Draft, sums: Sequence[LineTotal], taken: Entry, offer: Offer) -> list[LineView]:
    views = []
    for index, (line, sum_) in enumerate(zip(draft.lines, sums, strict=True)):
        fields = {
            name: _field(f"lines-{index}-{name}", value, taken)
            for name, value in (
                ("name", line.name),
                ("description", line.description),
                ("quantity", plain(line.quantity)),
                ("rate", plain(line.rate)),
                ("discount", plain(line.discount)),
                ("tax", "default" if line.tax_id is None else line.tax_id or "none"),
            )
        }
        views.append(
            LineView(
                index=index,
                number=index + 1,
                line=line,
                amount=sum_.amount,
                default_tax=_default_tax(line, offer),
                gone_tax=bool(line.tax_id) and line.tax_id not in offer.taxes,
                is_first=index == 0,
                is_last=index == len(draft.lines) - 1,
                **fields,
            )
        )
    return views


def _customs(draft: Draft, offer: Offer, taken: Entry) -> list[CustomView]:
    return [
        CustomView(one, _field(f"custom-{one.field_id}", draft.custom.get(one.field_id, ""), taken))
        for one in offer.shown_fields(draft.kind)
    ]


def _terms(draft: Draft) -> list[tuple[int, str]]:
    """For an invoice: the usual ones and the one it has."""
    if draft.kind != "invoice":
        return []
    days = {*OFFERED_TERMS, *((draft.payment_terms,) if draft.payment_terms is not None else ())}
    own = {draft.payment_terms: draft.payment_terms_label}
    return [(one, own.get(one) or terms_label(one)) for one in sorted(day for day in days if day >= 0)]


def plain(value: Decimal | None) -> str:
    """As people type it: no exponent, no needless zeros, a dot."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def tax_label(tax: Tax) -> str:
    return f"{tax.name} ({plain(tax.percentage)} %)"
