"""A sales person in a real Chromium: from a deal to a sent document, in the frame of the mini Bigin, across sites."""

from __future__ import annotations

from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import FrameLocator, Page, Response, expect

from accounts.models import Installation
from invoices.models import Document
from tests.axe import violations_in_both
from tests.browser import chromium, new_context
from tests.invoices.browser import MARTA, TOMASZ, People, Stage, alone, fits, part, shot, stage
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal
from tests.looks import NARROW, trouble

__all__ = ["chromium", "new_context", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_deal_to_estimate_to_mail_to_accepted_to_order_to_invoice_to_pdf(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page, frame = stage.signed_in(new_context(accept_downloads=True), deal["id"])
    expect(part(frame, "documents")).to_be_visible()
    part(frame, "tab-estimate").click()
    expect(part(frame, "new")).to_have_text("New estimate")
    shot(page, "invoices-panel-estimates")
    part(frame, "new").click()
    expect(part(frame, "draft-form")).to_be_visible()
    fill_in(page, frame)
    shown = part(frame, "total").inner_text()
    part(frame, "save").click()
    expect(part(frame, "number")).to_contain_text("QT-", timeout=20_000)
    expect(part(frame, "books-total")).to_have_text(shown)
    shot(page, "invoices-detail-estimate")
    part(frame, "email").click()
    expect(part(frame, "mail-form")).to_be_visible()
    shot(page, "invoices-mail")
    part(frame, "send").click()
    for button, status in (("act-accepted", "Sent"), ("convert-salesorder", "Accepted")):
        expect(part(frame, "status")).to_have_text(status, timeout=20_000)
        part(frame, button).click()
    expect(part(frame, "number")).to_contain_text("SO-", timeout=20_000)
    part(frame, "act-open").click()
    expect(part(frame, "status")).to_have_text("Confirmed", timeout=20_000)
    part(frame, "convert-invoice").click()
    expect(part(frame, "number")).to_contain_text("INV-", timeout=20_000)
    expect(part(frame, "books-total")).to_have_text(shown)
    shot(page, "invoices-detail-invoice")
    assert downloaded(page, frame) == "application/pdf"
    made = Document.objects.filter(state="stands", key__isnull=False)
    assert sorted(made.values_list("kind", flat=True)) == ["estimate", "invoice", "salesorder"]


def fill_in(page: Page, frame: FrameLocator) -> None:
    """By keyboard: a quantity, a line with an item found by part of its name, moved up."""
    before = part(frame, "total").inner_text()
    frame.get_by_label("Quantity").first.fill("3")
    expect(part(frame, "total")).not_to_have_text(before)
    frame.get_by_label("Quantity").first.press("Alt+Enter")
    name = frame.get_by_label("Item", exact=True).last
    expect(name).to_be_focused()
    name.press_sequentially("transfer", delay=20)
    expect(part(frame, "item-choice")).to_be_visible()
    shot(page, "invoices-form-items")
    name.press("ArrowDown")
    frame.locator("[data-test='item-choice']:focus").press("Enter")
    expect(frame.get_by_label("Quantity").last).to_be_focused()
    lines = frame.get_by_label("Item", exact=True)
    chosen = lines.last.input_value()
    frame.get_by_label("Quantity").last.press("Alt+ArrowUp")
    moved = lines.nth(lines.count() - 2)
    expect(moved).to_have_value(chosen)
    expect(moved).to_be_focused()
    shot(page, "invoices-form-estimate")


def downloaded(page: Page, frame: FrameLocator) -> str:
    """The type of the file that a window of its own got, without any cookie of the frame."""
    with page.context.expect_event("response", lambda answer: "/file/document/" in answer.url) as got:
        part(frame, "pdf-save").click()
    answer: Response = got.value
    assert answer.status == 200
    assert "cookie" not in answer.request.headers
    return str(answer.headers["content-type"])


def test_a_customer_who_is_not_in_books_is_created_with_the_first_invoice(stage: Stage, new_context: People) -> None:
    books = stage.desk.books
    deal = deal_of_new_company(stage.desk, "Nimbus Tandem Rides")
    page, frame = stage.signed_in(new_context(), deal["id"])
    expect(part(frame, "no-customer")).to_contain_text("is not a customer in Books yet")
    part(frame, "new").click()
    expect(part(frame, "form-customer")).to_have_text("Nimbus Tandem Rides")
    shot(page, "invoices-form-new-customer")
    part(frame, "save").dblclick()
    expect(part(frame, "number")).to_contain_text("INV-", timeout=30_000)
    rows = [row for row in books.contacts_page().rows if row["contact_name"] == "Nimbus Tandem Rides"]
    assert len(rows) == 1
    made = books.documents_page("invoices", filters={"customer_id": rows[0]["contact_id"]}).rows
    assert [row["invoice_number"] for row in made] == [part(frame, "number").inner_text()]


def deal_of_new_company(desk: Desk, name: str) -> dict[str, Any]:
    bigin = desk.bigin
    like = bigin.get("Pipelines", desk.deals()[0]["id"])
    assert like
    [company] = bigin.insert("Accounts", [{"Account_Name": name}])
    values = {key: like[key] for key in ("Sub_Pipeline", "Stage")}
    [deal] = bigin.insert(
        "Pipelines",
        [{**values, "Deal_Name": f"{name} tour", "Amount": 640, "Account_Name": {"id": company.id},
          "Pipeline": {"id": like["Pipeline"]["id"]}}],
    )  # fmt: skip
    assert company.ok, company
    assert deal.ok, deal
    return {"id": deal.id}


@pytest.mark.parametrize("stage", ["invoice"], indirect=True)
def test_zoho_invoice_shows_no_sales_orders(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page, frame = stage.signed_in(new_context(), deal["id"])
    expect(part(frame, "tab-estimate")).to_be_visible()
    expect(part(frame, "tab-salesorder")).to_have_count(0)
    shot(page, "invoices-panel-zoho-invoice")


def test_with_zoho_down_the_panel_says_what_it_knew(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page, frame = stage.signed_in(new_context(), deal["id"])
    expect(part(frame, "age")).to_contain_text("As Books said")
    part(frame, "all").check()
    expect(part(frame, "list")).to_be_visible()
    stage.sandbox.fault("error_before", product="books", times=0)
    part(frame, "open").click()
    expect(part(frame, "content-trouble")).to_be_visible(timeout=30_000)
    shot(page, "invoices-detail-books-down")
    part(frame, "back").click()
    expect(part(frame, "documents")).to_be_visible()
    part(frame, "new").click()
    expect(frame.get_by_text("cannot be reached right now").first).to_be_visible(timeout=60_000)
    shot(page, "invoices-panel-books-down")
    assert not Document.objects.filter(key__isnull=False).exists()


def test_a_standard_user_without_access_to_the_record_gets_nothing(stage: Stage, new_context: People) -> None:
    hidden = hidden_deal(stage)
    page, frame = stage.signed_in(new_context(), hidden["id"], TOMASZ)
    expect(part(frame, "no-access")).to_be_visible()
    shot(page, "invoices-no-access")
    assert hidden["Deal_Name"] not in frame.locator("body").inner_text()
    assert not Document.objects.filter(key__isnull=False).exists()


def hidden_deal(stage: Stage) -> dict[str, Any]:
    """One that restricted Tomasz cannot open, by his own token."""
    token = stage.sandbox.token("tomasz.wielicki@wanderlust-travel.example")
    for deal in stage.desk.deals():
        request = Request(f"{stage.sandbox.url}/bigin/v2/Pipelines/{deal['id']}")
        request.add_header("Authorization", f"Zoho-oauthtoken {token['access_token']}")
        with urlopen(request, timeout=10) as answer:
            if answer.status == 204:
                return deal
    raise AssertionError("the seed hides no deal from him")


@pytest.mark.parametrize("looks", [("light", "dark"), ("narrow",)], ids=["wide", "narrow"])
def test_the_screens_fit_and_are_accessible(stage: Stage, new_context: People, looks: tuple[str, ...]) -> None:
    deal, _ = linked_deal(stage.desk)
    page = alone(stage, new_context(), stage.desk.url(deal["id"]), NARROW if looks == ("narrow",) else 1100)
    expect(part(page, "age")).to_contain_text("As Books said")
    part(page, "all").check()
    expect(part(page, "list")).to_be_visible()
    assert trouble(page, "invoices-panel", looks) == []
    part(page, "open").click()
    expect(part(page, "content")).to_be_visible()
    assert trouble(page, "invoices-detail", looks) == []
    part(page, "back").click()
    part(page, "new").click()
    expect(part(page, "draft-form")).to_be_visible()
    assert trouble(page, "invoices-form", looks) == []
    part(page, "add-line").click()
    expect(page.get_by_label("Item", exact=True).last).to_be_focused()
    part(page, "save").click()
    expect(part(page, "errors")).to_be_visible()
    assert trouble(page, "invoices-form-errors", looks) == []


def test_the_administrators_screens(stage: Stage, new_context: People) -> None:
    page = alone(stage, new_context(), "/embed/documents/settings/", 1100)
    expect(part(page, "rights-form")).to_be_visible()
    page.get_by_label("Void documents").check()
    part(page, "save-rights").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Void documents")).to_be_checked()
    part(page, "check-keys").click()
    expect(part(page, "key-invoice")).to_contain_text("field found")
    part(page, "make-token").click()
    expect(part(page, "secret")).to_contain_text("bb_")
    fits(page, "invoices-settings")
    assert violations_in_both(page) == []
    page.goto(f"{stage.base_url}/embed/delete/")
    with page.context.expect_page() as opened:
        part(page, "fresh-start").click()
    window = opened.value
    window.locator(f"#user-{MARTA}").check()
    window.locator("#accept").click()
    expect(part(window, "delete-form")).to_be_visible()
    fits(window, "invoices-delete")
    assert violations_in_both(window) == []
    window.locator("#name").fill("something else")
    part(window, "delete").click()
    expect(window.get_by_text("Type the name exactly as shown")).to_be_visible()
    window.locator("#name").fill(stage.installation.bigin_org_name)
    part(window, "delete").click()
    expect(part(window, "deleted")).to_be_visible()
    fits(window, "invoices-deleted")
    assert violations_in_both(window) == []
    assert not Installation.objects.exists()
