"""Pages of the mini Bigin that change something: new, edit, delete, merge, restore, notes, a deal's products."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.accounts.server import SIGNED_IN
from sandbox.bigin.changes import delete_row, insert_row, merge_rows, purge, restore_row, update_row
from sandbox.bigin.errors import RecordError
from sandbox.bigin.fields import Field
from sandbox.bigin.metadata import choices
from sandbox.bigin.org import BiginOrg, display_name
from sandbox.bigin.related import insert_note
from sandbox.bigin.store import Row, Table
from sandbox.core import ApiError, Reply, Request
from sandbox.web.bigin_page import SLUGS, author, checker, module_and_table, page, row_of, singular, visible_rows
from sandbox.web.bigin_views import bin_page
from sandbox.web.pages import redirect

NOT_IN_FORMS = ("Associated_Products", "Tag", "Layout", "Record_Image")
MOST_OPTIONS = 2000


def sign_in(request: Request) -> Reply:
    person = request.world.accounts.people.get(request.form.get("zuid", ""))
    if person is None or not person.bigin_orgs:
        raise ApiError(400, "unknown_person", "Choose a person of this Bigin.")
    reply = redirect("/")
    reply.cookies[SIGNED_IN] = person.zuid
    return reply


def words_of(error: RecordError) -> str:
    field = error.details.get("api_name")
    return f"{field}: {error.message}" if field else error.message


def form_fields(request: Request, module: str) -> list[Field]:
    fields = request.org.fields[module].values()
    return [one for one in fields if not (one.read_only or one.system or one.api_name in NOT_IN_FORMS)]


def item_of(request: Request, module: str) -> dict[str, Any]:
    """The posted form as an item of the API: an empty input clears its field."""
    item: dict[str, Any] = {}
    for field in form_fields(request, module):
        text = request.form.get(field.api_name, "")
        if field.data_type == "boolean":
            item[field.api_name] = text == "true"
        elif field.api_name not in request.form:
            continue
        elif not text.strip():
            item[field.api_name] = None
        else:
            item[field.api_name] = _typed(field, text)
    return item


def _typed(field: Field, text: str) -> Any:
    if field.data_type in ("lookup", "ownerlookup", "bigint"):
        return {"id": text}
    if field.data_type == "currency":
        return amount(text)
    return text


def amount(text: str) -> Any:
    """A finite Decimal, or the text itself, which the check then refuses."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


def inputs(request: Request, module: str, held: dict[str, Any]) -> list[dict[str, Any]]:
    return [_input(request, module, field, held.get(field.api_name)) for field in form_fields(request, module)]


def _input(request: Request, module: str, field: Field, value: Any) -> dict[str, Any]:
    made = {"name": field.api_name, "label": field.label, "mandatory": field.mandatory, "kind": "text"}
    text = "" if value is None else str(value)
    if field.data_type == "boolean":
        return {**made, "kind": "checkbox", "value": field.default if value is None else value in (True, "true")}
    if field.data_type == "textarea":
        return {**made, "kind": "textarea", "value": text}
    options = _options(request, module, field)
    if options is not None:
        known = {one[0] for one in options}
        extra = [(text, text)] if text and text not in known else []
        first = [] if field.mandatory else [("", "None")]
        return {**made, "kind": "select", "value": text, "options": [*first, *extra, *options]}
    return {**made, "value": text}


def _options(request: Request, module: str, field: Field) -> list[tuple[str, str]] | None:
    org: BiginOrg = request.org
    if field.data_type == "ownerlookup":
        return [(user.id, user.name) for user in org.users.values()]
    if field.data_type == "bigint":
        return [(one.id, one.name) for one in org.pipelines]
    if field.data_type == "picklist":
        values = [one["actual_value"] for one in choices(request, module, field)]
        return [(one, one) for one in values if one != "-None-"]
    if field.data_type != "lookup" or len(org.tables[field.lookup].rows) > MOST_OPTIONS:
        return None
    rows = visible_rows(request, org.tables[field.lookup])
    named = [(row.id, display_name(field.lookup, row) or row.id) for row in rows]
    return sorted(named, key=lambda one: one[1].casefold())


def form_page(request: Request, slug: str, row: Row | None, held: dict[str, Any], error: str = "") -> Reply:
    module = SLUGS[slug]
    name = display_name(module, row) if row else ""
    return page(
        request,
        "bigin/form.html",
        here=slug,
        status=400 if error else 200,
        error=error,
        heading=f"Edit {name}" if row else f"New {singular(slug).lower()}",
        back=f"/{slug}/{row.id}" if row else f"/{slug}",
        inputs=inputs(request, module, held),
    )


