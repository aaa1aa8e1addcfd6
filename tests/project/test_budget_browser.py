"""What a panel may cost a browser, framed across sites, served as in production: weight, requests, calm, patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, expect
from pytest_django import Settings

from accounts.models import Installation, RecordAccess
from invoices import queue
from invoices.models import BilledRecord, CustomerBalance, Document
from sandbox.testing import Sandbox, running_sandbox
from tests.accounts.browser import MARTA, part, press
from tests.browser import chromium, new_context
from tests.factories import connected_installation
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
People = Callable[..., BrowserContext]
WEIGHT, REQUESTS = 100_000, 6
SLOW = 5


@dataclass
class Answer:
    path: str
    size: int


class Counted:
    """The product with a record of what it sent, head and body as they went over the wire."""

    def __init__(self) -> None:
        self.handler = WSGIHandler()
        self.answers: list[Answer] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        answer = Answer(environ["PATH_INFO"], 0)
        self.answers.append(answer)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            answer.size += len(status) + sum(len(name) + len(value) + 4 for name, value in headers)
            return start_response(status, headers, *more)

        body = self.handler(environ, start)
        try:
            for piece in body:
                answer.size += len(piece)
                yield piece
        finally:
            getattr(body, "close", lambda: None)()


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing: what the test found is what counts."""


@dataclass
class Production:
    url: str
    product: Counted

    @property
    def answers(self) -> list[Answer]:
        return self.product.answers


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Iterator[Production]:
    """The product with collected, hashed, compressed files, as its image serves them."""
    settings.STATIC_ROOT = str(tmp_path / "static")
    settings.WHITENOISE_USE_FINDERS = False
    compressed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": compressed}
    settings.ALLOWED_HOSTS = ["localhost"]
    call_command("collectstatic", interactive=False, verbosity=0)
    product = Counted()
    server = ThreadedWSGIServer(("localhost", 0), Quiet, connections_override=None)
    server.set_app(product)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Production(f"http://localhost:{server.server_address[1]}", product)
    server.shutdown()
    server.server_close()
    thread.join(10)


@dataclass
class Stage:
    sandbox: Sandbox
    installation: Installation
    base_url: str
    deal: str

    def open(self, page: Page) -> FrameLocator:
        page.goto(f"{self.sandbox.url}/deals/{self.deal}")
        return page.frame_locator("iframe[data-topping]")

    def visited(self, new_context: People) -> Page:
        """A window without anything cached, of somebody who is signed in and saw the panel once before."""
        first = new_context().new_page()
        frame = self.open(first)
        press(first, part(frame, "sign-in"), MARTA)
        settled(frame)
        page = new_context(storage_state=first.context.storage_state()).new_page()
        page.set_viewport_size({"width": 1280, "height": 1500})
        return page

    def forget(self) -> None:
        """As if nobody had ever looked at this customer's documents."""
        for rows in (Document, CustomerBalance, BilledRecord):
            rows._default_manager.filter(installation=self.installation).delete()


@pytest.fixture
def stage(production: Production, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """No worker runs: a panel is shown without one."""
    monkeypatch.setattr(queue, "later", lambda *args, **options: None)
    with running_sandbox("travel-agency", topping_url=production.url, lift_limits=True) as running:
        settings.SANDBOX_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = running.client_id, running.client_secret
        settings.ZOHO_DATA_CENTRE = "sandbox"
        settings.BASE_URL = production.url
        installation = connected_installation(running)
        deal, _ = linked_deal(Desk(running, installation, None, None, None))  # type: ignore[arg-type]
        yield Stage(running, installation, production.url, deal["id"])


def own_frame(stage: Stage, page: Page) -> Frame:
    return next(one for one in page.frames if one.url.startswith(f"{stage.base_url}/embed/record/P"))


def kind(answer: Answer) -> str:
    return answer.path.rpartition(".")[2]


def settled(frame: FrameLocator) -> None:
    expect(part(frame, "age")).to_contain_text("As Books said")
    expect(part(frame, "age")).not_to_contain_text("Looking for news")


def shifts(frame: Frame) -> list[dict[str, Any]]:
    """What moved without anybody's doing since the frame was opened, with what it was."""
    found: list[dict[str, Any]] = frame.evaluate(
        """() => new Promise((resolve) => {
            const seen = [];
            new PerformanceObserver((list) => {
                for (const one of list.getEntries()) {
                    const of = one.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "?");
                    if (!one.hadRecentInput) seen.push({ value: one.value, of });
                }
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => resolve(seen), 500);
        })"""
    )
    return found


def painted_after(frame: Frame) -> float:
    """Milliseconds from the navigation to the first paint that differs from an empty frame."""
    return float(
        frame.evaluate(
            """() => new Promise((resolve) => {
                new PerformanceObserver((list) => {
                    const first = list.getEntriesByName("first-paint")[0];
                    if (first) resolve(first.startTime);
                }).observe({ type: "paint", buffered: true });
            })"""
        )
    )


@pytest.mark.parametrize("known", [False, True], ids=["never opened before", "opened before"])
def test_a_panel_is_light_and_holds_still(
    stage: Stage, production: Production, new_context: People, known: bool
) -> None:
    page = stage.visited(new_context)
    if not known:
        stage.forget()
    production.answers.clear()
    settled(stage.open(page))
    assert shifts(own_frame(stage, page)) == []
    assert len(production.answers) <= REQUESTS, production.answers
    assert sum(answer.size for answer in production.answers) < WEIGHT, production.answers
    assert {answer.path.rpartition(".")[2] for answer in production.answers if "/static/" in answer.path} == {
        "css",
        "js",
    }


def test_a_second_panel_asks_for_no_file_again(stage: Stage, production: Production, new_context: People) -> None:
    page = stage.visited(new_context)
    settled(stage.open(page))
    production.answers.clear()
    page.reload()
    settled(page.frame_locator("iframe[data-topping]"))
    assert [answer.path for answer in production.answers if "/static/" in answer.path] == []


@pytest.mark.parametrize("known", [False, True], ids=["never opened before", "opened before"])
def test_the_first_paint_does_not_wait_for_zoho(stage: Stage, new_context: People, known: bool) -> None:
    """Either product answers after five seconds; the page is painted long before, and is complete in the end."""
    page = stage.visited(new_context)
    if not known:
        stage.forget()
        RecordAccess.objects.all().delete()
    for product in ("bigin", "books"):
        stage.sandbox.fault("slow", product=product, seconds=SLOW, times=0)
    frame = stage.open(page)
    expect(part(frame, "documents" if known else "loading")).to_be_visible(timeout=SLOW * 1000 - 1000)
    assert painted_after(own_frame(stage, page)) < SLOW * 1000 - 1000
    expect(part(frame, "age")).to_contain_text("As Books said", timeout=60_000)
    expect(part(frame, "age")).not_to_contain_text("Looking for news", timeout=60_000)
