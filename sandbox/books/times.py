"""Books' times: epoch seconds inside, the organisation's zone without a colon outside. Dates are ISO text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sandbox.books.errors import invalid_value

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})([+-]\d{4})$")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=200_000)
def stamp(epoch: int, zone_name: str) -> str:
    """`2026-06-09T13:16:32-0400` (books-api.md 2.1); an unset time is the live empty text."""
    if not epoch:
        return ""
    return datetime.fromtimestamp(epoch, zone(zone_name)).strftime("%Y-%m-%dT%H:%M:%S%z")


def day_of(epoch: int, zone_name: str) -> str:
    return datetime.fromtimestamp(epoch, zone(zone_name)).date().isoformat()


@lru_cache(maxsize=200_000)
def long_day(epoch: int, zone_name: str) -> str:
    """`09 Jun 2026`, the form of `created_date`."""
    return datetime.fromtimestamp(epoch, zone(zone_name)).strftime("%d %b %Y")


def clock_time(epoch: int, zone_name: str) -> str:
    return datetime.fromtimestamp(epoch, zone(zone_name)).strftime("%I:%M %p")


def parse_stamp(text: str, field: str) -> int:
    """Numeric offset without a colon only; `Z` or a bare date is code 2 (books-api.md section 10)."""
    found = _STAMP.match(text.strip().replace(" ", "+"))
    if not found:
        raise invalid_value(field)
    try:
        moment = datetime.strptime(found.group(1) + found.group(2), "%Y-%m-%dT%H:%M:%S%z")
        return int(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        raise invalid_value(field) from None


def parse_day(value: object, field: str) -> str:
    """An ISO date as text, or code 2."""
    if not isinstance(value, str):
        raise invalid_value(field)
    try:
        if not _DAY.fullmatch(value.strip()):
            raise ValueError
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise invalid_value(field) from None


def days_after(day: str, days: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        raise invalid_value("payment_terms") from None


def days_between(first: str, second: str) -> int:
    return (date.fromisoformat(second) - date.fromisoformat(first)).days


def seconds_to_midnight(epoch: int, zone_name: str) -> int:
    """What `X-Rate-Limit-Reset` says (books-api.md section 8)."""
    here = datetime.fromtimestamp(epoch, zone(zone_name))
    tomorrow = (here + timedelta(days=1)).date()
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=here.tzinfo)
    return max(0, int(midnight.timestamp()) - epoch)
