"""Handing work to the interactive worker, by name so that what enqueues need not know the tasks' module."""

import logging
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def later(task: str, pk: UUID | int, seconds: int = 0) -> None:
    """Sends `invoices.tasks.<task>` once the transaction is committed.

    A broker out of reach loses nothing: the row says what is to be done and the sweep sends the message again.
    """
    transaction.on_commit(lambda: _send(task, pk, seconds))


def _send(task: str, pk: UUID | int, seconds: int) -> None:
    try:
        current_app.send_task(f"invoices.tasks.{task}", args=[str(pk)], countdown=seconds or None)
    except OperationalError as error:
        log.warning("invoices: %s of %s waits for the broker (%s)", task, pk, type(error).__name__)
