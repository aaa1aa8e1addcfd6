"""The way of a consent: start page, Zoho's callback, the frame's claim, sign-out.

What a claimed consent changes is in `accounts.setup`; who may see which page in `accounts.guards`.
"""

from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts import completion, flows, handovers, sessions, troubles
from accounts.flows import Flow, Purpose
from accounts.guards import member_page
from accounts.http import MemberRequest, VisitorRequest, is_from_own_page
from accounts.throttle import Closed, limited
from accounts.troubles import Refused, Trouble
from bigin_books.embed import FRAME_COOKIE, frame_context
from zoho.errors import ZohoError

_WINDOW = 300


def trouble_page(request: HttpRequest, trouble: Trouble, back: str = "") -> HttpResponse:
    """`back` is where this window goes on; without it the page is a popup's and is to be closed."""
    return render(request, "accounts/trouble.html", {"trouble": trouble, "back": back}, status=trouble.status)


def _too_often(request: HttpRequest, closed: Closed) -> HttpResponse:
    response = trouble_page(request, _closed(closed))
    response["Retry-After"] = str(closed.seconds)
    return response


def _too_often_json(_request: HttpRequest, closed: Closed) -> HttpResponse:
    return _refusal(_closed(closed))


def _closed(closed: Closed) -> Trouble:
    return troubles.store_down(closed.seconds) if closed.broken else troubles.too_often(closed.seconds)


@require_GET
@limited("start", 60, _WINDOW, _too_often)
def sign_in_start(request: HttpRequest) -> HttpResponse:
    """`challenge` for a popup, or `mode=window` or `mode=fresh` with `next` for a window of its own."""
    return _start(request, "sign_in")


@require_GET
@limited("start", 60, _WINDOW, _too_often)
def connect_start(request: HttpRequest, product: str) -> HttpResponse:
    """Setup and Reconnect: the same, asking for lasting access to bigin, books or invoice."""
    purpose = flows.purpose_of(product)
    if purpose is None:
        return trouble_page(request, troubles.foreign_state())
    return _start(request, purpose)


def _start(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    challenge, mode = request.GET.get("challenge", ""), request.GET.get("mode", "")
    if mode not in ("", "window", "fresh") or (not mode and not flows.is_challenge(challenge)):
        return trouble_page(request, troubles.foreign_state())
    flow = Flow(
        state=flows.new_state(),
        purpose=purpose,
        challenge="" if mode else challenge,
        next=flows.safe_next(request.GET.get("next", "")) or reverse("accounts:settings"),
        fresh=mode == "fresh",
    )
    try:
        data_centre = completion.where_to_ask(request)
    except Refused as refused:
        return trouble_page(request, refused.trouble)
    response = redirect(flows.consent_url(flow, data_centre))
    flows.remember(response, flow)
    return response


@require_GET
@limited("callback", 60, _WINDOW, _too_often)
def callback(request: HttpRequest) -> HttpResponse:
    """Where Zoho sends the browser back to; it calls Zoho for the tokens."""
    flow = flows.recall(request)
    if flow is None:
        return trouble_page(request, troubles.foreign_state())
    back = flow.next if flow.in_window else ""
    try:
        response = _finish(request, flow)
    except Refused as refused:
        response = trouble_page(request, refused.trouble, back)
    except ZohoError as error:
        response = trouble_page(request, troubles.from_zoho(error), back)
    flows.forget(response, flow.state)
    response["Cache-Control"] = "no-store"
    # The address holds Zoho's code; nothing that the page loads or leads to may learn it.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _finish(request: HttpRequest, flow: Flow) -> HttpResponse:
    answer = completion.answer_of(request, flow)
    if flow.in_window:
        visitor = cast(VisitorRequest, request)
        done = completion.complete(visitor, handovers.Claim(answer.member, answer.grant), fresh=flow.fresh)
        return redirect(done.next or flow.next)
    given = handovers.offer(flow.challenge, member=answer.member, grant=answer.grant)
    return render(request, "accounts/callback.html", {"given": given})


@csrf_exempt  # no session yet that could hold a token: the Origin header, which no page can forge, is asked instead
@require_POST
@limited("redeem", 30, _WINDOW, _too_often_json)
def redeem(request: HttpRequest) -> HttpResponse:
    """Swaps a posted or typed secret and the page's own verifier for a session or a stored connection. JSON."""
    if not is_from_own_page(request):
        return _refusal(troubles.foreign_state())
    claim = handovers.claim(request.POST.get("code", ""), request.POST.get("verifier", ""))
    if claim is None:
        return _refusal(troubles.expired_handover())
    visitor = cast(VisitorRequest, request)
    try:
        done = completion.complete(visitor, claim)
    except Refused as refused:
        return _refusal(refused.trouble)
    except ZohoError as error:
        return _refusal(troubles.from_zoho(error))
    return JsonResponse({"ok": True, "next": done.next, "csrf": get_token(request), "member": done.member.pk})


def _refusal(trouble: Trouble) -> JsonResponse:
    words = {"ok": False, "code": trouble.code, "title": trouble.title, "text": trouble.text, "advice": trouble.advice}
    return JsonResponse(words, status=trouble.status)


@require_GET
def check(request: HttpRequest) -> JsonResponse:
    """Whether this browser keeps our cookies in this frame, and who is signed in here: a page asks about itself."""
    member = cast(VisitorRequest, request).member
    if member is None:
        return JsonResponse({"cookies": FRAME_COOKIE in request.COOKIES, "signed_in": False})
    return JsonResponse({"cookies": True, "signed_in": True, "csrf": get_token(request), "member": member.pk})


@require_GET
@member_page
def done(request: MemberRequest) -> HttpResponse:
    """Where a second window ends that only signed somebody in: the first one goes on."""
    return render(request, "accounts/done.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    member = cast(VisitorRequest, request).member
    query = str(frame_context(request)["frame_query"])
    back = flows.safe_next(request.POST.get("next", "").partition("?")[0]) or reverse("accounts:settings")
    sessions.end(request, member)
    return redirect(back + query)
