"""Why nothing of a module is sent now, although it was decided or changed. Database only."""

from __future__ import annotations

from enum import StrEnum

from accounts.models import Installation
from sync.models import ModuleSetting


class Cause(StrEnum):
    LOST = "lost"  # Zoho does not accept our access
    NOT_STARTED = "not_started"
    PAUSED = "paused"
    READ_ONLY = "read_only"


def of(installation: Installation, module: str) -> Cause | None:
    """None where the next run writes."""
    if installation.state != Installation.State.ACTIVE:
        return Cause.LOST
    setting = ModuleSetting.objects.filter(installation=installation, module=module).first()
    if setting is None or setting.started_at is None:
        return Cause.NOT_STARTED
    if setting.paused_at is not None:
        return Cause.PAUSED
    return Cause.READ_ONLY if setting.read_only else None
