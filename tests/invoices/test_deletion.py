"""Delete integration: every row of the installation goes, the other's stay, tokens are revoked, Zoho may be down."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import IntegrityError, models, transaction
from django.db import connections as databases
from django.test import Client
from django.utils import timezone

from accounts import tickets
from accounts.models import ApiToken, AuditEntry, Handover, Installation, Quota, RecordAccess
from invoices import api_tokens, feeds, offers, removal
from invoices.models import Action, BilledRecord, CustomerBalance, Document, MailFile, TimelineNote
from sync import notifications
from sync.models import Channel, Cursor, Decision, Issue, Notification, Proposal, Run, Undoing, Write
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import standing
from tests.sync.remotes import Remotes


def paths_to_installation(model: type[models.Model], seen: tuple[type[models.Model], ...] = ()) -> list[str]:
    """Every way of foreign keys from a table to the installation, as filters."""
    found = []
    for field in model._meta.concrete_fields:
        target = field.related_model
        if not isinstance(target, type) or target in seen or target._meta.app_label not in OURS:
            continue
        if target is Installation:
            found.append(field.name)
            continue
        found += [f"{field.name}__{rest}" for rest in paths_to_installation(target, (*seen, model))]
    return found


OURS = ("accounts", "sync", "invoices")
TABLES = [model for label in OURS for model in apps.get_app_config(label).get_models() if model is not Installation]


def rows_of(model: type[models.Model], installation: Installation) -> int:
    query = models.Q()
    for path in paths_to_installation(model):
        query |= models.Q(**{path: installation.pk})
    return model._default_manager.filter(query).count() if query else 0


def fill(desk: Desk) -> None:
    """A row in every table, as far as it holds rows of an installation."""
    installation, member = desk.installation, desk.member
    standing(desk)
    offers.refresh(installation, desk.books)
    feeds.pull(installation, "estimate")
    run = Run.objects.create(installation=installation, trigger="person", state="done")
    link = desk.link("product-item", "1", "2")
    Write.objects.create(installation=installation, link=link, side="books", op="update")
    Proposal.objects.create(run=run, module="products", kind="product-item", outcome="create", label="x")
    Issue.objects.create(installation=installation, link=link, module="products", kind="skipped", code="x", reason="x")
    Decision.objects.create(installation=installation, bigin_id="1", books_id="2", verdict="apart", decided_by="x")
    Cursor.objects.get_or_create(installation=installation, feed="books_items")
    Notification.objects.create(installation=installation, body={})
    Undoing.objects.create(installation=installation, series=run.series, who="Ada", upto=2, below=3)
    Channel.objects.create(
        installation=installation, channel_id=f"{installation.pk.int % 10**9}", token_digest="x",
        expires_at=timezone.now(),
    )  # fmt: skip
    from sync import services  # noqa: PLC0415 - makes the settings

    services.settings_of(installation)
    api_tokens.make(installation, member)
    tickets.issue("download", member)
    Handover.objects.create(digest="a", typed_digest="b", member=member, expires_at=timezone.now())
    Quota.objects.get_or_create(installation=installation, product="books", day="2026-01-01")
    AuditEntry.objects.create(installation=installation, who="x", what="x")
    CustomerBalance.objects.get_or_create(installation=installation, customer_id="1")
    action = Action.objects.filter(document__installation=installation)[0]
    MailFile.objects.create(action=action, name="a.txt", content_type="text/plain", content=b"x")


def other_installation(desk: Desk) -> Installation:
    other = factories.make_installation()
    member = factories.make_member(other)
    seen = member.signed_in_at
    RecordAccess.objects.create(member=member, module="Contacts", record_id="1", allowed=True, seen_at=seen)
    BilledRecord.objects.create(installation=other, module="Contacts", record_id="1")
    Document.objects.create(installation=other, kind="invoice", state="stands", books_id="1")
    ApiToken.objects.create(installation=other, digest="x", made_by="x")
    return other


def test_no_row_is_left_table_by_table_and_the_others_are_all_there(desk: Desk) -> None:
    fill(desk)
    other = other_installation(desk)
    assert [model.__name__ for model in TABLES if not paths_to_installation(model)] == [], "each knows whose it is"
    empty = [model.__name__ for model in TABLES if not rows_of(model, desk.installation)]
    assert empty == [], "the test itself fills every table"
    before = {model: rows_of(model, other) for model in TABLES}
    deleted = Installation.objects.get(pk=desk.installation.pk)
    assert removal.delete(desk.installation) == []
    assert {model.__name__: rows_of(model, deleted) for model in TABLES if rows_of(model, deleted)} == {}
    assert not Installation.objects.filter(pk=deleted.pk).exists()
    assert {model: rows_of(model, other) for model in TABLES} == before


def as_a_worker(work: Callable[[], object]) -> None:
    """In a connection of its own, to the end."""

    def run() -> None:
        try:
            work()
        finally:
            databases.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(30)


@pytest.mark.django_db(transaction=True)
def test_rows_that_a_worker_commits_in_the_middle_go_too(desk: Desk) -> None:
    """Between the statement that empties the proposals and the end of the transaction, another process adds one."""
    run = Run.objects.create(installation=desk.installation, trigger="person", state="done")
    added: list[str] = []

    def interfere(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith('DELETE FROM "sync_proposal"') and len(added) < 2:
            added.append(sql)
            as_a_worker(
                lambda: Proposal.objects.create(run=run, module="products", kind="product-item", outcome="create")
            )
        return answer

    with databases["default"].execute_wrapper(interfere):
        removal.delete(desk.installation)
    assert len(added) == 2
    assert not Installation.objects.exists()
    assert [model.__name__ for model in TABLES if model._default_manager.exists()] == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_commits_too_late_is_refused(desk: Desk) -> None:
    """Its transaction began before the deletion and ends after it."""
    begun, over = Event(), Event()
    refused: list[bool] = []

    def work() -> None:
        try:
            with transaction.atomic():
                AuditEntry.objects.create(installation=desk.installation, who="x", what="x")
                begun.set()
                over.wait(30)
        except IntegrityError:
            refused.append(True)

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(as_a_worker, work)
        assert begun.wait(30)
        removal.delete(desk.installation)
        over.set()
        worker.result(30)
    assert (refused, Installation.objects.exists(), AuditEntry.objects.exists()) == ([True], False, False)


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_deleted_is_an_error_and_stays_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(desk)
    tables = [model for model in TABLES if model is not Channel]  # ended over the network, before anything else
    before = {model: rows_of(model, desk.installation) for model in tables}
    monkeypatch.setattr(removal, "_tables", list)
    with pytest.raises(IntegrityError):
        removal.delete(desk.installation)
    assert {model: rows_of(model, desk.installation) for model in tables} == before


def test_books_and_bigin_keep_their_records_and_lose_our_access(desk: Desk) -> None:
    document = standing(desk)
    notes = TimelineNote.objects.filter(state="done").count()
    assert notes == 1
    books, bigin = desk.books, desk.bigin
    assert notifications.open_channel(desk.installation, timezone.now())
    with closing(Remotes(desk.sandbox)) as another:
        assert another.bigin.channels() != []
        assert removal.delete(desk.installation) == []
        assert another.bigin.channels() == []
    state = desk.sandbox.control("GET", "state")
    held = state["books"][desk.installation.books_org_id]
    assert str(document.books_id) in str(held["invoice"])
    for api in (books, bigin):
        with pytest.raises(Exception, match=r"(?s).+"):
            api.client.request("GET", "/users" if api is bigin else "/contacts", {"type": "CurrentUser"})


def test_zoho_down_does_not_stop_it_and_what_is_left_is_said(desk: Desk) -> None:
    desk.sandbox.fault("error_before", times=0)
    left = removal.delete(desk.installation)
    assert len(left) >= 2
    assert all("Remove this application" in one or "notifications" in one for one in left)
    assert not Installation.objects.exists()


def fresh(desk: Desk) -> Client:
    """Signed in just now in a window of its own."""
    client = factories.signed_in_client(desk.member)
    session = client.session
    from accounts import sessions  # noqa: PLC0415 - the name of the note is its own

    session[sessions._FRESH] = (desk.member.signed_in_at + sessions.FRESH_FOR).isoformat()
    session.save()
    return client


def test_the_screen_wants_a_fresh_sign_in_and_the_name(desk: Desk) -> None:
    stale = desk.client.post("/embed/delete/", {"name": desk.installation.bigin_org_name})
    assert (stale.status_code, Installation.objects.count()) == (401, 1)
    client = fresh(desk)
    shown = client.get("/embed/delete/")
    assert shown.status_code == 200
    assert "frame-ancestors 'none'" in shown["Content-Security-Policy"]
    stays = shown.content.decode().partition('data-test="stays"')[2].partition("</ul>")[0]
    assert "0 notes on deals" in stays
    assert "cf_bigin_key" in stays
    assert client.post("/embed/delete/", {"name": "something else"}).status_code == 422
    assert Installation.objects.count() == 1
    done = client.post("/embed/delete/", {"name": f" {desk.installation.bigin_org_name.upper()} "})
    assert (done.status_code, Installation.objects.count()) == (200, 0)


def test_a_standard_user_may_not(desk: Desk) -> None:
    email = next(
        user["email"] for user in desk.sandbox.users
        if user["profile"] == "Standard" and user["bigin_org"] == desk.installation.bigin_org_id
    )  # fmt: skip
    desk.member = factories.connected_member(desk.installation, desk.sandbox, email)
    answer: Any = fresh(desk).post("/embed/delete/", {"name": desk.installation.bigin_org_name})
    assert (answer.status_code, Installation.objects.count()) == (403, 1)


def test_no_session_of_its_people_is_left_and_others_stay_signed_in(desk: Desk) -> None:
    other = factories.signed_in_client(factories.make_member(factories.make_installation()))
    theirs, others = desk.client.session.session_key, other.session.session_key
    assert Session.objects.filter(pk__in=[theirs, others]).count() == 2
    removal.delete(desk.installation)
    assert list(Session.objects.values_list("pk", flat=True)) == [others]
