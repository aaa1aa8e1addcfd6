"""From estimate to invoice or order, from order to invoice, with Books' own traps (books-api.md 5.6)."""

from __future__ import annotations

import copy

from sandbox.books import documents, errors, intake, statuses, taxation, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Line

CARRIED = (
    "reference_number",
    "discount",
    "discount_is_percent",
    "discount_before_tax",
    "discount_type",
    "inclusive",
    "reverse_charge",
    "shipping_charge",
    "adjustment",
    "adjustment_description",
    "exchange_rate",
    "salesperson_name",
    "terms",
)


def link_estimate(org: BooksOrg, document: Document, estimate_id: str, user_id: str) -> None:
    """Sets `estimate_id` on an invoice or order; an invoice makes its estimate `invoiced` (books-api.md 5.2)."""
    estimate = org.documents["estimate"].get(estimate_id)
    if estimate is None or estimate.customer_id != document.customer_id:
        raise errors.invalid_value("invoiced_estimate_id" if document.kind == "invoice" else "estimate_id")
    document.estimate_id = estimate_id
    documents.store(org, document)
    linked = estimate.invoice_ids if document.kind == "invoice" else estimate.salesorder_ids
    if document.document_id not in linked:
        linked.append(document.document_id)
    if document.kind == "invoice":
        estimate.state = "invoiced"
    estimate.modified = org.now()
    documents.store(org, estimate)
    documents.note(org, estimate, user_id, "converted", f"Quote converted to {document.number}")


def link_order(org: BooksOrg, invoice: Document) -> None:
    """An invoice line with `salesorder_item_id` belongs to that line's order."""
    wanted = {line.salesorder_item_id for line in invoice.lines if line.salesorder_item_id}
    if not wanted:
        return
    for order in org.documents["salesorder"].find("customer", invoice.customer_id):
        if wanted & {line.line_item_id for line in order.lines}:
            invoice.salesorder_id = order.document_id
            documents.store(org, invoice)
            return
    raise errors.invalid_value("salesorder_item_id")


def check_order_lines(org: BooksOrg, given: intake.Body) -> None:
    """Refuses unknown order lines before an invoice is stored."""
    wanted = {
        intake.id_text(entry.get("salesorder_item_id"), "salesorder_item_id")
        for entry in intake.objects_in(given, "line_items")
    } - {""}
    if not wanted:
        return
    customer_id = intake.id_text(given.get("customer_id"), "customer_id")
    orders = org.documents["salesorder"].find("customer", customer_id)
    known = {line.line_item_id for order in orders for line in order.lines}
    if not wanted <= known:
        raise errors.invalid_value("salesorder_item_id")


def invoices_from_estimates(org: BooksOrg, estimate_ids: list[str], user_id: str) -> list[Document]:
    """Not idempotent: each call bills again. A draft or a declined one refuses the whole call."""
    estimates = [org.document("estimate", estimate_id) for estimate_id in estimate_ids]
    if any(one.state in ("draft", "pending_approval", "approved", "declined") for one in estimates):
        raise errors.BooksError(400, 1002, "Some of the quotes cannot be converted to Invoices.")
    made: list[Document] = []
    for estimate in estimates:
        invoice = _copied(org, estimate, user_id)
        for line, source in zip(invoice.lines, estimate.lines, strict=True):
            line.estimate_item_id = source.line_item_id
        documents.store(org, invoice)
        link_estimate(org, invoice, estimate.document_id, user_id)
        made.append(invoice)
    return made


def invoice_from_order(org: BooksOrg, order: Document, user_id: str) -> Document:
    if order.state != "open":
        raise errors.BooksError(400, 36005, "Only open sales orders can be converted to invoices.")
    if org.switch("books_order_billed_again") == "refuse" and statuses.shown(org, order, org.today()) == "invoiced":
        raise errors.BooksError(400, 36005, "The sales order has been invoiced already.")
    invoice = _copied(org, order, user_id)
    for line, source in zip(invoice.lines, order.lines, strict=True):
        line.salesorder_item_id = source.line_item_id
    invoice.salesorder_id = order.document_id
    invoice.estimate_id = ""
    documents.store(org, invoice)
    documents.note(org, order, user_id, "converted", f"Invoice {invoice.number} created")
    return invoice


def _copied(org: BooksOrg, source: Document, user_id: str) -> Document:
    customer = org.contact(source.customer_id)
    now = org.now()
    today = org.today()
    fresh = Document(
        document_id=org.new_id(),
        kind="invoice",
        number=org.next_number("invoice"),
        customer_id=source.customer_id,
        currency_id=source.currency_id,
        date=today,
        billing=copy.copy(source.billing),
        shipping=copy.copy(source.shipping),
        notes=org.notes_default,
        payment_terms=customer.payment_terms,
        payment_terms_label=customer.payment_terms_label,
        due_date=times.days_after(today, customer.payment_terms),
        person_ids=list(source.person_ids),
        created=now,
        modified=now,
        created_by=user_id,
        modified_by=user_id,
    )
    for name in CARRIED:
        setattr(fresh, name, getattr(source, name))
    if source.extra.get("zcrm_potential_id"):
        fresh.extra["zcrm_potential_id"] = source.extra["zcrm_potential_id"]
    fresh.lines = [_copied_line(org, line) for line in source.lines]
    taxation.sum_up(org, fresh)
    documents.note(org, fresh, user_id, "created", f"Invoice created for {documents.amount_words(org, fresh)}")
    return fresh


def _copied_line(org: BooksOrg, line: Line) -> Line:
    fresh = copy.deepcopy(line)
    fresh.line_item_id = org.new_id()
    fresh.salesorder_item_id = fresh.estimate_item_id = ""
    return fresh


def map_with_order(org: BooksOrg, order: Document, invoices: list[Document]) -> None:
    """`POST /invoices/mapwithorder`: bills lines of equal items."""
    if any(invoice.customer_id != order.customer_id for invoice in invoices):
        raise errors.invalid_value("invoice_ids")
    for invoice in invoices:
        invoice.salesorder_id = order.document_id
        for line in invoice.lines:
            match = next((one for one in order.lines if one.item_id and one.item_id == line.item_id), None)
            line.salesorder_item_id = match.line_item_id if match else line.salesorder_item_id
        documents.store(org, invoice)
