"""Every screen of the sync in light, dark and at 320 px, with and without data: a picture, axe-core, no scrolling."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from accounts.models import Connection, Installation
from sandbox.testing import Sandbox
from sync.models import Issue, ModuleSetting, Run, Write
from tests.browser import chromium, new_context
from tests.factories import connected_installation, make_installation, make_member
from tests.looks import trouble
from tests.sync_screens.browser import signed_in
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import World, fill, preview

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MakeContext = Callable[..., BrowserContext]


def addresses(world: World | None) -> dict[str, str]:
    found = {
        "home": "", "health": "health/", "preview": "preview/", "preview-of-one": "products/preview/",
        "activity": "activity/", "records": "activity/records/",
        "to-do": "issues/", "conflicts": "conflicts/", "pairs": "pairs/", "unlinked": "pairs/?show=bigin",
    }  # fmt: skip
    if world is not None:
        found |= {
            "run": f"runs/{world.run.pk}/", "held": f"runs/{world.held.pk}/", "undo": f"runs/{world.run.pk}/undo/",
            "missing": f"issues/{Issue.objects.filter(code='many_vanished').latest('pk').pk}/",
            "issue": f"issues/{world.duplicate.pk}/", "clash": f"issues/{world.clash.pk}/",
            "pair": f"pairs/{world.links[0].pk}/", "link": f"pairs/link/{world.alone.pk}/", "used-ticket": "file/used/",
        }  # fmt: skip
    return found


def held_by_the_brake(world: World) -> None:
    """The list that waits on the held run's page, with as many deletions as it speaks of."""
    for link in world.links[1:5]:
        Write.objects.create(
            installation=world.installation, run=world.held, link=link, side="books", op="delete", state="held"
        )
    noted = list(Write.objects.filter(run=world.held).order_by("pk").values_list("pk", flat=True))
    Issue.objects.create(
        installation=world.installation,
        run=world.held,
        module="customers",
        kind=Issue.Kind.HELD,
        code="too_many_deletions",
        reason=f"{len(noted)} deletions would be made within 24 hours, more than usual. Nothing of it was sent.",
        advice="Look at the list; approve it if it is meant, or refuse it.",
        detail={"writes": noted, "count": len(noted), "run": world.held.pk},
    )
    missing = [link.books_id for link in world.links[1:9]]
    Issue.objects.create(
        installation=world.installation,
        run=world.held,
        module="customers",
        kind=Issue.Kind.HELD,
        code="many_vanished",
        reason=f"{len(missing)} of 40 records were missing from the newest list: Alpine Huts, Fjord & Fell …",
        advice="If they were deleted on purpose, approve; otherwise check the connection's permissions.",
        detail={"records": missing, "count": len(missing), "feed": "books_customers", "run": world.held.pk},
    )


@pytest.mark.parametrize("state", ["full", "empty"])
def test_screens(live_server: LiveServer, new_context: MakeContext, queued: Queued, state: str) -> None:
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    world = fill(installation) if state == "full" else None
    if world is not None:
        held_by_the_brake(world)
    member = make_member(installation, name="Ada Keller", time_zone="Europe/Stockholm")
    page = signed_in(new_context, live_server, member)
    wrong = []
    for name, path in addresses(world).items():
        page.goto(f"{live_server.url}/embed/sync/{path}")
        wrong += trouble(page, f"sync-{name}-{state}")
    assert wrong == []


def test_states_of_the_home(live_server: LiveServer, new_context: MakeContext, queued: Queued) -> None:
    """Not started, running, stopped: the screens between nothing and everything."""
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"))
    wrong: list[str] = []

    def visit(name: str) -> None:
        page.goto(f"{live_server.url}/embed/sync/")
        wrong.extend(trouble(page, f"sync-home-{name}"))

    preview(installation, [])
    visit("start")
    world = fill(installation)
    Run.objects.all().delete()
    Write.objects.all().delete()
    run = Run.objects.create(
        installation=installation, trigger="person", stage="Sending company-customer",
        counts={"customers": {"bigin": {"read": 240}, "books": {"read": 181, "created": 48}}},
        calls={"bigin": 12, "books": 71},
    )  # fmt: skip
    for number, link in enumerate(world.links):
        Write.objects.create(
            installation=installation, run=run, link=link, side="books", op="update",
            state="done" if number < 6 else "pending",
        )  # fmt: skip
    visit("running")
    run.delete()
    ModuleSetting.objects.filter(module="products").update(paused_at="2026-01-01T00:00Z")
    Connection.objects.filter(product="books").update(problem="Zoho Books no longer accepts our access.")
    Installation.objects.update(problem="Zoho Books no longer accepts our access. Press Reconnect.")
    visit("stopped")
    assert wrong == []


@pytest.mark.parametrize("module", ["customers", "products"])
def test_configure(
    live_server: LiveServer, new_context: MakeContext, sandbox: Sandbox, queued: Queued, module: str
) -> None:
    cache.clear()
    member = make_member(connected_installation(sandbox), name="Ada Keller")
    page = signed_in(new_context, live_server, member)
    page.goto(f"{live_server.url}/embed/sync/{module}/configure/")
    wrong = trouble(page, f"sync-configure-{module}")
    page.locator("select[name='row-1-books']").select_option(index=0)
    page.locator("[data-test=save]").click()
    page.locator(".wrong").first.wait_for()
    assert wrong + trouble(page, f"sync-configure-{module}-errors") == []
