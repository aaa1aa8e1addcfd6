"""Asking Books live before a person's act creates something there (design section 3). Network, then the mirror.

A run has just read both sides; an act of one person has not, and somebody may have made that record a minute ago.
"""

from __future__ import annotations

from functools import partial

from sync import details, mirror, sources, unlinked
from sync.fields import shown
from sync.mapping import Kind
from sync.models import Record, RecordKind, Side
from sync.work import Work

_MOST = 5


def live(work: Work, kind: Kind, record: Record) -> None:
    """What Books has of this name, e-mail or code, into the mirror; at most a handful of calls."""
    if kind is Kind.PRODUCT_ITEM:
        _items(work, record)
    elif kind is Kind.CONTACT_PERSON:
        customers = unlinked.partner_ids(work.shape, Side.BIGIN, [record.parent_id])
        if record.parent_id in customers:
            details.customer_detail(work, customers[record.parent_id])
    else:
        _customers(work, record)


def _customers(work: Work, record: Record) -> None:
    asked = [("contact_name", record.label), ("email", shown(record.fields.get("Email")))]
    ids: list[str] = []
    for name, value in asked:
        if value:
            page = work.patiently(partial(work.books.contacts_page, filters={name: value}))
            ids += [str(row["contact_id"]) for row in page.rows if sources.is_customer(row)]
    known = set(
        Record.objects.filter(
            installation=work.shape.installation, kind=RecordKind.CUSTOMER, remote_id__in=ids, detail_at__isnull=False
        ).values_list("remote_id", flat=True)
    )
    for customer_id in [one for one in dict.fromkeys(ids) if one not in known][:_MOST]:
        details.customer_detail(work, customer_id)


def _items(work: Work, record: Record) -> None:
    requested_at = work.clock.now()
    page = work.patiently(partial(work.books.items_page, filters={"name": record.label}))
    for row in page.rows[:_MOST]:
        mirror.store_one(work.shape, sources.books_item(work.shape, row), requested_at)
