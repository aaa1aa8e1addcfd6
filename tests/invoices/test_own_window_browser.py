"""Third-party cookies blocked altogether: a sales person bills in the window that the frame offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.accounts.browser import AMARA, Watched, accept, watched, without_cookies_in_frames
from tests.browser import chromium
from tests.invoices.browser import Stage, part, stage
from tests.invoices.test_from_a_deal import linked_deal

__all__ = ["chromium", "stage", "watched"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_with_cookies_blocked_a_deal_is_billed_in_a_window_of_its_own(
    stage: Stage, watched: Watched, tmp_path: Path
) -> None:
    deal, customer = linked_deal(stage.desk)
    before = len(stage.desk.made(customer_id=customer["contact_id"]))
    page = watched(without_cookies_in_frames(tmp_path, stage.base_url, stage.sandbox.url)).new_page()
    frame = stage.open(page, deal["id"])
    expect(part(frame, "cookies-blocked")).to_be_visible()
    with page.expect_popup() as opened:
        part(frame, "own-window").click()
    window = opened.value
    part(window, "sign-in").click()
    accept(window, AMARA)
    part(window, "new").click()
    expect(part(window, "draft-form")).to_be_visible()
    part(window, "save").dblclick()
    expect(part(window, "number")).to_contain_text("INV-", timeout=60_000)
    assert len(stage.desk.made(customer_id=customer["contact_id"])) == before + 1
