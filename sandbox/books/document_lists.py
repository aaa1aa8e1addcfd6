"""Listing documents: the rows of each kind, their filters and sort columns (books-api.md 5.1 and 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.books import contact_rows, custom, document_rows, intake, listing, money, statuses, times
from sandbox.books.listing import Listed, Wanted
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Kind
from sandbox.books.specs import SPECS
from sandbox.core import Reply, Request

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "invoice": (
        "customer_name",
        "date",
        "due_date",
        "total",
        "balance",
        "created_time",
        "last_modified_time",
        "reference_number",
    ),
    "estimate": (
        "customer_name",
        "date",
        "total",
        "created_time",
        "last_modified_time",
        "reference_number",
        "expiry_date",
    ),
    "salesorder": (
        "customer_name",
        "shipment_date",
        "last_modified_time",
        "reference_number",
        "total",
        "date",
        "created_time",
    ),
}
UNDOCUMENTED: dict[Kind, frozenset[str]] = {
    "invoice": frozenset({"reference_number"}),
    "estimate": frozenset({"last_modified_time", "reference_number", "expiry_date"}),
    "salesorder": frozenset(),
}
UNPAID = frozenset({"sent", "overdue", "partially_paid", "viewed"})
FILTER_STATUS: dict[Kind, dict[str, frozenset[str]]] = {
    "invoice": {
        "Status.Sent": frozenset({"sent"}),
        "Status.Draft": frozenset({"draft"}),
        "Status.OverDue": frozenset({"overdue"}),
        "Status.Paid": frozenset({"paid"}),
        "Status.Void": frozenset({"void"}),
        "Status.Unpaid": UNPAID,
        "Status.PartiallyPaid": frozenset({"partially_paid"}),
        "Status.Viewed": frozenset({"viewed"}),
    },
    "estimate": {
        "Status.Sent": frozenset({"sent"}),
        "Status.Draft": frozenset({"draft"}),
        "Status.Invoiced": frozenset({"invoiced"}),
        "Status.Accepted": frozenset({"accepted"}),
        "Status.Declined": frozenset({"declined"}),
        "Status.Expired": frozenset({"expired"}),
    },
    "salesorder": {
        "Status.Open": frozenset({"open"}),
        "Status.Draft": frozenset({"draft"}),
        "Status.OverDue": frozenset({"overdue"}),
        "Status.PartiallyInvoiced": frozenset({"partially_invoiced"}),
        "Status.Invoiced": frozenset({"invoiced"}),
        "Status.Void": frozenset({"void"}),
        "Status.Closed": frozenset({"invoiced"}),
    },
}
STATUS_WORDS: dict[Kind, frozenset[str]] = {
    "invoice": frozenset({"sent", "draft", "overdue", "paid", "void", "partially_paid", "viewed"}),
    "estimate": frozenset({"draft", "sent", "invoiced", "accepted", "declined", "expired"}),
    "salesorder": frozenset({"draft", "open", "invoiced", "partially_invoiced", "void", "overdue"}),
}


def listed(kind: Kind) -> Listed[Document]:
    spec = SPECS[kind]
    return Listed(
        key=spec.plural,
        report=spec.report,
        columns={**{name: name for name in COLUMNS[kind]}, spec.number_key: "number"},
        default_column="created_time",
        default_descending=True,
        undocumented_columns=UNDOCUMENTED[kind],
    )


def answer(request: Request, kind: Kind) -> Reply:
    org: BooksOrg = request.org
    make_row = {"invoice": invoice_row, "estimate": estimate_row, "salesorder": order_row}[kind]
    table = org.documents[kind]
    reply = listing.answer(request, table, listed(kind), _wanted(request, kind), lambda one: make_row(org, one))
    context = reply.body["page_context"]
    if kind == "invoice":
        context["seller_app_sales_channels"] = []
    if request.query.get("response_option") == "2":
        _count(request, kind, reply)
    return reply


def _count(request: Request, kind: Kind, reply: Reply) -> None:
    """`response_option=2` answers with the count of the rows instead of the rows (books-api.md 2.2)."""
    org: BooksOrg = request.org
    wanted = _wanted(request, kind)
    pool = wanted.candidates if wanted.candidates is not None else org.documents[kind].all()
    since = wanted.since or 0
    total = sum(1 for one in pool if one.modified >= since and all(test(one) for test in wanted.tests))
    reply.body["page_context"]["total"] = total
    reply.body["page_context"]["response_option"] = 2
    reply.body[SPECS[kind].plural] = []


def _wanted(request: Request, kind: Kind) -> Wanted[Document]:
    org: BooksOrg = request.org
    exact = org.switch("books_reference_number_filter") == "exact"
    wanted: Wanted[Document] = Wanted(tests=listing.text_tests(request, org, _readers(org, kind, exact=exact)))
    for name, read in _days(org, kind).items():
        wanted.tests += listing.day_tests(request, name, read)
    wanted.tests += listing.number_tests(request, "total", lambda one: one.totals.total)
    if kind == "invoice":
        wanted.tests += listing.number_tests(request, "balance", lambda one: one.balance)
    wanted.tests += _status_tests(request, org, kind, wanted)
    if kind == "salesorder":
        wanted.tests += _membership_tests(request, _readers(org, kind, exact=exact))
    wanted.tests += _line_tests(request) + _search_tests(request, org) + _custom_tests(request, org, kind)
    if not exact and request.query.get("reference_number", "").strip():
        given = request.query["reference_number"].strip().casefold()
        wanted.tests.append(lambda one: given in one.reference_number.casefold())
    honoured = kind != "estimate" or org.switch("books_estimates_changed_since") == "honoured"
    wanted.since = listing.changed_since(request, honoured)
    wanted.candidates = _candidates(request, org, kind)
    return wanted


def _candidates(request: Request, org: BooksOrg, kind: Kind) -> list[Document] | None:
    table = org.documents[kind]
    for name, lookup in (("customer_id", "customer"), (SPECS[kind].number_key, "number"), ("item_id", "item")):
        given = request.query.get(name, "").strip()
        if given:
            return table.find(lookup, given)
    if kind == "invoice" and request.query.get("estimate_id", "").strip():
        return table.find("estimate", request.query["estimate_id"].strip())
    if kind == "salesorder" and request.query.get("salesorder_ids", "").strip():
        found = [table.get(one) for one in intake.id_list(request, "salesorder_ids")]
        return [one for one in found if one is not None]
    return None


def _readers(org: BooksOrg, kind: Kind, *, exact: bool) -> dict[str, Callable[[Document], str]]:
    readers: dict[str, Callable[[Document], str]] = {
        "customer_name": lambda one: org.customer_name(one.customer_id),
        "customer_id": lambda one: one.customer_id,
        "zcrm_potential_id": lambda one: str(one.extra.get("zcrm_potential_id", "")),
        SPECS[kind].number_key: lambda one: one.number,
    }
    if exact:
        readers["reference_number"] = lambda one: one.reference_number
    if kind == "invoice":
        readers["email"] = lambda one: _email(org, one)
        readers["estimate_id"] = lambda one: one.estimate_id
        readers["recurring_invoice_id"] = lambda one: str(one.extra.get("recurring_invoice_id", ""))
    if kind == "salesorder":
        readers["salesperson_id"] = lambda one: one.salesperson_id
    return readers


def _email(org: BooksOrg, document: Document) -> str:
    contact = org.contacts.get(document.customer_id)
    primary = contact.primary() if contact else None
    return primary.email if primary else ""


def _days(org: BooksOrg, kind: Kind) -> dict[str, Callable[[Document], str]]:
    days: dict[str, Callable[[Document], str]] = {"date": lambda one: one.date}
    if kind == "invoice":
        days["due_date"] = lambda one: one.due_date
        days["created_date"] = lambda one: times.day_of(one.created, org.profile.time_zone)
    if kind == "estimate":
        days["expiry_date"] = lambda one: one.expiry_date
    if kind == "salesorder":
        days["shipment_date"] = lambda one: one.shipment_date
    return days


def _status_tests(
    request: Request, org: BooksOrg, kind: Kind, wanted: Wanted[Document]
) -> list[Callable[[Document], bool]]:
    tests: list[Callable[[Document], bool]] = []
    today = org.today()
    status = request.query.get("status", "").strip().lower()
    if kind == "invoice" and status == "unpaid":
        tests.append(lambda one: statuses.shown(org, one, today) in UNPAID)
    elif status in STATUS_WORDS[kind]:
        tests.append(lambda one: statuses.shown(org, one, today) == status)
    chosen = request.query.get("filter_by", "").strip()
    allowed = FILTER_STATUS[kind].get(chosen)
    if allowed is not None:
        wanted.applied_filter = chosen
        tests.append(lambda one: statuses.shown(org, one, today) in allowed)
    if kind == "invoice" and chosen == "Date.PaymentExpectedDate":
        wanted.applied_filter = chosen
        tests.append(lambda one: bool(one.extra.get("payment_expected_date")))
    return tests


def _membership_tests(
    request: Request, readers: dict[str, Callable[[Document], str]]
) -> list[Callable[[Document], bool]]:
    """Sales orders also take `_in` and `_not_in` with a comma-separated list (books-api.md 5.1)."""
    tests: list[Callable[[Document], bool]] = []
    for name, read in readers.items():
        for suffix, belongs in (("_in", True), ("_not_in", False)):
            given = request.query.get(name + suffix, "").strip()
            if given:
                values = {part.strip().casefold() for part in given.split(",")}
                tests.append(lambda one, r=read, v=values, b=belongs: (r(one).casefold() in v) is b)  # type: ignore[misc]
    return tests


def _line_tests(request: Request) -> list[Callable[[Document], bool]]:
    tests: list[Callable[[Document], bool]] = []
    for name, attribute in (("item_id", "item_id"), ("item_name", "name"), ("item_description", "description")):
        for suffix in ("", "_startswith", "_contains"):
            given = request.query.get(name + suffix, "").strip().casefold()
            if given:
                tests.append(lambda one, a=attribute, g=given, s=suffix: _any_line(one, a, g, s))  # type: ignore[misc]
    return tests


def _any_line(document: Document, attribute: str, given: str, suffix: str) -> bool:
    for line in document.lines:
        value = str(getattr(line, attribute)).casefold()
        if suffix == "_startswith" and value.startswith(given):
            return True
        if suffix == "_contains" and given in value:
            return True
        if not suffix and value == given:
            return True
    return False


def _search_tests(request: Request, org: BooksOrg) -> list[Callable[[Document], bool]]:
    search = request.query.get("search_text", "").strip().casefold()
    if not search:
        return []

    def test(one: Document) -> bool:
        texts = (one.number, one.reference_number, org.customer_name(one.customer_id))
        return any(search in text.casefold() for text in texts)

    return [test]


def _custom_tests(request: Request, org: BooksOrg, kind: Kind) -> list[Callable[[Document], bool]]:
    """`custom_field` and its variants search every custom value; `cf_x=` is that field's own filter."""
    tests: list[Callable[[Document], bool]] = []
    for suffix in ("", "_startswith", "_contains"):
        given = request.query.get(f"custom_field{suffix}", "").strip().casefold()
        if given:
            tests.append(lambda one, g=given, s=suffix: _any_custom(one, g, s))  # type: ignore[misc]
    for field in org.fields_of(kind):
        given = request.query.get(field.api_name, "").strip()
        if given:
            tests.append(lambda one, key=field.field_id, g=given: str(one.custom.get(key, "")) == g)  # type: ignore[misc]
    return tests


