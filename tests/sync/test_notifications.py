"""Bigin's notification channels, alerts by mail, what is kept how long: hints, words and ends."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Connection
from sync import alerts, notifications, retention, services, tasks
from sync.models import Channel, Link, ModuleSetting, Notification, Record, Run, Write
from tests.factories import make_installation
from tests.sync.world import World


def renew(now: datetime) -> int:
    return sum(notifications.open_channel(one, now) for one in notifications.without_channel(now))


def test_a_channel_is_opened_renewed_and_closed(world: World) -> None:
    now = timezone.now()
    assert renew(now) == 1
    channel = Channel.objects.get()
    standing = world.remotes.bigin.channels()
    assert [str(row["channel_id"]) for row in standing] == [channel.channel_id] * len(standing)
    assert {event for row in standing for event in row["events"]} == {"Accounts.all", "Contacts.all", "Products.all"}
    assert renew(now) == 0
    assert renew(now + timedelta(hours=20)) == 1
    assert Channel.objects.get().expires_at > channel.expires_at
    notifications.close_channels(world.installation)
    assert world.remotes.bigin.channels() == []
    assert not Channel.objects.exists()


def test_each_installation_is_a_task_and_the_trouble_of_one_is_not_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_installation()
    ModuleSetting.objects.create(installation=broken, module="customers", started_at=timezone.now())
    broken.connections.all().delete()
    queued: list[str] = []
    monkeypatch.setattr(tasks.open_channel, "delay", queued.append)
    tasks.housekeeping()
    assert sorted(queued) == sorted([str(broken.pk), str(world.installation.pk)])
    with pytest.raises(Connection.DoesNotExist):
        tasks.open_channel(str(broken.pk))
    assert tasks.open_channel(str(world.installation.pk)) is True
    assert tasks.open_channel(str(world.installation.pk)) is False  # delivered twice
    assert Channel.objects.get().installation == world.installation


def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setattr(notifications.secrets, "token_urlsafe", lambda length: "the-token")  # type: ignore[attr-defined]
    renew(timezone.now())
    return {"channel_id": Channel.objects.get().channel_id, "token": "the-token", "module": "Products", "ids": ["1"]}


def test_an_event_is_stored_raw_then_verified_then_makes_its_module_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = opened(world, monkeypatch)
    later = timezone.now() + timedelta(hours=1)
    ModuleSetting.objects.update(next_run_at=later, queued_at=None)
    notifications.receive(world.installation.pk, json.dumps(event).encode())
    assert Notification.objects.get().verified
    due = ModuleSetting.objects.get(module="products")
    assert due.next_run_at is not None
    assert due.next_run_at <= timezone.now()
    assert ModuleSetting.objects.get(module="customers").next_run_at == later


@pytest.mark.parametrize("change", [{"token": "another"}, {"channel_id": "1"}, {"token": None}, {"channel_id": None}])
def test_a_forged_event_is_kept_and_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    event = {**opened(world, monkeypatch), **change}
    later = timezone.now() + timedelta(hours=1)
    ModuleSetting.objects.update(next_run_at=later, queued_at=None)
    notifications.receive(world.installation.pk, event)
    assert not Notification.objects.get().verified
    assert set(ModuleSetting.objects.values_list("next_run_at", flat=True)) == {later}


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b"x" * 100_000, b'{"a": "\\u0000"}'])
def test_nonsense_from_outside_is_dropped(db: None, body: bytes) -> None:
    notifications.receive(make_installation().pk, body)
    notifications.receive("not-an-id", b"{}")
    notifications.receive("00000000-0000-0000-0000-000000000000", b"{}")
    assert not Notification.objects.exists()


# Mail


def test_rule_8_3_nothing_succeeded_for_a_day_is_told_once_a_day(db: None) -> None:
    installation = make_installation()
    services.start_sync(services.settings_of(installation)["products"], "Ada")
    now = timezone.now()
    assert alerts.silent(now + timedelta(hours=23)) == 0
    assert alerts.silent(now + timedelta(hours=25)) == 1
    assert alerts.silent(now + timedelta(hours=26)) == 0
    assert alerts.silent(now + timedelta(hours=50)) == 1
    assert [message.to for message in mail.outbox] == [["owner@wanderlust-travel.example"]] * 2


def test_rule_8_3_the_end_of_the_quota_is_told_and_the_next_run_waits_for_it(world: World) -> None:
    world.remotes.company("Alpine Huts")
    world.sandbox.fault("quota", product="books", method="POST", path="^/contacts$")
    answer = tasks.run_sync(str(world.installation.pk), ["customers", "products"], "schedule")
    assert answer == "failed"
    assert [message.subject for message in mail.outbox if "quota" in message.subject]
    setting = ModuleSetting.objects.get(module="customers")
    assert setting.next_run_at is not None
    assert setting.next_run_at > timezone.now() + timedelta(minutes=5)
    run = world.installation.runs.get()
    assert "goes on by itself" in run.problem


# Retention


def test_rule_8_4_what_writes_replaced_is_kept_for_90_days(db: None) -> None:
    installation = make_installation()
    record = Record.objects.create(installation=installation, side="bigin", kind="company", remote_id="1")
    link = Link.objects.create(installation=installation, kind="company-customer", bigin=record)
    now = timezone.now()
    for days in (89, 91):
        Write.objects.create(
            installation=installation, link=link, side="books", op="update", state="done", before={"website": "x"},
            fields={"website": "y"}, created_at=now - timedelta(days=days),
        )  # fmt: skip
    retention.purge(now)
    assert [write.before for write in Write.objects.order_by("created_at")] == [None, {"website": "x"}]
    assert Write.objects.count() == 2


def test_rule_8_4_who_asked_for_a_run_is_forgotten_after_90_days(db: None) -> None:
    installation, now = make_installation(), timezone.now()
    for days in (89, 91):
        begun = now - timedelta(days=days)
        Run.objects.create(
            installation=installation, trigger="person", started_by="Ada", state="done", started_at=begun
        )
    retention.purge(now)
    assert list(Run.objects.order_by("started_at").values_list("started_by", flat=True)) == ["", "Ada"]


@pytest.mark.parametrize(("state", "days", "stays"), [("apart", 91, False), ("closed", 89, True), ("half", 91, True)])
def test_rule_8_4_what_is_gone_and_has_no_other_side_leaves_after_90_days(
    db: None, state: str, days: int, stays: bool
) -> None:
    installation, now = make_installation(), timezone.now()
    gone = Record.objects.create(
        installation=installation, side="books", kind="customer", remote_id="1", gone_at=now - timedelta(days=days)
    )
    Link.objects.create(installation=installation, kind="company-customer", books=gone, state=state)
    retention.purge(now)
    assert (Record.objects.exists(), Link.objects.exists()) == (stays, stays)


def test_rule_8_4_a_pair_gone_on_both_sides_leaves_within_30_days(db: None) -> None:
    installation = make_installation()
    now = timezone.now()
    for number, days in ((1, 29), (2, 31)):
        sides = [
            Record.objects.create(
                installation=installation,
                side=side,
                kind=kind,
                remote_id=str(number),
                gone_at=now - timedelta(days=days),
            )
            for side, kind in (("bigin", "company"), ("books", "customer"))
        ]
        Link.objects.create(installation=installation, kind="company-customer", bigin=sides[0], books=sides[1])
    retention.purge(now)
    assert list(Link.objects.values_list("bigin__remote_id", flat=True)) == ["1"]
    assert Record.objects.count() == 2
