"""Changes of records, whoever asks for them: the API, the mini Bigin, a tester. Each is whole or does not happen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sandbox.bigin.errors import RecordError
from sandbox.bigin.events import announce, run_workflows
from sandbox.bigin.fields import MODULES
from sandbox.bigin.org import BiginOrg, BiginUser, display_name
from sandbox.bigin.shape import person
from sandbox.bigin.store import Deleted, Row, Table, changed
from sandbox.bigin.values import Checker, NewCompany, priced
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and whether workflows run for it."""

    world: World
    org: BiginOrg
    user: BiginUser
    workflows: bool = True

    @property
    def now(self) -> int:
        return int(self.world.clock.seconds())


def insert_row(author: Author, check: Checker, item: dict[str, Any]) -> Row:
    """Raises RecordError and leaves everything as it was."""
    org, module = author.org, check.module
    values = check.values(item, new=True)
    _check_stage(check, item, values, None)
    _check_unique(author, check, values, None)
    owner = values.pop("Owner", None) or author.user.id
    _settle_parts(author, values)
    now = author.now
    kept = {name: value for name, value in values.items() if value is not None}
    row = Row(author.world.ids.next(org.prefix), kept, owner, now, now, author.user.id, author.user.id, now)
    org.tables[module].put(row, author.world.clock.seconds())
    _touch_company(author, module, None, row)
    _follow(author, module, "insert", row.id, sorted(kept))
    return row


def update_row(author: Author, check: Checker, row: Row, item: dict[str, Any]) -> Row:
    """`null` clears, omitted keys stay (bigin-api.md 5.4)."""
    values = check.values(item, new=False)
    _check_stage(check, item, values, row)
    _check_unique(author, check, values, row)
    owner = values.pop("Owner", None) or row.owner
    _settle_parts(author, values)
    now = max(author.now, row.modified)
    fresh = changed(row, values, owner=owner, modified=now, modified_by=author.user.id, activity=now)
    author.org.tables[check.module].put(fresh, author.world.clock.seconds())
    _touch_company(author, check.module, row, fresh)
    _follow(author, check.module, "update", row.id, sorted(values))
    return fresh


def _follow(author: Author, module: str, operation: str, row_id: str, fields: list[str]) -> None:
    author.world.touch()
    if author.workflows:
        run_workflows(author.org, module, operation, row_id)
    announce(author.world, author.org, module, operation, [row_id], fields)


def _settle_parts(author: Author, values: dict[str, Any]) -> None:
    """Makes what the values refer to: companies by name, tags, lines with ids."""
    for name, value in values.items():
        if isinstance(value, NewCompany):
            values[name] = _company_named(author, value.name)
    for tag in values.get("Tag") or ():
        author.org.tag_ids.setdefault(tag, author.world.ids.next(author.org.prefix))
    if values.get("Associated_Products"):
        values["Associated_Products"] = [
            priced({**line, "id": line["id"] or author.world.ids.next(author.org.prefix)})
            for line in values["Associated_Products"]
        ]


def _company_named(author: Author, name: str) -> str:
    """A plain string in a lookup makes a new company unless one of that name cannot be made twice."""
    companies = author.org.tables["Accounts"]
    holder = companies.holder("Account_Name", name)
    if holder is not None and author.world.switches.on("bigin_unique_company"):
        return holder
    check = Checker(author.org, author.world.switches, "Accounts", 0)
    return insert_row(author, check, {"Account_Name": name}).id


def _check_unique(author: Author, check: Checker, values: dict[str, Any], row: Row | None) -> None:
    table = author.org.tables[check.module]
    for name in table.unique:
        value = values.get(name)
        if value is None or (name == "Account_Name" and not author.world.switches.on("bigin_unique_company")):
            continue
        holder = table.holder(name, str(value))
        if holder is not None and (row is None or holder != row.id):
            raise _duplicate(check, name, table.rows[holder])


def _duplicate(check: Checker, name: str, holder: Row) -> RecordError:
    if check.switches["bigin_duplicate_details"] == "old":
        return RecordError("DUPLICATE_DATA", "duplicate data", check.details(name, id=holder.id))
    module = {"api_name": check.module, "id": check.org.meta_id(check.module)}
    record = {"id": holder.id, "Owner": person(check.org, holder.owner), "module": module}
    return RecordError("DUPLICATE_DATA", "duplicate data", check.details(name, duplicate_record=record))


def _check_stage(check: Checker, item: dict[str, Any], values: dict[str, Any], row: Row | None) -> None:
    """Team pipeline, sub-pipeline and stage must belong together (bigin-api.md 3.5, 8)."""
    if check.module != "Pipelines" or not check.org.pipelines:
        return
    held = row.values if row is not None else {}
    if item.get("Layout") is not None and "Pipeline" not in values:
        values["Pipeline"] = check.one(check.org.fields["Pipelines"]["Pipeline"], item["Layout"])
    layout_id = values.get("Pipeline") or held.get("Pipeline") or check.org.pipelines[0].id
    layout = check.org.pipeline(layout_id)
    sub_name = values.get("Sub_Pipeline") or held.get("Sub_Pipeline")
    stage = values.get("Stage") or held.get("Stage")
    sub = next((one for one in layout.subs if one.name == sub_name), None) if layout else None
    if sub is None:
        raise RecordError("MAPPING_MISMATCH", "Layout doesn't contain the Pipeline", check.details("Sub_Pipeline"))
    if stage not in sub.stages:
        raise RecordError("MAPPING_MISMATCH", "Pipeline doesn't contain the Stage", check.details("Stage"))
    values["Pipeline"] = layout_id


