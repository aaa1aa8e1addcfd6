"""Which field of one side belongs to which of the other: mapping rows, their defaults, their checks. Pure.

Fields are named as their side names them: Bigin's API names ("Name" for first and last name together), Books' keys
with a dot where they sit in an inner object (`billing_address.city`, `person.email` for the primary person).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync.fields import FieldType


class Kind(StrEnum):
    """Kinds of link, as `sync.models.LinkKind` stores them."""

    PRODUCT_ITEM = "product-item"
    COMPANY_CUSTOMER = "company-customer"
    CONTACT_CUSTOMER = "contact-customer"
    CONTACT_PERSON = "contact-person"


class Direction(StrEnum):
    BOTH = "both"
    TO_BOOKS = "to_books"
    TO_BIGIN = "to_bigin"


POLICIES = ("", "newest", "bigin", "books", "ask")
KINDS_OF_MODULE = {
    "customers": (Kind.COMPANY_CUSTOMER, Kind.CONTACT_PERSON, Kind.CONTACT_CUSTOMER),
    "products": (Kind.PRODUCT_ITEM,),
}


@dataclass(frozen=True)
class Row:
    """One mapped pair of fields. `policy` "" means the module's. `books_type` differs from `type` only where a text may
    hold the other's value."""

    kind: Kind
    bigin: str
    books: str
    type: FieldType = FieldType.TEXT
    direction: Direction = Direction.BOTH
    policy: str = ""

    def to_json(self) -> dict[str, str]:
        return {
            "kind": self.kind.value,
            "bigin": self.bigin,
            "books": self.books,
            "type": self.type.value,
            "direction": self.direction.value,
            "policy": self.policy,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Row:
        """Raises ValueError or KeyError for what `to_json` never writes."""
        policy = str(data.get("policy") or "")
        if policy not in POLICIES:
            raise ValueError(f"unknown policy {policy!r}")
        return cls(
            Kind(data["kind"]),
            str(data["bigin"]),
            str(data["books"]),
            FieldType(data.get("type") or "text"),
            Direction(data.get("direction") or "both"),
            policy,
        )

    @property
    def to_books(self) -> bool:
        return self.direction is not Direction.TO_BIGIN

    @property
    def to_bigin(self) -> bool:
        return self.direction is not Direction.TO_BOOKS


@dataclass(frozen=True)
class FieldInfo:
    """A field as one side offers it. `limit` is the greatest length, 0 unknown; `values` those of a picklist."""

    name: str
    label: str
    type: FieldType
    limit: int = 0
    required: bool = False
    read_only: bool = False
    unique: bool = False
    custom: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowError:
    """What is wrong with the row at `index` (-1: with the whole mapping), beside which of its fields it is said."""

    index: int
    field: str
    message: str


# Fields whose clearing is never carried and whose clash is asked about by default (rules 4.2 and 4.4).
GUARDED: Mapping[Kind, frozenset[str]] = {
    Kind.COMPANY_CUSTOMER: frozenset({"contact_name", "company_name", "tax_reg_no", "gst_no", "vat_reg_no"}),
    Kind.CONTACT_CUSTOMER: frozenset(
        {"person.name", "contact_name", "person.email", "tax_reg_no", "gst_no", "vat_reg_no"}
    ),
    Kind.CONTACT_PERSON: frozenset({"name", "email"}),
    Kind.PRODUCT_ITEM: frozenset({"name", "rate"}),
}
REQUIRED: Mapping[Kind, tuple[str, str]] = {
    Kind.COMPANY_CUSTOMER: ("Account_Name", "contact_name"),
    Kind.CONTACT_CUSTOMER: ("Name", "person.name"),
    Kind.CONTACT_PERSON: ("Name", "name"),
    Kind.PRODUCT_ITEM: ("Product_Name", "name"),
}
# Limits of names, which are never cut (rules 4.1); of both sides the smaller one that must hold the value.
NAME_LIMITS: Mapping[Kind, Mapping[str, tuple[int, ...]]] = {
    Kind.COMPANY_CUSTOMER: {"Account_Name": (200,), "contact_name": (200,)},
    Kind.CONTACT_CUSTOMER: {"Name": (40, 80), "person.name": (100, 100)},
    Kind.CONTACT_PERSON: {"Name": (40, 80), "name": (100, 100)},
    Kind.PRODUCT_ITEM: {"Product_Name": (200,), "name": (100,)},
}
# Money: off where the two organisations count in different currencies (rules 6.1).
MONEY: Mapping[Kind, frozenset[str]] = {
    Kind.PRODUCT_ITEM: frozenset({"rate"}),
    Kind.COMPANY_CUSTOMER: frozenset({"credit_limit"}),
    Kind.CONTACT_CUSTOMER: frozenset({"credit_limit"}),
    Kind.CONTACT_PERSON: frozenset(),
}


def _rows(kind: Kind, *pairs: tuple[str, str] | tuple[str, str, FieldType]) -> tuple[Row, ...]:
    return tuple(Row(kind, pair[0], pair[1], pair[2] if len(pair) == 3 else FieldType.TEXT) for pair in pairs)


def _addresses(prefix: str, code: str) -> tuple[tuple[str, str], ...]:
    ends = (("Street", "address"), ("City", "city"), ("State", "state"), (code, "zip"), ("Country", "country"))
    return tuple((f"{prefix}_{bigin}", f"billing_address.{books}") for bigin, books in ends)


def _person(prefix: str) -> tuple[tuple[str, str, FieldType], ...]:
    return (
        ("Name", f"{prefix}name", FieldType.NAME),
        ("Email", f"{prefix}email", FieldType.EMAIL),
        ("Phone", f"{prefix}phone", FieldType.PHONE),
        ("Mobile", f"{prefix}mobile", FieldType.PHONE),
        ("Title", f"{prefix}designation", FieldType.TEXT),
    )


DEFAULTS: Mapping[Kind, tuple[Row, ...]] = {
    Kind.COMPANY_CUSTOMER: _rows(
        Kind.COMPANY_CUSTOMER,
        ("Account_Name", "contact_name"),
        ("Phone", "billing_address.phone", FieldType.PHONE),
        ("Website", "website", FieldType.URL),
        *_addresses("Billing", "Code"),
    ),
    Kind.CONTACT_PERSON: _rows(Kind.CONTACT_PERSON, *_person("")),
    Kind.CONTACT_CUSTOMER: (
        *_rows(Kind.CONTACT_CUSTOMER, *_person("person."), *_addresses("Mailing", "Zip")),
        Row(Kind.CONTACT_CUSTOMER, "Account_Name", "company_name", direction=Direction.TO_BOOKS),
    ),
    Kind.PRODUCT_ITEM: (
        *_rows(
            Kind.PRODUCT_ITEM,
            ("Product_Name", "name"),
            ("Product_Code", "sku"),
            ("Description", "description", FieldType.MULTILINE),
            ("Product_Active", "active", FieldType.BOOLEAN),
        ),
        # Price flows from Books once linked (rules 6.4).
        Row(Kind.PRODUCT_ITEM, "Unit_Price", "rate", FieldType.NUMBER, Direction.TO_BIGIN),
    ),
}


def defaults(module: str) -> list[Row]:
    return [row for kind in KINDS_OF_MODULE[module] for row in DEFAULTS[kind]]


def load(module: str, stored: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows of a setting; the defaults of every kind for which none is stored."""
    rows = [Row.from_json(data) for data in stored]
    present = {row.kind for row in rows}
    return rows + [row for row in defaults(module) if row.kind not in present]


def of_kind(rows: Iterable[Row], kind: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.kind == kind)


def without_money(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.books not in MONEY[row.kind]]


# What a value of the first type may be stored in, on the other side.
_FITS: Mapping[FieldType, frozenset[FieldType]] = {
    FieldType.TEXT: frozenset({FieldType.TEXT, FieldType.MULTILINE, FieldType.URL, FieldType.PHONE, FieldType.EMAIL}),
    FieldType.NAME: frozenset({FieldType.NAME}),
    FieldType.MULTILINE: frozenset({FieldType.MULTILINE}),
    FieldType.EMAIL: frozenset({FieldType.EMAIL, FieldType.TEXT, FieldType.MULTILINE}),
    FieldType.PHONE: frozenset({FieldType.PHONE, FieldType.TEXT, FieldType.MULTILINE}),
    FieldType.URL: frozenset({FieldType.URL, FieldType.TEXT, FieldType.MULTILINE}),
    FieldType.NUMBER: frozenset({FieldType.NUMBER, FieldType.TEXT}),
    FieldType.BOOLEAN: frozenset({FieldType.BOOLEAN}),
    FieldType.PICKLIST: frozenset({FieldType.PICKLIST, FieldType.TEXT, FieldType.MULTILINE}),
    FieldType.DATE: frozenset({FieldType.DATE, FieldType.TEXT}),
}


def fits(source: FieldType, target: FieldType) -> bool:
    return target in _FITS[source]


def common_type(left: FieldType, right: FieldType) -> FieldType:
    """The type both values of a row are compared in."""
    if left is right:
        return left
    special = [kind for kind in (left, right) if kind not in {FieldType.TEXT, FieldType.MULTILINE, FieldType.PICKLIST}]
    return special[0] if special else FieldType.MULTILINE if FieldType.MULTILINE in (left, right) else FieldType.TEXT


def check(
    rows: Sequence[Row], bigin: Mapping[Kind, Sequence[FieldInfo]], books: Mapping[Kind, Sequence[FieldInfo]]
) -> list[RowError]:
    """Everything wrong with a mapping, in the order of its rows (issue 4: said next to the field)."""
    errors: list[RowError] = []
    for index, row in enumerate(rows):
        left = next((info for info in bigin[row.kind] if info.name == row.bigin), None)
        right = next((info for info in books[row.kind] if info.name == row.books), None)
        errors += _check_row(index, row, left, right)
    return errors + check_targets(rows)


def check_targets(rows: Sequence[Row]) -> list[RowError]:
    """What needs no metadata: one target per field of a mapping, and the required rows (rules 4.3)."""
    errors: list[RowError] = []
    used: dict[tuple[Kind, str, str], int] = {}
    for index, row in enumerate(rows):
        for side, name in (("bigin", row.bigin), ("books", row.books)):
            if used.setdefault((row.kind, side, name), index) != index:
                errors.append(RowError(index, side, f"{name} is mapped twice; a field can have one target only."))
    for kind in {row.kind for row in rows}:
        errors += _check_required(rows, kind)
    return errors


def _check_row(index: int, row: Row, left: FieldInfo | None, right: FieldInfo | None) -> list[RowError]:
    errors = []
    if left is None:
        errors.append(RowError(index, "bigin", f"Bigin has no field {row.bigin} here."))
    if right is None:
        errors.append(RowError(index, "books", f"Books has no field {row.books} here."))
    if left is None or right is None:
        return errors
    if row.to_books and not fits(left.type, right.type):
        errors.append(RowError(index, "books", f"{left.label} ({left.type}) cannot be stored in {right.label}."))
    if row.to_bigin and not fits(right.type, left.type):
        errors.append(RowError(index, "bigin", f"{right.label} ({right.type}) cannot be stored in {left.label}."))
    if row.to_books and right.read_only:
        errors.append(RowError(index, "books", f"{right.label} cannot be written; choose the direction to Bigin."))
    if row.to_bigin and left.read_only:
        errors.append(RowError(index, "bigin", f"{left.label} cannot be written; choose the direction to Books."))
    return errors


def _check_required(rows: Sequence[Row], kind: Kind) -> list[RowError]:
    left, right = REQUIRED[kind]
    if any(row.kind is kind and row.bigin == left and row.books == right for row in rows):
        return []
    return [RowError(-1, "", f"{left} must stay mapped to {right}: without it no record can be created.")]


@dataclass(frozen=True)
class Unfilled:
    """A field that `side` insists on when a record is created there, and that no row fills. `index`: the row that maps
    it the other way only; -1 where none does."""

    kind: Kind
    side: str
    info: FieldInfo
    index: int


def unfilled(rows: Sequence[Row], kind: Kind, side: str, infos: Iterable[FieldInfo]) -> list[Unfilled]:
    """Names have their own check. A box that is not ticked is a value; what cannot be written cannot be asked for."""
    places = {row.bigin if side == "bigin" else row.books: (i, row) for i, row in enumerate(rows) if row.kind is kind}
    found = []
    for info in infos:
        if not info.required or info.read_only or info.type is FieldType.BOOLEAN or info.name in REQUIRED[kind]:
            continue
        index, row = places.get(info.name, (-1, None))
        if row is None or not (row.to_bigin if side == "bigin" else row.to_books):
            found.append(Unfilled(kind, side, info, index))
    return found


def missing_values(left: FieldInfo, right: FieldInfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Picklist values that (Books lacks, Bigin lacks); empty where one of the two is no picklist."""
    if not (left.type is right.type is FieldType.PICKLIST):
        return (), ()
    return (
        tuple(value for value in left.values if value not in right.values),
        tuple(value for value in right.values if value not in left.values),
    )
