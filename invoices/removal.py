"""Delete integration: access given up at Zoho, every row of the installation deleted. Bigin's and Books' records stay.

It stands here because it needs all three apps (design section 1).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import setup
from accounts.models import Installation
from invoices.models import Document, TimelineNote
from sync import notifications
from sync.models import Issue, Link, Record, Run, Write
from zoho.errors import ZohoError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Holdings:
    """What is kept of the installation, in numbers, and what it left behind at Zoho."""

    pairs: int
    records: int
    documents: int
    runs: int
    people: int
    notes: int


def holdings(installation: Installation) -> Holdings:
    return Holdings(
        pairs=installation.links.filter(bigin__isnull=False, books__isnull=False).count(),
        records=installation.records.count(),
        documents=installation.documents.count(),
        runs=installation.runs.count(),
        people=installation.members.count(),
        notes=TimelineNote.objects.filter(document__installation=installation, state="done").count(),
    )


def delete(installation: Installation) -> list[str]:
    """Deletes everything; Zoho may be down. What has to be removed there by hand is returned, in plain words.

    Over the network first, then one transaction. Workers stop at the next look at their run.
    """
    Installation.objects.filter(pk=installation.pk).update(
        state=Installation.State.PAUSED, problem=_("It is being deleted.")
    )
    left = _unsubscribed(installation) + setup.disconnect(installation)
    with transaction.atomic():
        _delete_rows(installation)
    log.info("invoices: installation %s is deleted", installation.pk)
    return left


def _unsubscribed(installation: Installation) -> list[str]:
    try:
        notifications.close_channels(installation)
    except ZohoError as error:
        log.warning("invoices: channels of %s not unsubscribed (%s)", installation.pk, error.code)
        return [_("Bigin did not confirm that notifications end. They end by themselves within a week.")]
    return []


def _delete_rows(installation: Installation) -> None:
    """The large tables by one statement each, for Django's own cascade would load their rows. Constraints are checked
    at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_proposal WHERE run_id IN (SELECT id FROM sync_run WHERE installation_id = %s)",
            [installation.pk],
        )
        for table in ("invoices_action", "invoices_timelinenote"):
            cursor.execute(
                f"DELETE FROM {table} WHERE document_id IN"  # noqa: S608 - names of ours
                " (SELECT id FROM invoices_document WHERE installation_id = %s)",
                [installation.pk],
            )
        for model in (Issue, Write, Link, Record, Run, Document):
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} WHERE installation_id = %s",  # noqa: S608 - names of ours
                [installation.pk],
            )
    installation.delete()
