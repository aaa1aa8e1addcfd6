"""Values as both sides can agree on them: canonical forms, normalised forms, lengths, fingerprints. Pure.

What is mapped to what stands in `sync/mapping.py`; where a value sits in an answer of Zoho's, in `sync/sources.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeAlias

# A person's name is one text: first and last name with a line end between them, or the only name there is (rules 4.1).
# A missing key is unknown, None is empty: the difference decides whether something is cleared (rules 4.2).
Value: TypeAlias = str | bool | None
Fields: TypeAlias = Mapping[str, Value]

NAME_SEPARATOR = "\n"
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CUT_FROM = 20  # a text this long that is the beginning of what was sent was cut by the other side


class FieldType(StrEnum):
    TEXT = "text"
    NAME = "name"  # first and last name as one
    MULTILINE = "multiline"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PICKLIST = "picklist"
    DATE = "date"


def canonical(kind: FieldType, raw: object) -> Value:
    """The one form a value is stored and compared in; "" and blanks become None. Never cuts."""
    if raw is None:
        return None
    if kind is FieldType.BOOLEAN:
        return _boolean(raw)
    if kind is FieldType.NUMBER:
        return _number(raw)
    text = raw if isinstance(raw, str) else str(raw)
    if kind is FieldType.MULTILINE:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    if kind is FieldType.NAME:
        return NAME_SEPARATOR.join(filter(None, (squeeze(part) for part in text.split(NAME_SEPARATOR, 1)))) or None
    return squeeze(text) or None


def squeeze(text: str) -> str:
    """Runs of white space, of any kind, as one blank."""
    return " ".join(text.split())


def _boolean(raw: object) -> bool:
    if isinstance(raw, str):
        return raw.strip().casefold() in {"true", "yes", "1", "active"}
    return bool(raw)


def _number(raw: object) -> str | None:
    """A plain decimal text without trailing zeros; what is no number counts as text and is kept as it is."""
    text = str(raw).strip().replace(",", "")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return str(raw).strip()
    if not number.is_finite():
        return text
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def full_name(first: object, last: object) -> str | None:
    """The composite of a name; a person with one name has it wherever that side keeps it (rules 4.1)."""
    parts = [squeeze(str(part)) for part in (first, last) if part]
    return NAME_SEPARATOR.join(part for part in parts if part) or None


def name_parts(name: str) -> tuple[str, str]:
    """(first, last); first is "" for a person with one name."""
    first, separator, last = name.partition(NAME_SEPARATOR)
    return (first, last) if separator else ("", first)


def shown(value: Value) -> str:
    """As a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.replace(NAME_SEPARATOR, " ")


def spoken(name: str) -> str:
    """A field as sentences name it: `billing_address.city` is "billing address city"."""
    return name.replace(".", " ").replace("_", " ").strip()


def folded(text: str) -> str:
    """For comparing regardless of case, white space and accents of width."""
    return squeeze(unicodedata.normalize("NFKC", text)).casefold()


def bare(text: str) -> str:
    """Letters and digits only."""
    return "".join(char for char in folded(text) if char.isalnum())


def is_normalised(sent: Value, stored: Value) -> bool:
    """Whether a remote that stored this merely tidied what was sent: white space, case, punctuation, prefix, cut end.

    Anything else is what a person wrote meanwhile (design section 3, settle).
    """
    if sent == stored or sent is None or stored is None:
        return sent == stored
    if isinstance(sent, bool) or isinstance(stored, bool):
        return False
    if _number(sent) == _number(stored):
        return True
    plain_sent, plain_stored = bare(_SCHEME.sub("", sent)), bare(_SCHEME.sub("", stored))
    if not plain_stored:
        return not plain_sent
    if plain_sent == plain_stored:
        return True
    if plain_stored.isdigit() and plain_sent.isdigit() and len(plain_sent) >= 5:
        return plain_stored.endswith(plain_sent) or plain_sent.endswith(plain_stored)
    return len(plain_stored) >= _CUT_FROM and plain_sent.startswith(plain_stored)


def same(left: Value, right: Value) -> bool:
    """Whether two sides hold the same content, so that neither needs a write."""
    if left == right:
        return True
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return False
    return _SCHEME.sub("", left).rstrip("/") == _SCHEME.sub("", right).rstrip("/")


def fingerprint(*parts: object) -> str:
    """Of JSON-able values; equal content gives an equal fingerprint whatever the order of keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
