"""Reading what a client sends: bodies in three encodings, texts, flags, ids, paging. Raises BooksError only."""

from __future__ import annotations

import re
from typing import Any

from sandbox.books import errors
from sandbox.core import Refusal, Request, parse_json

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+$")
_ID = re.compile(r"^\d{1,25}$")
PER_PAGE = 200

Body = dict[str, Any]


def body(request: Request) -> Body:
    """The JSON object of a write: as the body itself or in the form field JSONString (books-api.md 1.3)."""
    raw = _raw(request)
    if not raw.strip():
        raise errors.empty_body()
    try:
        value = parse_json(raw)
    except Refusal:
        raise errors.bad_json() from None
    if not isinstance(value, dict):
        raise errors.bad_json()
    return _clean_object(value)


def optional_body(request: Request) -> Body:
    """For actions that may come without a body."""
    return body(request) if _raw(request).strip() else {}


def _raw(request: Request) -> bytes:
    held = request.form.get("JSONString")
    if held is None and "JSONString" in request.query:
        held = request.query["JSONString"]
    if held is not None:
        return held.encode("utf-8", "replace")
    content_type = request.headers.get("Content-Type", "")
    if content_type.startswith(("application/x-www-form-urlencoded", "multipart/")):
        return b""
    return request.body


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return _clean_object(value)
    return value


def _clean_object(value: dict[str, Any]) -> Body:
    return {_LONE_SURROGATE.sub("\ufffd", key): _clean(entry) for key, entry in value.items()}


def text(given: Body, name: str, limit: int = 0, *, shown_as: str = "") -> str:
    """A text value; numbers become text, null becomes empty. `limit` 0 means the general 10,000."""
    value = given.get(name, "")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise errors.invalid_value(shown_as or name)
    found = str(value).strip() if isinstance(value, str) else str(value)
    if len(found) > (limit or 10_000):
        raise errors.too_long(shown_as or name, limit or 10_000)
    return found


def flag(value: Any, name: str) -> bool:
    """true/false, also as text; an empty value counts as false."""
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return False
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise errors.invalid_value(name)


def query_flag(request: Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def object_in(given: Body, name: str) -> Body:
    value = given.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise errors.invalid_value(name)
    return value


def objects_in(given: Body, name: str, most: int = 1000) -> list[Body]:
    value = given.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or len(value) > most or not all(isinstance(entry, dict) for entry in value):
        raise errors.invalid_value(name)
    return value


def texts_in(given: Body, name: str, most: int = 200) -> list[str]:
    value = given.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or len(value) > most:
        raise errors.invalid_value(name)
    if not all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in value):
        raise errors.invalid_value(name)
    return [str(entry) for entry in value]


def id_text(value: Any, name: str) -> str:
    """An id as digits; empty stays empty, anything else is code 2."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int) or not _ID.match(str(value)):
        raise errors.invalid_value(name)
    return str(value)


def id_list(request: Request, name: str, most: int = 200) -> list[str]:
    """Ids from a comma-separated query value. Raises code 2 when none is given."""
    ids = [part.strip() for part in request.query.get(name, "").split(",") if part.strip()]
    if not ids or len(ids) > most or not all(_ID.match(part) for part in ids):
        raise errors.invalid_value(name)
    return ids


def page_number(request: Request) -> int:
    return _query_number(request, "page", 1, 10**9)


def per_page(request: Request, over: str) -> int:
    """`over` is the position of switch `books_per_page_over_200`."""
    size = _query_number(request, "per_page", PER_PAGE, 10**9)
    if size <= PER_PAGE or over == "honour":
        return min(size, 5000)
    if over == "error":
        raise errors.invalid_value("per_page")
    return PER_PAGE


def _query_number(request: Request, name: str, default: int, most: int) -> int:
    value = request.query.get(name, "").strip()
    if not value:
        return default
    if not re.fullmatch(r"\d{1,10}", value) or not 1 <= int(value) <= most:
        raise errors.invalid_value(name)
    return int(value)
