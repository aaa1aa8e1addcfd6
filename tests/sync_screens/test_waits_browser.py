"""How it looks where something waits: for the next day's calls, with a stretched interval; for a field to be filled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Installation, Quota
from sandbox.testing import Sandbox
from sync.models import Link, ModuleSetting, Run, Write
from tests.browser import chromium, new_context
from tests.factories import connected_installation, make_installation, make_member
from tests.looks import trouble
from tests.sync_screens.browser import named, signed_in
from tests.sync_screens.conftest import Queued
from tests.sync_screens.test_required_fields import insist_in_books
from tests.sync_screens.world import fill

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MakeContext = Callable[..., BrowserContext]


def opened(make: MakeContext, server: LiveServer, installation: Installation, path: str) -> Page:
    page = signed_in(make, server, make_member(installation, name="Ada Keller"))
    page.goto(f"{server.url}{path}")
    return page


def test_a_series_that_waits_for_calls(live_server: LiveServer, new_context: MakeContext, queued: Queued) -> None:
    installation = make_installation(bigin_org_name="Marker Travel", books_org_name="Marker Books")
    world, now = fill(installation), timezone.now()
    Run.objects.filter(kind=Run.Kind.SYNC).update(state=Run.State.DONE, calls={"books": 10})
    Quota.objects.filter(product="books").delete()
    Quota.objects.create(
        installation=installation, product="books", day=now.date(), limit=1_000, remaining=220,
        resets_at=now + timedelta(hours=10),
    )  # fmt: skip
    cut = Run.objects.create(
        installation=installation, modules=["customers", "products"], trigger="schedule", state=Run.State.FAILED,
        started_at=now - timedelta(minutes=4), finished_at=now,
        problem="The organisation's calls of this day are used up. The sync goes on by itself, as the next run says;"
        " nothing is lost.",
    )  # fmt: skip
    for number, link in enumerate(Link.objects.exclude(writes__state__in=Write.OPEN)[:8]):
        for _again in range(6 if number < 5 else 1):
            Write.objects.create(
                installation=installation, run=cut, link=link, side="books", op="update",
                state="done" if number < 5 else "pending",
            )  # fmt: skip
    ModuleSetting.objects.update(next_run_at=now + timedelta(hours=10), queued_at=None, requested_at=None)
    page = opened(new_context, live_server, world.installation, "/embed/sync/")
    expect(named(page, "ends-at")).to_be_visible()
    assert named(page, "stretched").count() == 2
    assert trouble(page, "sync-waits-for-calls") == []


def test_a_field_that_must_be_filled(
    live_server: LiveServer, new_context: MakeContext, sandbox: Sandbox, queued: Queued
) -> None:
    cache.clear()
    installation = connected_installation(sandbox)
    insist_in_books(installation, sandbox)
    page = opened(new_context, live_server, installation, "/embed/sync/customers/configure/")
    named(page, "save").click()
    expect(page.get_by_text("Books insists on Region in each new record").first).to_be_visible()
    assert trouble(page, "sync-required-field") == []
