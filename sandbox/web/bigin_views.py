"""Pages of the mini Bigin that show: home, lists, records, recycle bin, Settings > Toppings, and the SDK's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.bigin.metadata import field_object
from sandbox.bigin.org import BiginOrg, display_name
from sandbox.bigin.people import get_org, user_object
from sandbox.bigin.shape import Shape, person, time_text
from sandbox.bigin.store import Row, Table
from sandbox.core import ApiError, Reply, Request
from sandbox.web.bigin_page import (
    LABELS,
    SLUGS,
    WITH_PANEL,
    module_and_table,
    page,
    panel,
    row_of,
    slug_of,
    visible_rows,
)

PER_PAGE = 50
COLUMNS = {
    "Accounts": ("Account_Name", "Phone", "Billing_City", "Billing_Country"),
    "Contacts": ("Full_Name", "Account_Name", "Email", "Phone"),
    "Pipelines": ("Deal_Name", "Stage", "Account_Name", "Contact_Name", "Amount", "Closing_Date"),
    "Products": ("Product_Name", "Product_Code", "Unit_Price", "Product_Active"),
}
RELATED = {
    "Accounts": (("Contacts", "Account_Name"), ("Pipelines", "Account_Name")),
    "Contacts": (("Pipelines", "Contact_Name"),),
    "Pipelines": (),
    "Products": (),
}
HIDDEN = ("Associated_Products", "Tag", "Record_Image", "Record_Creation_Source_ID__s", "Layout")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    number: bool = False


def text_of(value: Any) -> str:
    """A value of the API as a person reads it."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return str(value.get("name", ""))
    return str(value)


def read_time(text: str) -> str:
    """2026-10-09T22:11:33+03:00 as 2026-10-09 22:11."""
    return text[:16].replace("T", " ")


def moment_text(request: Request, seconds: int) -> str:
    return read_time(time_text(seconds, request.user.time_zone))


def shape(request: Request, module: str, names: tuple[str, ...] | None = None) -> Shape:
    return Shape(request.org, request.user, request.world.switches, module, names)


def home(request: Request) -> Reply:
    counts = [
        (slug, LABELS[slug], len(visible_rows(request, request.org.tables[module]))) for slug, module in SLUGS.items()
    ]
    return page(request, "bigin/home.html", here="", counts=counts)


def list_page(request: Request) -> Reply:
    slug, table = module_and_table(request)
    q = request.query.get("q", "").strip()
    text = request.query.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1
    found = [row for row in visible_rows(request, table) if _mentions(table, row, q.casefold())]
    found.sort(key=lambda row: (row.modified, row.id), reverse=True)
    part = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    columns = COLUMNS[table.module]
    fields = request.org.fields[table.module]
    shown = shape(request, table.module, columns)
    numeric = {name for name in columns if fields[name].data_type == "currency"}
    return page(
        request,
        "bigin/list.html",
        here=slug,
        slug=slug,
        label=LABELS[slug],
        q=q,
        page=number,
        total=len(found),
        more=number * PER_PAGE < len(found),
        columns=[{"label": fields[name].label, "number": name in numeric} for name in columns],
        rows=[_line(request, row, shown(row), columns, numeric) for row in part],
    )


def _mentions(table: Table, row: Row, q: str) -> bool:
    if not q:
        return True
    texts = [display_name(table.module, row), *(value for value in row.values.values() if isinstance(value, str))]
    return any(q in text.casefold() for text in texts)


def _line(
    request: Request, row: Row, shown: dict[str, Any], columns: tuple[str, ...], numeric: set[str]
) -> dict[str, Any]:
    cells = [Cell(text_of(shown.get(name)), name in numeric) for name in columns]
    return {"id": row.id, "cells": cells, "modified": moment_text(request, row.modified)}


def record_page(request: Request) -> Reply:
    slug, table, row = row_of(request)
    with_panel = slug in WITH_PANEL
    frame = panel(request, "/embed/record/", frame_id="record-panel", height=420, entity=table.module, entity_id=row.id)
    return page(
        request,
        "bigin/record.html",
        here=slug,
        slug=slug,
        id=row.id,
        name=display_name(table.module, row),
        can_merge=slug in ("companies", "contacts"),
        details=_details(request, table, row),
        related=[_related(request, *one, row) for one in RELATED[table.module]],
        notes=_notes(request, row),
        lines=_lines(request.org, row) if slug == "deals" else None,
        products=_named(request.org.tables["Products"]) if slug == "deals" else [],
        panel=frame if with_panel else None,
    )


