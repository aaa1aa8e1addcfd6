"""Configure for companies and contacts, and for products: drawn from both sides' live fields, saved whole or not."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import changed, metadata, services
from sync.forms_mapping import ConfigureScreen
from sync.models import ModuleSetting
from sync.views.parts import setting_of, show, told
from zoho.errors import ZohoError


@require_http_methods(["GET", "POST"])
@administrator_page
def configure(request: MemberRequest, module: str) -> HttpResponse:
    setting = setting_of(request, module)
    try:
        offered = metadata.offered(request.installation, module, fresh=request.method == "GET")
    except ZohoError as error:
        return show(request, "sync/configure_closed.html", {"setting": setting, "error": error}, tab="home", status=503)
    posted = request.POST if request.method == "POST" else None
    screen = ConfigureScreen(setting, offered, posted)
    if posted is None:
        return _drawn(request, screen)
    if "redraw" in posted or "add" in posted:
        screen.add_row(posted.get("add", ""))
        screen.unjudged()
        return _drawn(request, screen)
    if not screen.is_valid():
        return _drawn(request, screen, status=422)
    return _save(request, setting, screen)


def _save(request: MemberRequest, setting: ModuleSetting, screen: ConfigureScreen) -> HttpResponse:
    try:
        warnings = services.save_settings(setting, screen.cleaned(), request.member.name, screen.version)
    except services.VersionConflict:
        return _drawn(request, screen.renewed(), status=409, conflict=True)
    except services.MappingErrors as wrong:
        screen.show_errors(wrong.errors)
        return _drawn(request, screen, status=422)
    for warning in warnings:
        messages.warning(request, warning)
    if changed.of(setting) is not None and setting.started_at is not None:
        return told(request, _("Saved."), "sync:preview", setting.module)
    if setting.started_at is not None:
        return told(request, _("Saved."), "sync:home")
    # What the screen says before Start sync must be what these settings do (rules 1.1).
    waiting = [row.module for row in services.settings_of(request.installation).values() if row.started_at is None]
    services.preview(request.installation, waiting, request.member.name)
    return told(request, _("Saved. Both sides are read for a new preview; nothing is written."), "sync:home")


def _drawn(
    request: MemberRequest, screen: ConfigureScreen, status: int = 200, *, conflict: bool = False
) -> HttpResponse:
    context = {"screen": screen, "form": screen.form, "setting": screen.setting, "conflict": conflict}
    return show(request, "sync/configure.html", context, tab="home", status=status)
