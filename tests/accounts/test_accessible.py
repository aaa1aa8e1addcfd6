"""axe-core on every screen of sign-in and setup, in light and dark."""

import pytest
from playwright.sync_api import expect

from tests.accounts.browser import AMARA, MARTA, People, Stage, accept, chromium, new_context, part, people, stage
from tests.axe import violations_in_both
from tests.looks import NARROW, trouble

__all__ = ["chromium", "new_context", "people", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OF_NOBODY = {
    "/": "front",
    "/nowhere/": "not-found",
    "/oauth/callback/?state=x": "trouble",
    "/help/": "help",
    "/help/sync/": "help-chapter",
    "/help/install/#5-when-it-does-not-work": "help-section",
    "/file/document/used/": "file-used",
}


@pytest.mark.parametrize("looks", [("light", "dark"), ("narrow",)], ids=["wide", "narrow"])
def test_axe_finds_nothing(stage: Stage, people: People, looks: tuple[str, ...]) -> None:
    page = people().new_page()
    page.set_viewport_size({"width": NARROW if looks == ("narrow",) else 1280, "height": 800})

    def is_fine(name: str) -> None:
        assert trouble(page, f"accounts-{name}", looks) == []

    def visit(path: str, name: str, ready: str = "") -> None:
        page.goto(f"{stage.base_url}{path}")
        if ready:
            expect(part(page, ready)).to_be_enabled()  # axe leaves out what is not
        is_fine(name)

    for path, name in OF_NOBODY.items():
        visit(path, name)
    visit("/embed/record/Contacts/1/", "sign-in-record", ready="sign-in")
    visit("/embed/record/", "record-alone")
    expect(page.get_by_text("Open this from a record in Bigin")).to_be_visible()
    visit("/embed/settings/", "settings", ready="setup-now")
    part(page, "setup-now").click()
    accept(page, MARTA)
    expect(part(page, "connect-books")).to_be_enabled()
    is_fine("setup")
    part(page, "connect-books").click()
    accept(page, MARTA)
    expect(part(page, "save")).to_be_visible()
    page.get_by_label("E-mail address").fill("nobody@elsewhere.example")
    page.get_by_label("Organisation").select_option(index=1)
    part(page, "save").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    is_fine("setup-wrong")
    visit("/embed/setup/connections/", "connections")
    visit("/embed/sign-in/done/", "done")
    visit("/embed/delete/", "fresh-sign-in")
    page.context.clear_cookies()
    page.goto(f"{stage.base_url}/embed/settings/")
    part(page, "sign-in").click()
    accept(page, AMARA)
    expect(part(page, "no-permission")).to_be_visible()
    is_fine("no-permission")


def test_axe_finds_nothing_in_the_popup_and_the_frame(stage: Stage, people: People) -> None:
    stage.sandbox.switch(accounts_coop="same-origin")
    page, frame = stage.open_settings(people())
    expect(part(frame, "setup-now")).to_be_enabled()
    with page.expect_popup() as opened:
        part(frame, "setup-now").click()
    accept(opened.value, MARTA)
    expect(part(opened.value, "typed-code")).to_be_visible()
    assert trouble(opened.value, "accounts-popup-code") == []
    part(frame, "code-field").fill("WRONG234")
    part(frame, "code-send").click()
    expect(part(frame, "sign-in-problem")).to_be_visible()
    assert violations_in_both(page, stage.inner(page)) == []


def test_everything_works_by_keyboard(stage: Stage, people: People) -> None:
    page = people().new_page()
    page.goto(f"{stage.base_url}/embed/settings/")
    expect(part(page, "setup-now")).to_be_enabled()
    for _ in ("skip link", "help", "setup now"):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.test") == "setup-now"
    page.keyboard.press("Enter")
    expect(page.locator("#accept")).to_be_visible()
