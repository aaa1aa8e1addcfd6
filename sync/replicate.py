"""Reading the remotes into the mirror, page by page, with a cursor per list; network, then one transaction a page.

How a row becomes a `Record` is in `sync/sources.py` and `sync/mirror.py`; deletions in `sync/deleted.py`, addresses and
persons in `sync/details.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from sync import listings, mirror, probed, rotation, sources
from sync.models import Cursor, Feed, RecordKind
from sync.shape import BIGIN_MODULES, FEED_KINDS, Shape
from sync.sources import Seen
from sync.work import Work
from zoho.books_calls import PAGE, BooksPage
from zoho.errors import Rejected
from zoho.times import parse_time_or_none

# The remote's clock and its lists are not one: what was written this close to a read is read again.
OVERLAP = timedelta(minutes=2)
_BY_NUMBER = 2000  # Bigin's pages by number end here; beyond only tokens go


@dataclass(frozen=True)
class Rows:
    """One page of either product, in one shape. `token` or `number` name the next page."""

    seen: Sequence[Seen]
    times: Sequence[datetime | None]
    more: bool
    token: str | None
    requested_at: datetime
    server_date: datetime


def cursor_of(shape: Shape, feed: str) -> Cursor:
    how = {"how": probed.way(shape.installation, feed)}
    return Cursor.objects.get_or_create(installation=shape.installation, feed=feed, defaults=how)[0]


def cursors(shape: Shape) -> dict[str, Cursor]:
    """Of the feeds of the shape that were read at least once, in the order of the shape."""
    rows = {row.feed: row for row in Cursor.objects.filter(installation=shape.installation, feed__in=shape.feeds)}
    return {feed: rows[feed] for feed in shape.feeds if feed in rows}


def pull(work: Work, feed: str) -> None:
    """Brings one feed up to date: its first scan, or what changed since the mark; the whole list when it is due."""
    cursor = cursor_of(work.shape, feed)
    if cursor.complete_at is None:
        scan(work, cursor)
        return
    if cursor.position.get("listing"):
        scan(work, cursor)
    if feed in BIGIN_FEEDS:
        _newest_first(work, cursor, _bigin_newest)
    elif cursor.how == "filter":
        _ascending(work, cursor)
    elif cursor.how == "newest":
        _newest_first(work, cursor, _books_newest)
    if listings.is_due(work.shape, cursor, work.clock.now()):
        scan(work, cursor)


BIGIN_FEEDS = frozenset({Feed.BIGIN_COMPANIES, Feed.BIGIN_CONTACTS, Feed.BIGIN_PRODUCTS})


def project(shape: Shape, feed: str, row: sources.RemoteRow) -> Seen:
    kind = FEED_KINDS[feed]
    if kind in BIGIN_MODULES:
        return sources.bigin_record(shape, kind, row)
    if kind == RecordKind.ITEM:
        return sources.books_item(shape, row)
    if not sources.is_customer(row):
        return sources.books_vendor(row)
    return sources.books_customer(shape, row, detailed=False)


# Whole lists


def scan(work: Work, cursor: Cursor) -> None:
    """Reads a list from its beginning to its end, in an order that deletions and edits do not shuffle; resumes where an
    earlier slice stopped. The first one makes the feed complete; later ones find what the incremental reads missed."""
    position = cursor.position or {"listing": work.clock.now().isoformat()}
    listing = datetime.fromisoformat(position["listing"])
    while True:
        work.check()
        page = work.patiently(partial(_scan_page, work, cursor.feed, position))
        if page is None:  # the token ran out: from the beginning again, at no loss
            position = {"listing": work.clock.now().isoformat()}
            listing = datetime.fromisoformat(position["listing"])
            continue
        newest = Newest(position.get("newest", ""), position.get("crowd", 0)).joined(page.times)
        position = {
            **position,
            "newest": newest.time,
            "crowd": newest.crowd,
            "first_date": position.get("first_date") or page.server_date.isoformat(),
            "token": page.token,
            "page": position.get("page", 1) + 1,
        }
        with transaction.atomic():
            changed = mirror.store(work.shape, page.seen, page.requested_at, listing=listing)
            _count(work, cursor.feed, page, changed)
            if page.more:
                _save(cursor, position=position)
            else:
                if listings.is_first_of_its_day(cursor, listing):
                    rotation.doubt(work.shape, cursor.feed)
                _end_scan(work, cursor, position, listing)
        if not page.more:
            return


def _scan_page(work: Work, feed: str, position: dict[str, Any]) -> Rows | None:
    if feed in BIGIN_FEEDS:
        try:
            return _bigin_page(work, feed, "id", "asc", position.get("token"), position.get("page", 1))
        except Rejected as error:
            if position.get("token") and error.code in ("EXPIRED_VALUE", "INVALID_DATA", "TOKEN_BOUND_DATA_MISMATCH"):
                return None
            raise
    return _rows_of_books(work, feed, _books_page(work, feed, "created_time", "A", position.get("page", 1)))


def _end_scan(work: Work, cursor: Cursor, position: dict[str, Any], listing: datetime) -> None:
    """Once a day the way that the probes found is taken again: what was ignored yesterday may be honoured by now."""
    values: dict[str, Any] = {"position": {}, "listed_at": listing}
    if cursor.complete_at is None:
        values["complete_at"] = work.clock.now()
        newest = Newest(position["newest"], position.get("crowd", 0))
        values["mark"] = _mark(newest, datetime.fromisoformat(position["first_date"]))
    elif listings.is_first_of_its_day(cursor, listing):
        values["how"] = probed.way(work.shape.installation, cursor.feed)
    _save(cursor, **values)


@dataclass(frozen=True)
class Newest:
    """The newest time of the rows seen so far, "" before any, and how many rows have it."""

    time: str = ""
    crowd: int = 0

    def joined(self, times: Sequence[datetime | None]) -> Newest:
        told = [time.isoformat() for time in times if time]
        top = max([self.time, *told])
        return Newest(top, told.count(top) + (self.crowd if top == self.time else 0))


def _mark(newest: Newest, first_date: datetime) -> datetime:
    """min(newest seen, the first page's date - 2 minutes): never a time at which something may still appear.

    A second that more rows share than a page holds would be read again with each run. Once it was over for two minutes
    when it was read whole, nothing can join it any more, and the mark is the next second. Needs a scan that has ended.
    """
    safe = first_date - OVERLAP
    if not newest.time:
        return safe
    moment = datetime.fromisoformat(newest.time)
    following = moment.replace(microsecond=0) + timedelta(seconds=1)
    return following if newest.crowd >= PAGE and following < safe else min(moment, safe)


# What changed


def _newest_first(work: Work, cursor: Cursor, fetch: Callable[[Work, str, int, str | None], Rows]) -> None:
    """Once, down to the mark; the mark moves with the last page only, so an interrupted scan starts over."""
    mark, newest, first_date, token, number = cursor.mark, Newest(), None, None, 1
    previous: datetime | None = None
    while True:
        work.check()
        page = work.patiently(partial(fetch, work, cursor.feed, number, token))
        first_date = first_date or page.server_date
        reached, previous, sorted_ = _down_to(page.times, mark, previous)
        if not sorted_:
            _save(cursor, how="listing")
            return
        newest = newest.joined(page.times)
        ends = reached or not page.more
        with transaction.atomic():
            changed = mirror.store(work.shape, page.seen, page.requested_at)
            _count(work, cursor.feed, page, changed)
            if ends:
                moved = max(_mark(newest, first_date), mark) if mark else _mark(newest, first_date)
                _save(cursor, mark=moved if newest.time else mark)
        if ends:
            return
        token, number = page.token, number + 1
        if token is None and number * PAGE > _BY_NUMBER and cursor.feed in BIGIN_FEEDS:
            scan(work, cursor)  # the mark is out of reach by page numbers: a full scan of ids
            return


def _down_to(
    times: Sequence[datetime | None], mark: datetime | None, previous: datetime | None
) -> tuple[bool, datetime | None, bool]:
    """(is the mark passed, last time, is the order as asked)."""
    for time in times:
        if time is None or (previous is not None and time > previous):
            return False, previous, False
        previous = time
    return (mark is not None and previous is not None and previous < mark), previous, True


def _ascending(work: Work, cursor: Cursor) -> None:
    """By `last_modified_time`, keyset: the next page starts at the last row's time; the mark moves with each page.
    Every page checks itself, because an ignored parameter looks like success."""
    number, first_date, since, newest = 1, None, cursor.mark, Newest()
    while True:
        work.check()
        page = work.patiently(partial(_books_page, work, cursor.feed, "last_modified_time", "A", number, since))
        rows = _rows_of_books(work, cursor.feed, page)
        if not _honoured(page, rows.times, since):
            _save(cursor, how="newest" if page.sort_column == "last_modified_time" else "listing")
            _fall_back(work, cursor)
            return
        first_date = first_date or rows.server_date
        last = rows.times[-1] if rows.times else None
        newest = newest.joined(rows.times)
        with transaction.atomic():
            changed = mirror.store(work.shape, rows.seen, rows.requested_at)
            _count(work, cursor.feed, rows, changed)
            if last is not None:
                moved = min(last, first_date - OVERLAP) if page.more else _mark(newest, first_date)
                _save(cursor, mark=max(filter(None, (cursor.mark, moved))))
        if not page.more:
            return
        # A full page of one single time can only be left by number; else the keyset restarts, and no row is skipped.
        number, since = (number + 1, since) if last == since or last is None else (1, last)


def _honoured(page: BooksPage, times: Sequence[datetime | None], since: datetime | None) -> bool:
    if page.sort_column not in (None, "last_modified_time") or page.sort_order not in (None, "A"):
        return False
    known = [time for time in times if time is not None]
    if len(known) != len(times) or known != sorted(known):
        return False
    return since is None or not known or known[0] >= since.replace(microsecond=0)


def _fall_back(work: Work, cursor: Cursor) -> None:
    if cursor.how == "newest":
        _newest_first(work, cursor, _books_newest)
    if cursor.how == "listing":
        scan(work, cursor)


# Pages of both products


def _bigin_newest(work: Work, feed: str, number: int, token: str | None) -> Rows:
    return _bigin_page(work, feed, "Modified_Time", "desc", token, number)


def _books_newest(work: Work, feed: str, number: int, token: str | None) -> Rows:
    return _rows_of_books(work, feed, _books_page(work, feed, "last_modified_time", "D", number))


def _bigin_page(work: Work, feed: str, sort_by: str, order: str, token: str | None, number: int) -> Rows:
    kind = FEED_KINDS[feed]
    page = work.bigin.page(
        BIGIN_MODULES[kind],
        sources.bigin_fields(work.shape, kind),
        page=None if token else number,
        page_token=token,
        sort_by=sort_by,
        sort_order=order,
    )
    seen = [project(work.shape, feed, row) for row in page.rows]
    return Rows(
        list(sources.page_of(seen).values()),
        [item.modified_at for item in seen],
        page.more,
        page.next_token,
        page.requested_at,
        page.server_date or page.requested_at,
    )


def _books_page(
    work: Work, feed: str, column: str, order: str, number: int, since: datetime | None = None
) -> BooksPage:
    listed = work.books.items_page if feed == Feed.BOOKS_ITEMS else work.books.contacts_page
    return listed(page=number, sort_column=column, sort_order=order, modified_since=since)


def _rows_of_books(work: Work, feed: str, page: BooksPage) -> Rows:
    seen = [project(work.shape, feed, row) for row in page.rows]
    times = [item.modified_at for item in seen]
    if feed == Feed.BOOKS_CUSTOMERS:
        times = [parse_time_or_none(row.get("last_modified_time")) for row in page.rows]
    return Rows(
        list(sources.page_of(seen).values()),
        times,
        page.more,
        None,
        page.requested_at,
        page.server_date or page.requested_at,
    )


def _count(work: Work, feed: str, page: Rows, changed: int) -> None:
    kind = FEED_KINDS[feed]
    side = "bigin" if kind in BIGIN_MODULES else "books"
    work.count(work.module(kind), side, "read", len(page.seen))
    work.count(work.module(kind), side, "changed", changed)


def _save(cursor: Cursor, **values: Any) -> None:
    for name, value in values.items():
        setattr(cursor, name, value)
    cursor.save(update_fields=list(values))
