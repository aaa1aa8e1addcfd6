"""Ids and names as parts of an address. Some come from a frame that anyone may forge: what is no id is never sent."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoho.errors import Rejected

_SAFE = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def segment(value: str, product: str = "bigin") -> str:
    """The value itself when it can stand alone between two slashes; otherwise raises Rejected, with nothing sent."""
    if not _SAFE.fullmatch(value):
        raise Rejected(f"{value[:40]!r} is not an id.", product=product, code="malformed_id", field="id")
    return value


def segments(values: Iterable[str], product: str = "bigin") -> list[str]:
    return [segment(value, product) for value in values]
