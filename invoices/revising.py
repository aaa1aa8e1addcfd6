"""Editing a document that stands in Books: the same form, as a draft that revises it; saved as one update."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Member
from invoices import beginning, bodies, clients, customers, mirror, offers, settling
from invoices.drafts import Draft
from invoices.models import Document
from invoices.offers import decimal
from zoho.books import Books, Row
from zoho.errors import Rejected

State = Document.State


def begin(standing: Document, member: Member) -> Document:
    """The member's open revision, or a new one from what Books holds now. Over the network for a new one."""
    held = _open(standing, member)
    if held:
        return held
    installation = standing.installation
    kind = bodies.kind_of(standing.kind)
    with clients.books(installation) as books:
        row = _read(standing, books)
        offer = offers.fresh_offer(installation, books)
        customer = customers.read(installation, books, standing.customer_id)
    draft = _as_typed(bodies.from_books(kind, row, offer.base_currency or installation.books_currency), standing, row)
    revision = Document(
        installation=installation,
        kind=kind,
        member=member,
        made_by=member.name,
        record_module=standing.record_module,
        record_id=standing.record_id,
        record_label=standing.record_label or standing.customer_name,
        revises=standing,
        key=uuid.uuid4().hex,
        state=State.DRAFT,
        payload={
            "modified": str(row.get("last_modified_time") or ""),
            "status": str(row.get("status") or ""),
            "persons": beginning.persons_json(customer),
        },
    )
    settling.store_draft(revision, draft)
    try:
        with transaction.atomic():
            revision.save(force_insert=True)
    except IntegrityError:
        return Document.objects.get(revises=standing, member=member, state__in=Document.OPEN)
    return revision


def _open(standing: Document, member: Member) -> Document | None:
    return standing.revisions.filter(member=member, state__in=Document.OPEN).first()


def _as_typed(draft: Draft, standing: Document, row: Row) -> Draft:
    """A discount that was typed as an amount and sent as a percentage is an amount again, while it comes to it."""
    held = standing.payload.get("draft", {})
    typed = decimal(held.get("discount"))
    was_amount = held.get("discount_is_percent") is False and draft.discount_type == "entity_level"
    if not was_amount or not typed or typed != decimal(row.get("discount_total")):
        return draft
    return replace(draft, discount=typed, discount_is_percent=False)


def save(revision: Document, books: Books) -> Row:
    """The one call that changes it. Rejected where Books' own was changed since the form was opened."""
    standing = _standing(revision)
    row = _read(standing, books)
    if str(row.get("last_modified_time") or "") != revision.payload.get("modified"):
        raise Rejected(
            _("It was changed in Books meanwhile. Discard this and edit it anew."),
            product=books.product,
            code="changed",
        )
    taxes = offers.offer_of(revision.installation).known_taxes
    body: dict[str, Any] = bodies.to_books(settling.draft_of(revision), taxes)
    if revision.payload.get("status") != "draft":
        body["reason"] = _("Changed from Bigin by %(name)s") % {"name": revision.made_by}
    return books.update_document(bodies.COLLECTIONS[standing.kind], standing.books_id or "", body)


def stored(revision: Document, books: Books) -> Row | None:
    """What Books holds, if that is what the revision wanted: its answer was lost, not its effect."""
    row = _read(_standing(revision), books)
    held = bodies.from_books(bodies.kind_of(revision.kind), row, "")
    return row if bodies.same(settling.draft_of(revision), held) else None


def settle(revision: Document, row: Row) -> bool:
    """The standing row takes over Books' answer; the revision is done."""
    typed = revision.payload.get("draft", {})
    moved = Document.objects.filter(pk=revision.pk, state__in=settling.UNSETTLED).update(
        state=State.DISCARDED, error="", payload={}, look_at=None
    )
    if moved:
        standing = _standing(revision)
        kept = {name: typed.get(name) for name in ("discount", "discount_is_percent")}
        payload = {**standing.payload, "draft": {**standing.payload.get("draft", {}), **kept}}
        Document.objects.filter(pk=standing.pk).update(payload=payload)
        mirror.settled(standing, row)
    return bool(moved)


def _read(standing: Document, books: Books) -> Row:
    row = books.document(bodies.COLLECTIONS[standing.kind], standing.books_id or "")
    if row is None:
        raise Rejected(_("It is not in Books any more."), product=books.product, code="1002")
    return row


def _standing(revision: Document) -> Document:
    if revision.revises is None:
        raise ValueError("not a revision")
    return revision.revises