def _any_custom(document: Document, given: str, suffix: str) -> bool:
    values = [str(value).casefold() for value in document.custom.values()]
    if suffix == "_startswith":
        return any(value.startswith(given) for value in values)
    if suffix == "_contains":
        return any(given in value for value in values)
    return given in values


def _row(org: BooksOrg, document: Document) -> dict[str, Any]:
    contact = org.contacts.get(document.customer_id)
    currency = org.currency(document.currency_id)
    array, hashed = custom.shapes(org, document.kind, document)
    head = document_rows.head(org, document)
    shown = {
        **head,
        "company_name": contact.company_name if contact else "",
        "email": _email(org, document),
        "currency_id": currency.currency_id,
        "currency_code": currency.code,
        "currency_symbol": currency.symbol,
        "exchange_rate": money.shown(document.exchange_rate),
        "total": money.shown(document.totals.total),
        "has_attachment": bool(document.attachments),
        "salesperson_id": document.salesperson_id,
        "salesperson_name": document.salesperson_name,
        "template_id": document.template_id,
        "location_id": "",
        "location_name": "",
        "tags": [],
    }
    if document.kind != "estimate" or array:
        shown |= {"custom_fields": array, "custom_field_hash": hashed, **hashed}
    return shown


def due_days(document: Document, status: str, today: str) -> str:
    if status in ("draft", "void", "paid", "pending_approval", "approved"):
        return ""
    days = times.days_between(today, document.due_date)
    if days == 0:
        return "Due Today"
    return (
        f"Due in {days} day{'s' if days > 1 else ''}"
        if days > 0
        else f"Overdue by {-days} day{'s' if days < -1 else ''}"
    )


