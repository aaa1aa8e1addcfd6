"""Credit notes and unused payments, only as far as they lock invoices (codes 3009 and 12008, books-api.md 5.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.books import documents, errors, intake, money, payments, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Applied, CreditNote, Document


def create(org: BooksOrg, given: intake.Body) -> CreditNote:
    """Lines of `{name, rate, quantity}`; no taxes."""
    customer = documents.customer_for(org, given)
    entries = intake.objects_in(given, "line_items", 200)
    if not entries:
        raise errors.BooksError(400, 4016, "Please add at least one line item.")
    places = org.currency(customer.currency_id).price_precision
    total = money.ZERO
    for entry in entries:
        rate = money.positive_number(entry.get("rate"), "rate")
        total += money.rounded(rate * money.positive_number(entry.get("quantity", 1), "quantity"), places)
    if total > money.LARGEST:
        raise errors.invalid_value("rate")
    day = times.parse_day(given.get("date") or org.today(), "date")
    note = CreditNote(org.new_id(), f"CN-{len(org.credit_notes) + 1:05d}", customer.contact_id, day, total)
    org.credit_notes[note.creditnote_id] = note
    documents.recount(org, customer.contact_id)
    return note


def note_of(org: BooksOrg, creditnote_id: str) -> CreditNote:
    note = org.credit_notes.get(creditnote_id)
    if note is None:
        raise errors.does_not_exist("Credit note")
    return note


def row(org: BooksOrg, note: CreditNote) -> dict[str, Any]:
    return {
        "creditnote_id": note.creditnote_id,
        "creditnote_number": note.number,
        "status": "open" if note.balance > 0 else "closed",
        "customer_id": note.customer_id,
        "customer_name": org.customer_name(note.customer_id),
        "date": note.date,
        "total": money.shown(note.total),
        "balance": money.shown(note.balance),
    }


def apply(org: BooksOrg, invoice: Document, given: intake.Body, user_id: str) -> None:
    """`apply_creditnotes: [{creditnote_id, amount_applied}]` and `invoice_payments: [{payment_id, amount_applied}]`."""
    if invoice.state == "void":
        raise errors.BooksError(400, 4, "Credits cannot be applied to a void invoice.")
    notes = [
        (note_of(org, intake.id_text(entry.get("creditnote_id"), "creditnote_id")), _amount(entry))
        for entry in intake.objects_in(given, "apply_creditnotes", 200)
    ]
    parts = [
        (payments.payment_of(org, intake.id_text(entry.get("payment_id"), "payment_id")), _amount(entry))
        for entry in intake.objects_in(given, "invoice_payments", 200)
    ]
    _check(invoice, [(one.customer_id, one.creditnote_id, one.balance, amount) for one, amount in notes])
    _check(invoice, [(one.customer_id, one.payment_id, one.unused, amount) for one, amount in parts])
    if sum((amount for _one, amount in [*notes, *parts]), money.ZERO) > invoice.balance:
        raise errors.BooksError(400, 12009, "The credits are more than the balance of the invoice.")
    for note, amount in notes:
        note.applied.append(Applied(org.new_id(), invoice.document_id, amount))
    for payment, amount in parts:
        payment.applied.append(Applied(org.new_id(), invoice.document_id, amount))
        org.payments.changed(payment.payment_id)
    payments.settle(org, invoice.document_id, user_id)
    documents.recount(org, invoice.customer_id)


def _amount(entry: intake.Body) -> Decimal:
    amount = money.positive_number(entry.get("amount_applied"), "amount_applied")
    if not amount:
        raise errors.invalid_value("amount_applied")
    return amount


def _check(invoice: Document, wanted: list[tuple[str, str, Decimal, Decimal]]) -> None:
    asked: dict[str, Decimal] = {}
    for customer_id, source_id, left, amount in wanted:
        asked[source_id] = asked.get(source_id, money.ZERO) + amount
        if customer_id != invoice.customer_id or asked[source_id] > left:
            raise errors.invalid_value("amount_applied")


def parts_for(org: BooksOrg, invoice_id: str) -> list[tuple[CreditNote, Applied]]:
    return [
        (note, part) for note in org.credit_notes.values() for part in note.applied if part.invoice_id == invoice_id
    ]


def of_invoice(org: BooksOrg, invoice: Document) -> list[dict[str, Any]]:
    return [
        {
            "creditnote_id": note.creditnote_id,
            "creditnotes_invoice_id": part.invoice_payment_id,
            "creditnotes_number": note.number,
            "credited_date": note.date,
            "amount_applied": money.shown(part.amount),
        }
        for note, part in parts_for(org, invoice.document_id)
    ]


def remove(org: BooksOrg, invoice: Document, applied_id: str, user_id: str) -> None:
    for note, part in parts_for(org, invoice.document_id):
        if part.invoice_payment_id == applied_id:
            note.applied.remove(part)
            payments.settle(org, invoice.document_id, user_id)
            documents.recount(org, invoice.customer_id)
            return
    raise errors.does_not_exist("Credit")
