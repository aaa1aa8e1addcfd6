"""What is known about the three kinds of documents. "n" in a docstring is a section of reference/books-api.md."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox_books.api import Books, Json, refused, told

KINDS = ("invoice", "estimate", "salesorder")
NUMBERS = {"invoice": "INV-000001", "estimate": "QT-000001", "salesorder": "SO-00001"}
CREATED = {
    "invoice": "The invoice has been created.",
    "estimate": "The quote has been created.",
    "salesorder": "Sales order has been created.",
}
UPDATED = {
    "invoice": "Invoice information has been updated.",
    "estimate": "Quote information has been updated.",
    "salesorder": "Sales order information has been updated.",
}
DELETED = {
    "invoice": "The invoice has been deleted.",
    "estimate": "The quote has been deleted.",
    "salesorder": "The sales order has been deleted.",
}


def pay(books: Books, invoice: Json, amount: int) -> Json:
    part = {"invoice_id": invoice["invoice_id"], "amount_applied": amount}
    body = {"customer_id": invoice["customer_id"], "amount": amount, "invoices": [part]}
    return books.made("/customerpayments", body, "payment")


@pytest.mark.parametrize("kind", KINDS)
def test_create_starts_as_a_draft_with_an_automatic_number(books: Books, kind: str) -> None:
    """5.2: status starts draft; 0.3: quotes are numbered QT-."""
    customer = books.contact()["contact_id"]
    answer = books.post(f"/{kind}s", {"customer_id": customer, "line_items": [{"name": "Tour", "rate": 5}]})
    made = answer.json()[kind]
    assert (answer.status_code, told(answer)) == (201, CREATED[kind])
    assert answer.headers["Location"] == f"/api/v3/{kind}s/{made[f'{kind}_id']}"
    assert (made["status"], made[f"{kind}_number"], made["date"]) == ("draft", NUMBERS[kind], "2026-10-09")


@pytest.mark.parametrize("kind", KINDS)
def test_partial_put_and_delete(books: Books, kind: str) -> None:
    """0.3: `{"notes": "..."}` alone works [REC]; lines that are not sent stay."""
    made = books.document(kind)
    path = f"/{kind}s/{made[f'{kind}_id']}"
    answer = books.put(path, {"notes": "Mind the gap"})
    assert told(answer) == UPDATED[kind]
    assert answer.json()[kind] == {**made, "notes": "Mind the gap"}
    assert told(books.delete(path)) == DELETED[kind]
    assert refused(books.delete(path)) == (404, 1002)
    assert books.rows(kind) == []


def test_a_missing_quote_is_called_so(books: Books) -> None:
    """7: live wording "Quote does not exist" [NAN]."""
    answer = books.get("/estimates/382164000000999999")
    assert (refused(answer), answer.json()["message"]) == ((404, 1002), "Quote does not exist.")


@pytest.mark.parametrize("kind", KINDS)
def test_number_of_ones_own_needs_the_query_flag(books: Books, kind: str) -> None:
    """5.2 and 9.3: otherwise numbering is automatic; a taken number is 1001 [COM]."""
    customer = books.contact()["contact_id"]
    key = f"{kind}_number"
    assert books.document(kind, customer, **{key: "MINE-1"})[key] == NUMBERS[kind]
    body = {"customer_id": customer, "line_items": [{"name": "Tour", "rate": 5}], key: "MINE-1"}
    assert books.made(f"/{kind}s", body, kind, ignore_auto_number_generation="true")[key] == "MINE-1"
    again = books.post(f"/{kind}s", body, ignore_auto_number_generation="true")
    assert refused(again) == (400, 1001)
    assert len(books.rows(kind)) == 2
    assert refused(books.post(f"/{kind}s", {**body, key: ""}, ignore_auto_number_generation="true")) == (400, 15)


def test_automatic_numbers_step_over_numbers_given_by_hand(books: Books) -> None:
    """9.3: conflicts with users are possible."""
    customer = books.contact()["contact_id"]
    body = {"customer_id": customer, "line_items": [{"name": "Tour", "rate": 5}], "invoice_number": "INV-000001"}
    books.made("/invoices", body, "invoice", ignore_auto_number_generation="true")
    assert books.document("invoice", customer)["invoice_number"] == "INV-000002"


def test_lines_take_what_the_item_says_unless_told_otherwise(books: Books) -> None:
    """5.2 and 0.3: ad-hoc lines need no item [NAN][LIVE-b]."""
    item = books.item("Tour", "12.50", description="By bus", unit="pcs", sku="T-1")
    lines = [{"item_id": item["item_id"], "quantity": 2}, {"item_id": item["item_id"], "rate": 9, "name": "Special"}]
    made = books.document("invoice", line_items=[*lines, {"name": "Free", "rate": 1}])
    shown = [(one["name"], one["rate"], one["quantity"], one["unit"], one["item_total"]) for one in made["line_items"]]
    assert shown == [("Tour", 12.5, 2, "pcs", 25), ("Special", 9, 1, "pcs", 9), ("Free", 1, 1, "", 1)]
    assert (made["sub_total"], made["total"], made["balance"]) == (35, 35, 35)


def test_put_with_line_items_replaces_them(books: Books) -> None:
    """5.2: omit a line = delete it [OAS][NAN]; line_item_id keeps one."""
    made = books.document("invoice", line_items=[{"name": "A", "rate": 1}, {"name": "B", "rate": 2}])
    second = made["line_items"][1]
    body = {"line_items": [{"line_item_id": second["line_item_id"], "quantity": 3}, {"name": "C", "rate": 4}]}
    after = books.put(f"/invoices/{made['invoice_id']}", body).json()["invoice"]
    assert [(one["name"], one["rate"], one["quantity"]) for one in after["line_items"]] == [("B", 2, 3), ("C", 4, 1)]
    assert after["line_items"][0]["line_item_id"] == second["line_item_id"]
    assert after["total"] == 10


def test_refusals_of_a_create(books: Books) -> None:
    """7: 4016 no line items, 1002 unknown customer, 2 bad values, 2006 missing item."""
    customer = books.contact()["contact_id"]
    line = {"name": "Tour", "rate": 5}
    cases: list[tuple[Json, tuple[int, int]]] = [
        ({"customer_id": customer, "line_items": []}, (400, 4016)),
        ({"line_items": [line]}, (400, 15)),
        ({"customer_id": "123", "line_items": [line]}, (404, 1002)),
        ({"customer_id": customer, "line_items": [line], "date": "09/10/2026"}, (400, 2)),
        ({"customer_id": customer, "line_items": [{**line, "item_id": "123"}]}, (400, 2006)),
        ({"customer_id": customer, "line_items": [{**line, "tax_id": "123"}]}, (400, 2)),
        ({"customer_id": customer, "line_items": [{**line, "quantity": -1}]}, (400, 2)),
        ({"customer_id": customer, "line_items": [{**line, "rate": -5}]}, (400, 4)),
        ({"customer_id": customer, "line_items": [line], "contact_persons": ["123"]}, (400, 2)),
        ({"customer_id": customer, "line_items": [line], "due_date": "2026-01-01"}, (400, 2)),
    ]
    for body, expected in cases:
        assert refused(books.post("/invoices", body)) == expected, body
    assert books.rows("invoice") == []


def test_vendors_cannot_be_billed(books: Books) -> None:
    vendor = books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")["contact_id"]
    assert refused(books.post("/invoices", {"customer_id": vendor, "line_items": [{"name": "T", "rate": 1}]})) == (
        400,
        2,
    )


def test_dates_terms_and_notes_have_defaults(books: Books) -> None:
    """5.2: due_date from payment_terms, notes from the organisation's template [REC]."""
    customer = books.contact(payment_terms=15)["contact_id"]
    made = books.document("invoice", customer)
    assert (made["due_date"], made["payment_terms_label"], made["notes"]) == (
        "2026-10-24",
        "Net 15",
        "Thanks for your business.",
    )
    moved = books.put(f"/invoices/{made['invoice_id']}", {"date": "2026-10-20"}).json()["invoice"]
    assert moved["due_date"] == "2026-11-04"


