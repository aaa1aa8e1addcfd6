"""What is known about items, one test per assumption. "n" in a docstring is a section of reference/books-api.md."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox_books.api import Books, parsed, refused, told


def test_messages_of_create_update_delete(books: Books) -> None:
    """4 [REC]."""
    answer = books.post("/items", {"name": "Tour", "rate": 10})
    item_id = answer.json()["item"]["item_id"]
    assert (answer.status_code, told(answer)) == (201, "The item has been added.")
    assert answer.headers["Location"] == f"/api/v3/items/{item_id}"
    assert told(books.put(f"/items/{item_id}", {"rate": 11})) == "Item details have been saved."
    assert told(books.delete(f"/items/{item_id}")) == "The item has been deleted."


def test_partial_put_keeps_the_rest(books: Books) -> None:
    """4: live PUT accepts partial [NAN]."""
    before = books.item(sku="T-1", description="By bus", unit="pcs")
    books.put(f"/items/{before['item_id']}", {"rate": "12.34"})
    after = parsed(books.get(f"/items/{before['item_id']}"))["item"]
    assert after == {
        **before,
        "rate": Decimal("12.34"),
        "pricebook_rate": Decimal("12.34"),
        "sales_rate": Decimal("12.34"),
        "last_modified_time": after["last_modified_time"],
    }


def test_name_is_unique(books: Books) -> None:
    """4: HTTP 400 code 1001 [COM; NAN]; on update too."""
    books.item("Tour")
    other = books.item("Cruise")
    answer = books.post("/items", {"name": " tour ", "rate": 1})
    assert (refused(answer), answer.json()["message"]) == ((400, 1001), 'Item "tour" already exists')
    assert refused(books.put(f"/items/{other['item_id']}", {"name": "Tour"})) == (400, 1001)
    assert told(books.put(f"/items/{other['item_id']}", {"name": "CRUISE"}))


def test_rate_and_name_are_needed_to_create(books: Books) -> None:
    """4 [OAS]."""
    assert refused(books.post("/items", {"name": "Tour"})) == (400, 15)
    assert refused(books.post("/items", {"rate": 3})) == (400, 15)
    assert refused(books.post("/items", {"name": "Tour", "rate": "dear"})) == (400, 2)


def test_purchase_rate_is_ignored_unless_bought_at_creation(books: Books) -> None:
    """4: silently ignored; item_type is not changeable later [NAN]."""
    sold = books.item("Tour", purchase_rate=5)
    both = books.item("Map", purchase_rate=5, item_type="sales_and_purchases")
    assert (sold["purchase_rate"], both["purchase_rate"]) == (0, 5)
    changed = books.put(f"/items/{sold['item_id']}", {"item_type": "purchases", "purchase_rate": 9}).json()["item"]
    assert (changed["item_type"], changed["purchase_rate"], changed["can_be_purchased"]) == ("sales", 0, False)


def test_purchased_only_items_cannot_be_sold(books: Books) -> None:
    """4: can_be_sold, can_be_purchased."""
    bought = books.item("Beds", item_type="purchases")
    assert (bought["can_be_sold"], bought["can_be_purchased"]) == (False, True)


def test_item_in_a_transaction_cannot_be_deleted(books: Books) -> None:
    """4: code 2049 [NAN], then mark it inactive."""
    item_id = books.item()["item_id"]
    books.document("invoice", line_items=[{"item_id": item_id}])
    answer = books.delete(f"/items/{item_id}")
    assert refused(answer) == (400, 2049)
    assert "mark them as inactive" in answer.json()["message"]
    for _ in range(2):
        assert told(books.post(f"/items/{item_id}/inactive")) == "The item has been marked as inactive."
    assert books.read("item", item_id)["status"] == "inactive"
    assert told(books.post(f"/items/{item_id}/active")) == "The item has been marked as active."


def test_itemdetails_reads_many(books: Books) -> None:
    """4 and 10: the only bulk detail; ids that are gone are left out."""
    first, second = books.item("A", 1)["item_id"], books.item("B", 2)["item_id"]
    found = books.get("/itemdetails", item_ids=f"{second},{first},999").json()["items"]
    assert [one["name"] for one in found] == ["B", "A"]
    assert found[1] == books.read("item", first)
    assert refused(books.get("/itemdetails")) == (400, 2)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"name": "tour"}, ["Tour"]),
        ({"name_contains": "our"}, ["Detour", "Tour"]),
        ({"name_startswith": "De"}, ["Detour"]),
        ({"rate": "20"}, ["Tour"]),
        ({"rate_less_than": "20"}, ["Detour"]),
        ({"rate_greater_equals": "20"}, ["Map", "Tour"]),
        ({"search_text": "paper"}, ["Map"]),
        ({"sku": "M-1"}, ["Map"]),
        ({"filter_by": "Status.Inactive"}, ["Map"]),
        ({"cf_season": "Summer"}, ["Tour"]),
        ({"sort_column": "rate", "sort_order": "D"}, ["Map", "Tour", "Detour"]),
    ],
)
def test_filters_and_order_of_the_list(books: Books, filters: dict[str, str], expected: list[str]) -> None:
    """4 [OAS]; the filter by a custom field [LIVE-a]."""
    books.item("Tour", 20, custom_fields=[{"api_name": "cf_season", "value": "Summer"}])
    books.item("Detour", "19.99")
    books.post(f"/items/{books.item('Map', 30, sku='M-1', description='Of paper')['item_id']}/inactive")
    assert [row["name"] for row in books.rows("item", **filters)] == expected


def test_rows_say_item_name_and_no_custom_fields_when_none(books: Books) -> None:
    """4 [REC]."""
    books.item("Tour")
    row = books.rows("item")[0]
    assert (row["item_name"], row["name"]) == ("Tour", "Tour")
    assert "custom_fields" not in row
    assert row["created_time"] == row["last_modified_time"]


def test_custom_fields_alone_by_the_singular_path(books: Books) -> None:
    """3.7 [OAS]."""
    item_id = books.item()["item_id"]
    answer = books.put(f"/item/{item_id}/customfields", {"custom_fields": [{"label": "Season", "value": "Winter"}]})
    assert told(answer) == "Custom Fields Updated Successfully"
    assert books.read("item", item_id)["custom_field_hash"]["cf_season"] == "Winter"


def test_tax_of_an_item(books: Books) -> None:
    item = books.item(tax_id=books.tax("Eight", 8))
    assert (item["tax_name"], item["tax_percentage"], item["tax_type"]) == ("Eight", 8, "tax")
    assert refused(books.put(f"/items/{item['item_id']}", {"tax_id": "12345"})) == (400, 2)
