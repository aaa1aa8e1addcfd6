"""How far the whole list of one kind of document was read, so that a reading that was stopped goes on where it was.

The list ascends by time of creation: new documents appear at its end, edits move nothing, but a deletion moves all that
comes after it one place forward. So a listing is taken up again at the page whose rows were seen last, and pages back
until it meets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from zoho.books import BooksPage, Row
from zoho.times import parse_time_or_none


@dataclass(frozen=True)
class Reached:
    """`page` was stored and its last row was created at `last`. `started` is our clock's time of the first page; `safe`
    Books' own, before which nothing appears any more."""

    page: int
    last: datetime
    started: datetime
    safe: datetime

    def to_json(self) -> dict[str, Any]:
        times = {"last": self.last, "started": self.started, "safe": self.safe}
        return {"page": self.page, **{name: time.isoformat() for name, time in times.items()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self | None:
        """None where no listing is under way."""
        if not data:
            return None
        times = {name: datetime.fromisoformat(data[name]) for name in ("last", "started", "safe")}
        return cls(page=data["page"], **times)


def last_of(page: BooksPage) -> datetime | None:
    """When the page's last row was created. None where the page does not ascend: then nothing is known of its place."""
    times = _created(page.rows)
    ascends = page.sort_column in (None, "created_time") and page.sort_order in (None, "A")
    return times[-1] if ascends and times and len(times) == len(page.rows) and times == sorted(times) else None


def meets(page: BooksPage, reached: Reached) -> bool:
    """Whether no row can lie between what was read before and this page."""
    times = _created(page.rows[:1])
    return last_of(page) is not None and times[0] <= reached.last


def _created(rows: Sequence[Row]) -> list[datetime]:
    times = (parse_time_or_none(row.get("created_time")) for row in rows)
    return [time for time in times if time]
