"""Notes on the timeline of the deal that a document was made from: one per event, and they can be switched off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from invoices import clients, deals, queue
from invoices.models import Document, TimelineNote
from zoho.bigin import Bigin
from zoho.errors import RateLimited, RetryLater, UnknownOutcome, ZohoError

log = logging.getLogger(__name__)

State = TimelineNote.State
ABANDONED = timedelta(seconds=200)
GIVEN_UP = timedelta(hours=24)
RETRY_SECONDS = 30


def add(document: Document, event: TimelineNote.Event) -> None:
    """Only for documents that were made from the deal (rules 7.6). The unique constraint keeps it to one per event."""
    if document.record_module != deals.DEALS or document.key is None or not wanted(document):
        return
    note, fresh = TimelineNote.objects.get_or_create(
        document=document, event=event, defaults={"text": _text(document, event)}
    )
    if fresh:
        queue.later("write_note", note.pk)


def wanted(document: Document) -> bool:
    return document.installation.settings.get("timeline_notes", True) is True


def _text(document: Document, event: str) -> str:
    values = {
        "kind": document.get_kind_display(),
        "number": document.number,
        "total": f"{document.total} {document.currency}".strip(),
        "name": document.made_by,
    }
    return {
        "created": _("%(kind)s %(number)s over %(total)s was created in Books by %(name)s."),
        "sent": _("%(kind)s %(number)s was sent to the customer."),
        "paid": _("%(kind)s %(number)s over %(total)s is paid."),
        "accepted": _("%(kind)s %(number)s was accepted."),
        "declined": _("%(kind)s %(number)s was declined."),
    }[event] % values


def write(note: TimelineNote) -> None:
    """One attempt, over the network. Safe to call twice, and at the same time as itself."""
    rows = TimelineNote.objects.filter(pk=note.pk)
    claimed = rows.filter(state__in=(State.QUEUED, State.UNKNOWN)).update(
        state=State.SENDING, attempted_at=timezone.now()
    )
    if not claimed:
        return
    was_tried = note.state == State.UNKNOWN
    try:
        with clients.bigin(note.document.installation) as bigin:
            if not (was_tried and _stands(bigin, note)):
                _send(bigin, note)
    except UnknownOutcome:
        _retry(note, State.UNKNOWN)
    except (RetryLater, RateLimited):
        _retry(note, State.UNKNOWN if was_tried else State.QUEUED)
    except ZohoError as error:
        log.info("invoices: note %s refused (%s)", note.pk, error.code)
        rows.filter(state=State.SENDING).update(state=State.REFUSED, error=error.message)
    else:
        rows.filter(state=State.SENDING).update(state=State.DONE, error="")


def _send(bigin: Bigin, note: TimelineNote) -> None:
    document = note.document
    failed = bigin.add_note(document.record_module, document.record_id, _title(note), note.text).error()
    if failed:
        raise failed


def _title(note: TimelineNote) -> str:
    return f"{note.document.get_kind_display()} {note.document.number}"[:100]


def _stands(bigin: Bigin, note: TimelineNote) -> bool:
    """Whether a lost attempt wrote it: its text names the document and the event, so no other note is equal."""
    page = bigin.notes(note.document.record_module, note.document.record_id)
    return any(str(row.get("Note_Content", "")).strip() == note.text.strip() for row in page.rows)


def _retry(note: TimelineNote, state: str) -> None:
    given_up = timezone.now() > note.queued_at + GIVEN_UP
    TimelineNote.objects.filter(pk=note.pk, state=State.SENDING).update(state=State.REFUSED if given_up else state)
    if not given_up:
        queue.later("write_note", note.pk, RETRY_SECONDS)


def sweep(now: datetime) -> None:
    """What a dead worker or a lost message left behind; beat calls it."""
    TimelineNote.objects.filter(state=State.SENDING, attempted_at__lt=now - ABANDONED).update(state=State.UNKNOWN)
    late = now - timedelta(seconds=2 * RETRY_SECONDS)
    for note in TimelineNote.objects.filter(state__in=(State.QUEUED, State.UNKNOWN), queued_at__lt=late)[:100]:
        queue.later("write_note", note.pk)
