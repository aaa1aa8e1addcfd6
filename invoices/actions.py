"""Doing to a standing document what its outbox says, exactly once: claimed, sent, settled, looked up when in doubt."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices import bodies, clients, mirror, queue, words
from invoices.models import Action, Document
from zoho.books import Books, Row
from zoho.books_documents import Attached, Status
from zoho.errors import RateLimited, Rejected, RetryLater, UnknownOutcome, ZohoError
from zoho.times import parse_time_or_none

log = logging.getLogger(__name__)

Op, State = Action.Op, Action.State
ABANDONED = timedelta(seconds=200)
GIVEN_UP = timedelta(minutes=10)
RETRY_SECONDS = 5
_BEFORE = timedelta(minutes=2)
_STATUSES: Mapping[str, Status] = {
    "sent": "sent",
    "accepted": "accepted",
    "declined": "declined",
    "open": "open",
    "void": "void",
}
# Sent once more, these do no harm: Books takes the second as the first, or says that it is done already.
_REPEATABLE = frozenset({*_STATUSES, Op.DELETE})


def act(action: Action) -> None:
    """One attempt at a queued action, or one look at an unknown one. Over the network; safe to call twice."""
    action.refresh_from_db()
    if action.state == State.UNKNOWN:
        _look(action)
        return
    claimed = Action.objects.filter(pk=action.pk, state=State.QUEUED).update(
        state=State.SENDING, attempted_at=timezone.now(), attempt_ended_at=None
    )
    if not claimed:
        return
    action.refresh_from_db()
    try:
        with clients.books(action.document.installation) as books:
            _do(action, books)
            _done(action, books)
    except UnknownOutcome as error:
        log.warning("invoices: %s: outcome unknown (%s)", action, error.code)
        unknown(action)
    except (RetryLater, RateLimited) as error:
        _postpone(action, error)
    except Rejected as error:
        _refused(action, error)
    except ZohoError as error:
        _end(action, State.REFUSED, State.SENDING, words.refusal(error))


def _do(action: Action, books: Books) -> None:
    document = action.document
    kind, books_id = bodies.COLLECTIONS[document.kind], document.books_id or ""
    if action.op in (Op.SEND, Op.COMMENT) and action.member_id:
        _remember_history(action, books)
    if action.op == Op.SEND:
        files = [Attached(one.name, one.content_type, bytes(one.content)) for one in action.files.order_by("pk")]
        books.email(kind, books_id, action.payload.get("mail") or _default_mail(books, document), files)
    elif action.op == Op.COMMENT:
        books.add_comment(kind, books_id, action.payload["text"])
    elif action.op == Op.DELETE:
        _delete(books, document)
    else:
        books.status(kind, books_id, _STATUSES[action.op], action.payload.get("reason") or None)


def _remember_history(action: Action, books: Books) -> None:
    """What stood there before is no proof of this mail or comment, should its answer be lost."""
    document = action.document
    rows = books.comments(bodies.COLLECTIONS[document.kind], document.books_id or "")
    known = sorted(str(row.get("comment_id", "")) for row in rows)
    action.payload = {**action.payload, "known": known}
    Action.objects.filter(pk=action.pk, state=State.SENDING).update(payload=action.payload)


def _delete(books: Books, document: Document) -> None:
    """Only drafts are deleted (rules 7.5), and the mirror may be behind. What is gone already is as good as deleted."""
    kind, books_id = bodies.COLLECTIONS[document.kind], document.books_id or ""
    row = books.document(kind, books_id)
    if row is None:
        return
    if row.get("status") != "draft":
        reason = _("It is %(status)s in Books by now, and only drafts are deleted. Void it instead.")
        raise Rejected(reason % {"status": row.get("status")}, product=books.product, code="not_a_draft")
    books.delete_document(kind, books_id)


def _default_mail(books: Books, document: Document) -> dict[str, object]:
    """Save and send: to those whom Books itself has ticked, else to all it knows, with Books' own words."""
    content = books.email_content(bodies.COLLECTIONS[document.kind], document.books_id or "")
    contacts = [one for one in content.get("to_contacts") or [] if isinstance(one, dict) and one.get("email")]
    chosen = [one for one in contacts if one.get("selected")] or contacts[:1]
    if not chosen:
        raise Rejected(
            _("The customer has no e-mail address. Add one, or mark the document as sent."),
            product=books.product,
            code="no_recipient",
        )
    return {"to_mail_ids": [str(one["email"]) for one in chosen]}


def _done(action: Action, books: Books) -> None:
    """It is done. What the document looks like now is read first, so that whoever sees the action done sees its effect
    too; a failure to read changes nothing."""
    document = action.document
    if action.op == Op.DELETE:
        Document.objects.filter(pk=document.pk).update(state=Document.State.GONE, seen_at=timezone.now())
    elif action.op != Op.COMMENT:
        try:
            reread(document, books)
        except ZohoError as error:
            log.info("invoices: %s not read back (%s)", document.pk, error.code)
    _end(action, State.DONE, (State.SENDING, State.UNKNOWN, State.UNCONFIRMED))


def reread(document: Document, books: Books) -> Row | None:
    """The document as it stands in Books, mirrored. None, and gone from the mirror, when Books does not have it."""
    requested_at = timezone.now()
    row = books.document(bodies.COLLECTIONS[document.kind], document.books_id or "")
    kind = bodies.kind_of(document.kind)
    if row is None:
        mirror.gone(document.installation, kind, [document.books_id or ""], requested_at)
    else:
        mirror.store(document.installation, kind, [row], requested_at)
    document.refresh_from_db()
    return row


