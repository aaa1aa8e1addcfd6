"""How money and statuses are written for the reader. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invoices.drafts import Tax
from invoices.filling import tax_label as label_of_tax
from invoices.models import Document

register = template.Library()

_LABELS = {
    "draft": gettext_lazy("Draft"),
    "sent": gettext_lazy("Sent"),
    "viewed": gettext_lazy("Viewed"),
    "unpaid": gettext_lazy("Unpaid"),
    "overdue": gettext_lazy("Overdue"),
    "partially_paid": gettext_lazy("Partly paid"),
    "paid": gettext_lazy("Paid"),
    "void": gettext_lazy("Void"),
    "accepted": gettext_lazy("Accepted"),
    "declined": gettext_lazy("Declined"),
    "invoiced": gettext_lazy("Invoiced"),
    "expired": gettext_lazy("Expired"),
    "open": gettext_lazy("Confirmed"),
    "partially_invoiced": gettext_lazy("Partly invoiced"),
    "closed": gettext_lazy("Closed"),
}
_KINDS = {
    "paid": "ok", "accepted": "ok", "invoiced": "ok", "open": "info", "sent": "info", "viewed": "info",
    "unpaid": "info", "partially_paid": "wait", "partially_invoiced": "wait", "overdue": "bad",
    "declined": "bad", "expired": "wait", "void": "off", "closed": "off",
}  # fmt: skip
_PLACES = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """In the reader's locale, with the currency's decimals and its code."""
    if amount is None:
        return ""
    places = _PLACES.get(currency, 2)
    shown = amount if amount == round(amount, places) else amount.normalize()
    decimals = places if amount == round(amount, places) else None
    return f"{number_format(shown, decimals, force_grouping=True)} {currency}".strip()


@register.filter
def sums(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Amounts of several currencies, none converted (rules 6.1)."""
    return " + ".join(money(amount, currency) for amount, currency in amounts)


@register.filter
def plain(amount: Decimal | None) -> str:
    """A quantity: no more decimals than it has."""
    return "" if amount is None else number_format(amount.normalize() if amount % 1 else int(amount))


@register.filter
def status_label(status: str) -> str:
    return str(_LABELS.get(status, status.replace("_", " ").capitalize()))


@register.filter
def status_kind(document: Document) -> str:
    return "bad" if days_overdue(document) else _KINDS.get(document.status, "")


@register.filter
def status_text(document: Document) -> str:
    late = days_overdue(document)
    if late:
        return ngettext("Overdue by %(days)s day", "Overdue by %(days)s days", late) % {"days": late}
    return status_label(document.status) if document.status else _("Unknown")


def days_overdue(document: Document) -> int:
    """From the due date, so that it counts on while Books is not asked."""
    owed = document.kind == "invoice" and document.status in ("sent", "overdue", "unpaid", "viewed", "partially_paid")
    if not owed or document.due_date is None or not document.balance:
        return 0
    return max((timezone.localdate() - document.due_date).days, 0)


@register.filter
def tax_label(tax: Tax) -> str:
    return label_of_tax(tax)
