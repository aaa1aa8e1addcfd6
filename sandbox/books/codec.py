"""Dataclasses to and from JSON values, for the state file. Default values are left out; Decimals travel as text."""

from __future__ import annotations

import dataclasses
import types
import typing
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


@lru_cache(maxsize=256)
def _plan(cls: type[Any]) -> tuple[tuple[str, Any, Any], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((field.name, hints[field.name], _default(field)) for field in dataclasses.fields(cls))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [encode(entry) for entry in value]
    if isinstance(value, dict):
        return {key: encode(entry) for key, entry in value.items()}
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    out: dict[str, Any] = {}
    for name, _hint, default in _plan(type(value)):
        held = getattr(value, name)
        if default is dataclasses.MISSING or held != default:
            out[name] = encode(held)
    return out


def decode(cls: type[T], data: dict[str, Any]) -> T:
    """The inverse of `encode`; unknown keys are ignored, so an older state file still loads."""
    plan = _plan(cls)  # type: ignore[arg-type]  # classes are hashable, which mypy does not see in type[T]
    known = {name: _revive(hint, data[name]) for name, hint, _default in plan if name in data}
    return cls(**known)


def _revive(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _revive(next(part for part in typing.get_args(hint) if part is not type(None)), value)
    if origin is list:
        return [_revive(typing.get_args(hint)[0], entry) for entry in value]
    if origin is dict:
        return {key: _revive(typing.get_args(hint)[1], entry) for key, entry in value.items()}
    if hint is Decimal:
        return Decimal(value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return decode(hint, value)
    return value