def _refused(action: Action, error: Rejected) -> None:
    """Books refuses some repetitions, such as accepting twice: then it is done already."""
    try:
        with clients.books(action.document.installation) as books:
            row = reread(action.document, books) if action.op != Op.COMMENT else {}
    except ZohoError:
        row = {}
    reached = (
        row is None if action.op == Op.DELETE else bool(row) and str(row.get("status")) == action.op if row else False
    )
    if reached:
        if action.op == Op.DELETE:
            Document.objects.filter(pk=action.document_id).update(state=Document.State.GONE)
        _end(action, State.DONE, State.SENDING)
        return
    _end(action, State.REFUSED, State.SENDING, words.refusal(error))


def _end(action: Action, state: str, held: str | tuple[str, ...], error: str = "") -> bool:
    """Settles and empties the payload: no mail bodies and none of their files are kept (rules 8.4)."""
    states = (held,) if isinstance(held, str) else held
    with transaction.atomic():
        settled = Action.objects.filter(pk=action.pk, state__in=states).update(
            state=state,
            error=error,
            settled_at=timezone.now(),
            look_at=None,
            payload={},
        )
        if settled:
            action.files.all().delete()
    return bool(settled)


def _postpone(action: Action, error: ZohoError) -> None:
    if timezone.now() > (action.queued_at or timezone.now()) + GIVEN_UP:
        _end(action, State.REFUSED, State.SENDING, words.refusal(error))
        return
    if Action.objects.filter(pk=action.pk, state=State.SENDING).update(state=State.QUEUED):
        queue.later("act", action.pk, max(RETRY_SECONDS, round(error.retry_after or 0)))


# After a lost answer


def unknown(action: Action) -> None:
    now = timezone.now()
    moved = Action.objects.filter(pk=action.pk, state=State.SENDING).update(
        state=State.UNKNOWN, attempt_ended_at=now, look_at=now, looks=0
    )
    if moved:
        queue.later("act", action.pk)


def _look(action: Action) -> None:
    try:
        with clients.books(action.document.installation) as books:
            if _happened(action, books):
                _done(action, books)
                return
    except ZohoError as error:
        log.info("invoices: a look for %s is postponed (%s)", action, error.code)
        _look_again(action, RETRY_SECONDS)
        return
    sure = (action.attempt_ended_at or timezone.now()) + timedelta(seconds=settings.SYNC_ABSENCE_SECONDS)
    left = (sure - timezone.now()).total_seconds()
    if action.looks < 1 or left > 0:
        _look_again(action, max(1, min(left, 15)), counted=True)
        return
    _believe_it_did_not(action)


def _happened(action: Action, books: Books) -> bool:
    document = action.document
    kind, books_id = bodies.COLLECTIONS[document.kind], document.books_id or ""
    if action.op in (Op.SEND, Op.COMMENT):
        known = set(action.payload.get("known", []))
        news = [row for row in books.comments(kind, books_id) if str(row.get("comment_id", "")) not in known]
        if action.op == Op.SEND:
            return any(_is_mail(row, action) for row in news)
        wanted = action.payload["text"].strip()
        return any(str(row.get("description", "")).strip() == wanted for row in news)
    row = books.document(kind, books_id)
    if action.op == Op.DELETE:
        return row is None
    if row is None:
        raise Rejected(_("It is not in Books any more."), product=books.product, code="1002")
    return str(row.get("status")) == action.op or (action.op == Op.MARK_SENT and row.get("status") != "draft")


def _is_mail(row: Row, action: Action) -> bool:
    """An entry of the history that says a mail went out, not older than the attempt."""
    operation = str(row.get("operation_type", "")).casefold()
    said = str(row.get("description", "")).casefold()
    if "email" not in operation and "mailed" not in operation and "emailed" not in said:
        return False
    at = parse_time_or_none(row.get("date_with_time")) or parse_time_or_none(row.get("created_time"))
    return at is None or action.attempted_at is None or at >= action.attempted_at - _BEFORE


def _believe_it_did_not(action: Action) -> None:
    rows = Action.objects.filter(pk=action.pk, state=State.UNKNOWN)
    if action.op in _REPEATABLE:
        if rows.update(state=State.QUEUED, look_at=None):
            queue.later("act", action.pk)
        return
    if action.op == Op.COMMENT:
        _end(action, State.REFUSED, State.UNKNOWN, _("Books did not confirm the comment."))
        return
    rows.update(state=State.UNCONFIRMED, look_at=None, error=_("Books did not confirm this. Look there, then decide."))


def _look_again(action: Action, seconds: float, *, counted: bool = False) -> None:
    when = timezone.now() + timedelta(seconds=seconds)
    rows = Action.objects.filter(pk=action.pk, state=State.UNKNOWN)
    if rows.update(look_at=when, looks=action.looks + 1 if counted else action.looks):
        queue.later("act", action.pk, max(1, round(seconds)))


def again(action: Action) -> bool:
    """A person's word that the unconfirmed action did not happen."""
    moved = Action.objects.filter(pk=action.pk, state=State.UNCONFIRMED).update(
        state=State.QUEUED, error="", queued_at=timezone.now(), looks=0
    )
    if moved:
        queue.later("act", action.pk)
    return bool(moved)


def drop(action: Action) -> bool:
    """A person's word that it did happen, or is not wanted any more."""
    return _end(action, State.DROPPED, State.UNCONFIRMED)


def sweep(now: datetime) -> None:
    """What dead workers and lost messages left behind; beat calls it."""
    for action in Action.objects.filter(state=State.SENDING, attempted_at__lt=now - ABANDONED):
        unknown(action)
    late = now - timedelta(seconds=30)
    for action in Action.objects.filter(state=State.QUEUED, queued_at__lt=late):
        queue.later("act", action.pk)
    for action in Action.objects.filter(state=State.UNKNOWN, look_at__lt=now - timedelta(seconds=10)):
        queue.later("act", action.pk)
