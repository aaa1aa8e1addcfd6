"""Pages of the mini Books that only show: lists, a customer, an item, a document, the sent mails, the settings."""

from __future__ import annotations

from typing import Any

from sandbox.books import contact_rows, document_lists, document_rows, items, paper_files, settings, statuses, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.books.records import Contact, Item
from sandbox.books.specs import SPECS
from sandbox.core import ApiError, Reply, Request
from sandbox.web.books_page import PAGE, PLURALS, WORDS, number_of, org_of, page
from sandbox.web.pages import redirect


def start(request: Request) -> Reply:
    first = next(iter(request.world.books), None)
    if first is None:
        raise ApiError(404, "not_found", "This sandbox has no Books organisation.")
    return redirect(f"/mini-books/{first}")


def home(request: Request) -> Reply:
    org = org_of(request)
    today = org.today()
    counts = [("Customers and vendors", "customers", len(org.contacts)), ("Items", "items", len(org.items))]
    counts += [(WORDS[kind][1], plural, len(org.documents[kind])) for plural, kind in PLURALS.items()]
    counts.append(("Sent e-mails", "mails", len(org.outbox)))
    overdue = [one for one in org.documents["invoice"].all() if statuses.shown(org, one, today) == "overdue"]
    rows = [document_lists.invoice_row(org, one) for one in sorted(overdue, key=lambda one: one.due_date)[:10]]
    return page(request, "home.html", "", counts=counts, overdue=rows)


def customers(request: Request) -> Reply:
    org = org_of(request)
    wanted = request.query.get("q", "").strip().casefold()
    order = org.contacts.order("contact_name")
    number = number_of(request)
    start_at = (number - 1) * PAGE
    if wanted:
        found = [org.contacts.records[one] for one in order.ids(False) if _meets(org.contacts.records[one], wanted)]
        chosen = found[start_at : start_at + PAGE + 1]
    else:
        chosen = [org.contacts.records[one] for one in order.page(start_at, PAGE + 1, False)]
    rows = [contact_rows.row(org, one, "books") for one in chosen[:PAGE]]
    more = len(chosen) > PAGE
    return page(
        request, "customers.html", "customers", rows=rows, q=request.query.get("q", ""), number=number, more=more
    )


def _meets(contact: Contact, wanted: str) -> bool:
    primary = contact.primary()
    texts = (contact.contact_name, contact.company_name, primary.email if primary else "")
    return any(wanted in text.casefold() for text in texts)


