"""Pairs that Zoho's own integration of its CRM with Books has made: customers that name a record's id (rules 1.4).

They are offered as candidates; warning of that integration is `accounts.setup`'s. Database only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync import unlinked
from sync.mapping import Kind
from sync.models import Record, RecordKind, Side
from sync.shape import Shape
from sync.sources import may_pair

# Where a customer of Books names its counterpart; persons and items name none (reference of Books, 3.4).
_NAMED_IN: Mapping[Kind, str] = {Kind.COMPANY_CUSTOMER: "zcrm_account_id", Kind.CONTACT_CUSTOMER: "zcrm_contact_id"}


def names(kind: Kind, record: Record, candidate: Record) -> bool:
    """Whether the customer of these two names the other as its counterpart."""
    bigin, books = (record, candidate) if record.side == Side.BIGIN else (candidate, record)
    return kind in _NAMED_IN and str(books.meta.get(_NAMED_IN[kind]) or "") == bigin.remote_id


def partners(shape: Shape, kind: Kind, side: str, records: Sequence[Record], known: Sequence[Record]) -> list[Record]:
    """Unlinked records of the other side that belong to one of these by such an id, without those `known` already."""
    if kind not in _NAMED_IN or not shape.has_zcrm_ids:
        return []
    rows = unlinked.of_sort(shape, kind, unlinked.other(side)).exclude(pk__in=[record.pk for record in known])
    if side == Side.BOOKS:
        ids = [str(record.meta[_NAMED_IN[kind]]) for record in records if record.meta.get(_NAMED_IN[kind])]
        return list(rows.filter(remote_id__in=ids).order_by("pk")) if ids else []
    ids = [record.remote_id for record in records]
    rows = rows.filter(kind=RecordKind.CUSTOMER, **{f"meta__{_NAMED_IN[kind]}__in": ids})
    return [row for row in rows.order_by("pk") if may_pair(shape, kind, row.meta)]
