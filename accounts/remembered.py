"""`Installation.settings`: choices and notes that belong to no module, each stored without touching the others."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Installation


def store(installation: Installation, **values: Any) -> None:
    """Sets these keys only: what another process stored meanwhile stays, however old `installation` is in memory."""
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        row.settings = {**row.settings, **values}
        row.save(update_fields=["settings"])
    installation.settings = row.settings
