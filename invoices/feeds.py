"""Reading Books' lists of documents: one customer's for a panel, the organisation's step by step with the sync.

Every page checks itself, because Books ignores an unknown filter or sort column in silence (books-api.md 0.4).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Installation
from invoices import bodies, clients, listings, mirror, words
from invoices.drafts import KINDS, Kind
from invoices.listings import Reached
from invoices.models import CustomerBalance, Document, DocumentFeed
from sync.models import Run
from zoho.books import Books, BooksPage
from zoho.errors import ZohoError
from zoho.times import parse_time_or_none

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=2)
LISTING_EVERY = timedelta(hours=24)
INTERVAL = timedelta(hours=1)
ABANDONED = timedelta(minutes=10)
LONGEST = timedelta(minutes=3)  # of listing at a stretch; a worker is stopped after 270 s
PER_PAGE = 200
MOST_BELIEVED = 3  # documents that one customer's list lacks
MOST_ASKED = 50  # documents that a listing lacks are asked for one by one, so many in a read


def kinds_of(installation: Installation) -> tuple[Kind, ...]:
    """Zoho Invoice has no sales orders."""
    return tuple(kind for kind in KINDS if kind != "salesorder" or installation.product != "invoice")


# One customer's documents


def refresh_customer(installation: Installation, books: Books, customer_id: str, kind: Kind) -> int:
    """One list, newest first. Where it is the whole list, the few that it lacks are gone from Books; where it lacks
    many or is empty, that is no proof, and the feed asks for each of them soon (rules 1.6)."""
    page = books.documents_page(
        bodies.COLLECTIONS[kind], sort_column="created_time", sort_order="D", filters={"customer_id": customer_id}
    )
    rows = [row for row in page.rows if str(row.get("customer_id")) == customer_id]
    changed = mirror.store(installation, kind, rows, page.requested_at)
    if not page.more and len(rows) == len(page.rows):
        there = {bodies.books_id_of(kind, row) for row in rows}
        standing = Document.objects.filter(
            installation=installation, kind=kind, customer_id=customer_id, state=Document.State.STANDS
        ).values_list("books_id", flat=True)
        missing = {one for one in standing if one} - there
        if there and len(missing) <= MOST_BELIEVED:
            changed += mirror.gone(installation, kind, missing, page.requested_at)
        elif missing:
            _list_soon(installation, kind)
    _note_listed(installation, customer_id, kind, page.requested_at)
    return changed


def _list_soon(installation: Installation, kind: Kind) -> None:
    now = timezone.now()
    feeds = DocumentFeed.objects.filter(installation=installation, kind=kind, complete_at__isnull=False)
    feeds.update(listed_at=now - LISTING_EVERY, due_at=now)


def _note_listed(installation: Installation, customer_id: str, kind: Kind, when: datetime) -> None:
    balance, _ = CustomerBalance.objects.get_or_create(installation=installation, customer_id=customer_id)
    balance.listed = {**balance.listed, kind: when.isoformat()}
    balance.save(update_fields=["listed"])


# The organisation's documents


def due(now: datetime) -> list[DocumentFeed]:
    """Feeds to read now, claimed so that no other worker reads them too: after each run of the sync, and in any case
    once an interval."""
    ran = Run.objects.filter(installation=OuterRef("installation"), finished_at__gt=OuterRef("read_at"))
    free = DocumentFeed.objects.filter(Q(due_at__lte=now) | Exists(ran)).exclude(claimed_at__gt=now - ABANDONED)
    active = free.filter(installation__state=Installation.State.ACTIVE)
    return [
        feed
        for feed in active.order_by("due_at")[:20]
        if DocumentFeed.objects.filter(pk=feed.pk, claimed_at=feed.claimed_at).update(claimed_at=now)
    ]


def ensure_feeds() -> None:
    """A feed for each kind of each connected installation; the first read is due at once."""
    for installation in Installation.objects.filter(state=Installation.State.ACTIVE).exclude(books_org_id=None):
        rows = [DocumentFeed(installation=installation, kind=kind) for kind in kinds_of(installation)]
        DocumentFeed.objects.bulk_create(rows, ignore_conflicts=True)


def pull(installation: Installation, kind: Kind) -> DocumentFeed:
    """Brings one kind up to date. Over the network; for beat, the sync and tests."""
    feed, _ = DocumentFeed.objects.get_or_create(installation=installation, kind=kind)
    read(feed)
    feed.refresh_from_db()
    return feed


def read(feed: DocumentFeed) -> None:
    """What changed since the mark; the whole list at first, once a day, and where Books ignores the filter. A listing
    that was stopped goes on where it was."""
    now, whole = timezone.now(), True
    try:
        with clients.books(feed.installation) as books:
            books.client.priority = "sync"
            if feed.complete_at and feed.incremental:
                _changed(feed, books)
            if not feed.complete_at or not feed.incremental or (feed.listed_at or now) <= now - LISTING_EVERY:
                whole = _whole(feed, books)
    except ZohoError as error:
        log.warning("invoices: %s of %s not read (%s)", feed.kind, feed.installation_id, error.code)
        _save(feed, problem=words.refusal(error), claimed_at=None, read_at=now, due_at=now + INTERVAL)
        return
    _save(feed, problem="", claimed_at=None, read_at=now, due_at=now + INTERVAL if whole else now)


def _changed(feed: DocumentFeed, books: Books) -> None:
    """Ascending by time of change, keyset: the next page starts at the last row's time (books-api.md 10)."""
    number, since = 1, feed.mark
    while True:
        page = _page(feed, books, "last_modified_time", number, since)
        times = _times(page)
        if not _honoured(page, times, since):
            log.info("invoices: changed-since is ignored for %s of %s", feed.kind, feed.installation_id)
            _save(feed, incremental=False)
            return
        mirror.store(feed.installation, bodies.kind_of(feed.kind), page.rows, page.requested_at)
        last = times[-1] if times else None
        if last:
            _save(feed, mark=_mark(last, (page.server_date or page.requested_at) - OVERLAP, feed.mark))
        if not page.more:
            return
        number, since = (number + 1, since) if last == since or last is None else (1, last)


