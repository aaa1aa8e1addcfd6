"""Asking an installation's live accounts the probes of `zoho.probes`, and keeping the answers; at Setup and each week.

What they are used for: `sync/probed.py`, `sync/keyed.py`, and the warnings of `accounts/setup.py`.
"""

import logging
from datetime import datetime, timedelta
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
        fresh = [one for one in found if one.held is not None or not _is_known(row, one.name)]
        at = {ASKED_AT: {"held": None, "text": timezone.now().isoformat(timespec="seconds")}} if asked else {}
        row.probes = {**row.probes, **probes.as_json(fresh), **at}
        row.save(update_fields=["probes"])
    installation.probes = row.probes


def _is_known(installation: Installation, name: str) -> bool:
    held = installation.probes.get(name)
    return isinstance(held, dict) and held.get("held") is not None


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
