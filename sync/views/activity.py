"""Activity: runs with their pictures, one run with each record's outcome, all outcomes; and the health page."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync.models import Run
from sync.queries import activity, health, issues, overview, pictures, probes
from sync.views.parts import filters_of, own, page_of, show


@require_GET
@administrator_page
def runs(request: MemberRequest) -> HttpResponse:
    page = page_of(request, activity.runs(request.installation, filters_of(request)))
    context = {
        "page": page,
        "lines": [activity.run_line(run) for run in page],
        "columns": pictures.runs_over_time(request.installation),
        "triggers": activity.TRIGGERS,
        "states": activity.RUN_STATES,
        "filters": filters_of(request),
    }
    return show(request, "sync/activity.html", context, tab="activity")


@require_GET
@administrator_page
def records(request: MemberRequest) -> HttpResponse:
    page = page_of(request, activity.writes(request.installation, filters_of(request)))
    context = {
        "page": page,
        "lines": activity.write_lines(page),
        "ops": activity.OPS,
        "states": activity.WRITE_STATES,
        "filters": filters_of(request),
    }
    return show(request, "sync/records.html", context, tab="activity")


@require_GET
@administrator_page
def run(request: MemberRequest, pk: int) -> HttpResponse:
    found = own(request, Run.objects.all(), pk)
    page = page_of(request, activity.writes(request.installation, {**filters_of(request), "run": str(pk)}))
    lists = issues.held_of(found)
    told = found.issues.exclude(pk__in=[one.issue.pk for one in lists])  # those stand above, with what they list
    context = {
        "line": activity.run_line(found),
        "modules": activity.counts_of(found),
        "held": lists,
        "page": page,
        "lines": activity.write_lines(page),
        "issues": told.select_related("record", "link__bigin", "link__books").order_by("-pk")[:50],
        "ops": activity.OPS,
        "states": activity.WRITE_STATES,
        "filters": filters_of(request),
    }
    return show(request, "sync/run.html", context, tab="activity")


@require_GET
@administrator_page
def health_page(request: MemberRequest) -> HttpResponse:
    installation = request.installation
    context = {
        "connections": health.connections(installation),
        "probes": probes.found(installation),
        "last_success": health.last_success(installation),
        "is_silent": health.is_silent(installation),
        "quota": pictures.quota_use(installation),
        "in_step": pictures.in_step(installation),
        "mirrored": pictures.mirrored(installation),
        "cursors": installation.cursors.order_by("feed"),
        "history": health.newest_changes(installation, 30),
        "run": overview.running(installation),
    }
    return show(request, "sync/health.html", context, tab="health")
