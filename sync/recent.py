"""Customers with documents of the last months, where the administrator wants only those in Bigin (rules 2.3).

Of a document nothing is kept but its day, at its customer's record. Documents themselves are the invoices app's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from sync import replicate, unlinked
from sync.mapping import Kind
from sync.models import Cursor, Feed, Module, ModuleSetting, Record, Side
from sync.work import Work
from zoho import books_documents
from zoho.books_calls import BooksPage, Row
from zoho.times import parse_time_or_none

LISTING_EVERY = timedelta(hours=24)
_OVERLAP = timedelta(minutes=2)
_CHUNK = 500
_LISTS: Mapping[Feed, books_documents.Kind] = {
    Feed.BOOKS_INVOICES: "invoices",
    Feed.BOOKS_ESTIMATES: "estimates",
    Feed.BOOKS_SALESORDERS: "salesorders",
}


def read(work: Work) -> None:
    """After the customers are read: one call a list where nothing is new, all of the months once a day. No call where
    the setting does not ask for documents."""
    setting = _asking(work)
    if setting is None:
        return
    for feed, name in _LISTS.items():
        if name == "salesorders" and work.books.product == "invoice":
            continue
        work.stage("Reading documents")
        cursor = replicate.cursor_of(work.shape, feed)
        if _is_due(cursor, setting, work.clock.now()):
            _list(work, setting, cursor, name)
        else:
            _news(work, setting, cursor, name)


def customers(work: Work, kind: Kind) -> frozenset[str] | None:
    """Ids of those that are not linked and have documents of the last months; None where the setting does not ask."""
    setting = _asking(work)
    if setting is None or kind is Kind.PRODUCT_ITEM:
        return None
    return without_pair(setting, work.clock.now())


def without_pair(setting: ModuleSetting, now: datetime) -> frozenset[str]:
    rows = unlinked.unlinked(setting.installation, Kind.COMPANY_CUSTOMER, Side.BOOKS)
    recent = rows.filter(meta__newest_document__gte=_since(setting, now))
    return frozenset(recent.values_list("remote_id", flat=True))


def _asking(work: Work) -> ModuleSetting | None:
    setting = work.shape.settings.get(Module.CUSTOMERS)
    if setting is None or Module.CUSTOMERS not in work.shape.modules or setting.create_in_bigin != "recent":
        return None
    return setting


def _since(setting: ModuleSetting, now: datetime) -> str:
    """The first day that counts, as Books writes days."""
    return (now - timedelta(days=31 * setting.recent_months)).date().isoformat()


def _began(work: Work) -> datetime:
    """Before this run read the customers: the document of one that was made after that is read again by the next."""
    return (work.run.started_at if work.run else work.clock.now()) - _OVERLAP


def _is_due(cursor: Cursor, setting: ModuleSetting, now: datetime) -> bool:
    if cursor.mark is None or cursor.listed_at is None or cursor.position.get("page"):
        return True
    return cursor.listed_at < now - LISTING_EVERY or cursor.position.get("months") != setting.recent_months


def _list(work: Work, setting: ModuleSetting, cursor: Cursor, name: books_documents.Kind) -> None:
    """Every page of the months; a slice that ends goes on at the next page. Books may ignore the filter in silence, so
    days are compared here too."""
    place = cursor.position if cursor.position.get("months") == setting.recent_months else {}
    number, began = int(place.get("page") or 1), str(place.get("began") or _began(work).isoformat())
    since = _since(setting, work.clock.now())
    while True:
        work.check()
        page = _page(work, name, number, {"date_start": since})
        _note(work, page.rows, since)
        if not page.more:
            break
        number += 1
        position = {"months": setting.recent_months, "page": number, "began": began}
        Cursor.objects.filter(pk=cursor.pk).update(position=position)
    Cursor.objects.filter(pk=cursor.pk).update(
        mark=datetime.fromisoformat(began), listed_at=work.clock.now(), position={"months": setting.recent_months}
    )


def _news(work: Work, setting: ModuleSetting, cursor: Cursor, name: books_documents.Kind) -> None:
    """Newest first, down to what the last read began with, where Books says that it sorted so."""
    began, number = _began(work), 1
    while True:
        work.check()
        page = _page(work, name, number, {})
        _note(work, page.rows, _since(setting, work.clock.now()))
        oldest = parse_time_or_none(page.rows[-1].get("created_time")) if page.rows else None
        is_sorted = (page.sort_column, page.sort_order) == ("created_time", "D")
        if not page.more or (is_sorted and oldest is not None and cursor.mark is not None and oldest < cursor.mark):
            break
        number += 1
    Cursor.objects.filter(pk=cursor.pk).update(mark=began)


def _page(work: Work, name: books_documents.Kind, number: int, filters: Mapping[str, str]) -> BooksPage:
    newest = partial(work.books.documents_page, name, sort_column="created_time", sort_order="D")
    return work.patiently(partial(newest, page=number, filters=filters))


def _note(work: Work, rows: Iterable[Row], since: str) -> None:
    """The newest day of each customer that stands alone; it is judged anew when that is news."""
    days: dict[str, str] = {}
    for row in rows:
        customer, day = str(row.get("customer_id") or ""), str(row.get("date") or "")
        if day >= since and row.get("status") != "void":
            days[customer] = max(day, days.get(customer, ""))
    with transaction.atomic():
        alone = unlinked.unlinked(work.shape.installation, Kind.COMPANY_CUSTOMER, Side.BOOKS)
        records = alone.filter(remote_id__in=days).select_for_update(of=("self",)).order_by("pk")
        news = [record for record in records if days[record.remote_id] > _day_of(record)]
        for record in news:
            record.meta = {**record.meta, "newest_document": days[record.remote_id]}
            record.dirty = True
        Record.objects.bulk_update(news, ["meta", "dirty"])


def _day_of(record: Record) -> str:
    return str(record.meta.get("newest_document") or "")
