"""What a sales person does to a document that stands: pressed twice where that could hurt, asked where it is final."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from invoices.models import Action, Document
from tests.browser import chromium, new_context
from tests.invoices.browser import People, Stage, part, shot, stage
from tests.invoices.test_from_a_deal import linked_deal

__all__ = ["chromium", "new_context", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NUMBERS = {"invoice": "INV-", "estimate": "QT-", "salesorder": "SO-"}


def made(stage: Stage, page: Page, record_id: str, kind: str) -> None:
    """A new document of that kind, on the screen."""
    page.goto(f"{stage.base_url}{stage.desk.url(record_id, f'?tab={kind}')}")
    part(page, "new").click()
    expect(part(page, "draft-form")).to_be_visible()
    if page.get_by_label("Bill it again").count():
        page.get_by_label("Bill it again").check()
    part(page, "save").click()
    expect(part(page, "number")).to_contain_text(NUMBERS[kind])


def becomes(page: Page, button: str, status: str) -> None:
    part(page, button).click()
    expect(part(page, "status")).to_have_text(status)
    expect(part(page, button)).to_have_count(0)


def test_edited_deleted_after_a_second_thought_and_voided(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, "/embed/record/")
    made(stage, page, deal["id"], "invoice")
    number = part(page, "number").inner_text()
    part(page, "edit").click()
    page.get_by_label("Quantity").first.fill("7")
    page.get_by_label("Notes for the customer").fill("Seven of them.")
    part(page, "save").dblclick()
    expect(part(page, "number")).to_have_text(number)
    expect(part(page, "content")).to_contain_text("Seven of them.")
    page.once("dialog", lambda dialog: dialog.dismiss())
    part(page, "act-delete").click()
    expect(part(page, "act-delete")).to_be_enabled()
    assert not Action.objects.filter(op="delete").exists()
    asked: list[str] = []
    page.once("dialog", lambda dialog: agree(dialog, asked))
    part(page, "act-delete").click()
    expect(page.get_by_text("This document was deleted in Books.")).to_be_visible()
    expect(part(page, "actions")).to_have_count(0)
    assert asked == ["Delete this draft in Books?"]
    assert Document.objects.get(number=number).state == "gone"
    made(stage, page, deal["id"], "invoice")
    becomes(page, "act-sent", "Sent")
    expect(part(page, "act-delete")).to_have_count(0)
    page.once("dialog", lambda dialog: agree(dialog, asked))
    becomes(page, "act-void", "Void")
    expect(part(page, "edit")).to_have_count(0)
    expect(part(page, "email")).to_have_count(0)
    shot(page, "invoices-detail-voided")
    assert Action.objects.filter(op="void", state="done").count() == 1


def agree(dialog: Dialog, asked: list[str]) -> None:
    asked.append(dialog.message)
    dialog.accept()


def test_declined_accepted_and_converted_once_however_often_it_is_pressed(stage: Stage, new_context: People) -> None:
    deal, customer = linked_deal(stage.desk)
    page = stage.direct(new_context, "/embed/record/")
    made(stage, page, deal["id"], "estimate")
    expect(part(page, "convert-invoice")).to_have_count(0)
    becomes(page, "act-sent", "Sent")
    becomes(page, "act-declined", "Declined")
    becomes(page, "act-accepted", "Accepted")
    estimate = page.url
    part(page, "convert-invoice").dblclick()
    expect(part(page, "number")).to_contain_text("INV-")
    expect(part(page, "related")).to_contain_text("Made from QT-")
    page.goto(estimate)
    expect(part(page, "status")).to_have_text("Invoiced")
    expect(part(page, "related")).to_contain_text("Converted to INV-")
    made_of_it = Document.objects.filter(source__isnull=False, state="stands")
    assert [one.customer_id for one in made_of_it] == [customer["contact_id"]]
