"""After a lost answer: looks at Books until the document is found, or its absence may be believed (rules 7.4).

Nothing here sends a create. What is not found is a person's to decide, unless a unique key makes sending again safe.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices import bodies, clients, looks, queue, revising, settling
from invoices.models import Document
from zoho.books import Row
from zoho.errors import ZohoError

log = logging.getLogger(__name__)

State = Document.State
RETRY_SECONDS = 5
# After the end of the attempt; the last look is the one that may believe in absence.
LOOK_SECONDS = (5, 15, 30)


def start(document: Document) -> None:
    """Nobody told us how the attempt ended."""
    now = timezone.now()
    moved = Document.objects.filter(pk=document.pk, state=State.CREATING).update(
        state=State.CHECKING, attempt_ended_at=now, look_at=now, looks=0
    )
    if moved:
        queue.later("look", document.pk)


def look(document: Document) -> None:
    """One look, over the network. Safe to call twice, and at the same time as itself."""
    document.refresh_from_db()
    if document.state != State.CHECKING:
        return
    try:
        with clients.books(document.installation) as books:
            found = looks.find(document, books)
    except ZohoError as error:
        log.info("invoices: a look for %s is postponed (%s)", document.pk, error.code)
        _again(document, timezone.now() + timedelta(seconds=RETRY_SECONDS), document.looks)
        return
    if len(found) == 1:
        settle(document, found[0])
    elif found:
        _ask_which(document, found)
    else:
        _not_found(document, timezone.now())


def settle(document: Document, row: Row) -> bool:
    return revising.settle(document, row) if document.revises_id else settling.settle(document, row)


def _not_found(document: Document, now: datetime) -> None:
    """Absence is believed only by two looks, the second long enough after the attempt."""
    ended = document.attempt_ended_at or now
    sure = ended + timedelta(seconds=settings.SYNC_ABSENCE_SECONDS)
    if document.looks >= 1 and now >= sure:
        _believe_absence(document)
        return
    steps = [ended + timedelta(seconds=seconds) for seconds in LOOK_SECONDS] + [sure]
    later = next((step for step in sorted(steps) if step > now), now + timedelta(seconds=1))
    _again(document, min(later, max(sure, now)), document.looks + 1)


def _again(document: Document, when: datetime, looks_so_far: int) -> None:
    rows = Document.objects.filter(pk=document.pk, state=State.CHECKING, looks=document.looks)
    if rows.update(look_at=when, looks=looks_so_far):
        queue.later("look", document.pk, max(1, round((when - timezone.now()).total_seconds())))


def _believe_absence(document: Document) -> None:
    rows = Document.objects.filter(pk=document.pk, state=State.CHECKING)
    if document.revises_id:
        # Sending it again might undo what somebody did since: the form is open again, with what was typed.
        reason = _("Books did not take the change over. Look at it there, then save again.")
        rows.update(state=State.REFUSED, look_at=None, error=reason)
        return
    if settling.key_of(document):
        if rows.update(state=State.QUEUED, queued_at=timezone.now(), look_at=None):
            queue.later("create", document.pk)
        return
    rows.update(
        state=State.UNCONFIRMED,
        look_at=None,
        error=_("Books did not confirm this document, and we did not find it there."),
    )


def _ask_which(document: Document, found: list[Row]) -> None:
    kind = settling.draft_of(document).kind
    twins = [
        {"id": bodies.books_id_of(kind, row), "label": str(bodies.mirror_fields(kind, row).get("number", ""))}
        for row in found
    ]
    Document.objects.filter(pk=document.pk, state=State.CHECKING).update(
        payload={**document.payload, "twins": twins},
        state=State.UNCONFIRMED,
        look_at=None,
        error=_("Books holds more than one document that looks like this one. Choose which is yours."),
    )


def choose(document: Document, books_id: str) -> bool:
    """A person's word on which of the twins is theirs. Over the network."""
    if books_id not in {one["id"] for one in document.payload.get("twins", [])}:
        return False
    with clients.books(document.installation) as books:
        row = books.document(bodies.COLLECTIONS[document.kind], books_id)
    return row is not None and settle(document, row)


def check_again(document: Document) -> bool:
    moved = Document.objects.filter(pk=document.pk, state=State.UNCONFIRMED).update(
        state=State.CHECKING, look_at=timezone.now(), looks=0
    )
    if moved:
        queue.later("look", document.pk)
    return bool(moved)


def create_anyway(document: Document) -> bool:
    """A person's explicit word that the lost attempt made nothing."""
    moved = Document.objects.filter(pk=document.pk, state=State.UNCONFIRMED).update(
        state=State.QUEUED, error="", queued_at=timezone.now(), looks=0
    )
    if moved:
        queue.later("create", document.pk)
    return bool(moved)
