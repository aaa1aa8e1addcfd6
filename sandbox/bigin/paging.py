"""Pages of record lists: page numbers up to row 2,000, and tokens beyond (bigin-api.md 5.1)."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.bigin.errors import BiginError, ambiguity, invalid_param
from sandbox.bigin.shape import time_text
from sandbox.bigin.store import Key
from sandbox.core import Request

WALL = 2000
TOKEN_WALL = 100_000
MOST = 200


@dataclass(frozen=True, slots=True)
class Window:
    """Which slice of a list is asked for. `after` is the key behind which the slice begins."""

    page: int
    per_page: int
    after: Key | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a token is bound to: the same user asking for the same rows in the same order."""

    module: str
    user: str
    column: str
    descending: bool
    filters: str = ""

    @property
    def bond(self) -> str:
        return "|".join([self.module, self.user, self.column, str(self.descending), self.filters])


def whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A number parameter, or the default. Raises BiginError."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise invalid_param(name)
    return int(text)


def read_window(request: Request, listing: Listing) -> Window:
    token = request.query.get("page_token")
    if token is None:
        window = numbered(request)
        if window.start >= WALL:
            message = "You can only get the first 2000 records without using page_token param."
            raise BiginError(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, {"limit": WALL})
        return window
    if "page" in request.query:
        raise ambiguity("page", "page_token")
    return _read_token(request, listing, token)


def numbered(request: Request) -> Window:
    per_page = whole(request, "per_page", MOST, 1, MOST)
    page = whole(request, "page", 1, 1, 100_000_000)
    return Window(page, per_page, start=(page - 1) * per_page)


def cut(order: Sequence[Key], window: Window, descending: bool) -> tuple[list[str], bool]:
    """Ids of the window in an ascending order read in either direction, and whether more follow."""
    total = len(order)
    start = window.start
    if window.after is not None:
        start = total - bisect_left(order, window.after) if descending else bisect_right(order, window.after)
    end = start + window.per_page
    backwards = slice(max(total - end, 0), max(total - start, 0))
    keys = order[backwards][::-1] if descending else order[start:end]
    return [key[1] for key in keys], end < total


def info(request: Request, listing: Listing, window: Window, ids: list[str], last: Key | None) -> dict[str, Any]:
    """`last` is the key of the last row when more rows follow, else None."""
    following = _token(request, listing, window, last) if last is not None else None
    return {
        "per_page": window.per_page,
        "count": len(ids),
        "page": window.page,
        "sort_by": listing.column,
        "sort_order": "desc" if listing.descending else "asc",
        "more_records": last is not None,
        "next_page_token": following,
        "previous_page_token": None,
        "page_token_expiry": _expiry_text(request) if following else None,
    }


def _expires(request: Request) -> int:
    hours = int(request.world.switches["bigin_page_token_hours"])
    return int(request.world.clock.seconds()) + hours * 3600


def _expiry_text(request: Request) -> str:
    return time_text(_expires(request), request.user.time_zone)


def _token(request: Request, listing: Listing, window: Window, last: Key) -> str | None:
    switches = request.world.switches
    if listing.column != "id" and switches["bigin_page_token_sort"] == "id_only":
        return None
    by_offset = switches["bigin_page_token_position"] == "offset"
    content = {
        "bond": listing.bond,
        "page": window.page + 1,
        "per_page": window.per_page,
        "after": None if by_offset else list(last),
        "start": window.page * window.per_page,
        "expires": _expires(request),
    }
    packed = urlsafe_b64encode(json.dumps(content).encode()).decode()
    return f"{packed}.{_seal(request, packed)}"


def _seal(request: Request, packed: str) -> str:
    return hmac.new(request.world.secret.encode(), packed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _read_token(request: Request, listing: Listing, token: str) -> Window:
    """`per_page` of the request is ignored: it is baked into the token."""
    packed, _, seal = token.partition(".")
    if not hmac.compare_digest(_seal(request, packed).encode(), seal.encode("utf-8", "replace")):
        raise invalid_param("page_token")
    content = json.loads(urlsafe_b64decode(packed))
    if content["expires"] <= request.world.clock.seconds():
        raise BiginError(400, "EXPIRED_VALUE", "the given page_token is expired", {"param_name": "page_token"})
    if content["bond"] != listing.bond:
        details = {"param_name": "page_token"}
        raise BiginError(400, "TOKEN_BOUND_DATA_MISMATCH", "the request differs from the token's", details)
    if content["start"] >= TOKEN_WALL:
        message = "You can only get the first 100000 records."
        raise BiginError(400, "PAGINATION_LIMIT_EXCEEDED", message, {"limit": TOKEN_WALL})
    after = content["after"]
    return Window(content["page"], content["per_page"], tuple(after) if after else None, content["start"])
