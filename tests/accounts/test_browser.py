"""A real Chromium, the topping framed across sites: mini Bigin on 127.0.0.1, the product on localhost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Connection, Installation
from sandbox.testing import Sandbox, running_sandbox
from tests.browser import chromium, new_context, shot

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MARTA, AMARA, PRIYA = "700001001", "700001003", "700002001"


@dataclass
class Stage:
    sandbox: Sandbox
    base_url: str

    def open_settings(self, context: BrowserContext) -> tuple[Page, FrameLocator]:
        page = context.new_page()
        page.goto(f"{self.sandbox.url}/settings/toppings/zoho-books")
        return page, page.frame_locator("iframe[data-topping]")


@pytest.fixture
def stage(live_server: LiveServer, settings: Settings) -> Iterator[Stage]:
    with running_sandbox("travel-agency", topping_url=live_server.url, lift_limits=True) as running:
        settings.SANDBOX_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = running.client_id, running.client_secret
        settings.ZOHO_DATA_CENTRE = "sandbox"
        settings.BASE_URL = live_server.url
        yield Stage(running, live_server.url)


def part(place: Page | FrameLocator, name: str) -> Locator:
    return place.locator(f"[data-test='{name}']")


def accept(popup: Page, who: str) -> None:
    popup.locator(f"#user-{who}").check()
    popup.locator("#accept").click()


def test_setup_now_in_a_frame_across_sites(stage: Stage, new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    page, frame = stage.open_settings(context)
    expect(part(frame, "setup-now")).to_be_enabled()
    shot(page, "accounts-signed-out-settings")
    with page.expect_popup() as opened:
        part(frame, "setup-now").click()
    shot(opened.value, "accounts-consent")
    accept(opened.value, MARTA)
    expect(part(frame, "connect-books")).to_be_enabled()
    shot(page, "accounts-setup-2-books")
    assert opened.value.is_closed()
    with page.expect_popup() as opened:
        part(frame, "connect-books").click()
    accept(opened.value, MARTA)
    expect(part(frame, "save")).to_be_visible()
    shot(page, "accounts-setup-3-organisation")
    frame.get_by_label("Organisation").select_option(index=1)
    part(frame, "save").click()
    expect(part(frame, "save")).to_have_count(0)
    page.wait_for_function("document.querySelector('iframe').dataset.state === 'connected'")
    installation = Installation.objects.get()
    assert installation.state == Installation.State.ACTIVE
    assert Connection.objects.count() == 2
    session = next(cookie for cookie in context.cookies(stage.base_url) if cookie["name"] == "__Host-session")
    assert session["sameSite"] == "None"
    assert session["partitionKey"] == "http://127.0.0.1"
