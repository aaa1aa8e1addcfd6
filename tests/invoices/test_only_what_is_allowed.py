"""Old pages, crafted requests, and what looks like proof but is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from invoices import bodies
from invoices.models import Action, Document
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import in_books, post, sent, standing


def lines_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    names = ("item_id", "name", "rate", "quantity", "line_item_id")
    return [{name: line[name] for name in names if line.get(name) not in (None, "")} for line in row["line_items"]]


def with_optional_line(desk: Desk) -> tuple[Document, Decimal]:
    estimate = standing(desk, "estimate")
    lines = [*lines_of(in_books(desk, estimate)), {"name": "Optional transfer", "rate": 500, "quantity": 0}]
    desk.books.update_document("estimates", estimate.books_id or "", {"line_items": lines})
    post(desk, estimate, "act/sent/")
    desk.worker.run()
    estimate.refresh_from_db()
    assert estimate.total is not None
    return estimate, estimate.total


def test_a_conversion_bills_no_line_of_quantity_0(desk: Desk) -> None:
    estimate, total = with_optional_line(desk)
    post(desk, estimate, "convert/invoice/")
    desk.worker.run()
    made = Document.objects.get(source=estimate)
    assert (made.state, made.total, made.warnings) == ("stands", total, [])
    assert [line["quantity"] for line in in_books(desk, made)["line_items"]][-1] == 0


def test_an_edit_leaves_a_line_of_quantity_0_as_it_is(desk: Desk) -> None:
    estimate, total = with_optional_line(desk)
    assert post(desk, estimate, "edit/").status_code == 302
    revision = Document.objects.get(revises=estimate)
    assert desk.press(revision, "save", reference="changed").status_code == 302
    desk.worker.run()
    row = in_books(desk, estimate)
    revision.refresh_from_db()
    assert (revision.state, row["reference_number"], row["total"]) == ("discarded", "changed", total)


def test_rule_6_3_the_tax_of_an_untaxed_line_is_left_to_books() -> None:
    row = {"line_items": [{"line_item_id": "1", "name": "Guide", "rate": 10, "quantity": 2, "tax_id": ""}]}
    draft = bodies.from_books("invoice", row, "EUR")
    assert "tax_id" not in bodies.to_books(draft)["line_items"][0]
    taxed = bodies.from_books("invoice", {"line_items": [{**row["line_items"][0], "tax_id": "7"}]}, "EUR")
    assert bodies.to_books(taxed)["line_items"][0]["tax_id"] == "7"


def test_rule_6_3_a_conversion_that_comes_to_another_total_says_so(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    post(desk, estimate, "act/sent/")
    desk.worker.run()
    shown = in_books(desk, estimate)["total"]
    Document.objects.filter(pk=estimate.pk).update(total=shown + 1)
    post(desk, estimate, "convert/invoice/")
    desk.worker.run()
    made = Document.objects.get(source=estimate)
    assert made.total == shown
    assert [text for text in made.warnings if "The estimate comes to" in text] == made.warnings != []


def test_rule_7_5_a_sent_invoice_is_not_deleted_from_an_old_page(desk: Desk) -> None:
    invoice = standing(desk)
    post(desk, invoice, "act/sent/")
    desk.worker.run()
    assert post(desk, invoice, "act/delete/").status_code == 302
    desk.worker.run()
    assert not Action.objects.filter(op="delete").exists()
    assert in_books(desk, invoice)["status"] in ("sent", "overdue")


def test_rule_7_5_an_invoice_sent_in_books_meanwhile_is_not_deleted(desk: Desk) -> None:
    invoice = standing(desk)
    desk.books.status("invoices", invoice.books_id or "", "sent")
    post(desk, invoice, "act/delete/")
    desk.worker.run()
    action = Action.objects.get(op="delete")
    assert action.state == "refused"
    assert "only drafts are deleted" in action.error
    assert in_books(desk, invoice)["invoice_id"] == invoice.books_id


def test_a_draft_is_deleted_once_however_often_it_is_pressed(desk: Desk) -> None:
    invoice = standing(desk)
    for _ in range(3):
        post(desk, invoice, "act/delete/")
    desk.worker.run()
    invoice.refresh_from_db()
    assert (Action.objects.get(op="delete").state, invoice.state) == ("done", "gone")
    assert desk.books.document("invoices", invoice.books_id or "") is None


def test_a_conversion_taken_back_can_be_asked_for_again(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    post(desk, estimate, "act/sent/")
    desk.worker.run()
    before = len(desk.made("invoices", estimate.customer_id))
    post(desk, estimate, "convert/invoice/")
    stopped = Document.objects.get(source=estimate)
    answer = post(desk, stopped, "decide/cancel/")
    page = desk.client.get(answer["Location"])
    assert page.status_code == 302
    assert str(estimate.pk) in page["Location"]
    desk.worker.run()
    post(desk, estimate, "convert/invoice/")
    desk.worker.run()
    assert sorted(Document.objects.filter(source=estimate).values_list("state", flat=True)) == ["discarded", "stands"]
    assert len(desk.made("invoices", estimate.customer_id)) == before + 1


@pytest.mark.parametrize("fault", ["drop_before", "error_before"])
def test_an_older_equal_comment_does_not_prove_a_lost_one(desk: Desk, fault: str) -> None:
    invoice = standing(desk)
    post(desk, invoice, "act/comment/", text="call them")
    desk.worker.run()
    desk.sandbox.fault(fault, product="books", method="POST", path="/comments$")
    post(desk, invoice, "act/comment/", text="call them")
    desk.worker.run()
    assert list(
        Action.objects.filter(op="comment", member__isnull=False).order_by("pk").values_list("state", flat=True)
    ) == [
        "done",
        "refused",
    ]


def test_rule_7_5_an_earlier_mail_does_not_prove_a_lost_one(desk: Desk) -> None:
    invoice = standing(desk)
    mail = {"more": "someone@example.com", "subject": "First", "body": "x"}
    post(desk, invoice, "email/", **mail)
    desk.worker.run()
    desk.sandbox.fault("drop_before", product="books", method="POST", path="/email$")
    post(desk, invoice, "email/", **{**mail, "subject": "Second"})
    desk.worker.run()
    assert list(Action.objects.filter(op="send").order_by("pk").values_list("state", flat=True)) == [
        "done",
        "unconfirmed",
    ]
    assert [one["subject"] for one in sent(desk) if one["subject"] in ("First", "Second")] == ["First"]
