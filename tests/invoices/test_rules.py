"""Rules 6 to 8 as far as they are about documents: those that no other file of this folder proves, and that all are."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps

from invoices import feeds, offers, tasks
from invoices.models import Action, Catalogue, Document, TimelineNote
from sync.models import Link, Record
from tests.invoices.conftest import Desk
from tests.invoices.test_bad_input import one_line
from tests.invoices.test_detail import get, post, sent, standing
from tests.invoices.test_exactly_once import worker_round
from tests.invoices.test_from_a_deal import linked_deal
from tests.invoices.test_panel import text_of
from tests.invoices.test_whose_customer import contact, deal

# 6.4, 8.2 and 8.3 are about the sync and the connection; tests/sync, tests/sync_proof and tests/accounts prove them.
RULES = {
    "6_1", "6_2", "6_3", "7_1", "7_2", "7_3", "7_4", "7_5", "7_6", "7_7", "8_1", "8_4",
}  # fmt: skip


def test_each_rule_about_documents_has_a_test_that_names_it() -> None:
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    named = {found for text in texts for found in re.findall(r"def test_rule_([0-9]_[0-9])_", text)}
    assert RULES - named == set()


# 6 Money


def active(desk: Desk, currency: str) -> dict[str, Any]:
    rows = desk.books.contacts_page().rows
    return next(row for row in rows if row["status"] == "active" and row["currency_code"] == currency)


def test_rule_6_1_a_customer_of_another_currency_changes_no_number_silently(desk: Desk) -> None:
    """Chosen for a form that was in the base currency: its prices wait to be typed or converted, shown beside."""
    document = desk.new(deal(desk, Amount=120))
    foreign = active(desk, "GBP")
    url = desk.url(document.record_id, f"documents/{document.pk}/")
    assert desk.client.post(url + "customer/", {"customer_id": foreign["contact_id"]}).status_code == 302
    document.refresh_from_db()
    [line] = document.payload["draft"]["lines"]
    assert (line["rate"], Decimal(line["deal_price"]), document.currency) == ("0", Decimal(120), "GBP")
    refused = desk.press(document, "save")
    assert refused.status_code == 422
    assert "Type the price in GBP" in text_of(refused)
    desk.press(document, "convert", deal_rate="0.85")
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.currency, document.total) == ("GBP", Decimal(102))


def test_rule_6_2_a_deal_in_the_customers_own_currency_is_billed_as_it_is(desk: Desk) -> None:
    record, _ = linked_deal(desk)
    foreign = active(desk, "GBP")
    Link.objects.all().delete()
    desk.link("company-customer", record["Account_Name"]["id"], foreign["contact_id"], foreign["contact_name"])
    desk.installation.bigin_currency = "GBP"
    desk.installation.save()
    fields = ["Product_Name", "Quantity", "List_Price", "Discount", "Total"]
    rows = desk.bigin.related("Pipelines", record["id"], "Products", fields).rows
    lines = desk.new(record["id"]).payload["draft"]["lines"]
    assert [(Decimal(one["rate"]), one["deal_price"]) for one in lines] == [(row["List_Price"], None) for row in rows]


def test_rule_6_2_a_converted_price_is_shown_with_the_deals_own(desk: Desk) -> None:
    record, _ = linked_deal(desk)
    foreign = active(desk, "GBP")
    Link.objects.all().delete()
    desk.link("company-customer", record["Account_Name"]["id"], foreign["contact_id"], foreign["contact_name"])
    document = desk.new(record["id"])
    page = text_of(desk.client.get(desk.url(record["id"], f"documents/{document.pk}/")))
    form = desk.form(document)
    for index, line in enumerate(document.payload["draft"]["lines"]):
        assert Decimal(form[f"lines-{index}-rate"]) == Decimal(line["rate"])
        assert f"{Decimal(line['deal_price']):,.2f} EUR in the deal" in page


# 7 From a deal to a document


def like_deal(desk: Desk) -> tuple[str, list[str]]:
    """A deal of a contact, and two customers of Books with that contact's e-mail: either may be it."""
    person = {"first_name": "A", "last_name": "Torn", "email": "torn@walkers.example", "is_primary_contact": True}
    names = ("Torn and Daughters", "Torn Family")
    like = {"contact_type": "customer", "customer_sub_type": "individual", "contact_persons": [person]}
    bodies = [{**like, "contact_name": name} for name in names]
    made = [desk.books.create_contact(body)["contact_id"] for body in bodies]
    who = contact(desk, "Torn")
    desk.bigin.update("Contacts", [{"id": who, "Email": person["email"]}])
    return deal(desk, Contact_Name={"id": who}), made


