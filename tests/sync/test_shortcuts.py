"""The shortcuts of design section 2 as mutants: each scenario holds as the code is, and fails with the shortcut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, outbox, planner, recovery, replicate, send, settle
from sync.mapping import Kind
from sync.models import Link, Record, Run, Write
from sync.work import Work
from tests.sync.crashes import Killed, settle_down
from tests.sync.mutants import holds_and_fails_with
from tests.sync.remotes import Remotes
from tests.sync.world import start


def run(installation: Installation) -> Run:
    ended = engine.run(installation)
    assert ended is not None
    return ended.run


class Fresh:
    """A new world on demand, for the second time a scenario is played."""

    def __init__(self, empty: Sandbox) -> None:
        self.empty = empty
        self.make()

    def make(self) -> None:
        self.empty.reset("empty")
        Installation.objects.all().delete()
        self.installation = start(self.empty)
        self.remotes = Remotes(self.empty, self.installation.books_org_id)

    def again(self) -> None:
        self.remotes.close()
        self.make()


@pytest.fixture
def fresh(transactional_db: None, empty: Sandbox, quick: Settings) -> Iterator[Fresh]:
    quick.SYNC_ABANDONED_SECONDS = 0
    made = Fresh(empty)
    yield made
    made.remotes.close()


def test_an_unknown_create_is_not_resent_at_once(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        fresh.remotes.company("Alpine Huts")
        fresh.empty.fault("drop_after", product="books", method="POST", path="^/contacts$")
        for _ in range(3):
            run(fresh.installation)
        assert len(fresh.remotes.customers_named("Alpine Huts")) == 1

    def take() -> None:
        monkeypatch.setattr(outbox, "unknown", lambda work, writes, error=None: outbox.give_back(work, writes))

    holds_and_fails_with(scenario, fresh.again, take)


def test_no_create_before_both_sides_were_read_to_the_end(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        fresh.remotes.company("Alpine Huts")
        fresh.remotes.new_customer("Alpine Huts")
        fresh.empty.fault("error_before", product="books", method="GET", path="^/contacts$", times=4)
        run(fresh.installation)
        settle_down(fresh.installation)
        assert len(fresh.remotes.customers_named("Alpine Huts")) == 1

    def take() -> None:
        pull = replicate.pull

        def careless(work: Work, feed: str) -> None:
            try:
                pull(work, feed)
            except Exception:  # noqa: BLE001 - that is the shortcut
                return

        monkeypatch.setattr(replicate, "pull", careless)
        monkeypatch.setattr(planner, "is_complete", lambda shape, kind: True)

    holds_and_fails_with(scenario, fresh.again, take)


def test_an_unknown_update_is_read_back_before_anything_else(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        company = fresh.remotes.company("Alpine Huts", Website="https://old.example")
        settle_down(fresh.installation)
        customer = fresh.remotes.customer_named("Alpine Huts")
        fresh.empty.advance(5)
        fresh.remotes.update("Accounts", company, Website="https://new.example")
        fresh.empty.fault("drop_after", product="books", method="PUT")
        run(fresh.installation)
        fresh.empty.advance(5)
        fresh.remotes.edit_customer(customer, website="https://newest.example")
        settle_down(fresh.installation)
        assert fresh.remotes.customer(customer)["website"] == "https://newest.example"
        assert fresh.remotes.companies()[company]["Website"] == "https://newest.example"

    def take() -> None:
        def blindly(work: Work, kind: Kind, write: Write) -> None:
            outbox.move([write], Write.State.UNKNOWN, Write.State.PENDING)

        monkeypatch.setattr(recovery, "_resolve_update", blindly)
        # It is sent before the reading could plan it anew.
        monkeypatch.setattr(outbox, "withdraw", lambda links: None)
        monkeypatch.setattr(settle, "_agree", lambda work, link: False)

    holds_and_fails_with(scenario, fresh.again, take)


def test_what_a_cut_run_left_is_planned_anew(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        company = fresh.remotes.company("Alpine Huts", Website="https://old.example")
        settle_down(fresh.installation)
        customer = fresh.remotes.customer_named("Alpine Huts")
        fresh.empty.advance(5)
        fresh.remotes.update("Accounts", company, Website="https://left.example")
        with monkeypatch.context() as patch:
            patch.setattr(send, "apply", _die)
            with pytest.raises(Killed):
                engine.run(fresh.installation)
        assert Write.objects.filter(state=Write.State.PENDING).count() == 1
        fresh.empty.advance(5)
        fresh.remotes.update("Accounts", company, Website="https://old.example")
        fresh.empty.advance(5)
        fresh.remotes.edit_customer(customer, website="https://books.example")
        settle_down(fresh.installation)
        assert fresh.remotes.companies()[company]["Website"] == "https://books.example"
        assert fresh.remotes.customer(customer)["website"] == "https://books.example"

    def take() -> None:
        plan_dirty = planner.plan_dirty

        def unplanned(work: Work, kind: Kind, policies: Any) -> None:
            send.apply(work, kind)
            plan_dirty(work, kind, policies)

        monkeypatch.setattr(planner, "plan_dirty", unplanned)

    holds_and_fails_with(scenario, fresh.again, take)


def _die(work: Work, kind: Kind) -> None:
    if kind is Kind.COMPANY_CUSTOMER:
        raise Killed


def test_a_half_made_link_takes_its_bases_from_the_write(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        company = fresh.remotes.company("Alpine Huts", Website="https://old.example")
        fresh.empty.fault("drop_after", product="books", method="POST", path="^/contacts$")
        with monkeypatch.context() as patch:
            patch.setattr(recovery, "resolve", lambda work, kind: None)
            run(fresh.installation)
        fresh.empty.advance(5)
        customer = fresh.remotes.customer_named("Alpine Huts")
        fresh.remotes.edit_customer(customer, website="https://edited.example")
        settle_down(fresh.installation)
        assert fresh.remotes.companies()[company]["Website"] == "https://edited.example"

    def take() -> None:
        def without_bases(link: Link, write: Write, record: Record) -> None:
            if write.op != Write.Op.CREATE:
                raise AssertionError("only the create is looked at here")

        monkeypatch.setattr(settle, "_set_bases", without_bases)

    holds_and_fails_with(scenario, fresh.again, take)
