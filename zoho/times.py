"""Times of both products, to and from aware datetimes: Books writes `+HHMM`, Bigin `+HH:MM`, both in local offsets.

Everything parsed is in UTC, so that comparison and subtraction are by instant on both sides of a clock change.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6})\d*)?\s*(Z|[+-]\d{2}:?\d{2})", re.ASCII | re.IGNORECASE
)


def parse_time(text: str) -> datetime:
    """A time of either product, in UTC. Raises ValueError without an offset: a guessed zone is a wrong time."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a time with an offset: {text[:40]!r}")
    day, clock, fraction, offset = found.groups()
    zone = "+00:00" if offset.upper() == "Z" else f"{offset[:3]}:{offset[-2:]}"
    return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0').ljust(6, '0')}{zone}").astimezone(UTC)


def parse_time_or_none(text: object) -> datetime | None:
    """As `parse_time`, but None for what is empty, of another type or not a time."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return parse_time(text)
    except ValueError:
        return None


def http_date(text: str | None) -> datetime | None:
    """A `Date` header, in UTC; None when missing or malformed."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def books_time(moment: datetime) -> str:
    """Whole seconds in UTC, offset without a colon; Books refuses `Z` and a bare date (reference, section 10)."""
    return _whole_seconds(moment).strftime("%Y-%m-%dT%H:%M:%S+0000")


def bigin_time(moment: datetime) -> str:
    """Whole seconds in UTC, offset with a colon, no fraction."""
    return _whole_seconds(moment).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _whole_seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time sent to Zoho must be aware")
    return moment.astimezone(UTC).replace(microsecond=0)
