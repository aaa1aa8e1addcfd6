"""Asking an installation's live accounts the probes of `zoho.probes`, and keeping the answers; at Setup and each week.

What they are used for: `sync/probed.py`, `sync/keyed.py`, `sync/allowance.py`, the checks before a first sync, and the
warnings of `accounts/setup.py`. What only a write can tell is learned from those that the sync makes anyway.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from kombu.exceptions import OperationalError

from accounts.connections import bigin, books, count_calls
from accounts.models import Connection, Installation
from zoho import auth, probes, probes_bigin, probes_books
from zoho.probes import Probe

log = logging.getLogger(__name__)
AGAIN_AFTER = timedelta(days=7)
ASKED_AT = "asked_at"
LEARNED_AT = "learned_at"  # in an answer that a write of ours has given (`sync/learned.py`)
WANTED = {"bigin": auth.BIGIN_SETUP_SCOPES, "books": auth.BOOKS_SCOPES, "invoice": auth.INVOICE_SCOPES}


def probe(installation: Installation) -> list[Probe]:
    """About forty reads over the network, then stores what was found; never inside a transaction.

    Raises Connection.DoesNotExist before both sides are connected.
    """
    one, other = bigin(installation, "person"), books(installation, "person")
    # So many calls in a row may meet the minute's limit; it is worth waiting for once.
    one.client.patience = other.client.patience = 90.0
    with one.client, other.client:
        answers = [*probes.ask(probes_bigin.questions(one)), *probes.ask(probes_books.questions(other))]
    for client in (one.client, other.client):
        count_calls(installation, client.product, client.calls.total())
    found = [*answers, *_scopes(installation)]
    _keep(installation, found, asked=any(one.held is not None for one in answers))
    return found


def _scopes(installation: Installation) -> list[Probe]:
    rows = Connection.objects.filter(installation=installation).order_by("product")
    return [probes.scopes(row.product, row.scopes, WANTED[row.product]) for row in rows]


def _keep(installation: Installation, found: list[Probe], *, asked: bool) -> None:
    """What could not be asked now does not overwrite what is known. `asked`: the accounts answered at all."""
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        fresh = [one for one in found if _is_news(row, one)]
        at = {ASKED_AT: {"held": None, "text": timezone.now().isoformat(timespec="seconds")}} if asked else {}
        row.probes = {**row.probes, **probes.as_json(fresh), **at}
        row.save(update_fields=["probes"])
    installation.probes = row.probes


def _is_news(installation: Installation, probe: Probe) -> bool:
    """What was learned from a write of ours gives way only to a plain no, which is the careful answer."""
    known = installation.probes.get(probe.name)
    if not isinstance(known, dict):
        return True
    if LEARNED_AT in known:
        return probe.held is False
    return probe.held is not None or known.get("held") is None


def learn(installation: Installation, name: str, held: bool | None, text: str, **more: Any) -> None:
    """Keeps what one of our own writes has shown, where reading cannot tell. Opens its own transaction."""
    told = {"held": held, "text": text, LEARNED_AT: timezone.now().isoformat(timespec="seconds"), **more}
    with transaction.atomic():
        row = Installation.objects.select_for_update().filter(pk=installation.pk).first()
        if row is None:  # deleted meanwhile
            return
        row.probes = {**row.probes, name: told}
        row.save(update_fields=["probes"])
    installation.probes = row.probes


def soon(installation: Installation) -> None:
    """In a task of its own, once the caller's transaction is committed."""
    transaction.on_commit(lambda: _send(installation.pk))


def _send(pk: UUID) -> None:
    """A broker out of reach loses nothing: the hourly look finds it unasked."""
    try:
        current_app.send_task("accounts.tasks.probe", args=[str(pk)])
    except OperationalError as error:
        log.warning("probes: installation %s waits for the broker (%s)", pk, type(error).__name__)


def ask_due(now: datetime) -> int:
    """Active installations that were not asked within a week, or since an access was renewed; one task each."""
    due = [row for row in Installation.objects.filter(state=Installation.State.ACTIVE) if _is_due(row, now)]
    for row in due:
        _send(row.pk)
    return len(due)


def _is_due(installation: Installation, now: datetime) -> bool:
    found = installation.probes.get(ASKED_AT)
    asked_at = parse_datetime(str(found.get("text"))) if isinstance(found, dict) else None
    if asked_at is None or asked_at < now - AGAIN_AFTER:
        return True
    return installation.connections.filter(connected_at__gt=asked_at).exists()
