"""The settings page's door, health, and what happens to a request whose CSRF token does not fit."""

from typing import cast

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.guards import administrator_page, ask_to_sign_in
from accounts.http import MemberRequest, VisitorRequest
from bigin_books.embed import frame_context
from zoho.limits import StoreError


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """The bare address, for people who find it: everything happens inside Bigin."""
    return render(request, "accounts/front.html")


@require_GET
@administrator_page
def settings_page(request: MemberRequest) -> HttpResponse:
    """Where Bigin's Settings frame enters: Setup until an organisation is chosen, then the sync's home."""
    page = "sync:home" if request.installation.books_org_id else "accounts:setup"
    return redirect(reverse(page) + str(frame_context(request)["frame_query"]))


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """For load balancers: 200 when the database and Redis answer, 503 with the name of what does not."""
    state = {"database": _database_answers(), "redis": _redis_answers()}
    words = {name: "ok" if answers else "no answer" for name, answers in state.items()}
    return JsonResponse(words, status=200 if all(state.values()) else 503)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a session that has ended is the common case: sign in again and go on. Anything else is refused."""
    if cast(VisitorRequest, request).member is None:
        return ask_to_sign_in(request)
    return render(request, "accounts/refused.html", {"reason": reason}, status=403)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        cache.get("healthz")
    except StoreError:
        return False
    return True