def invoice_row(org: BooksOrg, document: Document) -> dict[str, Any]:
    """No line_items, no estimate_id, no invoice_url; addresses say `zipcode` (books-api.md 5.3)."""
    shown = _row(org, document)
    today = org.today()
    return {
        **shown,
        "due_date": document.due_date,
        "due_days": due_days(document, shown["status"], today),
        "balance": money.shown(document.balance),
        "billing_address": contact_rows.address(document.billing, zip_key="zipcode"),
        "shipping_address": contact_rows.address(document.shipping, zip_key="zipcode"),
        "shipping_charge": money.shown(document.shipping_charge),
        "adjustment": money.shown(document.adjustment),
        "write_off_amount": money.shown(document.write_off),
        "bcy_total": document_rows.in_base(org, document, document.totals.total),
        "bcy_balance": document_rows.in_base(org, document, document.balance),
        "payment_expected_date": document.extra.get("payment_expected_date", ""),
        "last_payment_date": document.last_payment,
        "reminders_sent": document.reminders_sent,
        "last_reminder_sent_date": document.last_reminder,
        "schedule_time": "",
        "ach_payment_initiated": False,
        "documents": "",
        "updated_time": org.stamp(document.modified),
    }


def estimate_row(org: BooksOrg, document: Document) -> dict[str, Any]:
    return {
        **_row(org, document),
        "expiry_date": document.expiry_date,
        "accepted_date": document.accepted_date,
        "declined_date": document.declined_date,
    }


def order_row(org: BooksOrg, document: Document) -> dict[str, Any]:
    shown = _row(org, document)
    days = times.days_between(org.today(), document.shipment_date) if document.shipment_date else ""
    return {
        **shown,
        "order_status": document.state,
        "invoiced_status": document_rows.order_invoiced(shown["status"]),
        "paid_status": "",
        "shipped_status": "",
        "shipment_date": document.shipment_date,
        "shipment_days": days,
        "delivery_method": document.delivery_method,
        "sub_total": money.shown(document.totals.sub_total),
        "bcy_total": document_rows.in_base(org, document, document.totals.total),
    }
