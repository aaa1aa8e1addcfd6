"""Insert, update and upsert (bigin-api.md 5.3 - 5.5). Records of one call are handled one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.bigin.changes import Author, insert_row, update_row
from sandbox.bigin.credits import spend
from sandbox.bigin.errors import BiginError, RecordError, invalid_data
from sandbox.bigin.reads import module_of, visible
from sandbox.bigin.shape import person, time_text
from sandbox.bigin.store import Row
from sandbox.bigin.values import Checker
from sandbox.core import Reply, Request

MOST = 100
TRIGGERS = ("workflow", "approval", "blueprint", "cadences")


@dataclass(frozen=True, slots=True)
class Batch:
    items: list[Any]
    workflows: bool  # absent trigger: all run; []: none (bigin-api.md 5.3)
    check_fields: list[str] | None


def read_batch(request: Request) -> Batch:
    body = request.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise invalid_data({"expected_data_type": "jsonarray", "api_name": "data"})
    if not data:
        raise BiginError(400, "MANDATORY_NOT_FOUND", "required field not found", {"api_name": "data"})
    if len(data) > MOST:
        raise invalid_data({"maximum_length": MOST, "api_name": "data", "json_path": "$.data"})
    trigger = body.get("trigger")
    if trigger is not None and (not isinstance(trigger, list) or any(one not in TRIGGERS for one in trigger)):
        raise invalid_data({"expected_data_type": "jsonarray", "api_name": "trigger"})
    checks = body.get("duplicate_check_fields")
    if checks is not None and (not isinstance(checks, list) or not all(isinstance(one, str) for one in checks)):
        raise invalid_data({"expected_data_type": "jsonarray", "api_name": "duplicate_check_fields"})
    spend(request, 1 + (len(data) - 1) // 10)
    return Batch(data, trigger is None or "workflow" in trigger, checks or None)


def insert_records(request: Request) -> Reply:
    batch = read_batch(request)

    def insert(index: int, item: dict[str, Any]) -> dict[str, Any]:
        row = insert_row(author(request, batch), checker(request, index), item)
        return success(request, "record added", row)

    return each(request, batch, insert, ok_status=201)


def update_records(request: Request) -> Reply:
    batch = read_batch(request)

    def update(index: int, item: dict[str, Any]) -> dict[str, Any]:
        row = _existing(request, checker(request, index), request.params.get("record_id", item.get("id")))
        row = update_row(author(request, batch), checker(request, index), row, item)
        return success(request, "record updated", row)

    return each(request, batch, update, ok_status=200)


def upsert_records(request: Request) -> Reply:
    """An update answers 200, an insert 201 (bigin-api.md 5.5); mixed calls answer 200."""
    batch = read_batch(request)
    actions: list[str] = []

    def upsert(index: int, item: dict[str, Any]) -> dict[str, Any]:
        check = checker(request, index)
        field, row = _duplicate(request, check, item, batch.check_fields)
        actions.append("insert" if row is None else "update")
        if row is None:
            made = success(request, "record added", insert_row(author(request, batch), check, item))
        else:
            made = success(request, "record updated", update_row(author(request, batch), check, row, item))
        return {**made, "action": actions[-1], "duplicate_field": field}

    reply = each(request, batch, upsert, ok_status=200)
    if reply.status == 200 and set(actions) == {"insert"}:
        reply.status = 201
    return reply


def each(request: Request, batch: Batch, act: Callable[[int, dict[str, Any]], dict[str, Any]], ok_status: int) -> Reply:
    """One result per item, in the order of the input."""
    results: list[dict[str, Any]] = []
    for index, item in enumerate(batch.items):
        try:
            if not isinstance(item, dict):
                raise RecordError("INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject"})
            results.append(act(index, item))
        except RecordError as error:
            results.append(error.item())
    return Reply(status_of(request, results, ok_status), {"data": results})


def status_of(request: Request, results: list[dict[str, Any]], ok_status: int) -> int:
    failed = sum(one["status"] == "error" for one in results)
    if not failed:
        return ok_status
    if request.world.switches["bigin_record_error_status"] == "202":
        return 202
    return 400 if failed == len(results) else 207


def author(request: Request, batch: Batch) -> Author:
    return Author(request.world, request.org, request.user, batch.workflows)


def checker(request: Request, index: int) -> Checker:
    return Checker(request.org, request.world.switches, module_of(request), index)


def _existing(request: Request, check: Checker, row_id: Any) -> Row:
    if row_id is None:
        raise check.missing("id")
    # Clients in the wild send the id as a number too: the official SDK does.
    named = isinstance(row_id, (str, int)) and not isinstance(row_id, bool)
    row = request.org.row(check.module, str(row_id)) if named else None
    if row is None or not visible(request, row):
        raise RecordError("INVALID_DATA", "the id given seems to be invalid", check.details("id", id=str(row_id)[:50]))
    found: Row = row
    return found


def _duplicate(
    request: Request, check: Checker, item: dict[str, Any], names: list[str] | None
) -> tuple[str | None, Row | None]:
    """The first check field whose value another record holds; an empty value never matches."""
    table = request.org.tables[check.module]
    for name in names or table.unique:
        if name not in table.unique:
            raise RecordError("INVALID_DATA", "invalid data", check.details("duplicate_check_fields"))
        value = item.get(name)
        holder = table.holder(name, value.strip()) if isinstance(value, str) and value.strip() else None
        if holder is not None:
            return name, table.rows[holder]
    return None, None


def success(request: Request, message: str, row: Row) -> dict[str, Any]:
    zone = request.user.time_zone
    details = {
        "id": row.id,
        "Created_Time": time_text(row.created, zone),
        "Modified_Time": time_text(row.modified, zone),
        "Created_By": person(request.org, row.created_by),
        "Modified_By": person(request.org, row.modified_by),
    }
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}
