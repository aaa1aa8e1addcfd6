"""Zoho's limits as numbers that a tester lifts (0) or scales. The environment variables are shared with the product."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class Limits:
    """0 lifts a limit. Sources: bigin-api.md 1.5 and 9, books-api.md 8."""

    books_per_minute: int = 100
    books_per_day: int = 10_000
    books_concurrent: int = 10
    bigin_credits_per_day: int = 50_000
    bigin_concurrent: int = 10
    tokens_per_10_minutes: int = 10  # access tokens of one refresh token
    active_access_tokens: int = 15  # of one refresh token; the oldest dies
    refresh_tokens_per_user: int = 20  # of one client; the oldest dies
    refresh_tokens_per_minute: int = 5
    codes_per_10_minutes: int = 10  # of one client
    window_seconds: int = 60  # length of the "minute" of books_per_minute, to test it scaled

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """`ZOHO_BOOKS_PER_MINUTE` and so on, `off` for none. Raises ValueError for anything else than a number."""
        limits = cls()
        given = {one.name: environment.get(f"ZOHO_{one.name.upper()}", "") for one in fields(cls)}
        limits.change({name: 0 if text == "off" else text for name, text in given.items() if text})
        return limits

    def change(self, values: Mapping[str, Any]) -> None:
        """All or nothing. Raises ValueError with words for the tester."""
        known = {one.name for one in fields(self)}
        checked: dict[str, int] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no limit is called {name!r}; there are {', '.join(sorted(known))}")
            if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit() or len(str(value)) > 9:
                raise ValueError(f"{name} is a whole number of 0 or more, not {value!r}")
            checked[name] = int(value)
        if checked.get("window_seconds") == 0:
            raise ValueError("window_seconds is at least 1")
        for name, number in checked.items():
            setattr(self, name, number)

    def lift(self) -> None:
        for one in fields(self):
            if one.name != "window_seconds":
                setattr(self, one.name, 0)

    def listing(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self)}
