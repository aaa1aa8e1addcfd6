"""The shapes every part of the sandbox shares: request, reply, route, errors, JSON text.

No state and no server here: state is `world`, the server is `app`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from sandbox.accounts.model import AccessToken, Person
    from sandbox.world import World

TYPE_JSON = "application/json;charset=UTF-8"
_DECIMAL_MARK = f"decimal:{secrets.token_hex(8)}:"
_DECIMAL_IN_TEXT = re.compile(rf'"{_DECIMAL_MARK}([^"]*)"')


class ApiError(Exception):
    """A refusal that a product renders in its own envelope."""

    def __init__(self, status: int, code: str | int, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}


class Refusal(ApiError):
    """A refusal by the frame around the products; `kind` says which, and the product's `render` finds the words.

    Kinds: no_token, bad_scheme, invalid_token, scope, not_found, method, bad_json, too_large, rate_limited,
    concurrency, quota, unavailable (a scripted 5xx), internal.
    """

    STATUS = {
        "no_token": 401,
        "bad_scheme": 400,
        "invalid_token": 401,
        "scope": 401,
        "not_found": 404,
        "method": 405,
        "bad_json": 400,
        "too_large": 413,
        "rate_limited": 429,
        "concurrency": 429,
        "quota": 429,
        "unavailable": 503,
        "internal": 500,
    }

    def __init__(self, kind: str, message: str = "", status: int | None = None) -> None:
        super().__init__(status or self.STATUS[kind], kind, message or kind.replace("_", " "))
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Request:
    """One call as a handler sees it. `user` and `org` belong to the product and are set by its `enter`."""

    world: World
    product: str
    method: str
    path: str  # below the product's mount
    query: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    repeated: dict[str, list[Upload]] = field(default_factory=dict)  # every file of a name, in the order sent
    cookies: Mapping[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    grant: AccessToken | None = None
    person: Person | None = None
    user: Any = None
    org: Any = None
    in_flight: int = 0  # other calls of the same organisation or token that are being answered right now

    @property
    def granted(self) -> AccessToken:
        """The access token of a call that needed one."""
        if self.grant is None:
            raise Refusal("no_token")
        return self.grant

    def json(self) -> Any:
        """The body as JSON with Decimal for fractions. Raises Refusal("bad_json")."""
        return parse_json(self.body)


@dataclass(slots=True)
class Reply:
    """`body` goes out as JSON unless `raw` is given; an empty reply has neither."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = TYPE_JSON
    cookies: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else to_json(self.body)


Handler = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`template` like "/contacts/{contact_id}"; every scope listed is needed ("{module}" is filled in)."""

    method: str
    template: str
    handler: Handler
    scopes: tuple[str, ...] = ()

    def endpoint(self, params: Mapping[str, str]) -> str:
        """The template for counting calls: module and related list by name, everything else `{id}`."""
        return re.sub(
            r"\{(\w+)\}",
            lambda m: params[m[1]] if m[1] in ("module", "related") else "{id}",
            self.template,
        )


class RouteTable:
    """Routes of one product, first match wins; tells "no such path" from "not with this method"."""

    def __init__(self, routes: list[Route]) -> None:
        self._paths: dict[str, tuple[re.Pattern[str], dict[str, Route]]] = {}
        for route in routes:
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template) + "/?")
            self._paths.setdefault(route.template, (pattern, {}))[1].setdefault(route.method, route)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Raises Refusal("not_found" | "method")."""
        seen = False
        for pattern, methods in self._paths.values():
            found = pattern.fullmatch(path)
            if found is None:
                continue
            route = methods.get(method)
            if route is not None:
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
            seen = True
        raise Refusal("method" if seen else "not_found")

    def __iter__(self) -> Any:
        return (route for _, methods in self._paths.values() for route in methods.values())


@dataclass(frozen=True)
class Product:
    """One mounted API. `enter` finds user and organisation and raises ApiError; `render` puts an error into the
    product's envelope; `finish` adds headers to every reply."""

    name: str
    prefix: str
    routes: RouteTable
    enter: Callable[[Request, Route], None]
    render: Callable[[ApiError], Reply]
    finish: Callable[[Request, Reply], None] = lambda request, reply: None
    needs_token: bool = True


def parse_json(body: bytes) -> Any:
    """Raises Refusal("bad_json") for anything that is not JSON, NaN, bottomless nesting and absurd numbers included."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=_decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal("bad_json", f"not JSON: {error.__class__.__name__}") from None


def to_json(value: Any) -> bytes:
    """JSON with Decimal as plain numbers, never through a float."""
    text = json.dumps(value, default=_encode, separators=(",", ":"))
    if _DECIMAL_MARK in text:
        text = _DECIMAL_IN_TEXT.sub(r"\1", text)
    return text.encode("ascii")


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{_DECIMAL_MARK}{value:f}"
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if number.adjusted() > 30 or number.adjusted() < -30:
        raise ValueError("number out of range")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
