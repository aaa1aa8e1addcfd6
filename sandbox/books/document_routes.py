"""Handlers that invoices, estimates and sales orders share. Each is made for one kind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from sandbox.books import (
    contact_rows,
    contacts,
    conversions,
    custom,
    document_lists,
    document_rows,
    documents,
    envelope,
    errors,
    intake,
    mailing,
    paper_files,
    statuses,
    upsert,
)
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Kind
from sandbox.books.specs import SPECS, Spec, say
from sandbox.core import Handler, Reply, Request

Act = Callable[[BooksOrg, Document, str], None]


def document_of(request: Request, kind: Kind) -> Document:
    org: BooksOrg = request.org
    return org.document(kind, request.params[f"{kind}_id"])


def _links(request: Request, kind: Kind, given: intake.Body) -> str:
    """The estimate a new or changed document comes from, checked before anything is stored."""
    org: BooksOrg = request.org
    key = {"invoice": "invoiced_estimate_id", "salesorder": "estimate_id"}.get(kind, "")
    estimate_id = intake.id_text(given.get(key), key) if key else ""
    if kind == "invoice" and not estimate_id and org.switch("books_estimate_id_query") == "honoured":
        estimate_id = request.query.get("estimate_id", "").strip()
    if not estimate_id:
        return ""
    estimate = org.documents["estimate"].get(estimate_id)
    if estimate is None or estimate.customer_id != str(given.get("customer_id", estimate.customer_id)):
        raise errors.invalid_value(key)
    return estimate_id


def _make(request: Request, kind: Kind, given: intake.Body) -> Document:
    org: BooksOrg = request.org
    user_id = request.user.user_id
    estimate_id = _links(request, kind, given)
    if kind == "invoice":
        conversions.check_order_lines(org, given)
    subject, body = intake.text(given, "custom_subject", 1000), intake.text(given, "custom_body", 100_000)
    own_number = intake.query_flag(request, "ignore_auto_number_generation")
    document = documents.create(org, kind, given, user_id, own_number=own_number)
    if kind == "invoice":
        conversions.link_order(org, document)
    if estimate_id:
        conversions.link_estimate(org, document, estimate_id, user_id)
    if intake.query_flag(request, "send") and kind != "salesorder" and org.switch("books_approval") == "off":
        mailing.send_to_contacts(org, document, user_id, subject, body)
    return org.document(kind, document.document_id)


def _shown(org: BooksOrg, spec: Spec, document: Document) -> dict[str, Any]:
    return {spec.kind: document_rows.detail(org, document)}


def create(kind: Kind) -> Handler:
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        document = _make(request, kind, intake.body(request))
        message = say(org, spec, spec.created)
        return envelope.created(message, spec.plural, document.document_id, **_shown(org, spec, document))

    return handler


def listing(kind: Kind) -> Handler:
    return lambda request: document_lists.answer(request, kind)


def read(kind: Kind) -> Handler:
    """`accept=pdf|html` answers with a file, anything else with JSON (books-api.md 5.5)."""

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        document = document_of(request, kind)
        accepted = request.query.get("accept", "").lower()
        if accepted == "pdf" or intake.query_flag(request, "print"):
            return paper_files.pdf_reply(org, [document])
        if accepted == "html":
            return paper_files.html_reply(org, document)
        return envelope.success(**_shown(org, SPECS[kind], document))

    return handler


def _change(request: Request, kind: Kind, document: Document, given: intake.Body) -> Document:
    org: BooksOrg = request.org
    user_id = request.user.user_id
    estimate_id = _links(request, kind, {"customer_id": document.customer_id, **given})
    if kind == "invoice":
        conversions.check_order_lines(org, {"customer_id": document.customer_id, **given})
    own_number = intake.query_flag(request, "ignore_auto_number_generation")
    changed = documents.update(org, document, given, user_id, own_number=own_number)
    if kind == "invoice":
        conversions.link_order(org, changed)
    if estimate_id and estimate_id != changed.estimate_id:
        conversions.link_estimate(org, changed, estimate_id, user_id)
    return changed


def update(kind: Kind) -> Handler:
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        changed = _change(request, kind, document_of(request, kind), intake.body(request))
        return envelope.success(say(org, spec, spec.updated), **_shown(org, spec, changed))

    return handler


def keyed_write(kind: Kind) -> Handler:
    """PUT on the collection (books-api.md 9.1)."""
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        key = upsert.read_key(request, kind)
        given = key.with_key(org, intake.body(request))
        held = key.find(org.documents[kind])
        if held is not None:
            changed = _change(request, kind, held, given)
            return envelope.success(say(org, spec, spec.updated), **_shown(org, spec, changed))
        upsert.allow_create(request, key, spec.spoken)
        document = _make(request, kind, given)
        message = say(org, spec, spec.created)
        return upsert.answer_created(org, message, spec.plural, document.document_id, **_shown(org, spec, document))

    return handler


def delete(kind: Kind) -> Handler:
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        statuses.delete(request.org, document_of(request, kind))
        return envelope.success(say(request.org, spec, spec.deleted))

    return handler


def act(kind: Kind, action: Act, message: str) -> Handler:
    """A status call: no body needed, only a sentence in the answer."""

    def handler(request: Request) -> Reply:
        no_empty_object(request)
        action(request.org, document_of(request, kind), request.user.user_id)
        return envelope.success(say(request.org, SPECS[kind], message))

    return handler


def no_empty_object(request: Request) -> None:
    """One report: `{}` where no body is expected was answered as unauthorised (switch `books_empty_object_body`)."""
    if request.org.switch("books_empty_object_body") == "refused" and request.body.strip() == b"{}":
        raise errors.unauthorized()


def void(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        reason = statuses.reason_of(intake.optional_body(request))
        statuses.mark_void(request.org, document_of(request, kind), request.user.user_id, reason)
        return envelope.success(say(request.org, SPECS[kind], f"{SPECS[kind].spoken} status has been changed to Void."))

    return handler


def sub_status(request: Request) -> Reply:
    statuses.set_sub_status(
        request.org, document_of(request, "salesorder"), request.params["status_code"], request.user.user_id
    )
    return envelope.success(say(request.org, SPECS["salesorder"], "Sales order status has been changed."))


def set_custom_fields(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        given = custom.only_custom_fields(request)
        documents.update(request.org, document_of(request, kind), given, request.user.user_id, own_number=False)
        return envelope.success("Custom Fields Updated Successfully")

    return handler


def set_address(kind: Kind, attribute: str) -> Handler:
    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        document = document_of(request, kind)
        draft = copy.copy(getattr(document, attribute))
        contacts.fill_address(draft, intake.body(request))
        setattr(document, attribute, draft)
        document.modified = org.now()
        documents.store(org, document)
        return envelope.success("Address updated", **{f"{attribute}_address": contact_rows.address(draft)})

    return handler


def templates(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        rows = [
            {"template_name": one.name, "template_id": one.template_id, "template_type": one.template_type}
            for one in request.org.templates.values()
            if one.kind == kind
        ]
        return envelope.success(templates=rows)

    return handler


def set_template(kind: Kind) -> Handler:
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        document = document_of(request, kind)
        documents.use_template(org, document, request.params["template_id"])
        document.modified = org.now()
        documents.store(org, document)
        return envelope.success(say(org, spec, f"{spec.spoken} information has been updated."))

    return handler