def asked_whom(desk: Desk) -> tuple[Document, list[str]]:
    """Saved once: Books holds candidates, and the form is open again."""
    record, customers = like_deal(desk)
    document = desk.new(record)
    desk.press(document, "save")
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.books_id) == ("refused", None)
    assert {one["id"] for one in document.payload["candidates"]} == set(customers)
    return document, customers


def test_rule_7_1_candidates_are_offered_and_the_chosen_one_is_billed(desk: Desk) -> None:
    document, customers = asked_whom(desk)
    url = desk.url(document.record_id, f"documents/{document.pk}/")
    page = text_of(desk.client.get(url))
    assert "Torn and Daughters" in page
    assert 'data-test="create-new"' in page
    assert "Choose one of these customers" in text_of(desk.press(document, "save"))
    assert desk.client.post(url + "customer/", {"customer_id": customers[1]}).status_code == 302
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.customer_id) == ("stands", customers[1])


def test_rule_7_1_none_of_the_candidates_creates_the_customer_in_the_same_action(desk: Desk) -> None:
    document, customers = asked_whom(desk)
    url = desk.url(document.record_id, f"documents/{document.pk}/")
    assert desk.client.post(url + "customer/", {"create_new": "1"}).status_code == 302
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    made = desk.books.contact(document.customer_id)
    assert made
    assert (made["contact_name"], document.customer_id in customers) == ("Ada Torn", False)


