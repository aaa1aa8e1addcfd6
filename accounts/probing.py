"""Asking an installation's live accounts the probes of `zoho.probes`, and keeping the answers."""

from django.db import transaction

from accounts.connections import bigin, books, count_calls
from accounts.models import Connection, Installation
from zoho import auth, probes, probes_bigin, probes_books
from zoho.probes import Probe

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
    _keep(installation, found)
    return found


def _scopes(installation: Installation) -> list[Probe]:
    rows = Connection.objects.filter(installation=installation).order_by("product")
    return [probes.scopes(row.product, row.scopes, WANTED[row.product]) for row in rows]


def _keep(installation: Installation, found: list[Probe]) -> None:
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        row.probes = {**row.probes, **probes.as_json(found)}
        row.save(update_fields=["probes"])
    installation.probes = row.probes
