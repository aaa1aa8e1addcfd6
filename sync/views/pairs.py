"""Pairs: browse, search, link, unlink and relink by hand; bring pairs back from a file."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import hands, services
from sync.forms import PairsFileForm
from sync.mapping import Kind
from sync.models import Link, Record, Side
from sync.queries import activity, alone, facts
from sync.queries import pairs as queries
from sync.shape import MODULE_OF
from sync.views.parts import filters_of, own, page_of, show, told, told_soon

WITH_SIDES = Link.objects.select_related("bigin", "books", "installation").exclude(state__in=Link.DEAD)


@require_GET
@administrator_page
def pairs(request: MemberRequest) -> HttpResponse:
    """All pairs, or (`show=bigin|books`) the records of one side that belong to none."""
    filters = filters_of(request)
    side = filters.get("show", "")
    context: dict[str, object] = {
        "filters": filters,
        "kinds": queries.KIND_LABELS,
        "record_kinds": queries.RECORD_LABELS,
    }
    if side in Side.values:
        page = page_of(request, queries.unlinked(request.installation, side, filters))
        why, known = alone.reasons(request.installation, side, list(page)), facts.known(page)
        context |= {"page": page, "rows": [(record, why[record.pk], known[record.pk]) for record in page]}
        return show(request, "sync/unlinked.html", context, tab="pairs")
    context["page"] = page_of(request, queries.linked(request.installation, filters))
    return show(request, "sync/pairs.html", context, tab="pairs")


@require_GET
@administrator_page
def pair(request: MemberRequest, pk: int) -> HttpResponse:
    found = own(request, WITH_SIDES, pk)
    writes = activity.writes(request.installation, {"link": str(pk)})
    fields = queries.fields_of(found)
    context = {
        "link": found,
        "left": hands.left_of(found),
        "kind": queries.KIND_LABELS.get(found.kind, found.kind),
        "fields": fields,
        "left_so": any(field.settled and not field.agree for field in fields),
        "issues": found.issues.order_by("-pk")[:20],
        "lines": activity.write_lines(writes[:50]),
    }
    return show(request, "sync/pair.html", context, tab="pairs")


@require_GET
@administrator_page
def link_form(request: MemberRequest, pk: int) -> HttpResponse:
    """Candidates for a record, with a partner or without: those that share something first, then by search."""
    record = own(request, Record.objects.filter(gone_at=None), pk)
    text = filters_of(request).get("q", "").strip()
    partners = alone.partners(request.installation, record, text)
    known = facts.known([record, *(partner.record for partner in partners)])
    context = {
        "record": record,
        "text": text,
        "known": known[record.pk],
        "partners": [(partner, known[partner.record.pk]) for partner in partners],
        "present": alone.present(record),
        "only_fills": alone.only_fills(record),
    }
    return show(request, "sync/link.html", context, tab="pairs")


@require_POST
@administrator_page
def link(request: MemberRequest) -> HttpResponse:
    bigin = own(request, Record.objects.filter(side=Side.BIGIN), request.POST.get("bigin") or "0")
    books = own(request, Record.objects.filter(side=Side.BOOKS), request.POST.get("books") or "0")
    try:
        chosen = hands.choose(request.installation, bigin, books, request.member.name)
    except hands.CannotLink as reason:
        return told(request, str(reason), "sync:pairs", level=messages.WARNING)
    text = _("Linked. The next run brings the two into step.")
    for record in chosen.freed:
        text += " " + _("%(name)s has no pair now: the next run judges it like a new record.") % {"name": record.label}
    return told_soon(request, text, [MODULE_OF[Kind(chosen.link.kind)]], "sync:pair", chosen.link.pk)


@require_POST
@administrator_page
def unlink(request: MemberRequest, pk: int) -> HttpResponse:
    services.unlink(own(request, WITH_SIDES, pk), request.member.name)
    return told(
        request,
        _("Unlinked. Both records stay as they are; neither is synchronised until you link it again."),
        "sync:pairs",
    )


@require_POST
@administrator_page
def create_again(request: MemberRequest, pk: int) -> HttpResponse:
    found = own(request, WITH_SIDES, pk)
    left = hands.create_again(found, request.member.name)
    if left is None:
        text = _("Nothing was changed: that was answered already, or something of it is still on its way.")
        return told(request, text, "sync:pair", pk, level=messages.INFO)
    text = _("%(name)s has no pair now: the next run judges it like a new record.") % {"name": left.label}
    return told_soon(request, text, [MODULE_OF[Kind(found.kind)]], "sync:pairs")


@require_POST
@administrator_page
def bring_back(request: MemberRequest) -> HttpResponse:
    form = PairsFileForm(request.POST, request.FILES)
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return told(request, text, "sync:pairs", level=messages.ERROR)
    result = services.import_pairs(request.installation, form.lines(), request.member.name)
    return show(request, "sync/imported.html", {"result": result}, tab="pairs")
