"""Puts the signed-in member, with their time zone, on each request. What they may do: `accounts.guards`."""

import zoneinfo
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts import sessions
from accounts.http import VisitorRequest


class MemberMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        visitor = cast(VisitorRequest, request)
        visitor.member = member = sessions.member_of(request)
        visitor.installation = member.installation if member else None
        zone = _zone(member.time_zone) if member else None
        with timezone.override(zone):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """None, that is the server's, for a zone Bigin knows and this machine does not."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
