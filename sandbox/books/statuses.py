"""Statuses of documents: what they show on a day, and which changes of state are allowed (books-api.md 5.4)."""

from __future__ import annotations

from decimal import Decimal

from sandbox.books import documents, errors, intake
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Line
from sandbox.books.specs import SPECS

FORMATTED = {
    "draft": "Draft",
    "pending_approval": "Pending Approval",
    "approved": "Approved",
    "sent": "Sent",
    "viewed": "Viewed",
    "overdue": "Overdue",
    "partially_paid": "Partially Paid",
    "paid": "Paid",
    "void": "Void",
    "accepted": "Accepted",
    "declined": "Declined",
    "invoiced": "Invoiced",
    "expired": "Expired",
    "open": "Open",
    "partially_invoiced": "Partially Invoiced",
}


def shown(org: BooksOrg, document: Document, today: str) -> str:
    if document.kind == "invoice":
        return _invoice_status(document, today)
    if document.kind == "estimate":
        expired = document.state == "sent" and document.expiry_date and document.expiry_date < today
        return "expired" if expired else document.state
    return _order_status(org, document, today)


def _invoice_status(document: Document, today: str) -> str:
    if document.state != "sent":
        return document.state
    if document.balance <= 0:
        return "paid"
    if document.due_date < today:
        return "overdue"
    if document.paid:
        return "partially_paid"
    return "viewed" if document.viewed else "sent"


def _order_status(org: BooksOrg, document: Document, today: str) -> str:
    if document.state != "open":
        return document.state
    invoiced = [invoiced_quantity(org, document, line) for line in document.lines]
    if document.lines and all(done >= line.quantity for done, line in zip(invoiced, document.lines, strict=True)):
        return "invoiced"
    if any(invoiced):
        return "partially_invoiced"
    return "overdue" if document.shipment_date and document.shipment_date < today else "open"


def invoiced_quantity(org: BooksOrg, order: Document, line: Line) -> Decimal:
    """How much of an order's line its invoices bill; void ones bill nothing."""
    invoices = org.documents["invoice"].find("salesorder", order.document_id)
    return sum(
        (
            one.quantity
            for invoice in invoices
            if invoice.state != "void"
            for one in invoice.lines
            if one.salesorder_item_id == line.line_item_id
        ),
        Decimal(0),
    )


def _move(org: BooksOrg, document: Document, state: str, user_id: str) -> None:
    document.state = state
    document.modified, document.modified_by = org.now(), user_id
    documents.store(org, document)
    spoken = SPECS[document.kind].spoken
    documents.note(org, document, user_id, state, f"{spoken} marked as {FORMATTED[state].lower()}")


def _refuse(document: Document, words: str) -> errors.BooksError:
    return errors.BooksError(400, 4, f"{SPECS[document.kind].spoken} {document.number} {words}")


def check_approved(org: BooksOrg, document: Document) -> None:
    """With approvals on, only an approved document goes out (switch `books_approval`)."""
    if org.switch("books_approval") == "on" and document.state in ("draft", "pending_approval"):
        raise _refuse(document, "has not been approved yet.")


def mark_sent(org: BooksOrg, document: Document, user_id: str) -> None:
    """Anything after draft succeeds without a change; a void invoice is rejected."""
    if document.state == "void":
        raise _refuse(document, "is void and cannot be marked as sent.")
    check_approved(org, document)
    if document.state in ("draft", "approved"):
        _move(org, document, "sent", user_id)


def emailed(org: BooksOrg, document: Document, user_id: str) -> None:
    """Mailing a document marks it sent (books-api.md 5.5); an order becomes open."""
    check_approved(org, document)
    if document.state in ("draft", "approved"):
        _move(org, document, "open" if document.kind == "salesorder" else "sent", user_id)


def mark_void(org: BooksOrg, document: Document, user_id: str, reason: str = "") -> None:
    """A repeat is a success. Payments of an invoice are unlinked; an order that is invoiced is refused."""
    if document.state == "void":
        return
    if document.kind == "salesorder" and org.documents["invoice"].find("salesorder", document.document_id):
        raise _refuse(document, "has been invoiced and cannot be voided.")
    for payment in org.payments.find("invoice", document.document_id):
        payment.applied = [part for part in payment.applied if part.invoice_id != document.document_id]
        org.payments.changed(payment.payment_id)
    for note in org.credit_notes.values():
        note.applied = [part for part in note.applied if part.invoice_id != document.document_id]
    document.paid, document.credits_applied = Decimal(0), Decimal(0)
    document.last_payment, document.void_reason = "", reason
    _move(org, document, "void", user_id)