def test_rule_7_2_a_product_without_an_item_is_linked_created_or_left_a_free_line(desk: Desk) -> None:
    document = one_line(desk)
    line = document.payload["draft"]["lines"][0]
    assert (bool(line["product_id"]), line["item_id"]) == (True, "")
    page = text_of(desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/")))
    assert all(f'value="{op}-0"' in page for op in ("make", "relink"))
    assert "not in Books yet" in text_of(desk.press(document, "relink-0"))
    item = desk.books.create_item({"name": "The tour", "rate": Decimal(1)})
    desk.link("product-item", line["product_id"], item["item_id"], "The tour")
    Record.objects.filter(remote_id=item["item_id"]).update(meta={"status": "active"})
    desk.press(document, "relink-0")
    document.refresh_from_db()
    linked = document.payload["draft"]["lines"][0]
    price = Decimal(line["rate"])
    assert (linked["item_id"], linked["name"], Decimal(linked["rate"])) == (item["item_id"], "The tour", price)
    page = text_of(desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/")))
    assert 'value="free-0"' in page
    desk.press(document, "free-0")
    document.refresh_from_db()
    free = document.payload["draft"]["lines"][0]
    assert (free["item_id"], free["product_id"], Decimal(free["rate"])) == ("", "", price)


def test_rule_7_2_a_deals_stage_and_amount_are_never_written(desk: Desk) -> None:
    record, _ = linked_deal(desk)
    before = desk.bigin.get("Pipelines", record["id"])
    assert before
    document = standing(desk)
    post(desk, document, "act/sent/")
    desk.worker.run()
    after = desk.bigin.get("Pipelines", record["id"])
    assert after == before
    writes = {(row["method"], row["endpoint"]) for row in desk.sandbox.calls()["by"] if row["product"] == "bigin"}
    assert {one for one in writes if one[0] != "GET"} == {("POST", "/Pipelines/{id}/Notes")}


def test_rule_7_4_the_administrator_is_told_which_kinds_have_the_key_and_may_look_again(desk: Desk) -> None:
    assert dict(desk.client.get("/embed/documents/settings/").context["keys"]) == {
        "invoice": False, "estimate": False, "salesorder": False,
    }  # fmt: skip
    assert desk.client.post("/embed/documents/settings/check/").status_code == 302
    assert dict(desk.client.get("/embed/documents/settings/").context["keys"]) == {
        "invoice": True, "estimate": True, "salesorder": True,
    }  # fmt: skip


def test_rule_7_4_until_it_is_known_the_page_says_checking_and_offers_no_second_attempt(
    desk: Desk, settings: Any
) -> None:
    settings.SYNC_ABSENCE_SECONDS = 60
    record, _ = linked_deal(desk)
    document = desk.new(record["id"])
    Catalogue.objects.update(fields={})
    desk.press(document, "save")
    desk.sandbox.fault("drop_before", times=1, product="books", method="POST", path="/invoices$")
    for _ in range(2):
        worker_round(desk, document)
    page = text_of(get(desk, document))
    assert "Checking in Books" in page
    assert 'data-test="create-anyway"' not in page


def test_rule_7_4_the_reference_is_the_customers(desk: Desk) -> None:
    """Our own mark goes into our own field."""
    record, _ = linked_deal(desk)
    document = desk.new(record["id"])
    desk.press(document, "save", reference="PO 4711")
    desk.worker.run()
    document.refresh_from_db()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert row["reference_number"] == "PO 4711"
    keys = {one["api_name"]: one["value"] for one in row["custom_fields"]}
    assert keys[offers.KEY_FIELD] == document.key


def test_rule_7_5_save_and_send_makes_a_draft_first_and_sends_it_by_an_action_of_its_own(desk: Desk) -> None:
    record, _ = linked_deal(desk)
    document = desk.new(record["id"])
    before = len(sent(desk))
    desk.press(document, "send")
    task, pk, _seconds = desk.worker.jobs.pop(0)
    assert (task, pk) == ("create", str(document.pk))
    tasks.create(pk)
    row = desk.books.document("invoices", Document.objects.get(pk=pk).books_id or "")
    assert row
    assert (row["status"], len(sent(desk))) == ("draft", before)
    assert Action.objects.get(op="send").state == "queued"
    desk.worker.run()
    assert Action.objects.get(op="send").state == "done"
    assert len(sent(desk)) == before + 1


def test_rule_7_6_a_document_from_before_the_connection_writes_no_note(desk: Desk) -> None:
    """Mirrored first as a draft, it is sent and paid afterwards; it was made from no deal of ours."""
    record, customer = linked_deal(desk)
    body = {"customer_id": customer["contact_id"], "line_items": [{"name": "x", "rate": Decimal(5), "quantity": 1}]}
    old = desk.books.create_document("invoices", body)
    feeds.pull(desk.installation, "invoice")
    desk.sandbox.advance(300)
    desk.books.status("invoices", old["invoice_id"], "sent")
    feeds.pull(desk.installation, "invoice")
    desk.worker.run()
    assert Document.objects.get(books_id=old["invoice_id"]).status in ("sent", "overdue")
    assert not TimelineNote.objects.exists()
    assert desk.bigin.notes("Pipelines", record["id"]).rows == []


# 8 Privacy


def test_rule_8_4_neither_a_mails_text_nor_a_pdf_is_kept(desk: Desk) -> None:
    document = standing(desk)
    form = get(desk, document, "email/").context["form"]
    said = "Only for your eyes"
    post(desk, document, "email/", to=form.initial["to"], subject=said, body=said, attach="on")
    held = Action.objects.get(op="send")
    assert said in str(held.payload)
    desk.worker.run()
    secret = post(desk, document, "pdf/")["Location"]
    assert desk.client.get(secret).content.startswith(b"%PDF-")
    ours = ("accounts", "invoices", "sync")
    rows = [
        row for model in apps.get_models() if model._meta.app_label in ours for row in model._default_manager.values()
    ]
    assert rows
    assert not [row for row in rows if said in str(row) or "%PDF" in str(row)]
