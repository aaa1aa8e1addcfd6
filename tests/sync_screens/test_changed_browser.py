"""What the screens say of settings changed after Start, in light, dark and at 320 px: a picture and axe-core."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from sync.models import Issue, ModuleSetting, Proposal, Run
from tests.browser import chromium, new_context
from tests.factories import make_installation, make_member
from tests.looks import trouble
from tests.sync_screens.browser import named, signed_in
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import fill

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rule_5_4_changed_settings_on_home_and_preview(
    live_server: LiveServer, new_context: Callable[..., BrowserContext], queued: Queued
) -> None:
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    world = fill(installation)
    change = {"at": timezone.now().isoformat(), "creates": [["contact-person", "books"]], "fields": []}
    ModuleSetting.objects.filter(module="customers").update(changed=change)
    Issue.objects.filter(pk=world.skipped.pk).update(code="refused_by_person")
    Proposal.objects.filter(outcome="link").update(bigin=world.links[0].bigin, books=world.links[1].books)
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"))
    wrong: list[str] = []

    def look_at(name: str) -> None:
        wrong.extend(trouble(page, f"sync-changed-{name}"))

    page.goto(f"{live_server.url}/embed/sync/")
    look_at("home")
    named(page, "changed-customers").click()
    page.get_by_text("no preview shows yet what that does").wait_for()
    look_at("unseen")
    Run.objects.filter(pk=world.preview.pk).update(started_at=timezone.now())
    page.reload()
    page.get_by_text("This is what the changed settings do.").wait_for()
    look_at("seen")
    assert wrong == []