def test_persons_may_be_named_in_two_ways(books: Books) -> None:
    """5.2: contact_persons or contact_persons_associated."""
    contact = books.contact()
    person_id = contact["contact_persons"][0]["contact_person_id"]
    first = books.document("invoice", contact["contact_id"], contact_persons=[person_id])
    second = books.document(
        "invoice", contact["contact_id"], contact_persons_associated=[{"contact_person_id": int(person_id)}]
    )
    for made in (first, second):
        assert made["contact_persons"] == [person_id]
        assert made["contact_persons_associated"][0]["contact_person_email"] == "ann@northwind.example"


def test_rows_of_the_list_are_another_projection(books: Books) -> None:
    """5.3: `zipcode` for `zip`; no line_items, estimate_id, invoice_url; [LIVE-a]."""
    customer = books.contact(billing_address={"zip": "4000"})["contact_id"]
    made = books.document("invoice", customer)
    row = books.rows("invoice")[0]
    assert (row["billing_address"]["zipcode"], made["billing_address"]["zip"]) == ("4000", "4000")
    assert not {"line_items", "estimate_id", "invoice_url"} & set(row)
    assert made["invoice_url"].endswith(" ")


def test_default_order_is_newest_first(books: Books) -> None:
    """2.2: created_time D; report names."""
    customer = books.contact()["contact_id"]
    for kind, report in (("invoice", "Invoices"), ("estimate", "Quotes"), ("salesorder", "Sales Orders")):
        ids = [books.document(kind, customer)[f"{kind}_id"] for _ in range(3)]
        answer = books.get(f"/{kind}s").json()
        assert [row[f"{kind}_id"] for row in answer[f"{kind}s"]] == ids[::-1]
        context = answer["page_context"]
        assert (context["sort_column"], context["sort_order"], context["report_name"]) == ("created_time", "D", report)


