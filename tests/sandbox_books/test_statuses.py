"""Changes of status (reference/books-api.md 5.4), payments, credits, conversions (5.6)."""

from __future__ import annotations

import pytest

from tests.sandbox_books.api import Books, Json, refused, told
from tests.sandbox_books.test_documents import pay


def status(books: Books, kind: str, record_id: str) -> str:
    return str(books.read(kind, record_id)["status"])


def test_invoice_sent_and_repeated(books: Books) -> None:
    """draft -> sent; anything later is a success without a change [NAN]; no e-mail."""
    invoice_id = books.document("invoice")["invoice_id"]
    for _ in range(2):
        answer = books.post(f"/invoices/{invoice_id}/status/sent")
        assert told(answer) == "Invoice status has been changed to Sent."
    found = books.read("invoice", invoice_id)
    assert (found["status"], found["is_emailed"]) == ("sent", False)


def test_invoice_past_its_due_date_shows_overdue(books: Books) -> None:
    """draft -> sent shows overdue if the due date has passed."""
    invoice_id = books.sent("invoice", date="2026-09-01", due_date="2026-09-15")["invoice_id"]
    assert status(books, "invoice", invoice_id) == "overdue"
    assert books.rows("invoice", status="overdue")[0]["due_days"] == "Overdue by 24 days"


def test_invoice_becomes_overdue_with_the_clock(books: Books) -> None:
    invoice_id = books.sent("invoice", due_date="2026-10-09")["invoice_id"]
    assert books.rows("invoice")[0]["due_days"] == "Due Today"
    books.sandbox.advance(86_400)
    assert status(Books(books.sandbox), "invoice", invoice_id) == "overdue"


def test_invoice_void_repeats_and_returns_to_draft_only_from_void(books: Books) -> None:
    """repeat = success [NAN]; void -> draft only [OAS]; void rejects sent [NAN]; void cannot be edited [NAN]."""
    invoice_id = books.sent("invoice")["invoice_id"]
    assert refused(books.post(f"/invoices/{invoice_id}/status/draft"))[0] == 400
    for _ in range(2):
        told(books.post(f"/invoices/{invoice_id}/status/void"))
    assert refused(books.post(f"/invoices/{invoice_id}/status/sent"))[0] == 400
    assert refused(books.put(f"/invoices/{invoice_id}", {"notes": "late"}))[0] == 400
    answer = books.post(f"/invoices/{invoice_id}/status/draft")
    assert told(answer) == "Status of invoice changed from void to draft"
    assert status(books, "invoice", invoice_id) == "draft"


def test_void_unlinks_payments(books: Books) -> None:
    """irreversible for money: payments are unlinked [OAS]."""
    invoice = books.sent("invoice")
    pay(books, invoice, 30)
    books.post(f"/invoices/{invoice['invoice_id']}/status/void")
    found = books.read("invoice", invoice["invoice_id"])
    assert (found["status"], found["payment_made"]) == ("void", 0)
    assert books.read("contact", invoice["customer_id"])["unused_credits_receivable_amount"] == 30


def test_payments_make_statuses(books: Books) -> None:
    """5.1: partially_paid, paid; 5.4: with a payment neither deleted (4001) nor given to another customer (3010)."""
    invoice = books.sent("invoice")
    path = f"/invoices/{invoice['invoice_id']}"
    payment = pay(books, invoice, 40)
    assert status(books, "invoice", invoice["invoice_id"]) == "partially_paid"
    assert refused(books.delete(path)) == (400, 4001)
    assert refused(books.put(path, {"customer_id": books.contact("Other")["contact_id"]})) == (400, 3010)
    pay(books, invoice, 60)
    found = books.read("invoice", invoice["invoice_id"])
    assert (found["status"], found["balance"], found["payment_made"]) == ("paid", 0, 100)
    assert [one["amount"] for one in books.get(f"{path}/payments").json()["payments"]] == [40, 60]
    told(books.delete(f"/customerpayments/{payment['payment_id']}"))
    assert status(books, "invoice", invoice["invoice_id"]) == "partially_paid"


def test_payment_cannot_be_more_than_the_balance(books: Books) -> None:
    invoice = books.sent("invoice")
    part = {"invoice_id": invoice["invoice_id"], "amount_applied": 101}
    body: Json = {"customer_id": invoice["customer_id"], "amount": 101, "invoices": [part]}
    assert refused(books.post("/customerpayments", body)) == (400, 24016)
    body = {**body, "amount": 60, "invoices": [{**part, "amount_applied": 70}]}
    assert refused(books.post("/customerpayments", body)) == (400, 24016)
    nothing = {**body, "invoices": [{**part, "amount_applied": 0}]}
    assert refused(books.post("/customerpayments", nothing)) == (400, 2)
    assert books.get("/customerpayments").json()["customerpayments"] == []


