"""What may stand in a state file: dataclasses marked `@stored`, and the values they are made of."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

MARK = "$stored"
T = TypeVar("T")
_classes: dict[str, type[Any]] = {}


def stored(cls: type[T]) -> type[T]:
    """Registers a dataclass for the state file under its own name.

    Fields with `metadata={"stored": False}` are left out: indexes that `__post_init__` rebuilds.
    Keys of dicts are strings; tuples come back as lists.
    """
    if cls.__name__ in _classes:
        raise TypeError(f"two stored classes are called {cls.__name__}")
    _classes[cls.__name__] = cls
    return cls


def dump(value: Any) -> str:
    return json.dumps(value, default=_encode, separators=(",", ":"))


def load(text: str) -> Any:
    """Raises ValueError for what no state file holds."""
    try:
        return json.loads(text, object_hook=_decode)
    except (TypeError, KeyError, ArithmeticError, RecursionError, AttributeError) as error:
        raise ValueError(f"not a state file: {error}") from None


def _encode(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        if name not in _classes:
            raise TypeError(f"{name} is not marked @stored")
        plain = {f.name: getattr(value, f.name) for f in fields(value) if f.metadata.get("stored", True)}
        return {MARK: name, **plain}
    if isinstance(value, Decimal):
        return {MARK: "decimal", "value": str(value)}
    if isinstance(value, datetime):
        return {MARK: "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {MARK: "date", "value": value.isoformat()}
    if isinstance(value, (set, frozenset)):
        return {MARK: "set", "value": sorted(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _decode(plain: dict[str, Any]) -> Any:
    name = plain.pop(MARK, None)
    if name is None:
        return plain
    if name == "decimal":
        return Decimal(plain["value"])
    if name == "datetime":
        return datetime.fromisoformat(plain["value"])
    if name == "date":
        return date.fromisoformat(plain["value"])
    if name == "set":
        return set(plain["value"])
    return _classes[name](**plain)
