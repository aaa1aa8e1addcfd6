"""Mail, PDF, history, attachments, links (reference/books-api.md 5.5), custom fields (3.7), keyed writes (9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_books.api import Books, Json, refused, told

KINDS = ("invoice", "estimate", "salesorder")
SPOKEN = {"invoice": "invoice", "estimate": "quote", "salesorder": "sales order"}


def outbox(books: Books) -> list[Json]:
    state: Any = books.sandbox.control("GET", "state")
    held: list[Json] = state["books"]["60021234501"]["outbox"]
    return held


@pytest.mark.parametrize("kind", KINDS)
def test_email_content_is_nested_under_data(books: Books, kind: str) -> None:
    """0.3 and 5.5 [LIVE-a]."""
    made = books.document(kind)
    data = books.get(f"/{kind}s/{made[f'{kind}_id']}/email").json()["data"]
    assert data["to_contacts"][0]["email"] == books.read("contact", made["customer_id"])["email"]
    assert data["to_contacts"][0]["selected"] is True
    assert data["file_name"] == f"{made[f'{kind}_number']}.pdf"
    assert {"subject", "body", "from_emails", "emailtemplates", "attach_pdf", "customer_id", "customer_name"} <= set(
        data
    )


@pytest.mark.parametrize("kind", KINDS)
def test_email_marks_the_document_sent(books: Books, kind: str) -> None:
    """5.5: subject and body may be left out [LIVE-a]; the message [REC]."""
    made = books.document(kind)
    record_id = made[f"{kind}_id"]
    body = {"to_mail_ids": ["pat@customer.example"], "cc_mail_ids": ["boss@customer.example"]}
    for first in (True, False):
        answer = books.post(f"/{kind}s/{record_id}/email", body)
        assert told(answer) == f"Your {SPOKEN[kind]} has been sent."
        assert answer.json()["is_first_email"] is first
    found = books.read(kind, record_id)
    assert (found["status"], found["is_emailed"]) == ("open" if kind == "salesorder" else "sent", True)
    mails = outbox(books)
    assert [(mail["to"], mail["cc"], mail["document_id"]) for mail in mails] == [
        (["pat@customer.example"], ["boss@customer.example"], record_id)
    ] * 2
    assert made[f"{kind}_number"] in mails[0]["subject"]


def test_email_needs_a_recipient(books: Books) -> None:
    """books-fields.txt: to_mail_ids*."""
    invoice_id = books.document("invoice")["invoice_id"]
    assert refused(books.post(f"/invoices/{invoice_id}/email", {"subject": "Hi"})) == (400, 15)
    assert refused(books.post(f"/invoices/{invoice_id}/email", {"to_mail_ids": ["nobody"]})) == (400, 2)
    assert (books.read("invoice", invoice_id)["status"], outbox(books)) == ("draft", [])


def test_send_on_create(books: Books) -> None:
    """5.2: send=true e-mails at once."""
    customer = books.contact()["contact_id"]
    body = {"customer_id": customer, "line_items": [{"name": "T", "rate": 1}]}
    made = books.made("/invoices", body, "invoice", send="true")
    assert (made["status"], made["is_emailed"]) == ("sent", True)
    assert outbox(books)[0]["to"] == ["ann@northwind.example"]
    books.made("/invoices", {**body, "custom_subject": "Yours", "custom_body": "<p>Hi</p>"}, "invoice", send="true")
    assert (outbox(books)[1]["subject"], outbox(books)[1]["body"]) == ("Yours", "<p>Hi</p>")


def test_bulk_mail_goes_to_each_customer(books: Books) -> None:
    """5.5."""
    first, second = (books.document("invoice", books.contact(name)["contact_id"]) for name in ("Alder", "Birch"))
    told(books.post("/invoices/email", invoice_ids=f"{first['invoice_id']},{second['invoice_id']}"))
    assert [mail["to"] for mail in outbox(books)] == [["ann@alder.example"], ["ann@birch.example"]]


def test_a_refused_mail_comment_or_reminder_leaves_nothing_behind(books: Books) -> None:
    invoice = books.document("invoice")
    path = f"/invoices/{invoice['invoice_id']}"
    assert refused(books.post(f"{path}/email", {"to_mail_ids": ["a@a.example"], "attach_pdf": "perhaps"})) == (400, 2)
    comment = {"description": "x", "payment_expected_date": "2026-12-01", "show_comment_to_clients": "perhaps"}
    assert refused(books.post(f"{path}/comments", comment)) == (400, 2)
    owed = books.sent("invoice", customer_id=invoice["customer_id"])["invoice_id"]
    both = f"{owed},{invoice['invoice_id']}"
    assert refused(books.post("/invoices/paymentreminder", invoice_ids=both))[0] == 400
    assert (books.read("invoice", invoice["invoice_id"]), outbox(books)) == (invoice, [])


def test_payment_reminder(books: Books) -> None:
    """5.5: only for what is owed."""
    invoice = books.document("invoice")
    path = f"/invoices/{invoice['invoice_id']}/paymentreminder"
    assert refused(books.post(path))[0] == 400
    books.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    assert "due" in books.get(path).json()["data"]["subject"]
    told(books.post(path))
    found = books.read("invoice", invoice["invoice_id"])
    assert (found["reminders_sent"], found["last_reminder_sent_date"]) == (1, "2026-10-09")
    told(books.post("/invoices/paymentreminder", invoice_ids=invoice["invoice_id"]))
    assert books.read("invoice", invoice["invoice_id"])["reminders_sent"] == 2
    told(books.post(f"{path}/disable"))
    assert books.read("invoice", invoice["invoice_id"])["payment_reminder_enabled"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_pdf_is_a_pdf_and_its_errors_are_json(books: Books, kind: str) -> None:
    """5.5: bytes starting %PDF-; errors are still JSON [LIVE-a]."""
    made = books.document(kind, line_items=[{"name": "Tour «Łódź» 東京\n" * 4, "rate": "9.99"}])
    answer = books.get(f"/{kind}s/{made[f'{kind}_id']}", accept="pdf")
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert refused(books.get(f"/{kind}s/1", accept="pdf")) == (404, 1002)
    page = books.get(f"/{kind}s/{made[f'{kind}_id']}", accept="html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert made[f"{kind}_number"] in page.text


def test_html_escapes_what_people_typed(books: Books) -> None:
    customer = books.contact("<script>alert(1)</script>", contact_persons=[])["contact_id"]
    made = books.document("invoice", customer)
    assert "<script>" not in books.get(f"/invoices/{made['invoice_id']}", accept="html").text
    assert "<script>" not in books.get(f"/invoices/{made['invoice_id']}/email").json()["data"]["body"]


def test_many_as_one_pdf(books: Books) -> None:
    """5.5: 25 at most."""
    customer = books.contact()["contact_id"]
    ids = [books.document("estimate", customer)["estimate_id"] for _ in range(2)]
    answer = books.get("/estimates/pdf", estimate_ids=",".join(ids))
    assert (answer.content[:5], answer.content.count(b"/Type /Page\n")) == (b"%PDF-", 2)
    assert refused(books.get("/estimates/pdf")) == (400, 2)
    assert refused(books.get("/estimates/print", estimate_ids=",".join(map(str, range(26))))) == (400, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_comments_and_history(books: Books, kind: str) -> None:
    """5.5: key `comments`, newest first here; what the system wrote cannot be changed."""
    made = books.document(kind)
    path = f"/{kind}s/{made[f'{kind}_id']}/comments"
    answer = books.post(path, {"description": "Rep: Ana", "show_comment_to_clients": False})
    comment = answer.json()["comment"]
    assert told(answer) == "Comments added."
    assert books.get(path).json()["comments"][0]["description"] == "Rep: Ana"
    assert {"comment_id", "commented_by", "commented_by_id", "comment_type", "date", "time", "operation_type",
            "transaction_id", "transaction_type", "date_description"} <= set(comment)  # fmt: skip
    assert comment["commented_by"] == "Marta Quintela"
    told(books.put(f"{path}/{comment['comment_id']}", {"description": "Rep: Bo"}))
    told(books.delete(f"{path}/{comment['comment_id']}"))
    system = books.get(path).json()["comments"]
    assert [one["operation_type"] for one in system] == ["created"]
    assert refused(books.delete(f"{path}/{system[0]['comment_id']}")) == (404, 1002)
    assert refused(books.post(path, {})) == (400, 15)


def test_attachment(books: Books) -> None:
    """5.5: multipart `attachment`; gif png jpeg jpg bmp pdf."""
    made = books.document("invoice")
    path = f"/invoices/{made['invoice_id']}/attachment"
    assert refused(books.get(path)) == (404, 1002)
    told(books.call("POST", path, files={"attachment": ("map.png", b"\x89PNG data", "image/png")}))
    answer = books.get(path)
    assert (answer.content, answer.headers["Content-Type"]) == (b"\x89PNG data", "image/png")
    assert books.rows("invoice")[0]["has_attachment"] is True
    told(books.call("PUT", path, params={"can_send_in_mail": "true"}))
    assert books.read("invoice", made["invoice_id"])["can_send_in_mail"] is True
    assert refused(books.call("POST", path, files={"attachment": ("x.exe", b"MZ", "application/x-dosexec")})) == (
        400,
        2,
    )
    told(books.delete(path))
    assert books.read("invoice", made["invoice_id"])["has_attachment"] is False


def test_payment_link(books: Books) -> None:
    """5.5: data.share_link, scope settings.ALL [OAS]."""
    invoice_id = books.document("invoice")["invoice_id"]
    answer = books.get("/share/paymentlink", transaction_id=invoice_id, transaction_type="invoice", link_type="public")
    assert invoice_id in answer.json()["data"]["share_link"]
    assert refused(books.get("/share/paymentlink", transaction_id=invoice_id, expiry_time="soon")) == (400, 2)
    narrow = Books(books.sandbox, scopes=["ZohoBooks.settings.READ"])
    assert refused(narrow.get("/share/paymentlink", transaction_id=invoice_id)) == (401, 57)


def field_ids(books: Books) -> dict[str, str]:
    return {
        one["api_name"]: one["field_id"] for one in books.get("/settings/fields", entity="contact").json()["fields"]
    }


def test_custom_fields_have_three_shapes(books: Books) -> None:
    """3.7 [COM, real payloads]: array, hash, and promoted keys on rows."""
    books.field("contact", "Points", data_type="number")
    given = [{"api_name": "cf_travel_style", "value": "Groups"}, {"label": "Points", "value": 12}]
    made = books.contact(custom_fields=given)
    assert made["custom_field_hash"] == {
        "cf_travel_style": "Groups",
        "cf_travel_style_unformatted": "Groups",
        "cf_points": "12",
        "cf_points_unformatted": 12,
    }
    first, second = made["custom_fields"]
    assert set(first) == {
        "field_id", "customfield_id", "api_name", "label", "index", "data_type", "value", "value_formatted",
        "search_entity", "placeholder", "is_active", "show_on_pdf", "show_in_all_pdf", "show_in_store",
        "show_in_portal", "edit_on_portal", "edit_on_store", "is_dependent_field", "selected_option_id",
    }  # fmt: skip
    assert (second["value"], second["value_formatted"], second["label"]) == (12, "12", "Points")
    row = books.rows("contact")[0]
    assert (row["cf_travel_style"], row["cf_points_unformatted"]) == ("Groups", 12)
    assert row["custom_fields"] == made["custom_fields"]


def test_custom_fields_are_empty_shapes_when_none(books: Books) -> None:
    """3.7 [REC]."""
    made = books.contact()
    assert (made["custom_fields"], made["custom_field_hash"]) == ([], {})


def test_custom_fields_may_be_named_in_four_ways(books: Books) -> None:
    """3.7: id, api name, label, index."""
    ids = field_ids(books)
    contact_id = books.contact()["contact_id"]
    keys: list[Json] = [
        {"customfield_id": ids["cf_loyalty_number"]},
        {"api_name": "cf_loyalty_number"},
        {"label": "Loyalty number"},
        {"index": 2},
    ]
    for number, key in enumerate(keys):
        body = {"custom_fields": [{**key, "value": f"L{number}"}]}
        told(books.put(f"/contacts/{contact_id}", body))
        assert books.read("contact", contact_id)["custom_field_hash"]["cf_loyalty_number"] == f"L{number}"


def test_custom_fields_not_named_keep_and_empty_clears(books: Books) -> None:
    given = [{"api_name": "cf_travel_style", "value": "Groups"}, {"api_name": "cf_loyalty_number", "value": "7"}]
    contact_id = books.contact(custom_fields=given)["contact_id"]
    books.put(f"/contacts/{contact_id}", {"custom_fields": [{"api_name": "cf_loyalty_number", "value": ""}]})
    assert list(books.read("contact", contact_id)["custom_field_hash"]) == [
        "cf_travel_style",
        "cf_travel_style_unformatted",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        {"api_name": "cf_nothing", "value": "x"},
        {"value": "x"},
        {"api_name": "cf_travel_style", "value": "Camping"},
        {"api_name": "cf_loyalty_number", "value": {"a": 1}},
    ],
)
def test_custom_field_values_that_do_not_fit_are_refused(books: Books, entry: Json) -> None:
    """3.7: dropdown options are closed; unknown names are refused."""
    assert refused(books.post("/contacts", {"contact_name": "Alder", "custom_fields": [entry]})) == (400, 2)
    assert books.rows("contact") == []


def test_documents_carry_their_own_custom_fields(books: Books) -> None:
    """3.7: set alone by the singular path."""
    for kind in KINDS:
        made = books.document(kind)
        body = {"custom_fields": [{"api_name": "cf_bigin_key", "value": f"deal-{kind}"}]}
        told(books.put(f"/{kind}/{made[f'{kind}_id']}/customfields", body))
        row = books.rows(kind, cf_bigin_key=f"deal-{kind}")[0]
        assert (row[f"{kind}_id"], row["cf_bigin_key"]) == (made[f"{kind}_id"], f"deal-{kind}")
        assert books.rows(kind, custom_field_contains="eal-") == [row]
        books.delete(f"/{kind}s/{made[f'{kind}_id']}")


@pytest.mark.parametrize("kind", KINDS)
def test_keyed_write_creates_once_and_then_updates(books: Books, kind: str) -> None:
    """9.1 [OAS][PAGE]: X-Unique-Identifier-Key, -Value, X-Upsert."""
    customer = books.contact()["contact_id"]
    body: Json = {"customer_id": customer, "line_items": [{"name": "Tour", "rate": 5}]}
    body["custom_fields"] = [{"api_name": "cf_bigin_key", "value": "deal-1"}]
    headers = {"X-Unique-Identifier-Key": "cf_bigin_key", "X-Unique-Identifier-Value": "deal-1", "X-Upsert": "true"}
    first = books.put(f"/{kind}s", body, headers)
    second = books.put(f"/{kind}s", {"notes": "again"}, headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()[kind][f"{kind}_id"] == second.json()[kind][f"{kind}_id"]
    assert (len(books.rows(kind)), second.json()[kind]["notes"]) == (1, "again")
    assert second.json()[kind]["total"] == 5


def test_keyed_write_of_contacts_and_items(books: Books) -> None:
    """9.1: on contacts and items too."""
    for entity, create in (("contact", {"contact_name": "Alder"}), ("item", {"name": "Tour", "rate": 3})):
        field = books.field(entity, "Outside id", is_unique=True)
        headers = {"X-Unique-Identifier-Key": field["api_name"], "X-Unique-Identifier-Value": "7", "X-Upsert": "true"}
        body: Json = {**create, "custom_fields": [{"api_name": field["api_name"], "value": "7"}]}
        made = books.put(f"/{entity}s", body, headers).json()[entity]
        changed = books.put(f"/{entity}s", {"custom_fields": []}, headers).json()[entity]
        assert made[f"{entity}_id"] == changed[f"{entity}_id"]
        assert len(books.rows(entity)) == 1


def test_keyed_write_without_upsert_or_with_a_bad_key_writes_nothing(books: Books) -> None:
    """9.1: no match without X-Upsert is an error; the field must prevent duplicates."""
    headers = {"X-Unique-Identifier-Key": "cf_bigin_key", "X-Unique-Identifier-Value": "deal-1"}
    body = {"customer_id": books.contact()["contact_id"], "line_items": [{"name": "T", "rate": 1}]}
    assert refused(books.put("/invoices", body, headers)) == (404, 1002)
    wrong = {**headers, "X-Unique-Identifier-Key": "cf_nothing", "X-Upsert": "true"}
    assert refused(books.put("/invoices", body, wrong)) == (400, 2)
    plain = {"X-Unique-Identifier-Key": "cf_travel_style", "X-Unique-Identifier-Value": "Groups", "X-Upsert": "true"}
    assert refused(books.put("/contacts", {"contact_name": "Alder"}, plain)) == (400, 2)
    assert refused(books.put("/invoices", body)) == (400, 2)
    assert books.rows("invoice") == []


def test_plain_post_with_a_taken_unique_value_is_refused(books: Books) -> None:
    """9.1: the safety net [MEM]."""
    customer = books.contact()["contact_id"]
    key = [{"api_name": "cf_bigin_key", "value": "deal-1"}]
    books.document("invoice", customer, custom_fields=key)
    body = {"customer_id": customer, "line_items": [{"name": "T", "rate": 1}], "custom_fields": key}
    assert refused(books.post("/invoices", body)) == (400, 1001)
    assert books.document("estimate", customer, custom_fields=key)["custom_field_hash"]["cf_bigin_key"] == "deal-1"
    assert len(books.rows("invoice")) == 1
