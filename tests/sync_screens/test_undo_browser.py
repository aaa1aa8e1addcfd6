"""Undo of a large run, in a browser: its page asks how far it is by itself, and says at the end what was left alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from sync import tasks, undo_run
from sync.models import Undoing
from tests.axe import violations
from tests.browser import chromium, new_context, shot
from tests.factories import make_installation, make_member
from tests.sync_screens.browser import is_too_wide, named, signed_in
from tests.sync_screens.test_undo import small, stands_as_written
from tests.sync_screens.world import fill

__all__ = ["chromium", "new_context", "small"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "narrow": ("light", 320)}


@pytest.mark.parametrize("look", LOOKS)
def test_a_large_undo_is_followed_on_its_page(
    live_server: LiveServer, new_context: Callable[..., BrowserContext], small: list[int], look: str
) -> None:
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    world = fill(installation)
    stands_as_written(world)
    first = world.links[0].books
    assert first is not None
    first.fields = {**first.fields, "website": "https://example.com/a-persons"}
    first.save()
    scheme, width = LOOKS[look]
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"), color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/embed/sync/runs/{world.run.pk}/undo/")
    named(page, "undo-run-confirm").click()
    page.locator("progress[value='0']").wait_for()
    assert undo_run.go_on(small[0])
    page.locator("progress[value='1']").wait_for()
    shot(page, f"sync-undo-preparing-{look}")
    assert (violations(page), is_too_wide(page)) == ([], False)
    while small:
        tasks.take_back(small.pop())
    page.locator("[data-test=undoing][data-state=done]").wait_for()
    shot(page, f"sync-undo-done-{look}")
    assert named(page, "kept").inner_text().count("website was changed since; it is left alone.") == 1
    assert (violations(page), is_too_wide(page)) == ([], False)
    assert Undoing.objects.get().undone == 2
