"""Bigin's knock at our door makes a module due and is believed in nothing else; whoever has no token moves nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import throttle
from accounts.models import Installation
from sync import notifications, services
from sync.models import Channel, ModuleSetting, Notification
from tests.factories import make_installation

pytestmark = pytest.mark.django_db
TOKEN, CHANNEL = "only-bigin-knows", "1000000000042"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def installation() -> Iterator[Installation]:
    made = make_installation()
    for setting in services.settings_of(made).values():
        services.start_sync(setting, "a test")
    ModuleSetting.objects.update(next_run_at=LATER, queued_at=None)
    Channel.objects.create(
        installation=made,
        channel_id=CHANNEL,
        token_digest=hashlib.sha256(TOKEN.encode()).hexdigest(),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    cache.clear()
    yield made
    cache.clear()


def knock(installation: Installation, body: bytes) -> int:
    url = notifications.notify_url(installation)
    answer = Client().post(url, body, content_type="application/json")
    assert answer.content == b""
    return int(answer.status_code)


def told(**changes: object) -> bytes:
    return json.dumps({"channel_id": CHANNEL, "token": TOKEN, "module": "Contacts", "ids": ["1"], **changes}).encode()


def due_now() -> list[str]:
    rows = ModuleSetting.objects.filter(next_run_at__lte=timezone.now(), requested_at__isnull=False)
    return list(rows.values_list("module", flat=True))


def test_a_genuine_knock_makes_its_module_due_and_no_other(installation: Installation) -> None:
    assert knock(installation, told()) == 204
    assert due_now() == ["customers"]
    row = Notification.objects.get()
    assert (row.verified, row.body["ids"]) == (True, ["1"])


@pytest.mark.parametrize("changes", [{"token": "guessed"}, {"channel_id": "7"}, {"token": None}])
def test_a_forged_one_is_kept_and_moves_nothing(installation: Installation, changes: dict[str, object]) -> None:
    assert knock(installation, told(**changes)) == 204
    assert due_now() == []
    assert not Notification.objects.get().verified


def test_a_channel_makes_nothing_due_for_another_installation(installation: Installation) -> None:
    other = make_installation()
    assert knock(other, told()) == 204
    assert due_now() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"no json",
        told(more="\x00"),
        told(more="\ud800"),
        b'{"token": NaN}',
        b"\xff",
        told(more="x" * 70_000),
    ],
    ids=["empty", "list", "text", "nul", "half a pair", "nan", "bytes", "long"],
)
def test_what_cannot_be_stored_is_answered_alike_and_forgotten(installation: Installation, body: bytes) -> None:
    assert knock(installation, body) == 204
    assert not Notification.objects.exists()


def test_an_unknown_installation_gets_the_same_answer() -> None:
    cache.clear()
    answer = Client().post(
        "/hooks/bigin/11111111-1111-4111-8111-111111111111/", told(), content_type="application/json"
    )
    assert (answer.status_code, answer.content) == (204, b"")


def test_whoever_knocks_all_the_time_is_sent_away(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    for _ in range(600):
        throttle.knock("hook", "127.0.0.1", 600, 60)
    assert knock(installation, told()) == 429
    assert due_now() == []
