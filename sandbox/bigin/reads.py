"""Record lists, single records and counts (bigin-api.md 5.1, 5.2, 5.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sandbox.bigin import paging
from sandbox.bigin.credits import spend
from sandbox.bigin.criteria import View
from sandbox.bigin.errors import BiginError, ambiguity, invalid_module, invalid_param, no_permission, required_param
from sandbox.bigin.fields import MODULES
from sandbox.bigin.org import BiginOrg, BiginUser, CustomView
from sandbox.bigin.shape import Shape
from sandbox.bigin.store import SORT_KEYS, Key, Row, Table, sort_key
from sandbox.core import Reply, Request


def module_of(request: Request) -> str:
    """Module names are case-sensitive (bigin-api.md 2)."""
    name = request.params["module"]
    if name not in MODULES:
        raise invalid_module()
    return name


def table_of(request: Request) -> Table:
    org: BiginOrg = request.org
    return org.tables[module_of(request)]


def visible(request: Request, row: Row) -> bool:
    user: BiginUser = request.user
    return user.sees_all or row.owner == user.id


def nothing() -> Reply:
    """204 still names a JSON content type (bigin-api.md 2)."""
    return Reply(204)


def field_names(request: Request) -> list[str]:
    """Raises BiginError when `fields` is missing or names more than 50."""
    text = request.query.get("fields")
    if not text:
        raise required_param("fields")
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > 50:
        raise BiginError(400, "LIMIT_EXCEEDED", "limit exceeded", {"limit": 50, "param_name": "fields"})
    return names


def list_records(request: Request) -> Reply:
    names = field_names(request)
    table = table_of(request)
    view = _view(request, table.module)
    listing = _listing(request, table, view)
    if request.query.get("approved", "true") not in ("true", "false", "both"):
        raise invalid_param("approved")
    spend(request, 3 if view is not None else 1)
    if _unmodified(request, table):
        return Reply(304)
    window = paging.read_window(request, listing)
    order = _order(request, table, view, listing)
    ids, more = paging.cut(order, window, listing.descending)
    if not ids:
        return nothing()
    shape = Shape(request.org, request.user, request.world.switches, table.module, names)
    last = sort_key(table.rows[ids[-1]], listing.column) if more else None
    info = paging.info(request, listing, window, ids, last)
    return Reply(body={"data": [shape(table.rows[one]) for one in ids], "info": info})


def _view(request: Request, module: str) -> CustomView | None:
    view_id = request.query.get("cvid")
    if view_id is None:
        return None
    if "sort_by" in request.query:
        raise ambiguity("cvid", "sort_by")
    org: BiginOrg = request.org
    view = org.view(view_id)
    if view is None or view.module != module:
        raise invalid_param("cvid")
    return view


def _listing(request: Request, table: Table, view: CustomView | None) -> paging.Listing:
    column = request.query.get("sort_by", (view.sort_by if view else None) or "id")
    direction = request.query.get("sort_order", (view.sort_order if view else None) or "desc")
    if column not in SORT_KEYS:
        raise invalid_param("sort_by")
    if direction not in ("asc", "desc"):
        raise invalid_param("sort_order")
    filters = f"{view.id if view else ''} {request.query.get('pipeline_id', '')}"
    return paging.Listing(table.module, request.user.id, column, direction == "desc", filters)


def _unmodified(request: Request, table: Table) -> bool:
    """304 when nothing is newer than If-Modified-Since. Raises BiginError for a bad time."""
    text = request.headers.get("If-Modified-Since")
    if text is None or request.world.switches["bigin_if_modified_since"] == "ignored":
        return False
    since = moment(text)
    if since is None:
        raise invalid_param("If-Modified-Since")
    order = table.order("Modified_Time")
    return not order or order[-1][0] <= since


def moment(text: str) -> int | None:
    """Epoch seconds of an ISO 8601 time with an offset; None for anything else."""
    try:
        time = datetime.fromisoformat(text.strip())
        return int(time.timestamp()) if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _order(request: Request, table: Table, view: CustomView | None, listing: paging.Listing) -> Sequence[Key]:
    """All rows that this request may see, ascending. Filtered orders are remembered until the next write."""
    user: BiginUser = request.user
    pipeline = request.query.get("pipeline_id")
    since = _since(request)
    if user.sees_all and view is None and pipeline is None and since is None:
        return table.order(listing.column)
    key = (listing.bond, since)
    ids = table.kept(key)
    if ids is None or (view is not None and view.mine):
        passes = View(view, request.org, user) if view is not None else None
        ids = [
            row_id
            for _, row_id in table.order(listing.column)
            if _passes(request, table.rows[row_id], passes, pipeline, since)
        ]
        table.keep(key, ids)
    return [sort_key(table.rows[one], listing.column) for one in ids]


def _since(request: Request) -> int | None:
    text = request.headers.get("If-Modified-Since")
    if text is None or request.world.switches["bigin_if_modified_since"] == "ignored":
        return None
    return moment(text)


def _passes(request: Request, row: Row, view: View | None, pipeline: str | None, since: int | None) -> bool:
    if not visible(request, row) or (pipeline is not None and row.values.get("Pipeline") != pipeline):
        return False
    if since is not None and row.modified <= since:
        return False
    return view is None or view.holds(row)


def get_record(request: Request) -> Reply:
    """A missing, deleted or malformed id is 204, not 404 (bigin-api.md 5.2)."""
    table = table_of(request)
    spend(request, 1)
    row = table.rows.get(request.params["record_id"])
    if row is None:
        return nothing()
    if not visible(request, row):
        if request.world.switches["bigin_hidden_record"] == "403":
            raise no_permission(f"Crm_Implied_View_{table.module}")
        return nothing()
    names = field_names(request) if request.query.get("fields") else None
    shape = Shape(request.org, request.user, request.world.switches, table.module, names)
    return Reply(body={"data": [shape(row)]})
