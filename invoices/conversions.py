"""From estimate to sales order or invoice, from sales order to invoice: safe to press twice.

Books' own conversions repeat when asked again (books-api.md 5.6), so the source is read first, and its row is the
intent: at most one conversion of it to a kind is open.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member
from invoices import bodies, offers, queue
from invoices.drafts import Draft
from invoices.models import Document
from zoho.books import Books, Row
from zoho.errors import Rejected

State = Document.State
TARGETS = {"estimate": ("salesorder", "invoice"), "salesorder": ("invoice",), "invoice": ()}
# The list of a source's detail that names what was made of it, and the key of the id in it.
_CHILDREN = {
    ("estimate", "invoice"): ("invoice_ids", "invoice_id"),
    ("estimate", "salesorder"): ("salesorders", "salesorder_id"),
    ("salesorder", "invoice"): ("invoices", "invoice_id"),
}
_ESTIMATE_STATUSES = ("sent", "accepted", "viewed", "expired", "invoiced")
_ORDER_STATUSES = ("open", "overdue", "partially_invoiced", "confirmed")


def begin(source: Document, kind: str, member: Member | None, who: str) -> Document:
    """Queues a conversion, or gives the one that is under way or done. `kind` is one of TARGETS[source.kind]."""
    done = source.made.filter(kind=kind, state=State.STANDS).exclude(status="void").order_by("-created_at").first()
    if done:
        return done
    held = source.made.filter(kind=kind, state__in=Document.OPEN).first()
    if held:
        _again(held)
        return held
    try:
        with transaction.atomic():
            made = _queued(source, kind, member, who)
    except IntegrityError:
        return source.made.get(kind=kind, state__in=Document.OPEN)
    queue.later("create", made.pk)
    return made


def _queued(source: Document, kind: str, member: Member | None, who: str) -> Document:
    return Document.objects.create(
        installation=source.installation,
        kind=kind,
        member=member,
        made_by=who[:200],
        record_module=source.record_module,
        record_id=source.record_id,
        record_label=source.record_label,
        source=source,
        key=uuid.uuid4().hex,
        state=State.QUEUED,
        queued_at=timezone.now(),
        shown_total=source.total if source.kind == "estimate" else None,  # an order may be billed in part already
        customer_id=source.customer_id,
        customer_name=source.customer_name,
        currency=source.currency,
        payload={"draft": {"kind": kind, "customer_id": source.customer_id, "currency": source.currency}},
    )


def _again(held: Document) -> None:
    """A refused conversion is tried again when asked again; one under way goes on."""
    moved = Document.objects.filter(pk=held.pk, state=State.REFUSED).update(
        state=State.QUEUED, error="", queued_at=timezone.now(), looks=0
    )
    if moved:
        queue.later("create", held.pk)
        held.refresh_from_db()


def existing(document: Document, books: Books) -> Row | None:
    """What Books says was made of the source already, void ones aside. One call, one more for each child."""
    source = _source(document)
    row = _read(source, books)
    name, key = _CHILDREN[source.kind, document.kind]
    for child_id in _ids(row.get(name), key):
        child = books.document(bodies.COLLECTIONS[document.kind], child_id)
        if child and child.get("status") != "void":
            return child
    return None


def convert(document: Document, books: Books) -> Row:
    """The one call that makes it. Raises the errors of `zoho.errors`; Rejected too where Books would do what nobody
    wants, such as billing a declined estimate."""
    source = _source(document)
    row = _read(source, books)
    _check(source, str(row.get("status", "")), books)
    if source.kind == "salesorder":
        return books.invoice_from_salesorder(source.books_id or "")
    body = bodies.to_books(_copied(source, document, row), offers.offer_of(document.installation).known_taxes)
    link = "invoiced_estimate_id" if document.kind == "invoice" else "estimate_id"
    return books.create_document(bodies.COLLECTIONS[document.kind], {**body, link: source.books_id})


def _copied(source: Document, document: Document, row: Row) -> Draft:
    """The estimate's content under today's date; number, terms and template are the new kind's own."""
    draft = bodies.from_books(bodies.kind_of(source.kind), row, document.installation.books_currency)
    return replace(
        draft,
        kind=bodies.kind_of(document.kind),
        lines=tuple(replace(line, line_item_id="") for line in draft.lines),
        date=None,
        end_date=None,
        payment_terms=None,
        template_id="",
        custom={},
        notes="",
        terms="",
    )


def _check(source: Document, status: str, books: Books) -> None:
    if source.kind == "estimate" and status not in _ESTIMATE_STATUSES:
        if status == "draft":
            raise _refusal(books, _("Mark the estimate as sent or accepted first; Books bills no drafts."))
        raise _refusal(books, _("An estimate that is %(status)s cannot be converted.") % {"status": status})
    if source.kind == "salesorder" and status not in _ORDER_STATUSES:
        if status == "draft":
            raise _refusal(books, _("Confirm the sales order first; Books bills no drafts."))
        raise _refusal(books, _("A sales order that is %(status)s cannot be converted.") % {"status": status})


def _source(document: Document) -> Document:
    if document.source is None:
        raise ValueError("not a conversion")
    return document.source


def _read(source: Document, books: Books) -> Row:
    row = books.document(bodies.COLLECTIONS[source.kind], source.books_id or "")
    if row is None:
        raise Rejected(_("It is not in Books any more."), product=books.product, code="1002")
    return row


def _ids(value: Any, key: str) -> list[str]:
    if not isinstance(value, list):
        return []
    return [str(one.get(key, "")) if isinstance(one, dict) else str(one) for one in value if one]


def _refusal(books: Books, reason: str) -> Rejected:
    return Rejected(reason, product=books.product, code="not_convertible")