def customer(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    org = org_of(request)
    contact = org.contact(request.params["contact_id"])
    papers = sorted(org.documents_of(contact.contact_id), key=lambda one: (one.date, one.document_id), reverse=True)
    return page(
        request,
        "customer.html",
        "customers",
        contact=contact_rows.detail(org, contact),
        papers=[paper_row(org, one) for one in papers[:100]],
        typed=typed or {},
        error=error,
    )


def new_customer(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    currencies = [settings.currency_row(one) for one in org_of(request).currencies.values()]
    return page(request, "customer_new.html", "customers", currencies=currencies, typed=typed or {}, error=error)


def paper_row(org: BooksOrg, document: Document) -> dict[str, Any]:
    spec = SPECS[document.kind]
    return {
        "id": document.document_id,
        "plural": spec.plural,
        "word": WORDS[document.kind][0],
        "number": document.number,
        "date": document.date,
        "status": statuses.shown(org, document, org.today()),
        "customer": org.customer_name(document.customer_id),
        "customer_id": document.customer_id,
        "currency": org.currency(document.currency_id).code,
        "total": document.totals.total,
        "balance": document.balance if document.kind == "invoice" else "",
    }


def item_list(request: Request) -> Reply:
    org = org_of(request)
    wanted = request.query.get("q", "").strip().casefold()
    held = [org.items.records[one] for one in org.items.order("name").ids(False)]
    found = [one for one in held if not wanted or wanted in one.name.casefold() or wanted in one.sku.casefold()]
    number = number_of(request)
    chosen = found[(number - 1) * PAGE : number * PAGE]
    rows = [items.row(org, one) for one in chosen]
    more = len(found) > number * PAGE
    return page(request, "items.html", "items", rows=rows, q=request.query.get("q", ""), number=number, more=more)


def item(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    org = org_of(request)
    held: Item | None = None
    if "item_id" in request.params:
        held = items.required(org, request.params["item_id"])
    return page(
        request,
        "item.html",
        "items",
        item=items.detail(org, held) if held else None,
        taxes=[settings.tax_row(org, one) for one in org.taxes.all()],
        types=items.ITEM_TYPES,
        typed=typed or {},
        error=error,
    )


def papers(request: Request) -> Reply:
    org = org_of(request)
    plural = request.params["plural"]
    kind = _kind(plural)
    number = number_of(request)
    table = org.documents[kind]
    ids = table.order("date").page((number - 1) * PAGE, PAGE + 1, True)
    rows = [paper_row(org, table.records[one]) for one in ids[:PAGE]]
    return page(
        request, "papers.html", plural, rows=rows, words=WORDS[kind], plural=plural, number=number, more=len(ids) > PAGE
    )


def _kind(plural: str) -> Any:
    kind = PLURALS.get(plural)
    if kind is None:
        raise ApiError(404, "not_found", "There is no such page.")
    return kind


def new_paper(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    org = org_of(request)
    plural = request.params["plural"]
    order = org.contacts.order("contact_name").ids(False)
    names = [(one, org.contacts.records[one].contact_name) for one in order if _billable(org.contacts.records[one])]
    goods = [items.row(org, one) for one in org.items.all() if one.status == "active" and one.item_type != "purchases"]
    return page(
        request,
        "paper_new.html",
        plural,
        words=WORDS[_kind(plural)],
        plural=plural,
        customers=names[:1000],
        goods=goods[:1000],
        chosen=request.query.get("customer_id", ""),
        typed=typed or {},
        error=error,
    )


def _billable(contact: Contact) -> bool:
    return contact.contact_type == "customer" and contact.status == "active"


def document_of(request: Request) -> Document:
    return org_of(request).document(_kind(request.params["plural"]), request.params["document_id"])


def paper(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    org = org_of(request)
    document = document_of(request)
    contact = org.contacts.get(document.customer_id)
    primary = contact.primary() if contact else None
    history = [
        {"at": org.stamp(one.at), "by": one.by_name or "the customer", "text": one.description}
        for one in reversed(document.comments)
    ]
    return page(
        request,
        "paper.html",
        request.params["plural"],
        paper=document_rows.detail(org, document),
        row=paper_row(org, document),
        state=document.state,
        plural=request.params["plural"],
        words=WORDS[document.kind],
        history=history,
        mail_to=primary.email if primary else "",
        mails=[one for one in org.outbox if one.document_id == document.document_id],
        typed=typed or {},
        error=error,
    )


def pdf(request: Request) -> Reply:
    reply = paper_files.pdf_reply(org_of(request), [document_of(request)])
    reply.headers["Content-Disposition"] = reply.headers["Content-Disposition"].replace("attachment", "inline")
    return reply


def mails(request: Request) -> Reply:
    org = org_of(request)
    rows = [(one, org.stamp(one.at)) for one in reversed(org.outbox[-500:])]
    return page(request, "mails.html", "mails", rows=rows)


def mail(request: Request) -> Reply:
    org = org_of(request)
    found = next((one for one in org.outbox if one.mail_id == request.params["mail_id"]), None)
    if found is None:
        raise ApiError(404, "not_found", "There is no such e-mail.")
    place = _place(org, found.document_id)
    return page(request, "mail.html", "mails", mail=found, at=org.stamp(found.at), place=place)


def _place(org: BooksOrg, document_id: str) -> str:
    """The path of the document a mail came with, for its PDF."""
    for plural, kind in PLURALS.items():
        if document_id in org.documents[kind]:
            return f"{plural}/{document_id}"
    return ""


def settings_page(request: Request, error: str = "", typed: dict[str, str] | None = None) -> Reply:
    org = org_of(request)
    return page(
        request,
        "settings.html",
        "settings",
        fields=list(org.custom_fields.values()),
        taxes=[settings.tax_row(org, one) for one in org.taxes.all()],
        currencies=[settings.currency_row(one) for one in org.currencies.values()],
        users=org.users,
        made=times.long_day(org.profile.created, org.profile.time_zone),
        typed=typed or {},
        error=error,
    )
