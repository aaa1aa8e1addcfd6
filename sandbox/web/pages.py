"""Rendering of HTML pages from `templates/`, everything escaped. Knows no page in particular."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.core import ApiError, Reply, Request

FOLDER = Path(__file__).parent
TYPE_HTML = "text/html;charset=UTF-8"


@lru_cache(maxsize=1)
def environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def html(template: str, status: int = 200, **context: Any) -> Reply:
    """Lone surrogates, which UTF-8 cannot carry, become question marks."""
    text = environment().get_template(template).render(**context)
    return Reply(status, raw=text.encode("utf-8", "replace"), content_type=TYPE_HTML)


def refuse_foreign_forms(request: Request) -> None:
    """A page of another site cannot press the buttons here. Raises ApiError."""
    origin = request.headers.get("Origin")
    if request.method != "POST" or origin is None:
        return
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        sender = ""
    if sender != request.headers.get("Host"):
        raise ApiError(403, "foreign_form", "This form was not sent from a page of the sandbox.")


class Elsewhere(ApiError):
    """The page is to be had under another address."""

    def __init__(self, url: str) -> None:
        super().__init__(303, "elsewhere", url)


def send_to_own_address(request: Request) -> None:
    """Frames name `base_url` as the page around them, so that is where the page must live. Raises Elsewhere."""
    base = request.world.base_url
    if request.method == "GET" and request.headers.get("Host") != urlsplit(base).netloc:
        raise Elsewhere(f"{base}{quote(request.path)}{'?' + urlencode(request.query) if request.query else ''}")


def harden(reply: Reply, frames: str = "'none'") -> None:
    """Own scripts and styles only; `frames` is the one origin a page may frame."""
    policy = f"default-src 'self'; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    reply.headers.setdefault("Content-Security-Policy", policy)
    reply.headers.setdefault("Cache-Control", "no-store")
    reply.headers.setdefault("X-Content-Type-Options", "nosniff")


def redirect(url: str) -> Reply:
    """303: a reload of the next page sends nothing twice."""
    return Reply(303, raw=b"", headers={"Location": url}, content_type=TYPE_HTML)
