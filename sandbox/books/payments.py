"""Customer payments, as far as the statuses of invoices need them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.books import documents, errors, intake, money, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Applied, Document, Payment


def create(org: BooksOrg, given: intake.Body, user_id: str) -> Payment:
    """`invoices: [{invoice_id, amount_applied}]`; a draft that is paid becomes sent."""
    customer = documents.customer_for(org, given)
    amount = money.positive_number(given.get("amount"), "amount")
    if not amount:
        raise errors.invalid_value("amount")
    parts = _parts(org, customer.contact_id, given)
    if sum((part.amount for part in parts), money.ZERO) > amount:
        raise errors.BooksError(400, 24016, "The amount applied to the invoices is more than the payment.")
    payment = Payment(
        payment_id=org.new_id(),
        customer_id=customer.contact_id,
        number=org.next_number("payment"),
        date=times.parse_day(given.get("date") or org.today(), "date"),
        amount=amount,
        mode=intake.text(given, "payment_mode", 100) or "banktransfer",
        reference_number=intake.text(given, "reference_number", 100),
        description=intake.text(given, "description", 2000),
        exchange_rate=org.currency(customer.currency_id).exchange_rate,
        applied=parts,
        created=org.now(),
        modified=org.now(),
    )
    org.payments.add(payment.payment_id, payment)
    for part in parts:
        settle(org, part.invoice_id, user_id)
    documents.recount(org, customer.contact_id)
    return payment


def _parts(org: BooksOrg, customer_id: str, given: intake.Body) -> list[Applied]:
    parts: list[Applied] = []
    for entry in intake.objects_in(given, "invoices", 200):
        invoice = org.document("invoice", intake.id_text(entry.get("invoice_id"), "invoice_id"))
        part = money.positive_number(entry.get("amount_applied"), "amount_applied")
        if not part:
            raise errors.invalid_value("amount_applied")
        already = sum((one.amount for one in parts if one.invoice_id == invoice.document_id), money.ZERO)
        if invoice.customer_id != customer_id or invoice.state == "void":
            raise errors.invalid_value("invoice_id")
        if part + already > invoice.balance:
            raise errors.BooksError(400, 24016, "The amount applied is more than the balance of the invoice.")
        parts.append(Applied(org.new_id(), invoice.document_id, part))
    return parts


def settle(org: BooksOrg, invoice_id: str, user_id: str) -> None:
    """Brings an invoice's paid amount up to date; its time moves, its customer's does not."""
    invoice = org.documents["invoice"].get(invoice_id)
    if invoice is None:
        return
    payments = org.payments.find("invoice", invoice_id)
    parts = [(one.date, part.amount) for one in payments for part in one.applied if part.invoice_id == invoice_id]
    before = invoice.paid
    invoice.paid = sum((amount for _day, amount in parts), Decimal(0))
    invoice.last_payment = max((day for day, _amount in parts), default="")
    notes = org.credit_notes.values()
    applied = [part.amount for note in notes for part in note.applied if part.invoice_id == invoice_id]
    invoice.credits_applied = sum(applied, Decimal(0))
    if (invoice.paid or invoice.credits_applied) and invoice.state in ("draft", "approved"):
        invoice.state = "sent"
    invoice.modified = org.now()
    documents.store(org, invoice)
    if invoice.paid != before:
        currency = org.currency(invoice.currency_id)
        words = f"{currency.symbol}{money.rounded(abs(invoice.paid - before), currency.price_precision):,}"
        verb = "received and applied" if invoice.paid > before else "removed"
        documents.note(org, invoice, user_id, "payment", f"Payment of {words} {verb}")


def delete(org: BooksOrg, payment: Payment, user_id: str) -> None:
    org.payments.remove(payment.payment_id)
    for part in payment.applied:
        settle(org, part.invoice_id, user_id)
    documents.recount(org, payment.customer_id)


def unapply(org: BooksOrg, invoice: Document, invoice_payment_id: str, user_id: str) -> None:
    """`DELETE /invoices/{id}/payments/{invoice_payment_id}`: the amount stays with the customer as a credit."""
    for payment in org.payments.find("invoice", invoice.document_id):
        kept = [part for part in payment.applied if part.invoice_payment_id != invoice_payment_id]
        if len(kept) == len(payment.applied):
            continue
        payment.applied = kept
        org.payments.changed(payment.payment_id)
        settle(org, invoice.document_id, user_id)
        documents.recount(org, payment.customer_id)
        return
    raise errors.does_not_exist("Payment")


def payment_of(org: BooksOrg, payment_id: str) -> Payment:
    payment = org.payments.get(payment_id)
    if payment is None:
        raise errors.does_not_exist("Payment")
    return payment


def row(org: BooksOrg, payment: Payment) -> dict[str, Any]:
    customer = org.contacts.get(payment.customer_id)
    currency = org.currency(customer.currency_id if customer else "")
    numbers = [org.documents["invoice"].records[part.invoice_id].number for part in payment.applied]
    return {
        "payment_id": payment.payment_id,
        "payment_number": payment.number,
        "invoice_numbers": ", ".join(numbers),
        "customer_id": payment.customer_id,
        "customer_name": org.customer_name(payment.customer_id),
        "payment_mode": payment.mode,
        "date": payment.date,
        "amount": money.shown(payment.amount),
        "bcy_amount": money.shown(
            money.rounded(payment.amount * payment.exchange_rate, org.base_currency.price_precision)
        ),
        "unused_amount": money.shown(payment.unused),
        "reference_number": payment.reference_number,
        "description": payment.description,
        "currency_code": currency.code,
        "currency_symbol": currency.symbol,
        "exchange_rate": money.shown(payment.exchange_rate),
        "created_time": org.stamp(payment.created),
        "last_modified_time": org.stamp(payment.modified),
        "custom_fields": [],
    }


def detail(org: BooksOrg, payment: Payment) -> dict[str, Any]:
    return {**row(org, payment), "invoices": [_applied_row(org, part) for part in payment.applied], "comments": []}


def _applied_row(org: BooksOrg, part: Applied) -> dict[str, Any]:
    invoice = org.documents["invoice"].records[part.invoice_id]
    return {
        "invoice_payment_id": part.invoice_payment_id,
        "invoice_id": part.invoice_id,
        "invoice_number": invoice.number,
        "invoice_amount": money.shown(invoice.totals.total),
        "amount_applied": money.shown(part.amount),
        "balance_amount": money.shown(invoice.balance),
        "date": invoice.date,
    }


def of_invoice(org: BooksOrg, invoice: Document) -> list[dict[str, Any]]:
    """Rows of `GET /invoices/{id}/payments`."""
    return [
        {
            "payment_id": payment.payment_id,
            "payment_number": payment.number,
            "invoice_id": invoice.document_id,
            "invoice_payment_id": part.invoice_payment_id,
            "payment_mode": payment.mode,
            "description": payment.description,
            "date": payment.date,
            "reference_number": payment.reference_number,
            "exchange_rate": money.shown(payment.exchange_rate),
            "amount": money.shown(part.amount),
            "tax_amount_withheld": 0,
            "is_single_invoice_payment": len(payment.applied) == 1,
        }
        for payment in org.payments.find("invoice", invoice.document_id)
        for part in payment.applied
        if part.invoice_id == invoice.document_id
    ]
