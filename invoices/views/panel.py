"""The panel of a record: an empty frame at once, its documents behind it, what is old refreshed behind that."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.guards import member_page
from accounts.http import MemberRequest
from invoices import beginning, deals, feeds, panel, permissions, refreshing, words
from invoices.bodies import kind_of
from invoices.views.visited import DocumentRequest, Visited, in_place_of, record_page, visited
from zoho.errors import ZohoError


@require_GET
def entry(request: HttpRequest) -> HttpResponse:
    """Where Bigin's record frame enters: which record it is about comes with the handshake, in the browser.

    Open to strangers, for it shows nothing: so the page that asks them to sign in stands at the record's own address,
    and a window of its own, where cookies are blocked in frames, opens on that record.
    """
    url = reverse("invoices:panel", args=["MODULE", "0"]).replace("MODULE", "{module}").replace("/0/", "/{id}/")
    return render(request, "invoices/entry.html", {"record_url": url})


@require_GET
@member_page
def record(request: MemberRequest, module: str, record_id: str) -> HttpResponseBase:
    """First paint: no call to anybody. Empty until this member's own access is confirmed."""
    if module not in deals.MODULES or not request.installation.books_org_id:
        raise Http404
    context: dict[str, Any] = {"module": module, "record_id": record_id, "query": request.GET.urlencode()}
    if access.may_read(request.member, module, record_id).allowed:
        around = visited(request, module, record_id, stale=False)
        if around.may("view") and (around.facts is not None):
            context |= _context(request, around)
    return render(request, "invoices/panel.html", context)


@require_GET
@record_page("view")
def documents(request: DocumentRequest, module: str, record_id: str) -> HttpResponse:
    """From the mirror, once Bigin has said yes to this member."""
    try:
        around = request.visited
        facts = refreshing.record(request.installation, module, record_id, around.facts, around.seen_at)
    except ZohoError as error:
        return in_place_of("#documents", _said(request, "_unreachable", words.refusal(error)))
    if facts is None:
        return in_place_of("#main", _said(request, "_no_access", _("This record is not in Bigin any more.")))
    if facts != request.visited.facts:
        request.visited = visited(request, module, record_id, stale=request.visited.stale)
    response = render(request, "invoices/_documents.html", _context(request, request.visited))
    if request.htmx.target == "rows":  # a search: a reload and the way back find it again
        query = request.GET.urlencode()
        response["HX-Replace-Url"] = f"{reverse('invoices:panel', args=[module, record_id])}?{query}"
    return response


def _said(request: DocumentRequest, name: str, reason: str) -> HttpResponse:
    return render(request, f"invoices/{name}.html", {"reason": reason})


@require_GET
@record_page("view")
def refresh(request: DocumentRequest, module: str, record_id: str) -> HttpResponse:
    """Behind the documents: at most one list and one contact read of Books (rules 8.1)."""
    around = request.visited
    context = _context(request, around)
    if context["due"]:
        try:
            refreshing.refresh(request.installation, around.customer_id, context["wish"].kind, context["shown"])
        except ZohoError as error:
            return render(
                request, "invoices/_documents.html", {**context, "due": False, "trouble": words.refusal(error)}
            )
        context = _context(request, around)
    return render(request, "invoices/_documents.html", {**context, "due": False})


def _context(request: MemberRequest, around: Visited) -> dict[str, Any]:
    installation = request.installation
    kinds = feeds.kinds_of(installation)
    wish = panel.wish_from(request.GET, kinds, is_deal=around.is_deal)
    shown = panel.show(installation, around.module, around.record_id, around.customer_id, wish)
    return {
        "module": around.module,
        "record_id": around.record_id,
        "visited": around,
        "wish": wish,
        "shown": shown,
        "tabs": [(kind, _tab(kind), shown.counts.get(kind, 0)) for kind in kinds],
        "statuses": panel.STATUSES[wish.kind],
        "due": not around.stale and refreshing.is_due(installation, shown),
        "may_create": around.may("create"),
        "rights": permissions.rights_of(request.member),
        "query": request.GET.urlencode(),
    }


def _tab(kind: str) -> str:
    return {"invoice": _("Invoices"), "estimate": _("Estimates"), "salesorder": _("Sales orders")}[kind]


@require_POST
@record_page("create")
def new(request: DocumentRequest, module: str, record_id: str, kind: str) -> HttpResponseBase:
    """The open form of this record and kind, or a new one filled in from it."""
    if kind not in feeds.kinds_of(request.installation):
        raise Http404
    try:
        document = beginning.begin(request.member, module, record_id, kind_of(kind))
    except ZohoError as error:
        messages.error(request, words.refusal(error))
        return redirect("invoices:panel", module, record_id)
    return redirect("invoices:document", module, record_id, document.pk)
