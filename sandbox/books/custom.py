"""Custom fields: written by id, api name, label or index; read as array, hash and promoted keys (books-api.md 3.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from sandbox.books import errors, intake, money, times
from sandbox.books.organization import BooksOrg
from sandbox.books.records import CustomField
from sandbox.books.store import Table
from sandbox.core import Request

NUMERIC = frozenset({"number", "decimal", "amount", "percent"})
_KEYS_BY_SWITCH = {
    "all": ("customfield_id", "field_id", "api_name", "placeholder", "label", "index"),
    "id_and_label": ("customfield_id", "field_id", "label", "index"),
    "id_and_api_name": ("customfield_id", "field_id", "api_name", "placeholder", "index"),
}


class Customised(Protocol):
    custom: dict[str, Any]


def apply(org: BooksOrg, entity: str, record: Customised, given: intake.Body) -> None:
    """Stores `custom_fields` of a write; whether fields not named keep their value: `books_custom_fields_update`."""
    if "custom_fields" not in given:
        return
    fields = org.fields_of(entity)
    fresh = {} if org.switch("books_custom_fields_update") == "replace" else dict(record.custom)
    for entry in intake.objects_in(given, "custom_fields", most=200):
        field = _named(org, fields, entry)
        fresh[field.field_id] = _value(field, entry.get("value"))
    record.custom = {field_id: value for field_id, value in fresh.items() if value not in ("", None)}


def check_mandatory(org: BooksOrg, entity: str, record: Customised) -> None:
    for field in org.fields_of(entity):
        if field.is_mandatory and field.field_id not in record.custom:
            raise errors.missing(field.label)


def check_unique(org: BooksOrg, entity: str, table: Table[Any], record_id: str, record: Customised) -> None:
    """The safety net of a field that prevents duplicates (books-api.md 9.1, from memory)."""
    if org.switch("books_duplicate_unique_value") == "allow":
        return
    for field in org.fields_of(entity):
        value = record.custom.get(field.field_id)
        if not field.is_unique or value in (None, ""):
            continue
        held = table.records.get(record_id)
        holders = table.find("unique", f"{field.field_id}={value}")
        if any(holder is not held for holder in holders):
            raise errors.already_exists(f"The value {value} of {field.label} already exists.")


def _named(org: BooksOrg, fields: list[CustomField], entry: intake.Body) -> CustomField:
    for key in _KEYS_BY_SWITCH[org.switch("books_custom_field_keys")]:
        wanted = entry.get(key)
        if wanted in (None, ""):
            continue
        attribute = {"customfield_id": "field_id", "placeholder": "api_name"}.get(key, key)
        found = next((field for field in fields if str(getattr(field, attribute)) == str(wanted)), None)
        if found is None:
            raise errors.invalid_value("custom_fields")
        return found
    raise errors.invalid_value("custom_fields")


def _value(field: CustomField, given: Any) -> Any:
    """What is stored: text, or a flag for a check box. Numbers are stored as text so that nothing rounds them."""
    if given is None or given == "":
        return ""
    if field.data_type == "check_box":
        return intake.flag(given, field.label)
    if field.data_type in NUMERIC:
        return money.plain(money.number(given, field.label))
    if field.data_type == "date":
        return times.parse_day(given, field.label)
    text = intake.text({field.label: given}, field.label, 255 if field.data_type == "string" else 2000)
    if field.data_type == "dropdown" and text not in field.options:
        raise errors.invalid_value(field.label)
    return text


def _shown(field: CustomField, value: Any) -> Any:
    return Decimal(value) if field.data_type in NUMERIC and value != "" else value


def shapes(org: BooksOrg, entity: str, record: Customised) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The `custom_fields` array and the `custom_field_hash` (whose keys are also promoted on rows)."""
    if not record.custom:
        return [], {}
    array: list[dict[str, Any]] = []
    hashed: dict[str, Any] = {}
    for field in org.fields_of(entity):
        value = record.custom.get(field.field_id)
        if value is None:
            continue
        array.append(_entry(field, entity, value))
        hashed[field.api_name] = str(value)
        hashed[f"{field.api_name}_unformatted"] = _shown(field, value)
    return array, hashed


def _entry(field: CustomField, entity: str, value: Any) -> dict[str, Any]:
    entry = {
        "field_id": field.field_id,
        "customfield_id": field.field_id,
        "api_name": field.api_name,
        "label": field.label,
        "index": field.index,
        "data_type": field.data_type,
        "value": _shown(field, value),
        "value_formatted": str(value),
        "search_entity": entity,
        "placeholder": field.api_name,
        "is_active": True,
        "show_on_pdf": False,
        "show_in_all_pdf": False,
        "show_in_store": False,
        "show_in_portal": False,
        "edit_on_portal": False,
        "edit_on_store": False,
        "is_dependent_field": False,
    }
    if field.data_type == "dropdown":
        entry["selected_option_id"] = f"{field.field_id}{field.options.index(str(value)) + 1}"
    return entry


def find_by_api_name(org: BooksOrg, entity: str, api_name: str) -> CustomField | None:
    return next((field for field in org.fields_of(entity) if field.api_name == api_name), None)


def definitions(fields: Sequence[CustomField]) -> list[dict[str, Any]]:
    """Rows of `GET /settings/fields` (newer page; names of keys as in the arrays of records)."""
    return [
        {
            "field_id": field.field_id,
            "customfield_id": field.field_id,
            "api_name": field.api_name,
            "label": field.label,
            "data_type": field.data_type,
            "index": field.index,
            "entity": field.entity,
            "is_unique": field.is_unique,
            "is_mandatory": field.is_mandatory,
            "is_active": field.is_active,
            "values": [{"name": option, "order": place} for place, option in enumerate(field.options, 1)],
        }
        for field in fields
    ]


def only_custom_fields(request: Request) -> intake.Body:
    """The body of a `customfields` call: the array itself under `custom_fields`."""
    given = intake.body(request)
    return {"custom_fields": intake.objects_in(given, "custom_fields")}


ENTITIES = ("contact", "item", "estimate", "invoice", "salesorder")
TYPES = frozenset({"string", "multiline", "email", "url", "phone", "date", "dropdown", "check_box", *NUMERIC})


def define(org: BooksOrg, given: intake.Body) -> CustomField:
    """A new field of an entity; its api name follows from its label, as in Books. Raises 1001 for a label in use."""
    entity = intake.text(given, "entity")
    label = intake.text(given, "label", 50)
    data_type = intake.text(given, "data_type") or "string"
    if entity not in ENTITIES or data_type not in TYPES:
        raise errors.invalid_value("entity" if entity not in ENTITIES else "data_type")
    name = "_".join(re.findall("[a-z0-9]+", label.lower()))
    if not name:
        raise errors.invalid_value("label")
    held = org.fields_of(entity)
    if any(field.api_name == f"cf_{name}" for field in held):
        raise errors.already_exists(f"A field with the label {label} already exists.")
    field = CustomField(org.new_id(), entity, f"cf_{name}", label, data_type, index=len(held) + 1)
    field.is_unique = intake.flag(given.get("is_unique"), "is_unique")
    field.is_mandatory = intake.flag(given.get("is_mandatory"), "is_mandatory")
    field.options = intake.texts_in(given, "values")
    if data_type == "dropdown" and not field.options:
        raise errors.invalid_value("values")
    org.custom_fields[field.field_id] = field
    return field
