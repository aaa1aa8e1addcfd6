"""CSV files out of the frame: a POST makes a single-use ticket, the ticket opens the file where no cookie goes."""

import csv
from collections.abc import Callable, Iterable, Iterator

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts import tickets
from accounts.guards import administrator_page
from accounts.http import MemberRequest
from accounts.models import Installation
from sync import services
from sync.models import Module, Proposal, Run
from sync.queries import activity, issues, preview
from sync.views.parts import filters_of, whole

Filters = dict[str, str]
# What makes a spreadsheet run a cell instead of showing it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_POST
@administrator_page
def export(request: MemberRequest, what: str) -> HttpResponseBase:
    if what not in FILES:
        raise Http404
    secret = tickets.issue("download", request.member, subject=f"{what}?{urlencode(filters_of(request))}")
    to = reverse("sync:file", args=[secret])
    return HttpResponseClientRedirect(to) if request.htmx else redirect(to)


@require_GET
def file(request: HttpRequest, secret: str) -> HttpResponseBase:
    """No cookie arrives here: the ticket is bound to a member, who must still be an administrator."""
    ticket = tickets.redeem("download", secret)
    what, _question, query = ticket.subject.partition("?") if ticket else ("", "", "")
    if ticket is None or what not in FILES or not ticket.member.is_administrator:
        return render(request, "sync/ticket_used.html", status=410)
    rows = FILES[what](ticket.member.installation, QueryDict(query).dict())
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{what}.csv"'
    response["Cache-Control"] = "no-store"
    return response


class Line:
    """A file for csv.writer that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def lines(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow([str(cell) for cell in head])
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _issues(installation: Installation, filters: Filters) -> Iterator[str]:
    found = issues.listed(installation, filters)
    rows = (
        (issue.created_at.isoformat(), issue.module, issues.label_of(issue), issue.code, issue.reason, issue.advice)
        for issue in found.iterator(500)
    )
    return lines([_("Since"), _("Module"), _("Record"), _("Code"), _("Reason"), _("What to do")], rows)


def _activity(installation: Installation, filters: Filters) -> Iterator[str]:
    rows = (
        (
            write.settled_at.isoformat() if write.settled_at else "",
            write.run_id,
            write.side,
            write.op,
            activity.label_of(write.link),
            write.state,
            "; ".join(f"{change.label}: {change.old} -> {change.new}" for change in activity.changes_of(write)),
            write.error,
        )
        for write in activity.writes(installation, filters).iterator(500)
    )
    head = [_("Time"), _("Run"), _("Side"), _("What"), _("Record"), _("Outcome"), _("Fields"), _("Reason")]
    return lines(head, rows)


def _preview(installation: Installation, filters: Filters) -> Iterator[str]:
    rows = (
        (
            proposal.module,
            proposal.side,
            proposal.outcome,
            proposal.label,
            "; ".join(f"{change.label}: {change.old} -> {change.new}" for change in preview.row(proposal).changes),
            proposal.reason,
        )
        for proposal in _proposed(installation, filters).iterator(500)
    )
    return lines([_("Module"), _("Side"), _("Outcome"), _("Record"), _("Fields"), _("Reason")], rows)


def _proposed(installation: Installation, filters: Filters) -> QuerySet[Proposal]:
    """Of the preview that the page shows, which a newer one may have overtaken; without `run`: of the newest."""
    modules = [filters["module"]] if filters.get("module") in Module.values else list(Module.values)
    if number := whole(filters.get("run", "")):
        run = installation.runs.filter(pk=number, kind=Run.Kind.PREVIEW, state=Run.State.DONE).first()
    else:
        run = preview.newest(installation, modules)
    return preview.listed(run, modules, filters) if run else Proposal.objects.none()


def _pairs(installation: Installation, filters: Filters) -> Iterator[str]:
    return iter(services.pairs_csv(installation))


FILES: dict[str, Callable[[Installation, Filters], Iterator[str]]] = {
    "issues": _issues,
    "activity": _activity,
    "preview": _preview,
    "pairs": _pairs,
}
