"""Webhooks over real HTTP (reference/books-api.md section 6): events, shapes, signature, retries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from urllib.parse import parse_qs

import pytest

from sandbox.books.webhooks import SIGNATURE, signature
from tests.sandbox_books.api import Books, refused, told

SECRET = "abcdefghijkl12"
Received = tuple[dict[str, str], bytes]


class Ear:
    """Listens on a free port; `status` is what it answers."""

    def __init__(self) -> None:
        self.heard: Queue[Received] = Queue()
        self.status = 200
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.put((dict(self.headers), body))
                self.send_response(ear.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?org=first"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> Received:
        return self.heard.get(timeout=20)


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.server.shutdown()
    made.server.server_close()


def hook(books: Books, ear: Ear, entity: str, **more: object) -> str:
    body = {"entity": entity, "webhook_name": "To us", "url": ear.url, **more}
    return str(books.made("/settings/webhooks", body, "webhook")["webhook_id"])


def test_created_edited_and_deleted_are_told(books: Books, ear: Ear) -> None:
    hook(books, ear, "contact")
    contact = books.contact("Alder")
    books.put(f"/contacts/{contact['contact_id']}", {"notes": "x"})
    books.item("Tour")
    books.delete(f"/contacts/{contact['contact_id']}")
    heard = [json.loads(ear.next()[1]) for _ in range(3)]
    assert heard[0] == {"contact": contact}
    assert heard[1]["contact"]["notes"] == "x"
    assert heard[2] == {"contact": {"contact_id": contact["contact_id"]}}
    assert ear.heard.empty()


def test_only_the_events_asked_for(books: Books, ear: Ear) -> None:
    hook(books, ear, "invoice", events=["edited"])
    invoice = books.document("invoice")
    books.put(f"/invoices/{invoice['invoice_id']}", {"notes": "x"})
    assert json.loads(ear.next()[1])["invoice"]["notes"] == "x"
    assert ear.heard.empty()


def test_signature(books: Books, ear: Ear) -> None:
    """6 [PAGE zoho.com/subscriptions]: sorted fields, then the raw body; the keyed hash from memory."""
    hook(books, ear, "item", secret=SECRET)
    books.item("Tour")
    headers, body = ear.next()
    assert headers[SIGNATURE] == signature(SECRET, [("org", "first")], body.decode())
    example = signature("secret", [("subscription_id", "90343"), ("name", "basic")], '{"a":1}')
    assert example == signature("secret", [("name", "basic"), ("subscription_id", "90343")], '{"a":1}')
    assert len(example) == 64


def test_payload_as_a_form_field(books: Books, ear: Ear) -> None:
    books.sandbox.switch(books_webhook_payload="form")
    hook(books, ear, "item", secret=SECRET)
    item = books.item("Tour & more")
    headers, body = ear.next()
    text = parse_qs(body.decode())["JSONString"][0]
    assert json.loads(text) == {"item": item}
    assert headers[SIGNATURE] == signature(SECRET, [("org", "first"), ("JSONString", text)], "")


@pytest.mark.parametrize(("position", "tries"), [("none", 1), ("two", 3)])
def test_retries(books: Books, ear: Ear, position: str, tries: int) -> None:
    books.sandbox.switch(books_webhook_retries=position)
    ear.status = 500
    hook(books, ear, "item")
    books.item("Tour")
    for _ in range(tries):
        ear.next()
    ear.status = 200
    books.item("Cruise")
    assert json.loads(ear.next()[1])["item"]["name"] == "Cruise"
    assert ear.heard.empty()


def test_webhooks_are_listed_deleted_and_checked(books: Books, ear: Ear) -> None:
    webhook_id = hook(books, ear, "item")
    assert [one["webhook_id"] for one in books.get("/settings/webhooks").json()["webhooks"]] == [webhook_id]
    told(books.delete(f"/settings/webhooks/{webhook_id}"))
    assert refused(books.delete(f"/settings/webhooks/{webhook_id}")) == (404, 1002)
    good = {"entity": "item", "webhook_name": "W", "url": ear.url}
    for bad in ({"entity": "ship"}, {"url": "ftp://x"}, {"secret": "short"}, {"events": ["born"]}):
        assert refused(books.post("/settings/webhooks", {**good, **bad})) == (400, 2)
    books.item("Tour")
    assert books.sandbox.control("GET", "deliveries")["deliveries"] == []
