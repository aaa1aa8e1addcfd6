"""A person decides while a run has the same rows in hand: one of the two waits, and neither fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from sync import configure, engine, hands, merging, outbox, pairing, scope, services
from sync.models import Issue, Link, Mode, Record, Run, Write
from tests.sync.test_billing import ensure
from tests.sync.test_deletes import list_again
from tests.sync.test_scope import YORK, in_view
from tests.sync.world import World

BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


class Person(threading.Thread):
    """Does it in a session of its own, from when a run calls `stage`, which goes on when the person waits for it."""

    def __init__(self, patch: pytest.MonkeyPatch, module: Any, stage: str, do: Callable[[], object]) -> None:
        super().__init__()
        self.do, self.trouble, self.real = do, "never begun", getattr(module, stage)
        patch.setattr(module, stage, self.beside)

    def beside(self, *args: Any, **values: Any) -> Any:
        if self.ident is None:
            self.start()
            ends = time.monotonic() + 10
            while self.is_alive() and time.monotonic() < ends and not self.is_blocked():
                self.join(0.01)
        return self.real(*args, **values)

    def is_blocked(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(BLOCKED)
            return bool(cursor.fetchone() != (0,))

    def run(self) -> None:
        try:
            self.do()
            self.trouble = ""
        except DatabaseError as error:
            self.trouble = str(error)
        finally:
            connection.close()


def outcome(world: World, person: Person) -> tuple[str, str]:
    ended = engine.run(world.installation)
    assert ended is not None
    person.join(10)
    return ended.run.state, person.trouble


def test_a_pair_chosen_while_the_former_one_is_planned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.configure(create_in_bigin="none")
    other = world.remotes.new_customer("Kestrel Tours")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Website="https://huts.example")
    bigin, books = (Record.objects.get(remote_id=one) for one in (company, other))
    link = services.link
    person = Person(monkeypatch, merging, "plan_links", lambda: link(world.installation, bigin, books, "Ada"))
    assert outcome(world, person) == (Run.State.DONE, "")
    assert Link.objects.get(state=Link.State.LINKED, bigin=bigin).books == books


def test_an_issue_retried_while_its_record_is_judged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.remotes.new_customer("Alpine Huts")
    company = world.remotes.company("Alpine Huts Ltd")
    world.settle()
    issue = next(one for one in world.issues("possible_duplicate") if one.record and one.record.remote_id == company)
    world.later()
    world.remotes.update("Accounts", company, Account_Name="Kestrel Tours")
    person = Person(monkeypatch, pairing, "judge", lambda: services.retry(issue, "Ada"))
    assert outcome(world, person) == (Run.State.DONE, "")
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.RESOLVED


def test_an_issue_retried_while_the_views_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.remotes.new_customer("Alpine Huts")
    company = world.remotes.company("Alpine Huts Ltd")
    world.settle()
    issue = next(one for one in world.issues("possible_duplicate") if one.record and one.record.remote_id == company)
    in_view(world, YORK)
    person = Person(monkeypatch, scope, "_mark", lambda: services.retry(issue, "Ada"))
    assert outcome(world, person) == (Run.State.DONE, "")
    assert Issue.objects.get(pk=issue.pk).retry_at is not None


def test_a_conflict_decided_while_its_pair_is_planned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Account_Name="Alpine Huts AG")
    world.remotes.edit_customer(world.remotes.customer_named("Alpine Huts"), contact_name="Alpine Huts GmbH")
    world.settle()
    (issue,) = world.issues("both_changed")
    world.later()
    world.remotes.update("Accounts", company, Account_Name="Alpine Huts GmbH")
    key = next(iter(issue.detail))
    person = Person(monkeypatch, merging, "plan_links", lambda: services.resolve_clash(issue, {key: "bigin"}, "Ada"))
    assert outcome(world, person) == (Run.State.DONE, "")


def test_a_record_billed_while_its_closed_pair_is_planned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.books.delete_contact(world.remotes.customer_named("Alpine Huts"))
    world.installation.cursors.update(listed_at=None)
    world.settle()
    assert world.link(company).state == Link.State.CLOSED
    world.later()
    world.remotes.update("Accounts", company, Website="https://huts.example")
    person = Person(monkeypatch, merging, "plan_links", lambda: ensure(world, "Accounts", company, anyway=True))
    assert outcome(world, person) == (Run.State.DONE, "")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).state == Link.State.LINKED


def test_what_a_deletion_left_is_created_again_while_the_views_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.books.delete_contact(world.remotes.customer_named("Alpine Huts"))
    list_again(world)
    world.settle()
    link = world.link(company)
    in_view(world, YORK)
    person = Person(monkeypatch, scope, "_mark", lambda: hands.create_again(link, "Ada"))
    assert outcome(world, person) == (Run.State.DONE, "")
    assert Link.objects.get(pk=link.pk).state == Link.State.REFUSED


def held_list(world: World) -> Issue:
    companies = [world.remotes.company(f"Tours {number}") for number in range(6)]
    world.settle()
    world.remotes.delete("Accounts", *companies)
    assert world.sync().state == Run.State.HELD
    return world.issue("too_many_deletions")


def test_a_held_list_approved_while_the_mode_is_saved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    issue, setting = held_list(world), world.customers
    person = Person(monkeypatch, outbox, "drop", lambda: services.approve_held(issue, "Ada"))
    configure.save_settings(setting, configure.ConfigureInput(mode=Mode.CONTACTS), "Grace", setting.version)
    person.join(10)
    assert person.trouble == ""
    assert not Write.objects.filter(state__in=Write.OPEN).exists()


def test_a_held_list_refused_while_one_of_its_pairs_is_unlinked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    issue, link = held_list(world), Link.objects.order_by("pk")[0]
    person = Person(monkeypatch, outbox, "drop", lambda: services.refuse_held(issue, "Ada"))
    services.unlink(link, "Grace")
    person.join(10)
    assert person.trouble == ""
    assert Link.objects.get(pk=link.pk).state == Link.State.APART
    assert Link.objects.filter(state=Link.State.CLOSED).count() == 5
