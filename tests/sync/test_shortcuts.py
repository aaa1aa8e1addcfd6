"""The shortcuts of design section 2 as mutants: each scenario holds as the code is, and fails with the shortcut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, mirror, outbox, plan, planner, recovery, replicate, send, settle
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Cursor, Feed, Link, ModuleSetting, Record, Run, Write
from sync.sources import Seen
from sync.work import Work
from tests.factories import make_installation
from tests.sync.crashes import Killed, settle_down
from tests.sync.remotes import Remotes
from tests.sync.world import start
from zoho.bigin import Page
from zoho.books_calls import BooksPage


def holds_and_fails_with(scenario: Callable[[], None], again: Callable[[], None], take: Callable[[], None]) -> None:
    """The scenario as the code is, then in a fresh world with the shortcut taken."""
    scenario()
    again()
    take()
    with pytest.raises(AssertionError):
        scenario()


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


# Without a remote: one mirror, one link


@pytest.fixture
def alone(db: None) -> Installation:
    made = make_installation()
    for module in ("customers", "products"):
        ModuleSetting.objects.create(installation=made, module=module)
    return made


LONG = "An association of travellers with an exceptionally long name " * 2
CUT = LONG[:100].strip()


def cut_pair(installation: Installation) -> tuple[Work, Link, Write]:
    """A long name on its way to a side that keeps a hundred characters."""
    bigin = Record.objects.create(
        installation=installation, side="bigin", kind="company", remote_id="1", fields={"Account_Name": LONG.strip()}
    )
    link = Link.objects.create(installation=installation, kind=Kind.COMPANY_CUSTOMER, bigin=bigin, state="half")
    write = Write.objects.create(
        installation=installation, link=link, side="books", op="create", state="sending",
        fields={"contact_name": LONG.strip()}, source={"Account_Name": LONG.strip()},
    )  # fmt: skip
    return Work(shapes.load(installation), None, None), link, write  # type: ignore[arg-type]


def stored_cut() -> Seen:
    return Seen("customer", "2", CUT, {"contact_name": CUT}, meta={"status": "active", "sub_type": "business"})


def forget() -> None:
    Record.objects.all().delete()


def cut_scenario(installation: Installation) -> None:
    work, link, write = cut_pair(installation)
    settle.done(work, write, stored_cut())
    link.refresh_from_db()
    merge = plan.merge(
        work.shape.rows[Kind.COMPANY_CUSTOMER],
        settle.side_state(link, "bigin"),
        settle.side_state(link, "books"),
        plan.Policies(),
    )
    assert merge.is_nothing


def test_bases_are_per_side(alone: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def shared(link: Link, write: Write, record: Record) -> None:
        link.books_base = {"contact_name": record.fields["contact_name"]}
        link.bigin_base = {"Account_Name": record.fields["contact_name"]}

    holds_and_fails_with(
        lambda: cut_scenario(alone),
        forget,
        lambda: monkeypatch.setattr(settle, "_set_bases", shared),
    )


def test_a_write_settles_with_what_was_stored(alone: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    holds_and_fails_with(
        lambda: cut_scenario(alone),
        forget,
        lambda: monkeypatch.setattr(settle, "bases", lambda sent, stored: dict(sent)),
    )


def seen_company(city: str, at: datetime) -> Seen:
    return Seen("company", "1", "Alpine", {"Account_Name": "Alpine", "Billing_City": city}, modified_at=at)


def test_rows_of_equal_time_are_compared_by_content(alone: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    moment, shape = datetime(2026, 3, 1, tzinfo=UTC), shapes.load(alone)

    def scenario() -> None:
        with transaction.atomic():
            mirror.store(shape, [seen_company("York", moment)], timezone.now())
            mirror.store(shape, [seen_company("Leeds", moment)], timezone.now())
        assert Record.objects.get().fields["Billing_City"] == "Leeds"

    holds_and_fails_with(
        scenario,
        forget,
        lambda: monkeypatch.setattr(
            mirror, "_unchanged", lambda record, item, *_: record.modified_at == item.modified_at
        ),
    )


def test_a_page_read_before_a_settle_is_not_stored_after_it(
    alone: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, now = shapes.load(alone), timezone.now()

    def scenario() -> None:
        with transaction.atomic():
            mirror.store(shape, [seen_company("Leeds", now)], now)
            Record.objects.update(settled_at=now)
            mirror.store(shape, [seen_company("York", now - timedelta(minutes=1))], now - timedelta(seconds=1))
        assert Record.objects.get().fields["Billing_City"] == "Leeds"

    holds_and_fails_with(
        scenario,
        forget,
        lambda: monkeypatch.setattr(mirror, "_is_older", lambda held, requested_at: False),
    )


# Scripted lists: pages of a side that a test decides upon


class ScriptedBooks:
    """Customers of one list; `per_page` rows a page, in ascending order of their time, from the asked time on."""

    def __init__(self, times: list[datetime], per_page: int) -> None:
        self.times, self.per_page = times, per_page

    def contacts_page(self, *, page: int = 1, modified_since: datetime | None = None, **_: object) -> BooksPage:
        kept = [(at, number) for number, at in enumerate(self.times) if modified_since is None or at >= modified_since]
        start = (page - 1) * self.per_page
        rows = [
            {"contact_id": str(number), "contact_name": f"C{number}", "contact_type": "customer",
             "customer_sub_type": "individual", "last_modified_time": at.isoformat(timespec="seconds")}
            for at, number in sorted(kept)[start : start + self.per_page]
        ]  # fmt: skip
        more = len(kept) > start + self.per_page
        return BooksPage(rows, more, "last_modified_time", "A", None, page, timezone.now(), NOON + timedelta(hours=1))


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_cursor_is_inclusive(alone: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario() -> None:
        books = ScriptedBooks([NOON - timedelta(minutes=5), NOON, NOON, NOON, NOON + timedelta(minutes=1)], per_page=3)
        work = Work(shapes.load(alone), None, books)  # type: ignore[arg-type]
        cursor = Cursor.objects.create(
            installation=alone, feed=Feed.BOOKS_CUSTOMERS, mark=NOON - timedelta(minutes=9), complete_at=NOON
        )
        replicate._ascending(work, cursor)
        assert Record.objects.count() == 5

    def take() -> None:
        page = replicate._books_page

        def later(
            work: Work, feed: str, column: str, order: str, number: int, since: datetime | None = None
        ) -> BooksPage:
            return page(work, feed, column, order, number, since + timedelta(seconds=1) if since else since)

        monkeypatch.setattr(replicate, "_books_page", later)

    def again() -> None:
        Record.objects.all().delete()
        Cursor.objects.all().delete()

    holds_and_fails_with(scenario, again, take)


class ScriptedBigin:
    """Five companies, newest first, two a page; the second page breaks off once."""

    def __init__(self) -> None:
        self.broken = False

    def page(self, module: str, fields: object, *, page: int | None, **_: object) -> Page:
        number = page or 1
        if number == 2 and not self.broken:
            self.broken = True
            raise Killed
        rows = [
            {"id": str(n), "Account_Name": f"C{n}", "Modified_Time": (NOON - timedelta(minutes=n)).isoformat()}
            for n in range(5)
        ]
        shown = rows[(number - 1) * 2 : number * 2]
        return Page(shown, number * 2 < 5, None, timezone.now(), NOON + timedelta(hours=1))


def newest_first(installation: Installation, bigin: ScriptedBigin) -> None:
    work = Work(shapes.load(installation), bigin, None)  # type: ignore[arg-type]
    cursor, _ = Cursor.objects.get_or_create(
        installation=installation,
        feed=Feed.BIGIN_COMPANIES,
        defaults={"mark": NOON - timedelta(minutes=10), "complete_at": NOON},
    )
    replicate._newest_first(work, cursor, replicate._bigin_newest)


def test_a_newest_first_scan_moves_its_mark_at_its_end_only(
    alone: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scenario() -> None:
        bigin = ScriptedBigin()
        with pytest.raises(Killed):
            newest_first(alone, bigin)
        newest_first(alone, bigin)
        assert Record.objects.count() == 5

    def take() -> None:
        store = mirror.store

        def moving(shape: Any, seen: Any, *args: Any, **kwargs: Any) -> int:
            newest = max(item.modified_at for item in seen)
            Cursor.objects.update(mark=newest)
            return store(shape, seen, *args, **kwargs)

        monkeypatch.setattr(mirror, "store", moving)

    def again() -> None:
        Record.objects.all().delete()
        Cursor.objects.all().delete()

    holds_and_fails_with(scenario, again, take)


def test_the_cursor_moves_with_its_page_and_not_before(alone: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    store, page = mirror.store, replicate._books_page

    def scenario() -> None:
        books = ScriptedBooks([NOON + timedelta(minutes=n) for n in range(4)], per_page=2)
        work = Work(shapes.load(alone), None, books)  # type: ignore[arg-type]
        cursor, _ = Cursor.objects.get_or_create(
            installation=alone, feed=Feed.BOOKS_CUSTOMERS, defaults={"mark": NOON, "complete_at": NOON}
        )
        pages: list[int] = []

        def dies_on_second(*args: Any, **kwargs: Any) -> int:
            pages.append(1)
            if len(pages) == 2:
                raise Killed
            return store(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(mirror, "store", dies_on_second)
            with pytest.raises(Killed):
                replicate._ascending(work, cursor)
        replicate._ascending(work, Cursor.objects.get())
        assert Record.objects.count() == 4

    def take() -> None:
        def moves_first(
            work: Work, feed: str, column: str, order: str, number: int, since: datetime | None = None
        ) -> BooksPage:
            """The mark is committed as soon as the page is there, before it is stored."""
            found = page(work, feed, column, order, number, since)
            newest = max((row["last_modified_time"] for row in found.rows), default=None)
            if newest:
                Cursor.objects.update(mark=datetime.fromisoformat(newest) + timedelta(seconds=1))
            return found

        monkeypatch.setattr(replicate, "_books_page", moves_first)

    def again() -> None:
        Record.objects.all().delete()
        Cursor.objects.all().delete()

    holds_and_fails_with(scenario, again, take)