def test_filters_of_invoices(books: Books) -> None:
    """5.1."""
    first, second = books.contact("Alder")["contact_id"], books.contact("Birch")["contact_id"]
    item = books.item()["item_id"]
    a = books.document("invoice", first, reference_number="PO-1", date="2026-10-01")["invoice_id"]
    b = books.sent("invoice", customer_id=second, line_items=[{"item_id": item, "quantity": 3}])["invoice_id"]
    cases: list[tuple[Json, set[str]]] = [
        ({"customer_id": first}, {a}),
        ({"customer_name_contains": "irc"}, {b}),
        ({"reference_number": "PO-1"}, {a}),
        ({"status": "draft"}, {a}),
        ({"status": "unpaid"}, {b}),
        ({"filter_by": "Status.Sent"}, {b}),
        ({"date_start": "2026-10-02"}, {b}),
        ({"date_before": "2026-10-09"}, {a}),
        ({"date_end": "2026-10-09", "date_after": "2026-10-01"}, {b}),
        ({"total_greater_than": 100}, {b}),
        ({"balance": 100}, {a}),
        ({"item_id": item}, {b}),
        ({"item_name_contains": "city"}, {b}),
        ({"invoice_number": "INV-000001"}, {a}),
        ({"search_text": "alder"}, {a}),
        ({"email": "ann@birch.example"}, {b}),
        ({"status": "", "customer_id": ""}, {a, b}),
        ({"status": "nonsense"}, {a, b}),
    ]
    for filters, expected in cases:
        assert books.ids("invoice", **filters) == expected, filters


def test_sales_orders_by_lists_of_values(books: Books) -> None:
    """5.1: _in and _not_in; salesorder_ids."""
    customer = books.contact()["contact_id"]
    ids = [books.document("salesorder", customer)["salesorder_id"] for _ in range(3)]
    assert books.ids("salesorder", salesorder_number_in="SO-00001,so-00003") == {ids[0], ids[2]}
    assert books.ids("salesorder", salesorder_number_not_in="SO-00001") == {ids[1], ids[2]}
    assert books.ids("salesorder", salesorder_ids=f"{ids[1]},999") == {ids[1]}


def test_empty_estimate_id_means_no_filter(books: Books) -> None:
    """0.4: `?estimate_id=` returned the whole organisation [LIVE-a]."""
    customer = books.contact()["contact_id"]
    estimate = books.sent("estimate", customer_id=customer)["estimate_id"]
    linked = books.document("invoice", customer, invoiced_estimate_id=estimate)["invoice_id"]
    books.document("invoice", customer)
    assert books.ids("invoice", estimate_id=estimate) == {linked}
    assert len(books.ids("invoice", estimate_id="")) == 2


