"""Tokens of connections: refreshed once however many ask, blocked, lost; the count of calls."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import connections
from accounts.models import AuditEntry, Connection, Installation, Quota
from sandbox.testing import Sandbox
from tests.factories import connected_installation, connected_member, make_installation, make_member
from zoho import limits
from zoho.errors import RateLimited, RetryLater, Unauthorised


def refreshes(sandbox: Sandbox) -> int:
    rows = sandbox.calls()["by"]
    return sum(row["count"] for row in rows if row["endpoint"] == "/v2/token")


def expire(installation: Installation, product: str = "bigin") -> int:
    row = Connection.objects.get(installation=installation, product=product)
    Connection.objects.filter(pk=row.pk).update(expires_at=timezone.now() + timedelta(seconds=59))
    return row.pk


def in_thread(pk: int) -> str:
    try:
        return connections.access_token(pk)
    finally:
        connection.close()


class Refresher:
    """Another process that asks for the token when told to."""

    SCRIPT = (
        "import sys, django; django.setup(); from accounts import connections; print('ready', flush=True); input(); "
        "print(connections.access_token(int(sys.argv[1])))"
    )

    def __init__(self, pk: int, settings: Settings) -> None:
        parts = urlsplit(os.environ["DATABASE_URL"])
        told = {
            "DJANGO_SETTINGS_MODULE": "bigin_books.settings",
            "DATABASE_URL": parts._replace(path="/" + str(connection.settings_dict["NAME"])).geturl(),
            **{name: str(getattr(settings, name)) for name in ("SANDBOX_URL", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET")},
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, str(pk)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **told},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def token(self) -> str:
        said, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return said.strip()


@pytest.mark.django_db(transaction=True)
def test_twelve_threads_share_one_refresh(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    pk = expire(installation)
    old = Connection.objects.get(pk=pk).access_token
    before = refreshes(sandbox)
    with ThreadPoolExecutor(12) as pool:
        tokens = set(pool.map(in_thread, [pk] * 12))
    assert len(tokens) == 1
    assert tokens != {old}
    assert refreshes(sandbox) - before == 1
    assert Connection.objects.get(pk=pk).access_token in tokens


@pytest.mark.django_db(transaction=True)
def test_four_processes_share_one_refresh(sandbox: Sandbox, settings: Settings) -> None:
    pk = expire(connected_installation(sandbox))
    before = refreshes(sandbox)
    others = [Refresher(pk, settings) for _ in range(4)]
    for other in others:
        other.go()
    tokens = {other.token() for other in others}
    assert tokens == {Connection.objects.get(pk=pk).access_token}
    assert refreshes(sandbox) - before == 1


@pytest.mark.django_db
def test_a_living_token_asks_nobody() -> None:
    installation = make_installation()
    row = installation.connections.get(product="bigin")
    assert connections.access_token(row.pk) == row.access_token


@pytest.mark.django_db
def test_a_token_the_server_lost_is_renewed_within_the_call(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    Connection.objects.filter(installation=installation, product="bigin").update(access_token="1000.stale.stale")
    bigin = connections.bigin(installation)
    assert bigin.org()["id"] == installation.bigin_org_id
    assert Connection.objects.get(installation=installation, product="bigin").access_token != "1000.stale.stale"


@pytest.mark.django_db
def test_force_takes_what_another_process_fetched_meanwhile(sandbox: Sandbox) -> None:
    """Two workers meet a dead token; the second finds a living one behind the lock and keeps it."""
    installation = connected_installation(sandbox)
    pk = expire(installation)
    first = connections.access_token(pk)
    before = refreshes(sandbox)
    fresh, failure = connections._refresh(pk, refused="1000.the.dead.one")
    assert (fresh, failure) == (first, None)
    assert refreshes(sandbox) == before


@pytest.mark.django_db
def test_access_denied_is_remembered_and_not_asked_again(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    sandbox.limits(tokens_per_10_minutes=1)
    pk = expire(installation)
    with pytest.raises(RateLimited) as caught:
        connections.access_token(pk)
    assert caught.value.scope == "token"
    row = Connection.objects.get(pk=pk)
    assert row.refresh_blocked_until is not None
    assert timedelta(seconds=590) < row.refresh_blocked_until - timezone.now() <= timedelta(seconds=600)
    before = refreshes(sandbox)
    with pytest.raises(RateLimited) as again:
        connections.access_token(pk)
    assert again.value.code == "refresh_blocked"
    assert refreshes(sandbox) == before
    assert Installation.objects.get(pk=installation.pk).state == Installation.State.ACTIVE


@pytest.mark.django_db
def test_rule_1_6_a_revoked_token_pauses_and_tells(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    row = Connection.objects.get(installation=installation, product="books")
    Connection.objects.filter(pk=row.pk).update(refresh_token="1000.revoked.revoked", expires_at=timezone.now())
    mail.outbox.clear()
    with pytest.raises(Unauthorised):
        connections.access_token(row.pk)
    installation.refresh_from_db()
    row.refresh_from_db()
    assert installation.state == Installation.State.PAUSED
    assert "Zoho Books no longer accepts our access" in installation.problem
    assert row.problem == installation.problem
    assert [message.to for message in mail.outbox] == [[installation.alert_email]]
    assert AuditEntry.objects.filter(installation=installation, what=installation.problem).count() == 1
    with pytest.raises(Unauthorised):
        connections.access_token(row.pk)
    assert len(mail.outbox) == 1, "one mail, however many calls fail"


@pytest.mark.django_db
def test_our_own_wrong_secret_pauses_nobody(sandbox: Sandbox, settings: Settings) -> None:
    installation = connected_installation(sandbox)
    pk = expire(installation)
    settings.ZOHO_CLIENT_SECRET = "wrong"
    with pytest.raises(Unauthorised):
        connections.access_token(pk)
    assert Installation.objects.get(pk=installation.pk).state == Installation.State.ACTIVE


@pytest.mark.django_db
def test_a_sign_in_server_that_is_down_changes_nothing(settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    installation = make_installation(data_centre="sandbox")
    pk = expire(installation)
    before = Connection.objects.values().get(pk=pk)
    with pytest.raises(RetryLater):
        connections.access_token(pk)
    assert Connection.objects.values().get(pk=pk) == before


@pytest.mark.django_db
def test_a_members_own_token_is_never_renewed(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    member = connected_member(installation, sandbox, "amara.delacroix@wanderlust-travel.example")
    assert connections.member_bigin(member).current_user()["email"] == member.email
    member.expires_at = timezone.now()
    with pytest.raises(Unauthorised):
        connections.member_bigin(member).current_user()


@pytest.mark.django_db
def test_tokens_are_ciphertext_in_their_columns() -> None:
    installation = make_installation()
    member = make_member(installation)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM accounts_connection")
        stored = [text for row in cursor.fetchall() for text in row]
        cursor.execute("SELECT access_token FROM accounts_member WHERE id = %s", [member.pk])
        stored += [row[0] for row in cursor.fetchall()]
    assert len(stored) == 5
    assert not any("1000." in text for text in stored)


@pytest.mark.django_db
def test_calls_and_quota_of_the_day_add_up(one_moment: datetime) -> None:
    installation = make_installation()
    connections.count_calls(installation, "books", 7)
    connections.count_calls(installation, "books", 0)
    connections.count_calls(installation, "books", 5)
    connections.note_quota(installation, "books", limits.Quota(2000, 1234, 3600.0))
    row = Quota.objects.get(installation=installation)
    assert (row.product, row.day, row.calls, row.limit, row.remaining) == (
        "books", one_moment.date(), 12, 2000, 1234,
    )  # fmt: skip
    assert row.resets_at is not None
    assert timedelta(minutes=59) < row.resets_at - timezone.now() <= timedelta(hours=1)


@pytest.mark.django_db
def test_the_product_of_the_installation_is_called(sandbox: Sandbox) -> None:
    installation = make_installation(data_centre="sandbox", product="invoice")
    client = connections.books(installation, "person").client
    assert (client.product, client.base_url) == ("invoice", f"{sandbox.url}/invoice/v3")
    assert (client.organization_id, client.priority) == (installation.books_org_id, "person")


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_waits_too_long_for_another_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_LOCK_TIMEOUT", "100ms")
    pk = expire(make_installation())
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Connection.objects.select_for_update().get(pk=pk)
        with pytest.raises(RetryLater) as caught:
            pool.submit(in_thread, pk).result()
    assert caught.value.code == "token_locked"
