"""What a document's row becomes once its outcome is known: it stands, or the form is open again with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices import bodies, customers, events, offers
from invoices.drafts import Draft
from invoices.models import Document
from zoho.books import Row

State = Document.State
UNSETTLED = (State.CREATING, State.CHECKING, State.UNCONFIRMED)


def draft_of(document: Document) -> Draft:
    return Draft.from_json({**document.payload.get("draft", {}), "kind": document.kind})


def store_draft(document: Document, draft: Draft) -> None:
    """On the object only; the caller saves."""
    document.payload = {**document.payload, "draft": draft.to_json()}
    document.customer_id, document.customer_name = draft.customer_id, draft.customer_name[:300]
    document.currency, document.date, document.due_date = draft.currency[:3], draft.date, draft.end_date
    document.reference = draft.reference[:200]


def with_customer(draft: Draft, customer_id: str, person_id: str) -> Draft:
    return replace(draft, customer_id=customer_id, person_ids=draft.person_ids or ((person_id,) if person_id else ()))


def party_of(document: Document) -> customers.Party | None:
    """The Bigin record whose customer is still to be made."""
    row = document.payload.get("party")
    return customers.Party(row["module"], row["bigin_id"], row["label"]) if row else None


def key_of(document: Document) -> tuple[str, str] | None:
    """The unique custom field and this intent's value, where the administrator made that field (rules 7.4)."""
    if document.installation.product != "books" or not document.key or document.source_id or document.revises_id:
        return None
    offer = offers.offer_of(document.installation)
    return (offers.KEY_FIELD, document.key) if offer.has_key(draft_of(document).kind) else None


def refuse(document: Document, reason: str, held: str, wrong: Mapping[str, str] | None = None) -> bool:
    """Opens the form again with the reason, and with those next to its fields; what was typed stands. False when the
    row has moved on meanwhile."""
    rows = Document.objects.filter(pk=document.pk, state=held, version=document.version)
    if wrong:
        return bool(rows.update(state=State.REFUSED, error=reason, payload={**document.payload, "wrong": dict(wrong)}))
    return bool(rows.update(state=State.REFUSED, error=reason))


def settle(document: Document, row: Row) -> bool:
    """Takes over what Books stored. False when it was settled before, by another worker or a look."""
    kind = draft_of(document).kind
    books_id = bodies.books_id_of(kind, row)
    same = Document.objects.filter(installation=document.installation, kind=kind, books_id=books_id)
    with transaction.atomic():
        if same.exclude(pk=document.pk).exclude(key=None).exists():
            return _belongs_to_another(document, str(bodies.mirror_fields(kind, row).get("number", "")))
        # A pull may have seen the new document first: its row gives way to the intent's.
        same.exclude(pk=document.pk).delete()
        settled = Document.objects.filter(pk=document.pk, state__in=UNSETTLED).update(
            **bodies.mirror_fields(kind, row),
            books_id=books_id,
            state=State.STANDS,
            error="",
            look_at=None,
            seen_at=timezone.now(),
        )
        if settled:
            document.refresh_from_db()
            events.created(document)
    return bool(settled)


def _belongs_to_another(document: Document, number: str) -> bool:
    """A conversion that somebody else finished first: there is one document, and it has its own row."""
    Document.objects.filter(pk=document.pk, state__in=UNSETTLED).update(
        state=State.DISCARDED, error=_("This was done already: %(number)s.") % {"number": number}
    )
    return False
