"""A consent on its way: what was asked for, kept in a cookie of its own from the start page to Zoho's callback.

The cookie is HttpOnly and Lax, so only the browser that began a flow can end it.
"""

import re
import secrets
from dataclasses import asdict, dataclass
from typing import Literal, cast, get_args

from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import connections
from zoho import auth
from zoho.datacentres import DataCentre

Purpose = Literal["sign_in", "setup", "books", "invoice"]
LIFETIME = 600
_SALT = "accounts.flow"
_SCOPES: dict[Purpose, tuple[str, ...]] = {
    "sign_in": auth.BIGIN_MEMBER_SCOPES,
    "setup": auth.BIGIN_SETUP_SCOPES,
    "books": auth.BOOKS_SCOPES,
    "invoice": auth.INVOICE_SCOPES,
}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Flow:
    """With a `challenge` the result goes to the page that made it; without, this window itself goes on at `next`."""

    state: str
    purpose: Purpose
    challenge: str = ""
    next: str = ""
    fresh: bool = False

    @property
    def in_window(self) -> bool:
        return not self.challenge


def new_state() -> str:
    return secrets.token_urlsafe(24)


def is_challenge(text: str) -> bool:
    return _CHALLENGE.fullmatch(text) is not None


def safe_next(path: str) -> str:
    """A path of our own embedded pages, or "" for anything else."""
    local = url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/embed/")
    return path if local and "/../" not in path else ""


def consent_url(flow: Flow, data_centre: DataCentre) -> str:
    """Members ask for online access without a prompt: each lasting token costs one of the twenty Zoho keeps for a user.

    A fresh sign-in is prompted, so that somebody is really there.
    """
    lasting = flow.purpose != "sign_in"
    return auth.authorise_url(
        data_centre,
        connections.oauth_client(),
        _SCOPES[flow.purpose],
        flow.state,
        "offline" if lasting else "online",
        "consent" if lasting or flow.fresh else None,
    )


def remember(response: HttpResponseBase, flow: Flow) -> None:
    response.set_cookie(
        _cookie_name(flow.state),
        signing.dumps(asdict(flow), salt=_SALT),
        max_age=LIFETIME,
        secure=True,
        httponly=True,
        samesite="Lax",
    )


def recall(request: HttpRequest) -> Flow | None:
    """The flow that this browser began and that the callback's `state` names."""
    state = request.GET.get("state", "")
    packed = request.COOKIES.get(_cookie_name(state), "")
    try:
        flow = Flow(**signing.loads(packed, salt=_SALT, max_age=LIFETIME))
    except (signing.BadSignature, TypeError):
        return None
    return flow if constant_time_compare(flow.state, state) and flow.purpose in get_args(Purpose) else None


def forget(response: HttpResponseBase, state: str) -> None:
    response.delete_cookie(_cookie_name(state), samesite="Lax")


def purpose_of(product: str) -> Purpose | None:
    """What connecting a product asks for."""
    purpose = {"bigin": "setup", "books": "books", "invoice": "invoice"}.get(product)
    return cast("Purpose | None", purpose)


def _cookie_name(state: str) -> str:
    """One cookie a flow, so that two windows do not spoil each other's."""
    return "__Host-flow-" + re.sub(r"[^A-Za-z0-9]", "", state)[:12]
