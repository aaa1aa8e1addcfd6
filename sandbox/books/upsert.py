"""Writes keyed by a unique custom field: `PUT /<collection>` with X-Unique-Identifier-Key, -Value and X-Upsert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.accounts.scopes import allows
from sandbox.books import custom, envelope, errors, intake
from sandbox.books.organization import BooksOrg
from sandbox.books.records import CustomField
from sandbox.books.store import Table
from sandbox.core import Refusal, Reply, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    field: CustomField
    value: str
    creates: bool

    def find(self, table: Table[T]) -> T | None:
        held = table.find("unique", f"{self.field.field_id}={self.value}")
        return held[0] if held else None

    def with_key(self, org: BooksOrg, given: intake.Body) -> intake.Body:
        """Whether Books writes the key by itself is unknown: switch `books_upsert_writes_key`."""
        if org.switch("books_upsert_writes_key") == "no":
            return given
        entry = {"customfield_id": self.field.field_id, "value": self.value}
        return {**given, "custom_fields": [*intake.objects_in(given, "custom_fields"), entry]}


def read_key(request: Request, entity: str) -> Key:
    """Raises code 2 for a field that does not exist or does not prevent duplicates."""
    org: BooksOrg = request.org
    if request.product == "invoice" and org.switch("invoice_upsert") == "refused":
        raise errors.BooksError(405, 37, "The HTTP method is not allowed for the requested resource.")
    name = request.headers.get("X-Unique-Identifier-Key", "").strip()
    value = request.headers.get("X-Unique-Identifier-Value", "").strip()
    field = custom.find_by_api_name(org, entity, name)
    if field is None or not field.is_unique:
        raise errors.invalid_value("X-Unique-Identifier-Key")
    if not value:
        raise errors.invalid_value("X-Unique-Identifier-Value")
    return Key(field, value, request.headers.get("X-Upsert", "").strip().lower() == "true")


def allow_create(request: Request, key: Key, thing: str) -> None:
    """Without X-Upsert a key that matches nothing is an error; its code is unknown (switch `books_upsert_no_match`)."""
    org: BooksOrg = request.org
    if not key.creates:
        if org.switch("books_upsert_no_match") == "404/1002":
            raise errors.does_not_exist(thing)
        raise errors.invalid_value("X-Unique-Identifier-Value")
    if org.switch("books_upsert_create_scope") == "create" and request.grant is not None:
        area = {"contact": "contacts", "item": "settings", "salesorder": "salesorders"}.get(
            key.field.entity, f"{key.field.entity}s"
        )
        if not allows(request.grant.scopes, f"ZohoBooks.{area}.CREATE", {}):
            raise Refusal("scope")


def answer_created(org: BooksOrg, message: str, resource: str, record_id: str, **data: Any) -> Reply:
    reply = envelope.created(message, resource, record_id, **data)
    reply.status = int(org.switch("books_upsert_created_status"))
    return reply
