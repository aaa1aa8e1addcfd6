"""A person's answer to the brake: approval covers exactly the list that was shown (rules 5.4). Database only."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Member
from sync.decisions import close, run_soon
from sync.models import Issue, Link, Record, Run, Write


def _open(run_or_issue: Run | Issue) -> list[Issue]:
    if isinstance(run_or_issue, Issue):
        return [run_or_issue]
    rows = Issue.objects.filter(
        installation=run_or_issue.installation, kind=Issue.Kind.HELD, state=Issue.State.OPEN
    ).select_related("installation")
    return [issue for issue in rows if issue.detail.get("run") in (run_or_issue.pk, None)]


def approve_held(run_or_issue: Run | Issue, who: str | Member) -> int:
    """Releases exactly what was listed; how many changes."""
    released = 0
    for issue in _open(run_or_issue):
        with transaction.atomic():
            if not close(issue, who):
                continue
            rows = Write.objects.filter(pk__in=issue.detail.get("writes", []), state=Write.State.HELD)
            released += rows.update(state=Write.State.PENDING, approved=True, not_before=None)
            Issue.objects.filter(pk=issue.pk).update(detail={**issue.detail, "approved": timezone.now().isoformat()})
            run_soon(issue.installation, [issue.module])
            audit.note(issue.installation, who, f"Approved: {issue.reason}")
    return released


def refuse_held(run_or_issue: Run | Issue, who: str | Member) -> int:
    """Nothing of the list is written; the records are left as they are until they change again."""
    refused = 0
    for issue in _open(run_or_issue):
        with transaction.atomic():
            if not close(issue, who, Issue.State.DISMISSED):
                continue
            rows = Write.objects.filter(pk__in=issue.detail.get("writes", []), state=Write.State.HELD)
            links = list(rows.values_list("link_id", flat=True))
            ended = list(rows.filter(op__in=("delete", "inactive")).values_list("link_id", flat=True))
            refused += rows.update(state=Write.State.WITHDRAWN, error="A person refused it.")
            Record.objects.filter(bigin_links__in=links).update(dirty=False)
            Link.objects.filter(pk__in=ended, state=Link.State.LINKED).update(
                state=Link.State.CLOSED, reason="It was deleted in Bigin; a person chose to keep it in Books."
            )
            audit.note(issue.installation, who, f"Refused: {issue.reason}")
    return refused