def test_paid_draft_is_sent(books: Books) -> None:
    invoice = books.document("invoice")
    pay(books, invoice, 100)
    assert status(books, "invoice", invoice["invoice_id"]) == "paid"


def test_one_part_of_a_payment_can_be_taken_back(books: Books) -> None:
    """books-operations.txt: DELETE /invoices/{id}/payments/{invoice_payment_id}."""
    invoice = books.sent("invoice")
    pay(books, invoice, 100)
    path = f"/invoices/{invoice['invoice_id']}/payments"
    part = books.get(path).json()["payments"][0]["invoice_payment_id"]
    told(books.delete(f"{path}/{part}"))
    assert (status(books, "invoice", invoice["invoice_id"]), books.get(path).json()["payments"]) == ("sent", [])
    assert refused(books.delete(f"{path}/{part}")) == (404, 1002)


def test_credits_lock_an_invoice(books: Books) -> None:
    """5.4: delete 12008, change of customer 3009."""
    invoice = books.sent("invoice")
    path = f"/invoices/{invoice['invoice_id']}"
    body = {"customer_id": invoice["customer_id"], "line_items": [{"rate": 25, "quantity": 1}]}
    note = books.made("/creditnotes", body, "creditnote")["creditnote_id"]
    assert books.read("contact", invoice["customer_id"])["unused_credits_receivable_amount"] == 25
    too_much = {"apply_creditnotes": [{"creditnote_id": note, "amount_applied": 26}]}
    assert refused(books.post(f"{path}/credits", too_much)) == (400, 2)
    told(books.post(f"{path}/credits", {"apply_creditnotes": [{"creditnote_id": note, "amount_applied": 25}]}))
    found = books.read("invoice", invoice["invoice_id"])
    assert (found["credits_applied"], found["balance"]) == (25, 75)
    assert refused(books.delete(path)) == (400, 12008)
    assert refused(books.put(path, {"customer_id": books.contact("Other")["contact_id"]})) == (400, 3009)
    applied = books.get(f"{path}/creditsapplied").json()["credits"][0]["creditnotes_invoice_id"]
    told(books.delete(f"{path}/creditsapplied/{applied}"))
    assert books.read("invoice", invoice["invoice_id"])["balance"] == 100
    told(books.delete(path))


def test_write_off_and_back(books: Books) -> None:
    """5.4 [OAS]."""
    invoice_id = books.sent("invoice")["invoice_id"]
    told(books.post(f"/invoices/{invoice_id}/writeoff"))
    found = books.read("invoice", invoice_id)
    assert (found["status"], found["balance"], found["write_off_amount"]) == ("paid", 0, 100)
    told(books.post(f"/invoices/{invoice_id}/writeoff/cancel"))
    assert books.read("invoice", invoice_id)["balance"] == 100
    assert refused(books.post(f"/invoices/{invoice_id}/writeoff/cancel"))[0] == 400
    told(books.post(f"/invoices/{invoice_id}/writeoff"))
    told(books.post(f"/invoices/{invoice_id}/status/void"))
    assert refused(books.post(f"/invoices/{invoice_id}/writeoff/cancel"))[0] == 400
    assert status(books, "invoice", invoice_id) == "void"


def test_estimate_has_no_way_back_to_draft(books: Books) -> None:
    """[NAN][LIVE-a]."""
    estimate_id = books.document("estimate")["estimate_id"]
    answer = books.post(f"/estimates/{estimate_id}/status/sent")
    assert told(answer) == "Quote status has been changed to Sent."
    assert refused(books.post(f"/estimates/{estimate_id}/status/draft")) == (404, 5)


@pytest.mark.parametrize("answer", ["accepted", "declined"])
def test_estimate_answers(books: Books, answer: str) -> None:
    """must not be draft; repeating = error, not success [NAN]."""
    estimate_id = books.document("estimate")["estimate_id"]
    path = f"/estimates/{estimate_id}/status/{answer}"
    assert refused(books.post(path))[0] == 400
    assert status(books, "estimate", estimate_id) == "draft"
    books.post(f"/estimates/{estimate_id}/status/sent")
    assert told(books.post(path)) == f"Quote status has been changed to {answer.capitalize()}."
    assert refused(books.post(path))[0] == 400
    found = books.read("estimate", estimate_id)
    assert (found["status"], found[f"{answer}_date"]) == (answer, "2026-10-09")


