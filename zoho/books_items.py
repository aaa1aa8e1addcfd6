"""Items (products) of Books and Invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from zoho.books_calls import PAGE, BooksPage, Calls, Lookup, Row, Unique, custom_field
from zoho.ids import segments

_FEW = 5


class Items(Calls):
    def items_page(
        self,
        *,
        page: int = 1,
        per_page: int = PAGE,
        sort_column: str | None = None,
        sort_order: str | None = None,
        filters: Mapping[str, Any] | None = None,
        modified_since: datetime | None = None,
    ) -> BooksPage:
        """Sold and purchased ones, inactive ones too unless filtered."""
        return self._list(
            "/items",
            "items",
            page=page,
            per_page=per_page,
            sort_column=sort_column,
            sort_order=sort_order,
            filters=filters,
            modified_since=modified_since,
        )

    def item(self, item_id: str) -> Row | None:
        return self._read(self._path("items", item_id), "item")

    def item_details(self, item_ids: Sequence[str]) -> list[Row]:
        """Several items whole in one call; those that are gone are left out."""
        answer = self.client.request("GET", "/itemdetails", {"item_ids": segments(item_ids, self.product)})
        return self._page(answer, "items").rows

    def item_by_key(self, unique: Unique) -> Lookup:
        """Rows of items may lack custom fields (reference, 10): a few that came back without are read one by one."""
        name, value = unique
        rows = self._list(self._path("items"), "items", filters={name: value}).rows
        found = next((row for row in rows if custom_field(row, name) == value), None)
        if found is None and 0 < len(rows) <= _FEW:
            details = [self.item(str(row.get("item_id"))) for row in rows]
            found = next((row for row in details if row and custom_field(row, name) == value), None)
        return Lookup(found, conclusive=found is not None or not rows)

    def create_item(self, body: Mapping[str, Any], unique: Unique | None = None) -> Row:
        return self._create("items", "item", body, unique)

    def update_item(self, item_id: str, body: Mapping[str, Any]) -> Row:
        return self._write("PUT", self._path("items", item_id), "item", body)

    def delete_item(self, item_id: str) -> str:
        """Rejected with code 2049 for an item that is part of transactions."""
        return self._act("DELETE", self._path("items", item_id))

    def item_inactive(self, item_id: str) -> str:
        return self._act("POST", self._path("items", item_id, "inactive"))

    def item_active(self, item_id: str) -> str:
        return self._act("POST", self._path("items", item_id, "active"))
