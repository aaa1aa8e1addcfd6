"""What is kept how long (rules 8.4): what writes replaced and Activity's texts 90 days, then counts; records gone on
both sides 30 days; a connection dead for 30 days is told, for 90 days purged. Database only, but for the mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.models import Installation
from sync import alerts
from sync.models import Issue, Link, Notification, Proposal, Record, Run, Write

TEXTS = timedelta(days=90)
GONE = timedelta(days=30)
RAW_EVENTS = timedelta(days=7)
PROPOSALS = timedelta(days=30)
DEAD_TOLD, DEAD_PURGED = timedelta(days=30), timedelta(days=90)
_ENDED = (Write.State.DONE, Write.State.REJECTED, Write.State.WITHDRAWN)


def purge(now: datetime) -> None:
    """Safe to run at any time and twice."""
    _texts(now)
    _gone(now)
    Notification.objects.filter(received_at__lt=now - RAW_EVENTS).delete()
    Proposal.objects.filter(run__started_at__lt=now - PROPOSALS).delete()
    _dead(now)


def _texts(now: datetime) -> None:
    old = Write.objects.filter(state__in=_ENDED, created_at__lt=now - TEXTS)
    old.exclude(before=None, fields={}, source={}).update(before=None, fields={}, source={}, error="")
    Issue.objects.exclude(state=Issue.State.OPEN).filter(closed_at__lt=now - TEXTS).exclude(reason="").update(
        reason="", advice="", detail={}
    )
    Run.objects.filter(started_at__lt=now - TEXTS).exclude(problem="").update(problem="")


def _gone(now: datetime) -> None:
    """A pair gone on both sides leaves with its history; a lone record when it is gone itself."""
    limit = now - GONE
    Link.objects.filter(bigin__gone_at__lt=limit, books__gone_at__lt=limit).delete()
    living = Link.objects.filter(Q(bigin=OuterRef("pk")) | Q(books=OuterRef("pk")))
    Record.objects.filter(~Exists(living), gone_at__lt=limit).delete()


def _dead(now: datetime) -> None:
    """Installations whose access ended: everything of the mirror is personal data."""
    for installation in Installation.objects.filter(state=Installation.State.PAUSED).exclude(problem=""):
        newest = installation.modules.order_by("-last_sync_at").values_list("last_sync_at", flat=True).first()
        since = newest or installation.created_at
        if since < now - DEAD_PURGED:
            installation.delete()
        elif since < now - DEAD_TOLD:
            alerts.once(
                installation,
                "dead",
                "The connection has been dead for 30 days",
                "Reconnect it, or everything kept about it will be removed 90 days after its last success.",
                now,
            )
