"""From a deal to an invoice in Books: whose, with which lines, for how much, and once."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest

from invoices.models import Action, Document, TimelineNote
from invoices.templatetags import documents
from tests.invoices.conftest import Desk


def linked_deal(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """A deal with products, its company paired with a customer of Books."""
    customer = next(row for row in desk.books.contacts_page().rows if row["status"] == "active")
    for deal in desk.deals():
        rows = desk.bigin.related("Pipelines", deal["id"], "Products", ["Product_Name"]).rows
        if deal["Account_Name"] and rows:
            desk.link("company-customer", deal["Account_Name"]["id"], customer["contact_id"], customer["contact_name"])
            return deal, customer
    raise AssertionError("the seed has no such deal")


def test_a_deal_becomes_one_invoice_with_its_customer_its_products_and_its_total(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    before = {row["invoice_id"] for row in desk.made(customer_id=customer["contact_id"])}
    document = desk.new(deal["id"])
    answer = desk.press(document, "save")
    assert answer.status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    made = [row for row in desk.made(customer_id=customer["contact_id"]) if row["invoice_id"] not in before]
    assert [row["invoice_id"] for row in made] == [document.books_id]
    products = desk.bigin.related(
        "Pipelines", deal["id"], "Products", ["Product_Name", "Quantity", "List_Price", "Discount", "Total"]
    ).rows
    assert [line["name"] for line in made[0]["line_items"]] == [row["Product_Name"] for row in products]
    assert made[0]["total"] == document.total == document.shown_total
    assert made[0]["status"] == "draft"
    assert document.number == made[0]["invoice_number"]


def test_rule_7_7_the_deal_gets_a_note_and_the_document_a_comment_that_names_the_rep(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    desk.press(document, "save")
    desk.worker.run()
    document.refresh_from_db()
    notes = [row["Note_Content"] for row in desk.bigin.notes("Pipelines", deal["id"]).rows]
    assert sum(document.number in note and desk.member.name in note for note in notes) == 1
    comments = [row["description"] for row in desk.books.comments("invoices", document.books_id or "")]
    assert sum(desk.member.name in comment and deal["Deal_Name"] in comment for comment in comments) == 1
    assert TimelineNote.objects.get().state == "done"
    assert Action.objects.get().state == "done"


def test_rule_7_3_new_reload_and_back_resume_the_one_open_form(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    first = desk.new(deal["id"])
    desk.press(first, "add")
    again = desk.new(deal["id"])
    assert again.pk == first.pk
    assert Document.objects.count() == 1
    assert len(again.payload["draft"]["lines"]) == len(first.payload["draft"]["lines"]) + 1


def test_rule_7_3_a_form_that_is_sent_five_times_makes_one_document(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    before = len(desk.made(customer_id=customer["contact_id"]))
    document = desk.new(deal["id"])
    data = {**desk.form(document), "op": "save"}
    url = desk.url(deal["id"], f"documents/{document.pk}/form/")
    for _ in range(5):
        desk.client.post(url, data)
    desk.worker.run()
    desk.client.post(url, data)
    desk.worker.run()
    assert len(desk.made(customer_id=customer["contact_id"])) == before + 1


def test_rule_7_3_a_deal_that_was_billed_wants_an_explicit_tick(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    desk.press(desk.new(deal["id"]), "save")
    desk.worker.run()
    before = len(desk.made(customer_id=customer["contact_id"]))
    second = desk.new(deal["id"])
    refused = desk.press(second, "save")
    assert refused.status_code == 422
    assert "already billed" in refused.content.decode()
    desk.worker.run()
    assert len(desk.made(customer_id=customer["contact_id"])) == before
    assert desk.press(second, "save", bill_again="on").status_code == 302
    desk.worker.run()
    assert len(desk.made(customer_id=customer["contact_id"])) == before + 1


def billed_text(desk: Desk, document: Document) -> str:
    page = desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/")).content.decode()
    block = page.split('data-test="billed"', 1)[1].split("<div", 1)[0] if 'data-test="billed"' in page else ""
    return " ".join(re.sub(r"<[^>]*>|^[^>]*>", " ", block).split())


def made_before(desk: Desk, document: Document, **values: Any) -> Document:
    """Another document of the same deal and kind, as a colleague's."""
    given = {"state": "stands", "status": "sent", "total": Decimal("100"), "currency": "EUR", **values}
    return Document.objects.create(
        installation=desk.installation, kind=document.kind, key=uuid.uuid4().hex, record_module="Pipelines",
        record_id=document.record_id, **{"books_id": uuid.uuid4().hex, **given},
    )  # fmt: skip


