"""The mini Bigin in a real browser: a topping on another site speaks the SDK's messages with it (topping.md B3)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from sandbox.testing import Sandbox, running_sandbox
from tests.axe import violations
from tests.browser import chromium, new_context, shot
from tests.sandbox.api import AMARA, NOW, Bigin

__all__ = ["chromium", "new_context"]

# A topping as small as it can be: it registers, keeps what it hears, and asks when told to.
TOPPING = b"""<!doctype html><html lang="en"><title>Topping</title><h1>Topping</h1><script>
const around = new URLSearchParams(location.search).get("serviceOrigin");
window.heard = [];
window.ask = (promiseid, data) => parent.postMessage(
  {type: "SDK.EVENT", eventName: "CRM_EVENT", uniqueID: "u", promiseid, data}, around);
addEventListener("message", (event) => { if (event.origin === around) heard.push(event.data); });
parent.postMessage({type: "SDK.EVENT", eventName: "REGISTER", appOrigin: encodeURIComponent(location.href)}, around);
</script></html>"""


@pytest.fixture(scope="module")
def topping() -> Iterator[str]:
    """Its base URL: localhost, another site than 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(TOPPING)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def mini(topping: str) -> Iterator[Sandbox]:
    with running_sandbox("travel-agency", topping_url=topping, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def page(mini: Sandbox, new_context: Callable[..., BrowserContext]) -> Page:
    mini.reset()
    return new_context().new_page()


def framed(page: Page, topping: str) -> Frame:
    expect(page.locator("iframe[data-state=connected]")).to_be_visible()
    return next(frame for frame in page.frames if frame.url.startswith(topping))


def heard(frame: Frame, count: int) -> list[dict[str, Any]]:
    frame.wait_for_function(f"window.heard.length >= {count}")
    messages: list[dict[str, Any]] = json.loads(frame.evaluate("JSON.stringify(window.heard)"))
    return messages


def answer(frame: Frame, promise: str, data: dict[str, Any]) -> dict[str, Any]:
    frame.evaluate(f"window.ask({json.dumps(promise)}, {json.dumps(data)})")
    frame.wait_for_function(f"window.heard.some((one) => one.promiseid === {json.dumps(promise)})")
    return next(one for one in heard(frame, 1) if one.get("promiseid") == promise)


@pytest.mark.parametrize(
    ("slug", "module"), [("deals", "Pipelines"), ("contacts", "Contacts"), ("companies", "Accounts")]
)
def test_register_is_answered_by_context_and_page_load(
    page: Page, mini: Sandbox, topping: str, slug: str, module: str
) -> None:
    """B3: REGISTER -> SET_CONTEXT -> PageLoad with module and record, which are not in the query."""
    record = Bigin(mini).rows(f"/{module}", fields="id", per_page=1)[0]["id"]
    page.goto(f"{mini.url}/{slug}/{record}")
    frame = framed(page, topping)
    context, load = heard(frame, 2)
    assert (context["type"], context["eventName"]) == ("FRAMEWORK.EVENT", "SET_CONTEXT")
    assert set(context["data"]) == {"uniqueID", "model", "locale", "localeResource", "connectors"}
    assert load["data"] == {"Entity": module, "EntityId": record}
    assert record not in frame.url
    shot(page, f"mini-bigin-{slug}")


def test_settings_frame_gets_no_record(page: Page, mini: Sandbox, topping: str) -> None:
    """Settings > Toppings > Zoho Books."""
    page.goto(mini.url)
    page.click("text=Settings")
    page.click("#open-topping")
    frame = framed(page, topping)
    assert frame.url.startswith(f"{topping}/embed/settings/")
    answer(frame, "p1", {"category": "CONFIG", "type": "ORG"})
    assert [one["eventName"] for one in heard(frame, 2)] == ["SET_CONTEXT", "EVENT_RESPONSE"]


def test_requests_are_answered(page: Page, mini: Sandbox, topping: str) -> None:
    """B3 step 4: CONFIG, READ, META, UI RESIZE; anything else fails politely."""
    record = Bigin(mini).rows("/Contacts", fields="id,Last_Name", per_page=1)[0]
    page.goto(f"{mini.url}/contacts/{record['id']}")
    frame = framed(page, topping)
    user = answer(frame, "p1", {"category": "CONFIG", "type": "CURRENT_USER"})["data"]["users"][0]
    org = answer(frame, "p2", {"category": "CONFIG", "type": "ORG"})["data"]["org"][0]
    read = {"category": "READ", "APIData": {"Entity": "Contacts", "RecordID": record["id"]}}
    row = answer(frame, "p3", read)["data"]["data"][0]
    fields = answer(frame, "p4", {"category": "META", "APIData": {"Entity": "Contacts"}})["data"]["fields"]
    assert (user["full_name"], org["company_name"]) == ("Marta Quintela", "Wanderlust Travel")
    assert (row["id"], row["Last_Name"]) == (record["id"], record["Last_Name"])
    assert "Last_Name" in {one["api_name"] for one in fields}
    assert answer(frame, "p5", {"category": "CONNECTOR"})["eventName"] == "EVENT_RESPONSE_FAILURE"
    missing = {"category": "READ", "APIData": {"Entity": "Contacts", "RecordID": "1"}}
    assert answer(frame, "p6", missing)["eventName"] == "EVENT_RESPONSE_FAILURE"
    answer(frame, "p7", {"category": "UI", "action": "RESIZE", "data": {"height": "333", "width": "100%"}})
    assert page.locator("iframe[data-topping]").get_attribute("height") == "333"


def test_messages_of_others_are_not_answered(page: Page, mini: Sandbox, topping: str) -> None:
    """Only the frame of the topping, from its origin, is spoken with."""
    record = Bigin(mini).rows("/Contacts", fields="id", per_page=1)[0]["id"]
    page.goto(f"{mini.url}/contacts/{record}")
    frame = framed(page, topping)
    before = len(heard(frame, 2))
    page.evaluate(
        'window.postMessage({type: "SDK.EVENT", eventName: "CRM_EVENT", promiseid: "x",'
        ' data: {category: "UI", action: "RESIZE", data: {height: "777"}}}, "*")'
    )
    answer(frame, "after", {"category": "UI", "action": "RESIZE", "data": {"height": "300"}})
    assert page.locator("iframe[data-topping]").get_attribute("height") == "300"
    assert len(heard(frame, 1)) == before + 1


def test_a_person_switches_user_and_edits_a_record(page: Page, mini: Sandbox) -> None:
    """As a person would: pick who is signed in, open a company, change it, delete and restore it."""
    page.goto(mini.url)
    page.select_option("#zuid", mini.users[AMARA]["zuid"])
    page.click("#switch-user")
    page.click("nav >> text=Companies")
    page.fill("#q", "Altamar")
    page.click("text=Find")
    page.click("#records tbody a")
    page.click("#edit")
    page.fill("#Phone", "+351 210 000 000")
    page.click("#save")
    expect(page.locator("dl.fields")).to_contain_text("+351 210 000 000")
    expect(page.locator("dl.fields")).to_contain_text("Amara Delacroix")
    page.click("#delete")
    page.click("text=Recycle bin")
    shot(page, "mini-bigin-recycle-bin")
    page.locator("#bin tr", has_text="Altamar Shipping").get_by_role("button", name="Restore").click()
    page.goto(f"{mini.url}/companies?q=Altamar")
    expect(page.locator("#count")).to_have_text("1 found")


@pytest.mark.parametrize("position", ["absent", "same-origin-allow-popups", "same-origin"])
def test_accounts_coop_cuts_the_popup_off(page: Page, mini: Sandbox, topping: str, position: str) -> None:
    """Design 7: with the header, the window that opened the sign-in sees it as closed."""
    mini.switch(accounts_coop=position)
    page.goto(topping)
    asked = f"client_id={mini.client_id}&response_type=code&scope=ZohoBigin.org.READ&redirect_uri={topping}/cb"
    with page.expect_popup() as opened:
        page.evaluate(f"window.popup = window.open('{mini.url}/oauth/v2/auth?{asked}', 'p', 'width=500')")
    expect(opened.value.locator("#accept")).to_be_visible()
    assert page.evaluate("window.popup.closed") is (position != "absent")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/companies",
        "/deals",
        "/deals/new",
        "/deals/*",
        "/companies/*",
        "/recycle-bin",
        "/settings/toppings",
        "/mini-books/",
    ],
)
def test_pages_are_accessible(page: Page, mini: Sandbox, path: str) -> None:
    """Nothing that axe finds."""
    page.goto(mini.url + path.replace("/*", ""))
    if path.endswith("/*"):
        page.click("#records tbody a")
        expect(page.locator("iframe[data-state=connected]")).to_be_attached()
    assert violations(page) == []
