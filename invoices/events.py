"""What follows from something that happened to a document: notes on its deal, the rep's name in Books, the e-mail."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from invoices import notes, outbox
from invoices.models import Action, Document, TimelineNote

Event = TimelineNote.Event
_SENT = frozenset({"sent", "open", "overdue", "unpaid", "viewed", "partially_paid", "paid", "accepted", "declined"})


def created(document: Document) -> None:
    """Called once, in the transaction that settles the creation."""
    notes.add(document, Event.CREATED)
    if document.made_by:
        text = _("Created from Bigin by %(name)s") % {"name": document.made_by}
        if document.record_label:
            text = _("%(text)s, from %(record)s") % {"text": text, "record": document.record_label}
        outbox.queue_action(document, Action.Op.COMMENT, None, document.made_by, {"text": text})
    if document.shown_total is not None and document.total is not None and document.shown_total != document.total:
        _warn_of_total(document)
    elif document.send_after:
        outbox.queue_action(document, Action.Op.SEND, document.member, document.made_by, {})


def _warn_of_total(document: Document) -> None:
    """Rules 6.3: then nothing is sent until the rep has seen it."""
    text = _("The form showed %(shown)s; Books computes %(total)s. Check the document before it is sent.")
    if document.source_id:
        text = _("The estimate comes to %(shown)s; Books computes %(total)s here. Check it before it is sent.")
    text = text % {
        "shown": _amount(document.shown_total, document.currency),
        "total": _amount(document.total, document.currency),
    }
    Document.objects.filter(pk=document.pk).update(warnings=[*document.warnings, text])


def status_changed(document: Document, before: str) -> None:
    """`document.status` is the new one. Called when an answer or the sync shows another status than was known."""
    after = document.status
    if before == "draft" and after in _SENT:
        notes.add(document, Event.SENT)
    if after == "paid" and before != "paid":
        notes.add(document, Event.PAID)
    if after == "accepted" and before != "accepted":
        notes.add(document, Event.ACCEPTED)
    if after == "declined" and before != "declined":
        notes.add(document, Event.DECLINED)


def _amount(value: Decimal | None, currency: str) -> str:
    return f"{number_format(value, use_l10n=True)} {currency}".strip() if value is not None else ""
