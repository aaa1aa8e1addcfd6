"""Reading settings from the environment, refusing nonsense with the variable's name.

A secret may also be given as a file: `X_FILE=/run/secrets/x` instead of `X=…`.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """The variable's value, or the content of the file that `<name>_FILE` names.

    Raises ImproperlyConfigured when both are set, when the file cannot be read, or when nothing is set and there is no
    default.
    """
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and path is not None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both")
    if path is not None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error}") from error
    if value is not None:
        return value.strip()
    if default is None:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) is not set")
    return default


def optional(name: str) -> str | None:
    """Like `text`, with None for unset or empty."""
    return text(name, "") or None


def flag(name: str, default: bool) -> bool:
    value = text(name, "").lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is {value!r}")


def whole(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value!r}") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}; it is {number}")
    return number


def limit(name: str, default: int) -> int | None:
    """A limit that `off` lifts."""
    return None if text(name, str(default)).lower() == "off" else whole(name, default, least=1)


def listed(name: str, default: str = "") -> list[str]:
    """Comma-separated values, empty ones dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]
