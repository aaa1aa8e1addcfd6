"""Looking in Books for a document whose creation's answer was lost (rules 7.4): by its key, else by what it says."""

from __future__ import annotations

from datetime import timedelta

from invoices import bodies, conversions, revising, settling
from invoices.models import Document
from zoho.books import Books, Row
from zoho.times import parse_time_or_none

BEFORE = timedelta(minutes=2)  # clocks differ


def find(document: Document, books: Books) -> list[Row]:
    """The details of what may be this document: none, one, or twins. Over the network."""
    if document.revises_id:
        row = revising.stored(document, books)
        return [row] if row else []
    if document.source_id:
        existing = conversions.existing(document, books)
        return [existing] if existing else []
    kind = bodies.COLLECTIONS[document.kind]
    unique = settling.key_of(document)
    if unique:
        row = books.document_by_key(kind, unique).row
        if row:
            return [books.document(kind, bodies.books_id_of(settling.draft_of(document).kind, row)) or row]
        return []
    return _by_content(document, books)


def _by_content(document: Document, books: Books) -> list[Row]:
    draft = settling.draft_of(document)
    kind = bodies.COLLECTIONS[draft.kind]
    page = books.documents_page(
        kind, sort_column="created_time", sort_order="D", filters={"customer_id": draft.customer_id}
    )
    ours = _other_intents(document)
    found: list[Row] = []
    for row in page.rows:
        books_id = bodies.books_id_of(draft.kind, row)
        if str(row.get("customer_id")) != draft.customer_id or books_id in ours or not _since(document, row):
            continue
        detail = books.document(kind, books_id)
        if detail and bodies.same(draft, bodies.from_books(draft.kind, detail, draft.base_currency)):
            found.append(detail)
    return found


def _since(document: Document, row: Row) -> bool:
    created = parse_time_or_none(row.get("created_time"))
    return created is None or document.attempted_at is None or created >= document.attempted_at - BEFORE


def _other_intents(document: Document) -> set[str]:
    rows = Document.objects.filter(installation=document.installation, kind=document.kind).exclude(pk=document.pk)
    ids = rows.exclude(key=None).exclude(books_id=None).values_list("books_id", flat=True)
    return {one for one in ids if one}
