"""Which records of Bigin are in scope: list views (rules 2.1). Customers with recent documents: `sync/recent.py`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from sync import allowance, issues, replicate
from sync.models import Cursor, Issue, Module, ModuleSetting, Record, RecordKind
from sync.shape import BIGIN_MODULES, FEED_KINDS
from sync.work import Work
from zoho.bigin import PAGE
from zoho.errors import Rejected

VIEWS_EVERY = timedelta(hours=6)
_SHARE = 0.1  # of a day's credits
_CREDITS_A_PAGE = 3  # of a list with a view (reference, 9)


def apply(work: Work) -> None:
    """Reads the chosen views' ids where that is due and marks the mirror; costs no call where no view is chosen."""
    for feed in work.shape.feeds:
        kind = FEED_KINDS[feed]
        views = work.shape.views(kind) if kind in BIGIN_MODULES else ()
        if not views:
            continue
        cursor = replicate.cursor_of(work.shape, feed)
        now = work.clock.now()
        if cursor.views_read_at is not None and cursor.views_read_at > now - _every(work, kind, len(views)):
            continue
        rules, members, lost = _read(work, kind, views)
        with transaction.atomic():
            _keep_rules(work, kind, rules)
            _mark(work, kind, members, leavers=not lost)
            _tell(work, kind, lost)
            Cursor.objects.filter(pk=cursor.pk).update(views_read_at=now)


def _every(work: Work, kind: str, views: int) -> timedelta:
    """Six hours, or longer where reading the ids so often would cost more than a tenth of a day's credits."""
    installation = work.shape.installation
    members = Record.objects.filter(installation=installation, kind=kind, gone_at=None, in_scope=True).count()
    credits_of_one = views * (1 + members // PAGE) * _CREDITS_A_PAGE
    day = allowance.of_a_day(installation, "bigin")
    return max(VIEWS_EVERY, timedelta(days=credits_of_one / (day * _SHARE)))


def _read(
    work: Work, kind: str, views: tuple[str, ...]
) -> tuple[dict[str, Any], frozenset[str], tuple[tuple[str, str], ...]]:
    """The views' criteria, by which new and changed rows are judged between two readings of the ids; the ids of their
    members; and the views that Bigin refuses, with its words: such a view was deleted, or is shared no more."""
    rules: dict[str, Any] = {}
    members: set[str] = set()
    lost = []
    for view in views:
        try:
            row = work.patiently(partial(work.bigin.custom_view, BIGIN_MODULES[kind], view))
            members.update(_ids(work, kind, view))
        except Rejected as error:
            lost.append((view, error.message))
            continue
        if row is not None:
            rules[view] = row.get("criteria")
    return rules, frozenset(members), tuple(lost)


def _module(kind: str) -> Module:
    return Module.PRODUCTS if kind == RecordKind.PRODUCT else Module.CUSTOMERS


def _keep_rules(work: Work, kind: str, rules: dict[str, Any]) -> None:
    setting = ModuleSetting.objects.select_for_update().get(installation=work.shape.installation, module=_module(kind))
    setting.view_rules = {**setting.view_rules, **rules}
    setting.save(update_fields=["view_rules"])


def _tell(work: Work, kind: str, lost: tuple[tuple[str, str], ...]) -> None:
    """One issue for each kind of record, closed by a reading in which all views answer."""
    code = f"view_gone_{kind}"
    if not lost:
        Issue.objects.filter(installation=work.shape.installation, code=code, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=issues.THE_CAUSE
        )
        return
    told = "; ".join(f"{view}: {words}" for view, words in lost)
    issues.raise_one(
        work.shape.installation,
        issues.Draft(
            _module(kind),
            Issue.Kind.SKIPPED,
            code,
            f"A list view of {BIGIN_MODULES[kind]} cannot be read in Bigin any more ({told}). "
            "What was in it stays in step; nothing new comes in by it.",
            "Open Configure, take that list view out or choose another, and save.",
        ),
        work.run,
    )


def _ids(work: Work, kind: str, view: str) -> list[str]:
    """All ids of one view, 200 a page; a view cannot be sorted."""
    found: list[str] = []
    token, number = None, 1
    while True:
        work.check()
        place: dict[str, Any] = {"page_token": token} if token else {"page": number}
        page = work.patiently(partial(work.bigin.page, BIGIN_MODULES[kind], ["id"], cvid=view, **place))
        found += [str(row["id"]) for row in page.rows]
        if not page.more:
            return found
        token, number = page.next_token, number + 1


def _mark(work: Work, kind: str, members: frozenset[str], *, leavers: bool) -> None:
    """`leavers` False: one of the views could not be read, so nobody is known to have left."""
    rows = Record.objects.filter(installation=work.shape.installation, kind=kind)
    joined = rows.filter(remote_id__in=members, in_scope=False)
    left = rows.exclude(remote_id__in=members).filter(in_scope=True).exclude(meta__born="books")
    if not leavers:
        left = rows.none()
    for found, inside in ((joined, True), (left, False)):
        found.update(in_scope=inside, dirty=True)