def _touch_company(author: Author, module: str, old: Row | None, new: Row | None) -> None:
    """Switch `bigin_children_touch_company`."""
    if module != "Contacts" or not author.world.switches.on("bigin_children_touch_company"):
        return
    before = old.values.get("Account_Name") if old else None
    after = new.values.get("Account_Name") if new else None
    companies = author.org.tables["Accounts"]
    for company_id in {before, after} - {None} if before != after else ():
        company = companies.rows.get(str(company_id))
        if company is not None:
            companies.put(replace(company, modified=max(author.now, company.modified)), author.world.clock.seconds())


def delete_row(author: Author, module: str, row: Row, cause: str = "") -> None:
    """A company takes its contacts and notes along (bigin-api.md 5.6); other pointers to it are cleared."""
    org = author.org
    table = org.tables[module]
    for child_id in org.tables["Contacts"].pointing("Account_Name", row.id) if module == "Accounts" else ():
        delete_row(author, "Contacts", org.tables["Contacts"].rows[child_id], cause=row.id)
    for note_id in org.tables["Notes"].pointing("Parent_Id", row.id):
        org.tables["Notes"].drop(org.tables["Notes"].rows[note_id], author.world.clock.seconds())
    table.drop(row, author.world.clock.seconds())
    line = Deleted(row.id, display_name(module, row), author.now, author.user.id, row.created_by, row, cause)
    table.bin[row.id] = line
    _touch_company(author, module, row, None)
    _follow(author, module, "delete", row.id, [])


def restore_row(author: Author, module: str, row_id: str) -> Row:
    """From the recycle bin, under its old id. Raises RecordError when it is not there or its name is taken."""
    table = author.org.tables[module]
    line = table.bin.get(row_id)
    if line is None or line.row is None or line.kind(author.now) != "recycle":
        raise RecordError("INVALID_DATA", "the record is not in the recycle bin", {"id": row_id})
    check = Checker(author.org, author.world.switches, module, 0)
    _check_unique(author, check, line.row.values, None)
    back = replace(line.row, modified=max(author.now, line.row.modified), modified_by=author.user.id)
    table.put(back, author.world.clock.seconds())
    del table.bin[row_id]
    _follow(author, module, "insert", row_id, [])
    if module == "Accounts" and author.world.switches.on("bigin_restore_cascade"):
        for child in [one for one in author.org.tables["Contacts"].bin.values() if one.cause == row_id]:
            restore_row(author, "Contacts", child.id)
    return back


def purge(author: Author, module: str, row_id: str) -> None:
    """Out of the recycle bin for good: `permanent` in the deleted list."""
    line = author.org.tables[module].bin.get(row_id)
    if line is None or line.row is None:
        raise RecordError("INVALID_DATA", "the record is not in the recycle bin", {"id": row_id})
    line.row = None
    author.world.touch()


def merge_rows(author: Author, module: str, survivor: Row, loser: Row, take: dict[str, Any] | None = None) -> Row:
    """The loser is gone for good, what pointed at it points at the survivor; empty fields are filled from the loser.

    `take` names values the user picked from the loser. Raises RecordError for one record given twice.
    """
    if survivor.id == loser.id:
        raise RecordError("INVALID_DATA", "a record cannot be merged with itself", {"id": loser.id})
    at = author.world.clock.seconds()
    table = author.org.tables[module]
    for name in MODULES:
        _repoint(author, author.org.tables[name], module, loser.id, survivor.id)
    table.drop(loser, at)
    if author.world.switches["bigin_merge_loser"] == "permanent":
        name = display_name(module, loser)
        table.bin[loser.id] = Deleted(loser.id, name, author.now, author.user.id, loser.created_by, None)
    filled = {name: value for name, value in loser.values.items() if name not in survivor.values}
    now = max(author.now, survivor.modified)
    merged = changed(survivor, {**filled, **(take or {})}, modified=now, modified_by=author.user.id, activity=now)
    table.put(merged, at)
    _follow(author, module, "delete", loser.id, [])
    _follow(author, module, "update", merged.id, sorted(filled))
    return merged


def _repoint(author: Author, table: Table, module: str, old: str, new: str) -> None:
    touch = author.world.switches.on("bigin_merge_touches_children")
    fields = author.org.fields[table.module]
    for name in table.lookups:
        if fields[name].lookup not in (module, ""):
            continue
        for row_id in table.pointing(name, old):
            row = table.rows[row_id]
            modified = max(author.now, row.modified) if touch else row.modified
            table.put(changed(row, {name: new}, modified=modified), author.world.clock.seconds())
