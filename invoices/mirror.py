"""The mirror of Books' documents: how rows become `Document`s. Reading the lists is `invoices/feeds.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Installation
from invoices import bodies, events
from invoices.drafts import Kind
from invoices.models import Document
from zoho.books import Row

State = Document.State
_STANDING = (State.STANDS, State.GONE)


def store(installation: Installation, kind: Kind, rows: Sequence[Row], requested_at: datetime) -> int:
    """How many were new or changed. A row that was settled after the page was asked for is newer than the page."""
    found = {bodies.books_id_of(kind, row): row for row in rows}
    found.pop("", None)
    with transaction.atomic():
        held = _held(installation, kind, found)
        fresh = [
            _new(installation, kind, books_id, row, requested_at)
            for books_id, row in found.items()
            if books_id not in held
        ]
        Document.objects.bulk_create(fresh, ignore_conflicts=True)
        older = [one for one in held.values() if _is_older(one, requested_at)]
        changes = [_take(one, found[one.books_id or ""]) for one in older]
        Document.objects.filter(pk__in=[one.pk for one in older]).update(seen_at=requested_at)
        for document, before in zip(older, changes, strict=True):
            if before not in (None, document.status):
                events.status_changed(document, str(before))
    return len(fresh) + sum(before is not None for before in changes)


def store_one(installation: Installation, kind: Kind, row: Row, requested_at: datetime) -> Document | None:
    """A detail; the mirrored row, or None when the answer names no id."""
    books_id = bodies.books_id_of(kind, row)
    store(installation, kind, [row], requested_at)
    return Document.objects.filter(installation=installation, kind=kind, books_id=books_id).first()


def settled(document: Document, row: Row) -> None:
    """Takes over the answer to a write of ours: nothing is newer than that."""
    store(document.installation, bodies.kind_of(document.kind), [row], timezone.now())


def _held(installation: Installation, kind: Kind, books_ids: Iterable[str]) -> dict[str, Document]:
    rows = Document.objects.filter(installation=installation, kind=kind, books_id__in=list(books_ids))
    rows = rows.select_for_update(of=("self",)).select_related("installation").order_by("pk")
    return {row.books_id: row for row in rows if row.books_id}


def _new(
    installation: Installation, kind: Kind, books_id: str, row: Mapping[str, Any], requested_at: datetime
) -> Document:
    return Document(
        installation=installation,
        kind=kind,
        books_id=books_id,
        state=State.STANDS,
        seen_at=requested_at,
        **bodies.mirror_fields(kind, row),
    )


def _is_older(document: Document, requested_at: datetime) -> bool:
    return document.seen_at is None or document.seen_at <= requested_at


def _take(document: Document, row: Mapping[str, Any]) -> str | None:
    """Saves what the row says differently and gives the former status; None when it says nothing new."""
    if document.state not in _STANDING:
        return None
    news = {
        name: value
        for name, value in bodies.mirror_fields(bodies.kind_of(document.kind), row).items()
        if getattr(document, name) != value
    }
    if document.state == State.GONE:
        news["state"] = State.STANDS
    if not news:
        return None
    before = document.status
    for name, value in news.items():
        setattr(document, name, value)
    document.save(update_fields=list(news))
    return before


def gone(installation: Installation, kind: Kind, books_ids: Iterable[str], before: datetime) -> int:
    """What Books no longer has; a row that was seen since `before` is left alone."""
    return Document.objects.filter(
        installation=installation, kind=kind, books_id__in=list(books_ids), state=State.STANDS, seen_at__lt=before
    ).update(state=State.GONE)
