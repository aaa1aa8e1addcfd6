"""Who may see a page: decorators that let a member or an administrator through and draw the refusal for anyone else.

A signed-out HTMX request gets 401 and a fragment that offers sign-in over the page, so that nothing typed is lost.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts import sessions
from accounts.http import MemberRequest, VisitorRequest, is_from_own_page
from bigin_books.embed import data_centre_around

P = ParamSpec("P")
MemberView = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

# What a form carries for the machinery only; a page that keeps what was typed makes its own.
_NOT_TYPED = frozenset({"csrfmiddlewaretoken"})


def member_page(view: MemberView[P]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if cast(VisitorRequest, request).member is None:
            return ask_to_sign_in(request)
        return view(cast(MemberRequest, request), *args, **kwargs)

    return _named(guarded, "member")


def administrator_page(view: MemberView[P]) -> View[P]:
    """Only the Administrator profile of Bigin sets up, configures and deletes."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        member = cast(VisitorRequest, request).member
        if member is None:
            return ask_to_sign_in(request)
        if not member.is_administrator:
            return no_permission(request)
        return view(cast(MemberRequest, request), *args, **kwargs)

    return _named(guarded, "administrator")


def fresh_sign_in_required(view: MemberView[P]) -> View[P]:
    """An administrator who signed in during the last minutes in a window of its own; the page then refuses frames."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        member = cast(VisitorRequest, request).member
        if member is not None and not member.is_administrator:
            return no_permission(request)
        if member is None or not sessions.is_fresh(request) or is_framed(request):
            return ask_for_fresh_sign_in(request)
        response = view(cast(MemberRequest, request), *args, **kwargs)
        setattr(response, "refuses_frames", True)  # noqa: B010 - read by bigin_books.embed
        return response

    return _named(guarded, "fresh")


def guard_of(view: Callable[..., object]) -> str:
    """member, administrator or fresh, as a view was decorated; "" for an open one. For checks of the whole URLconf."""
    return str(getattr(view, "guard", ""))


def _named(view: View[P], guard: str) -> View[P]:
    setattr(view, "guard", guard)  # noqa: B010 - functools.wraps of outer decorators copies it
    return view


def is_framed(request: HttpRequest) -> bool:
    """As far as the browser tells: it does for navigations."""
    return request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """401 as a page, or as a fragment over the page that is there."""
    if _wants_fragment(request):
        response = render(request, "accounts/_sign_in_over.html", sign_in_context(request), status=401)
        response["HX-Retarget"] = "#sign-in-over"
        response["HX-Reswap"] = "innerHTML"
        return response
    if request.method == "POST" and is_from_own_page(request):
        return _ask_and_keep(request)
    return render(request, "accounts/sign_in.html", sign_in_context(request), status=401)


def no_permission(request: HttpRequest) -> HttpResponse:
    fragment = _wants_fragment(request)
    template = "accounts/_no_permission.html" if fragment else "accounts/no_permission.html"
    response = render(request, template, status=403)
    if fragment:
        response["HX-Retarget"] = "#sign-in-over"
        response["HX-Reswap"] = "innerHTML"
    return response


def ask_for_fresh_sign_in(request: HttpRequest) -> HttpResponse:
    query = urlencode(
        {"mode": "fresh", "next": request.path if request.method == "GET" else reverse("accounts:settings")}
    )
    context = {"fresh_url": f"{reverse('accounts:sign_in_start')}?{query}"}
    return render(request, "accounts/fresh_sign_in.html", context, status=401)


def sign_in_context(request: HttpRequest) -> dict[str, object]:
    around = data_centre_around(request)
    here = request.get_full_path() if request.method == "GET" else reverse("accounts:settings")
    return {
        "data_centre": around.name if around else "",
        "window_url": here,
        "is_settings": request.path == reverse("accounts:settings"),
    }


def _ask_and_keep(request: HttpRequest) -> HttpResponse:
    """The form that was sent after the session's end, kept in the page to be sent again after signing in.

    Only for forms of our own pages: another site's would gain the new session's CSRF token on the way.
    """
    typed = [(name, value) for name, values in request.POST.lists() if name not in _NOT_TYPED for value in values]
    context = {**sign_in_context(request), "typed": typed, "lost_files": bool(request.FILES)}
    return render(request, "accounts/sign_in.html", context, status=401)


def _wants_fragment(request: HttpRequest) -> bool:
    htmx = cast(VisitorRequest, request).htmx
    return bool(htmx) and not htmx.boosted