def mark_draft(org: BooksOrg, document: Document, user_id: str) -> None:
    """Only from void."""
    if document.state != "void":
        raise _refuse(document, "is not void.")
    _move(org, document, "draft", user_id)


def mark_open(org: BooksOrg, document: Document, user_id: str) -> None:
    if document.state == "open":
        return
    if document.state == "void":
        raise _refuse(document, "is void and cannot be opened.")
    check_approved(org, document)
    _move(org, document, "open", user_id)


def answer_estimate(org: BooksOrg, document: Document, state: str, user_id: str) -> None:
    """Accepted or declined: never from draft, and a repeat is an error (books-api.md 5.4)."""
    today = org.today()
    if document.state in ("draft", "pending_approval", "approved"):
        raise _refuse(document, "is a draft: mark it as sent first.")
    if document.state in (state, "invoiced"):
        raise _refuse(document, f"is already {FORMATTED[document.state].lower()}.")
    document.accepted_date = today if state == "accepted" else ""
    document.declined_date = today if state == "declined" else ""
    _move(org, document, state, user_id)


def submit(org: BooksOrg, document: Document, user_id: str) -> None:
    if document.state != "draft":
        raise _refuse(document, "is not a draft.")
    _move(org, document, "pending_approval", user_id)


def approve(org: BooksOrg, document: Document, user_id: str) -> None:
    if document.state != "pending_approval":
        raise _refuse(document, "has not been submitted for approval.")
    _move(org, document, "approved", user_id)


def write_off(org: BooksOrg, document: Document, user_id: str) -> None:
    if document.state != "sent" or document.balance <= 0:
        raise _refuse(document, "has nothing to write off.")
    document.write_off = document.balance
    _move(org, document, "sent", user_id)


def cancel_write_off(org: BooksOrg, document: Document, user_id: str) -> None:
    if not document.write_off or document.state != "sent":
        raise _refuse(document, "has not been written off.")
    document.write_off = Decimal(0)
    _move(org, document, "sent", user_id)


def set_sub_status(org: BooksOrg, document: Document, code: str, user_id: str) -> None:
    if len(code) > 100 or not code.startswith("cs_"):
        raise errors.invalid_value("status_code")
    document.sub_status = code
    document.modified, document.modified_by = org.now(), user_id
    documents.store(org, document)


def viewed_by_customer(org: BooksOrg, document: Document) -> None:
    """A customer's look: it stands in the history, with its time (books-api.md 5.5)."""
    document.viewed = org.now()
    documents.store(org, document)
    documents.note(org, document, "", "viewed", f"{SPECS[document.kind].spoken} viewed by the customer")


def delete(org: BooksOrg, document: Document) -> None:
    if document.kind == "invoice" and document.paid:
        raise errors.BooksError(400, 4001, "Invoices that have payments recorded cannot be deleted.")
    if document.kind == "invoice" and document.credits_applied:
        raise errors.BooksError(400, 12008, "Invoices with credits applied cannot be deleted.")
    if document.kind == "salesorder" and org.documents["invoice"].find("salesorder", document.document_id):
        raise errors.BooksError(400, 36, "Sales orders that have been invoiced cannot be deleted.")
    org.documents[document.kind].remove(document.document_id)
    _unlink(org, document)
    for kind in ("invoice", "salesorder") if document.kind == "estimate" else ():
        for one in org.documents[kind].find("estimate", document.document_id):
            one.estimate_id = ""
            org.documents[kind].changed(one.document_id)
    documents.recount(org, document.customer_id)


def _unlink(org: BooksOrg, document: Document) -> None:
    """An estimate forgets an invoice or order that is gone, and can be billed again."""
    if not document.estimate_id:
        return
    estimate = org.documents["estimate"].get(document.estimate_id)
    if estimate is None:
        return
    kept = [one for one in estimate.invoice_ids if one != document.document_id]
    if estimate.state == "invoiced" and estimate.invoice_ids and not kept:
        estimate.state = "accepted" if estimate.accepted_date else "sent"
    estimate.invoice_ids = kept
    estimate.salesorder_ids = [one for one in estimate.salesorder_ids if one != document.document_id]
    org.documents["estimate"].changed(estimate.document_id)


def reason_of(given: intake.Body) -> str:
    return intake.text(given, "reason", 500)
