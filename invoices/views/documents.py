"""One document: its form while it is open, its state while it is on its way, its detail once it stands."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from invoices import checking, conversions, creation, detail, outbox, permissions, revising, words
from invoices.models import Action, Document
from invoices.views import forms
from invoices.views.visited import DocumentRequest, document_or_404, in_place_of, record_page
from zoho.errors import ZohoError

State = Document.State


@require_GET
@record_page("view")
def document(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    """One address for all its states, so that a reload or a poll shows whichever it is in now."""
    held = document_or_404(request, pk)
    if held.state in (State.STANDS, State.GONE):
        return _as_it_stands(request, "invoices/detail.html", detail.at_once(held))
    if held.source_id is None and held.is_editable_form and held.member_id == request.member.pk:
        return forms.shown(request, held)
    if held.state == State.DISCARDED:
        if held.revises_id or held.source_id:
            return redirect("invoices:document", module, record_id, held.revises_id or held.source_id)
        return redirect("invoices:panel", module, record_id)
    return _as_it_stands(request, "invoices/status.html", {"document": held})


def _as_it_stands(request: DocumentRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page that waits asks again and again; while all is as it has `seen`, nothing in it is to be replaced."""
    stamp, seen = _stamp(context), request.GET.get("seen")
    if request.htmx and seen == stamp:
        return HttpResponse(status=204)
    response = render(request, template, _around(request, {**context, "stamp": stamp}))
    return trigger_client_event(response, "document:changed") if seen else response


def _stamp(context: dict[str, Any]) -> str:
    """What the upper part of a document's page depends on."""
    held = context["document"]
    waiting = [f"{one.pk}{'?' * (one.state == Action.State.UNKNOWN)}" for one in context.get("under_way", [])]
    return ".".join([held.state, held.status, "linked" if held.url else "", *waiting])


@require_GET
@record_page("view")
def content(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponse:
    """Lines, sums, recipients and history, as Books says them now. What a list of Books does not tell, such as the
    customer's link, or a status that has moved on, is drawn above them too."""
    held = document_or_404(request, pk)
    try:
        found = detail.from_books(held)
    except ZohoError as error:
        return render(request, "invoices/_content_trouble.html", {"reason": words.refusal(error)})
    if found is None:
        gone = render(request, "invoices/_content_trouble.html", {"gone": True})
        return in_place_of("#content", trigger_client_event(gone, "document:moved"))
    response = render(request, "invoices/_content.html", _around(request, found))
    seen = request.GET.get("seen")
    return trigger_client_event(response, "document:moved") if seen and seen != _stamp(found) else response


def _around(request: DocumentRequest, context: dict[str, Any]) -> dict[str, Any]:
    visited = request.visited
    rights = {right for right in visited.rights if visited.may(right)}
    return {**context, "visited": visited, "module": visited.module, "record_id": visited.record_id, "rights": rights}


@require_POST
@record_page("create")
def decide(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID, what: str) -> HttpResponseBase:
    """What a person decides about a creation on its way or in doubt."""
    held = document_or_404(request, pk)
    if what == "cancel":
        creation.cancel(held)
    elif what == "check":
        checking.check_again(held)
    elif what == "anyway":
        checking.create_anyway(held)
    elif what == "choose":
        try:
            checking.choose(held, request.POST.get("books_id", ""))
        except ZohoError:
            checking.check_again(held)
    else:
        raise Http404
    return redirect("invoices:document", module, record_id, pk)


@require_POST
@record_page("view")
def act(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID, op: str) -> HttpResponseBase:
    """Marks, voids, confirms, comments, deletes: into the outbox, once however often it is pressed."""
    held = document_or_404(request, pk)
    needed = permissions.NEEDED.get(op)
    if needed is None or op == Action.Op.SEND or held.state != State.STANDS:
        raise Http404
    if not request.visited.may(needed):
        return render(request, "invoices/not_allowed.html", {"visited": request.visited}, status=403)
    payload = _payload(op, request.POST.get("text", ""))
    if op not in (*detail.allowed(held), Action.Op.COMMENT):
        messages.warning(request, _("That is not possible any more; this is how the document stands now."))
    elif payload is not None:
        outbox.queue_action(held, op, request.member, request.member.name, payload)
    return redirect("invoices:document", module, record_id, pk)


def _payload(op: str, text: str) -> dict[str, str] | None:
    clean = text.replace("\x00", "").strip()
    if op == Action.Op.COMMENT:
        return {"text": clean[:2000]} if clean else None
    return {"reason": clean[:500]} if op == Action.Op.VOID and clean else {}


@require_POST
@record_page("create")
def edit(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    """The same form, filled in from what Books holds now."""
    held = document_or_404(request, pk)
    if held.state != State.STANDS or detail.EDIT not in detail.allowed(held):
        raise Http404
    try:
        revision = revising.begin(held, request.member)
    except ZohoError as error:
        messages.error(request, words.refusal(error))
        return redirect("invoices:document", module, record_id, pk)
    return redirect("invoices:document", module, record_id, revision.pk)


@require_POST
@record_page("create")
def convert(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID, kind: str) -> HttpResponseBase:
    held = document_or_404(request, pk)
    if kind not in detail.conversions_of(held) or held.state != State.STANDS:
        raise Http404
    made = conversions.begin(held, kind, request.member, request.member.name)
    return redirect("invoices:document", module, record_id, made.pk)


@require_POST
@record_page("view")
def settle_action(
    request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID, action: int
) -> HttpResponseBase:
    """After an answer was lost: do it again, or leave it. The right is that of the action itself."""
    held = document_or_404(request, pk)
    row = held.actions.filter(pk=action).first()
    if row is None or not request.visited.may(permissions.NEEDED[row.op]):
        raise Http404
    detail.decide(row, again=request.POST.get("what") == "again")
    return redirect("invoices:document", module, record_id, pk)
