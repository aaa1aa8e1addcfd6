"""The main job as a person does it, in a real browser, over real HTTP, with workers and beat of their own.

Set up in the frame, preview, start, sync again, and bill a deal; then Books is asked what stands there.
"""

import json
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.browser import shot
from tests.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
MARTA = "700001001"
A_RUN = 60_000  # milliseconds


def part(place: Page | FrameLocator, name: str) -> Locator:
    return place.locator(f"[data-test='{name}']").first


class Remote:
    """The sandbox's APIs with a token of its own, to see what truly stands there."""

    def __init__(self, url: str) -> None:
        self.url = url
        body = {"user": MARTA, "scopes": ["ZohoBigin.modules.ALL", "ZohoBooks.fullaccess.all"], "access_type": "online"}
        self.token = self._ask("/__sandbox__/token", json.dumps(body).encode())["access_token"]
        self.organization = self.get("/books/v3/organizations")["organizations"][0]["organization_id"]

    def get(self, path: str) -> dict[str, Any]:
        return self._ask(path, None)

    def books(self, path: str) -> dict[str, Any]:
        return self.get(f"/books/v3/{path}{'&' if '?' in path else '?'}organization_id={self.organization}")

    def _ask(self, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if body is None:
            headers["Authorization"] = f"Zoho-oauthtoken {self.token}"
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            parsed: dict[str, Any] = json.loads(answer.read() or "{}", parse_float=Decimal)
        return parsed


def consent(page: Page, button: Locator) -> None:
    with page.expect_popup() as opened:
        button.click()
    opened.value.locator(f"#user-{MARTA}").check()
    shot(opened.value, "main-consent")
    opened.value.locator("#accept").click()


def set_up(page: Page, frame: FrameLocator) -> None:
    expect(part(frame, "setup-now")).to_be_enabled()
    shot(page, "main-1-setup-now")
    consent(page, part(frame, "setup-now"))
    expect(part(frame, "connect-books")).to_be_enabled()
    consent(page, part(frame, "connect-books"))
    frame.get_by_label("Organisation").select_option("Wanderlust Travel (EUR)")
    shot(page, "main-2-organisation")
    part(frame, "save").click()
    expect(part(frame, "first-run")).to_be_visible()


def start_sync(page: Page, frame: FrameLocator) -> None:
    """Rules 1.1: the screen asks for its preview by itself, says what it will do, then waits."""
    expect(part(frame, "start-sync")).to_be_visible(timeout=A_RUN)
    shot(page, "main-3-before-anything-is-written")
    part(frame, "start-sync").click()
    shot(page, "main-4-running")


def wait_for_runs(frame: FrameLocator, demo: Demo, number: int) -> None:
    """Until so many sync runs have ended well and none is running."""
    done = "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'running') FROM sync_run"

    def ended() -> bool:
        [(well, running)] = demo.query(f"{done} WHERE kind = 'sync'")
        return well >= number and running == 0  # type: ignore[operator]

    for _ in range(600):
        if ended():
            return
        frame.owner.page.wait_for_timeout(200)
    raise AssertionError(demo.query("SELECT state, problem, counts FROM sync_run"))


def test_from_setup_now_to_an_invoice(demo: Demo, new_context: Callable[..., BrowserContext]) -> None:
    sandbox = f"http://127.0.0.1:{demo.ports['SANDBOX_PORT']}"
    page = new_context().new_page()
    page.set_viewport_size({"width": 1280, "height": 1700})
    page.goto(f"{sandbox}/settings/toppings/zoho-books")
    frame = page.frame_locator("iframe[data-topping]")
    set_up(page, frame)
    remote = Remote(sandbox)
    assert writes_seen(sandbox) == []
    start_sync(page, frame)
    wait_for_runs(frame, demo, 2)
    assert demo.query("SELECT count(*) FROM sync_write WHERE state IN ('pending', 'sending', 'unknown')") == [(0,)]
    page.reload()  # the end of a run redraws the page; a click in that moment would meet nothing
    part(frame, "sync-now").click()
    wait_for_runs(frame, demo, 3)
    page.reload()
    expect(part(frame, "sync-now")).to_be_visible()
    shot(page, "main-5-in-step")
    bill(page, sandbox, remote)


def writes_seen(sandbox: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{sandbox}/__sandbox__/calls", timeout=30) as answer:
        counted = json.loads(answer.read())["by"]
    products = {"bigin", "books", "invoice"}
    return [line for line in counted if line["product"] in products and line["method"] not in {"GET", "HEAD"}]


def bill(page: Page, sandbox: str, remote: Remote) -> None:
    deal = billable_deal(remote)
    before = {row["invoice_id"] for row in remote.books("invoices")["invoices"]}
    page.goto(f"{sandbox}/deals/{deal['id']}")
    frame = page.frame_locator("iframe[data-topping]")
    expect(part(frame, "new")).to_be_visible(timeout=30_000)
    expect(part(frame, "age")).not_to_contain_text("Looking for news")
    shot(page, "main-6-panel")
    part(frame, "new").click()
    expect(part(frame, "save")).to_be_enabled()
    shown = part(frame, "total").inner_text()
    shot(page, "main-7-new-invoice")
    part(frame, "save").dblclick()
    expect(part(frame, "number")).to_be_visible(timeout=60_000)
    shot(page, "main-8-invoice")
    made = [row for row in remote.books("invoices")["invoices"] if row["invoice_id"] not in before]
    assert len(made) == 1
    invoice = remote.books(f"invoices/{made[0]['invoice_id']}")["invoice"]
    assert invoice["customer_name"] == deal["Account_Name"]["name"]
    expected = [(row["Product_Name"], Decimal(row["Quantity"])) for row in deal["lines"]]
    assert [(line["name"], Decimal(line["quantity"])) for line in invoice["line_items"]] == expected
    assert f"{invoice['total']:,.2f}" in shown
    assert part(frame, "number").inner_text() == invoice["invoice_number"]


def billable_deal(remote: Remote) -> dict[str, Any]:
    """The first deal with a company and several products."""
    listed = remote.get("/bigin/v2/Pipelines?fields=Deal_Name,Account_Name&sort_by=id&sort_order=asc")["data"]
    for row in listed:
        deal: dict[str, Any] = row
        lines = remote.get(f"/bigin/v2/Pipelines/{row['id']}/Products?fields=Product_Name,Quantity").get("data", [])
        if deal["Account_Name"] and len(lines) > 1:
            return {**deal, "lines": lines}
    raise AssertionError("the seed has no deal with a company and two products")
