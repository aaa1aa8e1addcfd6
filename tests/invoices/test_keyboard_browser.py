"""The form of a document without a mouse: lines are added, moved and taken away, and the focus is seen and kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium, new_context
from tests.invoices.browser import part
from tests.invoices.panels import catalogue, make_panel, open_form
from tests.invoices.test_form_pictures_browser import a_draft, path
from tests.sync_screens.browser import signed_in

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, SECOND, THIRD = (f"Tuk-tuk tour of Alfama, day {day}" for day in (1, 2, 3))


@pytest.fixture
def page(live_server: LiveServer, new_context: Callable[..., BrowserContext]) -> Page:
    """A form with three lines."""
    panel = make_panel()
    catalogue(panel)
    page = signed_in(new_context, live_server, panel.member)
    page.goto(f"{live_server.url}{path(open_form(panel, a_draft(panel)))}")
    expect(part(page, "draft-form")).to_be_visible()
    return page


def has_lines(page: Page, *names: str) -> None:
    expect(page.get_by_label("Item", exact=True)).to_have_count(len(names))
    for at, name in enumerate(names):
        expect(page.get_by_label("Item", exact=True).nth(at)).to_have_value(name)


def focus_is_seen_in(page: Page, line: int) -> None:
    """On a control of that line, with an outline around it."""
    expect(page.locator("[data-test='line']").nth(line).locator(":focus-visible")).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_lines_by_shortcut(page: Page) -> None:
    page.get_by_label("Quantity").first.focus()
    page.keyboard.press("Alt+Enter")
    has_lines(page, FIRST, SECOND, THIRD, "")
    focus_is_seen_in(page, 3)
    page.keyboard.type("A farewell dinner")
    page.keyboard.press("Alt+ArrowUp")
    has_lines(page, FIRST, SECOND, "A farewell dinner", THIRD)
    focus_is_seen_in(page, 2)
    page.keyboard.press("Alt+ArrowUp")
    has_lines(page, FIRST, "A farewell dinner", SECOND, THIRD)
    page.keyboard.press("Alt+ArrowDown")
    has_lines(page, FIRST, SECOND, "A farewell dinner", THIRD)
    focus_is_seen_in(page, 2)
    page.keyboard.press("Alt+Delete")
    has_lines(page, FIRST, SECOND, THIRD)
    expect(page.locator(":focus-visible")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('form').id") == "draft-form"


def test_lines_by_their_buttons(page: Page) -> None:
    def press(name: str, line: int, key: str) -> None:
        button = page.locator("[data-test='line']").nth(line).locator(f"[data-test='{name}']")
        button.focus()
        page.keyboard.press(key)

    press("down", 0, "Enter")
    has_lines(page, SECOND, FIRST, THIRD)
    focus_is_seen_in(page, 1)
    press("up", 2, "Space")
    has_lines(page, SECOND, THIRD, FIRST)
    focus_is_seen_in(page, 1)
    press("remove", 1, "Enter")
    has_lines(page, SECOND, FIRST)
    expect(page.locator(":focus-visible")).to_have_count(1)
    part(page, "add-line").focus()
    page.keyboard.press("Enter")
    has_lines(page, SECOND, FIRST, "")
    focus_is_seen_in(page, 2)


def test_enter_in_a_field_computes_and_saves_nothing(page: Page) -> None:
    quantity = page.get_by_label("Quantity").first
    before = part(page, "total").inner_text()
    quantity.fill("10")
    quantity.press("Enter")
    expect(part(page, "total")).not_to_have_text(before)
    expect(part(page, "draft-form")).to_be_visible()
    expect(page.get_by_label("Quantity").first).to_have_value("10")
    expect(page.get_by_label("Quantity").first).to_be_focused()
