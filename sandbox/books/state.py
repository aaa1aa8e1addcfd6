"""The Books side of the state file: every organisation as JSON values, and back. Indexes are rebuilt."""

from __future__ import annotations

from typing import Any

from sandbox.books.codec import decode, encode
from sandbox.books.organization import KINDS, BooksOrg, Numbering, Profile
from sandbox.books.papers import CreditNote, Document, Payment
from sandbox.books.records import (
    Authority,
    BooksUser,
    Contact,
    Currency,
    CustomField,
    Exemption,
    Item,
    Mail,
    Tax,
    Template,
    Webhook,
)

DICTS: dict[str, type[Any]] = {
    "currencies": Currency,
    "authorities": Authority,
    "exemptions": Exemption,
    "custom_fields": CustomField,
    "templates": Template,
    "webhooks": Webhook,
    "credit_notes": CreditNote,
    "numbering": Numbering,
}
LISTS: dict[str, type[Any]] = {"users": BooksUser, "outbox": Mail}
TABLES: dict[str, tuple[type[Any], str]] = {
    "taxes": (Tax, "tax_id"),
    "contacts": (Contact, "contact_id"),
    "items": (Item, "item_id"),
    "payments": (Payment, "payment_id"),
}
PLAIN = ("next_id", "notes_default", "call_days")


def dump(world: Any) -> dict[str, Any]:
    return {organization_id: _dump_one(org) for organization_id, org in world.books.items()}


def _dump_one(org: BooksOrg) -> dict[str, Any]:
    data: dict[str, Any] = {"profile": encode(org.profile), **{name: getattr(org, name) for name in PLAIN}}
    for name in (*DICTS, *LISTS):
        data[name] = encode(getattr(org, name))
    for name in TABLES:
        data[name] = [encode(record) for record in getattr(org, name).all()]
    for kind in KINDS:
        data[kind] = [encode(document) for document in org.documents[kind].all()]
    return data


def load(world: Any, data: Any) -> None:
    """Raises ValueError for what `dump` never wrote, and leaves the world's organisations as they were."""
    if not isinstance(data, dict):
        raise ValueError("the Books part of the state is not an object")
    try:
        world.books = {organization_id: _load_one(world, part) for organization_id, part in data.items()}
    except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"the Books part of the state cannot be read: {error}") from None


def _load_one(world: Any, data: dict[str, Any]) -> BooksOrg:
    org = BooksOrg(world, decode(Profile, data["profile"]))
    for name in PLAIN:
        setattr(org, name, data[name])
    for name, cls in DICTS.items():
        setattr(org, name, {key: decode(cls, part) for key, part in data.get(name, {}).items()})
    for name, cls in LISTS.items():
        setattr(org, name, [decode(cls, part) for part in data[name]])
    for name, (cls, id_name) in TABLES.items():
        table = getattr(org, name)
        for part in data[name]:
            record = decode(cls, part)
            table.add(getattr(record, id_name), record)
    for kind in KINDS:
        for part in data[kind]:
            document = decode(Document, part)
            org.documents[kind].add(document.document_id, document)
    return org
