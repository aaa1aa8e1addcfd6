"""What the probes found out about the live accounts, as the sync uses it (rules, introduction). Pure but for the row.

An answer that is not known leaves the careful way on. Asked at Setup, again each week, and by `check_zoho`; what only a
write can tell is learned from our own (`sync/learned.py`).
"""

from __future__ import annotations

from accounts.models import Installation
from sync.models import Feed
from sync.shape import BIGIN_MODULES, FEED_KINDS

PERSON_MOVES_CUSTOMER = "books_person_edit_touches_customer"
EQUAL_NAMES = "books_equal_names"
_BOOKS_LISTS = {Feed.BOOKS_CUSTOMERS: "contacts", Feed.BOOKS_ITEMS: "items"}


def held(installation: Installation, name: str) -> bool | None:
    """True or False as the account showed; None where it showed nothing, or was not asked."""
    found = installation.probes.get(name)
    answer = found.get("held") if isinstance(found, dict) else found
    return answer if isinstance(answer, bool) else None


def way(installation: Installation, feed: str) -> str:
    """How to read what changed in a list: `Cursor.how`. Each page still checks itself (design section 3)."""
    name = _BOOKS_LISTS.get(Feed(feed))
    if name is None:
        return "filter"
    if held(installation, f"books_{name}_oldest_first") is False:
        return "listing"
    return "newest" if held(installation, f"books_{name}_changed_since") is False else "filter"


def reads_deleted(installation: Installation, feed: str) -> bool:
    """Whether the grant reaches the deleted list; without it the nightly listing finds deletions."""
    return held(installation, f"{_bigin(feed)}_deleted_list") is not False


def deleted_newest_first(installation: Installation, feed: str) -> bool:
    """Whether the first page of a deleted list holds what is new, so that the others need no regular look."""
    return held(installation, f"{_bigin(feed)}_deleted_newest_first") is True


def deleted_since(installation: Installation, feed: str) -> bool:
    """Whether the deleted list honours If-Modified-Since."""
    return held(installation, f"{_bigin(feed)}_deleted_if_modified_since") is True


def person_moves_customer(installation: Installation) -> bool:
    """Whether editing a person is known to move its customer's time (rules 8.2)."""
    return held(installation, PERSON_MOVES_CUSTOMER) is True


def value(installation: Installation, name: str) -> str:
    """What a probe found where a yes or no does not say it; empty where that is not known."""
    found = installation.probes.get(name)
    return str(found.get("value") or "") if isinstance(found, dict) else ""


def _bigin(feed: str) -> str:
    return f"bigin_{BIGIN_MODULES[FEED_KINDS[feed]].lower()}"
