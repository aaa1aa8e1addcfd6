"""Making a document in Books exactly once: submitted, claimed, sent, settled; a lost answer is `checking`'s.

No call happens inside a transaction.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from invoices import bodies, checking, clients, conversions, customers, offers, queue, revising, settling, unsold, words
from invoices.models import Document
from sync import billing
from zoho.books import Books, Row
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError

log = logging.getLogger(__name__)

State = Document.State
# A worker that sends for longer than this is dead: one call ends within 90 s, and goes out twice at most.
ABANDONED = timedelta(seconds=200)
# A rep is told after this long that Zoho cannot be reached; nothing was sent until then.
GIVEN_UP = timedelta(minutes=10)
RETRY_SECONDS = 5


def submit(document: Document, *, total: Decimal | None, send_after: bool, version: int | None = None) -> bool:
    """Queues an open form. False when it is not open any more, or not as the rep saw it: pressed twice, or changed in
    another tab."""
    rows = Document.objects.filter(pk=document.pk, state__in=(State.DRAFT, State.REFUSED))
    if version is not None:
        rows = rows.filter(version=version)
    queued = rows.update(
        state=State.QUEUED, error="", queued_at=timezone.now(), shown_total=total, send_after=send_after, looks=0
    )
    if queued:
        queue.later("create", document.pk)
    return bool(queued)


def cancel(document: Document) -> bool:
    """Back to an open form while nothing was sent yet; a conversion has none, and ends."""
    after = State.DRAFT if document.source_id is None else State.DISCARDED
    return bool(Document.objects.filter(pk=document.pk, state=State.QUEUED).update(state=after, queued_at=None))


def create(document: Document) -> None:
    """One attempt at a queued document, over the network. Safe to call twice, and at the same time as itself."""
    document.refresh_from_db()
    if document.state != State.QUEUED:
        return
    if not _prepared(document):
        return
    claimed = Document.objects.filter(pk=document.pk, state=State.QUEUED).update(
        state=State.CREATING, attempted_at=timezone.now(), attempt_ended_at=None, looks=0
    )
    if claimed:
        document.refresh_from_db()
        _send(document)


def _prepared(document: Document) -> bool:
    """Sees to the items and the customer. False when it is too early, or a person has to decide first."""
    if document.source_id or document.revises_id:
        return True
    # Only before the first attempt: what a lost one may have made already is not refused.
    if document.attempted_at is None and not _items_are_sold(document):
        return False
    if settling.draft_of(document).customer_id:
        return True
    party = settling.party_of(document)
    if party is None:
        settling.refuse(document, _("Choose whom this is for."), State.QUEUED)
        return False
    return _has_customer(document, party)


def _items_are_sold(document: Document) -> bool:
    try:
        with clients.books(document.installation) as books:
            wrong = unsold.problems(settling.draft_of(document), books)
    except ZohoError as error:
        _postpone(document, error)
        return False
    if wrong:
        settling.refuse(document, _("Some items are not sold any more."), State.QUEUED, wrong)
    return not wrong


def _has_customer(document: Document, party: customers.Party) -> bool:
    anyway = document.payload.get("create_new") is True
    try:
        with clients.bigin(document.installation) as bigin, clients.books(document.installation) as books:
            found = customers.ensure(document.installation, party, bigin=bigin, books=books, anyway=anyway)
    except ZohoError as error:
        _postpone(document, error)
        return False
    if isinstance(found, billing.Candidates):
        _ask_whom(document, found)
        return False
    return _take_customer(document, found)


def _take_customer(document: Document, found: billing.EnsuredCustomer) -> bool:
    """False when the rep took it back meanwhile: what they type now is not overwritten."""
    draft = settling.with_customer(settling.draft_of(document), found.customer_id, found.person_id or "")
    settling.store_draft(document, draft)
    document.payload = {**document.payload, "customer_created": found.created}
    document.warnings = [*document.warnings, *found.warnings]
    rows = Document.objects.filter(pk=document.pk, state=State.QUEUED, version=document.version)
    return bool(
        rows.update(
            payload=document.payload,
            customer_id=document.customer_id,
            customer_name=document.customer_name,
            warnings=document.warnings,
        )
    )


def _ask_whom(document: Document, found: billing.Candidates) -> None:
    candidates = [{"id": one.customer_id, "label": one.label, "why": one.why} for one in found.candidates]
    Document.objects.filter(pk=document.pk, state=State.QUEUED, version=document.version).update(
        payload={**document.payload, "candidates": candidates},
        state=State.REFUSED,
        error=_("Books has customers that may be this one. Choose one of them, or create a new customer."),
    )


def _send(document: Document) -> None:
    """The one call that makes the document."""
    try:
        with clients.books(document.installation) as books:
            row = _made(document, books)
    except UnknownOutcome as error:
        log.warning("invoices: %s %s: outcome unknown (%s)", document.kind, document.pk, error.code)
        checking.start(document)
    except Rejected as error:
        # A key that exists already is our own earlier attempt.
        if error.code == "1001" and settling.key_of(document):
            checking.start(document)
        else:
            settling.refuse(document, words.refusal(error), State.CREATING)
    except Unauthorised as error:
        settling.refuse(document, words.refusal(error), State.CREATING)
    except (RateLimited, RetryLater) as error:
        # Nothing was sent, or Zoho said "not now": the attempt is over without a trace.
        if Document.objects.filter(pk=document.pk, state=State.CREATING).update(state=State.QUEUED):
            _postpone(document, error)
    else:
        checking.settle(document, row)


def _made(document: Document, books: Books) -> Row:
    if document.revises_id:
        return revising.save(document, books)
    if document.source_id:
        return conversions.existing(document, books) or conversions.convert(document, books)
    draft = settling.draft_of(document)
    kind = bodies.COLLECTIONS[draft.kind]
    unique = settling.key_of(document)
    found = books.document_by_key(kind, unique).row if unique else None
    if found:
        return books.document(kind, bodies.books_id_of(draft.kind, found)) or found
    taxes = offers.offer_of(document.installation).known_taxes
    return books.create_document(kind, bodies.to_books(draft, taxes), unique=unique)


def _postpone(document: Document, error: ZohoError) -> None:
    """Nothing was sent: try again soon, and after a while say so."""
    if isinstance(error, (Rejected, Unauthorised)):
        settling.refuse(document, words.refusal(error), State.QUEUED)
        return
    if timezone.now() > (document.queued_at or timezone.now()) + GIVEN_UP:
        reason = _("Zoho could not be reached. Nothing was created; try again later.")
        settling.refuse(document, reason, State.QUEUED)
        return
    queue.later("create", document.pk, max(RETRY_SECONDS, round(error.retry_after or 0)))


def sweep(now: datetime) -> None:
    """Takes up what dead workers and lost messages left behind; beat calls it."""
    under_way = Document.objects.filter(state__in=Document.UNDER_WAY)
    for document in under_way.filter(state=State.CREATING, attempted_at__lt=now - ABANDONED):
        checking.start(document)
    for document in under_way.filter(state=State.CHECKING, look_at__lt=now - timedelta(seconds=10)):
        queue.later("look", document.pk)
    for document in under_way.filter(state=State.QUEUED, queued_at__lt=now - timedelta(seconds=30)):
        queue.later("create", document.pk)
