"""What was deleted: Bigin's deleted lists, and records that a full listing of Books did not show any more.

A record of Books has vanished only if its own GET says so; nothing here deletes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from sync import details, mirror, probed, replicate, unreadable
from sync.models import Cursor, Record, RecordKind
from sync.shape import BIGIN_MODULES, FEED_KINDS
from sync.work import Work
from zoho.bigin import Page
from zoho.errors import Rejected, RetryLater, Unauthorised
from zoho.times import parse_time_or_none

ALL_PAGES_EVERY = timedelta(hours=6)
# Where the account is known to sort or to filter the list, all pages are a safety net only.
ALL_PAGES_AT_LEAST = timedelta(hours=24)
_NOT_GRANTED = "OAUTH_SCOPE_MISMATCH"


def pull(work: Work, feed: str) -> None:
    """What was deleted since the last look, where the header is honoured; else page 1, and all pages every six hours,
    for how the list is ordered is not known unless the probes saw it."""
    installation = work.shape.installation
    if not probed.reads_deleted(installation, feed):
        return
    cursor = replicate.cursor_of(work.shape, feed)
    now = work.clock.now()
    known = probed.deleted_since(installation, feed) or probed.deleted_newest_first(installation, feed)
    every = ALL_PAGES_AT_LEAST if known else ALL_PAGES_EVERY
    whole = cursor.deleted_listed_at is None or cursor.deleted_listed_at < now - every
    since = None if whole or not probed.deleted_since(installation, feed) else cursor.deleted_mark
    number, first_date = 1, None
    while True:
        work.check()
        page = work.patiently(partial(_page, work, feed, number, since))
        if page is None:
            return
        first_date = first_date or page.server_date or page.requested_at
        with transaction.atomic():
            found = _store(work, feed, page)
        if not page.more or (not whole and since is None and not found):
            break
        number += 1
    values = {"deleted_mark": first_date - replicate.OVERLAP, **({"deleted_listed_at": now} if whole else {})}
    Cursor.objects.filter(pk=cursor.pk).update(**values)


def _page(work: Work, feed: str, number: int, since: datetime | None) -> Page | None:
    """None where the grant does not reach the deleted list: then the nightly listing finds deletions."""
    try:
        return work.bigin.deleted(BIGIN_MODULES[FEED_KINDS[feed]], page=number, if_modified_since=since)
    except Rejected:
        return None
    except Unauthorised as error:
        if error.code == _NOT_GRANTED:
            return None
        raise


def _store(work: Work, feed: str, page: Page) -> int:
    """Marks those that the mirror holds; returns how many were news."""
    kind = FEED_KINDS[feed]
    told = {str(row.get("id")): row for row in page.rows}
    rows = Record.objects.select_for_update().filter(
        installation=work.shape.installation, kind=kind, remote_id__in=list(told), gone_at=None
    )
    found = []
    for record in rows.order_by("pk"):
        row = told[record.remote_id]
        at = parse_time_or_none(row.get("deleted_time"))
        if at is not None and record.modified_at is not None and at < record.modified_at:
            continue  # restored since: the list tells of an older deletion
        if record.settled_at is not None and page.requested_at < record.settled_at:
            continue
        found.append((record, "permanent" if row.get("type") == "permanent" else "recycled"))
    mirror.gone_all(found, work.clock.now())
    work.count(work.module(kind), "bigin", "deleted_seen", len(found))
    return len(found)


def missing(work: Work, cursor: Cursor) -> Sequence[Record]:
    """Records that the newest full listing of the feed should have shown and did not."""
    if cursor.listed_at is None or cursor.position.get("listing"):
        return []
    rows = Record.objects.filter(
        installation=work.shape.installation, kind=FEED_KINDS[cursor.feed], gone_at=None, listed_at__lt=cursor.listed_at
    )
    return [record for record in rows if record.settled_at is None or record.settled_at < cursor.listed_at]


def confirm(work: Work, feed: str, suspects: Sequence[Record]) -> int:
    """Asks for each suspect on its own; network. Returns how many are gone."""
    gone = 0
    for record in suspects:
        work.check()
        try:
            exists = _exists(work, record)
        except (Rejected, RetryLater) as error:
            unreadable.pass_over(work, record.remote_id, error)
            continue  # asked for again by the next run
        if exists:
            Record.objects.filter(pk=record.pk).update(listed_at=work.clock.now())
            continue
        with transaction.atomic():
            locked = Record.objects.select_for_update().get(pk=record.pk)
            if locked.gone_at is None:
                mirror.gone(locked, "vanished", work.clock.now())
                gone += 1
    side = "bigin" if feed in replicate.BIGIN_FEEDS else "books"
    work.count(work.module(FEED_KINDS[feed]), side, "deleted_seen", gone)
    return gone


def _exists(work: Work, record: Record) -> bool:
    if record.kind == RecordKind.CUSTOMER:
        return details.customer_detail(work, record.remote_id) is not None
    if record.kind == RecordKind.ITEM:
        return work.patiently(lambda: work.books.item(record.remote_id)) is not None
    module = BIGIN_MODULES[record.kind]
    return work.patiently(lambda: work.bigin.get(module, record.remote_id, ["id"])) is not None
