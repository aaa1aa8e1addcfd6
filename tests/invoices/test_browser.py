"""A sales person in a real Chromium: from a deal to a sent document, in the frame of the mini Bigin, across sites."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db import connections as databases
from django.db import transaction
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Response, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from accounts.models import Installation
from invoices import queue, tasks
from invoices.models import Document
from sandbox.testing import Sandbox, running_sandbox
from tests.axe import violations
from tests.browser import chromium, new_context
from tests.browser import shot as picture
from tests.factories import connected_installation
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MARTA, AMARA, TOMASZ = "700001001", "700001003", "700001004"
People = Callable[..., BrowserContext]


class Hand:
    """A worker in a thread: does what is queued, in order, as soon as it is committed."""

    def __init__(self) -> None:
        self.jobs: queues.Queue[tuple[str, str] | None] = queues.Queue()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def later(self, task: str, pk: object, seconds: int = 0) -> None:
        if seconds <= 30:
            transaction.on_commit(lambda: self.jobs.put((task, str(pk))))

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            getattr(tasks, job[0])(job[1])
        databases.close_all()

    def stop(self) -> None:
        self.jobs.put(None)
        self.thread.join(30)


@dataclass
class Stage:
    sandbox: Sandbox
    installation: Installation
    base_url: str

    @property
    def desk(self) -> Desk:
        return Desk(self.sandbox, self.installation, None, None, None)  # type: ignore[arg-type]

    def open(self, page: Page, record_id: str, module: str = "deals") -> FrameLocator:
        page.goto(f"{self.sandbox.url}/{module}/{record_id}")
        return page.frame_locator("iframe[data-topping]")

    def signed_in(self, context: BrowserContext, record_id: str, who: str = MARTA) -> tuple[Page, FrameLocator]:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 1500})
        frame = self.open(page, record_id)
        button = part(frame, "sign-in")
        expect(button).to_be_enabled()
        with page.expect_popup() as opened:
            button.click()
        opened.value.locator(f"#user-{who}").check()
        opened.value.locator("#accept").click()
        return page, frame


def shot(page: Page, name: str) -> None:
    """Once the frame has its height: it is told by message, after every change."""
    page.wait_for_timeout(500)
    picture(page, name)


def part(place: Page | FrameLocator, name: str) -> Locator:
    return place.locator(f"[data-test='{name}']").first


@pytest.fixture
def stage(
    live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, redis_url: str, request: Any
) -> Iterator[Stage]:
    Redis.from_url(redis_url).flushdb()
    hand = Hand()
    monkeypatch.setattr(queue, "later", hand.later)
    with running_sandbox("travel-agency", topping_url=live_server.url, lift_limits=True) as running:
        settings.SANDBOX_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = running.client_id, running.client_secret
        settings.ZOHO_DATA_CENTRE = "sandbox"
        settings.BASE_URL = live_server.url
        settings.SYNC_ABSENCE_SECONDS = 2
        product = getattr(request, "param", "books")
        yield Stage(running, connected_installation(running, product), live_server.url)
        hand.stop()


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


def alone(stage: Stage, context: BrowserContext, path: str, width: int) -> Page:
    """The same screens in a window of their own."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{stage.base_url}{path}")
    button = part(page, "sign-in")
    expect(button).to_be_enabled()
    button.click()
    page.locator(f"#user-{MARTA}").check()
    page.locator("#accept").click()
    return page


@pytest.mark.parametrize("look", ["narrow", "dark", "light"])
def test_the_screens_fit_and_are_accessible(stage: Stage, new_context: People, look: str) -> None:
    deal, _ = linked_deal(stage.desk)
    options: dict[str, Any] = {"color_scheme": "dark"} if look == "dark" else {}
    page = alone(stage, new_context(**options), stage.desk.url(deal["id"]), 320 if look == "narrow" else 1100)
    expect(part(page, "age")).to_contain_text("As Books said")
    part(page, "all").check()
    expect(part(page, "list")).to_be_visible()
    fits(page, f"invoices-panel-{look}")
    part(page, "open").click()
    expect(part(page, "content")).to_be_visible()
    fits(page, f"invoices-detail-{look}")
    part(page, "back").click()
    part(page, "new").click()
    expect(part(page, "draft-form")).to_be_visible()
    fits(page, f"invoices-form-{look}")
    part(page, "add-line").click()
    expect(page.get_by_label("Item", exact=True).last).to_be_focused()
    part(page, "save").click()
    expect(part(page, "errors")).to_be_visible()
    fits(page, f"invoices-form-errors-{look}")


def fits(page: Page, name: str) -> None:
    """Nothing is wider than the window, and axe finds nothing wrong."""
    shot(page, name)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


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
    page.goto(f"{stage.base_url}/embed/delete/")
    with page.context.expect_page() as opened:
        part(page, "fresh-start").click()
    window = opened.value
    window.locator(f"#user-{MARTA}").check()
    window.locator("#accept").click()
    expect(part(window, "delete-form")).to_be_visible()
    fits(window, "invoices-delete")
    window.locator("#name").fill("something else")
    part(window, "delete").click()
    expect(window.get_by_text("Type the name exactly as shown")).to_be_visible()
    window.locator("#name").fill(stage.installation.bigin_org_name)
    part(window, "delete").click()
    expect(part(window, "deleted")).to_be_visible()
    fits(window, "invoices-deleted")
    assert not Installation.objects.exists()
