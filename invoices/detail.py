"""What the page of a standing document shows: at once from the mirror, then whole from Books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import connections
from invoices import actions, bodies, clients, conversions, drafts, feeds
from invoices.models import Action, Document
from invoices.offers import decimal
from zoho.books import Row
from zoho.times import parse_time_or_none

Op = Action.Op
EDIT = "edit"
# What may be done to a document in a status, as far as Books allows it (books-api.md 5.4); Books has the last word.
_ALLOWED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "invoice": {
        "draft": (Op.SEND, Op.MARK_SENT, EDIT, Op.VOID, Op.DELETE),
        "void": (),
        "paid": (Op.SEND,),
        "*": (Op.SEND, EDIT, Op.VOID),
    },
    "estimate": {
        "draft": (Op.SEND, Op.MARK_SENT, EDIT, Op.DELETE),
        "accepted": (Op.SEND, Op.DECLINE, EDIT),
        "declined": (Op.SEND, Op.ACCEPT, EDIT),
        "invoiced": (Op.SEND,),
        "*": (Op.SEND, Op.ACCEPT, Op.DECLINE, EDIT),
    },
    "salesorder": {
        "draft": (Op.CONFIRM, Op.SEND, EDIT, Op.VOID, Op.DELETE),
        "void": (),
        "invoiced": (Op.SEND,),
        "*": (Op.SEND, EDIT, Op.VOID),
    },
}
_CONVERTIBLE = {
    "estimate": frozenset({"sent", "accepted", "viewed", "expired"}),
    "salesorder": frozenset({"open", "overdue"}),
    "invoice": frozenset[str](),
}
LABELS = {
    Op.MARK_SENT: _("Mark as sent"),
    Op.ACCEPT: _("Mark as accepted"),
    Op.DECLINE: _("Mark as declined"),
    Op.CONFIRM: _("Confirm"),
    Op.VOID: _("Void"),
    Op.DELETE: _("Delete"),
}


@dataclass(frozen=True)
class ShownLine:
    name: str
    description: str
    quantity: Decimal | None
    unit: str
    rate: Decimal | None
    discount: str
    tax: str
    amount: Decimal | None


@dataclass(frozen=True)
class Entry:
    """A line of the history."""

    who: str
    text: str
    at: datetime | None
    when: str
    is_comment: bool


def at_once(document: Document) -> dict[str, Any]:
    """From the mirror; no call."""
    rows = list(document.actions.exclude(op=Op.COMMENT, state=Action.State.DONE).order_by("-created_at")[:5])
    # Read after the actions: where one is shown as done, its effect is shown too.
    document.refresh_from_db(fields=["state", "status", "balance", "total", "due_date", "warnings", "number"])
    under_way = [row for row in rows if row.state in Action.UNDER_WAY]
    children = document.made.filter(state__in=(*Document.OPEN, Document.State.STANDS)).order_by("created_at")
    return {
        "document": document,
        "is_gone": document.state == Document.State.GONE,
        "under_way": under_way,
        "in_doubt": [row for row in rows if row.state == Action.State.UNCONFIRMED],
        "refused": next((row for row in rows[:1] if row.state == Action.State.REFUSED), None),
        "children": list(children),
        "parent": document.source,
        "ops": allowed(document),
        "conversions": conversions_of(document),
        "labels": LABELS,
        "books_url": books_url(document),
    }


def allowed(document: Document) -> tuple[str, ...]:
    by_status = _ALLOWED[document.kind]
    return tuple(str(op) for op in by_status.get(document.status, by_status["*"]))


def conversions_of(document: Document) -> tuple[str, ...]:
    """Kinds it may become; sales orders are not in Zoho Invoice."""
    if document.status not in _CONVERTIBLE[document.kind]:
        return ()
    kinds = feeds.kinds_of(document.installation)
    return tuple(kind for kind in conversions.TARGETS[document.kind] if kind in kinds)


def books_url(document: Document) -> str:
    """Where a person opens it in Books' own pages."""
    centre = connections.data_centre(document.installation)
    base = centre.invoice_url if document.installation.product == "invoice" else centre.books_url
    collection = {"invoice": "invoices", "estimate": "quotes", "salesorder": "salesorders"}[document.kind]
    return f"{base}/app/{document.installation.books_org_id}#/{collection}/{document.books_id}"


def from_books(document: Document) -> dict[str, Any] | None:
    """Two calls: the detail and its history. None, and gone from the mirror, when Books does not have it."""
    with clients.books(document.installation) as books:
        row = actions.reread(document, books)
        if row is None:
            return None
        history = books.comments(bodies.COLLECTIONS[document.kind], document.books_id or "")
    return {
        **at_once(document),
        "lines": [_line(one) for one in row.get("line_items") or [] if isinstance(one, dict)],
        "sums": _sums(row),
        "recipients": _recipients(row),
        "notes": str(row.get("notes") or ""),
        "terms": str(row.get("terms") or ""),
        "history": [_entry(one) for one in history],
        "paid": decimal(row.get("payment_made")),
    }


def _line(row: Row) -> ShownLine:
    discount = row.get("discount")
    shown = str(discount) if isinstance(discount, str) and discount.strip() not in ("", "0") else ""
    if not shown and decimal(discount):
        shown = format(decimal(discount) or drafts.ZERO, "f")
    return ShownLine(
        name=str(row.get("name") or ""),
        description=str(row.get("description") or ""),
        quantity=decimal(row.get("quantity")),
        unit=str(row.get("unit") or ""),
        rate=decimal(row.get("rate")),
        discount=shown,
        tax=str(row.get("tax_name") or ""),
        amount=decimal(row.get("item_total")),
    )


def _sums(row: Row) -> list[tuple[str, Decimal]]:
    """Label and amount, in Books' own figures; amounts of zero that nobody asked about are left out."""
    found: list[tuple[str, Decimal | None]] = [(str(_("Subtotal")), decimal(row.get("sub_total")))]
    discount = decimal(row.get("discount_total")) or decimal(row.get("discount_amount"))
    if discount:
        found.append((str(_("Discount")), -discount))
    taxes = [one for one in row.get("taxes") or [] if isinstance(one, dict)]
    found += [(str(one.get("tax_name") or _("Tax")), decimal(one.get("tax_amount"))) for one in taxes]
    for label, name in ((_("Shipping"), "shipping_charge"), (_("Adjustment"), "adjustment")):
        if decimal(row.get(name)):
            found.append((str(label), decimal(row.get(name))))
    return [(label, amount) for label, amount in found if amount is not None]


def _recipients(row: Row) -> list[str]:
    people = row.get("contact_persons_details") or row.get("contact_persons_associated") or []
    names = []
    for one in people:
        if isinstance(one, dict):
            name = " ".join(str(one.get(part) or "") for part in ("first_name", "last_name")).strip()
            email = str(one.get("email") or one.get("contact_person_email") or "")
            names.append(" ".join(part for part in (name, f"<{email}>" if email else "") if part))
    return [name for name in names if name]


def _entry(row: Row) -> Entry:
    at = parse_time_or_none(row.get("date_with_time")) or parse_time_or_none(row.get("created_time"))
    return Entry(
        who=str(row.get("commented_by") or ""),
        text=str(row.get("description") or ""),
        at=at,
        when=f"{row.get('date') or ''} {row.get('time') or ''}".strip(),
        is_comment=row.get("comment_type") not in ("system", None),
    )


def decide(action: Action, *, again: bool) -> bool:
    return actions.again(action) if again else actions.drop(action)
