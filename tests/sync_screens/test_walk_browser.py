"""A person walks: Configure, Preview, Start, a conflict, an undo, a retry - against the sandbox, in a real browser."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import connections
from accounts.models import Installation, Member
from sandbox.testing import Sandbox
from sync import tasks
from sync.models import Issue, Link, ModuleSetting, Run, Write
from tests.axe import violations
from tests.browser import chromium, new_context, shot
from tests.factories import connected_installation, make_installation, make_member
from tests.sync_screens.browser import named, signed_in
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import fill

__all__ = ["chromium", "new_context"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
MakeContext = Callable[..., BrowserContext]
HOME = "/embed/sync/"


@dataclass
class Walk:
    """The person's page, and a worker that does what was queued when it is told to."""

    page: Page
    base: str
    installation: Installation
    queued: Queued

    def go(self, path: str = "") -> None:
        self.page.goto(f"{self.base}{HOME}{path}")

    def press(self, name: str) -> None:
        named(self.page, name).first.click()

    def work(self) -> None:
        for task in ("run_preview", "run_sync"):
            while self.queued.of(task):
                getattr(tasks, task)(*self.queued.calls[task].pop(0))

    def sync(self) -> None:
        """Sync Now, to the end."""
        self.go()
        self.press("sync-now")
        expect(self.page.get_by_text("The sync starts now")).to_be_visible()
        self.work()
        assert Run.objects.filter(kind="sync").latest("pk").state == Run.State.DONE


@pytest.fixture
def walk(live_server: LiveServer, sandbox: Sandbox, new_context: MakeContext, queued: Queued) -> Walk:
    cache.clear()
    installation = connected_installation(sandbox)
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"))
    return Walk(page, live_server.url, installation, queued)


def test_configure_preview_start_conflict_undo_retry(walk: Walk) -> None:
    configure(walk)
    preview_and_start(walk)
    link = Link.objects.select_related("bigin", "books").filter(kind="company-customer", state="linked").earliest("pk")
    conflict(walk, link)
    undo(walk, link)
    retry(walk)


def configure(walk: Walk) -> None:
    walk.go("customers/configure/")
    walk.page.get_by_label("Sync interval").select_option("60")
    walk.page.get_by_label("Companies & Contacts").check()
    rows = named(walk.page, "mapping-company-customer").locator("tbody tr")
    before = rows.count()
    walk.press("add-company-customer")
    expect(rows).to_have_count(before + 1)
    row = rows.last
    row.get_by_label("Company", exact=True).select_option(label="Description")
    row.get_by_label("Customer", exact=True).select_option(label="Notes")
    shot(walk.page, "sync-walk-1-configure")
    walk.press("save")
    expect(walk.page.get_by_text("Saved. Both sides are read for a new preview")).to_be_visible()
    setting = ModuleSetting.objects.get(module="customers")
    assert (setting.interval_minutes, setting.version) == (60, 2)
    assert ("Description", "notes") in {(row["bigin"], row["books"]) for row in setting.mapping}


def preview_and_start(walk: Walk) -> None:
    walk.go("preview/")
    walk.press("preview")
    expect(walk.page.get_by_text("Reading both sides. Nothing is written.")).to_be_visible()
    walk.go()
    walk.work()
    expect(named(walk.page, "start-sync")).to_be_visible(timeout=20_000)
    walk.go()  # without the progress of the previews, whose end the page learns a moment later
    shot(walk.page, "sync-walk-2-before-anything-is-written")
    assert not Write.objects.exists()
    walk.go("preview/")
    shot(walk.page, "sync-walk-3-preview")
    assert violations(walk.page) == []
    walk.go()
    named(walk.page, "start-sync").dblclick()
    expect(walk.page.get_by_text("The sync was started.").first).to_be_visible()
    assert len(walk.queued.of("run_sync")) == 2  # one for each module, whatever was clicked twice
    walk.work()
    walk.go()
    shot(walk.page, "sync-walk-4-in-step")
    assert not Write.objects.filter(state__in=Write.OPEN).exists()


def conflict(walk: Walk, link: Link) -> None:
    """Both sides rename the same company: a name always asks (rules 4.4)."""
    assert link.bigin is not None
    assert link.books is not None
    bigin, books = connections.bigin(walk.installation), connections.books(walk.installation)
    bigin.update("Accounts", [{"id": link.bigin.remote_id, "Account_Name": "Harbour Travel"}])
    books.update_contact(link.books.remote_id, {"contact_name": "Harbour Holidays"})
    walk.sync()
    walk.go("conflicts/")
    shot(walk.page, "sync-walk-5-conflict")
    card = named(walk.page, f"conflict-{Issue.objects.get(kind='clash', state='open').pk}")
    expect(card).to_contain_text("Harbour Travel")
    expect(card).to_contain_text("Harbour Holidays")
    card.get_by_label("Harbour Holidays").check()
    card.get_by_role("button", name="Use what I chose").click()
    expect(walk.page.get_by_text("Settled. The next run writes what you chose.")).to_be_visible()
    walk.sync()
    assert name_in_bigin(walk, link) == name_in_books(walk, link) == "Harbour Holidays"
    assert not Issue.objects.filter(kind="clash", state="open").exists()


