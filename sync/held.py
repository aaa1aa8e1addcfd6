"""A person's answer to the brake: approval covers exactly the list that was shown (rules 5.4). Database only."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Member
from sync import alerts, hands, issues, relations, schedule
from sync.decisions import close
from sync.models import Issue, Link, Record, Run, Side, Write


def _open(run_or_issue: Run | Issue) -> list[Issue]:
    if isinstance(run_or_issue, Issue):
        return [run_or_issue]
    return list(lists_of(run_or_issue))


def lists_of(run: Run) -> QuerySet[Issue]:
    """The open lists that stand on this run's page: what another run holds is answered there."""
    rows = Issue.objects.filter(installation=run.installation, kind=Issue.Kind.HELD, state=Issue.State.OPEN)
    return rows.filter(detail__run=run.pk).select_related("installation").order_by("pk")


def _hold(issue: Issue) -> None:
    """What an answer may change, in the order of planning and of a Save."""
    pairs = Link.objects.filter(writes__in=issue.detail.get("writes", [])).values_list("bigin", "books")
    hands.hold((pk for pair in pairs for pk in pair if pk), issue.installation)


def approve_held(run_or_issue: Run | Issue, who: str | Member) -> int:
    """Releases exactly what was listed; how many changes and missing records."""
    released = 0
    for issue in _open(run_or_issue):
        with transaction.atomic():
            _hold(issue)
            if not close(issue, who):
                continue
            rows = Write.objects.filter(pk__in=issue.detail.get("writes", []), state=Write.State.HELD)
            released += rows.update(state=Write.State.PENDING, approved=True, not_before=None)
            released += len(issue.detail.get("records", []))
            Issue.objects.filter(pk=issue.pk).update(detail={**issue.detail, "approved": timezone.now().isoformat()})
            schedule.ask_now(issue.installation, [issue.module], who)
            alerts.forget_held(issue)
            audit.note(issue.installation, who, f"Approved: {issue.reason}")
    return released


def refuse_held(run_or_issue: Run | Issue, who: str | Member) -> int:
    """Nothing of the list is written; the records are left as they are until they change again."""
    refused = 0
    for issue in _open(run_or_issue):
        with transaction.atomic():
            _hold(issue)
            if not close(issue, who, Issue.State.DISMISSED):
                continue
            rows = Write.objects.filter(pk__in=issue.detail.get("writes", []), state=Write.State.HELD)
            writes = list(rows.select_for_update(of=("self",)).select_related("link__bigin", "link__books"))
            refused += rows.update(state=Write.State.WITHDRAWN, error="A person refused it.")
            refused += len(issue.detail.get("records", []))
            _leave(issue, writes)
            alerts.forget_held(issue)
            audit.note(issue.installation, who, f"Refused: {issue.reason}")
    return refused


def _leave(issue: Issue, writes: Sequence[Write]) -> None:
    """The records stay as they are: a pair whose deletion was refused is closed, half a pair is none any more. What
    somebody edited, moved or restored since the list was made is still to be planned, so a pair stays dirty for it."""
    _left_so([write for write in writes if write.op == Write.Op.UPDATE])
    ended = [write.link_id for write in writes if write.op in (Write.Op.DELETE, Write.Op.INACTIVE)]
    Link.objects.filter(pk__in=ended, state=Link.State.LINKED).update(
        state=Link.State.CLOSED, reason="It was deleted in Bigin; a person chose to keep it in Books.", cause=""
    )
    creates = [write for write in writes if write.op == Write.Op.CREATE]
    halves = Link.objects.filter(pk__in=[write.link_id for write in creates], state=Link.State.HALF)
    halves.update(state=Link.State.REFUSED, reason="A person refused its creation.")
    alone = [record for write in creates if (record := write.link.bigin or write.link.books) is not None]
    Record.objects.filter(pk__in=[record.pk for record in alone]).update(dirty=False)
    relations.refuse(write for write in writes if write.op == Write.Op.MOVE)
    drafts = [
        issues.Draft(
            issue.module,
            Issue.Kind.SKIPPED,
            "refused_by_person",
            "A person refused to create it on the other side.",
            "Press Retry to create it after all; else it waits until it changes.",
            record_id=record.pk,
        )
        for record in alone
    ]
    issues.raise_all(issue.installation, drafts, issue.run)


def _left_so(updates: Sequence[Write]) -> None:
    """What the two sides held in these fields is settled: no run changes it until somebody edits it on either side."""
    ids = [write.link_id for write in updates]
    links = {link.pk: link for link in Link.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    for write in updates:
        link, stood = links[write.link_id], write.before or {}
        bigin, books = (stood, write.source) if write.side == Side.BIGIN else (write.source, stood)
        link.bigin_base, link.books_base = {**link.bigin_base, **bigin}, {**link.books_base, **books}
    Link.objects.bulk_update(links.values(), ["bigin_base", "books_base"])
