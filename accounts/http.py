"""What a request carries once `accounts.middleware` and `accounts.guards` have seen it, and where it came from."""

from django.conf import settings
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Installation, Member


class VisitorRequest(HttpRequest):
    """Anyone: both are None for a stranger."""

    member: Member | None
    installation: Installation | None
    htmx: HtmxDetails


class MemberRequest(HttpRequest):
    """Somebody who is signed in; the guards let nobody else through."""

    member: Member
    installation: Installation
    htmx: HtmxDetails


def address_of(request: HttpRequest) -> str:
    """The network address of the visitor: what our own proxy saw, or what the socket says where there is none."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        # Only the last hop is our proxy's own; everything before it is whatever the visitor wrote.
        return request.headers.get("X-Forwarded-For", seen).rsplit(",", 1)[-1].strip() or seen
    return seen


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether a page of ours sent this request: browsers put `Origin` on every POST and no page can forge it."""
    return request.headers.get("Origin") == settings.BASE_URL
