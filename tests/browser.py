"""A real Chromium for browser tests, driven by Playwright. A conftest imports the fixtures it wants from here.

A message about the Content-Security-Policy on the console, an uncaught error or a page with a traceback fails the test
that opened the page. Screenshots go to `screenshots/`, which git ignores.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

SHOTS = Path(__file__).resolve().parents[1] / "screenshots"
# A busy machine is slow; what is right comes at once all the same.
expect.set_options(timeout=20_000)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_POLICY = re.compile(r"Content.Security.Policy|Refused to (load|execute|apply|frame|connect)", re.IGNORECASE)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")


def chromium_path() -> str | None:
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


class _Shared:
    """One browser for all: pytest takes each module's import of the fixture for a fixture of its own, and Playwright
    runs only once in a thread."""

    def __init__(self) -> None:
        self.users = 0
        self.running = ExitStack()
        self.browser: Browser | None = None

    @contextmanager
    def used(self, path: str) -> Iterator[Browser]:
        if self.browser is None:
            playwright = self.running.enter_context(sync_playwright())
            self.browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            self.running.callback(self.browser.close)
        self.users += 1
        try:
            yield self.browser
        finally:
            self.users -= 1
            if not self.users:
                self.browser = None
                self.running.close()


_SHARED = _Shared()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        message = "no Chromium is installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    # Playwright keeps an event loop running in this thread; without this Django would refuse every query of the
    # tests that follow in this process, although nothing of theirs is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with _SHARED.used(path) as browser:
        yield browser


def shown(page: Page) -> str:
    """Nothing where the page is on its way to another, or a popup closes itself in this very moment."""
    try:
        return page.content()
    except Error:
        return ""


class Watch:
    """Over the pages of people: whatever a console tells of the content security policy, and whatever breaks."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.contexts: list[BrowserContext] = []

    def over(self, context: BrowserContext) -> BrowserContext:
        context.on("page", self._page)
        self.contexts.append(context)
        return context

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error.message}"))

    def _console(self, message: ConsoleMessage) -> None:
        if _POLICY.search(message.text):
            self.seen.append(f"console: {message.text}")

    def end(self) -> None:
        for context in self.contexts:
            self.seen += [f"traceback on {page.url}" for page in context.pages if _TRACEBACK.search(shown(page))]
            context.close()
        assert not self.seen, "\n".join(self.seen)


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (one person each) whose pages are watched; what was seen is asserted at the end."""
    watch = Watch()

    def make(**options: object) -> BrowserContext:
        return watch.over(chromium.new_context(viewport={"width": 1280, "height": 900}, **options))  # type: ignore[arg-type]

    yield make
    watch.end()


def shot(page: Page, name: str) -> Path:
    """A picture of the whole page for people to look at; returns where it lies. Beside it stands which of our addresses
    it shows, so that the gallery can say which of them nobody has ever seen."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    with _whole_frames(page) if len(page.frames) > 1 else nullcontext():
        page.screenshot(path=str(path), full_page=True)
    path.with_suffix(".shows").write_text("\n".join(sorted(shown_in(page))))
    return path


@contextmanager
def _whole_frames(page: Page) -> Iterator[None]:
    """A frame of another site is painted only as far as the window shows it, and has its height after a message."""
    page.wait_for_timeout(300)
    whole = page.evaluate("document.documentElement.scrollHeight")
    size = page.viewport_size
    if not size or whole <= size["height"]:
        yield
        return
    page.set_viewport_size({"width": size["width"], "height": whole})
    page.wait_for_timeout(300)
    yield
    page.set_viewport_size(size)


def shown_in(page: Page) -> set[str]:
    """The routes of the page and of its frames, as the URLconf writes them; what is not ours is left out."""
    found = set()
    for frame in page.frames:
        with suppress(Resolver404):
            found.add("/" + resolve(urlsplit(frame.url).path).route)
    return found
