"""Living inside Bigin's frame: who may frame which page, cookies that work there, what templates need to know of it.

Who is signed in is decided in `accounts`; nothing here reads a database.
"""

from collections.abc import Callable
from http.cookies import Morsel
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from csp.constants import NONE
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from accounts.http import VisitorRequest
from zoho.datacentres import DataCentre, DataCentres, UnknownDataCentre, data_centres, origin

EMBEDDED = "/embed/"
# A popup that is to hand something to the frame that opened it must not be cut off from it on any page it passes.
POPUP = ("/sign-in/", "/connect/", "/oauth/")
FRAME_COOKIE = "__Host-frame"
FRAME_COOKIE_AGE = 30 * 24 * 3600
_UNUSED_FEATURES = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def service_origin(request: HttpRequest) -> str:
    """The Bigin page around us as the address or, later, our cookie names it; "" unless it is in the table of hosts."""
    for named in (request.GET.get("serviceOrigin"), request.COOKIES.get(FRAME_COOKIE)):
        if named and _data_centre_of(named):
            return origin(named)
    return ""


def data_centre_around(request: HttpRequest) -> DataCentre | None:
    """The data centre of the Bigin page around us: a hint where to sign in, never an identity."""
    return _data_centre_of(service_origin(request))


def frame_context(request: HttpRequest) -> dict[str, Any]:
    """For every template: the page around us, the query that keeps it in links, who is signed in, the language."""
    visitor = cast(VisitorRequest, request)
    around = service_origin(request)
    return {
        "service_origin": around,
        "frame_query": "?" + urlencode({"serviceOrigin": around}) if around else "",
        "member": getattr(visitor, "member", None),
        "installation": getattr(visitor, "installation", None),
        "words_in": language_of_words(translation.get_language()),
    }


def language_of_words(language: str | None) -> str:
    """What the pages are written in: the reader's language where there is a catalogue of ours, else English.

    Dates and numbers follow the reader in any case; a screen reader must not read English words as German ones.
    """
    for code in (language or "", (language or "").partition("-")[0]):
        file = Path(translation.to_locale(code), "LC_MESSAGES", "django.mo")
        if code and any((Path(folder) / file).is_file() for folder in settings.LOCALE_PATHS):
            return code
    return "en"


def _table() -> DataCentres:
    return data_centres(settings.SANDBOX_URL)


def _data_centre_of(host: str) -> DataCentre | None:
    try:
        wanted = origin(host)
    except UnknownDataCentre:
        return None
    return next((entry for entry in _table() if wanted in entry.bigin_hosts), None)


class FrameMiddleware:
    """frame-ancestors, X-Frame-Options and the opener policy of every response, by its path and who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", _UNUSED_FEATURES)
        if request.path.startswith(POPUP):
            response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        if request.path.startswith(EMBEDDED):
            self._embed(request, response)
        return response

    def _embed(self, request: HttpRequest, response: HttpResponseBase) -> None:
        hosts = [] if getattr(response, "refuses_frames", False) else _ancestors(request)
        replace: dict[str, Any] = getattr(response, "_csp_replace", None) or {}
        # The names by which django-csp and Django's clickjacking middleware let a response differ from the settings.
        setattr(response, "_csp_replace", {**replace, "frame-ancestors": hosts or [NONE]})  # noqa: B010
        setattr(response, "xframe_options_exempt", bool(hosts))  # noqa: B010
        response.headers.setdefault("Cache-Control", "private, no-store")
        if service_origin(request) != request.COOKIES.get(FRAME_COOKIE, ""):
            self._remember(request, response)

    @staticmethod
    def _remember(request: HttpRequest, response: HttpResponseBase) -> None:
        around = service_origin(request)
        if isinstance(response, HttpResponse) and around:
            response.set_cookie(
                FRAME_COOKIE, around, max_age=FRAME_COOKIE_AGE, secure=True, httponly=True, samesite="None"
            )


def _ancestors(request: HttpRequest) -> list[str]:
    """Signed in: the Bigin hosts of the installation's data centre. Signed out: the page around, if it is Bigin's."""
    installation = getattr(request, "installation", None)
    if installation is None:
        around = service_origin(request)
        return [around] if around else []
    try:
        return list(_table().by_name(installation.data_centre).bigin_hosts)
    except UnknownDataCentre:
        return []


class _PartitionedMorsel(Morsel[str]):
    """Python's cookies learnt the attribute only in 3.14."""

    def OutputString(self, attrs: list[str] | None = None) -> str:  # noqa: N802 - the name is http.cookies'
        text = super().OutputString(attrs)
        return text if "; partitioned" in text.lower() else f"{text}; Partitioned"


class PartitionedCookieMiddleware:
    """Adds `Partitioned` to every cookie meant for a frame on another site, to deletions too: else they miss it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, morsel in list(response.cookies.items()):
            if str(morsel["samesite"]).lower() == "none":
                response.cookies[name] = _partitioned(morsel)
        return response


def _partitioned(morsel: "Morsel[str]") -> "Morsel[str]":
    copy = _PartitionedMorsel()
    copy.set(morsel.key, morsel.value, morsel.coded_value)
    copy.update(morsel)
    copy["secure"] = True
    return copy
