"""Forms of the mini Books: what a bookkeeper, and now and then the customer, does by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.books import contacts, conversions, custom, documents, items, mailing, payments, people, statuses
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.core import ApiError, Reply, Request
from sandbox.web import books_views as views
from sandbox.web.books_page import PLURALS, acting, attempt, done, org_of

ADDRESS = ("address", "city", "state", "zip", "country", "phone")
CONTACT = ("contact_name", "company_name", "website", "notes", "customer_sub_type", "vat_reg_no", "currency_id")
PERSON = ("first_name", "last_name", "email", "phone", "mobile", "designation")
ITEM = ("name", "sku", "rate", "unit", "description", "tax_id", "item_type")


def _taken(request: Request, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: request.form[name] for name in names if name in request.form}


def create_customer(request: Request) -> Reply:
    org = org_of(request)

    def act() -> Reply:
        given = _customer_body(request)
        person = _taken(request, PERSON)
        if any(person.values()):
            given["contact_persons"] = [person]
        made = contacts.create(org, given, acting(org))
        return done(request, f"customers/{made.contact_id}", "The customer has been added.")

    return attempt(act, lambda refusal: views.new_customer(request, refusal.message, request.form))


def _customer_body(request: Request) -> dict[str, Any]:
    given = _taken(request, CONTACT)
    given["billing_address"] = _taken(request, ADDRESS)
    return given


def save_customer(request: Request) -> Reply:
    org = org_of(request)
    contact = org.contact(request.params["contact_id"])

    def act() -> Reply:
        held = {name: getattr(contact.billing, name) for name in contacts.ADDRESS_LIMITS}
        given = _customer_body(request)
        given["billing_address"] = {**held, **given["billing_address"]}
        contacts.update(org, contact, given, acting(org))
        return done(request, f"customers/{contact.contact_id}", "Saved.")

    return attempt(act, lambda refusal: views.customer(request, refusal.message, request.form))


def act_on_customer(request: Request) -> Reply:
    org = org_of(request)
    contact = org.contact(request.params["contact_id"])
    action = request.params["action"]

    def act() -> Reply:
        if action == "delete":
            contacts.delete(org, contact)
            return done(request, "customers", "The contact has been deleted.")
        contacts.mark(org, contact, {"activate": "active", "deactivate": "inactive"}[action], acting(org))
        return done(request, f"customers/{contact.contact_id}", f"The contact is {contact.status} now.")

    if action not in ("delete", "activate", "deactivate"):
        raise ApiError(404, "not_found", "There is no such page.")
    return attempt(act, lambda refusal: views.customer(request, refusal.message))


def add_person(request: Request) -> Reply:
    org = org_of(request)
    contact = org.contact(request.params["contact_id"])

    def act() -> Reply:
        people.create(org, contact, _taken(request, PERSON))
        return done(request, f"customers/{contact.contact_id}", "The person has been added.")

    return attempt(act, lambda refusal: views.customer(request, refusal.message, request.form))


def act_on_person(request: Request) -> Reply:
    org = org_of(request)
    contact, person = people.find(org, request.params["person_id"])
    action = request.form.get("action", "save")

    def act() -> Reply:
        if action == "delete":
            people.delete(org, contact, person)
        elif action == "primary":
            people.make_primary(org, contact, person)
        else:
            people.update(org, contact, person, _taken(request, PERSON))
        return done(request, f"customers/{contact.contact_id}", "Saved.")

    request.params["contact_id"] = contact.contact_id
    return attempt(act, lambda refusal: views.customer(request, refusal.message))


def save_item(request: Request) -> Reply:
    org = org_of(request)

    def act() -> Reply:
        given = _taken(request, ITEM)
        if "item_id" in request.params:
            held = items.required(org, request.params["item_id"])
            items.update(org, held, given, acting(org))
            return done(request, f"items/{held.item_id}", "Saved.")
        made = items.create(org, given, acting(org))
        return done(request, f"items/{made.item_id}", "The item has been added.")

    return attempt(act, lambda refusal: views.item(request, refusal.message, request.form))


def act_on_item(request: Request) -> Reply:
    org = org_of(request)
    held = items.required(org, request.params["item_id"])
    action = request.params["action"]

    def act() -> Reply:
        if action == "delete":
            items.delete(org, held)
            return done(request, "items", "The item has been deleted.")
        items.mark(org, held, {"activate": "active", "deactivate": "inactive"}[action], acting(org))
        return done(request, f"items/{held.item_id}", f"The item is {held.status} now.")

    if action not in ("delete", "activate", "deactivate"):
        raise ApiError(404, "not_found", "There is no such page.")
    return attempt(act, lambda refusal: views.item(request, refusal.message))


def create_paper(request: Request) -> Reply:
    org = org_of(request)
    plural = request.params["plural"]
    kind = PLURALS.get(plural)
    if kind is None:
        raise ApiError(404, "not_found", "There is no such page.")

    def act() -> Reply:
        given = _taken(request, ("customer_id", "reference_number"))
        given["line_items"] = _form_lines(request)
        made = documents.create(org, kind, given, acting(org), own_number=False)
        return done(request, f"{plural}/{made.document_id}", "The draft has been made.")

    return attempt(act, lambda refusal: views.new_paper(request, refusal.message, request.form))


def _form_lines(request: Request) -> list[dict[str, Any]]:
    """Three rows of item, free name, quantity and rate; empty rows are passed over."""
    lines = []
    for row in ("1", "2", "3"):
        line = {name: request.form.get(f"{name}_{row}", "").strip() for name in ("item_id", "name", "quantity", "rate")}
        if line["item_id"] or line["name"]:
            lines.append({name: value for name, value in line.items() if value})
    return lines


Act = Callable[[BooksOrg, Document, Request], str]


def _pay(org: BooksOrg, document: Document, request: Request) -> str:
    amount = request.form.get("amount", "") or str(document.balance)
    part = {"invoice_id": document.document_id, "amount_applied": amount}
    given = {"customer_id": document.customer_id, "amount": amount, "invoices": [part]}
    payments.create(org, given, acting(org))
    return "The payment has been recorded."


def _sent(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.mark_sent(org, document, acting(org))
    return "Marked as sent."


def _mail(org: BooksOrg, document: Document, request: Request) -> str:
    mailing.send(org, document, {"to_mail_ids": [request.form.get("to", "").strip()]}, acting(org))
    return "The e-mail is in the outbox."


def _open(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.mark_open(org, document, acting(org))
    return "The order is open."


def _void(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.mark_void(org, document, acting(org), request.form.get("reason", ""))
    return "The document is void."


def _draft(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.mark_draft(org, document, acting(org))
    return "The document is a draft again."


def _view(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.viewed_by_customer(org, document)
    return "The customer has looked at it."


def _accept(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.answer_estimate(org, document, "accepted", "")
    return "The customer has accepted."


def _decline(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.answer_estimate(org, document, "declined", "")
    return "The customer has declined."


def _convert(org: BooksOrg, document: Document, request: Request) -> str:
    if document.kind == "estimate":
        made = conversions.invoices_from_estimates(org, [document.document_id], acting(org))[0]
    else:
        made = conversions.invoice_from_order(org, document, acting(org))
    return f"Invoice {made.number} has been made."


def _submit(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.submit(org, document, acting(org))
    return "Submitted for approval."


def _approve(org: BooksOrg, document: Document, request: Request) -> str:
    statuses.approve(org, document, acting(org))
    return "Approved."


EVERY: dict[str, Act] = {"view": _view, "mail": _mail, "submit": _submit, "approve": _approve}
ACTS: dict[str, dict[str, Act]] = {
    "invoice": {**EVERY, "sent": _sent, "void": _void, "draft": _draft, "pay": _pay},
    "estimate": {**EVERY, "sent": _sent, "accept": _accept, "decline": _decline, "convert": _convert},
    "salesorder": {**EVERY, "open": _open, "void": _void, "convert": _convert},
}


def act_on_paper(request: Request) -> Reply:
    org = org_of(request)
    document = views.document_of(request)
    plural, action = request.params["plural"], request.params["action"]

    def act() -> Reply:
        if action == "delete":
            statuses.delete(org, document)
            return done(request, plural, "The document has been deleted.")
        words = ACTS[document.kind][action](org, document, request)
        return done(request, f"{plural}/{document.document_id}", words)

    if action != "delete" and action not in ACTS[document.kind]:
        raise ApiError(404, "not_found", "There is no such page.")
    return attempt(act, lambda refusal: views.paper(request, refusal.message, request.form))


def add_field(request: Request) -> Reply:
    org = org_of(request)

    def act() -> Reply:
        given: dict[str, Any] = _taken(request, ("entity", "label", "data_type"))
        given["is_unique"] = "is_unique" in request.form
        given["values"] = [one.strip() for one in request.form.get("values", "").split(",") if one.strip()]
        custom.define(org, given)
        return done(request, "settings", "The field has been added.")

    return attempt(act, lambda refusal: views.settings_page(request, refusal.message, request.form))
