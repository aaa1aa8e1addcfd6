"""The shortcuts that a simulation saw lose and double records, as patches of the product (design, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync import engine, mirror, outbox, planner, recovery, replicate, send, settle, stale
from sync.fields import Fields, Value
from sync.models import Cursor, Link, Record, Write
from sync.shape import Shape
from sync.sources import Seen
from sync.work import Work
from zoho.errors import ZohoError

Patch = pytest.MonkeyPatch
Shortcut = Callable[[Patch], None]


def resend_unknown_creates(patch: Patch) -> None:
    """An unknown create is sent again at once, without a look and as it was planned."""
    patch.setattr(recovery, "_resolve_create", lambda work, kind, write: _send_again(write))
    patch.setattr(stale, "judge_again", lambda work, kind: None)


def resend_unknown_updates(patch: Patch) -> None:
    """As it was planned, whatever the record holds by now."""

    def again(work: Work, kind: object, write: Write) -> None:
        outbox.move([write], Write.State.UNKNOWN, Write.State.SENDING)
        send.to_books(work, write)

    patch.setattr(recovery, "_resolve_update", again)


def _send_again(write: Write) -> None:
    outbox.move([write, *outbox.carried(write)], Write.State.UNKNOWN, Write.State.PENDING)


def plan_before_all_was_read(patch: Patch) -> None:
    """What could not be read is taken for empty."""
    read = engine.read

    def careless(work: Work) -> None:
        try:
            read(work)
        except ZohoError:
            return

    patch.setattr(engine, "read", careless)
    patch.setattr(planner, "is_complete", lambda shape, kind: True)


def cursor_after_instead_of_from(patch: Patch) -> None:
    """`>` the last row's time, not `>=`."""
    page = replicate._books_page

    def later(work: Work, feed: str, column: str, order: str, number: int, since: datetime | None = None) -> Any:
        return page(work, feed, column, order, number, since + timedelta(seconds=1) if since else None)

    patch.setattr(replicate, "_books_page", later)


def mark_moves_with_each_page(patch: Patch) -> None:
    """A newest-first scan moves its mark before its last page was stored."""
    count = replicate._count

    def counted(work: Work, feed: str, page: replicate.Rows, changed: int) -> None:
        count(work, feed, page, changed)
        times = [time for time in page.times if time]
        if feed in replicate.BIGIN_FEEDS and times:
            Cursor.objects.filter(installation=work.shape.installation, feed=feed).update(mark=max(times))

    patch.setattr(replicate, "_count", counted)


def equal_times_are_skipped(patch: Patch) -> None:
    """A row with the time we know is taken for the row we know."""
    merged = mirror.merged

    def lazy(shape: Shape, item: Seen, held: Record | None, requested_at: datetime, now: datetime) -> Record | None:
        if held is not None and held.modified_at == item.modified_at:
            return None
        return merged(shape, item, held, requested_at, now)

    patch.setattr(mirror, "merged", lazy)


def equal_times_are_our_echo(patch: Patch) -> None:
    """The same, for records that we wrote ourselves only."""
    merged = mirror.merged

    def trusting(shape: Shape, item: Seen, held: Record | None, requested_at: datetime, now: datetime) -> Record | None:
        if held is not None and held.settled_at and held.modified_at == item.modified_at and held.gone_at is None:
            return None
        return merged(shape, item, held, requested_at, now)

    patch.setattr(mirror, "merged", trusting)


def one_shared_base(patch: Patch) -> None:
    """Both sides are compared with one value per field: that of Books."""
    agree = settle._agree

    def share(work: Work, link: Link) -> bool:
        for row in work.shape.rows[link.kind]:  # type: ignore[index]
            if row.books in link.books_base:
                link.bigin_base = {**link.bigin_base, row.bigin: link.books_base[row.books]}
        return agree(work, link)

    patch.setattr(settle, "_agree", share)


def settle_with_what_was_sent(patch: Patch) -> None:
    """What Bigin made of it is not looked at."""

    def believed(sent: Fields, stored: Fields) -> dict[str, Value]:
        return dict(sent)

    patch.setattr(settle, "bases", believed)


def half_made_links_get_no_bases(patch: Patch) -> None:
    """A create that is found again is treated as two records that meet for the first time."""
    bases = settle._set_bases

    def forgetful(*args: Any) -> None:
        if not any(isinstance(one, Write) and one.op == Write.Op.CREATE for one in args):
            bases(*args)

    patch.setattr(settle, "_set_bases", forgetful)


def send_what_a_cut_run_left(patch: Patch) -> None:
    """Before anything is read."""
    stages = engine._stages

    def hasty(work: Work) -> None:
        for kind in work.shape.kinds:
            send.apply(work, kind)
        stages(work)

    patch.setattr(engine, "_stages", hasty)


def no_freshness_guard(patch: Patch) -> None:
    """A page that was asked for before a settle is stored after it."""
    patch.setattr(mirror, "_is_older", lambda held, requested_at: False)


def cursor_before_its_page(patch: Patch) -> None:
    """The mark stands in the database before the rows do."""
    fetch = replicate._bigin_newest

    def early(work: Work, feed: str, number: int, token: str | None) -> Any:
        page = fetch(work, feed, number, token)
        times = [time for time in page.times if time]
        if times:
            Cursor.objects.filter(installation=work.shape.installation, feed=feed).update(
                mark=max(times) + timedelta(seconds=1)
            )
        return page

    patch.setattr(replicate, "_bigin_newest", early)
