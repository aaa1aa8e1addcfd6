"""Every state of a record's panel, in light, dark and at 320 px: a picture, axe-core, no scrolling sideways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts import access
from accounts.models import RecordAccess
from invoices import permissions, refreshing
from invoices.models import BilledRecord
from tests.browser import chromium, new_context
from tests.factories import make_member
from tests.invoices.browser import part
from tests.invoices.panels import Panel, in_every_state, make_panel, many
from tests.looks import trouble
from tests.sync_screens.browser import signed_in
from zoho.errors import RetryLater

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MakeContext = Callable[..., BrowserContext]


def unreachable(*_: object, **__: object) -> NoReturn:
    raise RetryLater("No connection to Zoho could be made.", product="books", code="ConnectTimeout")


class Album:
    """Turns the pages of one panel, and remembers what was wrong with them."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.wrong: list[str] = []

    def turn(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")
        expect(part(self.page, "documents")).to_be_visible()

    def take(self, name: str, screen: str = "panel") -> None:
        self.wrong += trouble(self.page, f"invoices-{screen}-{name}")


@pytest.fixture
def open_album(live_server: LiveServer, new_context: MakeContext) -> Callable[[Panel], Album]:
    def open_panel(panel: Panel) -> Album:
        page = signed_in(new_context, live_server, panel.member)
        page.set_viewport_size({"width": 1100, "height": 800})
        return Album(page, live_server.url)

    return open_panel


def test_documents_in_every_state(open_album: Callable[[Panel], Album]) -> None:
    panel = make_panel()
    in_every_state(panel)
    album = open_album(panel)
    for kind in ("invoice", "estimate", "salesorder"):
        album.turn(f"{panel.path}&tab={kind}")
        expect(part(album.page, "list")).to_be_visible()
        album.take(f"{kind}s")
    album.turn(f"{panel.path}&q=no+such+number")
    album.take("nothing-matches")
    album.turn(panel.path.replace("?all=1", ""))
    album.take("of-the-deal")
    many(panel, 5000)
    album.turn(f"{panel.path}&page=7")
    expect(album.page.get_by_text("121 to 140 of 5007")).to_be_visible()
    album.take("5000")
    assert album.wrong == []


def test_what_is_empty_or_on_its_way(open_album: Callable[[Panel], Album]) -> None:
    album = open_album(panel := make_panel())
    album.turn(panel.path)
    album.take("empty")
    RecordAccess.objects.all().delete()
    waiting: list[Route] = []
    album.page.route("**/documents/**", lambda route: waiting.append(route))  # noqa: PLW0108
    album.page.goto(f"{album.url}{panel.path}")
    expect(part(album.page, "loading")).to_be_visible()
    album.take("loading")
    waiting[0].abort()
    expect(album.page.get_by_text("We could not reach the server")).to_be_visible()
    album.take("no-connection")
    assert album.wrong == []


def test_a_company_that_is_no_customer_yet(open_album: Callable[[Panel], Album]) -> None:
    album = open_album(panel := make_panel(linked=False))
    album.turn(panel.path)
    expect(part(album.page, "no-customer")).to_be_visible()
    album.take("not-a-customer")
    assert album.wrong == []


def test_while_zoho_is_down(open_album: Callable[[Panel], Album], monkeypatch: pytest.MonkeyPatch) -> None:
    panel = make_panel(read=timedelta(hours=5))
    in_every_state(panel)
    monkeypatch.setattr(refreshing, "refresh", unreachable)
    album = open_album(panel)
    album.turn(panel.path)
    expect(part(album.page, "age")).to_have_text("As Books said 5\xa0hours ago.")
    expect(album.page.get_by_text("What you see is from the last time")).to_be_visible()
    album.take("books-down")
    monkeypatch.setattr(access, "_bigin_shows", unreachable)
    RecordAccess.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    album.turn(panel.path)
    expect(album.page.get_by_text("Bigin does not answer right now")).to_be_visible()
    expect(part(album.page, "new")).to_have_count(0)
    album.take("bigin-down")
    RecordAccess.objects.update(seen_at=timezone.now())
    BilledRecord.objects.all().delete()
    monkeypatch.setattr(refreshing, "record", unreachable)
    album.page.goto(f"{album.url}{panel.path}")
    expect(part(album.page, "unreachable")).to_be_visible()
    album.take("unreachable")
    assert album.wrong == []


def test_who_may_not(open_album: Callable[[Panel], Album], monkeypatch: pytest.MonkeyPatch) -> None:
    panel = make_panel()
    in_every_state(panel)
    standard = make_member(panel.installation, "Standard", name="Tomasz W.")
    RecordAccess.objects.update(member=standard)
    album = open_album(replace(panel, member=standard))
    rights = permissions.standard_rights(panel.installation)
    permissions.save_standard_rights(panel.installation, {**rights, "create": False})
    album.turn(panel.path)
    expect(part(album.page, "new")).to_have_count(0)
    album.take("only-looking")
    permissions.save_standard_rights(panel.installation, dict.fromkeys(rights, False))
    album.page.goto(f"{album.url}{panel.path}")
    expect(part(album.page, "not-allowed")).to_be_visible()
    album.take("not-allowed")
    monkeypatch.setattr(access, "_bigin_shows", lambda *_: False)
    RecordAccess.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    album.page.goto(f"{album.url}{panel.path}")
    expect(part(album.page, "no-access")).to_be_visible()
    album.take("no-access")
    assert album.wrong == []
