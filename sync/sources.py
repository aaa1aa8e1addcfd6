"""How a remote row becomes what the mirror keeps: projections of both sides, and the fields each feed asks for.

No network and no database here; `sync/replicate.py` stores what these functions return.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync import keys, membership
from sync.fields import Fields, FieldType, Value, canonical, full_name, shown
from sync.mapping import Kind
from sync.models import RecordKind
from sync.shape import BIGIN_MODULES, Shape
from zoho.books_calls import custom_field
from zoho.times import parse_time_or_none

RemoteRow = Mapping[str, Any]
_ALWAYS = ("Created_Time", "Modified_Time", "Created_By")
_KEY_FIELDS: Mapping[str, tuple[str, ...]] = {
    RecordKind.COMPANY: ("Account_Name", "Phone"),
    RecordKind.CONTACT: ("First_Name", "Last_Name", "Email", "Phone", "Mobile", "Account_Name"),
    RecordKind.PRODUCT: ("Product_Name", "Product_Code"),
}
_TAX_NUMBERS = ("tax_reg_no", "gst_no", "vat_reg_no")
# In a customer's meta: whose its `person.*` fields are, and ids of all its persons (`sync/persons.py`).
PERSON, PEOPLE = "person", "people"
_FROM_PRIMARY = {"person.email": "email", "person.phone": "phone", "person.mobile": "mobile"}


@dataclass(frozen=True)
class Seen:
    """One remote record as a page or a detail showed it. `fields` lacks what this projection does not carry."""

    kind: str
    remote_id: str
    label: str
    fields: Fields
    parent_id: str = ""
    keys: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    modified_at: datetime | None = None
    created_at: datetime | None = None
    in_scope: bool | None = True  # None: what the list views said stands
    detailed: bool = True  # False: a list row, whose detail must be read before the record is planned


def plain(row: RemoteRow) -> dict[str, Any]:
    """As a JSON column takes it: decimals and times as text."""
    found: dict[str, Any] = json.loads(json.dumps(dict(row), default=str))
    return found


def types(shape: Shape, record_kind: str) -> dict[str, FieldType]:
    """Type per mapped field of such records."""
    bigin = record_kind in BIGIN_MODULES
    return {
        (row.bigin if bigin else row.books): row.type
        for kind in shape.kinds_with(record_kind)
        for row in shape.rows[kind]
    }


def bigin_fields(shape: Shape, record_kind: str) -> list[str]:
    """What a list of Bigin is asked for; the composite name is two fields there."""
    names = {name for name in shape.wanted(record_kind) if name != "Name"}
    asked = {name for rule in shape.view_rules(record_kind) for name in membership.fields_of(rule)}
    return sorted({*names, *asked, *_KEY_FIELDS[record_kind], *_ALWAYS})


def bigin_record(shape: Shape, record_kind: str, row: RemoteRow) -> Seen:
    wanted = types(shape, record_kind)
    fields = {name: _bigin_value(row, name, kind) for name, kind in wanted.items() if _bigin_has(row, name)}
    parent = _lookup_id(row.get("Account_Name")) if record_kind == RecordKind.CONTACT else ""
    label, found = _bigin_keys(record_kind, row)
    if record_kind == RecordKind.COMPANY:
        found += _tax_keys(shape, fields)
    return Seen(
        kind=record_kind,
        remote_id=str(row["id"]),
        label=label[:300],
        fields=fields,
        parent_id=parent,
        keys=tuple(found),
        meta={"created_by": _lookup_id(row.get("Created_By"))},
        modified_at=parse_time_or_none(row.get("Modified_Time")),
        created_at=parse_time_or_none(row.get("Created_Time")),
        in_scope=_in_views(shape, record_kind, row),
    )


def _in_views(shape: Shape, record_kind: str, row: RemoteRow) -> bool | None:
    """True without views; else what their criteria say; None where only their ids can tell (rules 2.1)."""
    if not shape.views(record_kind):
        return True
    rules = shape.view_rules(record_kind)
    return membership.belongs(row, rules) if rules else None


def _bigin_has(row: RemoteRow, name: str) -> bool:
    return "Last_Name" in row if name == "Name" else name in row


def _bigin_value(row: RemoteRow, name: str, kind: FieldType) -> Value:
    if name == "Name":
        return full_name(row.get("First_Name"), row.get("Last_Name"))
    raw = row.get(name)
    if isinstance(raw, Mapping):
        raw = raw.get("name")
    return canonical(kind, raw)


def _lookup_id(raw: object) -> str:
    return str(raw.get("id") or "") if isinstance(raw, Mapping) else ""


def _bigin_keys(record_kind: str, row: RemoteRow) -> tuple[str, list[str]]:
    if record_kind == RecordKind.COMPANY:
        name = str(row.get("Account_Name") or "")
        return name, [*keys.name_keys(name), *keys.phone_keys(row.get("Phone"))]
    if record_kind == RecordKind.PRODUCT:
        name = str(row.get("Product_Name") or "")
        return name, [*keys.name_keys(name), *keys.code_keys(row.get("Product_Code"))]
    name = shown(full_name(row.get("First_Name"), row.get("Last_Name")))
    phones = keys.phone_keys(row.get("Phone"), row.get("Mobile"))
    return name or str(row.get("Email") or ""), [*keys.name_keys(name), *keys.email_keys(row.get("Email")), *phones]


def _tax_keys(shape: Shape, fields: Mapping[str, Value]) -> list[str]:
    """Bigin has no tax number of its own: it stands in whatever field is mapped to one of Books' (rules 3.1)."""
    mapped = [row.bigin for row in shape.rows.get(Kind.COMPANY_CUSTOMER, ()) if row.books in _TAX_NUMBERS]
    return [key for name in mapped for key in keys.tax_keys(shown(fields.get(name)))]


