"""Puts the signed-in member on each request, with their language and time zone. What they may do: `accounts.guards`."""

import re
import zoneinfo
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from accounts import sessions
from accounts.http import VisitorRequest

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}")


class MemberMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        visitor = cast(VisitorRequest, request)
        visitor.member = member = sessions.member_of(request)
        visitor.installation = member.installation if member else None
        if member and _LANGUAGE.fullmatch(member.language):
            _prefer(request, member.language)
        zone = _zone(member.time_zone) if member else None
        # LocaleMiddleware leaves its language behind in the thread; the next piece of work there is another person's.
        with timezone.override(zone), translation.override(translation.get_language()):
            return self.get_response(request)


def _prefer(request: HttpRequest, language: str) -> None:
    """What the person chose at Zoho comes before what the browser says; LocaleMiddleware decides what we have of it."""
    said = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    request.META["HTTP_ACCEPT_LANGUAGE"] = ",".join(filter(None, [language.replace("_", "-"), said]))


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """None, that is the server's, for a zone Bigin knows and this machine does not."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
