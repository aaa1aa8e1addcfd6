"""Rendering of HTML pages from `templates/`, everything escaped. Knows no page in particular."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.core import Reply

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


def redirect(url: str) -> Reply:
    """303: a reload of the next page sends nothing twice."""
    return Reply(303, raw=b"", headers={"Location": url}, content_type=TYPE_HTML)
