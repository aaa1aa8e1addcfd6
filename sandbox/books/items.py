"""Items: what create, update, delete and marking do to them, and how they look."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.books import custom, editions, errors, intake, money
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Item
from sandbox.books.tables import fold

TEXTS = {
    "name": 100,
    "description": 2000,
    "unit": 100,
    "sku": 100,
    "product_type": 50,
    "purchase_description": 2000,
    "account_id": 30,
}
EXTRA_TEXTS = (
    "hsn_or_sac",
    "tax_exemption_id",
    "purchase_account_id",
    "inventory_account_id",
    "vendor_id",
    "reorder_level",
)
ITEM_TYPES = ("sales", "purchases", "sales_and_purchases", "inventory")
PRODUCT_TYPES = ("goods", "service", "services", "digital_service")


def create(org: BooksOrg, given: intake.Body, user_id: str) -> Item:
    if not intake.text(given, "name", TEXTS["name"]):
        raise errors.missing("name")
    if given.get("rate") in (None, ""):
        raise errors.missing("rate")
    editions.check_plan(org)
    now = org.now()
    item = Item(org.new_id(), "", created=now, modified=now, created_by=user_id, modified_by=user_id)
    if given.get("item_type") not in (None, ""):
        item.item_type = intake.text(given, "item_type")
        if item.item_type not in ITEM_TYPES:
            raise errors.invalid_value("item_type")
    _fill(org, item, given)
    _check(org, item)
    org.items.add(item.item_id, item)
    return item


def update(org: BooksOrg, item: Item, given: intake.Body, user_id: str) -> None:
    """Partial; `item_type` cannot be changed any more and is passed over (books-api.md section 4)."""
    draft = copy.deepcopy(item)
    _fill(org, draft, given)
    _check(org, draft)
    draft.modified = org.now()
    draft.modified_by = user_id
    org.items.add(item.item_id, draft)


def _fill(org: BooksOrg, item: Item, given: intake.Body) -> None:
    for name, limit in TEXTS.items():
        if name in given:
            setattr(item, name, intake.text(given, name, limit))
    if item.product_type not in PRODUCT_TYPES:
        raise errors.invalid_value("product_type")
    for name in EXTRA_TEXTS:
        if name in given:
            item.extra[name] = intake.text(given, name, 100)
    if given.get("rate") not in (None, ""):
        item.rate = money.number(given["rate"], "rate")
    if given.get("purchase_rate") not in (None, "") and item.item_type != "sales":
        item.purchase_rate = money.number(given["purchase_rate"], "purchase_rate")
    if "tax_id" in given:
        item.tax_id = intake.id_text(given["tax_id"], "tax_id")
        if item.tax_id and org.tax(item.tax_id) is None:
            raise errors.invalid_value("tax_id")
    if "is_taxable" in given:
        item.is_taxable = intake.flag(given["is_taxable"], "is_taxable")
    custom.apply(org, "item", item, given)


def _check(org: BooksOrg, item: Item) -> None:
    if not item.name:
        raise errors.missing("name")
    if any(other.item_id != item.item_id for other in org.items.find("name", fold(item.name))):
        raise errors.already_exists(f'Item "{item.name}" already exists')
    behaviour = org.switch("books_duplicate_sku")
    holders = org.items.find("sku", fold(item.sku)) if item.sku and behaviour != "allow" else []
    if any(other.item_id != item.item_id for other in holders):
        raise errors.BooksError(400, int(behaviour), f'Item with SKU "{item.sku}" already exists')
    custom.check_mandatory(org, "item", item)
    custom.check_unique(org, "item", org.items, item.item_id, item)


def required(org: BooksOrg, item_id: str) -> Item:
    item = org.item(item_id)
    if item is None:
        if org.switch("books_missing_item_code") == "2006":
            raise errors.BooksError(400, 2006, "Item does not exist.")
        raise errors.does_not_exist("Item")
    return item


def delete(org: BooksOrg, item: Item) -> None:
    if any(org.documents[kind].find("item", item.item_id) for kind in org.documents):
        text = "Items which are a part of other transactions cannot be deleted. Instead, mark them as inactive."
        raise errors.BooksError(400, 2049, text)
    org.items.remove(item.item_id)


def mark(org: BooksOrg, item: Item, status: str, user_id: str) -> None:
    if item.status == status:
        return
    item.status = status
    item.modified = org.now()
    item.modified_by = user_id
    org.items.changed(item.item_id)


def detail(org: BooksOrg, item: Item) -> dict[str, Any]:
    array, hashed = custom.shapes(org, "item", item)
    return {
        **_common(org, item),
        "group_id": item.group_id,
        "group_name": item.group_name,
        "unit_id": "",
        "pricebook_rate": money.shown(item.rate),
        "sales_rate": money.shown(item.rate),
        "purchase_tax_id": "",
        "purchase_tax_name": "",
        "purchase_tax_percentage": 0,
        "purchase_account_id": item.extra.get("purchase_account_id", ""),
        "purchase_account_name": "",
        "inventory_account_id": item.extra.get("inventory_account_id", ""),
        "inventory_account_name": "",
        "vendor_id": item.extra.get("vendor_id", ""),
        "vendor_name": "",
        "reorder_level": item.extra.get("reorder_level", ""),
        "purchase_description": item.purchase_description,
        "sales_channels": [],
        "tags": [],
        "locations": [],
        "item_tax_preferences": [],
        "documents": [],
        "preferred_vendors": [],
        "package_details": {},
        "is_default_tax_applied": False,
        "created_at": org.stamp(item.created),
        "custom_fields": array,
        "custom_field_hash": hashed,
    }


def _common(org: BooksOrg, item: Item) -> dict[str, Any]:
    tax = org.tax(item.tax_id) if item.tax_id else None
    percentage: Any = money.shown(tax.percentage) if tax else 0
    return {
        "item_id": item.item_id,
        "name": item.name,
        "sku": item.sku,
        "status": item.status,
        "source": item.source,
        "unit": item.unit,
        "description": item.description,
        "rate": money.shown(item.rate),
        "purchase_rate": money.shown(item.purchase_rate),
        "account_id": item.account_id,
        "account_name": "Sales" if item.account_id else "",
        "tax_id": item.tax_id,
        "tax_name": tax.name if tax else "",
        "tax_percentage": percentage,
        "tax_type": _tax_type(tax),
        "is_taxable": item.is_taxable,
        "tax_exemption_id": item.extra.get("tax_exemption_id", ""),
        "can_be_sold": item.item_type != "purchases",
        "can_be_purchased": item.item_type != "sales",
        "track_inventory": item.item_type == "inventory",
        "item_type": item.item_type,
        "product_type": item.product_type,
        "hsn_or_sac": item.extra.get("hsn_or_sac", ""),
        "is_combo_product": False,
        "is_linked_with_zohocrm": False,
        "zcrm_product_id": "",
        "image_name": "",
        "image_type": "",
        "image_document_id": "",
        "created_time": org.stamp(item.created),
        "last_modified_time": org.stamp(item.modified),
    }


def _tax_type(tax: Any) -> str:
    if tax is None:
        return ""
    return "tax_group" if tax.members else str(tax.tax_type)


def row(org: BooksOrg, item: Item) -> dict[str, Any]:
    """A list row: `item_name` beside `name`, and no custom_fields key when there are none (books-api.md section 4)."""
    shown = {
        **_common(org, item),
        "item_name": item.name,
        "purchase_description": item.purchase_description,
        "purchase_account_id": item.extra.get("purchase_account_id", ""),
        "purchase_account_name": "",
        "has_attachment": False,
        "tags": [],
    }
    if item.group_id:
        shown |= {"group_id": item.group_id, "group_name": item.group_name}
    if org.switch("books_tax_percentage_in_rows") == "text":
        shown["tax_percentage"] = f"{shown['tax_percentage']}%"
    array, hashed = custom.shapes(org, "item", item)
    if array and org.switch("books_item_row_custom_fields") == "present":
        shown |= {"custom_fields": array, "custom_field_hash": hashed, **hashed}
    return shown
