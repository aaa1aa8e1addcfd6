"""Celery's way into this app; each task calls one function."""

from celery import shared_task
from django.utils import timezone

from accounts import housekeeping, probing
from accounts.models import Connection, Installation


@shared_task(name="accounts.tasks.tidy")
def tidy() -> None:
    housekeeping.tidy()
    probing.ask_due(timezone.now())


@shared_task(name="accounts.tasks.probe")
def probe(installation_id: str) -> str:
    """Reads only. What one call cannot tell spoils that answer alone; the next week asks again."""
    installation = Installation.objects.filter(pk=installation_id, state=Installation.State.ACTIVE).first()
    if installation is None:
        return "inactive"
    try:
        return f"{len(probing.probe(installation))} answers"
    except Connection.DoesNotExist:
        return "not connected"