def is_customer(row: RemoteRow) -> bool:
    """Vendors are dropped on our side: an unknown filter is ignored in silence (rules 1.3)."""
    return str(row.get("contact_type") or "customer") == "customer"


def books_vendor(row: RemoteRow) -> Seen:
    """Match keys only, so that no customer is created under a vendor's name without a person's word (rules 1.3)."""
    name = str(row.get("contact_name") or "")
    return Seen(
        RecordKind.VENDOR, str(row["contact_id"]), name[:300], {}, keys=tuple(keys.name_keys(name)), in_scope=False
    )


def books_customer(shape: Shape, row: RemoteRow, *, detailed: bool, person: str | None = None) -> Seen:
    """From a list row or a detail. `person`: whose the `person.*` fields are, unknown where it is not there; None for
    the primary one's."""
    holder = _holder(row, person) if detailed else None
    wanted = types(shape, RecordKind.CUSTOMER)
    fields = {}
    for name, kind in wanted.items():
        present, raw = _customer_value(row, name, holder, detailed)
        if present:
            fields[name] = canonical(kind, raw)
    meta = _customer_meta(row, detailed)
    # A person may have linked a contact with a customer of any sort.
    is_persons = Kind.CONTACT_CUSTOMER in shape.active and (
        person is not None or may_pair(shape, Kind.CONTACT_CUSTOMER, meta)
    )
    address = row.get("billing_address")
    phone = address.get("phone") if isinstance(address, Mapping) else None
    name = str(row.get("contact_name") or "")
    found = [
        *keys.name_keys(name),
        *keys.name_keys(_text(row.get("company_name"))),
        *keys.email_keys(_text(row.get("email"))),
        *keys.phone_keys(_text(row.get("phone")), _text(row.get("mobile")), _text(phone)),
        *(key for number in _TAX_NUMBERS for key in keys.tax_keys(_text(row.get(number)))),
    ]
    return Seen(
        kind=RecordKind.CUSTOMER,
        remote_id=str(row["contact_id"]),
        label=name[:300],
        fields=fields,
        keys=tuple(sorted(set(found))),
        meta={**meta, **(_persons_meta(row, person) if detailed and is_persons else {})},
        modified_at=parse_time_or_none(row.get("last_modified_time")),
        created_at=parse_time_or_none(row.get("created_time")),
        detailed=detailed,
    )


def _customer_value(row: RemoteRow, name: str, holder: RemoteRow | None, detailed: bool) -> tuple[bool, object]:
    """(known, value). A list row tells some of the primary person's."""
    if name.startswith("person."):
        if detailed:
            return holder is not None, _person_value(holder or {}, name)
        known = "first_name" in row if name == "person.name" else name in _FROM_PRIMARY and name[7:] in row
        return known, _person_value(row, name)
    outer, dot, inner = name.partition(".")
    if dot:
        held = row.get(outer)
        return (True, held.get(inner)) if isinstance(held, Mapping) else (detailed, None)
    if name.startswith("cf_"):
        known = detailed or "custom_fields" in row or name in row
        return known, custom_field(row, name)
    return name in row, row.get(name)


def _customer_meta(row: RemoteRow, detailed: bool) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "status": str(row.get("status") or "active"),
        "sub_type": str(row.get("customer_sub_type") or ""),
        "currency": str(row.get("currency_code") or ""),
        "receivable": str(row.get("outstanding_receivable_amount") or "0"),
    }
    if row.get("is_linked_with_zohocrm") in (True, "true"):
        meta["zohocrm"] = True
    if detailed:
        meta["primary"] = str(row.get("primary_contact_id") or "") or primary_id(row)
        meta["has_transaction"] = row.get("has_transaction") in (True, "true")
        meta["owner"] = str(row.get("owner_id") or "")
        for name in ("zcrm_account_id", "zcrm_contact_id"):
            if row.get(name):
                meta[name] = str(row[name])
    return meta


def _person_value(person: RemoteRow, name: str) -> object:
    if name == "person.name":
        return full_name(person.get("first_name"), person.get("last_name"))
    return person.get(name.removeprefix("person."))


