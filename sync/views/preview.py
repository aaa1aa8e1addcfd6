"""Preview: what a run would do, on both sides, before anything is written; then Start sync."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import services
from sync.models import Module, Run
from sync.queries import preflight, progress
from sync.queries import preview as queries
from sync.views.parts import filters_of, page_of, setting_of, show, told


@require_http_methods(["GET", "POST"])
@administrator_page
def preview(request: MemberRequest, module: str = "") -> HttpResponse:
    """POST makes a new one; GET shows the newest, filtered."""
    modules = [setting_of(request, module).module] if module else list(Module.values)
    if request.method == "POST":
        services.preview(request.installation, modules, request.member.name)
        return told(request, _("Reading both sides. Nothing is written."), *_back(request, module), level=messages.INFO)
    run = queries.newest(request.installation, modules)
    filters = filters_of(request)
    page = page_of(request, queries.listed(run, modules, filters)) if run else None
    context = {
        "run": run,
        "module": module,
        "progress": progress.of_newest_series(request.installation),
        "counts": queries.counts(run, modules) if run else [],
        "page": page,
        "rows": queries.rows(page or ()),
        "checks": preflight.checks(request.installation, run, modules) if run else [],
        "outcomes": queries.OUTCOMES,
        "startable": [
            setting for setting in services.settings_of(request.installation).values() if _may_start(setting, modules)
        ],
        "news": queries.news(request.installation, modules, run),
        "refused": queries.refused(request.installation, modules),
        "filters": filters,
        "export_url": _export_url(filters, module, run) if run else "",
    }
    return show(request, "sync/preview.html", context, tab="home")


def _export_url(filters: Mapping[str, str], module: str, run: Run) -> str:
    """The file holds what this page lists: of this preview, and of the page's own module where it has one."""
    wanted = {**filters, "page": "", "module": module or filters.get("module", ""), "run": str(run.pk)}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{reverse('sync:export', args=['preview'])}?{query}"


def _back(request: MemberRequest, module: str) -> tuple[str, ...]:
    if request.GET.get("next") == "home":
        return ("sync:home",)
    return ("sync:preview", module) if module else ("sync:preview_all",)


def _may_start(setting: "services.ModuleSetting", modules: list[str]) -> bool:
    return setting.module in modules and setting.started_at is None
