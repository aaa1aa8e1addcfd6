"""The e-mail of a document, and its PDF."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from accounts import tickets
from accounts.models import Ticket
from invoices import attachments, bodies, clients, mail, outbox, permissions, words
from invoices.models import Action, Document
from invoices.views.visited import DocumentRequest, document_or_404, record_page
from zoho.errors import ZohoError


@require_http_methods(["GET", "POST"])
@record_page("send")
def compose(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    document = document_or_404(request, pk)
    context = {"document": document, "module": module, "record_id": record_id, "visited": request.visited}
    if document.state != Document.State.STANDS:
        return redirect("invoices:document", module, record_id, pk)
    try:
        content = mail.read(document)
    except ZohoError as error:
        return render(request, "invoices/mail.html", {**context, "trouble": words.refusal(error)})
    form = _form(request, content)
    if request.method == "POST" and form.is_valid():
        payload, files = {"mail": form.body_for_books()}, form.cleaned_data["enclosed"]
        outbox.queue_action(document, Action.Op.SEND, request.member, request.member.name, payload, files)
        return redirect("invoices:document", module, record_id, pk)
    status = 422 if form.errors else 200
    return render(request, "invoices/mail.html", {**context, "form": form, "content": content}, status=status)


def _form(request: DocumentRequest, content: mail.Content) -> mail.MailForm:
    if request.method != "POST":
        return mail.MailForm(content)
    return mail.MailForm(content, request.POST, request.FILES, refused=attachments.REFUSED in request.META)


@require_POST
@record_page("view")
def pdf_ticket(request: DocumentRequest, module: str, record_id: str, pk: uuid.UUID) -> HttpResponseBase:
    """A link that leaves the frame carries no cookie: a secret for one use within a minute goes with it."""
    document = document_or_404(request, pk)
    how = "show" if request.POST.get("how") == "show" else "save"
    secret = tickets.issue(Ticket.Purpose.DOWNLOAD, request.member, subject=f"pdf:{how}:{document.pk}")
    to = reverse("invoices:file", args=[secret])
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "file:ready", {"url": to})
    return redirect(to)


@require_GET
def file(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The PDF, once."""
    ticket = tickets.redeem(Ticket.Purpose.DOWNLOAD, secret)
    kind, _, rest = ticket.subject.partition(":") if ticket else ("", "", "")
    how, _, pk = rest.partition(":")
    if ticket is None or kind != "pdf" or "view" not in permissions.rights_of(ticket.member):
        return render(request, "invoices/link_used.html", status=404)
    document = Document.objects.filter(pk=pk, installation=ticket.member.installation).first()
    if document is None or document.state != Document.State.STANDS:
        return render(request, "invoices/link_used.html", status=404)
    try:
        with clients.books(document.installation) as books:
            content = books.pdf(bodies.COLLECTIONS[document.kind], document.books_id or "")
    except ZohoError as error:
        return render(request, "invoices/link_used.html", {"reason": words.refusal(error)}, status=502)
    return _pdf(content, document.number, inline=how == "show")


def _pdf(content: bytes, number: str, *, inline: bool) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "_" for one in number) or "document"
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{safe}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