def _persons_meta(detail: RemoteRow, person: str | None) -> dict[str, Any]:
    people = sorted(str(one.get("contact_person_id")) for one in persons_of(detail))
    return {PERSON: primary_id(detail) if person is None else person, PEOPLE: people}


def person_fields(shape: Shape, person: RemoteRow) -> dict[str, Value]:
    """What of a contact person is mapped where it stands for its customer: the `person.*` fields."""
    wanted = types(shape, RecordKind.CUSTOMER)
    return {
        name: canonical(kind, _person_value(person, name))
        for name, kind in wanted.items()
        if name.startswith("person.")
    }


def persons_of(detail: RemoteRow) -> list[RemoteRow]:
    held = detail.get("contact_persons")
    return [person for person in held if isinstance(person, Mapping)] if isinstance(held, list) else []


def _primary(detail: RemoteRow) -> RemoteRow:
    people = persons_of(detail)
    chosen = [person for person in people if person.get("is_primary_contact") in (True, "true")]
    return (chosen or people or [{}])[0]


def primary_id(detail: RemoteRow) -> str:
    return str(_primary(detail).get("contact_person_id") or "")


def _holder(detail: RemoteRow, person: str | None) -> RemoteRow | None:
    """A customer without persons has empty ones; None where the one asked for is not there."""
    if person is None or not (person or persons_of(detail)):
        return _primary(detail)
    return next((one for one in persons_of(detail) if str(one.get("contact_person_id")) == person), None)


def books_person(shape: Shape, person: RemoteRow, customer_id: str, modified_at: datetime | None) -> Seen:
    """A contact person; it has no time of its own, so its customer's stands in."""
    wanted = types(shape, RecordKind.PERSON)
    fields = {}
    for name, kind in wanted.items():
        if name == "name":
            fields[name] = canonical(kind, full_name(person.get("first_name"), person.get("last_name")))
        elif name.startswith("cf_"):
            fields[name] = canonical(kind, custom_field(person, name))
        else:
            fields[name] = canonical(kind, person.get(name))
    name_shown = shown(full_name(person.get("first_name"), person.get("last_name")))
    email = _text(person.get("email"))
    return Seen(
        kind=RecordKind.PERSON,
        remote_id=str(person["contact_person_id"]),
        label=(name_shown or email or "")[:300],
        fields=fields,
        parent_id=customer_id,
        keys=person_keys(person),
        meta={"primary": person.get("is_primary_contact") in (True, "true")},
        modified_at=modified_at,
        created_at=parse_time_or_none(person.get("created_time")),
    )


def person_keys(person: RemoteRow) -> tuple[str, ...]:
    name = shown(full_name(person.get("first_name"), person.get("last_name")))
    phones = keys.phone_keys(_text(person.get("phone")), _text(person.get("mobile")))
    return tuple(sorted({*keys.name_keys(name), *keys.email_keys(_text(person.get("email"))), *phones}))


def books_item(shape: Shape, row: RemoteRow) -> Seen:
    wanted = types(shape, RecordKind.ITEM)
    fields = {}
    for name, kind in wanted.items():
        if name == "active":
            fields[name] = canonical(kind, str(row.get("status") or "active") == "active")
        elif name.startswith("cf_"):
            fields[name] = canonical(kind, custom_field(row, name))
        elif name in row:
            fields[name] = canonical(kind, row[name])
    name = str(row.get("name") or row.get("item_name") or "")
    return Seen(
        kind=RecordKind.ITEM,
        remote_id=str(row["item_id"]),
        label=name[:300],
        fields=fields,
        keys=(*keys.name_keys(name), *keys.code_keys(_text(row.get("sku")))),
        meta={"status": str(row.get("status") or "active"), "rate": str(row.get("rate") or "0")},
        modified_at=parse_time_or_none(row.get("last_modified_time")),
        created_at=parse_time_or_none(row.get("created_time")),
        in_scope=is_sold(row),
    )


def is_sold(row: RemoteRow) -> bool:
    """Only items that are sold and stand alone (rules 2.4)."""
    if row.get("group_id"):
        return False
    if "can_be_sold" in row:
        return row["can_be_sold"] in (True, "true")
    return str(row.get("item_type") or "sales") != "purchases"


def is_individual(meta: Mapping[str, Any]) -> bool:
    return meta.get("sub_type") == "individual"


def may_pair(shape: Shape, kind: Kind, meta: Mapping[str, Any]) -> bool:
    """Whether a Books customer is of the sort this kind of link takes (rules 2.3)."""
    if kind is Kind.COMPANY_CUSTOMER:
        return not is_individual(meta)
    if kind is Kind.CONTACT_CUSTOMER and shape.mode != "contacts":
        return is_individual(meta)
    return True


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw.strip() else None


def page_of(records: Iterable[Seen]) -> dict[tuple[str, str], Seen]:
    """By kind and id; the last one of an id wins, as a list may show a moving row twice."""
    return {(seen.kind, seen.remote_id): seen for seen in records}
