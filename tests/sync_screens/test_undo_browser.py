"""Undo of a large run, in a browser: its page asks how far it is by itself, and says at the end what was left alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from sync import tasks, undo_run
from sync.models import Undoing
from tests.browser import chromium, new_context
from tests.factories import make_installation, make_member
from tests.looks import trouble
from tests.sync_screens.browser import named, signed_in
from tests.sync_screens.test_undo import small, stands_as_written
from tests.sync_screens.world import fill

__all__ = ["chromium", "new_context", "small"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_large_undo_is_followed_on_its_page(
    live_server: LiveServer, new_context: Callable[..., BrowserContext], small: list[int]
) -> None:
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    world = fill(installation)
    stands_as_written(world)
    first = world.links[0].books
    assert first is not None
    first.fields = {**first.fields, "website": "https://example.com/a-persons"}
    first.save()
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"))
    page.goto(f"{live_server.url}/embed/sync/runs/{world.run.pk}/undo/")
    named(page, "undo-run-confirm").click()
    page.locator("progress[value='0']").wait_for()
    assert undo_run.go_on(small[0])
    page.locator("progress[value='1']").wait_for()
    wrong = trouble(page, "sync-undo-preparing")
    while small:
        tasks.take_back(small.pop())
    page.locator("[data-test=undoing][data-state=done]").wait_for()
    assert named(page, "kept").inner_text().count("website was changed since; it is left alone.") == 1
    assert wrong + trouble(page, "sync-undo-done") == []
    assert Undoing.objects.get().undone == 2
