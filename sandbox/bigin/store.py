"""Records of one module in memory: rows by id, sort orders, unique values, who points at whom, and the recycle bin."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.stored import stored

DAY = 86_400
BIN_DAYS = 60
PERMANENT_DAYS = 120
Key = tuple[int, str]


@stored
@dataclass(slots=True)
class Row:
    """`values` holds what is not null: text, Decimal, bool, ISO dates, epoch seconds, ids of lookups."""

    id: str
    values: dict[str, Any]
    owner: str
    created: int
    modified: int
    created_by: str
    modified_by: str
    activity: int = 0


@stored
@dataclass(slots=True)
class Deleted:
    """A line of the deleted list; `row` is there while it can be restored."""

    id: str
    name: str
    deleted: int
    deleted_by: str
    created_by: str
    row: Row | None
    cause: str = ""  # id of the company whose deletion took this record along

    def kind(self, now: int) -> str:
        """ "recycle" for 60 days, then "permanent", then nothing (bigin-api.md 5.7)."""
        days = (now - self.deleted) / DAY
        if days > PERMANENT_DAYS:
            return ""
        return "recycle" if self.row is not None and days <= BIN_DAYS else "permanent"


SORT_KEYS = ("id", "Created_Time", "Modified_Time")


def sort_key(row: Row, column: str) -> Key:
    if column == "id":
        return (0, row.id)
    return (row.created if column == "Created_Time" else row.modified, row.id)


@stored
@dataclass
class Table:
    """After a change go through `put` and `drop`, so that orders and indexes follow."""

    module: str
    unique: list[str]
    lookups: list[str]
    rows: dict[str, Row] = field(default_factory=dict)
    bin: dict[str, Deleted] = field(default_factory=dict)
    version: int = field(default=0, metadata={"stored": False})
    recent: deque[tuple[float, str, Row | None]] = field(default_factory=deque, metadata={"stored": False})
    _orders: dict[str, list[Key]] = field(default_factory=dict, metadata={"stored": False})
    _values: dict[str, dict[str, str]] = field(default_factory=dict, metadata={"stored": False})
    _pointing: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict, metadata={"stored": False})
    _kept: dict[Any, list[str]] = field(default_factory=dict, metadata={"stored": False})

    def __post_init__(self) -> None:
        self._values = {name: {} for name in self.unique}
        self._pointing = {name: {} for name in self.lookups}
        for row in self.rows.values():
            self._index(row)

    def put(self, row: Row, at: float) -> None:
        """Inserts or replaces; `at` is the sandbox's time, for the search index that lags behind."""
        old = self.rows.get(row.id)
        if old is not None:
            self._forget(old)
        self.recent.append((at, row.id, old))
        self.rows[row.id] = row
        self._index(row)
        for column, order in self._orders.items():
            insort(order, sort_key(row, column))
        self._changed()

    def fill(self, rows: Iterable[Row]) -> None:
        """Many rows at once, for seeds: no search lag, orders built when asked for."""
        for row in rows:
            self.rows[row.id] = row
            self._index(row)
        self._orders = {}
        self._changed()

    def drop(self, row: Row, at: float) -> None:
        self._forget(row)
        del self.rows[row.id]
        self.recent.append((at, row.id, row))
        self._changed()

    def order(self, column: str) -> list[Key]:
        """Ascending (key, id) of all rows; do not change it."""
        if column not in self._orders:
            self._orders[column] = sorted(sort_key(row, column) for row in self.rows.values())
        return self._orders[column]

    def holder(self, name: str, value: str) -> str | None:
        """Id of the row that has this unique value; case makes no difference."""
        return self._values[name].get(value.casefold())

    def pointing(self, name: str, target: str) -> list[str]:
        return list(self._pointing[name].get(target, ()))

    def make_unique(self, name: str) -> None:
        """For a custom unique field of a seed or a tester."""
        self.unique = [*self.unique, name]
        self._values[name] = {
            str(row.values[name]).casefold(): row.id for row in self.rows.values() if name in row.values
        }

    def keep(self, key: Any, ids: list[str]) -> list[str]:
        """Remembers a filtered list until the next write."""
        if len(self._kept) > 50:
            self._kept.clear()
        self._kept[key] = ids
        return ids

    def kept(self, key: Any) -> list[str] | None:
        return self._kept.get(key)

    def as_searched(self, now: float, lag: float) -> dict[str, Row | None]:
        """Rows whose index entry is still the old one; None stands for "not indexed yet"."""
        while self.recent and self.recent[0][0] < now - max(lag, 60):
            self.recent.popleft()
        stale: dict[str, Row | None] = {}
        for at, row_id, old in self.recent:
            if at > now - lag:
                stale.setdefault(row_id, old)
        return stale

    def _changed(self) -> None:
        self.version += 1
        self._kept.clear()

    def _index(self, row: Row) -> None:
        for name, held in self._values.items():
            if name in row.values:
                held.setdefault(str(row.values[name]).casefold(), row.id)
        for name, targets in self._pointing.items():
            target = row.values.get(name)
            if target is not None:
                targets.setdefault(target, {})[row.id] = None

    def _forget(self, row: Row) -> None:
        for column, order in self._orders.items():
            del order[bisect_left(order, sort_key(row, column))]
        for name, held in self._values.items():
            value = str(row.values.get(name, "")).casefold()
            if held.get(value) == row.id:
                del held[value]
        for name, targets in self._pointing.items():
            target = row.values.get(name)
            if target is not None:
                targets[target].pop(row.id, None)


def changed(row: Row, values: dict[str, Any], **times: Any) -> Row:
    """A copy with some values replaced; None removes one."""
    merged = {**row.values, **values}
    return replace(row, values={name: value for name, value in merged.items() if value is not None}, **times)