def test_estimate_expires_with_the_clock(books: Books) -> None:
    """5.1: status expired."""
    estimate_id = books.sent("estimate", expiry_date="2026-10-09")["estimate_id"]
    books.sandbox.advance(86_400)
    fresh = Books(books.sandbox)
    assert status(fresh, "estimate", estimate_id) == "expired"
    assert fresh.ids("estimate", filter_by="Status.Expired") == {estimate_id}


def test_sales_order_open_and_void(books: Books) -> None:
    """open; void takes a reason, repeat = success, refused if invoiced [NAN]."""
    order_id = books.document("salesorder")["salesorder_id"]
    assert told(books.post(f"/salesorders/{order_id}/status/open")) == "Sales order status has been changed to Open."
    for _ in range(2):
        answer = books.post(f"/salesorders/{order_id}/status/void", {"reason": "twice"})
        assert told(answer) == "Sales order status has been changed to Void."
    found = books.read("salesorder", order_id)
    assert (found["status"], found["order_status"], found["void_reason"]) == ("void", "void", "twice")
    other = books.sent("salesorder", customer_id=found["customer_id"])["salesorder_id"]
    books.post("/invoices/fromsalesorder", salesorder_id=other)
    assert refused(books.post(f"/salesorders/{other}/status/void"))[0] == 400
    assert refused(books.delete(f"/salesorders/{other}")) == (400, 36)


def test_sub_status(books: Books) -> None:
    order_id = books.sent("salesorder")["salesorder_id"]
    told(books.post(f"/salesorders/{order_id}/substatus/cs_packed"))
    assert books.read("salesorder", order_id)["current_sub_status"] == "cs_packed"
    assert refused(books.post(f"/salesorders/{order_id}/substatus/packed")) == (400, 2)


def test_order_to_invoice(books: Books) -> None:
    """5.6: 201, returns `invoice`; a draft order is refused."""
    order = books.document("salesorder", reference_number="PO-9", line_items=[{"name": "A", "rate": 5, "quantity": 2}])
    assert refused(books.post("/invoices/fromsalesorder", salesorder_id=order["salesorder_id"]))[0] == 400
    books.post(f"/salesorders/{order['salesorder_id']}/status/open")
    answer = books.post("/invoices/fromsalesorder", salesorder_id=order["salesorder_id"])
    invoice = answer.json()["invoice"]
    assert (answer.status_code, invoice["status"], invoice["total"]) == (201, "draft", 10)
    assert (invoice["salesorder_id"], invoice["salesorder_number"]) == (order["salesorder_id"], "SO-00001")
    assert invoice["line_items"][0]["salesorder_item_id"] == order["line_items"][0]["line_item_id"]
    after = books.read("salesorder", order["salesorder_id"])
    assert (after["status"], after["invoiced_status"], after["line_items"][0]["quantity_invoiced"]) == (
        "invoiced",
        "invoiced",
        2,
    )
    assert [one["invoice_id"] for one in after["invoices"]] == [invoice["invoice_id"]]


def test_invoice_lines_from_order_lines(books: Books) -> None:
    """5.2: salesorder_item_id bills a part of an order."""
    order = books.sent("salesorder", line_items=[{"name": "A", "rate": 5, "quantity": 2}])
    line = {"name": "A", "rate": 5, "quantity": 1, "salesorder_item_id": order["line_items"][0]["line_item_id"]}
    made = books.document("invoice", order["customer_id"], line_items=[line])
    assert made["salesorder_id"] == order["salesorder_id"]
    assert status(books, "salesorder", order["salesorder_id"]) == "partially_invoiced"
    body = {"customer_id": order["customer_id"], "line_items": [{**line, "salesorder_item_id": "123"}]}
    assert refused(books.post("/invoices", body)) == (400, 2)
    assert len(books.rows("invoice")) == 1


def test_attach_invoices_to_an_order(books: Books) -> None:
    """5.6: mapwithorder [OAS]."""
    item = books.item()["item_id"]
    order = books.sent("salesorder", line_items=[{"item_id": item}])
    made = books.document("invoice", order["customer_id"], line_items=[{"item_id": item}])
    body = {"invoice_ids": [made["invoice_id"]]}
    told(books.post("/invoices/mapwithorder", body, salesorder_id=order["salesorder_id"]))
    assert status(books, "salesorder", order["salesorder_id"]) == "invoiced"


def test_fromestimates_is_not_idempotent_and_tells_no_id(books: Books) -> None:
    """5.6 [LIVE-b]."""
    estimate = books.sent("estimate")
    for _ in range(2):
        answer = books.post("/invoices/fromestimates", estimate_ids=estimate["estimate_id"])
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (200, 0, {})
    found = books.read("estimate", estimate["estimate_id"])
    assert (found["status"], len(found["invoice_ids"]), len(books.rows("invoice"))) == ("invoiced", 2, 2)
    assert books.read("invoice", found["invoice_ids"][0])["estimate_id"] == estimate["estimate_id"]


