"""Notification channels and their delivery over HTTP (bigin-api.md 6)."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.sandbox.api import AMARA, Bigin, error


@dataclass
class Receiver:
    url: str
    bodies: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    statuses: list[int] = field(default_factory=list)  # answered in this order, then 200
    silent_for: float = 0  # seconds before it answers
    ended: threading.Event = field(default_factory=threading.Event)

    def next(self) -> dict[str, Any]:
        return self.bodies.get(timeout=60)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that listens for notifications."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = made.statuses.pop(0) if made.statuses else 200
            made.bodies.put(body)
            made.ended.wait(made.silent_for)
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has given up
                self.send_response(status)
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Receiver(f"http://127.0.0.1:{server.server_port}/notify")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    made.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


def channel(url: str = "http://127.0.0.1:1/x", **changes: Any) -> dict[str, Any]:
    return {"channel_id": "90210", "events": ["Contacts.all"], "notify_url": url, "token": "secret", **changes}


def outcome_of_the_first(bigin: Bigin) -> str:
    """What came of the first delivery, once that is known."""
    looking = threading.Event()
    for _ in range(1200):
        outcome: str = bigin.sandbox.control("GET", "deliveries")["deliveries"][0]["outcome"]
        if outcome != "waiting":
            return outcome
        looking.wait(0.05)
    raise AssertionError("nothing came of it in a minute")


def watch(bigin: Bigin, *channels: dict[str, Any]) -> Any:
    return bigin.post("/actions/watch", {"watch": list(channels)})


def test_subscribing_answers_201_with_the_live_keys(bigin: Bigin) -> None:
    """6 LIVE subscribe-watch; resource_uri says v1 even on v2."""
    answer = watch(bigin, channel(events=["Contacts.create", "Accounts.all"]))
    item = answer.json()["watch"][0]
    assert (answer.status_code, item["code"]) == (201, "SUCCESS")
    assert item["message"] == "Successfully subscribed for actions-watch of the given module"
    events = item["details"]["events"]
    assert [one["resource_name"] for one in events] == ["Contacts", "Accounts"]
    keys = {"channel_id", "channel_expiry", "resource_id", "resource_name", "resource_uri"}
    assert all(set(one) == keys for one in events)
    assert events[0]["resource_uri"] == f"{bigin.sandbox.url}/bigin/v1/Contacts"


@pytest.mark.parametrize(
    ("asked", "expiry"),
    [
        (None, "2026-10-09T15:00:00+01:00"),
        ("2026-10-10T11:00:00+00:00", "2026-10-10T12:00:00+01:00"),
        ("2026-12-01T00:00:00+00:00", "2026-10-09T15:00:00+01:00"),
    ],
)
def test_expiry_is_a_day_at_most_and_two_hours_by_default(bigin: Bigin, asked: str | None, expiry: str) -> None:
    """6: observed default 2 hours, also when too long."""
    extra = {} if asked is None else {"channel_expiry": asked}
    event = watch(bigin, channel(**extra)).json()["watch"][0]["details"]["events"][0]
    assert event["channel_expiry"][:16] == expiry[:16]


def test_listing_channels(bigin: Bigin) -> None:
    """6 LIVE list-watch; 204 when empty."""
    assert bigin.get("/actions/watch").status_code == 204
    watch(bigin, channel(), channel(channel_id=7, events=["Products.edit"]))
    body = bigin.get("/actions/watch").json()
    assert {one["channel_id"] for one in body["watch"]} == {"90210", "7"}
    assert set(body["watch"][0]) == {
        "channel_id", "events", "notify_url", "token", "channel_expiry", "resource_id", "resource_name",
        "resource_uri", "fields", "notify_on_related_action", "return_affected_field_values",
    }  # fmt: skip
    assert len(bigin.get("/actions/watch", module="Products").json()["watch"]) == 1
    assert len(bigin.get("/actions/watch", channel_id="90210").json()["watch"]) == 1


def test_subscribing_again_replaces(bigin: Bigin) -> None:
    """6: re-POST of a channel is idempotent and refreshes its expiry."""
    watch(bigin, channel())
    bigin.sandbox.advance(1800)
    watch(bigin, channel(events=["Contacts.edit"]))
    rows = bigin.get("/actions/watch").json()["watch"]
    assert [one["events"] for one in rows] == [["Contacts.edit"]]
    assert rows[0]["channel_expiry"][:16] == "2026-10-09T15:30"


@pytest.mark.parametrize(
    "bad",
    [
        {"channel_id": "x"},
        {"channel_id": None},
        {"events": []},
        {"events": ["Contacts.explode"]},
        {"events": ["Nope.all"]},
        {"notify_url": "ftp://x"},
        {"token": "x" * 51},
        {"channel_expiry": "tomorrow"},
        {"channel_expiry": "2020-01-01T00:00:00+00:00"},
    ],
)
def test_bad_channels_are_refused(bigin: Bigin, bad: dict[str, Any]) -> None:
    """6: numeric channel ids, known events, tokens of 50 characters at most."""
    answer = watch(bigin, channel(**bad))
    assert (answer.status_code, answer.json()["watch"][0]["code"]) == (202, "INVALID_DATA")
    assert bigin.get("/actions/watch").status_code == 204


def test_unsubscribing_an_unknown_channel_is_202(bigin: Bigin) -> None:
    """6 LIVE-NOTE: item NOT_SUBSCRIBED, no channel_id in it."""
    watch(bigin, channel())
    answer = bigin.delete("/actions/watch", channel_ids="90210,5")
    known, unknown = answer.json()["watch"]
    assert answer.status_code == 202
    assert set(known["details"]) == {"resource_uri", "resource_id", "channel_id"}
    assert (unknown["code"], unknown["status"], unknown["details"]) == ("NOT_SUBSCRIBED", "error", {})
    assert bigin.get("/actions/watch").status_code == 204
    assert error(bigin.delete("/actions/watch")) == (400, "REQUIRED_PARAM_MISSING")


def test_replacing_and_dropping_events(bigin: Bigin) -> None:
    """6: PUT replaces details of a known channel, PATCH with _delete_events drops events."""
    watch(bigin, channel(events=["Contacts.create", "Contacts.edit"]))
    assert bigin.put("/actions/watch", {"watch": [channel(channel_id="8")]}).status_code == 202
    drop = {"watch": [{"channel_id": "90210", "events": ["Contacts.edit"], "_delete_events": True}]}
    assert bigin.call("PATCH", "/actions/watch", json=drop).status_code == 200
    assert bigin.get("/actions/watch").json()["watch"][0]["events"] == ["Contacts.create"]
    bigin.put("/actions/watch", {"watch": [channel(events=["Products.all"])]})
    assert bigin.get("/actions/watch").json()["watch"][0]["events"] == ["Products.all"]


@pytest.mark.parametrize(("position", "affected"), [("crm", True), ("v1", False)])
def test_switch_bigin_notification_body(bigin: Bigin, receiver: Receiver, position: str, affected: bool) -> None:
    """12.4, 6: key names by CRM's pages and by code; no record data."""
    bigin.sandbox.switch(bigin_notification_body=position)
    watch(bigin, channel(receiver.url))
    contact = Bigin(bigin.sandbox, AMARA).add("Contacts", Last_Name="Doe")
    body = receiver.next()
    keys = {"server_time", "query_params", "module", "resource_uri", "ids", "operation", "channel_id", "token"}
    assert set(body) == (keys | {"affected_fields"} if affected else keys)
    assert (body["ids"], body["operation"], body["module"]) == ([contact], "insert", "Contacts")
    assert (body["channel_id"], body["token"]) == ("90210", "secret")


