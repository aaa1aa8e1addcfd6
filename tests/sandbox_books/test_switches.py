"""Both positions of every switch of sandbox/books/switches.py: the first block of a test is the default's."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import pytest

from sandbox.books.switches import SWITCHES
from sandbox.testing import Sandbox
from tests.sandbox_books.api import JONAS, MARTA, Books, Json, refused, told

LINE: Json = {"name": "Tour", "rate": 5}
ELSEWHERE = {"books_webhook_payload", "books_webhook_retries"}  # both positions in test_webhooks.py


def test_every_switch_has_a_test_and_says_where_it_comes_from() -> None:
    here = vars(sys.modules[__name__])
    for switch in SWITCHES:
        assert f"test_switch_{switch.name}" in here or switch.name in ELSEWHERE, switch.name
        assert len(set(switch.values)) == len(switch.values) > 1
        assert switch.default in switch.values
        assert switch.source
        assert switch.text


def test_switches_are_listed_at_their_door(sandbox: Sandbox) -> None:
    listed = {one["name"]: one for one in sandbox.control("GET", "switches")["switches"]}
    for switch in SWITCHES:
        assert (listed[switch.name]["default"], listed[switch.name]["source"]) == (switch.default, switch.source)


def test_switch_books_missing_organization(sandbox: Sandbox) -> None:
    assert Books(sandbox, JONAS, organization=None).get("/contacts").ok
    assert refused(Books(sandbox, MARTA, organization=None).get("/contacts")) == (400, 9017)
    sandbox.switch(books_missing_organization="error")
    assert refused(Books(sandbox, JONAS, organization=None).get("/contacts")) == (400, 9017)


def test_switch_invoice_missing_organization(sandbox: Sandbox) -> None:
    jonas = Books(sandbox, JONAS, product="invoice", organization=None)
    assert refused(jonas.get("/contacts")) == (400, 9017)
    sandbox.switch(invoice_missing_organization="only_one")
    assert jonas.get("/contacts").ok


def test_switch_books_invalid_token_code(books: Books) -> None:
    books.session.headers["Authorization"] = "Zoho-oauthtoken nonsense"
    assert refused(books.get("/contacts")) == (401, 57)
    books.sandbox.switch(books_invalid_token_code="14")
    assert refused(books.get("/contacts")) == (401, 14)
    assert refused(Books(books.sandbox, scopes=["ZohoBooks.items.READ"]).get("/contacts")) == (401, 57)


def test_switch_books_wrong_method(books: Books) -> None:
    assert refused(books.call("PATCH", "/contacts")) == (405, 37)
    books.sandbox.switch(books_wrong_method="404/5")
    assert refused(books.call("PATCH", "/contacts")) == (404, 5)


def test_switch_books_organization_types(books: Books) -> None:
    row = books.get("/organizations").json()["organizations"][0]
    assert (row["fiscal_year_start_month"], row["is_default_org"]) == ("1", True)
    books.sandbox.switch(books_organization_types="drifted")
    row = books.get("/organizations").json()["organizations"][0]
    assert (row["fiscal_year_start_month"], row["is_default_org"]) == (1, "true")


def test_switch_books_v4(books: Books) -> None:
    books.contact("Alder")
    url = f"{books.sandbox.url}/books/v4/contacts"
    assert refused(books.session.get(url, timeout=30)) == (404, 5)
    books.sandbox.switch(books_v4="on")
    assert [row["contact_name"] for row in books.session.get(url, timeout=30).json()["contacts"]] == ["Alder"]


@pytest.mark.parametrize(("position", "seconds"), [("rest_of_window", 61), ("60", 62), ("300", 302)])
def test_switch_books_minute_block(sandbox: Sandbox, position: str, seconds: int) -> None:
    sandbox.switch(books_minute_block=position)
    sandbox.limits(books_per_minute=2)
    books = Books(sandbox)
    books.get("/contacts")
    sandbox.advance(30)
    books.get("/contacts")
    assert refused(books.get("/contacts")) == (429, 44)
    sandbox.advance(31)
    assert books.get("/contacts").ok is (position == "rest_of_window")
    sandbox.advance(seconds)
    assert books.get("/contacts").ok


def test_switch_books_retry_after(sandbox: Sandbox) -> None:
    sandbox.limits(books_per_day=1)
    books = Books(sandbox)
    books.get("/contacts")
    assert "Retry-After" not in books.get("/contacts").headers
    sandbox.switch(books_retry_after="present")
    assert books.get("/contacts").headers["Retry-After"] == "60"


def test_switch_books_empty_object_body(books: Books) -> None:
    first = books.sent("salesorder")
    assert books.post("/invoices/fromsalesorder", {}, salesorder_id=first["salesorder_id"]).status_code == 201
    books.sandbox.switch(books_empty_object_body="refused")
    second = books.document("salesorder", first["customer_id"])["salesorder_id"]
    assert refused(books.post(f"/salesorders/{second}/status/open", {})) == (401, 57)
    assert told(books.post(f"/salesorders/{second}/status/open"))
    assert refused(books.post("/invoices/fromsalesorder", {}, salesorder_id=second)) == (401, 57)


def test_switch_books_per_page_over_200(books: Books) -> None:
    for number in range(3):
        books.contact(f"N{number}")
    assert books.get("/contacts", per_page=500).json()["page_context"]["per_page"] == 200
    books.sandbox.switch(books_per_page_over_200="error")
    assert refused(books.get("/contacts", per_page=201)) == (400, 2)
    assert books.get("/contacts", per_page=200).ok
    books.sandbox.switch(books_per_page_over_200="honour")
    assert books.get("/contacts", per_page=500).json()["page_context"]["per_page"] == 500


def _changed_since(books: Books, kind: str, switch: str) -> None:
    make: Any = {"contact": books.contact, "item": books.item}.get(kind)
    customer = "" if make else books.contact()["contact_id"]
    old = make("Old") if make else books.document(kind, customer)
    books.sandbox.advance(60)
    new = make("New") if make else books.document(kind, customer)
    since = {"last_modified_time": new["last_modified_time"]}
    assert books.ids(kind, **since) == {new[f"{kind}_id"]}
    books.sandbox.switch(**{switch: "ignored"})
    assert books.ids(kind, **since) >= {old[f"{kind}_id"], new[f"{kind}_id"]}
    assert books.get(f"/{kind}s", last_modified_time="nonsense").ok


def test_switch_books_contacts_changed_since(books: Books) -> None:
    _changed_since(books, "contact", "books_contacts_changed_since")


def test_switch_books_items_changed_since(books: Books) -> None:
    _changed_since(books, "item", "books_items_changed_since")


def test_switch_books_estimates_changed_since(books: Books) -> None:
    _changed_since(books, "estimate", "books_estimates_changed_since")


def test_switch_books_undocumented_sort(books: Books) -> None:
    books.item("Alder")
    books.sandbox.advance(60)
    books.item("Birch")
    asked = {"sort_column": "last_modified_time", "sort_order": "D"}
    answer = books.get("/items", **asked).json()
    assert [row["name"] for row in answer["items"]] == ["Birch", "Alder"]
    books.sandbox.switch(books_undocumented_sort="ignored")
    answer = books.get("/items", sort_column="last_modified_time").json()
    assert [row["name"] for row in answer["items"]] == ["Alder", "Birch"]
    assert answer["page_context"]["sort_column"] == "name"


def test_switch_books_unknown_sort_column(books: Books) -> None:
    assert books.get("/contacts", sort_column="shoe_size").json()["page_context"]["sort_column"] == "contact_name"
    books.sandbox.switch(books_unknown_sort_column="error")
    assert refused(books.get("/contacts", sort_column="shoe_size")) == (400, 2)


def test_switch_books_text_filter_case(books: Books) -> None:
    books.contact("Alder")
    assert len(books.rows("contact", contact_name="ALDER")) == 1
    books.sandbox.switch(books_text_filter_case="sensitive")
    assert books.rows("contact", contact_name="ALDER") == []
    assert len(books.rows("contact", contact_name="Alder")) == 1


def test_switch_books_reference_number_filter(books: Books) -> None:
    books.document("invoice", reference_number="PO-12")
    assert books.rows("invoice", reference_number="PO-1") == []
    books.sandbox.switch(books_reference_number_filter="contains")
    assert len(books.rows("invoice", reference_number="PO-1")) == 1


def test_switch_books_contact_type_filter(books: Books) -> None:
    books.contact("Alder")
    books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")
    assert [row["contact_name"] for row in books.rows("contact", contact_type="customer")] == ["Alder"]
    books.sandbox.switch(books_contact_type_filter="ignored")
    assert [row["contact_name"] for row in books.rows("contact", contact_type="customer")] == ["Alder", "Wren"]


def test_switch_invoice_contacts_default(books: Books, invoice: Books) -> None:
    books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")
    assert invoice.rows("contact") == []
    books.sandbox.switch(invoice_contacts_default="all")
    assert [row["contact_name"] for row in invoice.rows("contact")] == ["Wren"]


def test_switch_books_tax_percentage_in_rows(books: Books) -> None:
    books.item(tax_id=books.tax("Seventy", 70))
    assert books.rows("item")[0]["tax_percentage"] == 70
    books.sandbox.switch(books_tax_percentage_in_rows="text")
    assert books.rows("item")[0]["tax_percentage"] == "70%"


def test_switch_books_item_row_custom_fields(books: Books) -> None:
    books.item(custom_fields=[{"api_name": "cf_season", "value": "Summer"}])
    assert books.rows("item")[0]["cf_season"] == "Summer"
    books.sandbox.switch(books_item_row_custom_fields="absent")
    assert not {"custom_fields", "cf_season", "custom_field_hash"} & set(books.rows("item")[0])


def test_switch_books_duplicate_contact_names(books: Books) -> None:
    books.contact("Alder")
    second = books.contact("Alder", contact_persons=[])["contact_id"]
    books.sandbox.switch(books_duplicate_contact_names="refuse")
    answer = books.post("/contacts", {"contact_name": " ALDER"})
    assert refused(answer) == (400, 3062)
    text = 'The customer "ALDER" already exists. Please specify a different name.'
    assert answer.json()["message"] == text
    third = books.contact("Birch")["contact_id"]
    assert refused(books.put(f"/contacts/{third}", {"contact_name": "alder"})) == (400, 3062)
    assert refused(books.put(f"/contacts/{second}", {"notes": "x"})) == (400, 3062)
    assert told(books.put(f"/contacts/{third}", {"contact_name": "BIRCH"}))


def test_switch_books_person_email_unique(books: Books) -> None:
    ann = {"first_name": "Ann", "email": "ann@a.example"}
    twice = {"contact_name": "Alder", "contact_persons": [ann, {"first_name": "Bob", "email": "ANN@a.example"}]}
    assert refused(books.post("/contacts", twice)) == (400, 1001)
    first = books.contact("Alder", contact_persons=[ann])["contact_id"]
    books.contact("Birch", contact_persons=[ann])
    books.sandbox.switch(books_person_email_unique="organization")
    assert refused(books.post("/contacts", {"contact_name": "Cedar", "contact_persons": [ann]})) == (400, 1001)
    assert refused(books.post("/contacts/contactpersons", {**ann, "contact_id": first})) == (400, 1001)
    assert len(books.rows("contact")) == 2
    books.sandbox.switch(books_person_email_unique="off")
    assert books.post("/contacts", twice).status_code == 201


def test_switch_books_person_touches_contact(books: Books) -> None:
    contact = books.contact()
    path = f"/contacts/contactpersons/{contact['contact_persons'][0]['contact_person_id']}"
    books.sandbox.advance(60)
    books.put(path, {"phone": "1"})
    touched = books.read("contact", contact["contact_id"])["last_modified_time"]
    assert touched > contact["last_modified_time"]
    books.sandbox.switch(books_person_touches_contact="no")
    books.sandbox.advance(60)
    books.put(path, {"phone": "2"})
    after = books.read("contact", contact["contact_id"])
    assert (after["phone"], after["last_modified_time"]) == ("2", touched)


def test_switch_books_delete_primary_person(books: Books) -> None:
    persons = [{"first_name": name} for name in ("Ann", "Bob", "Cyd")]
    contact = books.contact(contact_persons=persons)
    ids = [one["contact_person_id"] for one in contact["contact_persons"]]
    told(books.delete(f"/contacts/contactpersons/{ids[0]}"))
    assert books.read("contact", contact["contact_id"])["primary_contact_id"] == ids[1]
    books.sandbox.switch(books_delete_primary_person="refuse")
    assert refused(books.delete(f"/contacts/contactpersons/{ids[1]}")) == (400, 36)
    told(books.delete(f"/contacts/contactpersons/{ids[2]}"))
    told(books.delete(f"/contacts/contactpersons/{ids[1]}"))


def test_switch_books_nested_person_writes(books: Books) -> None:
    path = f"/contacts/{books.contact()['contact_id']}/contactpersons"
    assert books.post(path, {"first_name": "Bob"}).status_code == 201
    books.sandbox.switch(books_nested_person_writes="off")
    assert refused(books.post(path, {"first_name": "Cyd"})) == (404, 5)
    assert len(books.get(path).json()["contact_persons"]) == 2


def test_switch_books_address_update(books: Books) -> None:
    contact_id = books.contact(billing_address={"city": "Porto", "phone": "1"})["contact_id"]
    books.put(f"/contacts/{contact_id}", {"billing_address": {"phone": "2"}})
    address = books.read("contact", contact_id)["billing_address"]
    assert (address["city"], address["phone"]) == ("", "2")
    books.sandbox.switch(books_address_update="merge")
    books.put(f"/contacts/{contact_id}", {"billing_address": {"city": "Faro"}})
    after = books.read("contact", contact_id)["billing_address"]
    assert (after["city"], after["phone"], after["address_id"]) == ("Faro", "2", address["address_id"])


def test_switch_books_contact_in_use_code(books: Books) -> None:
    customer = books.document("invoice")["customer_id"]
    assert refused(books.delete(f"/contacts/{customer}")) == (400, 3000)
    books.sandbox.switch(books_contact_in_use_code="1004")
    assert refused(books.delete(f"/contacts/{customer}")) == (400, 1004)


def test_switch_books_bulk_delete_contacts(books: Books) -> None:
    first, second = books.contact("Alder")["contact_id"], books.contact("Birch")["contact_id"]
    assert refused(books.delete("/contacts", contact_ids=f"{first},{second}")) == (405, 37)
    books.sandbox.switch(books_bulk_delete_contacts="on")
    used = books.document("invoice")["customer_id"]
    assert refused(books.delete("/contacts", contact_ids=f"{first},{used}")) == (400, 3000)
    assert len(books.rows("contact")) == 3
    told(books.delete("/contacts", contact_ids=f"{first},{second}"))
    assert books.ids("contact") == {used}


def test_switch_books_duplicate_sku(books: Books) -> None:
    books.item("Tour", sku="T-1")
    assert refused(books.post("/items", {"name": "Cruise", "rate": 1, "sku": "t-1"})) == (400, 1001)
    books.sandbox.switch(books_duplicate_sku="4")
    assert refused(books.post("/items", {"name": "Cruise", "rate": 1, "sku": "T-1"})) == (400, 4)
    books.sandbox.switch(books_duplicate_sku="allow")
    books.item("Cruise", sku="T-1")
    assert len(books.rows("item", sku="T-1")) == 2


def test_switch_books_missing_item_code(books: Books) -> None:
    assert refused(books.get("/items/123")) == (400, 2006)
    books.sandbox.switch(books_missing_item_code="1002")
    assert refused(books.get("/items/123")) == (404, 1002)


def test_switch_books_edition(books: Books) -> None:
    def code(**more: str) -> tuple[int, str]:
        answer = books.post("/contacts", {"contact_name": "Alder", **more})
        return answer.status_code, answer.json()["message"]

    assert code()[0] == 201
    books.sandbox.switch(books_edition="gcc")
    assert code() == (400, "Please enter a value for tax_treatment.")
    assert code(tax_treatment="vat_registered") == (400, "Please enter a value for tax_reg_no.")
    assert code(tax_treatment="pirate") == (400, "Invalid value passed for tax_treatment")
    assert code(tax_treatment="vat_registered", tax_reg_no="100000000000003")[0] == 201
    assert code(contact_type="vendor")[0] == 201
    books.sandbox.switch(books_edition="india")
    assert code(gst_treatment="consumer") == (400, "Please enter a value for place_of_contact.")
    assert code(gst_treatment="consumer", place_of_contact="TN")[0] == 201
    assert len(books.rows("contact")) == 4


def test_switch_books_plan_full(books: Books) -> None:
    customer = books.contact()["contact_id"]
    books.sandbox.switch(books_plan_full="on")
    assert refused(books.post("/contacts", {"contact_name": "Alder"})) == (400, 1009)
    assert refused(books.post("/items", {"name": "Tour", "rate": 1})) == (400, 1009)
    assert refused(books.post("/invoices", {"customer_id": customer, "line_items": [LINE]})) == (400, 1009)
    assert told(books.put(f"/contacts/{customer}", {"notes": "x"}))


def test_switch_books_custom_field_keys(books: Books) -> None:
    def status(**key: Any) -> int:
        entry = {**key, "value": "7"}
        return books.post("/contacts", {"contact_name": "Alder", "custom_fields": [entry]}).status_code

    label, api_name = {"label": "Loyalty number"}, {"api_name": "cf_loyalty_number"}
    assert (status(**label), status(**api_name), status(index=2)) == (201, 201, 201)
    books.sandbox.switch(books_custom_field_keys="id_and_label")
    assert (status(**label), status(**api_name), status(index=2)) == (201, 400, 201)
    books.sandbox.switch(books_custom_field_keys="id_and_api_name")
    assert (status(**label), status(**api_name), status(index=2)) == (400, 201, 201)


KEY: Json = {"api_name": "cf_bigin_key", "value": "deal-1"}
HEADERS = {"X-Unique-Identifier-Key": "cf_bigin_key", "X-Unique-Identifier-Value": "deal-1"}
UPSERT = {**HEADERS, "X-Upsert": "true"}


def test_switch_books_duplicate_unique_value(books: Books) -> None:
    customer = books.document("invoice", custom_fields=[KEY])["customer_id"]
    body = {"customer_id": customer, "line_items": [LINE], "custom_fields": [KEY]}
    assert refused(books.post("/invoices", body)) == (400, 1001)
    books.sandbox.switch(books_duplicate_unique_value="allow")
    assert books.post("/invoices", body).status_code == 201


def test_switch_books_upsert_no_match(books: Books) -> None:
    assert refused(books.put("/invoices", {"notes": "x"}, HEADERS)) == (404, 1002)
    books.sandbox.switch(books_upsert_no_match="400/2")
    assert refused(books.put("/invoices", {"notes": "x"}, HEADERS)) == (400, 2)


def test_switch_books_upsert_created_status(books: Books) -> None:
    customer = books.contact()["contact_id"]
    for position, status, value in (("201", 201, "a"), ("200", 200, "b")):
        books.sandbox.switch(books_upsert_created_status=position)
        body = {"customer_id": customer, "line_items": [LINE], "custom_fields": [{**KEY, "value": value}]}
        assert books.put("/invoices", body, {**UPSERT, "X-Unique-Identifier-Value": value}).status_code == status


def test_switch_books_upsert_writes_key(books: Books) -> None:
    body = {"customer_id": books.contact()["contact_id"], "line_items": [LINE]}
    assert books.put("/invoices", body, UPSERT).json()["invoice"]["custom_fields"] == []
    books.sandbox.switch(books_upsert_writes_key="yes")
    ids = {books.put("/invoices", body, UPSERT).json()["invoice"]["invoice_id"] for _ in range(2)}
    assert len(ids) == 1
    assert books.read("invoice", ids.pop())["custom_field_hash"]["cf_bigin_key"] == "deal-1"


def test_switch_books_upsert_create_scope(books: Books) -> None:
    customer = books.contact()["contact_id"]
    narrow = Books(books.sandbox, scopes=["ZohoBooks.invoices.UPDATE"])
    body = {"customer_id": customer, "line_items": [LINE], "custom_fields": [KEY]}
    assert narrow.put("/invoices", body, UPSERT).status_code == 201
    books.sandbox.switch(books_upsert_create_scope="create")
    assert narrow.put("/invoices", {"notes": "x"}, UPSERT).status_code == 200
    other = {**UPSERT, "X-Unique-Identifier-Value": "deal-2"}
    assert refused(narrow.put("/invoices", body, other)) == (401, 57)


def test_switch_invoice_upsert(invoice: Books) -> None:
    body = {"customer_id": invoice.contact()["contact_id"], "line_items": [LINE], "custom_fields": [KEY]}
    assert refused(invoice.put("/invoices", body, UPSERT)) == (405, 37)
    invoice.sandbox.switch(invoice_upsert="honoured")
    assert invoice.put("/invoices", body, UPSERT).status_code == 201


def test_switch_books_plain_discount(books: Books) -> None:
    customer = books.contact()["contact_id"]
    lines = [{"name": "Tour", "rate": 200}]
    assert books.document("invoice", customer, line_items=lines, discount=10)["total"] == 190
    assert books.document("invoice", customer, line_items=lines, discount="10%")["total"] == 180
    books.sandbox.switch(books_plain_discount="percent")
    assert books.document("invoice", customer, line_items=lines, discount=10)["total"] == 180


def test_switch_books_tax_rounding(books: Books) -> None:
    tax = books.tax("Seven", 7)
    lines = [{"name": "T", "rate": "0.07", "tax_id": tax}] * 3
    made = books.document("invoice", line_items=lines)
    assert (made["tax_total"], made["tax_rounding"]) == (Decimal("0.01"), "entity_level")
    books.sandbox.switch(books_tax_rounding="item_level")
    made = books.document("invoice", made["customer_id"], line_items=lines)
    assert (made["tax_total"], made["tax_rounding"]) == (0, "item_level")


def test_switch_books_inclusive_sub_total(books: Books) -> None:
    lines = [{"name": "T", "rate": 123, "tax_id": books.tax("Full", 23)}]
    made = books.document("invoice", line_items=lines, is_inclusive_tax=True)
    assert (made["sub_total"], made["tax_total"], made["total"]) == (100, 23, 123)
    assert made["line_items"][0]["item_total"] == 100
    books.sandbox.switch(books_inclusive_sub_total="inclusive")
    found = books.read("invoice", made["invoice_id"])
    assert (found["sub_total"], found["total"], found["line_items"][0]["item_total"]) == (123, 123, 123)


def test_switch_books_approval(books: Books) -> None:
    assert books.sent("invoice")["status"] == "sent"
    books.sandbox.switch(books_approval="on")
    customer = books.contact()["contact_id"]
    for kind, call in (("invoice", "sent"), ("estimate", "sent"), ("salesorder", "open")):
        path = f"/{kind}s/{books.document(kind, customer)[f'{kind}_id']}"
        assert refused(books.post(f"{path}/status/{call}"))[0] == 400
        assert refused(books.post(f"{path}/email", {"to_mail_ids": ["a@a.example"]}))[0] == 400
        books.post(f"{path}/submit")
        assert refused(books.post(f"{path}/status/{call}"))[0] == 400
        books.post(f"{path}/approve")
        told(books.post(f"{path}/status/{call}"))
    body = {"customer_id": customer, "line_items": [LINE]}
    assert books.made("/invoices", body, "invoice", send="true")["status"] == "draft"


def test_switch_books_edit_needs_reason(books: Books) -> None:
    path = f"/invoices/{books.sent('invoice')['invoice_id']}"
    told(books.put(path, {"notes": "a"}))
    books.sandbox.switch(books_edit_needs_reason="yes")
    assert refused(books.put(path, {"notes": "b"})) == (400, 15)
    assert books.put(path, {"notes": "b", "reason": "typing error"}).json()["invoice"]["notes"] == "b"


def test_switch_books_fromestimates_refusal(books: Books) -> None:
    estimate_id = books.document("estimate")["estimate_id"]
    assert refused(books.post("/invoices/fromestimates", estimate_ids=estimate_id)) == (400, 1002)
    books.sandbox.switch(books_fromestimates_refusal="code_zero")
    answer = books.post("/invoices/fromestimates", estimate_ids=estimate_id)
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert (answer.json()["data"]["code"], answer.json()["data"]["ids"]) == (1002, [estimate_id])
    assert books.rows("invoice") == []


def test_switch_books_order_billed_again(books: Books) -> None:
    order_id = books.sent("salesorder")["salesorder_id"]
    for _ in range(2):
        assert books.post("/invoices/fromsalesorder", salesorder_id=order_id).status_code == 201
    books.sandbox.switch(books_order_billed_again="refuse")
    assert refused(books.post("/invoices/fromsalesorder", salesorder_id=order_id))[0] == 400
    assert len(books.read("salesorder", order_id)["invoices"]) == 2


def test_switch_books_estimate_id_query(books: Books) -> None:
    estimate = books.sent("estimate")
    body = {"customer_id": estimate["customer_id"], "line_items": [LINE]}
    made = books.made("/invoices", body, "invoice", estimate_id=estimate["estimate_id"])
    assert made["estimate_id"] == estimate["estimate_id"]
    books.sandbox.switch(books_estimate_id_query="ignored")
    assert books.made("/invoices", body, "invoice", estimate_id=estimate["estimate_id"])["estimate_id"] == ""


def test_switch_books_sales_order_wording(books: Books) -> None:
    answer = books.post("/salesorders", {"customer_id": books.contact()["contact_id"]})
    assert told(answer) == "Sales order has been created."
    books.sandbox.switch(books_sales_order_wording="capitals")
    order_id = answer.json()["salesorder"]["salesorder_id"]
    assert told(books.post(f"/salesorders/{order_id}/status/open")) == "Sales Order status has been changed to Open."
    assert told(books.delete(f"/salesorders/{order_id}")) == "The Sales Order has been deleted."
