"""What a lost create made is looked for on every page: a filter that Books ignores makes the list long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sync import recovery
from zoho.books_calls import BooksPage

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def work() -> Any:
    return SimpleNamespace(patiently=lambda call: call())


class Shelf:
    """450 rows, newest first, a minute apart; `told` is the order that the answer says it used."""

    def __init__(self, told: str | None) -> None:
        self.told, self.asked = told, 0
        self.rows = [{"item_id": str(n), "created_time": (NOW - timedelta(minutes=n)).isoformat()} for n in range(450)]

    def __call__(self, *, page: int, sort_column: str, sort_order: str) -> BooksPage:
        self.asked += 1
        rows = self.rows[(page - 1) * 200 : page * 200]
        more = page * 200 < len(self.rows)
        return BooksPage(rows, more, self.told, sort_order if self.told else None, None, page, NOW, NOW)


@pytest.mark.parametrize(
    ("told", "minutes", "pages"),
    [("created_time", 500, 3), ("created_time", 250, 2), ("created_time", 10, 1), ("name", 10, 3), (None, 10, 3)],
)
def test_pages_end_at_the_attempt_only_where_the_order_is_told(told: str | None, minutes: int, pages: int) -> None:
    shelf = Shelf(told)
    found = recovery._all_rows(work(), shelf, NOW - timedelta(minutes=minutes))
    assert (shelf.asked, len(found)) == (pages, min(pages * 200, 450))
