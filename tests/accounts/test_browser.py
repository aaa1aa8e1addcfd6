"""A real Chromium, the topping framed across sites: mini Bigin on 127.0.0.1, the product on localhost."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Connection, Installation, Member
from tests.accounts.browser import (
    AMARA,
    JONAS,
    MARTA,
    PRIYA,
    People,
    Stage,
    Watched,
    accept,
    chromium,
    go_on,
    new_context,
    part,
    people,
    press,
    stage,
    watched,
    without_cookies_in_frames,
)
from tests.accounts.test_sign_in import lasting_tokens
from tests.axe import violations_in_both
from tests.browser import shot
from tests.factories import connected_installation

__all__ = ["chromium", "new_context", "people", "stage", "watched"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def connect(stage: Stage) -> Installation:
    return connected_installation(stage.sandbox)


def test_setup_now_in_a_frame_across_sites(stage: Stage, people: People) -> None:
    context = people()
    page, frame = stage.open_settings(context)
    expect(part(frame, "setup-now")).to_be_enabled()
    shot(page, "accounts-signed-out-settings")
    popup = press(page, part(frame, "setup-now"), MARTA)
    expect(part(frame, "connect-books")).to_be_enabled()
    shot(page, "accounts-setup-2-books")
    assert popup.is_closed()
    press(page, part(frame, "connect-books"), MARTA)
    expect(part(frame, "save")).to_be_visible()
    shot(page, "accounts-setup-3-organisation")
    frame.get_by_label("Organisation").select_option(index=1)
    part(frame, "save").click()
    expect(part(frame, "save")).to_have_count(0)
    installation = Installation.objects.get()
    assert installation.state == Installation.State.ACTIVE
    assert Connection.objects.count() == 2
    session = next(cookie for cookie in context.cookies(stage.base_url) if cookie["name"] == "__Host-session")
    assert session["sameSite"] == "None"
    assert session["partitionKey"] == "http://127.0.0.1"


def test_the_typed_code_where_zohos_pages_cut_the_opener(stage: Stage, people: People) -> None:
    connect(stage)
    stage.sandbox.switch(accounts_coop="same-origin")
    page, frame = stage.open_settings(people())
    popup = press(page, part(frame, "sign-in"), MARTA)
    code = part(popup, "typed-code")
    expect(code).to_be_visible()
    shot(popup, "accounts-popup-typed-code")
    part(frame, "code-field").fill("WRONG234")
    part(frame, "code-send").click()
    expect(part(frame, "sign-in-problem")).to_contain_text("not valid (any more)")
    shot(page, "accounts-typed-code-wrong")
    part(frame, "code-field").fill(code.inner_text().lower())
    part(frame, "code-send").click()
    expect(part(frame, "signed-out")).to_have_count(0)
    assert "Marta" in frame.locator("body").inner_text()


def test_a_blocked_popup_leaves_a_link_that_works(stage: Stage, people: People) -> None:
    connect(stage)
    context = people()
    context.add_init_script("if (window.parent !== window) window.open = () => null;")
    page, frame = stage.open_settings(context)
    expect(part(frame, "sign-in")).to_be_enabled()
    part(frame, "sign-in").click()
    link = frame.get_by_role("link", name="Open it with this link")
    expect(link).to_be_visible()
    shot(page, "accounts-popup-blocked")
    assert violations_in_both(page, stage.inner(page)) == []
    with page.expect_popup() as opened:
        link.click()
    accept(opened.value, MARTA)
    expect(part(frame, "signed-out")).to_have_count(0)


def test_denied_consent_and_other_refusals_are_calm(stage: Stage, people: People) -> None:
    connect(stage)
    page, frame = stage.open_settings(people())
    expect(part(frame, "sign-in")).to_be_enabled()
    with page.expect_popup() as opened:
        part(frame, "sign-in").click()
    opened.value.locator("#reject").click()
    expect(part(opened.value, "trouble")).to_contain_text("Access was not granted")
    shot(opened.value, "accounts-denied")
    opened.value.close()
    popup = press(page, part(frame, "sign-in"), PRIYA)
    expect(part(popup, "trouble")).to_contain_text("Second Org is not set up yet")
    shot(popup, "accounts-not-set-up")
    popup.close()
    popup = press(page, part(frame, "setup-now"), AMARA)
    expect(part(popup, "trouble")).to_contain_text("Only an administrator can set this up")
    shot(popup, "accounts-not-administrator")
    popup.close()
    press(page, part(frame, "sign-in"), AMARA)
    expect(part(frame, "no-permission")).to_be_visible()
    shot(page, "accounts-no-permission")
    assert violations_in_both(page, stage.inner(page)) == []
    part(frame, "sign-out").click()
    expect(part(frame, "sign-in")).to_be_enabled()


def test_cookies_blocked_altogether_leave_a_window_in_which_everything_works(
    stage: Stage, watched: Watched, tmp_path: Path
) -> None:
    context = watched(without_cookies_in_frames(tmp_path, stage.base_url, stage.sandbox.url))
    page, frame = stage.open_settings(context)
    expect(part(frame, "cookies-blocked")).to_be_visible()
    expect(part(frame, "setup-now")).to_be_hidden()
    shot(page, "accounts-cookies-blocked")
    assert violations_in_both(page, stage.inner(page)) == []
    with page.expect_popup() as opened:
        part(frame, "own-window").click()
    window = opened.value
    expect(part(window, "setup-now")).to_be_enabled()
    part(window, "setup-now").click()
    accept(window, MARTA)
    expect(part(window, "connect-books")).to_be_enabled()
    part(window, "connect-books").click()
    accept(window, MARTA)
    window.get_by_label("Organisation").select_option(index=1)
    part(window, "save").click()
    expect(part(window, "save")).to_have_count(0)
    assert Installation.objects.get().state == Installation.State.ACTIVE
    window.goto(f"{stage.base_url}/embed/setup/connections/")
    expect(part(window, "connection-books")).to_be_visible()
    shot(window, "accounts-connections")


def test_a_form_sent_after_the_sessions_end_is_kept_and_goes_on(stage: Stage, people: People) -> None:
    page, frame = stage.open_settings(people())
    press(page, part(frame, "setup-now"), MARTA)
    press(page, part(frame, "connect-books"), MARTA)
    frame.get_by_label("Organisation").select_option(index=1)
    frame.get_by_label("E-mail address").fill("nobody@elsewhere.example")
    Member.objects.update(expires_at=timezone.now())
    part(frame, "save").click()
    expect(part(frame, "signed-out")).to_contain_text("what you typed is kept")
    shot(page, "accounts-form-kept")
    assert violations_in_both(page, stage.inner(page)) == []
    press(page, part(frame, "sign-in"), MARTA)
    expect(frame.get_by_label("E-mail address")).to_have_value("nobody@elsewhere.example")
    expect(frame.locator("body")).to_contain_text("active user of the organisation")
    shot(page, "accounts-setup-wrong-address")


def test_reconnect_by_hand(stage: Stage, people: People) -> None:
    installation = connect(stage)
    problem = "Zoho Books no longer accepts our access. An administrator can press Reconnect to go on; nothing is lost."
    Connection.objects.filter(product="books").update(problem=problem, problem_since=timezone.now())
    Installation.objects.update(state=Installation.State.PAUSED, problem=problem)
    page, frame = stage.open_settings(people())
    press(page, part(frame, "sign-in"), MARTA)
    expect(part(frame, "signed-out")).to_have_count(0)
    go_on(stage, page, "/embed/setup/connections/")
    expect(part(frame, "reconnect-books")).to_be_enabled()
    shot(page, "accounts-connections-lost")
    press(page, part(frame, "reconnect-books"), JONAS)
    expect(part(frame, "connection-books")).to_contain_text("connected")
    expect(frame.get_by_text("no longer accepts")).to_have_count(0)
    installation.refresh_from_db()
    assert (installation.state, installation.problem) == (Installation.State.ACTIVE, "")


@pytest.mark.parametrize("look", ["narrow", "dark"])
def test_looks(stage: Stage, people: People, look: str) -> None:
    """Pictures for people; and nothing is wider than the window."""
    options: dict[str, Any] = {"color_scheme": "dark"} if look == "dark" else {}
    context = people(**options)
    page = context.new_page()
    if look == "narrow":
        page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{stage.base_url}/embed/settings/")
    shot(page, f"accounts-settings-{look}")
    part(page, "setup-now").click()
    accept(page, MARTA)
    expect(part(page, "connect-books")).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"accounts-setup-{look}")
    page.goto(f"{stage.base_url}/embed/setup/connections/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"accounts-connections-{look}")
    page.goto(f"{stage.base_url}/oauth/callback/?state=x")
    shot(page, f"accounts-trouble-{look}")
    page.goto(stage.base_url)
    shot(page, f"accounts-front-{look}")


def test_signing_in_over_a_page_keeps_what_was_typed_there(stage: Stage, people: People) -> None:
    connect(stage)
    page, frame = stage.open_settings(people())
    press(page, part(frame, "sign-in"), MARTA)
    expect(part(frame, "signed-out")).to_have_count(0)
    go_on(stage, page, "/embed/sync/customers/configure/")
    form = part(frame, "configure")
    interval = form.locator("select[name=interval_minutes]")
    expect(interval).to_be_visible(timeout=30_000)
    interval.select_option(index=0)
    chosen = interval.input_value()
    Member.objects.update(expires_at=timezone.now())
    part(frame, "save").click()
    expect(part(frame, "sign-in-over")).to_be_visible()
    pressed, asked = part(frame, "save").bounding_box(), part(frame, "sign-in-over").bounding_box()
    assert pressed
    assert asked
    assert abs(pressed["y"] - asked["y"]) < 400, "the frame is higher than the window: it would be out of sight"
    shot(page, "accounts-sign-in-over")
    assert violations_in_both(page, stage.inner(page)) == []
    press(page, part(frame, "sign-in-over").locator("[data-test=sign-in]"), MARTA)
    expect(part(frame, "sign-in-over")).to_be_hidden()
    expect(interval).to_have_value(chosen)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        part(frame, "save").click()
    assert answered.value.status < 400


def test_a_record_with_cookies_blocked_opens_in_a_window_of_its_own(
    stage: Stage, watched: Watched, tmp_path: Path
) -> None:
    connect(stage)
    context = watched(without_cookies_in_frames(tmp_path, stage.base_url, stage.sandbox.url))
    page = context.new_page()
    page.goto(f"{stage.sandbox.url}/deals")
    page.locator("a[href^='/deals/']:not([href$='/new'])").first.click()
    record = page.url.rsplit("/", 1)[1]
    frame = page.frame_locator("iframe[data-topping]")
    expect(part(frame, "cookies-blocked")).to_be_visible()
    shot(page, "accounts-record-cookies-blocked")
    with page.expect_popup() as opened:
        part(frame, "own-window").click()
    window = opened.value
    part(window, "sign-in").click()
    accept(window, AMARA)
    window.wait_for_url(f"{stage.base_url}/embed/record/Pipelines/{record}/**")
    expect(part(window, "signed-out")).to_have_count(0)
    expect(part(window, "documents")).to_be_visible(timeout=30_000)


def test_a_user_of_another_organisation_is_told_so_and_can_become_somebody_else(stage: Stage, people: People) -> None:
    """Theirs is set up too: they are signed in, but to their own organisation, and this record is not its."""
    connect(stage)
    other = connected_installation(stage.sandbox, user="priya.ramanujam@second-org.example")
    page = people().new_page()
    page.goto(f"{stage.sandbox.url}/deals")
    page.locator("a[href^='/deals/']:not([href$='/new'])").first.click()
    frame = page.frame_locator("iframe[data-topping]")
    press(page, part(frame, "sign-in"), PRIYA)
    expect(part(frame, "no-access")).to_be_visible(timeout=30_000)
    expect(part(frame, "signed-in-as")).to_contain_text(other.bigin_org_name)
    shot(page, "accounts-other-organisation")
    part(frame, "sign-out").click()
    press(page, part(frame, "sign-in"), MARTA)
    expect(part(frame, "documents")).to_be_visible(timeout=30_000)


def test_delete_integration_wants_a_fresh_sign_in_in_a_window_of_its_own(stage: Stage, people: People) -> None:
    installation = connect(stage)
    page, frame = stage.open_settings(people())
    press(page, part(frame, "sign-in"), MARTA)
    expect(part(frame, "signed-out")).to_have_count(0)
    go_on(stage, page, "/embed/delete/")
    expect(part(frame, "fresh-sign-in")).to_be_visible()
    shot(page, "accounts-fresh-sign-in")
    window = press(page, part(frame, "fresh-start"), MARTA)
    form = part(window, "delete-form")
    expect(form).to_be_visible()
    shot(window, "accounts-delete")
    policy = window.request.get(window.url).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    form.get_by_role("textbox").fill(installation.bigin_org_name)
    part(window, "delete").click()
    expect(form).to_have_count(0)
    shot(window, "accounts-deleted")
    assert Installation.objects.count() == 0
    assert Member.objects.count() == 0
    assert lasting_tokens(stage.sandbox) == 0
    page.reload()
    expect(part(frame, "setup-now")).to_be_enabled()


def test_a_form_kept_in_a_window_of_its_own_goes_on_when_a_second_one_signed_in(stage: Stage, people: People) -> None:
    """There the browser cuts popups off, so the page asks after its own session until somebody has signed in."""
    page = people().new_page()
    page.goto(f"{stage.base_url}/embed/settings/")
    for button in ("setup-now", "connect-books"):
        expect(part(page, button)).to_be_enabled()
        part(page, button).click()
        accept(page, MARTA)
    page.get_by_label("Organisation").select_option(index=1)
    Member.objects.update(expires_at=timezone.now())
    part(page, "save").click()
    expect(part(page, "signed-out")).to_contain_text("what you typed is kept")
    second = press(page, part(page, "sign-in"), MARTA)
    expect(part(second, "signed-in")).to_be_visible()
    expect(part(page, "signed-out")).to_have_count(0)
    assert Installation.objects.get().state == Installation.State.ACTIVE
