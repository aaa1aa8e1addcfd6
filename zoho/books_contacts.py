"""Customers of Books and Invoice, and their contact persons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zoho.books_calls import PAGE, BooksPage, Calls, Lookup, Row, Unique


class Contacts(Calls):
    def contacts_page(
        self,
        *,
        page: int = 1,
        per_page: int = PAGE,
        sort_column: str | None = None,
        sort_order: str | None = None,
        filters: Mapping[str, Any] | None = None,
        modified_since: datetime | None = None,
    ) -> BooksPage:
        """Vendors and inactive ones too unless filtered; `sort_order` is A or D; `modified_since` is inclusive."""
        return self._list(
            "/contacts",
            "contacts",
            page=page,
            per_page=per_page,
            sort_column=sort_column,
            sort_order=sort_order,
            filters=filters,
            modified_since=modified_since,
        )

    def contact(self, contact_id: str) -> Row | None:
        """With addresses and persons; None when Books says that it does not exist."""
        return self._read(self._path("contacts", contact_id), "contact")

    def contact_by_key(self, unique: Unique) -> Lookup:
        return self._lookup("contacts", unique)

    def create_contact(self, body: Mapping[str, Any], unique: Unique | None = None) -> Row:
        """With `unique`, look the key up before any second try: an upsert that meets a record replaces its persons."""
        return self._create("contacts", "contact", body, unique)

    def update_contact(self, contact_id: str, body: Mapping[str, Any]) -> Row:
        """Keys that are left out stay as they are. Raises ValueError for `contact_persons`: Books replaces all."""
        if "contact_persons" in body:
            raise ValueError("contact persons are written one by one: an update would replace all of them")
        return self._write("PUT", self._path("contacts", contact_id), "contact", body)

    def delete_contact(self, contact_id: str) -> str:
        """Rejected with code 3000 or 1004 for a contact with transactions, 1002 when it is gone already."""
        return self._act("DELETE", self._path("contacts", contact_id))

    def contact_inactive(self, contact_id: str) -> str:
        return self._act("POST", self._path("contacts", contact_id, "inactive"))

    def contact_active(self, contact_id: str) -> str:
        return self._act("POST", self._path("contacts", contact_id, "active"))

    def persons(self, contact_id: str) -> list[Row]:
        """All contact persons of a customer."""
        return self._all(self._path("contacts", contact_id, "contactpersons"), "contact_persons")

    def create_person(self, contact_id: str, body: Mapping[str, Any]) -> Row:
        """The first person of a customer becomes its primary one."""
        person = {**body, "contact_id": contact_id}
        return self._write("POST", "/contacts/contactpersons", "contact_person", person)

    def update_person(self, person_id: str, body: Mapping[str, Any]) -> Row:
        """Raises ValueError for `is_primary_contact`, which Books refuses here: use `make_primary`."""
        if "is_primary_contact" in body:
            raise ValueError("a person is made primary by make_primary")
        return self._write("PUT", self._path("contacts", "contactpersons", person_id), "contact_person", body)

    def delete_person(self, person_id: str) -> str:
        return self._act("DELETE", self._path("contacts", "contactpersons", person_id))

    def make_primary(self, person_id: str) -> str:
        return self._act("POST", self._path("contacts", "contactpersons", person_id, "primary"))
