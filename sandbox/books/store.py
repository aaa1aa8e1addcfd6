"""A table in memory: records by id, sort orders kept sorted by bisection, and exact lookups. Knows no Books field."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Key = tuple[Any, ...]


class SortOrder(Generic[T]):
    """Ids in the order of one key. Built on first use; each write costs one bisection, no sort of the whole."""

    def __init__(self, key: Callable[[T], Any], records: dict[str, T]) -> None:
        self._key = key
        self._held: dict[str, Key] = {record_id: (key(record), record_id) for record_id, record in records.items()}
        self.entries: list[Key] = sorted(self._held.values())

    def put(self, record_id: str, record: T) -> None:
        fresh: Key = (self._key(record), record_id)
        held = self._held.get(record_id)
        if held == fresh:
            return
        if held is not None:
            self._drop_entry(held)
        insort(self.entries, fresh)
        self._held[record_id] = fresh

    def drop(self, record_id: str) -> None:
        self._drop_entry(self._held.pop(record_id))

    def _drop_entry(self, entry: Key) -> None:
        del self.entries[bisect_left(self.entries, entry)]

    def ids(self, descending: bool) -> Iterator[str]:
        source = reversed(self.entries) if descending else iter(self.entries)
        return (entry[-1] for entry in source)

    def page(self, start: int, count: int, descending: bool, lowest: Any = None) -> list[str]:
        """Ids of one slice, of keys from `lowest` on, without walking what comes before it."""
        bottom = 0 if lowest is None else self.position(lowest)
        if not descending:
            return [entry[-1] for entry in self.entries[bottom + start : bottom + start + count]]
        end = max(bottom, len(self.entries) - start)
        return [entry[-1] for entry in reversed(self.entries[max(bottom, end - count) : end])]

    def entry_of(self, record_id: str) -> Key:
        """Where a record stands: its key and, to break ties as the pages do, its id."""
        return self._held[record_id]

    def position(self, lowest: Any) -> int:
        """Index of the first entry whose key is >= `lowest`."""
        return bisect_left(self.entries, (lowest,))


class Lookup(Generic[T]):
    """Ids by exact value; a record may stand under several values."""

    def __init__(self, values: Callable[[T], tuple[str, ...]], records: dict[str, T]) -> None:
        self._values = values
        self._held: dict[str, tuple[str, ...]] = {}
        self._ids: dict[str, dict[str, None]] = {}
        for record_id, record in records.items():
            self.put(record_id, record)

    def put(self, record_id: str, record: T) -> None:
        fresh = self._values(record)
        held = self._held.get(record_id)
        if held == fresh:
            return
        if held is not None:
            self.drop(record_id)
        self._held[record_id] = fresh
        for value in fresh:
            self._ids.setdefault(value, {})[record_id] = None

    def drop(self, record_id: str) -> None:
        for value in self._held.pop(record_id):
            ids = self._ids.get(value)
            if ids is None:
                continue
            ids.pop(record_id, None)
            if not ids:
                del self._ids[value]

    def ids(self, value: str) -> list[str]:
        return list(self._ids.get(value, ()))


class Table(Generic[T]):
    """Records of one kind. After changing a record in place call `changed`, so the orders follow."""

    def __init__(
        self,
        identify: Callable[[T], str],
        sort_keys: dict[str, Callable[[T], Any]],
        lookups: dict[str, Callable[[T], tuple[str, ...]]],
    ) -> None:
        self.records: dict[str, T] = {}
        self.identify = identify
        self._sort_keys = sort_keys
        self._lookup_keys = lookups
        self._orders: dict[str, SortOrder[T]] = {}
        self._lookups: dict[str, Lookup[T]] = {}

    def __len__(self) -> int:
        return len(self.records)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self.records

    def get(self, record_id: str) -> T | None:
        return self.records.get(record_id)

    def all(self) -> Iterator[T]:
        return iter(self.records.values())

    def add(self, record_id: str, record: T) -> None:
        self.records[record_id] = record
        self.changed(record_id)

    def changed(self, record_id: str) -> None:
        record = self.records[record_id]
        for order in self._orders.values():
            order.put(record_id, record)
        for lookup in self._lookups.values():
            lookup.put(record_id, record)

    def remove(self, record_id: str) -> T:
        record = self.records.pop(record_id)
        for order in self._orders.values():
            order.drop(record_id)
        for lookup in self._lookups.values():
            lookup.drop(record_id)
        return record

    def sortable(self, column: str) -> bool:
        return column in self._sort_keys

    def order(self, column: str) -> SortOrder[T]:
        if column not in self._orders:
            self._orders[column] = SortOrder(self._sort_keys[column], self.records)
        return self._orders[column]

    def find(self, lookup: str, value: str) -> list[T]:
        if lookup not in self._lookups:
            self._lookups[lookup] = Lookup(self._lookup_keys[lookup], self.records)
        return [self.records[record_id] for record_id in self._lookups[lookup].ids(value)]
