"""Undo of one write or a whole run, and the decision on what the brake held."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import services
from sync.models import Run, Write
from sync.queries import activity
from sync.views.parts import own, page_of, show, told


@require_POST
@administrator_page
def one_write(request: MemberRequest, pk: int) -> HttpResponse:
    write = own(request, Write.objects.select_related("link__bigin", "link__books", "installation"), pk)
    result = services.undo_write(write, request.member.name)
    return _told_result(request, result, write.run_id)


@require_http_methods(["GET", "POST"])
@administrator_page
def whole_run(request: MemberRequest, pk: int) -> HttpResponse:
    """GET lists what would be taken back; POST does it."""
    run = own(request, Run.objects.select_related("installation"), pk)
    if request.method == "POST":
        return _told_result(request, services.undo_run(run, request.member.name), run.pk)
    done = activity.writes(request.installation, {"run": str(pk), "state": str(Write.State.DONE)})
    page = page_of(request, done)
    context = {"line": activity.run_line(run), "page": page, "lines": [activity.write_line(write) for write in page]}
    return show(request, "sync/undo.html", context, tab="activity")


def _told_result(request: MemberRequest, result: services.UndoResult, run: int | None) -> HttpResponse:
    text = ngettext("%(count)d change is being taken back.", "%(count)d changes are being taken back.", result.undone)
    parts = [text % {"count": result.undone}, *result.reasons]
    level = messages.SUCCESS if result.undone else messages.WARNING
    return told(request, " ".join(parts), *(("sync:run", run) if run else ("sync:records",)), level=level)


@require_POST
@administrator_page
def approve(request: MemberRequest, pk: int) -> HttpResponse:
    services.approve_held(own(request, Run.objects.select_related("installation"), pk), request.member.name)
    return told(request, _("Approved: exactly this list is written now."), "sync:run", pk)


@require_POST
@administrator_page
def refuse(request: MemberRequest, pk: int) -> HttpResponse:
    services.refuse_held(own(request, Run.objects.select_related("installation"), pk), request.member.name)
    return told(request, _("Refused: nothing of this list is written."), "sync:run", pk)