def new_form(request: Request) -> Reply:
    slug, _ = module_and_table(request)
    return form_page(request, slug, None, {"Owner": request.user.id})


def create(request: Request) -> Reply:
    slug, table = module_and_table(request)
    try:
        row = insert_row(author(request), checker(request, table.module), item_of(request, table.module))
    except RecordError as error:
        return form_page(request, slug, None, dict(request.form), words_of(error))
    return redirect(f"/{slug}/{row.id}")


def edit_form(request: Request) -> Reply:
    slug, _, row = row_of(request)
    return form_page(request, slug, row, {**row.values, "Owner": row.owner})


def save(request: Request) -> Reply:
    slug, table, row = row_of(request)
    try:
        update_row(author(request), checker(request, table.module), row, item_of(request, table.module))
    except RecordError as error:
        return form_page(request, slug, row, dict(request.form), words_of(error))
    return redirect(f"/{slug}/{row.id}")


def delete(request: Request) -> Reply:
    slug, table, row = row_of(request)
    if f"Crm_Implied_Delete_{table.module}" in request.user.denied:
        raise ApiError(403, "no_permission", "Your profile may not delete here.")
    delete_row(author(request), table.module, row)
    return redirect(f"/{slug}")


def merge_form(request: Request, error: str = "") -> Reply:
    slug, table, row = row_of(request)
    others = [
        {"id": one.id, "name": display_name(table.module, one)}
        for one in visible_rows(request, table)
        if one.id != row.id
    ]
    others.sort(key=lambda one: one["name"].casefold())
    return page(
        request,
        "bigin/merge.html",
        here=slug,
        status=400 if error else 200,
        error=error,
        slug=slug,
        id=row.id,
        name=display_name(table.module, row),
        others=others[:MOST_OPTIONS],
    )


def merge(request: Request) -> Reply:
    slug, table, row = row_of(request)
    loser = table.rows.get(request.form.get("loser", ""))
    if loser is None or slug not in ("companies", "contacts"):
        return merge_form(request, "Choose the record to merge in.")
    try:
        merge_rows(author(request), table.module, row, loser)
    except RecordError as error:
        return merge_form(request, words_of(error))
    return redirect(f"/{slug}/{row.id}")


def _binned(request: Request) -> tuple[Table, str]:
    module = request.form.get("module", "")
    if module not in SLUGS.values():
        raise ApiError(400, "unknown_module", "There is no such module.")
    return request.org.tables[module], request.form.get("id", "")


def restore(request: Request) -> Reply:
    table, row_id = _binned(request)
    try:
        restore_row(author(request), table.module, row_id)
    except RecordError as error:
        return bin_page(request, words_of(error))
    return redirect("/recycle-bin")


def purge_record(request: Request) -> Reply:
    table, row_id = _binned(request)
    try:
        purge(author(request), table.module, row_id)
    except RecordError as error:
        return bin_page(request, words_of(error))
    return redirect("/recycle-bin")


def add_note(request: Request) -> Reply:
    slug, table, row = row_of(request)
    item = {"Note_Content": request.form.get("content", "")}
    try:
        insert_note(author(request), checker(request, "Notes"), item, table.module, row.id)
    except RecordError as error:
        raise ApiError(400, "bad_note", words_of(error)) from None
    return redirect(f"/{slug}/{row.id}")


def change_lines(request: Request) -> Reply:
    """Adds a product to a deal, or takes a line away."""
    request.params["slug"] = "deals"
    _, _, row = row_of(request)
    held = row.values.get("Associated_Products", [])
    lines = [{**line, "Product": {"id": line["Product"]}} for line in held]
    removed = request.form.get("remove")
    if removed is not None:
        lines = [line for line in lines if line["id"] != removed]
    else:
        price = request.form.get("price", "").strip()
        fresh = {
            "Product": {"id": request.form.get("product", "")},
            "Quantity": amount(request.form.get("quantity", "1")),
            "Discount": amount(request.form.get("discount", "0") or "0"),
        }
        lines.append({**fresh, "List_Price": amount(price)} if price else fresh)
    try:
        update_row(author(request), checker(request, "Pipelines"), row, {"Associated_Products": lines or None})
    except RecordError as error:
        raise ApiError(400, "bad_line", words_of(error)) from None
    return redirect(f"/deals/{row.id}")