def test_each_operation_is_delivered_once(bigin: Bigin, receiver: Receiver) -> None:
    """6: insert, update, delete; a channel hears only what it watches."""
    watch(bigin, channel(receiver.url, events=["Contacts.edit", "Contacts.delete"]))
    contact = bigin.add("Contacts", Last_Name="Doe")
    bigin.put(f"/Contacts/{contact}", {"data": [{"Title": "Buyer"}]})
    bigin.delete(f"/Contacts/{contact}")
    assert [receiver.next()["operation"] for _ in range(2)] == ["update", "delete"]
    bigin.add("Accounts", Account_Name="Acme")
    assert len(bigin.sandbox.control("GET", "deliveries")["deliveries"]) == 2


def test_an_expired_channel_is_silent(bigin: Bigin, receiver: Receiver) -> None:
    """6: renew before expiry."""
    watch(bigin, channel(receiver.url))
    bigin.sandbox.advance(7_201)
    fresh = Bigin(bigin.sandbox)
    fresh.add("Contacts", Last_Name="Doe")
    assert fresh.get("/actions/watch").status_code == 204
    assert bigin.sandbox.control("GET", "deliveries")["deliveries"] == []


@pytest.mark.parametrize("tries", ["1", "3"])
def test_switch_bigin_notification_tries(bigin: Bigin, receiver: Receiver, tries: str) -> None:
    """12.4: the retry policy is unknown."""
    bigin.sandbox.switch(bigin_notification_tries=tries)
    receiver.statuses = [500] * 3
    watch(bigin, channel(receiver.url))
    bigin.add("Contacts", Last_Name="Doe")
    bodies = [receiver.next() for _ in range(int(tries))]
    assert all(body == bodies[0] for body in bodies)
    receiver.statuses = []
    bigin.add("Contacts", Last_Name="Roe")
    assert receiver.next()["ids"] != bodies[0]["ids"]


@pytest.mark.parametrize(("position", "outcome"), [("10", "200"), ("1", "failed: TimeoutError")])
def test_switch_bigin_notification_seconds(bigin: Bigin, receiver: Receiver, position: str, outcome: str) -> None:
    """12.4: the time-out is unknown."""
    bigin.sandbox.switch(bigin_notification_seconds=position)
    receiver.silent_for = 1.5
    watch(bigin, channel(receiver.url))
    bigin.add("Contacts", Last_Name="Doe")
    receiver.next()
    assert outcome_of_the_first(bigin) == outcome


def test_only_this_machine_is_called(bigin: Bigin) -> None:
    """The sandbox is a test tool: it posts to loopback only."""
    watch(bigin, channel("https://hooks.example/x"))
    bigin.add("Contacts", Last_Name="Doe")
    assert outcome_of_the_first(bigin) == "not sent: another machine"
