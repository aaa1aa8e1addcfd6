"""What a new record starts with, on either side, and what forbids to make it (rules 2.3, 4.1, 4.5, 6.4). Pure but for
the records it is handed: no network, no queries.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync import plan
from sync.fields import FieldType, Value, canonical, shown
from sync.mapping import Kind
from sync.models import Record, RecordKind, Side
from sync.outcomes import Create, Hold, PassBy, held
from sync.plan import Policies, SideName, Skip
from sync.shape import Shape

_NAMES: Mapping[Kind, tuple[str, str, str, str]] = {
    # name and e-mail on the Bigin side, name and e-mail on the Books side
    Kind.COMPANY_CUSTOMER: ("Account_Name", "", "contact_name", ""),
    Kind.CONTACT_CUSTOMER: ("Name", "Email", "person.name", "person.email"),
    Kind.CONTACT_PERSON: ("Name", "Email", "name", "email"),
    Kind.PRODUCT_ITEM: ("Product_Name", "", "name", ""),
}
NAMELESS = "It has neither a name nor an e-mail address."
PARENT = "parent"  # key of Write.source for the id of the parent on the target's side


def create(
    shape: Shape,
    kind: Kind,
    target: str,
    record: Record,
    policies: Policies,
    *,
    parent: str = "",
    apart: bool = False,
    apart_from: tuple[str, ...] = (),
) -> Create | Hold:
    """The creation of `record`'s counterpart on `target`, or why it cannot be made."""
    side: SideName = "bigin" if target == Side.BIGIN else "books"
    rows = shape.rows[kind]
    fields = plan.first_values(rows, record.fields, side)
    if side == "bigin" and kind is not Kind.COMPANY_CUSTOMER:
        fields.pop("Account_Name", None)  # a contact's company is never written by name, so it is no promise either
    named = _named(kind, side, record, fields)
    if named is None:
        return held(record, Skip("no_name", NAMELESS, "Give it a name."))
    fields = named
    if apart and side == "books" and kind in (Kind.COMPANY_CUSTOMER, Kind.PRODUCT_ITEM):
        name_field = _NAMES[kind][2]
        fields[name_field] = f"{shown(fields[name_field])} (2)"
        if "sku" in fields:
            fields["sku"] = None  # unique in Books, and the original has it; empty is what the two agree on
    if side == "books" and record.meta.get("create_as"):
        fields[_NAMES[kind][2]] = str(record.meta["create_as"])
    gap = plan.too_long(kind, side, fields) or plan.picklist_gap(rows, side, fields, policies)
    if gap is not None:
        return held(record, gap)
    warnings = _warnings(kind, side, fields)
    source = {name: value for name, value in record.fields.items() if name in _sources(shape, kind, side)}
    return Create(kind, side, record, fields, _with_parent(source, parent), warnings, (), apart_from)


def _with_parent(source: dict[str, Value], parent: str) -> dict[str, Value]:
    return {**source, PARENT: parent} if parent else source


def _sources(shape: Shape, kind: Kind, side: SideName) -> frozenset[str]:
    return frozenset(row.books if side == "bigin" else row.bigin for row in shape.rows[kind])


def _named(kind: Kind, side: SideName, record: Record, fields: dict[str, Value]) -> dict[str, Value] | None:
    """With a name that the target takes; None when there is nothing to make one of (rules 4.1)."""
    left_name, left_email, right_name, right_email = _NAMES[kind]
    source_name, source_email = (right_name, right_email) if side == "bigin" else (left_name, left_email)
    target_name = left_name if side == "bigin" else right_name
    name = plan.person_name(record.fields.get(source_name), record.fields.get(source_email) if source_email else None)
    if name is None:
        return None
    kind_of_value = (
        FieldType.NAME if target_name in ("Name", "name", "person.name") and source_email else FieldType.TEXT
    )
    return {**fields, target_name: canonical(kind_of_value, name)}


def _warnings(kind: Kind, side: SideName, fields: dict[str, Value]) -> tuple[str, ...]:
    """Fills what Books insists on (rules 6.4); says so."""
    if kind is Kind.PRODUCT_ITEM and side == "books" and fields.get("active") is False:
        del fields["active"]  # a new item is active; its status is a write of its own once it stands
    if kind is Kind.PRODUCT_ITEM and side == "books" and fields.get("rate") is None:
        fields["rate"] = "0"
        return ("It has no price in Bigin; the item is made with the price 0.",)
    return ()


def refusal(shape: Shape, kind: Kind, record: Record, recent: frozenset[str] | None) -> Hold | PassBy | None:
    """Why a record of Books is not created in Bigin, by the administrator's choice (rules 2.3)."""
    setting = shape.setting(kind)
    if setting.create_in_bigin == "none":
        return PassBy(record, "not_imported", "Your settings create nothing in Bigin from Books.")
    if record.kind in (RecordKind.CUSTOMER, RecordKind.ITEM) and record.meta.get("status") == "inactive":
        return PassBy(record, "inactive", "It is inactive in Books.")
    if record.kind == RecordKind.CUSTOMER and recent is not None and record.remote_id not in recent:
        months = setting.recent_months
        return PassBy(record, "no_recent_documents", f"It has no documents of the last {months} months.")
    return None