def test_counts_instead_of_rows(books: Books) -> None:
    """2.2: response_option=2 [OAS]."""
    customer = books.contact()["contact_id"]
    for _ in range(3):
        books.document("invoice", customer)
    answer = books.get("/invoices", response_option=2, per_page=1).json()
    assert (answer["invoices"], answer["page_context"]["total"]) == ([], 3)


def test_invoice_rows_change_with_payments_but_contacts_do_not(books: Books) -> None:
    """10."""
    invoice = books.sent("invoice")
    contact = books.read("contact", invoice["customer_id"])
    books.sandbox.advance(120)
    pay(books, invoice, 40)
    row = books.rows("invoice")[0]
    assert (row["status"], row["balance"]) == ("partially_paid", 60)
    assert row["last_modified_time"] > invoice["last_modified_time"]
    after = books.read("contact", invoice["customer_id"])
    assert (after["last_modified_time"], after["outstanding_receivable_amount"]) == (contact["last_modified_time"], 60)


def test_voided_invoice_keeps_its_balance_in_rows(books: Books) -> None:
    """0.4 [REC]."""
    invoice_id = books.sent("invoice")["invoice_id"]
    answer = books.post(f"/invoices/{invoice_id}/status/void")
    assert told(answer) == "Invoice status has been changed to Void."
    row = books.rows("invoice")[0]
    assert (row["status"], row["balance"], row["total"]) == ("void", 100, 100)
    assert books.read("contact", row["customer_id"])["outstanding_receivable_amount"] == 0


def test_customers_own_currency_and_rate(books: Books) -> None:
    """The customer's currency is the document's; item prices are in the base currency."""
    pounds = books.get("/settings/currencies").json()["currencies"][1]
    item = books.item("Tour", 117)["item_id"]
    customer = books.contact(currency_id=pounds["currency_id"])["contact_id"]
    made = books.document("invoice", customer, line_items=[{"item_id": item}])
    assert (made["currency_code"], made["exchange_rate"], made["total"], made["bcy_total"]) == (
        "GBP",
        Decimal("1.17"),
        100,
        117,
    )
    own = books.document("invoice", customer, exchange_rate=2, line_items=[{"item_id": item}])
    assert (own["total"], own["bcy_total"]) == (58.5, 117)


def test_name_of_a_customer_changes_on_its_documents(books: Books) -> None:
    invoice = books.document("invoice")
    books.contact("Middle")
    books.put(f"/contacts/{invoice['customer_id']}", {"contact_name": "Zebra"})
    assert books.rows("invoice")[0]["customer_name"] == "Zebra"
    assert books.rows("invoice", sort_column="customer_name")[0]["customer_name"] == "Zebra"


def test_addresses_and_templates_of_a_document(books: Books) -> None:
    """5.5 and 2.4."""
    for kind in KINDS:
        made = books.document(kind)
        path = f"/{kind}s/{made[f'{kind}_id']}"
        assert told(books.put(f"{path}/address/billing", {"city": "Porto"})) == "Address updated"
        template = books.get(f"/{kind}s/templates").json()["templates"][-1]
        assert set(template) == {"template_name", "template_id", "template_type"}
        told(books.put(f"{path}/templates/{template['template_id']}", {}))
        after = books.read(kind, made[f"{kind}_id"])
        assert (after["billing_address"]["city"], after["template_id"]) == ("Porto", template["template_id"])
        assert refused(books.put(f"{path}/templates/123", {})) == (400, 2)
        books.delete(path)


def test_sales_orders_do_not_exist_under_invoice(invoice: Books) -> None:
    """5.7: 404 code 5."""
    for method, path in (("GET", "/salesorders"), ("POST", "/salesorders"), ("POST", "/invoices/fromsalesorder")):
        answer = invoice.call(method, path, params={"salesorder_id": "1"})
        assert refused(answer) == (404, 5)
        assert answer.json()["message"] == "Invalid URL Passed"


def test_documents_are_shared_between_the_two_roots(books: Books, invoice: Books) -> None:
    """1.3: the same records through both roots."""
    made = invoice.document("invoice")
    assert books.read("invoice", made["invoice_id"]) == made


def test_sales_order_may_come_without_lines(books: Books) -> None:
    """5.2: not required by OAS for sales orders."""
    made = books.document("salesorder", line_items=[])
    assert (made["total"], made["line_items"]) == (0, [])
