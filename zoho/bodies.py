"""JSON at the boundary: Decimals, ids as text, no character that PostgreSQL refuses; and what error bodies say.

Nothing here sends anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal
from typing import Any, NoReturn

from urllib3.filepost import encode_multipart_formdata

REPLACEMENT = "\ufffd"
_SUSPECT_TEXT = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|\x00")
_REFUSED = re.compile(r"[\x00\ud800-\udfff]")
_NAMED_FIELD = re.compile(r"^Invalid value passed for ([\w.\[\] -]{1,80}?)[.!]?$")
_MAX_NOTES = 50


@dataclass(frozen=True)
class Problem:
    """What an error body says. `code` is "" when it names none."""

    code: str = ""
    message: str = ""
    field: str | None = None
    details: Mapping[str, Any] = attribute(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A file that goes with a call, under the name of the parameter."""

    name: str
    file_name: str
    content_type: str
    content: bytes = attribute(repr=False)


def form_of_parts(json_text: bytes | None, files: Sequence[Part]) -> tuple[bytes, str]:
    """A multipart body and its content type. JSON goes as Zoho's form parameter JSONString."""
    fields: list[tuple[str, Any]] = [] if json_text is None else [("JSONString", json_text.decode())]
    fields += [(one.name, (_REFUSED.sub(REPLACEMENT, one.file_name), one.content, one.content_type)) for one in files]
    return encode_multipart_formdata(fields)


def parse(content: bytes) -> tuple[Any, tuple[str, ...]]:
    """The value and the JSON paths whose text had to be changed. Raises ValueError for what is not JSON."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_hook=_ids_as_text)
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    if not _SUSPECT_TEXT.search(text):
        return value, ()
    notes: list[str] = []
    return _cleaned(value, "$", notes), tuple(notes)


def dump(value: Any) -> str:
    """JSON text with Decimals as exact numbers. Raises TypeError for a float: money never passes through one."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(_REFUSED.sub(REPLACEMENT, value) if isinstance(value, str) else value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a number sent to Zoho must be finite")
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{dump(str(key))}:{dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return "[" + ",".join(dump(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} cannot be sent to Zoho")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _ids_as_text(row: dict[str, Any]) -> dict[str, Any]:
    for key, value in row.items():
        if type(value) is int and (key == "id" or key.endswith("_id")):
            row[key] = str(value)
    return row


def _cleaned(value: Any, path: str, notes: list[str]) -> Any:
    if isinstance(value, str):
        clean, changed = _REFUSED.subn(REPLACEMENT, value)
        if changed and len(notes) < _MAX_NOTES:
            notes.append(path)
        return clean
    if isinstance(value, list):
        return [_cleaned(item, f"{path}[{index}]", notes) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {_REFUSED.sub(REPLACEMENT, key): _cleaned(item, f"{path}.{key}", notes) for key, item in value.items()}
    return value


def problem(product: str, data: Any) -> Problem:
    """The code, message and field of an error body of any product; empty when the body is of no known shape."""
    if not isinstance(data, dict):
        return Problem()
    if product == "accounts":
        return Problem(code=_text(data.get("error")), message=_text(data.get("error_description")))
    details = data.get("details")
    details = details if isinstance(details, dict) else {}
    code = data.get("code")
    message = _text(data.get("message"))
    if product == "bigin":
        named = details.get("api_name") or details.get("param_name")
        return Problem(_text(code), message, named if isinstance(named, str) else None, details)
    found = _NAMED_FIELD.match(message)
    info = data.get("error_info")
    return Problem(
        "" if code in (0, "0", None) else _text(code),
        message,
        found.group(1) if found else None,
        {"error_info": info} if info else {},
    )


def record_results(data: Any) -> list[dict[str, Any]] | None:
    """The per-record results of a Bigin write, or None when the body is not of that kind."""
    rows = data.get("data", data.get("watch")) if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        return None
    if all(isinstance(row, dict) and isinstance(row.get("code"), str) and "status" in row for row in rows):
        return rows
    return None


def _text(value: object) -> str:
    return "" if value is None else _REFUSED.sub(REPLACEMENT, str(value))[:1000]