def _details(request: Request, table: Table, row: Row) -> list[tuple[str, str, str]]:
    """Label, text, link."""
    shown = shape(request, table.module)(row)
    fields = request.org.fields[table.module]
    lines = []
    for name, field in fields.items():
        text = text_of(shown.get(name))
        text = read_time(text) if field.data_type == "datetime" else text
        if name in HIDDEN or not text:
            continue
        slug = slug_of(field.lookup) if field.lookup else ""
        link = f"/{slug}/{shown[name]['id']}" if slug and isinstance(shown[name], dict) else ""
        lines.append((field.label, text, link))
    return lines


def _related(request: Request, module: str, field: str, row: Row) -> dict[str, Any]:
    table: Table = request.org.tables[module]
    rows = [table.rows[one] for one in table.pointing(field, row.id)]
    note = "Stage" if module == "Pipelines" else "Email"
    visible = {one.id for one in visible_rows(request, table)} if not request.user.sees_all else None
    return {
        "slug": slug_of(module),
        "label": LABELS[slug_of(module)],
        "rows": [
            {"id": one.id, "name": display_name(module, one), "note": str(one.values.get(note) or "")}
            for one in rows
            if visible is None or one.id in visible
        ],
    }


def _notes(request: Request, row: Row) -> list[dict[str, str]]:
    org: BiginOrg = request.org
    notes = [org.tables["Notes"].rows[one] for one in org.tables["Notes"].pointing("Parent_Id", row.id)]
    return [
        {
            "title": str(one.values.get("Note_Title") or ""),
            "text": str(one.values["Note_Content"]),
            "by": text_of(person(org, one.created_by)),
            "time": moment_text(request, one.created),
        }
        for one in sorted(notes, key=lambda note: note.id, reverse=True)
    ]


def _lines(org: BiginOrg, row: Row) -> list[dict[str, str]]:
    return [
        {
            "id": line["id"],
            "product": line["Product"],
            "name": org.name_of("Products", line["Product"]) or "(deleted product)",
            "quantity": f"{line['Quantity']:f}",
            "price": f"{line['List_Price']:.2f}",
            "discount": f"{line['Discount']:.2f}",
            "total": f"{line['Total']:.2f}",
        }
        for line in row.values.get("Associated_Products", ())
    ]


def _named(table: Table) -> list[dict[str, str]]:
    rows = [{"id": row.id, "name": display_name(table.module, row)} for row in table.rows.values()]
    return sorted(rows, key=lambda row: row["name"].casefold())


def bin_page(request: Request, error: str = "") -> Reply:
    org: BiginOrg = request.org
    now = int(request.world.clock.seconds())
    lines = [
        {
            "id": line.id,
            "module": module,
            "label": LABELS[slug],
            "name": line.name,
            "deleted": line.deleted,
            "time": moment_text(request, line.deleted),
            "by": text_of(person(org, line.deleted_by)),
        }
        for slug, module in SLUGS.items()
        for line in org.tables[module].bin.values()
        if line.kind(now) == "recycle" and (request.user.sees_all or line.created_by == request.user.id)
    ]
    lines.sort(key=lambda line: (line["deleted"], line["id"]), reverse=True)
    return page(request, "bigin/bin.html", here="recycle-bin", status=400 if error else 200, error=error, lines=lines)


def toppings_page(request: Request) -> Reply:
    return page(request, "bigin/toppings.html", here="settings")


def topping_page(request: Request) -> Reply:
    frame = panel(request, "/embed/settings/", frame_id="settings-frame", height=760)
    return page(request, "bigin/topping.html", here="settings", panel=frame)


def sdk_user(request: Request) -> Reply:
    return Reply(body={"users": [user_object(request.org, request.user, request.user)]})


def sdk_org(request: Request) -> Reply:
    return get_org(request)


def sdk_record(request: Request) -> Reply:
    module = request.query.get("entity", "")
    if module not in SLUGS.values():
        raise ApiError(404, "not_found", "There is no such module.")
    request.params = {"slug": slug_of(module), "record_id": request.query.get("id", "")}
    _, _, row = row_of(request)
    return Reply(body={"data": [shape(request, module)(row)]})


def sdk_fields(request: Request) -> Reply:
    module = request.query.get("entity", "")
    if module not in SLUGS.values():
        raise ApiError(404, "not_found", "There is no such module.")
    return Reply(body={"fields": [field_object(request, module, one) for one in request.org.fields[module].values()]})
