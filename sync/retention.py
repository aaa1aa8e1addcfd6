"""What is kept how long (rules 8.4): what writes replaced and Activity's texts 90 days, then counts; records gone on
both sides 30 days, half a pair 90, as its end may be taken back until then. Database only. Connections that stay dead
are `accounts.housekeeping`'s."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from sync.models import Issue, Link, Notification, Proposal, Record, Run, Undoing, Write

TEXTS = timedelta(days=90)
GONE = timedelta(days=30)
RAW_EVENTS = timedelta(days=7)
PROPOSALS = timedelta(days=30)
_ENDED = (Write.State.DONE, Write.State.REJECTED, Write.State.WITHDRAWN)


def purge(now: datetime) -> None:
    """Safe to run at any time and twice."""
    _texts(now)
    _gone(now)
    Notification.objects.filter(received_at__lt=now - RAW_EVENTS).delete()
    Proposal.objects.filter(run__started_at__lt=now - PROPOSALS).delete()


def _texts(now: datetime) -> None:
    old = Write.objects.filter(state__in=_ENDED, created_at__lt=now - TEXTS)
    old.exclude(before=None, fields={}, source={}).update(before=None, fields={}, source={}, traces={}, error="")
    Issue.objects.exclude(state=Issue.State.OPEN).filter(closed_at__lt=now - TEXTS).exclude(reason="").update(
        reason="", advice="", detail={}
    )
    Undoing.objects.filter(created_at__lt=now - TEXTS).delete()
    Run.objects.filter(started_at__lt=now - TEXTS).exclude(problem="", started_by="").update(problem="", started_by="")


def _gone(now: datetime) -> None:
    """A pair gone on both sides leaves with its history; a lone record when it is gone itself."""
    limit = now - GONE
    Link.objects.filter(bigin__gone_at__lt=limit, books__gone_at__lt=limit).delete()
    lone = Q(bigin=None, books__gone_at__lt=now - TEXTS) | Q(books=None, bigin__gone_at__lt=now - TEXTS)
    Link.objects.filter(lone).exclude(state=Link.State.HALF).delete()
    living = Link.objects.filter(Q(bigin=OuterRef("pk")) | Q(books=OuterRef("pk")))
    Record.objects.filter(~Exists(living), gone_at__lt=limit).delete()
