"""Rules 1.6: what Zoho does not accept any more pauses and tells; it is never a conclusion about records."""

from __future__ import annotations

from contextlib import closing

import pytest
from django.core import mail

from accounts.models import Connection, Installation
from sync import engine, tasks
from sync.models import Link, Record, Run
from tests.sync.remotes import Remotes
from tests.sync.world import World
from zoho.client import Client
from zoho.errors import Unauthorised


@pytest.fixture
def stood(world: World) -> World:
    """Two pairs in step, and a change that waits."""
    company = world.remotes.company("Alpine Huts")
    world.remotes.new_customer("Old Town Walks")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    mail.outbox.clear()
    return world


def other(world: World) -> Remotes:
    """An administrator who did not connect the installation."""
    return Remotes(world.sandbox, world.installation.books_org_id, str(world.sandbox.users[1]["email"]))


def assert_paused(world: World, words: str) -> None:
    ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.FAILED
    world.installation.refresh_from_db()
    assert world.installation.state == Installation.State.PAUSED
    assert words in world.installation.problem
    assert "Reconnect" in world.installation.problem
    assert (
        Connection.objects.get(installation=world.installation, product="books").problem == world.installation.problem
    )
    assert [message.subject.partition("] ")[2] for message in mail.outbox] == ["The connection to Zoho Books is lost"]
    assert tasks.run_sync(str(world.installation.pk), ["customers"], "schedule") == "inactive"
    assert len(mail.outbox) == 1
    assert not Record.objects.exclude(gone_at=None).exists()
    assert set(Link.objects.values_list("state", flat=True)) == {Link.State.LINKED}
    assert not world.issues()


def assert_goes_on(world: World) -> None:
    """As Reconnect leaves the rows."""
    Connection.objects.update(problem="", problem_since=None)
    Installation.objects.update(state=Installation.State.ACTIVE, problem="")
    world.installation.refresh_from_db()
    world.settle()
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["website"] == "https://new.example"
    assert world.company_names() == world.customer_names() == ["Alpine Huts", "Old Town Walks"]


def test_rule_1_6_a_user_who_was_taken_out_of_the_organisation_pauses_and_tells(stood: World) -> None:
    """Error 6041 from Books."""
    me = next(
        str(user["user_id"])
        for user in stood.remotes.books.users()
        if user["email"] == str(stood.sandbox.users[0]["email"])
    )
    with closing(other(stood)) as colleague:
        colleague.books.client.request("POST", f"/users/{me}/inactive")
        assert_paused(stood, "CompanyID")
        colleague.books.client.request("POST", f"/users/{me}/active")
    assert_goes_on(stood)


def test_rule_1_6_a_grant_that_covers_less_pauses_and_tells(stood: World) -> None:
    """Error 57 from Books: items may be read, contacts may not."""
    narrow = stood.sandbox.token(scopes=["ZohoBooks.items.READ"])
    row = Connection.objects.get(installation=stood.installation, product="books")
    kept = (row.access_token, row.refresh_token)
    row.access_token, row.refresh_token = narrow["access_token"], narrow["refresh_token"]
    row.save()
    assert_paused(stood, "not authorized")
    row.access_token, row.refresh_token = kept
    row.save()
    assert_goes_on(stood)


def test_rule_1_6_a_suspended_plan_pauses_and_tells(stood: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the table of errors reads "Your organization has been suspended" (tests/zoho)."""
    send = Client._send

    def suspended(self: Client, call: object, token: str) -> object:
        if self.product == "books":
            raise Unauthorised("Your organization has been suspended.", product="books", code="105")
        return send(self, call, token)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_send", suspended)
        assert_paused(stood, "suspended")
    assert_goes_on(stood)


def test_rule_1_6_a_list_that_turns_out_empty_is_no_conclusion_either(
    stood: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day after, every list is there, but the connection ends between two pages of the nightly listing."""
    stood.installation.cursors.update(listed_at=None)
    send, seen = Client._send, 0

    def ends(self: Client, call: object, token: str) -> object:
        nonlocal seen
        seen += self.product == "books"
        if seen > 1:
            raise Unauthorised("Your organization has been suspended.", product="books", code="105")
        return send(self, call, token)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_send", ends)
        assert_paused(stood, "suspended")
    assert_goes_on(stood)
