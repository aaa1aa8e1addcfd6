"""Both positions of the switches about records, keyed writes and documents; the frame's are in test_switches.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.sandbox_books.api import Books, Json, refused, told

LINE: Json = {"name": "Tour", "rate": 5}


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


def test_switch_books_contact_maker(books: Books) -> None:
    hands = {"created_by_name", "created_by_id", "last_modified_by_id"}
    contact_id = books.contact()["contact_id"]
    recorded = books.read("contact", contact_id)
    assert hands & set(recorded) == {"created_by_name", "last_modified_by_id"}
    books.sandbox.switch(books_contact_maker="id")
    with_id = books.read("contact", contact_id)
    assert with_id["created_by_id"] == with_id["last_modified_by_id"] == recorded["last_modified_by_id"] != ""
    books.sandbox.switch(books_contact_maker="absent")
    assert not hands & set(books.read("contact", contact_id))
    assert not hands & set(books.rows("contact")[0])


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


def test_switch_books_custom_fields_update(books: Books) -> None:
    style, number = {"api_name": "cf_travel_style", "value": "Groups"}, {"api_name": "cf_loyalty_number", "value": "7"}
    path = f"/contacts/{books.contact(custom_fields=[style])['contact_id']}"

    def after(entry: Json) -> Json:
        books.put(path, {"custom_fields": [entry]})
        held: Json = books.get(path).json()["contact"]["custom_field_hash"]
        return {name: value for name, value in held.items() if not name.endswith("_unformatted")}

    assert after(number) == {"cf_travel_style": "Groups", "cf_loyalty_number": "7"}
    books.sandbox.switch(books_custom_fields_update="replace")
    assert after(number) == {"cf_loyalty_number": "7"}


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
