"""What comes behind a screen takes away no click, no typing and no focus."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Response, Route, expect

from accounts.models import RecordAccess
from invoices import feeds
from invoices.models import CustomerBalance, Document
from sync.models import Link
from tests.browser import chromium, new_context
from tests.invoices.browser import People, Stage, part, stage
from tests.invoices.test_from_a_deal import linked_deal

__all__ = ["chromium", "new_context", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def hold_books(stage: Stage) -> None:
    """Books answers what is asked behind a panel when it is let go."""
    for path in ("/contacts/", "/invoices$"):
        stage.sandbox.fault("hold", product="books", method="GET", path=path, times=1)


def let_books_go(stage: Stage) -> None:
    stage.sandbox.control("DELETE", "faults")


def hold(page: Page, name: str) -> None:
    """The button of the mouse goes down, and stays down."""
    place = part(page, name)
    place.hover()
    page.mouse.down()


def news_came(page: Page) -> None:
    expect(part(page, "age")).to_contain_text("As Books said")
    expect(part(page, "age")).not_to_contain_text("Looking for news")


def test_a_click_on_new_and_what_is_typed_outlive_the_news_behind_the_panel(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    hold_books(stage)
    page = stage.direct(new_context, stage.desk.url(deal["id"], "?all=1"))
    expect(part(page, "age")).to_contain_text("Looking for news")
    page.get_by_label("Search").press_sequentially("INV-0")
    hold(page, "new")
    page.get_by_label("Search").focus()
    let_books_go(stage)
    news_came(page)
    expect(part(page, "list")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("INV-0")
    expect(page.get_by_label("Search")).to_be_focused()
    page.mouse.up()
    expect(part(page, "draft-form")).to_be_visible()


def aged_panel(stage: Stage, page: Page) -> Document:
    """A panel that was seen before and is old, whose newest row says something that Books does not say any more."""
    news_came(page)
    CustomerBalance.objects.update(listed={}, seen_at=timezone.now() - timedelta(hours=1))
    changed = Document.objects.filter(kind="invoice").order_by("-date", "-id")[0]
    Document.objects.filter(pk=changed.pk).update(number="OLD-1", modified_at=changed.modified_at - timedelta(days=1))  # type: ignore[operator]
    return changed


def test_a_pressed_row_waits_until_it_was_let_go(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, stage.desk.url(deal["id"], "?all=1"))
    changed = aged_panel(stage, page)
    hold_books(stage)
    page.reload()
    expect(part(page, "list")).to_contain_text("OLD-1")
    hold(page, "open")
    let_books_go(stage)
    news_came(page)
    expect(part(page, "list")).to_contain_text("OLD-1")
    page.get_by_label("Search").hover()
    page.mouse.up()
    expect(part(page, "list")).to_contain_text(changed.number)
    expect(part(page, "list")).not_to_contain_text("OLD-1")


def test_a_row_that_has_the_focus_keeps_it(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, stage.desk.url(deal["id"], "?all=1"))
    changed = aged_panel(stage, page)
    hold_books(stage)
    page.reload()
    link = page.get_by_role("link", name="OLD-1")
    link.focus()
    let_books_go(stage)
    news_came(page)
    expect(page.get_by_role("link", name=changed.number)).to_be_focused()


def late(route: Route) -> None:
    """Answers after some more has been typed."""
    route.request.frame.page.wait_for_timeout(700)
    route.continue_()


def test_a_search_keeps_what_is_typed_on_and_the_address_tells_it(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, stage.desk.url(deal["id"], "?all=1"))
    news_came(page)
    shown = part(page, "open").inner_text()
    field = page.get_by_label("Search")
    page.route("**/documents/?*", late)
    field.fill("no such")
    field.press("Enter")
    field.press_sequentially(" number")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(field).to_have_value("no such number")
    expect(field).to_be_focused()
    page.unroute_all()
    field.fill(shown)
    field.press("Enter")
    expect(part(page, "open")).to_have_text(shown)
    expect(page.locator("[data-test='row']")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-test='row']")).to_have_count(1)
    expect(field).to_have_value(shown)


def standing(stage: Stage, new_context: People, record_id: str) -> Page:
    """The page of an invoice that was made just now."""
    page = stage.direct(new_context, stage.desk.url(record_id))
    part(page, "new").click()
    part(page, "save").click()
    expect(part(page, "number")).to_contain_text("INV-")
    expect(part(page, "history")).to_be_visible()
    return page


def test_while_something_is_under_way_a_comment_can_be_typed_and_books_is_left_alone(
    stage: Stage, new_context: People
) -> None:
    deal, _ = linked_deal(stage.desk)
    page = standing(stage, new_context, deal["id"])
    stage.hand.free.clear()
    part(page, "act-sent").click()
    expect(part(page, "under-way")).to_be_visible()
    expect(part(page, "history")).to_be_visible()
    entries = part(page, "history").locator("li").count()
    stage.sandbox.control("DELETE", "calls")
    comment = page.get_by_label("Add a comment")
    comment.press_sequentially("Asked for the money ")
    for _look in range(2):
        asked_and_unchanged(page)
    assert [row for row in stage.sandbox.calls()["by"] if row["product"] == "books"] == []
    stage.hand.free.set()
    expect(part(page, "status")).to_have_text("Sent")
    expect(part(page, "history").locator("li")).to_have_count(entries + 1)
    comment.press_sequentially("twice")
    expect(comment).to_have_value("Asked for the money twice")


def asked_and_unchanged(page: Page) -> None:
    """The page asks how far it is, and hears that all is as it was."""

    def unchanged(answer: Response) -> bool:
        return "seen=" in answer.url and answer.status == 204

    with page.expect_event("response", unchanged):
        pass


def test_a_link_that_is_pressed_while_books_tells_of_another_status_is_followed(
    stage: Stage, new_context: People
) -> None:
    deal, _ = linked_deal(stage.desk)
    page = standing(stage, new_context, deal["id"])
    Document.objects.filter(key__isnull=False).update(status="sent")
    stage.sandbox.fault("hold", product="books", method="GET", path="/invoices/", times=1)
    page.reload()
    expect(part(page, "status")).to_have_text("Sent")
    hold(page, "email")
    with page.expect_response(page.url):
        let_books_go(stage)
    expect(part(page, "history")).to_be_visible()
    page.wait_for_timeout(300)
    expect(part(page, "status")).to_have_text("Sent")
    page.mouse.up()
    expect(part(page, "mail-form")).to_be_visible()


def test_what_is_being_created_can_be_stopped_between_two_looks(stage: Stage, new_context: People) -> None:
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, stage.desk.url(deal["id"]))
    part(page, "new").click()
    stage.hand.free.clear()
    part(page, "save").click()
    expect(part(page, "status-page")).to_be_visible()
    hold(page, "cancel")
    for _look in range(2):
        asked_and_unchanged(page)
    page.mouse.up()
    expect(part(page, "draft-form")).to_be_visible()
    stage.hand.free.set()
    assert Document.objects.filter(key__isnull=False).values_list("state", flat=True).get() == "draft"


def test_who_may_not_any_more_is_told_so_in_the_middle_of_it(stage: Stage, new_context: People) -> None:
    """An answer that is no part of the screen replaces the screen, not a part of it by nothing."""
    deal, _ = linked_deal(stage.desk)
    page = stage.direct(new_context, stage.desk.url(deal["id"], "?all=1"))
    news_came(page)
    RecordAccess.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    stage.sandbox.fault("error_before", product="bigin", times=0)
    part(page, "new").click()
    expect(page.get_by_text("Bigin does not answer").first).to_be_visible()
    expect(page.locator("#main")).to_have_count(1)


def test_what_only_the_document_itself_tells_is_drawn_too_and_its_link_is_copied(
    stage: Stage, new_context: People
) -> None:
    """A list of Books names no link, and its status may be old."""
    _deal, customer = linked_deal(stage.desk)
    feeds.refresh_customer(stage.installation, stage.desk.books, customer["contact_id"], "invoice")
    document = Document.objects.filter(kind="invoice").exclude(status="draft")[0]
    assert document.url == ""
    Document.objects.filter(pk=document.pk).update(status="draft")
    page = stage.direct(new_context, "/embed/record/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    company = Link.objects.get(books__remote_id=customer["contact_id"]).bigin
    assert company
    page.goto(f"{stage.base_url}{stage.desk.url(company.remote_id, f'documents/{document.pk}/', 'Accounts')}")
    part(page, "copy-link").click()
    expect(part(page, "copy-link")).to_contain_text("Copied")
    document.refresh_from_db()
    assert page.evaluate("navigator.clipboard.readText()") == document.url != ""
    expect(part(page, "status")).not_to_have_text("Draft")
    expect(part(page, "act-sent")).to_have_count(0)
    assert (part(page, "open-books").get_attribute("href") or "").endswith(f"#/invoices/{document.books_id}")
