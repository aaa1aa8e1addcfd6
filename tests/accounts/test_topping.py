"""The package for Bigin: what Zoho's tool would refuse, and the loaders in a real browser."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser import chromium, new_context, shot

__all__ = ["chromium", "new_context"]
TOPPING = Path(__file__).resolve().parents[2] / "topping"
PACKED = {"txt", "md", "jpg", "jpeg", "png", "gif", "svg", "css", "js", "html", "json"}
BASE = "https://books-for-bigin.example"
# What a page around the loader does, after it has answered REGISTER as Bigin would.
HOSTS = {
    "record": 'answer("SET_CONTEXT",{uniqueID:"u1"});answer("PageLoad",{Entity:"Deals",EntityId:"123"})',
    "button": 'answer("SET_CONTEXT",{uniqueID:"u1"});'
    'answer("PageLoad",{Entity:"Contacts",EntityId:["7","8"],ButtonPosition:"ListView"})',
    "silent": "",
}


def files() -> list[Path]:
    return [path for path in (TOPPING / "app").rglob("*") if path.is_file()]


def test_the_manifest_is_one_that_zet_takes() -> None:
    manifest = json.loads((TOPPING / "plugin-manifest.json").read_text())
    assert set(manifest) == {"service", "cspDomains"}
    assert manifest["service"] == "BIGIN"
    hosts = manifest["cspDomains"]["connect-src"]
    assert hosts == [BASE]


def test_every_file_is_packed() -> None:
    """zet leaves files of other kinds out without a word, and refuses odd names."""
    names = [path.name for path in files()]
    assert sorted(names) == sorted(
        ["address.js", "button.html", "en.json", "loader.css", "loader.js", "record.html", "settings.html"]
    )
    for path in files():
        assert path.suffix[1:] in PACKED
        assert re.fullmatch(r"[A-Za-z0-9_$-][A-Za-z0-9_.$-]{0,49}", path.name)
        assert path.stat().st_size < 5_000_000


def test_loaders_have_no_inline_script_and_nobody_elses() -> None:
    for path in TOPPING.glob("app/*.html"):
        text = path.read_text()
        assert "http" not in text
        assert re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) == ["", ""]
        assert not re.search(r"\son\w+=|style=|javascript:", text)


def test_the_lock_names_no_registry() -> None:
    lock = (TOPPING / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/zoho-extension-toolkit"]["version"] == "1.0.24"
    assert "resolved" not in lock
    assert all("integrity" in entry for name, entry in packages.items() if name)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return None

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.startswith("/host/"):
            super().do_GET()
            return
        _, _, kind, page = parts.path.split("/")
        around = f"http://{self.headers['Host']}"
        query = f"serviceOrigin={quote(around, safe='')}&isDevMode=true"
        text = (
            "<!doctype html><title>host</title><iframe width=600 height=200 id=frame></iframe><script>"
            "window.heard=[];const frame=document.getElementById('frame');"
            "const answer=(eventName,data)=>frame.contentWindow.postMessage("
            "{type:'FRAMEWORK.EVENT',eventName,data},'*');"
            "addEventListener('message',(event)=>{heard.push(event.data);"
            "if(event.data.eventName==='REGISTER'){" + HOSTS[kind] + "}});"
            f"frame.src='http://localhost:{self.connection.getsockname()[1]}/{page}.html?{query}'</script>"
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(text.encode())


@dataclass
class Hosted:
    """Loaders on localhost, framed by a page on 127.0.0.1; what the app would be asked for is caught."""

    port: int
    context: BrowserContext
    asked: list[str] = field(default_factory=list)

    def open(self, kind: str, page: str) -> Page:
        def catch(route: Route) -> None:
            self.asked.append(route.request.url)
            route.fulfill(body="<p id=app>the app</p>", content_type="text/html")

        self.context.route(f"{BASE}/**", catch)
        opened = self.context.new_page()
        opened.goto(f"http://127.0.0.1:{self.port}/host/{kind}/{page}")
        return opened


@pytest.fixture
def hosted(new_context: Callable[..., BrowserContext]) -> Iterator[Hosted]:
    server = ThreadingHTTPServer(("", 0), partial(_Quiet, directory=str(TOPPING / "app")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Hosted(server.server_address[1], new_context())
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_record_goes_to_the_app_with_its_query_kept(hosted: Hosted) -> None:
    page = hosted.open("record", "record")
    expect(page.frame_locator("#frame").locator("#app")).to_be_visible()
    (asked,) = hosted.asked
    parts = urlsplit(asked)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{BASE}/embed/record/"
    assert parse_qs(parts.query) == {
        "serviceOrigin": [f"http://127.0.0.1:{hosted.port}"],
        "isDevMode": ["true"],
        "Entity": ["Deals"],
        "EntityId": ["123"],
    }
    heard = page.evaluate("heard")
    assert [message["eventName"] for message in heard] == ["REGISTER", "CRM_EVENT"]
    assert heard[1]["data"]["action"] == "RESIZE"
    assert heard[1]["uniqueID"] == "u1"


@pytest.mark.browser
def test_a_button_takes_the_first_of_the_chosen_records(hosted: Hosted) -> None:
    page = hosted.open("button", "button")
    expect(page.frame_locator("#frame").locator("#app")).to_be_visible()
    assert parse_qs(urlsplit(hosted.asked[0]).query)["EntityId"] == ["7"]


@pytest.mark.browser
def test_settings_need_no_record(hosted: Hosted) -> None:
    page = hosted.open("silent", "settings")
    expect(page.frame_locator("#frame").locator("#app")).to_be_visible()
    assert urlsplit(hosted.asked[0]).path == "/embed/settings/"
    assert "serviceOrigin=" in hosted.asked[0]


@pytest.mark.browser
def test_a_silent_host_leaves_a_window_of_its_own_after_three_seconds(hosted: Hosted) -> None:
    page = hosted.open("silent", "record")
    frame = page.frame_locator("#frame")
    expect(frame.locator("#opening")).to_be_visible()
    expect(frame.locator("#window")).to_be_visible()
    assert frame.locator("#window").get_attribute("href") == f"{BASE}/embed/record/"
    shot(page, "topping-alone")
    assert hosted.asked == []


@pytest.mark.browser
def test_without_a_bigin_around_it_says_so_at_once(hosted: Hosted) -> None:
    page = hosted.context.new_page()
    page.goto(f"http://localhost:{hosted.port}/record.html?serviceOrigin=https%3A%2F%2Fbigin.zoho.com")
    expect(page.locator("#window")).to_be_visible()


@pytest.mark.browser
def test_messages_of_others_are_not_believed(hosted: Hosted) -> None:
    """A frame inside the loader's page, or a window of another origin, names a record."""
    page = hosted.open("silent", "record")
    frame = page.frame_locator("#frame")
    expect(frame.locator("#opening")).to_be_visible()
    forged = '{type:"FRAMEWORK.EVENT",eventName:"PageLoad",data:{Entity:"Deals",EntityId:"666"}}'
    inner = next(one for one in page.frames if "record.html" in one.url)
    inner.evaluate(f"window.postMessage({forged}, '*')")
    expect(frame.locator("#window")).to_be_visible()
    assert hosted.asked == []
