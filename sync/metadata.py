"""Which fields and list views each side offers for mapping, custom ones included, asked of the live accounts.

Kept in the cache for five minutes: a Configure form is drawn, checked and saved from one reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache

from accounts import connections
from accounts.models import Installation
from sync.fields import FieldType
from sync.mapping import KINDS_OF_MODULE, NAME_LIMITS, FieldInfo, Kind
from sync.models import Module, RecordKind
from sync.shape import BIGIN_MODULES, RECORD_KINDS
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.errors import Rejected, Unauthorised
from zoho.probes_books import KEY_FIELD

KEPT_SECONDS = 300
_RowOf = Mapping[str, Any]

_BIGIN_TYPES = {
    "text": FieldType.TEXT,
    "textarea": FieldType.MULTILINE,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "website": FieldType.URL,
    "currency": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "integer": FieldType.NUMBER,
    "bigint": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "boolean": FieldType.BOOLEAN,
    "picklist": FieldType.PICKLIST,
    "date": FieldType.DATE,
}
_BOOKS_TYPES = {
    "string": FieldType.TEXT,
    "multiline": FieldType.MULTILINE,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "number": FieldType.NUMBER,
    "decimal": FieldType.NUMBER,
    "amount": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "check_box": FieldType.BOOLEAN,
    "dropdown": FieldType.PICKLIST,
    "date": FieldType.DATE,
}
# One composite stands for them (rules 4.1); the rest is Bigin's own bookkeeping.
_NOT_OFFERED = frozenset(
    "First_Name Last_Name Full_Name Tag Record_Image Created_Time Modified_Time Last_Activity_Time"
    " Record_Creation_Source_ID__s Unsubscribed_Mode Unsubscribed_Time".split()
)
# entity of Books' custom fields, by kind of record. Persons have none in the reference.
_ENTITIES: Mapping[str, str] = {RecordKind.CUSTOMER: "contact", RecordKind.ITEM: "item"}


@dataclass(frozen=True)
class View:
    """A list view of Bigin. `shifting`: its content depends on the user or on time (rules 2.1)."""

    id: str
    name: str
    shifting: bool


@dataclass(frozen=True)
class Offered:
    bigin: Mapping[Kind, tuple[FieldInfo, ...]]
    books: Mapping[Kind, tuple[FieldInfo, ...]]
    views: Mapping[str, tuple[View, ...]] = field(default_factory=dict)  # by kind of Bigin record
    owners: tuple[tuple[str, str], ...] = ()  # (id, words) of Bigin's active users; empty where they cannot be read

    def infos(self, side: str, kind: Kind) -> tuple[FieldInfo, ...]:
        return (self.bigin if side == "bigin" else self.books)[kind]

    def find(self, side: str, kind: Kind, name: str) -> FieldInfo | None:
        return next((info for info in self.infos(side, kind) if info.name == name), None)


def offered(installation: Installation, module: str, *, fresh: bool = False) -> Offered:
    """Up to 11 calls, or none where this was asked within five minutes. Raises zoho.errors."""
    key = f"offered:{installation.pk}:{module}"
    held = None if fresh else cache.get(key)
    if isinstance(held, Offered):
        return held
    bigin = connections.bigin(installation, "person")
    books = connections.books(installation, "person")
    found = read(bigin, books, module)
    connections.count_calls(installation, "bigin", sum(bigin.client.calls.values()))
    connections.count_calls(installation, books.client.product, sum(books.client.calls.values()))
    cache.set(key, found, KEPT_SECONDS)
    return found


def read(bigin: Bigin, books: Books, module: str) -> Offered:
    kinds = KINDS_OF_MODULE[module]
    records = {RECORD_KINDS[kind][0] for kind in kinds}
    fields = {record: bigin.fields(BIGIN_MODULES[record]) for record in records}
    insisted = {record: insisted_on(bigin, BIGIN_MODULES[record]) for record in records}
    custom = custom_fields(books, [RECORD_KINDS[kind][1] for kind in kinds])
    return Offered(
        {kind: bigin_fields(kind, fields[RECORD_KINDS[kind][0]], insisted[RECORD_KINDS[kind][0]]) for kind in kinds},
        {kind: books_fields(kind, custom) for kind in kinds},
        {record: tuple(_view(row) for row in bigin.custom_views(BIGIN_MODULES[record])) for record in records},
        _owners(bigin) if module == Module.CUSTOMERS else (),
    )


def _owners(bigin: Bigin) -> tuple[tuple[str, str], ...]:
    """Who may own a record that is born in Books. A grant that does not reach the users leaves the id to be typed."""
    try:
        rows = bigin.users("ActiveUsers")
    except (Rejected, Unauthorised):
        return ()
    return tuple((str(row["id"]), _called(row)) for row in rows if row.get("id"))


def _called(user: _RowOf) -> str:
    name, mail = str(user.get("full_name") or ""), str(user.get("email") or "")
    return f"{name} ({mail})" if name and mail else name or mail or str(user["id"])


def custom_fields(books: Books, record_kinds: Iterable[str]) -> dict[str, list[_RowOf]]:
    """By the entity of Books that has them; a call for each."""
    entities = sorted({_ENTITIES[kind] for kind in record_kinds if kind in _ENTITIES})
    return {entity: _definitions(books, entity) for entity in entities}


def _definitions(books: Books, entity: str) -> list[_RowOf]:
    """A newer page of the API, missing on Invoice: without it only standard fields are offered."""
    try:
        return list(books.field_definitions(entity))
    except (Rejected, Unauthorised):
        return []


def insisted_on(bigin: Bigin, module: str) -> frozenset[str]:
    """What every layout of a module wants filled and fills by no default of its own: `system_mandatory` speaks of
    Bigin's own fields only. The shape of layouts is CRM's (reference 4): where it cannot be read, nothing is said."""
    try:
        layouts = [layout for layout in bigin.layouts(module) if layout.get("status") != "inactive"]
    except (Rejected, Unauthorised):
        return frozenset()
    wanted = [frozenset(_required(layout)) for layout in layouts]
    return frozenset.intersection(*wanted) if wanted else frozenset()


def _required(layout: _RowOf) -> Iterable[str]:
    for section in layout.get("sections") or ():
        for row in section.get("fields") or ():
            if row.get("required") is True and row.get("default_value") in (None, "", "-None-"):
                yield str(row.get("api_name"))


def bigin_fields(kind: Kind, rows: Iterable[_RowOf], insisted: frozenset[str] = frozenset()) -> tuple[FieldInfo, ...]:
    infos = [info for row in rows if (info := _bigin_info(kind, row, insisted)) is not None]
    if RECORD_KINDS[kind][0] == RecordKind.CONTACT:
        infos.insert(0, FieldInfo("Name", "Contact Name", FieldType.NAME, NAME_LIMITS[kind]["Name"][1], required=True))
    return tuple(infos)


def _bigin_info(kind: Kind, row: _RowOf, insisted: frozenset[str]) -> FieldInfo | None:
    name, data_type = str(row.get("api_name") or ""), str(row.get("data_type") or "")
    if not name or name in _NOT_OFFERED:
        return None
    company = name == "Account_Name" and data_type == "lookup" and kind is Kind.CONTACT_CUSTOMER
    offered_as = FieldType.TEXT if company else _BIGIN_TYPES.get(data_type)
    if offered_as is None:
        return None
    return FieldInfo(
        name,
        str(row.get("display_label") or row.get("field_label") or name),
        offered_as,
        int(row.get("length") or 0),
        required=bool(row.get("system_mandatory")) or name in insisted,
        read_only=company or bool(row.get("read_only") or row.get("field_read_only")),
        unique=bool(row.get("unique")),
        custom=bool(row.get("custom_field")),
        values=tuple(_values(row)),
    )


# Bigin fills these itself: the owner is the connection's user, and a contact's company its parent.
_FILLED = frozenset({"Owner", "Layout", "Account_Name", "Vendor_Name"})


def beyond_mapping_in_bigin(rows: Iterable[_RowOf], insisted: frozenset[str]) -> list[str]:
    """Labels of what Bigin insists on and no mapping can fill, such as a look-up or a time of day."""
    return [
        str(row.get("display_label") or row.get("field_label") or row.get("api_name"))
        for row in rows
        if (row.get("system_mandatory") is True or row.get("api_name") in insisted)
        and row.get("data_type") not in _BIGIN_TYPES
        and row.get("api_name") not in _NOT_OFFERED | _FILLED
        and not (row.get("read_only") or row.get("field_read_only"))
    ]


def beyond_mapping_in_books(rows: Iterable[_RowOf]) -> list[str]:
    """As `beyond_mapping_in_bigin`, of custom fields; but for our own key, which creations carry."""
    return [
        str(row.get("label") or row.get("api_name"))
        for row in rows
        if _is_wanted(row)
        and str(row.get("data_type") or "") not in _BOOKS_TYPES
        and row.get("api_name") != KEY_FIELD
        and row.get("is_active") not in (False, "false")
    ]


def _is_wanted(row: _RowOf) -> bool:
    return row.get("is_mandatory") in (True, "true") and row.get("default_value") in (None, "")


def _values(row: _RowOf) -> Iterable[str]:
    """Bigin compares and stores the actual value; "-None-" is its word for empty."""
    for value in row.get("pick_list_values") or ():
        text = str(value.get("actual_value") or value.get("display_value") or "")
        if text and text != "-None-":
            yield text


def _view(row: _RowOf) -> View:
    name = str(row.get("display_value") or row.get("name") or row["id"])
    system = str(row.get("system_name") or "").upper()
    text = f"{system} {name.upper()}"
    shifting = any(word in text for word in ("MY ", "MYVIEW", "RECENT", "TODAY", "THIS WEEK", "THISWEEK", "UNREAD"))
    return View(str(row["id"]), name, shifting)


def _standard(text: str) -> tuple[FieldInfo, ...]:
    """`name=Label:type:limit` separated by commas; `!` after the name marks what a record cannot be without."""
    infos = []
    for entry in text.split(","):
        name, _, rest = entry.strip().partition("=")
        label, kind, limit = rest.split(":")
        infos.append(FieldInfo(name.rstrip("!"), label, FieldType(kind), int(limit), required=name.endswith("!")))
    return tuple(infos)


def _address(prefix: str, label: str) -> str:
    parts = (
        ("attention", "attention", 100), ("address", "street", 500), ("street2", "street 2", 255),
        ("city", "city", 100), ("state", "state", 100), ("zip", "ZIP code", 50),
        ("country", "country", 100), ("fax", "fax", 50),
    )  # fmt: skip
    inner = [f"{prefix}.{name}={label} {words}:text:{limit}" for name, words, limit in parts]
    return ", ".join([*inner, f"{prefix}.phone={label} phone:phone:50"])


_CUSTOMER = (
    "contact_name!=Display name:text:200, company_name=Company name:text:200, website=Website:url:200,"
    " notes=Notes:multiline:0, credit_limit=Credit limit:number:0,"
    " payment_terms=Payment terms (days):number:0, facebook=Facebook:text:100, twitter=Twitter:text:100,"
    " tax_reg_no=Tax registration number:text:50, gst_no=GST number:text:50, vat_reg_no=VAT number:text:50,"
    f" {_address('billing_address', 'Billing')}, {_address('shipping_address', 'Shipping')}"
)
_PERSON_PARTS = (
    ("email", "E-mail", "email", 100), ("phone", "Phone", "phone", 50), ("mobile", "Mobile", "phone", 50),
    ("designation", "Designation", "text", 100), ("department", "Department", "text", 50),
    ("skype", "Skype", "text", 50),
)  # fmt: skip


def _person(prefix: str) -> str:
    rest = (f"{prefix}{name}={label}:{kind}:{limit}" for name, label, kind, limit in _PERSON_PARTS)
    return ", ".join([f"{prefix}name!=Name:name:100", *rest])


# Lengths and names: reference, books-fields.txt.
_STANDARD: Mapping[Kind, tuple[FieldInfo, ...]] = {
    Kind.COMPANY_CUSTOMER: _standard(_CUSTOMER),
    Kind.CONTACT_PERSON: _standard(_person("")),
    Kind.CONTACT_CUSTOMER: _standard(f"{_person('person.')}, {_CUSTOMER.replace('contact_name!', 'contact_name')}"),
    Kind.PRODUCT_ITEM: _standard(
        "name!=Name:text:100, sku=SKU:text:100, description=Description:multiline:2000, rate=Rate:number:0,"
        " unit=Unit:text:100, active=Active:boolean:0, hsn_or_sac=HSN or SAC:text:50"
    ),
}


def books_fields(kind: Kind, custom: Mapping[str, Iterable[_RowOf]]) -> tuple[FieldInfo, ...]:
    rows = custom.get(_ENTITIES.get(RECORD_KINDS[kind][1], ""), ())
    return (*_STANDARD[kind], *(info for row in rows if (info := _books_info(row)) is not None))


def _books_info(row: _RowOf) -> FieldInfo | None:
    name = str(row.get("api_name") or "")
    offered_as = _BOOKS_TYPES.get(str(row.get("data_type") or ""))
    if (
        not name.startswith("cf_")
        or name == KEY_FIELD
        or offered_as is None
        or row.get("is_active") in (False, "false")
    ):
        return None
    values = tuple(str(value.get("name")) for value in row.get("values") or () if value.get("name"))
    return FieldInfo(
        name,
        str(row.get("label") or name),
        offered_as,
        required=_is_wanted(row),
        unique=row.get("is_unique") in (True, "true"),
        custom=True,
        values=values,
    )
