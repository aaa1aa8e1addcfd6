"""In a real browser: a wrong pair is put right, and pairs come back from a file in which some lines are wrong."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member
from sync import services
from sync.models import Cursor, Feed, Link, Record
from tests.axe import violations
from tests.browser import chromium, new_context, shot
from tests.looks import is_too_wide
from tests.sync_screens.browser import named, signed_in
from tests.sync_screens.world import World, record

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PAIRS = "/embed/sync/pairs/"


@pytest.fixture
def page(live_server: LiveServer, administrator: Member, new_context: Callable[..., BrowserContext]) -> Page:
    return signed_in(new_context, live_server, administrator, base_url=live_server.url)


def looked_at(page: Page, name: str) -> None:
    """Wide and narrow."""
    assert not violations(page), name
    shot(page, f"sync-{name}")
    page.set_viewport_size({"width": 375, "height": 800})
    assert not is_too_wide(page), name
    shot(page, f"sync-{name}-narrow")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_wrong_pair_is_put_right_from_its_page(page: Page, world: World) -> None:
    for feed in Feed.values:
        Cursor.objects.create(installation=world.installation, feed=feed, complete_at=timezone.now())
    right = record(world.installation, "books", "customer", "46999", "Blue Harbour Cruise & Ferries")
    record(world.installation, "books", "customer", "46998", "Fjord & Fell")
    Record.objects.filter(remote_id="46998").update(dirty=True, fields={"contact_name": "Fjord & Fell"})
    services.unlink(world.links[6], "Ada Keller")
    link = world.links[1]
    page.goto(f"{PAIRS}{link.pk}/")
    looked_at(page, "pair-another")
    named(page, "another").get_by_role("link", name="Bigin's record").click()
    expect(page.get_by_text("It is linked with Blue Harbour Cruises now.")).to_be_visible()
    page.get_by_label("Name or id").fill("ferries")
    page.get_by_role("button", name="Search").click()
    expect(named(page, "partners")).to_contain_text("nothing in common")
    looked_at(page, "link-another")
    named(page, f"link-{right.pk}").click()
    expect(page.get_by_text("Blue Harbour Cruises has no pair now: the next run judges it")).to_be_visible()
    assert Link.objects.get(bigin=link.bigin, state="linked").books == right
    page.goto(f"{PAIRS}?show=books")
    expect(named(page, "unlinked")).to_contain_text("The next sync creates it in Bigin.")
    expect(named(page, "unlinked")).to_contain_text("Its pair with Old Town Walks was taken apart")
    looked_at(page, "alone-books")
    page.goto(f"{PAIRS}link/{world.alone.pk}/")
    looked_at(page, "link-candidates")


def test_what_became_of_each_line_of_the_file_is_shown(page: Page, world: World) -> None:
    lines = list(services.pairs_csv(world.installation))
    lines[1] = lines[1].replace("company-customer", "contact-customer").replace("pair,", "resting,")
    lines += [lines[2].replace("pair,", "pear,"), lines[3].replace("46", "x")]
    Link.objects.all().delete()
    page.goto(PAIRS)
    page.locator("#pairs-file").set_input_files(
        {"name": "pairs.csv", "mimeType": "text/csv", "buffer": "".join(lines).encode()}
    )
    named(page, "import").click()
    expect(named(page, "imported")).to_contain_text("9linked")
    expect(named(page, "imported")).to_contain_text("1put aside")
    expect(named(page, "refused")).to_contain_text("Line 12: it says neither pair nor decision.")
    looked_at(page, "pairs-imported")
