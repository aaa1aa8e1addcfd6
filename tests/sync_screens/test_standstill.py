"""What is said of a decision or a change while nothing is sent: paused, read-only, not started, connection lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Installation, Member
from sync import standstill
from sync.models import Issue, Link, ModuleSetting, Record, Run, Write
from tests.factories import make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.test_record import RECORD, may_read
from tests.sync_screens.world import World

pytestmark = pytest.mark.django_db
BUSY = "8100000000000000"
STILL = [
    ({"paused_at": timezone.now()}, {}, "paused, so it waits until you press Resume.", "the sync is paused."),
    ({"read_only": True}, {}, "read-only, so it waits until runs may write again.", "the sync is read-only"),
    ({"started_at": None}, {}, "it waits until you press Start sync.", "It waits until the sync is started."),
    ({}, {"state": Installation.State.PAUSED}, "it waits until the connection is back", "until the connection to Zoho"),
]
IDS = ["paused", "read-only", "not started", "connection lost"]


def stand_still(module: dict[str, Any], row: dict[str, Any]) -> None:
    ModuleSetting.objects.update(**module)
    Installation.objects.update(**row)


def said(client: Client, path: str, **data: Any) -> str:
    return client.post(path, data, follow=True).content.decode()


def issue_of(world: World, kind: str) -> Issue:
    found = Issue.objects.filter(installation=world.installation, kind=kind, state=Issue.State.OPEN).first()
    assert found is not None
    return found


@pytest.mark.parametrize(("module", "row", "words", "_badge"), STILL, ids=IDS)
def test_a_retry_that_waits_says_why(
    client: Client, world: World, module: dict[str, Any], row: dict[str, Any], words: str, _badge: str
) -> None:
    path = f"/embed/sync/issues/{issue_of(world, Issue.Kind.SKIPPED).pk}/retry/"
    text = said(client, path)
    assert "It is tried again with the next run." in text
    assert "it waits" not in text
    stand_still(module, row)
    text = said(client, path)
    assert "It is tried again with the next run." in text
    assert words in text
    assert "starts now" not in text


def test_each_module_of_a_bulk_answer_says_why_it_waits(client: Client, world: World) -> None:
    issue = issue_of(world, Issue.Kind.SKIPPED)
    ModuleSetting.objects.filter(module=issue.module).update(paused_at=timezone.now())
    for data in ({"action": "retry-code", "code": issue.code}, {"action": "retry", "issue": [issue.pk]}):
        assert said(client, "/embed/sync/issues/bulk/", **data).count("it waits until you press Resume") == 1
    ModuleSetting.objects.update(paused_at=None)
    ModuleSetting.objects.exclude(module=issue.module).update(paused_at=timezone.now())
    for data in ({"action": "retry-code", "code": issue.code}, {"action": "retry", "issue": [issue.pk]}):
        assert "it waits until" not in said(client, "/embed/sync/issues/bulk/", **data)


def test_a_dismissal_waits_for_nothing(client: Client, world: World) -> None:
    stand_still({"read_only": True}, {})
    text = said(client, f"/embed/sync/issues/{issue_of(world, Issue.Kind.SKIPPED).pk}/dismiss/")
    assert "Dismissed. It comes back only if something changes." in text
    assert "it waits" not in text


def test_a_settled_conflict_waits_too(client: Client, world: World) -> None:
    issue = issue_of(world, Issue.Kind.CLASH)
    stand_still({"read_only": True}, {})
    text = said(client, "/embed/sync/conflicts/bulk/", side="bigin", issue=[issue.pk])
    assert "Settled 1 conflict." in text
    assert "read-only, so it waits until runs may write again." in text


def test_resume_while_the_connection_is_lost_does_not_promise_a_run(client: Client, world: World) -> None:
    stand_still({"paused_at": timezone.now()}, {"state": Installation.State.PAUSED})
    assert "it waits until the connection is back; press Reconnect." in said(client, "/embed/sync/products/resume/")


def test_sync_now_with_a_lost_connection_names_the_button_there_is(client: Client, world: World) -> None:
    stand_still({}, {"state": Installation.State.PAUSED})
    text = said(client, "/embed/sync/now/")
    assert "Nothing was synchronised: the connection is lost. Press Reconnect first." in text
    assert "Press Resume first" not in text
    stand_still({"paused_at": timezone.now()}, {"state": Installation.State.ACTIVE})
    assert "it is paused. Press Resume first." in said(client, "/embed/sync/now/")


@pytest.mark.parametrize(("answer", "words"), [("approve", "Approved: "), ("refuse", "Refused: ")])
def test_a_second_answer_to_the_brake_says_that_it_was_settled(
    client: Client, world: World, answer: str, words: str
) -> None:
    run = Run.objects.create(installation=world.installation, trigger="schedule", state=Run.State.HELD)
    link = Link.objects.filter(state=Link.State.LINKED).exclude(writes__state__in=Write.OPEN)[0]
    write = Write.objects.create(
        installation=world.installation, link=link, side="books", op=Write.Op.DELETE, state=Write.State.HELD
    )
    Issue.objects.create(
        installation=world.installation, module="customers", kind=Issue.Kind.HELD, code="brake", reason="Many.",
        detail={"run": run.pk, "writes": [write.pk]},
    )  # fmt: skip
    path = f"/embed/sync/runs/{run.pk}/{answer}/"
    first, second = said(client, path), said(client, path)
    assert words in first
    assert words not in second
    assert "This was settled in the meantime." in second


@pytest.fixture
def rep(world: World) -> Member:
    member = make_member(world.installation, profile="Standard")
    may_read(member)
    Record.objects.filter(remote_id=BUSY).update(dirty=True)
    return member


@pytest.mark.parametrize(("module", "row", "_words", "badge"), STILL, ids=IDS)
def test_a_record_that_waits_says_why_and_does_not_poll(
    rep: Member, module: dict[str, Any], row: dict[str, Any], _words: str, badge: str
) -> None:
    stand_still(module, row)
    text = signed_in_client(rep).get(RECORD).content.decode()
    assert 'data-state="waiting"' in text
    assert badge in text
    assert "A change is on its way." not in text
    assert "load delay:2s" not in text


def test_pressed_while_it_waits_the_badge_looks_once_more_and_rests(rep: Member, queued: Queued) -> None:
    stand_still({"paused_at": timezone.now()}, {})
    client = signed_in_client(rep)
    assert "load delay:2s" in client.post(f"{RECORD}now/").content.decode()
    assert "load delay:2s" not in client.get(RECORD).content.decode()


def test_the_other_module_does_not_matter(rep: Member) -> None:
    ModuleSetting.objects.filter(module="products").update(paused_at=timezone.now())
    assert 'data-state="pending"' in signed_in_client(rep).get(RECORD).content.decode()


def test_a_module_without_settings_was_not_started(installation: Installation) -> None:
    ModuleSetting.objects.all().delete()
    assert standstill.of(installation, "products") is standstill.Cause.NOT_STARTED
