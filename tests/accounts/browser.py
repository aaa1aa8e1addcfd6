"""What browser tests of sign-in and setup share: the stage, its people, and how they press a consent."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from sandbox.testing import Sandbox, running_sandbox
from tests.browser import FLAGS, Watch, chromium, chromium_path, new_context

__all__ = ["chromium", "new_context"]
MARTA, JONAS, AMARA, PRIYA = "700001001", "700001002", "700001003", "700002001"
People = Callable[..., BrowserContext]
Watched = Callable[[Path], BrowserContext]


@dataclass
class Stage:
    sandbox: Sandbox
    base_url: str

    def inner(self, page: Page) -> Frame:
        """The topping's own frame in that page."""
        return next(one for one in page.frames if one.url.startswith(self.base_url))

    def open_settings(self, context: BrowserContext) -> tuple[Page, FrameLocator]:
        page = context.new_page()
        page.goto(f"{self.sandbox.url}/settings/toppings/zoho-books")
        return page, page.frame_locator("iframe[data-topping]")


@pytest.fixture
def people(new_context: People) -> People:
    return new_context


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """A browser with a folder, and so with settings, of its own; watched as `new_context` is."""
    watch = Watch()

    def make(folder: Path) -> BrowserContext:
        path = chromium_path()
        return watch.over(
            chromium.browser_type.launch_persistent_context(str(folder), executable_path=path, args=FLAGS)
        )

    yield make
    watch.end()


def without_cookies_in_frames(folder: Path, ours: str, bigins: str) -> Path:
    """A browser's folder with a rule made by hand: where third-party cookies are blocked, Chromium still gives a frame
    its partitioned ones."""
    (folder / "Default").mkdir()
    rule = {f"{ours},{bigins}": {"setting": 2}}
    preferences = {"profile": {"content_settings": {"exceptions": {"cookies": rule}}}}
    (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    return folder


@pytest.fixture
def stage(live_server: LiveServer, settings: Settings) -> Iterator[Stage]:
    with running_sandbox("travel-agency", topping_url=live_server.url, lift_limits=True) as running:
        settings.SANDBOX_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = running.client_id, running.client_secret
        settings.ZOHO_DATA_CENTRE = "sandbox"
        settings.BASE_URL = live_server.url
        yield Stage(running, live_server.url)


def part(place: Page | Frame | FrameLocator, name: str) -> Locator:
    return place.locator(f"[data-test='{name}']")


def accept(popup: Page, who: str) -> None:
    popup.locator(f"#user-{who}").check()
    popup.locator("#accept").click()


def press(page: Page, button: Locator, who: str) -> Page:
    """Presses a button that opens a consent and gives it; returns the popup."""
    expect(button).to_be_enabled()
    with page.expect_popup() as opened:
        button.click()
    accept(opened.value, who)
    return opened.value


def go_on(stage: Stage, page: Page, path: str) -> None:
    """The frame itself goes to another page of ours."""
    stage.inner(page).evaluate("path => location.assign(path)", path)
