"""Organisations, users, currencies, taxes and templates of Books and Invoice. Read only."""

from __future__ import annotations

from zoho.books_calls import Calls, Row


class Settings(Calls):
    def organizations(self) -> list[Row]:
        """The organisations that the token's user may open; the one call that needs no organization_id."""
        answer = self.client.request("GET", "/organizations")
        return self._page(answer, "organizations").rows

    def organization(self, organization_id: str) -> Row | None:
        return self._read(self._path("organizations", organization_id), "organization")

    def users(self, filter_by: str | None = None) -> list[Row]:
        return self._all("/users", "users", {"filter_by": filter_by} if filter_by else None)

    def current_user(self) -> Row:
        user = self._read("/users/me", "user")
        return user or {}

    def currencies(self) -> list[Row]:
        return self._all("/settings/currencies", "currencies")

    def taxes(self) -> list[Row]:
        return self._all("/settings/taxes", "taxes")

    def templates(self, kind: str) -> list[Row]:
        """Of invoices, estimates or salesorders."""
        return self._page(self.client.request("GET", self._path(kind, "templates")), "templates").rows

    def tax_group(self, group_id: str) -> Row | None:
        """A group with the `taxes` it is made of; the list of taxes names groups without them."""
        return self._read(self._path("settings", "taxgroups", group_id), "tax_group")

    def field_definitions(self, entity: str) -> list[Row]:
        """The custom fields of invoice, estimate, salesorder, contact or item. Rejected where Books lacks the call.

        A newer page of the API, whose rows nobody has recorded: to be read leniently.
        """
        answer = self.client.request("GET", "/settings/fields", {"entity": entity})
        return self._page(answer, "fields").rows
