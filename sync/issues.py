"""Raising and closing issues: what a person should know or decide, each once while it is open. Database only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import Installation
from sync.models import Issue, Link, Run

# Kinds that planning raises anew whenever their cause still stands; the others wait for a person.
PLANNED = (Issue.Kind.CLASH, Issue.Kind.DUPLICATE, Issue.Kind.SKIPPED, Issue.Kind.REJECTED)
THE_CAUSE = "the cause went away"
CHANGED_SINCE = "changed_since"  # why an undo was left
MAIL_STAYS = "mail_stays"  # said of a pair that stands, until a person answers
MOVED_WITHOUT = "moved_without"  # of a pair that stands; what `UNMAPPED` names is told until a person answers
UNMAPPED = "unmapped"  # key of its detail: fields that no update brings later
OTHERS_STAY = "others_stay"  # said of a closed pair, until a person answers or its survivor is gone


@dataclass(frozen=True)
class Draft:
    module: str
    kind: str
    code: str
    reason: str
    advice: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    link_id: int | None = None
    record_id: int | None = None

    @property
    def place(self) -> tuple[int | None, int | None, str, str, str]:
        """What is unique while it is open."""
        return self.link_id, self.record_id, self.module, self.kind, self.code


def raise_all(installation: Installation, drafts: Sequence[Draft], run: Run | None) -> None:
    """Opens what is not open yet and brings open ones up to date. In the caller's transaction."""
    if not drafts:
        return
    standing = {
        (row.link_id, row.record_id, row.module, row.kind, row.code): row for row in _open(installation, drafts)
    }
    fresh, stale = [], []
    for draft in {draft.place: draft for draft in drafts}.values():
        row = standing.get(draft.place)
        if row is None:
            fresh.append(_row(installation, draft, run))
        elif (row.reason, row.detail) != (draft.reason, dict(draft.detail)):
            row.reason, row.advice, row.detail = draft.reason, draft.advice, dict(draft.detail)
            stale.append(row)
    Issue.objects.bulk_create(fresh, ignore_conflicts=True)
    if stale:
        Issue.objects.bulk_update(stale, ["reason", "advice", "detail"])


def raise_one(installation: Installation, draft: Draft, run: Run | None = None) -> None:
    raise_all(installation, [draft], run)


def _row(installation: Installation, draft: Draft, run: Run | None) -> Issue:
    return Issue(
        installation=installation,
        run=run,
        module=draft.module,
        kind=draft.kind,
        code=draft.code,
        reason=draft.reason,
        advice=draft.advice,
        detail=dict(draft.detail),
        link_id=draft.link_id,
        record_id=draft.record_id,
    )


def _open(installation: Installation, drafts: Sequence[Draft]) -> Iterable[Issue]:
    links = {draft.link_id for draft in drafts if draft.link_id}
    records = {draft.record_id for draft in drafts if draft.record_id}
    return Issue.objects.filter(
        Q(link_id__in=links) | Q(record_id__in=records) | Q(link=None, record=None),
        installation=installation,
        state=Issue.State.OPEN,
    )


def close_settled(
    installation: Installation,
    drafts: Sequence[Draft],
    *,
    links: Iterable[int] = (),
    records: Iterable[int] = (),
    kinds: Sequence[str] = PLANNED,
    run: Run | None = None,
) -> None:
    """Of what was just planned, closes the open issues that were not raised again. An undo that this `run` refused
    stays told, though what a person wrote instead is brought over right after it."""
    kept = {draft.place for draft in drafts}
    rows = Issue.objects.filter(
        Q(link_id__in=list(links)) | Q(record_id__in=list(records), link=None),
        installation=installation,
        state=Issue.State.OPEN,
        kind__in=kinds,
    ).exclude(code=CHANGED_SINCE, run=run)
    rows = rows.exclude(code=MAIL_STAYS, link__state__in=(Link.State.HALF, Link.State.LINKED))
    rows = rows.exclude(code=MOVED_WITHOUT, detail__has_key=UNMAPPED, link__state=Link.State.LINKED)
    rows = rows.exclude(code=OTHERS_STAY, link__state=Link.State.CLOSED, link__books__gone_at=None)
    places = rows.values_list("pk", "link_id", "record_id", "module", "kind", "code")
    gone = [pk for pk, *place in places if tuple(place) not in kept]
    if gone:
        Issue.objects.filter(pk__in=gone, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=THE_CAUSE
        )
