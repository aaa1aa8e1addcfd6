"""What browser tests of documents share: a stage with a sandbox and a worker, and people who sit before it."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections as databases
from django.db import transaction
from PIL import Image
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from accounts.models import Installation
from invoices import queue, tasks
from sandbox.testing import Sandbox, running_sandbox
from tests import factories
from tests.axe import violations
from tests.browser import shot as picture
from tests.factories import connected_installation
from tests.invoices.conftest import Desk
from tests.sync_screens.browser import signed_in as with_session

MARTA, AMARA, TOMASZ = "700001001", "700001003", "700001004"
People = Callable[..., BrowserContext]
TALL = 3400


class Hand:
    """A worker in a thread: does what is queued, in order, as soon as it is committed."""

    def __init__(self) -> None:
        self.jobs: queues.Queue[tuple[str, str] | None] = queues.Queue()
        self.free = threading.Event()  # cleared: the worker is busy elsewhere
        self.free.set()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def later(self, task: str, pk: object, seconds: int = 0) -> None:
        if seconds <= 30:
            transaction.on_commit(lambda: self.jobs.put((task, str(pk))))

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            self.free.wait(60)
            getattr(tasks, job[0])(job[1])
        databases.close_all()

    def stop(self) -> None:
        self.free.set()
        self.jobs.put(None)
        self.thread.join(30)


@dataclass
class Stage:
    sandbox: Sandbox
    installation: Installation
    server: LiveServer
    hand: Hand

    @property
    def base_url(self) -> str:
        return str(self.server.url)

    @property
    def desk(self) -> Desk:
        return Desk(self.sandbox, self.installation, None, None, None)  # type: ignore[arg-type]

    def open(self, page: Page, record_id: str, module: str = "deals") -> FrameLocator:
        page.goto(f"{self.sandbox.url}/{module}/{record_id}")
        return page.frame_locator("iframe[data-topping]")

    def direct(self, new_context: People, path: str, **options: Any) -> Page:
        """In a window of one's own, signed in already."""
        email = factories.administrator_of(self.sandbox)
        member = factories.connected_member(self.installation, self.sandbox, email)
        page = with_session(new_context, self.server, member, **options)
        page.goto(f"{self.base_url}{path}")
        return page

    def signed_in(self, context: BrowserContext, record_id: str, who: str = MARTA) -> tuple[Page, FrameLocator]:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": TALL})
        frame = self.open(page, record_id)
        button = part(frame, "sign-in")
        expect(button).to_be_enabled()
        with page.expect_popup() as opened:
            button.click()
        opened.value.locator(f"#user-{who}").check()
        opened.value.locator("#accept").click()
        return page, frame


def shot(page: Page, name: str) -> None:
    """Once the frame has its height: it is told by message, after every change.

    A picture of what does not fit the window stretches the window for a moment. A busy browser then sends the next
    click to where the frame was, beside the button: people with a frame sit before a tall window (`TALL`).
    """
    page.wait_for_timeout(500)
    path = picture(page, name)
    size = page.viewport_size
    if size is None or size["height"] != TALL:
        return
    used = page.evaluate(
        "Math.ceil(Math.max(...[...document.body.children].map((one) => one.getBoundingClientRect().bottom)))"
    )
    with Image.open(path) as whole:
        part_of_it = whole.crop((0, 0, whole.width, min(whole.height, max(used, 400) + 24)))
    part_of_it.save(path)


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
        yield Stage(running, connected_installation(running, product), live_server, hand)
        hand.stop()


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


def fits(page: Page, name: str) -> None:
    """Nothing is wider than the window, and axe finds nothing wrong."""
    shot(page, name)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