def undo(walk: Walk, link: Link) -> None:
    write = Write.objects.filter(link=link, side="bigin", state="done").latest("pk")
    walk.go(f"runs/{write.run_id}/")
    shot(walk.page, "sync-walk-6-run")
    walk.page.once("dialog", lambda dialog: dialog.accept())
    walk.press(f"undo-{write.pk}")
    expect(walk.page.get_by_text("1 change is being taken back.")).to_be_visible()
    walk.sync()
    assert name_in_bigin(walk, link) == "Harbour Travel"
    walk.go(f"pairs/{link.pk}/")
    shot(walk.page, "sync-walk-7-history")


def retry(walk: Walk) -> None:
    walk.go("issues/")
    shot(walk.page, "sync-walk-8-to-do")
    issue = Issue.objects.filter(state="open").exclude(kind__in=["clash", "held"]).earliest("pk")
    walk.go(f"issues/{issue.pk}/")
    walk.press("retry")
    expect(walk.page.get_by_text("It is tried again with the next run")).to_be_visible()
    issue.refresh_from_db()
    assert issue.retry_at is not None


def name_in_bigin(walk: Walk, link: Link) -> Any:
    assert link.bigin is not None
    row = connections.bigin(walk.installation).get("Accounts", link.bigin.remote_id, ["Account_Name"])
    return row["Account_Name"] if row else None


def name_in_books(walk: Walk, link: Link) -> Any:
    assert link.books is not None
    row = connections.books(walk.installation).contact(link.books.remote_id)
    return row["contact_name"] if row else None


# Habits of the page itself


@pytest.fixture
def seated(live_server: LiveServer, new_context: MakeContext, queued: Queued) -> Walk:
    """In front of an installation with some weeks behind it; Zoho is not needed."""
    installation = make_installation()
    fill(installation)
    page = signed_in(new_context, live_server, make_member(installation, name="Ada Keller"))
    return Walk(page, live_server.url, installation, queued)


def test_an_expired_session_in_the_middle_of_a_form_loses_nothing(seated: Walk) -> None:
    seated.go("issues/")
    seated.page.locator("input[name=issue]").first.check()
    Member.objects.update(access_token="", expires_at=None)
    seated.press("bulk-dismiss")
    expect(named(seated.page, "sign-in-over")).to_be_visible()
    shot(seated.page, "sync-signed-out-meanwhile")
    assert violations(seated.page) == []
    seated.page.keyboard.press("Escape")
    expect(seated.page.locator("input[name=issue]").first).to_be_checked()
    assert not Issue.objects.filter(state="dismissed").exists()


def test_the_focus_stays_where_it_was_when_the_page_is_redrawn(seated: Walk) -> None:
    seated.go()
    named(seated.page, "pause-products").focus()
    seated.page.keyboard.press("Enter")
    expect(seated.page.get_by_text("Paused. Nothing is written")).to_be_visible()
    # The button is gone; the focus is in the content, not lost at the top of the page.
    expect(seated.page.locator("main:focus, main *:focus")).to_have_count(1)
    named(seated.page, "sync-now-customers").focus()
    seated.page.evaluate("document.activeElement.dataset.before = 'the redraw'")
    seated.page.evaluate("document.body.dispatchEvent(new Event('run-changed'))")
    expect(seated.page.locator("[data-test='sync-now-customers']:focus:not([data-before])")).to_have_count(1)


def test_what_a_run_does_is_spoken_once(seated: Walk) -> None:
    Run.objects.filter(installation=seated.installation).delete()
    run = Run.objects.create(installation=seated.installation, trigger="person", stage="Reading bigin_companies")
    seated.go()
    live = seated.page.locator("#live")
    expect(live).to_have_text("Sync is running")
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE, finished_at=run.started_at)
    expect(live).to_have_text("The sync is done")


def test_a_server_that_is_gone_is_said_and_the_page_stays(seated: Walk) -> None:
    seated.go("issues/")
    seated.page.locator("input[name=issue]").first.check()
    seated.page.context.set_offline(True)
    seated.press("bulk-retry")
    expect(seated.page.get_by_text("We could not reach the server.")).to_be_visible()
    expect(seated.page.locator("input[name=issue]").first).to_be_checked()
    seated.page.context.set_offline(False)
    seated.press("bulk-retry")
    expect(seated.page.get_by_text("Done for 1 record.")).to_be_visible()
    expect(seated.page.get_by_text("We could not reach the server.")).to_be_hidden()


def test_everything_can_be_reached_by_keyboard(seated: Walk) -> None:
    seated.go("conflicts/")
    seen = set()
    for _step in range(40):
        seated.page.keyboard.press("Tab")
        found = seated.page.evaluate(
            "(() => { const e = document.activeElement; return e.dataset.test || e.name || e.textContent.trim() })()"
        )
        seen.add(found)
    assert {"Skip to the content", "Sign out", "issue", "bulk-bigin", "field:contact_name"} <= seen
    assert any(str(name).startswith("resolve-") for name in seen)


def test_hostile_names_execute_nowhere(seated: Walk) -> None:
    for path in ("", "issues/", "pairs/", "preview/", "activity/records/"):
        seated.go(path)
        assert seated.page.title() != "executed"
        assert seated.page.locator("img").count() == 0


def test_a_file_comes_out_of_the_frame(seated: Walk) -> None:
    seated.go("issues/")
    with seated.page.expect_download() as download:
        named(seated.page, "export").click()
    assert download.value.suggested_filename == "issues.csv"
    expect(named(seated.page, "issues")).to_be_visible()
