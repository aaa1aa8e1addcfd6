"""The form of a new document: typed, computed, saved as it is typed, and submitted once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from invoices import beginning, creation, editing, filling, offers, pickers, words
from invoices.entry import Entry
from invoices.models import Document
from invoices.views.visited import DocumentRequest, document_or_404, record_page
from zoho.errors import ZohoError


def shown(request: DocumentRequest, document: Document, **more: Any) -> HttpResponse:
    """The form as it stands, whole; 422 when something in it has to be mended."""
    context = filling.context(document, offers.offer_of(request.installation), **more)
    context |= {"visited": request.visited, "module": request.visited.module, "record_id": request.visited.record_id}
    context["may_send"] = request.visited.may("send")
    context["may_pair"] = request.member.is_administrator and bool(document.payload.get("party"))
    status = 422 if context["errors"] and request.method == "POST" else 200
    return render(request, "invoices/form.html", context, status=status)


def _open_form(request: DocumentRequest, pk: uuid.UUID) -> Document:
    document = document_or_404(request, pk)
    if document.member_id != request.member.pk:
        raise Http404
    return document


@require_POST
@record_page("create")
def totals(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponse:
    """What was typed, kept, and what it comes to. Problems are told quietly: the person is still typing."""
    document = _open_form(request, pk)
    offer = offers.offer_of(request.installation)
    taken = editing.take(document, request.POST, offer)
    around = {"document": document, "module": module, "record_id": record_id}
    if taken is None:
        return render(request, "invoices/_changed_elsewhere.html", around, status=409)
    context = {**filling.context(document, offer, entry=taken), **around, "live": True}
    return render(request, "invoices/_totals.html", context)


@require_POST
@record_page("create")
def save(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    """One button of the form: a line added, moved or taken away, an item chosen; or the whole submitted."""
    document = _open_form(request, pk)
    if not document.is_editable_form:
        return redirect("invoices:document", module, record_id, pk)  # pressed twice, or in another tab
    offer = offers.offer_of(request.installation)
    taken = editing.take(document, request.POST, offer)
    if taken is None:
        around = {"document": document, "module": module, "record_id": record_id}
        return render(request, "invoices/changed_elsewhere.html", around, status=409)
    op = request.POST.get("op", "")
    if op not in ("save", "send"):
        return _changed(request, document, op, taken)
    if op == "send" and not request.visited.may("send"):
        raise Http404
    errors = {**editing.problems(document, offer, ticked="bill_again" in request.POST), **taken.errors}
    if errors:
        return shown(request, document, entry=replace(taken, errors=errors))
    sums = filling.totals_of(document, offer)
    creation.submit(document, total=sums.total, send_after=op == "send", version=document.version)
    return redirect("invoices:document", module, record_id, pk)


def _changed(request: DocumentRequest, document: Document, op: str, taken: Entry) -> HttpResponse:
    try:
        done = editing.apply(document, op, request.POST)
    except ZohoError as error:
        return shown(request, document, entry=taken, trouble=words.refusal(error))
    if done is None:
        return shown(request, document, entry=taken)
    return shown(request, document, focus=done)


@require_GET
@record_page("create")
def item_search(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponse:
    """Items by name or SKU, for one line."""
    document = _open_form(request, pk)
    line = request.GET.get("line", "0")
    text = request.GET.get(f"lines-{line}-name", request.GET.get("q", ""))
    found = pickers.items(request.installation, text) if line.isdecimal() else pickers.Found([])
    context = {
        "found": found,
        "line": line,
        "text": text,
        "document": document,
        "module": module,
        "record_id": record_id,
    }
    return render(request, "invoices/_items.html", context)


@require_GET
@record_page("create")
def customer_search(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponse:
    document = _open_form(request, pk)
    text = request.GET.get("customer-q", "")
    found = pickers.customers(request.installation, text)
    context = {"found": found, "text": text, "document": document, "module": module, "record_id": record_id}
    context["may_pair"] = request.member.is_administrator and bool(document.payload.get("party"))
    return render(request, "invoices/_customers.html", context)


@require_POST
@record_page("create")
def discard(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    document = _open_form(request, pk)
    beginning.discard(document)
    return redirect("invoices:panel", module, record_id)


@require_POST
@record_page("create")
def customer(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    """Whom it is for, where the record leads to nobody or Books holds candidates."""
    document = _open_form(request, pk)
    if not document.is_editable_form:
        return redirect("invoices:document", module, record_id, pk)
    try:
        editing.choose_customer(document, request.POST, request.member)
    except ZohoError as error:
        return shown(request, document, trouble=words.refusal(error))
    return redirect("invoices:document", module, record_id, pk)
