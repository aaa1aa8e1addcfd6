"""The conflict queue: both values and the last common one side by side; a choice per field, or for many at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import services
from sync.models import Issue, Side
from sync.queries import conflicts as queries
from sync.queries import issues as all_issues
from sync.views.parts import chosen, filters_of, own, page_of, show, told, told_soon

OPEN = Issue.objects.select_related("link__bigin", "link__books", "installation").filter(kind=Issue.Kind.CLASH)


@require_GET
@administrator_page
def conflicts(request: MemberRequest) -> HttpResponse:
    filters = {**filters_of(request), "kind": str(Issue.Kind.CLASH), "state": str(Issue.State.OPEN)}
    page = page_of(request, all_issues.listed(request.installation, filters), size=20)
    context = {"page": page, "conflicts": [queries.conflict(issue) for issue in page], "filters": filters}
    return show(request, "sync/conflicts.html", context, tab="issues")


@require_POST
@administrator_page
def resolve(request: MemberRequest, pk: int) -> HttpResponse:
    issue = own(request, OPEN, pk)
    if issue.state != Issue.State.OPEN:
        return told(request, _("This conflict was settled in the meantime."), "sync:conflicts", level=messages.INFO)
    choices = {clash.key: request.POST.get(f"field:{clash.key}", "") for clash in queries.conflict(issue).clashes}
    if any(choice not in Side.values for choice in choices.values()):
        return told(request, _("Choose a value for every field."), "sync:conflicts", level=messages.WARNING)
    services.resolve_clash(issue, choices, request.member.name)
    return told_soon(request, _("Settled. The next run writes what you chose."), [issue.module], "sync:conflicts")


@require_POST
@administrator_page
def bulk(request: MemberRequest) -> HttpResponse:
    side = request.POST.get("side", "")
    rows = list(OPEN.filter(installation=request.installation, pk__in=chosen(request, "issue"), state="open"))
    if side not in Side.values or not rows:
        return told(request, _("Tick the conflicts and choose a side."), "sync:conflicts", level=messages.WARNING)
    for issue in rows:
        choices = {clash.key: side for clash in queries.conflict(issue).clashes}
        services.resolve_clash(issue, choices, request.member.name)
    text = ngettext("Settled %(count)d conflict.", "Settled %(count)d conflicts.", len(rows)) % {"count": len(rows)}
    return told_soon(request, text, [issue.module for issue in rows], "sync:conflicts")
