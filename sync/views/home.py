"""The settings home: the table of entities and intervals, Start, Sync Now, Pause, and the live progress."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from accounts.models import Installation
from sync import services
from sync.models import Module
from sync.queries import health, overview, pictures, preflight, preview, progress
from sync.views.parts import setting_of, show, told, told_soon

OUTCOMES = {
    "queued": (messages.SUCCESS, _("The sync starts now. You can watch it here.")),
    "running": (messages.INFO, _("A sync is running; another one follows as soon as it is done.")),
    "not_started": (
        messages.WARNING,
        _("Nothing was synchronised: press Start sync first, so that you see what it will do."),
    ),
    "paused": (messages.WARNING, _("Nothing was synchronised: it is paused. Press Resume first.")),
    "lost": (messages.WARNING, _("Nothing was synchronised: the connection is lost. Press Reconnect first.")),
}


@require_GET
@administrator_page
def home(request: MemberRequest) -> HttpResponse:
    installation = request.installation
    settings = services.settings_of(installation)
    run = overview.running(installation)
    not_started = [module for module, setting in settings.items() if setting.started_at is None]
    context = {
        "not_started": not_started,
        "summaries": preview.summaries(installation, not_started),
        "checks": preflight.of_newest(installation, not_started),
        "ask_at_once": not_started and not (request.htmx or installation.problem or installation.runs.exists()),
        "lines": overview.module_lines(installation, settings, run),
        "progress": progress.of_newest_series(installation),
        "started": any(setting.started_at for setting in settings.values()),
        "connections": health.connections(installation),
        "in_step": pictures.in_step(installation),
        "history": health.newest_changes(installation),
    }
    return show(request, "sync/home.html", context, tab="home")


@require_GET
@administrator_page
def progress_now(request: MemberRequest) -> HttpResponse:
    """The part of the page that polls itself; `shown` is what the page draws now, as `Progress.shown` names it."""
    current = progress.of_newest_series(request.installation)
    response = render(
        request, "sync/_progress_of_run.html", {"progress": current, "installation": request.installation}
    )
    if request.GET.get("shown", "") != current.shown:
        response["HX-Trigger-After-Settle"] = "run-changed"
    return response


@require_POST
@administrator_page
def sync_now(request: MemberRequest) -> HttpResponse:
    module = request.POST.get("module", "")
    wanted = [setting_of(request, module).module] if module else list(Module.values)
    result = str(services.request_sync(request.installation, wanted, "person", request.member.name))
    is_lost = request.installation.state != Installation.State.ACTIVE
    level, text = OUTCOMES["lost" if result == "paused" and is_lost else result]
    return told(request, text, "sync:home", level=level)


@require_POST
@administrator_page
def start(request: MemberRequest) -> HttpResponse:
    """Rules 1.1: once for each module, after its summary was on this page."""
    wanted = [module for module in Module.values if module in request.POST.getlist("module")]
    if not wanted:
        return told(request, _("Choose what to start."), "sync:home", level=messages.WARNING)
    if not all(preview.newest(request.installation, [module]) for module in wanted):
        return told(
            request, _("First look at what it would do, then press Start sync."), "sync:home", level=messages.WARNING
        )
    for module in wanted:
        services.start_sync(setting_of(request, module), request.member.name)
    text = _("The sync was started. The first run may take a while; it goes on without this page.")
    if all(setting_of(request, module).read_only for module in wanted):
        text = _("Started read-only: previews are made, and nothing is written until you let runs write.")
    return told(request, text, "sync:home")


@require_POST
@administrator_page
def pause(request: MemberRequest, module: str) -> HttpResponse:
    services.pause(setting_of(request, module), request.member.name)
    return told(request, _("Paused. Nothing is written until you press Resume; pairs and settings stay."), "sync:home")


@require_POST
@administrator_page
def resume(request: MemberRequest, module: str) -> HttpResponse:
    services.resume(setting_of(request, module), request.member.name)
    text = _("Resumed. The next run brings over what changed meanwhile.")
    return told_soon(request, text, [module], "sync:home")


@require_POST
@administrator_page
def read_only(request: MemberRequest, module: str) -> HttpResponse:
    on = request.POST.get("on") == "1"
    services.set_read_only(setting_of(request, module), on, request.member.name)
    text = _("Read-only: runs show what they would do and write nothing.") if on else _("Runs write again.")
    return told(request, text, "sync:home")