def _whole(feed: DocumentFeed, books: Books) -> bool:
    """By creation, ascending; what it lacks and Books does not have is gone. False when the time was up: the next read
    goes on."""
    kind, newest, since = bodies.kind_of(feed.kind), feed.mark, timezone.now()
    reached = Reached.from_json(feed.listing)
    entered, page = _entered(feed, books, reached)
    number = entered
    started = reached.started if reached else page.requested_at
    safe = reached.safe if reached else (page.server_date or page.requested_at) - OVERLAP
    while True:
        mirror.store(feed.installation, kind, page.rows, page.requested_at)
        newest = max([one for one in (newest, *_times(page, check=False)) if one], default=None)
        if not page.more:
            break
        last = listings.last_of(page)
        listing = Reached(number, last, started, safe).to_json() if last else {}
        _save(feed, listing=listing, claimed_at=timezone.now())
        if listing and (number > entered or reached is None) and timezone.now() >= since + LONGEST:
            return False
        number += 1
        page = _page(feed, books, "created_time", number, None)
    everything = _see_to_vanished(feed, books, started)
    mark = _mark(newest, safe, feed.mark) if newest else None
    listed_at = started if everything else started - LISTING_EVERY
    _save(feed, mark=mark, listed_at=listed_at, listing={}, complete_at=feed.complete_at or timezone.now())
    return True


def _entered(feed: DocumentFeed, books: Books, reached: Reached | None) -> tuple[int, BooksPage]:
    """The page to go on with and its number: the one that was read last, or one before it where deletions moved the
    rows forward."""
    number = reached.page if reached else 1
    page = _page(feed, books, "created_time", number, None)
    while reached and number > 1 and not listings.meets(page, reached):
        number -= 1
        page = _page(feed, books, "created_time", number, None)
    return number, page


def _see_to_vanished(feed: DocumentFeed, books: Books, started: datetime) -> bool:
    """What the listing did not show: a deletion meanwhile may have moved it past us, so Books is asked for each. False
    when there were too many for one read."""
    kind = bodies.kind_of(feed.kind)
    rows = Document.objects.filter(
        installation=feed.installation, kind=kind, state=Document.State.STANDS, seen_at__lt=started
    )
    ids = list(rows.order_by("seen_at").values_list("books_id", flat=True)[: MOST_ASKED + 1])
    for books_id in filter(None, ids[:MOST_ASKED]):
        requested_at = timezone.now()
        row = books.document(bodies.COLLECTIONS[kind], books_id)
        if row:
            mirror.store(feed.installation, kind, [row], requested_at)
        else:
            mirror.gone(feed.installation, kind, [books_id], requested_at)
    return len(ids) <= MOST_ASKED


def _page(feed: DocumentFeed, books: Books, column: str, number: int, since: datetime | None) -> BooksPage:
    return books.documents_page(
        bodies.COLLECTIONS[feed.kind],
        page=number,
        per_page=PER_PAGE,
        sort_column=column,
        sort_order="A",
        modified_since=since,
    )


def _times(page: BooksPage, *, check: bool = True) -> list[datetime]:
    times = [parse_time_or_none(row.get("last_modified_time")) for row in page.rows]
    return [time for time in times if time] if not check or all(times) else []


def _honoured(page: BooksPage, times: Sequence[datetime], since: datetime | None) -> bool:
    if page.sort_column not in (None, "last_modified_time") or page.sort_order not in (None, "A"):
        return False
    if len(times) != len(page.rows) or list(times) != sorted(times):
        return False
    return since is None or not times or times[0] >= since.replace(microsecond=0)


def _mark(newest: datetime, safe: datetime, held: datetime | None) -> datetime:
    """Never a time at which something may still appear."""
    mark = min(newest, safe)
    return max(mark, held) if held else mark


def _save(feed: DocumentFeed, **values: object) -> None:
    for name, value in values.items():
        setattr(feed, name, value)
    feed.save(update_fields=list(values))
