"""Routes of items and of setting custom fields alone."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.books import custom, envelope, intake, items, listing, upsert
from sandbox.books.listing import Listed, Wanted
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Item
from sandbox.books.tables import fold
from sandbox.core import Reply, Request

LISTED: Listed[Item] = Listed(
    key="items",
    report="Items",
    columns={
        "name": "name",
        "item_name": "name",
        "rate": "rate",
        "sku": "sku",
        "tax_name": "tax_name",
        "created_time": "created_time",
        "last_modified_time": "last_modified_time",
    },
    default_column="name",
    undocumented_columns=frozenset({"created_time", "last_modified_time", "sku", "item_name"}),
)
READERS: dict[str, Callable[[Item], str]] = {
    "name": lambda item: item.name,
    "description": lambda item: item.description,
    "sku": lambda item: item.sku,
    "tax_id": lambda item: item.tax_id,
    "account_id": lambda item: item.account_id,
    "tax_exemption_id": lambda item: str(item.extra.get("tax_exemption_id", "")),
}
FILTERS: dict[str, Callable[[Item], bool]] = {
    "Status.Active": lambda item: item.status == "active",
    "Status.Inactive": lambda item: item.status == "inactive",
    "Status.Ungrouped": lambda item: not item.group_id,
}


def _wanted(request: Request) -> Wanted[Item]:
    org: BooksOrg = request.org
    wanted: Wanted[Item] = Wanted(tests=listing.text_tests(request, org, READERS))
    wanted.tests += listing.number_tests(request, "rate", lambda item: item.rate)
    wanted.tests += _own_tests(request, org)
    chosen = request.query.get("filter_by", "").strip()
    if chosen in FILTERS:
        wanted.tests.append(FILTERS[chosen])
        wanted.applied_filter = chosen
    search = request.query.get("search_text", "").strip().casefold()
    if search:
        wanted.tests.append(lambda item: search in item.name.casefold() or search in item.description.casefold())
    wanted.since = listing.changed_since(request, org.switch("books_items_changed_since") == "honoured")
    for name in ("name", "sku"):
        given = request.query.get(name, "").strip()
        if given:
            wanted.candidates = org.items.find(name, fold(given))
            break
    return wanted


def _own_tests(request: Request, org: BooksOrg) -> list[Callable[[Item], bool]]:
    tests: list[Callable[[Item], bool]] = []
    tax_name = request.query.get("tax_name", "").strip()
    if tax_name:
        tests.append(lambda item: fold(getattr(org.tax(item.tax_id), "name", "")) == fold(tax_name))
    taxable = request.query.get("is_taxable", "").strip().lower()
    if taxable in ("true", "false"):
        tests.append(lambda item: item.is_taxable is (taxable == "true"))
    for field in org.fields_of("item"):
        given = request.query.get(field.api_name, "").strip()
        if given:
            tests.append(lambda item, key=field.field_id, given=given: str(item.custom.get(key, "")) == given)  # type: ignore[misc]
    return tests


def list_items(request: Request) -> Reply:
    org: BooksOrg = request.org
    return listing.answer(request, org.items, LISTED, _wanted(request), lambda item: items.row(org, item))


def item_details(request: Request) -> Reply:
    """The only bulk read of details; unknown ids are left out (books-api.md section 10)."""
    org: BooksOrg = request.org
    found = [org.item(item_id) for item_id in dict.fromkeys(intake.id_list(request, "item_ids"))]
    return envelope.success(items=[items.detail(org, item) for item in found if item is not None])


def _item(request: Request) -> Item:
    return items.required(request.org, request.params["item_id"])


def create_item(request: Request) -> Reply:
    org: BooksOrg = request.org
    item = items.create(org, intake.body(request), request.user.user_id)
    return envelope.created("The item has been added.", "items", item.item_id, item=items.detail(org, item))


def get_item(request: Request) -> Reply:
    return envelope.success(item=items.detail(request.org, _item(request)))


def update_item(request: Request) -> Reply:
    org: BooksOrg = request.org
    items.update(org, _item(request), intake.body(request), request.user.user_id)
    return _saved(org, _item(request))


def _saved(org: BooksOrg, item: Item) -> Reply:
    return envelope.success("Item details have been saved.", item=items.detail(org, item))


def upsert_item(request: Request) -> Reply:
    org: BooksOrg = request.org
    key = upsert.read_key(request, "item")
    given = key.with_key(org, intake.body(request))
    held = key.find(org.items)
    if held is not None:
        items.update(org, held, given, request.user.user_id)
        return _saved(org, items.required(org, held.item_id))
    upsert.allow_create(request, key, "Item")
    item = items.create(org, given, request.user.user_id)
    return upsert.answer_created(org, "The item has been added.", "items", item.item_id, item=items.detail(org, item))


def delete_item(request: Request) -> Reply:
    items.delete(request.org, _item(request))
    return envelope.success("The item has been deleted.")


def mark_active(request: Request) -> Reply:
    items.mark(request.org, _item(request), "active", request.user.user_id)
    return envelope.success("The item has been marked as active.")


def mark_inactive(request: Request) -> Reply:
    items.mark(request.org, _item(request), "inactive", request.user.user_id)
    return envelope.success("The item has been marked as inactive.")


def set_custom_fields(request: Request) -> Reply:
    """`PUT /item/{id}/customfields`: the path is singular (books-api.md 3.7)."""
    org: BooksOrg = request.org
    items.update(org, _item(request), custom.only_custom_fields(request), request.user.user_id)
    return envelope.success("Custom Fields Updated Successfully")
