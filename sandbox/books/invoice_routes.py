"""Routes that only invoices have: conversions, payments, credit_notes, reminders, write-off."""

from __future__ import annotations

from sandbox.books import (
    conversions,
    credit_notes,
    document_rows,
    documents,
    envelope,
    errors,
    intake,
    mailing,
    payments,
    times,
)
from sandbox.books.document_routes import document_of, no_empty_object
from sandbox.books.organization import BooksOrg
from sandbox.core import Reply, Request


def from_estimates(request: Request) -> Reply:
    """Answers without the new id; a refusal comes in one of two shapes (switch `books_fromestimates_refusal`)."""
    org: BooksOrg = request.org
    ids = intake.id_list(request, "estimate_ids")
    try:
        conversions.invoices_from_estimates(org, ids, request.user.user_id)
    except errors.BooksError as refusal:
        if refusal.code != 1002 or org.switch("books_fromestimates_refusal") == "error":
            raise
        return envelope.success(data={"code": 1002, "ids": ids, "message": refusal.message})
    return envelope.success(data={})


def from_salesorder(request: Request) -> Reply:
    if request.product == "invoice":
        raise errors.invalid_url()
    no_empty_object(request)
    org: BooksOrg = request.org
    order = org.document("salesorder", intake.id_list(request, "salesorder_id")[0])
    invoice = conversions.invoice_from_order(org, order, request.user.user_id)
    return envelope.created(
        "The invoice has been created.",
        "invoices",
        invoice.document_id,
        invoice=document_rows.detail(org, invoice),
    )


def map_with_order(request: Request) -> Reply:
    org: BooksOrg = request.org
    given = intake.body(request)
    order_id = request.query.get("salesorder_id") or intake.id_text(given.get("salesorder_id"), "salesorder_id")
    order = org.document("salesorder", order_id)
    invoices = [org.document("invoice", one) for one in intake.texts_in(given, "invoice_ids")]
    if not invoices:
        raise errors.invalid_value("invoice_ids")
    conversions.map_with_order(org, order, invoices)
    return envelope.success("Invoices have been associated with the sales order.")


def list_payments(request: Request) -> Reply:
    return envelope.success(payments=payments.of_invoice(request.org, document_of(request, "invoice")))


def delete_payment(request: Request) -> Reply:
    invoice = document_of(request, "invoice")
    payments.unapply(request.org, invoice, request.params["invoice_payment_id"], request.user.user_id)
    return envelope.success("The payment has been deleted.")


def list_credits(request: Request) -> Reply:
    return envelope.success(credits=credit_notes.of_invoice(request.org, document_of(request, "invoice")))


def apply_credits(request: Request) -> Reply:
    invoice = document_of(request, "invoice")
    credit_notes.apply(request.org, invoice, intake.body(request), request.user.user_id)
    return envelope.success("Credits have been applied to the invoice(s).")


def delete_credit(request: Request) -> Reply:
    invoice = document_of(request, "invoice")
    credit_notes.remove(request.org, invoice, request.params["creditnotes_invoice_id"], request.user.user_id)
    return envelope.success("Credits applied to an invoice have been deleted.")


def get_reminder(request: Request) -> Reply:
    invoice = document_of(request, "invoice")
    data = mailing.content(request.org, invoice)
    return envelope.success(data={**data, "subject": f"Payment of {invoice.number} is due"})


def send_reminder(request: Request) -> Reply:
    mailing.remind(request.org, document_of(request, "invoice"), intake.optional_body(request), request.user.user_id)
    return envelope.success("Your payment reminder has been sent.")


def send_reminders(request: Request) -> Reply:
    org: BooksOrg = request.org
    invoices = [org.document("invoice", one) for one in intake.id_list(request, "invoice_ids", most=10)]
    given = intake.optional_body(request)
    for invoice in invoices:
        mailing.check_reminder(invoice)
    for invoice in invoices:
        mailing.remind(org, invoice, given, request.user.user_id)
    return envelope.created("Payment reminders have been sent.", "invoices", invoices[0].document_id, info={})


def enable_reminders(request: Request) -> Reply:
    return _reminders(request, on=True)


def disable_reminders(request: Request) -> Reply:
    return _reminders(request, on=False)


def _reminders(request: Request, *, on: bool) -> Reply:
    org: BooksOrg = request.org
    invoice = document_of(request, "invoice")
    invoice.reminders = on
    documents.store(org, invoice)
    return envelope.success(f"Reminders {'enabled' if on else 'stopped'}.")


def create_payment(request: Request) -> Reply:
    org: BooksOrg = request.org
    payment = payments.create(org, intake.body(request), request.user.user_id)
    return envelope.created(
        "The payment from the customer has been recorded",
        "customerpayments",
        payment.payment_id,
        payment=payments.detail(org, payment),
    )


def get_payment(request: Request) -> Reply:
    org: BooksOrg = request.org
    return envelope.success(payment=payments.detail(org, payments.payment_of(org, request.params["payment_id"])))


def remove_payment(request: Request) -> Reply:
    org: BooksOrg = request.org
    payments.delete(org, payments.payment_of(org, request.params["payment_id"]), request.user.user_id)
    return envelope.success("The payment has been deleted.")


def share_link(request: Request) -> Reply:
    """`GET /share/paymentlink` (books-api.md 5.5). Raises code 2 for anything but an invoice of this organisation."""
    org: BooksOrg = request.org
    if request.query.get("transaction_type", "invoice") != "invoice":
        raise errors.invalid_value("transaction_type")
    if request.query.get("link_type", "private").lower() not in ("private", "public"):
        raise errors.invalid_value("link_type")
    if request.query.get("expiry_time"):
        times.parse_day(request.query["expiry_time"], "expiry_time")
    invoice = org.document("invoice", request.query.get("transaction_id", ""))
    link = f"{document_rows.share_url(org, invoice)}&expires={request.query.get('expiry_time', '')}"
    return envelope.success(data={"share_link": link})
