"""Deleting records and the deleted list (bigin-api.md 5.6, 5.7)."""

from __future__ import annotations

from typing import Any

from sandbox.bigin import paging
from sandbox.bigin.changes import Author, delete_row
from sandbox.bigin.credits import spend
from sandbox.bigin.errors import RecordError, invalid_param, no_permission, required_param
from sandbox.bigin.reads import moment, nothing, table_of, visible
from sandbox.bigin.shape import person, time_text
from sandbox.bigin.store import Deleted, Table
from sandbox.bigin.writes import MOST, status_of
from sandbox.core import Refusal, Reply, Request


def delete_records(request: Request) -> Reply:
    """A repeated or unknown id is refused; when nothing was deleted the status is 400 (live note)."""
    table = table_of(request)
    ids = _ids(request)
    workflows = request.query.get("wf_trigger", "true")
    if workflows not in ("true", "false"):
        raise invalid_param("wf_trigger")
    permission = f"Crm_Implied_Delete_{table.module}"
    if permission in request.user.denied:
        raise no_permission(permission)
    spend(request, 1)
    author = Author(request.world, request.org, request.user, workflows == "true")
    results = [_delete(request, author, table, one) for one in ids]
    all_failed = all(one["status"] == "error" for one in results)
    return Reply(400 if all_failed else status_of(request, results, 200), {"data": results})


def _ids(request: Request) -> list[str]:
    if "record_id" in request.params:
        return [request.params["record_id"]]
    ids = [one.strip() for one in request.query.get("ids", "").split(",") if one.strip()]
    if not ids:
        raise required_param("ids")
    if len(ids) > MOST:
        raise invalid_param("ids")
    return ids


def _delete(request: Request, author: Author, table: Table, row_id: str) -> dict[str, Any]:
    row = table.rows.get(row_id)
    if row is None or not visible(request, row):
        return RecordError("INVALID_DATA", "the id given seems to be invalid", {"id": row_id}).item()
    delete_row(author, table.module, row)
    return {"code": "SUCCESS", "details": {"id": row_id}, "message": "record deleted", "status": "success"}


def list_deleted(request: Request) -> Reply:
    """Newest deletion first; 204 when empty."""
    table = table_of(request)
    kind = request.query.get("type", "all")
    if kind not in ("all", "recycle", "permanent"):
        raise invalid_param("type")
    if request.world.switches["bigin_deleted_list"] == "refused":
        raise Refusal("scope")
    spend(request, 1)
    window = paging.numbered(request)
    now = int(request.world.clock.seconds())
    since = _since(request)
    lines = [one for one in table.bin.values() if one.deleted > since and _shown(request, one, kind, now)]
    lines.sort(key=lambda one: (one.deleted, one.id), reverse=True)
    part = lines[window.start : window.start + window.per_page]
    if not part:
        return nothing()
    info = {
        "per_page": window.per_page,
        "count": len(part),
        "page": window.page,
        "more_records": window.start + window.per_page < len(lines),
    }
    return Reply(body={"data": [_line(request, one, now) for one in part], "info": info})


def _since(request: Request) -> int:
    text = request.headers.get("If-Modified-Since")
    if text is None or request.world.switches["bigin_deleted_if_modified_since"] == "ignored":
        return -1
    since = moment(text)
    if since is None:
        raise invalid_param("If-Modified-Since")
    return since


def _shown(request: Request, line: Deleted, kind: str, now: int) -> bool:
    actual = line.kind(now)
    mine = request.user.sees_all or line.created_by == request.user.id
    return bool(actual) and kind in ("all", actual) and mine


def _line(request: Request, line: Deleted, now: int) -> dict[str, Any]:
    return {
        "id": line.id,
        "display_name": line.name,
        "type": line.kind(now),
        "deleted_time": time_text(line.deleted, request.user.time_zone),
        "deleted_by": person(request.org, line.deleted_by),
        "created_by": person(request.org, line.created_by),
    }
