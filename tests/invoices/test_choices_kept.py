"""Choices about documents and what was mailed stand in one row: no writer loses what another stored meanwhile."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from accounts import remembered
from accounts.models import Installation
from invoices import permissions
from sync import alerts
from tests.factories import make_installation

RIGHTS: dict[permissions.Right, bool] = {"view": True, "create": False, "send": False, "void": False, "delete": False}


def stored(installation: Installation) -> Installation:
    return Installation.objects.get(pk=installation.pk)


@pytest.mark.django_db
def test_choices_keep_what_was_mailed_since_the_page_was_drawn() -> None:
    page = make_installation()
    assert alerts.once(stored(page), "lost:books", "Lost", "Lost.")
    permissions.save_standard_rights(page, RIGHTS)
    remembered.store(page, timeline_notes=False)
    kept = stored(page)
    assert set(kept.settings["alerted"]) == {"lost:books"}
    assert permissions.standard_rights(kept) == permissions.standard_rights(page) == RIGHTS
    assert kept.settings["timeline_notes"] is page.settings["timeline_notes"] is False


@pytest.mark.django_db
def test_a_mail_keeps_the_choices_saved_since_the_run_began() -> None:
    run = make_installation()
    permissions.save_standard_rights(stored(run), RIGHTS)
    assert alerts.once(run, "lost:books", "Lost", "Lost.")
    alerts.forget(run, "lost:books")
    assert stored(run).settings == {"standard_rights": RIGHTS, "alerted": {}}


@pytest.mark.django_db(transaction=True)
def test_choices_wait_for_a_mail_that_is_being_noted() -> None:
    installation = make_installation()

    def save() -> None:
        try:
            remembered.store(installation, timeline_notes=False)
        finally:
            connection.close()

    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        other = threading.Thread(target=save)
        other.start()
        row.settings = {**row.settings, "alerted": {"lost:books": "2026-03-02T12:00:00+00:00"}}
        row.save(update_fields=["settings"])
    other.join(timeout=30)
    assert set(stored(installation).settings) == {"alerted", "timeline_notes"}
