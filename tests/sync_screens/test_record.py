"""The badge on a record's page: for whoever may read that record in Bigin, and for nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Installation, Member, RecordAccess
from sync.models import Record
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import World
from zoho.errors import RetryLater

pytestmark = pytest.mark.django_db
RECORD = "/embed/sync/record/Accounts/8100000000000000/"
Snapshot = Callable[[], dict[str, list[dict[str, Any]]]]


def may_read(member: Member, record_id: str = "8100000000000000") -> None:
    RecordAccess.objects.create(
        member=member, module="Accounts", record_id=record_id, allowed=True, seen_at=timezone.now()
    )


@pytest.fixture
def rep(installation: Installation) -> Member:
    member = make_member(installation, profile="Standard")
    may_read(member)
    return member


def test_a_standard_user_who_may_read_the_record_sees_that_it_is_in_step(rep: Member, world: World) -> None:
    text = signed_in_client(rep).get(RECORD).content.decode()
    assert 'data-state="in_step"' in text
    assert "in step" in text
    assert 'data-test="sync-record"' in text
    assert "load delay:2s" not in text


def test_pending_and_problem(rep: Member, world: World, client: Client) -> None:
    Record.objects.filter(remote_id="8100000000000000").update(dirty=True)
    text = signed_in_client(rep).get(RECORD).content.decode()
    assert 'data-state="pending"' in text
    assert "load delay:2s" in text
    may_read(rep, "8100000000000004")
    clash = signed_in_client(rep).get("/embed/sync/record/Accounts/8100000000000004/").content.decode()
    assert 'data-state="problem"' in clash
    assert "Both sides changed the name." in clash


@pytest.mark.django_db(transaction=True)
def test_sync_this_record_now_is_queued_once_for_each_press(rep: Member, world: World, queued: Queued) -> None:
    text = signed_in_client(rep).post(f"{RECORD}now/").content.decode()
    assert queued.of("run_record") == [(str(world.installation.pk), "Accounts", "8100000000000000")]
    assert "disabled" in text  # a second click waits for the answer


def test_whoever_may_not_read_the_record_sees_and_does_nothing(
    rep: Member, world: World, snapshot: Snapshot, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.access._bigin_shows", lambda *_: False)
    strangers = [Client(), signed_in_client(make_member(world.installation, profile="Standard"))]
    strangers.append(signed_in_client(make_member(make_installation())))
    rows = {label: held for label, held in snapshot().items() if label.startswith("sync.")}
    for stranger in strangers:
        for answer in (stranger.get(RECORD), stranger.post(f"{RECORD}now/")):
            assert answer.status_code in (401, 404)
            assert "in step" not in answer.content.decode()
    assert {label: held for label, held in snapshot().items() if label.startswith("sync.")} == rows
    assert queued.calls == {}


def test_rule_7_7_with_bigin_down_the_last_yes_reads_and_changes_nothing(
    rep: Member, world: World, queued: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise RetryLater("No connection.", product="bigin")

    monkeypatch.setattr("accounts.access._bigin_shows", down)
    RecordAccess.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    client = signed_in_client(rep)
    assert 'data-state="in_step"' in client.get(RECORD).content.decode()
    assert client.post(f"{RECORD}now/").status_code == 200
    assert queued.calls == {}


@pytest.mark.parametrize("record_id", ["1%00", "x" * 65, "%E2%82%AC", "1.5"])
def test_what_is_no_id_is_not_found(rep: Member, world: World, record_id: str) -> None:
    client = signed_in_client(rep)
    url = f"/embed/sync/record/Accounts/{record_id}/"
    assert [client.get(url).status_code, client.post(f"{url}now/").status_code] == [404, 404]


def test_an_unknown_module_is_not_found(rep: Member, world: World) -> None:
    assert signed_in_client(rep).get("/embed/sync/record/Users/8100000000000000/").status_code == 404


def test_the_badge_stands_in_the_panel_of_a_company_and_not_of_a_deal(world: World) -> None:
    request = RequestFactory().get("/")
    request.installation = world.installation  # type: ignore[attr-defined]
    page = Template("{% load sync_state %}{% record_badge %}")
    company = page.render(RequestContext(request, {"module": "Accounts", "record_id": "8100000000000000"}))
    assert 'data-state="in_step"' in company
    assert page.render(RequestContext(request, {"module": "Pipelines", "record_id": "1"})).strip() == ""
