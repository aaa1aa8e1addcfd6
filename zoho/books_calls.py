"""What all resources of Books share: pages, single records, keyed upserts, look-ups by a unique custom field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from zoho.bodies import Part
from zoho.client import Answer, Client
from zoho.errors import Rejected, RetryLater, UnknownOutcome
from zoho.ids import segment
from zoho.times import books_time

Row = dict[str, Any]
Unique = tuple[str, str]
PAGE = 200
MAX_PAGES = 100
# The record is not there: 1002 everywhere, 2006 for items (reference, sections 4 and 7).
_MISSING = frozenset({"1002", "2006"})


@dataclass(frozen=True)
class BooksPage:
    """One page of a list, with what Books says it did: an unknown filter or sort column is ignored in silence, so the
    echo is to be compared with the wish. `sort_column` and the others are None where the list does not echo them."""

    rows: list[Row]
    more: bool
    sort_column: str | None
    sort_order: str | None
    applied_filter: str | None
    page: int
    requested_at: datetime
    server_date: datetime | None


@dataclass(frozen=True)
class Lookup:
    """The record that carries a key, if one was found. `conclusive` is False when the filter was plainly ignored and
    nothing was found: then absence is not shown."""

    row: Row | None
    conclusive: bool


class Calls:
    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def product(self) -> str:
        return self.client.product

    def _path(self, *parts: str) -> str:
        """Below the base address; every part that comes from outside is checked."""
        return "/" + "/".join(segment(part, self.product) for part in parts)

    def _list(
        self,
        path: str,
        key: str,
        *,
        page: int = 1,
        per_page: int = PAGE,
        sort_column: str | None = None,
        sort_order: str | None = None,
        filters: Mapping[str, Any] | None = None,
        modified_since: datetime | None = None,
    ) -> BooksPage:
        params: dict[str, Any] = {
            "page": page,
            "per_page": per_page,
            "sort_column": sort_column,
            "sort_order": sort_order,
        }
        for name, value in (filters or {}).items():
            if value is None or value == "":
                raise ValueError(f"an empty filter {name} would return everything")
            params[name] = value
        if modified_since:
            params["last_modified_time"] = books_time(modified_since)
        return self._page(self.client.request("GET", path, params), key)

    def _page(self, answer: Answer, key: str) -> BooksPage:
        rows = answer.data.get(key)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._unreadable(answer)
        context = answer.data.get("page_context")
        context = context if isinstance(context, dict) else {}
        page = str(context.get("page"))
        return BooksPage(
            rows=rows,
            more=context.get("has_more_page") is True,
            sort_column=_text(context.get("sort_column")),
            sort_order=_text(context.get("sort_order")),
            applied_filter=_text(context.get("applied_filter")),
            page=int(page) if page.isdigit() else 1,
            requested_at=answer.requested_at,
            server_date=answer.server_date,
        )

    def _all(self, path: str, key: str, filters: Mapping[str, Any] | None = None) -> list[Row]:
        """All pages of a short list."""
        rows: list[Row] = []
        for number in range(1, MAX_PAGES):
            page = self._list(path, key, page=number, filters=filters)
            rows += page.rows
            if not page.more:
                break
        return rows

    def _read(self, path: str, key: str, params: Mapping[str, Any] | None = None) -> Row | None:
        """One record, or None when Books says that it does not exist."""
        try:
            answer = self.client.request("GET", path, params)
        except Rejected as error:
            if error.code in _MISSING:
                return None
            raise
        row = answer.data.get(key)
        if not isinstance(row, dict):
            self._unreadable(answer)
        return row

    def _write(
        self,
        method: str,
        path: str,
        key: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Row:
        """The record as Books stored it."""
        answer = self.client.request(method, path, params, json=body, headers=headers)
        row = answer.data.get(key)
        if isinstance(row, dict) and row:
            return row
        raise UnknownOutcome(
            "Books accepted the change but did not say what it stored.",
            product=self.product,
            code="unexpected_body",
            status=answer.status,
            request_id=answer.request_id,
        )

    def _act(self, method: str, path: str, body: Mapping[str, Any] | None = None, files: Sequence[Part] = ()) -> str:
        """A call that answers with a sentence only; returns it. Without a body none is sent, not even `{}`."""
        answer = self.client.request(method, path, json=body, files=files)
        return str(answer.data.get("message") or "")

    def _create(
        self,
        collection: str,
        key: str,
        body: Mapping[str, Any],
        unique: Unique | None,
        params: Mapping[str, Any] | None = None,
    ) -> Row:
        """A plain create, or an upsert keyed by a unique custom field (name, value), which is sent in the body too."""
        if unique is None:
            return self._write("POST", self._path(collection), key, body, params=params)
        name, value = unique
        others = [item for item in body.get("custom_fields", []) if item.get("api_name") != name]
        keyed = {**body, "custom_fields": [*others, {"api_name": name, "value": value}]}
        headers = {"X-Unique-Identifier-Key": name, "X-Unique-Identifier-Value": value, "X-Upsert": "true"}
        return self._write("PUT", self._path(collection), key, keyed, params=params, headers=headers)

    def _lookup(self, collection: str, unique: Unique) -> Lookup:
        """Looks for the record with that value; one page, whose rows are compared because the filter may be ignored."""
        name, value = unique
        page = self._list(self._path(collection), collection, filters={name: value})
        found = [row for row in page.rows if custom_field(row, name) == value]
        if found:
            return Lookup(found[0], conclusive=True)
        return Lookup(None, conclusive=not page.rows)

    def _unreadable(self, answer: Answer) -> NoReturn:
        raise RetryLater(
            "The answer of Zoho Books is not of the expected shape.",
            product=self.product,
            code="unexpected_body",
            status=answer.status,
            request_id=answer.request_id,
        )


def custom_field(row: Mapping[str, Any], name: str) -> Any:
    """The value of a custom field in any of its three shapes; None when the row does not carry it (reference, 3.7)."""
    for item in row.get("custom_fields") or []:
        if isinstance(item, dict) and name in (item.get("api_name"), item.get("placeholder")):
            return item.get("value")
    held = row.get("custom_field_hash")
    if isinstance(held, dict) and name in held:
        return held[name]
    return row.get(name)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
