"""From canonical values to the bodies that each product takes. Pure: no network, no database.

The way back, from answers to canonical values, is `sync/sources.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sync.fields import Fields, FieldType, Value, name_parts, shown
from sync.mapping import Kind

Body = dict[str, Any]


def bigin_row(kind: Kind, fields: Fields, types: Mapping[str, FieldType], parent_id: str = "") -> Body:
    """One record of an insert or update; None clears. A company is named by id only: a name would create one."""
    row: Body = {}
    for name, value in fields.items():
        if name == "Name":
            row["First_Name"], row["Last_Name"] = bigin_name(value)
        elif not (kind in (Kind.CONTACT_PERSON, Kind.CONTACT_CUSTOMER) and name == "Account_Name"):
            row[name] = _plain(types.get(name, FieldType.TEXT), value)
    if parent_id:
        row["Account_Name"] = {"id": parent_id}
    return row


def bigin_name(value: Value) -> tuple[str | None, str]:
    """(First_Name, Last_Name); Bigin insists on the last name (rules 4.1)."""
    first, last = name_parts(str(value or ""))
    return first or None, last


def _plain(kind: FieldType, value: Value) -> Any:
    if kind is FieldType.NUMBER and isinstance(value, str):
        return _decimal(value)
    return value


def _decimal(value: str) -> Decimal | str:
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def _books_value(kind: FieldType, value: Value) -> Any:
    """Books keeps empty as "" and never as null."""
    if value is None:
        return ""
    return _plain(kind, value)


def person_body(fields: Fields) -> Body:
    """A contact person: one name goes to `first_name`, which Books insists on (rules 4.1)."""
    body: Body = {}
    customs = []
    for name, value in fields.items():
        if name == "name":
            body["first_name"], body["last_name"] = books_name(value)
        elif name.startswith("cf_"):
            customs.append({"api_name": name, "value": value if value is not None else ""})
        else:
            body[name] = "" if value is None else value
    return {**body, **({"custom_fields": customs} if customs else {})}


def books_name(value: Value) -> tuple[str, str]:
    """(first_name, last_name)."""
    first, last = name_parts(str(value or ""))
    return (first, last) if first else (last, "")


def split_customer(fields: Fields) -> tuple[dict[str, Value], dict[str, Value]]:
    """(the customer's own fields, those of its primary person without their prefix)."""
    own = {name: value for name, value in fields.items() if not name.startswith("person.")}
    person = {name.removeprefix("person."): value for name, value in fields.items() if name.startswith("person.")}
    return own, person


def customer_body(fields: Fields, types: Mapping[str, FieldType], held: Mapping[str, Any] | None = None) -> Body:
    """The customer's own part, or an item's. `held`: the record as it stands, for an update may replace a whole address
    and the whole list of custom fields."""
    body: Body = {}
    customs = []
    for name, value in fields.items():
        outer, dot, inner = name.partition(".")
        plain = _books_value(types.get(name, FieldType.TEXT), value)
        if dot:
            body.setdefault(outer, {})[inner] = plain
        elif name.startswith("cf_"):
            customs.append({"api_name": name, "value": plain})
        else:
            body[name] = plain
    for outer in _ADDRESSES:
        if outer in body and held is not None:
            body[outer] = {**_kept_address(held.get(outer), body[outer]), **body[outer]}
    if customs:
        body["custom_fields"] = [*customs, *_kept_customs(held or {}, fields)]
    return body


_ADDRESSES = ("billing_address", "shipping_address")
_ADDRESS_PARTS = ("attention", "address", "street2", "city", "state", "zip", "country", "phone", "fax")
# What Books counts out, or keeps as a file or a reference, cannot be given back to it.
_PLAIN_CUSTOMS = frozenset(
    "string multiline number decimal amount percent date dropdown check_box email url phone".split()
)


def _kept_address(held: object, changed: Mapping[str, Any]) -> Body:
    """What stays of an address. The code of a state is that state's: it goes when state or country change."""
    if not isinstance(held, Mapping):
        return {}
    names = _ADDRESS_PARTS if {"state", "country"} & set(changed) else (*_ADDRESS_PARTS, "state_code")
    return {name: held[name] for name in names if held.get(name)}


def _kept_customs(held: Mapping[str, Any], changed: Fields) -> list[Body]:
    """The other custom fields that have a value."""
    kept = []
    for entry in held.get("custom_fields") or []:
        name = str(entry.get("api_name") or entry.get("placeholder") or "")
        plain = (entry.get("data_type") or "string") in _PLAIN_CUSTOMS
        if name in changed or not plain or entry.get("value") in (None, ""):
            continue
        key = {"customfield_id": entry["customfield_id"]} if entry.get("customfield_id") else {"api_name": name}
        kept.append({**key, "value": entry["value"]})
    return kept


def new_company(fields: Fields, types: Mapping[str, FieldType], company_name: str, persons: list[Body]) -> Body:
    """A business customer with its persons in one call; " (2)" of a clone is in `contact_name` only (rules 3.2)."""
    body = customer_body(fields, types)
    body.setdefault("company_name", company_name)
    body["contact_type"] = "customer"
    body["customer_sub_type"] = "business"
    if persons:
        body["contact_persons"] = persons
    return body


def new_individual(fields: Fields, types: Mapping[str, FieldType]) -> Body:
    own, person = split_customer(fields)
    body = customer_body(own, types)
    body.setdefault("contact_name", shown(person.get("name")))
    body["contact_type"] = "customer"
    body["customer_sub_type"] = "individual"
    body["contact_persons"] = [{**person_body(person), "is_primary_contact": True}]
    return body


def item_body(fields: Fields, types: Mapping[str, FieldType], held: Mapping[str, Any] | None = None) -> Body:
    """Without `active`, which is a call of its own; a price that is empty is never sent (rules 6.4)."""
    kept = {
        name: value for name, value in fields.items() if name != "active" and not (name == "rate" and value is None)
    }
    return customer_body(kept, types, held)
