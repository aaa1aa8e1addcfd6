"""Which records are in scope: list views of Bigin (rules 2.1), customers with recent documents (rules 2.3)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from sync import replicate
from sync.mapping import Kind
from sync.models import Cursor, Module, ModuleSetting, Record, RecordKind
from sync.shape import BIGIN_MODULES, FEED_KINDS
from sync.work import Work

VIEWS_EVERY = timedelta(hours=6)


def apply(work: Work) -> None:
    """Reads the chosen views' ids where that is due and marks the mirror; costs no call where no view is chosen."""
    for feed in work.shape.feeds:
        kind = FEED_KINDS[feed]
        views = work.shape.views(kind) if kind in BIGIN_MODULES else ()
        if not views:
            continue
        cursor = replicate.cursor_of(work.shape, feed)
        now = work.clock.now()
        if cursor.views_read_at is not None and cursor.views_read_at > now - VIEWS_EVERY:
            continue
        _read_rules(work, kind, views)
        members = frozenset(record_id for view in views for record_id in _ids(work, kind, view))
        with transaction.atomic():
            _mark(work, kind, members)
            Cursor.objects.filter(pk=cursor.pk).update(views_read_at=now)


def _read_rules(work: Work, kind: str, views: tuple[str, ...]) -> None:
    """The views' criteria, by which new and changed rows are judged between two readings of the ids."""
    rules = {}
    for view in views:
        row = work.patiently(partial(work.bigin.custom_view, BIGIN_MODULES[kind], view))
        if row is not None:
            rules[view] = row.get("criteria")
    module = Module.PRODUCTS if kind == RecordKind.PRODUCT else Module.CUSTOMERS
    setting = ModuleSetting.objects.get(installation=work.shape.installation, module=module)
    setting.view_rules = {**setting.view_rules, **rules}
    setting.save(update_fields=["view_rules"])


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


def _mark(work: Work, kind: str, members: frozenset[str]) -> None:
    rows = Record.objects.filter(installation=work.shape.installation, kind=kind)
    joined = rows.filter(remote_id__in=members, in_scope=False)
    left = rows.exclude(remote_id__in=members).filter(in_scope=True).exclude(meta__born="books")
    for found, inside in ((joined, True), (left, False)):
        found.update(in_scope=inside, dirty=True)


def recent_customers(work: Work, kind: Kind) -> frozenset[str] | None:
    """Customers with invoices of the last months, where the setting asks for them; one list, dated on our side."""
    setting = work.shape.setting(kind)
    if setting.create_in_bigin != "recent" or kind is Kind.PRODUCT_ITEM:
        return None
    since = (timezone.now() - timedelta(days=31 * setting.recent_months)).date()
    found: set[str] = set()
    number = 1
    while True:
        wanted = {"date_start": since.isoformat()}
        page = work.patiently(partial(work.books.documents_page, "invoices", page=number, filters=wanted))
        found.update(str(row.get("customer_id")) for row in page.rows if str(row.get("date")) >= since.isoformat())
        if not page.more:
            return frozenset(found)
        number += 1
