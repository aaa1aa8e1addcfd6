"""What is thrown away in time, and what is not."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from accounts import handovers, housekeeping, tickets
from accounts.handovers import Grant
from accounts.models import Connection, Handover, Installation, Member, RecordAccess, Ticket
from accounts.tickets import challenge_of
from accounts.without_browser import sandbox_tokens
from sandbox.testing import Sandbox
from tests.accounts.conftest import VERIFIER
from tests.accounts.test_sign_in import lasting_tokens
from tests.factories import connected_installation, make_installation, make_member, signed_in_client
from zoho import auth

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_a_grant_nobody_claimed_is_given_up(sandbox: Sandbox) -> None:
    owner = sandbox.users[0]["email"]
    tokens = sandbox_tokens(sandbox.url, owner, auth.BOOKS_SCOPES)
    handovers.offer(challenge_of(VERIFIER), grant=Grant("books", "sandbox", tokens))
    assert lasting_tokens(sandbox) == 1
    housekeeping.tidy(timezone.now() + timedelta(seconds=60))
    assert (Handover.objects.count(), lasting_tokens(sandbox)) == (1, 1)
    housekeeping.tidy(timezone.now() + timedelta(seconds=121))
    assert (Handover.objects.count(), lasting_tokens(sandbox)) == (0, 0)


def test_tickets_rights_tokens_and_sessions_end() -> None:
    member = make_member(make_installation())
    signed_in_client(member)
    tickets.issue("download", member, lifetime=60)
    RecordAccess.objects.create(member=member, module="Contacts", record_id="1", allowed=True, seen_at=timezone.now())
    housekeeping.tidy(timezone.now() + timedelta(seconds=30))
    assert (Ticket.objects.count(), RecordAccess.objects.count(), Session.objects.count()) == (1, 1, 1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    housekeeping.tidy(timezone.now() + timedelta(hours=24, seconds=1))
    assert (Ticket.objects.count(), RecordAccess.objects.count(), Session.objects.count()) == (0, 0, 0)
    assert Member.objects.values_list("access_token", "expires_at").get() == ("", None)


def test_rule_8_4_a_dead_connection_reminds_after_30_days_and_is_purged_after_90() -> None:
    dead, alive = make_installation(data_centre="eu"), make_installation()
    Connection.objects.filter(installation=dead, product="books").update(problem="Access lost.", problem_since=NOW)
    Connection.objects.filter(installation=dead).update(refresh_token="")

    housekeeping.tidy(NOW + timedelta(days=29, hours=23))
    assert mail.outbox == []
    housekeeping.tidy(NOW + timedelta(days=30))
    housekeeping.tidy(NOW + timedelta(days=31))
    (message,) = mail.outbox
    assert message.to == [dead.alert_email]
    assert "Access lost." in str(message.body)
    assert "After 90 days" in str(message.body)
    housekeeping.tidy(NOW + timedelta(days=89, hours=23))
    assert Installation.objects.count() == 2
    housekeeping.tidy(NOW + timedelta(days=90))
    assert list(Installation.objects.all()) == [alive]
    assert set(Connection.objects.values_list("installation", flat=True)) == {alive.pk}


def test_nothing_is_purged_that_was_not_announced_thirty_days_before() -> None:
    dead = make_installation(data_centre="eu")
    Connection.objects.filter(installation=dead).update(
        problem="Access lost.", problem_since=NOW - timedelta(days=200), refresh_token=""
    )
    housekeeping.tidy(NOW)
    assert len(mail.outbox) == 2
    assert Installation.objects.filter(pk=dead.pk).exists()
    housekeeping.tidy(NOW + timedelta(days=30))
    assert not Installation.objects.filter(pk=dead.pk).exists()


def test_reconnecting_in_time_forgets_the_reminder(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    Connection.objects.update(problem="gone", problem_since=NOW - timedelta(days=100), reminded_at=NOW)
    connected_installation(sandbox)
    housekeeping.tidy(NOW + timedelta(days=365))
    assert Installation.objects.filter(pk=installation.pk).exists()
    assert set(Connection.objects.values_list("problem", "problem_since", "reminded_at")) == {("", None, None)}
