"""What several screens share: rendering in the sync's frame, finding the installation's own rows, pages of a list."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.http import MemberRequest
from accounts.models import Installation
from sync import services, standstill
from sync.models import Issue, Module, ModuleSetting
from sync.standstill import Cause

PAGE_SIZE = 50
Row = TypeVar("Row", bound=Model)
WAITS: Mapping[Cause, str | Promise] = {
    Cause.LOST: _("%(entity)s: it waits until the connection is back; press Reconnect."),
    Cause.NOT_STARTED: _("%(entity)s: it waits until you press Start sync."),
    Cause.PAUSED: _("%(entity)s: paused, so it waits until you press Resume."),
    Cause.READ_ONLY: _("%(entity)s: read-only, so it waits until runs may write again."),
}


def show(
    request: MemberRequest, template: str, context: Mapping[str, Any], tab: str, status: int = 200
) -> HttpResponse:
    """A page of the sync: `tab` is the entry of the top bar that is marked as current."""
    shared = {
        "tab": tab,
        "books": request.installation.get_product_display() or "Zoho Books",
        "installation": request.installation,
        "attention": request.installation.issues.filter(state=Issue.State.OPEN).count(),
    }
    return render(request, template, {**shared, **context}, status=status)


def told(
    request: MemberRequest, text: object, to: str, *args: object, level: int = messages.SUCCESS
) -> HttpResponseRedirect:
    """Back to a page that says what was done."""
    messages.add_message(request, level, str(text))
    return redirect(to, *args)


def waits(installation: Installation, modules: Iterable[str]) -> str:
    """Why what was just decided is not written with the next run; "" where it is."""
    causes = {module: standstill.of(installation, module) for module in sorted(set(modules))}
    named = {module: gettext(Module(module).label) for module in causes}
    return " ".join(str(WAITS[cause]) % {"entity": named[module]} for module, cause in causes.items() if cause)


def told_soon(  # what is said where it is sent, and the modules whose run sends it
    request: MemberRequest, text: object, modules: Iterable[str], to: str, *args: object
) -> HttpResponseRedirect:
    """As `told`, of something the next run does: with why it waits, where it does."""
    why = waits(request.installation, modules)
    return told(request, f"{text} {why}".strip(), to, *args, level=messages.WARNING if why else messages.SUCCESS)


def setting_of(request: MemberRequest, module: str) -> ModuleSetting:
    setting = services.settings_of(request.installation).get(module)
    if setting is None:
        raise Http404
    return setting


def own(request: MemberRequest, rows: QuerySet[Row], pk: object) -> Row:
    """The row, if it belongs to the visitor's installation; the same 404 for another's as for none."""
    number = whole(str(pk))
    if number is None:
        raise Http404
    return get_object_or_404(rows, pk=number, installation=request.installation)


def whole(text: str) -> int | None:
    """A row's number as an address or a form names it; None for what none of ours can be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def filters_of(request: MemberRequest) -> dict[str, str]:
    """What a list is filtered by. PostgreSQL has no text with NUL, so neither has any name that could be found."""
    return {name: value.replace("\x00", "") for name, value in request.GET.dict().items()}


def page_of(request: MemberRequest, rows: QuerySet[Row], size: int = PAGE_SIZE) -> Page[Row]:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def chosen(request: MemberRequest, name: str) -> list[int]:
    """Ticked rows of a bulk form; what is no number is dropped."""
    return [number for value in request.POST.getlist(name) if (number := whole(value)) is not None]
