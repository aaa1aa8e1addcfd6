"""Related lists, links between contacts and products, and notes under a record (bigin-api.md 5.11, 5.12)."""

from __future__ import annotations

from typing import Any

from sandbox.bigin import paging
from sandbox.bigin.changes import Author, insert_row
from sandbox.bigin.credits import spend
from sandbox.bigin.errors import BiginError, RecordError, invalid_data
from sandbox.bigin.fields import MODULES
from sandbox.bigin.org import BiginOrg
from sandbox.bigin.reads import field_names, module_of, nothing, table_of, visible
from sandbox.bigin.shape import Shape
from sandbox.bigin.store import Row, changed
from sandbox.bigin.values import Checker
from sandbox.bigin.writes import author, each, read_batch, success
from sandbox.core import ApiError, Reply, Request

LINE_KEYS = ("Quantity", "List_Price", "Discount", "Total")


def parent_row(request: Request) -> Row:
    """An unknown parent is an error, not 204 (live note)."""
    table = table_of(request)
    row = table.rows.get(request.params["record_id"])
    if row is None or not visible(request, row):
        details = {"resource_path_index": 1, "id": request.params["record_id"]}
        raise BiginError(400, "INVALID_DATA", "the related id given seems to be invalid", details)
    return row


def list_related(request: Request) -> Reply:
    module, related = module_of(request), request.params["related"]
    if related not in MODULES[module].related:
        details = {"resource_path_index": 2}
        raise BiginError(400, "INVALID_DATA", "the relation name given seems to be invalid", details)
    names = field_names(request)
    parent = parent_row(request)
    spend(request, 1)
    window = paging.numbered(request)
    rows = [row for row in related_rows(request, module, parent, related) if visible(request, row)]
    part = rows[window.start : window.start + window.per_page]
    if not part:
        return nothing()
    more = window.start + window.per_page < len(rows)
    info = {
        "per_page": window.per_page,
        "count": len(part),
        "page": window.page,
        "more_records": more,
        "next_page_token": None,
        "previous_page_token": None,
        "page_token_expiry": None,
    }
    shape = Shape(request.org, request.user, request.world.switches, related, names)
    if (module, related) == ("Pipelines", "Products"):
        return Reply(body={"data": _deal_lines(request, shape, parent, part, names), "info": info})
    return Reply(body={"data": [shape(row) for row in part], "info": info})


def related_rows(request: Request, module: str, parent: Row, related: str) -> list[Row]:
    """Newest first."""
    org: BiginOrg = request.org
    table = org.tables[related]
    if (module, related) == ("Pipelines", "Products"):
        shown = request.world.switches["bigin_deal_products"] in ("related_list", "both")
        lines = parent.values.get("Associated_Products", ()) if shown else ()
        ids = list(dict.fromkeys(line["Product"] for line in lines))
    elif (module, related) == ("Contacts", "Products"):
        ids = org.links.get(parent.id, [])
    elif (module, related) == ("Products", "Contacts"):
        ids = [contact for contact, products in org.links.items() if parent.id in products]
    elif (module, related) == ("Products", "Pipelines"):
        ids = [row.id for row in table.rows.values() if _has_line(row, parent.id)]
    elif related == "Notes":
        ids = table.pointing("Parent_Id", parent.id)
    else:
        ids = table.pointing("Contact_Name" if module == "Contacts" else "Account_Name", parent.id)
    rows = [table.rows[one] for one in ids if one in table.rows]
    pipeline = request.query.get("pipeline_id")
    if related == "Pipelines" and pipeline:
        rows = [row for row in rows if row.values.get("Pipeline") == pipeline]
    return sorted(rows, key=lambda row: row.id, reverse=True)


def _has_line(row: Row, product_id: str) -> bool:
    return any(line["Product"] == product_id for line in row.values.get("Associated_Products", ()))


def _deal_lines(request: Request, shape: Shape, deal: Row, part: list[Row], names: list[str]) -> list[dict[str, Any]]:
    """The products of a deal with the amounts of their lines; a product on two lines comes twice."""
    wanted = [name for name in LINE_KEYS if name in names]
    lines = deal.values.get("Associated_Products", ())
    return [
        {**shape(row), **{name: line[name] for name in wanted}}
        for row in part
        for line in lines
        if line["Product"] == row.id
    ]