def test_fromestimates_refuses_drafts(books: Books) -> None:
    """5.6: mark sent first [LIVE-b]; one draft refuses all."""
    good = books.sent("estimate")
    draft = books.document("estimate", good["customer_id"])
    answer = books.post("/invoices/fromestimates", estimate_ids=f"{good['estimate_id']},{draft['estimate_id']}")
    assert refused(answer) == (400, 1002)
    assert answer.json()["message"] == "Some of the quotes cannot be converted to Invoices."
    assert books.rows("invoice") == []


def test_converttoinvoice_does_not_exist(books: Books) -> None:
    """5.6: 404 "Invalid URL Passed" [LIVE-b]."""
    estimate_id = books.sent("estimate")["estimate_id"]
    assert refused(books.post(f"/estimates/{estimate_id}/converttoinvoice")) == (404, 5)


def test_invoiced_estimate_id_links_on_create_and_on_put(books: Books) -> None:
    """5.2: estimate -> invoiced, invoice.estimate_id set, also later by PUT [LIVE-a]."""
    first = books.sent("estimate")
    customer = first["customer_id"]
    made = books.document("invoice", customer, invoiced_estimate_id=first["estimate_id"])
    assert made["estimate_id"] == first["estimate_id"]
    found = books.read("estimate", first["estimate_id"])
    assert (found["status"], found["invoice_ids"], found["invoiced_amount"]) == ("invoiced", [made["invoice_id"]], 100)
    second = books.sent("estimate", customer_id=customer)["estimate_id"]
    other = books.document("invoice", customer)["invoice_id"]
    told(books.put(f"/invoices/{other}", {"invoiced_estimate_id": second}))
    assert books.read("invoice", other)["estimate_id"] == second
    assert status(books, "estimate", second) == "invoiced"


def test_link_to_somebody_elses_estimate_is_refused_before_anything_is_stored(books: Books) -> None:
    estimate = books.sent("estimate")["estimate_id"]
    stranger = books.contact("Stranger")["contact_id"]
    body = {"customer_id": stranger, "line_items": [{"name": "T", "rate": 1}], "invoiced_estimate_id": estimate}
    assert refused(books.post("/invoices", body)) == (400, 2)
    assert books.rows("invoice") == []


def test_deleting_the_invoice_frees_its_estimate(books: Books) -> None:
    estimate = books.sent("estimate")
    made = books.document("invoice", estimate["customer_id"], invoiced_estimate_id=estimate["estimate_id"])
    told(books.delete(f"/invoices/{made['invoice_id']}"))
    found = books.read("estimate", estimate["estimate_id"])
    assert (found["status"], found["invoice_ids"]) == ("sent", [])


def test_deleting_the_estimate_frees_its_invoice(books: Books) -> None:
    estimate = books.sent("estimate")
    made = books.document("invoice", estimate["customer_id"], invoiced_estimate_id=estimate["estimate_id"])
    told(books.delete(f"/estimates/{estimate['estimate_id']}"))
    assert books.read("invoice", made["invoice_id"])["estimate_id"] == ""


def test_order_from_an_estimate(books: Books) -> None:
    """5.6: POST /salesorders with estimate_id in the body [OAS]."""
    estimate = books.sent("estimate")
    order = books.document("salesorder", estimate["customer_id"], estimate_id=estimate["estimate_id"])
    assert order["estimate_id"] == estimate["estimate_id"]
    found = books.read("estimate", estimate["estimate_id"])
    assert [one["salesorder_id"] for one in found["salesorders"]] == [order["salesorder_id"]]
    assert found["is_transaction_created"] is True


def test_submit_and_approve(books: Books) -> None:
    """5.4 [OAS]: an approved document can be sent."""
    for kind in ("invoice", "estimate", "salesorder"):
        record_id = books.document(kind)[f"{kind}_id"]
        path = f"/{kind}s/{record_id}"
        assert refused(books.post(f"{path}/approve"))[0] == 400
        told(books.post(f"{path}/submit"))
        assert status(books, kind, record_id) == "pending_approval"
        assert refused(books.post(f"{path}/submit"))[0] == 400
        told(books.post(f"{path}/approve"))
        assert status(books, kind, record_id) == "approved"
        told(books.post(f"{path}/status/{'open' if kind == 'salesorder' else 'sent'}"))
        books.delete(path)
