"""Undo of one write or a whole run, and the decision on what the brake held."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import telling
from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import services, undo_run
from sync.held import lists_of
from sync.models import Run, Write
from sync.queries import activity
from sync.views.parts import own, page_of, show, told, told_soon, waits

REASONS = 5  # that fit into one message; the page of an undone run lists all


@require_POST
@administrator_page
def one_write(request: MemberRequest, pk: int) -> HttpResponse:
    write = own(request, Write.objects.select_related("link__bigin", "link__books", "installation"), pk)
    result = services.undo_write(write, request.member.name)
    if write.run_id is None:
        return _told_result(request, result, "sync:records")
    return _told_result(request, result, "sync:run", write.run_id)


@require_http_methods(["GET", "POST"])
@administrator_page
def whole_run(request: MemberRequest, pk: int) -> HttpResponse:
    """GET lists what would be taken back, and how far that is; POST does it."""
    run = own(request, Run.objects.select_related("installation"), pk)
    if request.method == "POST":
        result = services.undo_run(run, request.member.name)
        return _told_result(request, result, "sync:undo_run" if result.preparing else "sync:run", run.pk)
    rows = activity.writes(request.installation, {"state": str(Write.State.DONE)})
    rows = rows.filter(undoes=None, run__series=run.series)
    page = page_of(request, rows)
    undoing = undo_run.newest(run)
    context = {
        "line": activity.run_line(run),
        "parts": Run.objects.filter(installation=request.installation, series=run.series).count(),
        "page": page,
        "left": page.paginator.count - activity.how_many_taken_back(rows),
        "lines": activity.write_lines(page),
        "undoing": undoing,
        "result": undo_run.result_of(undoing) if undoing else None,
    }
    return show(request, "sync/undo.html", context, tab="activity")


def _told_result(request: MemberRequest, result: services.UndoResult, to: str, *args: object) -> HttpResponse:
    if result.preparing:
        text = _("The undo of this run is being prepared. It goes on without this page.")
        return told_soon(request, text, result.waits, to, *args)
    going = ngettext("%(count)d change is being taken back.", "%(count)d changes are being taken back.", result.undone)
    later = ngettext("%(count)d change will be taken back.", "%(count)d changes will be taken back.", result.undone)
    parts = [(later if result.waits else going) % {"count": result.undone}]
    parts += [waits(request.installation, result.waits)] if result.waits else []
    parts += [f"{kept.label}: {telling.told(kept.why)}" for kept in result.kept[:REASONS]]
    if more := len(result.kept) - REASONS:
        parts += [_("And %(count)d more.") % {"count": more}] if more > 0 else []
    level = messages.SUCCESS if result.undone and not result.waits else messages.WARNING
    return told(request, " ".join(parts), to, *args, level=level)


@require_POST
@administrator_page
def approve(request: MemberRequest, pk: int) -> HttpResponse:
    run = own(request, Run.objects.select_related("installation"), pk)
    modules = [issue.module for issue in lists_of(run)]
    if not services.approve_held(run, request.member.name):
        return told(request, _("This was settled in the meantime."), "sync:run", pk, level=messages.INFO)
    return told_soon(request, _("Approved: exactly this list is written now."), modules, "sync:run", pk)


@require_POST
@administrator_page
def refuse(request: MemberRequest, pk: int) -> HttpResponse:
    if not services.refuse_held(own(request, Run.objects.select_related("installation"), pk), request.member.name):
        return told(request, _("This was settled in the meantime."), "sync:run", pk, level=messages.INFO)
    return told(request, _("Refused: nothing of this list is written."), "sync:run", pk)