def link(request: Request) -> Reply:
    """Idempotent; between contacts and products, and products of a deal."""
    parent, product = _ends(request)
    org: BiginOrg = request.org
    if request.params["module"] == "Contacts":
        linked = org.links.setdefault(parent.id, [])
        if product.id not in linked:
            linked.append(product.id)
    else:
        _add_line(request, parent, product)
    return _relation(product.id, "relation added")


def unlink(request: Request) -> Reply:
    parent, product = _ends(request)
    org: BiginOrg = request.org
    if request.params["module"] == "Contacts":
        if product.id in org.links.get(parent.id, []):
            org.links[parent.id].remove(product.id)
    else:
        lines = [line for line in parent.values.get("Associated_Products", ()) if line["Product"] != product.id]
        _put_lines(request, parent, lines)
    return _relation(product.id, "relation removed")


def _ends(request: Request) -> tuple[Row, Row]:
    module = module_of(request)
    if (module, request.params["related"]) not in (("Contacts", "Products"), ("Pipelines", "Products")):
        details = {"resource_path_index": 2}
        raise BiginError(400, "INVALID_DATA", "the relation name given seems to be invalid", details)
    parent = table_of(request).rows.get(request.params["record_id"])
    if parent is None or not visible(request, parent):
        if request.world.switches["bigin_link_unknown_parent"] == "500":
            raise ApiError(500, "INTERNAL_ERROR", "Internal Server Error")
        raise invalid_data({"resource_path_index": 1}, "the id given seems to be invalid")
    product = request.org.row("Products", request.params["related_id"])
    if product is None:
        raise invalid_data({"resource_path_index": 3}, "the id given seems to be invalid")
    spend(request, 1)
    return parent, product


def _add_line(request: Request, deal: Row, product: Row) -> None:
    """The body may carry Quantity, List_Price and Discount (switch `bigin_deal_products`)."""
    body = request.json() if request.body else {}
    data = body.get("data") if isinstance(body, dict) else None
    given = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
    check = Checker(request.org, request.world.switches, "Pipelines", 0)
    field = request.org.fields["Pipelines"]["Associated_Products"]
    try:
        fresh = check.one(field, [{**given, "Product": {"id": product.id}}])
    except RecordError as error:
        raise BiginError(400, error.code, error.message, error.details) from None
    others = [line for line in deal.values.get("Associated_Products", ()) if line["Product"] != product.id]
    _put_lines(request, deal, [*others, {**fresh[0], "id": request.world.ids.next(request.org.prefix)}])


def _put_lines(request: Request, deal: Row, lines: list[dict[str, Any]]) -> None:
    now = max(int(request.world.clock.seconds()), deal.modified)
    fresh = changed(deal, {"Associated_Products": lines or None}, modified=now, modified_by=request.user.id)
    request.org.tables["Pipelines"].put(fresh, request.world.clock.seconds())


def _relation(row_id: str, message: str) -> Reply:
    item = {"code": "SUCCESS", "details": {"id": row_id}, "message": message, "status": "success"}
    return Reply(body={"data": [item]})


def add_notes(request: Request) -> Reply:
    """`POST /{module}/{id}/Notes`."""
    module, parent = module_of(request), parent_row(request)
    batch = read_batch(request)

    def insert(index: int, item: dict[str, Any]) -> dict[str, Any]:
        check = Checker(request.org, request.world.switches, "Notes", index)
        row = insert_note(author(request, batch), check, item, module, parent.id)
        return success(request, "record added", row)

    return each(request, batch, insert, ok_status=201)


def insert_note(by: Author, check: Checker, item: dict[str, Any], module: str, parent: str) -> Row:
    row = insert_row(by, check, item)
    hung = changed(row, {"Parent_Id": parent, "$parent_module": module})
    by.org.tables["Notes"].put(hung, by.world.clock.seconds())
    return hung
