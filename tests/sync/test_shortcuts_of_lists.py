"""The shortcuts of design section 2 that need no remote: one mirror and one link, or lists that a test scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Installation
from sync import mirror, plan, replicate, settle
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Cursor, Feed, Link, ModuleSetting, Record, Write
from sync.sources import Seen
from sync.work import Work
from tests.factories import make_installation
from tests.sync.crashes import Killed
from tests.sync.mutants import holds_and_fails_with
from zoho.bigin import Page
from zoho.books_calls import BooksPage


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