def test_rule_7_3_what_is_billed_is_summed_for_each_currency_and_says_what_it_counts(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    form = desk.new(deal["id"])
    assert billed_text(desk, form) == ""
    made_before(desk, form, total=Decimal("1000.50"))
    made_before(desk, form, total=Decimal("20"), status="draft")
    made_before(desk, form, total=Decimal("7500"), currency="JPY", status="paid")
    made_before(desk, form, total=Decimal("999"), status="void")
    made_before(desk, form, total=Decimal("999"), state="gone")
    amount = documents.money(deal["Amount"], "EUR")
    assert billed_text(desk, form) == (
        f"This deal is already billed: 1,020.50 EUR + 7,500 JPY of {amount}. Counted are 3 documents of this kind that"
        " were made from this deal and stand in Books, void ones aside."
    )
    assert billed_text(desk, desk.new(deal["id"], "estimate")) == ""


@pytest.mark.parametrize("state", ["queued", "creating", "checking", "unconfirmed"])
def test_rule_7_3_a_colleagues_document_on_its_way_wants_the_tick_too(desk: Desk, state: str) -> None:
    deal, _ = linked_deal(desk)
    form = desk.new(deal["id"])
    made_before(desk, form, state=state, status="", books_id=None)
    assert billed_text(desk, form) == "1 more of this kind is on its way to Books or not confirmed yet."
    assert desk.press(form, "save").status_code == 422
    assert desk.press(form, "save", bill_again="on").status_code == 302


def test_lines_are_added_filled_moved_and_taken_away_on_the_server(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    count = len(document.payload["draft"]["lines"])
    desk.press(document, "add")
    changes = {f"lines-{count}-name": "Visa fee", f"lines-{count}-quantity": "2", f"lines-{count}-rate": "12,50"}
    desk.press(document, f"up-{count}", **changes)
    document.refresh_from_db()
    lines = document.payload["draft"]["lines"]
    assert (lines[count - 1]["name"], lines[count - 1]["quantity"], lines[count - 1]["rate"]) == (
        "Visa fee",
        "2",
        "12.50",
    )
    for _ in range(count - 1):
        desk.press(document, "remove-0")
    document.refresh_from_db()
    assert [line["name"] for line in document.payload["draft"]["lines"]] == ["Visa fee", lines[-1]["name"]]


def test_totals_follow_what_is_typed_and_nothing_is_sent(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    for index in reversed(range(1, len(document.payload["draft"]["lines"]))):
        desk.press(document, f"remove-{index}")
    changes = {
        "lines-0-quantity": "3", "lines-0-rate": "100", "lines-0-tax": "none", "discount_type": "entity_level",
        "discount": "10", "shipping": "5",
    }  # fmt: skip
    desk.press(document, "compute", **changes)
    data = {**desk.form(document), **changes}
    answer = desk.client.post(desk.url(deal["id"], f"documents/{document.pk}/totals/"), data)
    assert answer.status_code == 200
    assert answer.context["sums"].total == Decimal("275.00")
    document.refresh_from_db()
    assert (document.state, document.books_id) == ("draft", None)


def test_a_second_tab_does_not_overwrite_the_first(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    stale = desk.form(document)
    desk.press(document, "compute", reference="typed in the first tab")
    answer = desk.client.post(
        desk.url(deal["id"], f"documents/{document.pk}/form/"),
        {**stale, "op": "save", "reference": "typed in the second"},
    )
    assert answer.status_code == 409
    here = desk.url(deal["id"], f"documents/{document.pk}/")
    assert f'href="{here}"' in answer.content.decode()
    live = desk.client.post(here + "totals/", {**stale, "reference": "typed in the second"})
    assert (live.status_code, f'href="{here}"' in live.content.decode()) == (409, True)
    document.refresh_from_db()
    assert (document.payload["draft"]["reference"], document.state) == ("typed in the first tab", "draft")
