"""How often whole lists are read: nightly, or as a tenth of a day's calls allows (rules 8.2). Database only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync import allowance
from sync.models import Cursor, Record, Side
from sync.shape import FEED_KINDS, Shape

EVERY = timedelta(hours=24)
_SHARE = 0.1  # of a day's calls, for all lists of one product together
_PAGE = 200  # rows of a page, on either side


def is_due(shape: Shape, cursor: Cursor, now: datetime) -> bool:
    """Where neither filter nor order is honoured, a whole list is the only way to read it, and always due."""
    if cursor.how == "listing" or cursor.listed_at is None:
        return True
    age = now - cursor.listed_at
    return age > EVERY and age > every(shape, cursor.feed)


def every(shape: Shape, feed: str) -> timedelta:
    side = Side.BIGIN if feed.startswith("bigin_") else Side.BOOKS
    product = "bigin" if side == Side.BIGIN else shape.installation.product
    kinds = [kind for name, kind in FEED_KINDS.items() if name.startswith(f"{side}_")]
    rows = Record.objects.filter(installation=shape.installation, side=side, kind__in=kinds, gone_at=None).count()
    day = allowance.of_a_day(shape.installation, product) * _SHARE
    return max(EVERY, timedelta(days=-(-rows // _PAGE) / day))


def is_first_of_its_day(cursor: Cursor, began: datetime) -> bool:
    return cursor.listed_at is None or cursor.listed_at.date() < began.date()
