"""Celery's way into this app; each task calls one function."""

from celery import shared_task

from accounts import housekeeping


@shared_task(name="accounts.tasks.tidy")
def tidy() -> None:
    housekeeping.tidy()
