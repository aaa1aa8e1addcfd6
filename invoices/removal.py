"""Delete integration: access given up at Zoho, every row of the installation deleted. Bigin's and Books' records stay.

It stands here because it needs all three apps (design section 1).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, transaction
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from accounts import sessions, setup
from accounts.models import Installation
from invoices.models import TimelineNote
from sync import notifications
from zoho.errors import ZohoError

log = logging.getLogger(__name__)
OURS = ("accounts", "sync", "invoices")
TRIES = 8


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
    members = list(installation.members.values_list("pk", flat=True))
    _delete_everything(installation)
    sessions.delete_of(members)
    log.info("invoices: installation %s is deleted", installation.pk)
    return left


def _unsubscribed(installation: Installation) -> list[str]:
    try:
        notifications.close_channels(installation)
    except ZohoError as error:
        log.warning("invoices: channels of %s not unsubscribed (%s)", installation.pk, error.code)
        return [_("Bigin did not confirm that notifications end. They end by themselves within a day.")]
    return []


def _delete_everything(installation: Installation) -> None:
    """In one transaction. A worker that stored a row meanwhile makes it start over; the worker then finds nothing to
    store for."""
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            with transaction.atomic():
                # Who is about to commit a row of this installation waits here, and is refused afterwards.
                Installation.objects.select_for_update().filter(pk=installation.pk).first()
                for model, path in _tables():
                    rows = model._default_manager.filter(**{path: installation.pk})
                    rows._raw_delete(rows.db)
                Installation.objects.filter(pk=installation.pk)._raw_delete(DEFAULT_DB_ALIAS)
        except (IntegrityError, OperationalError) as error:
            if last:
                raise
            log.info("invoices: installation %s: deleting starts over (%s)", installation.pk, type(error).__name__)
        else:
            return


@cache
def _tables() -> list[tuple[type[Model], str]]:
    """Every table with rows of installations and the way from there to the installation, who refers to others first.

    One statement for each, for Django's own cascade would load the mirror's rows.
    """
    models = [model for label in OURS for model in apps.get_app_config(label).get_models() if model is not Installation]
    ordered = TopologicalSorter({model: set(_parents(model).values()) & set(models) for model in models}).static_order()
    return [(model, path) for model in reversed(list(ordered)) if (path := _path(model))]


def _parents(model: type[Model], *, always: bool = False) -> dict[str, type[Model]]:
    """The tables that a table's rows refer to, by the key that says so; `always`: that each of its rows refers to."""
    return {
        field.name: field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and isinstance(field.related_model, type) and field.related_model is not model
        if not (always and field.null)
    }


def _path(model: type[Model]) -> str:
    """The shortest way that every row has, as a filter; "" for a table that knows no installation."""
    for parents in (_parents(model, always=True), _parents(model)):
        ways = [name if parent is Installation else f"{name}__{_path(parent)}" for name, parent in parents.items()]
        if found := [way for way in ways if not way.endswith("__")]:
            return min(found, key=len)
    return ""
