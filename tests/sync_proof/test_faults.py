"""Zoho at its worst: lost answers, late commits, refusals, tokens that end. The day always ends in the same evening."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import mail

from accounts.models import Connection, Installation
from sync.models import Run, Write
from tests.sync_proof.busy import assert_evening
from tests.sync_proof.trial import DAY
from tests.sync_proof.world import Kept, World
from tests.zoho.scripted import refusing_port
from zoho import limits
from zoho.client import Client

# What is sent in the day's first run, each of which may meet trouble.
TARGETS: dict[str, dict[str, Any]] = {
    "new customer": {"product": "books", "method": "POST", "path": "^/contacts$"},
    "customer": {"product": "books", "method": "PUT", "path": r"^/contacts/\d+$"},
    "new person": {"product": "books", "method": "POST", "path": "^/contacts/contactpersons$"},
    "person": {"product": "books", "method": "PUT", "path": "^/contacts/contactpersons/"},
    "lost person": {"product": "books", "method": "DELETE", "path": "^/contacts/contactpersons/"},
    "lost customer": {"product": "books", "method": "DELETE", "path": r"^/contacts/\d+$"},
    "new item": {"product": "books", "method": "POST", "path": "^/items$"},
    "new company": {"product": "bigin", "method": "POST", "path": "^/Accounts$"},
    "new contact": {"product": "bigin", "method": "POST", "path": "^/Contacts$"},
    "new product": {"product": "bigin", "method": "POST", "path": "^/Products$"},
    "company": {"product": "bigin", "method": "PUT", "path": "^/Accounts$"},
    "contact": {"product": "bigin", "method": "PUT", "path": "^/Contacts$"},
    "product": {"product": "bigin", "method": "PUT", "path": "^/Products$"},
    "list of Bigin": {"product": "bigin", "method": "GET", "path": "^/(Accounts|Contacts|Products)"},
    "list of Books": {"product": "books", "method": "GET", "path": "^/(contacts|items)"},
}
TROUBLES: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "drop_after"},
    "never arrived": {"kind": "drop_before"},
    "late commit": {"kind": "late_commit", "seconds": 20},
    "500 after": {"kind": "error_after", "status": 500},
    "503 before": {"kind": "error_before", "status": 503},
    "error page": {"kind": "html"},
    "429": {"kind": "rate_limited", "times": 3},
    "too many at once": {"kind": "concurrency", "times": 2},
    "quota": {"kind": "quota"},
    "token ended": {"kind": "expired_token"},
}
ALL = [(trouble, target) for trouble in TROUBLES for target in TARGETS]
# Each trouble once or twice here, on targets that differ; every pair of them in `make soak`.
CHOSEN = [
    ("answer lost", "new customer"),
    ("answer lost", "new contact"),
    ("answer lost", "new person"),
    ("never arrived", "new company"),
    ("late commit", "new customer"),
    ("late commit", "person"),
    ("500 after", "lost customer"),
    ("503 before", "company"),
    ("error page", "new item"),
    ("error page", "list of Bigin"),
    ("429", "customer"),
    ("too many at once", "list of Books"),
    ("quota", "new product"),
    ("token ended", "lost person"),
]


def trial(world: World, kept: Kept, trouble: str, target: str) -> None:
    world.back(kept)
    world.sandbox.fault(**TROUBLES[trouble], **TARGETS[target])
    for _ in range(3):  # a delete waits a minute before it is sent
        world.sync()
        struck = world.sandbox.control("GET", "faults")["faults"][0]["hits"]
        if struck:
            break
        world.time.forward(61)
    assert struck, f"{trouble} met nothing on {target}"
    world.sandbox.control("DELETE", "faults")
    assert_evening(world)


@pytest.mark.timeout(600)
def test_troubles_of_every_kind(noon: tuple[World, Kept]) -> None:
    for trouble, target in CHOSEN:
        try:
            trial(*noon, trouble, target)
        except Exception as error:
            error.add_note(f"{trouble}: {target}")
            raise


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_every_trouble_on_every_target(noon: tuple[World, Kept]) -> None:
    failures = []
    for trouble, target in ALL:
        try:
            trial(*noon, trouble, target)
        except Exception as error:  # noqa: BLE001 - all are told
            failures.append(f"{trouble}: {target}: {type(error).__name__} {error}")
            print(failures[-1], flush=True)
    print(f"{len(ALL)} trials, {len(failures)} failures")
    assert not failures


def test_a_storm_of_refusals_is_sat_out(noon: tuple[World, Kept]) -> None:
    """Every third call is refused for a while, on both sides."""
    world, _ = noon
    for seed, product in enumerate(("bigin", "books")):
        world.sandbox.fault("rate_limited", product=product, times=0, probability=0.3, seed=seed)
    for _ in range(4):
        world.sync()
    world.sandbox.control("DELETE", "faults")
    assert_evening(world)


@pytest.mark.parametrize(("product", "path"), [("bigin", "^/Accounts$"), ("books", "^/contacts$")])
def test_a_revoked_token_pauses_and_tells_and_reconnecting_goes_on(
    noon: tuple[World, Kept], product: str, path: str
) -> None:
    """Rules 1.6: never a conclusion about records."""
    world, _ = noon
    world.sandbox.fault("revoked_token", product=product, method="POST", path=path)
    run = world.sync()
    assert run.state == Run.State.FAILED
    assert "Reconnect" in run.problem
    world.installation.refresh_from_db()
    assert world.installation.state == Installation.State.PAUSED
    assert Connection.objects.get(installation=world.installation, product=product).problem
    name = {"bigin": "Bigin", "books": "Zoho Books"}[product]
    assert [message.subject.partition("] ")[2] for message in mail.outbox] == [f"{name} is disconnected"]
    assert not Write.objects.filter(state=Write.State.SENDING).exists()
    world.sandbox.control("DELETE", "faults")
    world.reconnect()
    assert_evening(world)


def test_a_day_without_quota_ends_the_run_says_so_and_goes_on_by_itself(noon: tuple[World, Kept]) -> None:
    world, _ = noon
    world.sandbox.fault("quota", product="books", method="POST", path="^/contacts$")
    run = world.sync_once()
    assert run.state in (Run.State.PARTIAL, Run.State.FAILED)
    assert run.problem
    assert not Write.objects.filter(state=Write.State.SENDING).exists()
    world.sandbox.control("DELETE", "faults")
    world.time.forward(DAY)
    assert_evening(world)


def test_a_create_that_never_arrived_is_sent_again_after_two_looks_a_minute_apart(world: World) -> None:
    """Its absence is not believed before (design section 3)."""
    world.books.item("Boat hire", sku="BH-1")
    world.settle()
    world.bigin.add("Products", Product_Name="Glacier walk")
    world.sandbox.fault("drop_before", **TARGETS["new item"])
    world.sync()
    world.sync()
    lost = Write.objects.get(state=Write.State.UNKNOWN)
    assert lost.looks >= 1
    assert [row["name"] for row in world.look().items.values()] == ["Boat hire"]
    world.time.forward(61)
    world.sync()
    assert sorted(row["name"] for row in world.look().items.values()) == ["Boat hire", "Glacier walk"]


def test_redis_flushed_after_every_call_loses_nothing(
    noon: tuple[World, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = noon
    store, flushed = limits.store(settings.REDIS_URL), 0
    send = Client._send

    def sent(self: Client, call: Any, token: str) -> Any:
        nonlocal flushed
        answer = send(self, call, token)
        store.flushdb()
        flushed += 1
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_send", sent)
        assert world.sync().state == Run.State.DONE
    assert flushed > 20
    assert_evening(world)


def test_redis_down_fails_the_run_and_nothing_else(noon: tuple[World, Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = noon
    with monkeypatch.context() as patch, refusing_port() as url:
        patch.setattr(settings, "REDIS_URL", f"{url.replace('http://', 'redis://')}/0")
        world.forget_calls()
        run = world.sync()
        assert run.state == Run.State.FAILED
        assert not world.writes()
    assert_evening(world)
