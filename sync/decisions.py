"""What a person decides about an issue: retry, choose between values, link, create anyway, dismiss. Database only.

Each closes its issue by compare-and-set, so a second click does nothing, and makes the records dirty for the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import hands, holds, lifecycle, outbox, persons, relations, schedule, settle
from sync import shape as shapes
from sync.creation import PARENT
from sync.models import Decision, Issue, Link, Record, Side, Write

_NOT_SENT = (Write.State.PENDING, Write.State.HELD, Write.State.UNKNOWN)


class NeedsAnswer(ValueError):
    """This waits for another answer than the one given; the message says for which."""


def _answerable(issue: Issue) -> None:
    if issue.kind == Issue.Kind.HELD:
        raise NeedsAnswer(f"{issue.reason} Open it, look at the list, and approve or refuse it.")


def close(issue: Issue, who: str | Member, state: str = Issue.State.RESOLVED) -> bool:
    moved = Issue.objects.filter(pk=issue.pk, state=Issue.State.OPEN).update(
        state=state, closed_at=timezone.now(), closed_by=str(who)[:200]
    )
    return bool(moved)


def records_of(issue: Issue) -> list[int]:
    ids = [issue.record_id]
    if issue.link is not None:
        ids += [issue.link.bigin_id, issue.link.books_id]
    return [pk for pk in ids if pk]


def _again(issue: Issue, who: str | Member, trigger: str = "person") -> None:
    Record.objects.filter(pk__in=records_of(issue)).update(dirty=True)
    schedule.ask_now(issue.installation, [issue.module], who, trigger)


def retry(issue: Issue, who: str | Member, trigger: str = "person") -> None:
    """The issue stays open until the next run knows better. Raises NeedsAnswer."""
    _answerable(issue)
    with transaction.atomic():
        hands.hold(records_of(issue), issue.installation)
        if Issue.objects.filter(pk=issue.pk, state=Issue.State.OPEN).update(retry_at=timezone.now()):
            _delete_again([issue])
            _follow_again([issue])
            _again(issue, who, trigger)
            audit.note(issue.installation, who, f"Retried: {issue.reason}")


def retry_all(installation: Installation, code: str, who: str | Member) -> int:
    """All open issues of one reason; how many."""
    rows = Issue.objects.filter(installation=installation, state=Issue.State.OPEN, code=code)
    with transaction.atomic():
        found = list(rows.select_related("link__bigin", "link__books"))
        hands.hold((pk for issue in found for pk in records_of(issue)), installation)
        rows.update(retry_at=timezone.now())
        _delete_again(found)
        _follow_again(found)
        Record.objects.filter(pk__in=[pk for issue in found for pk in records_of(issue)]).update(dirty=True)
        schedule.ask_now(installation, {issue.module for issue in found}, who)
        audit.note(installation, who, f"Retried all of {code} ({len(found)})")
    return len(found)


def _delete_again(issues: Iterable[Issue]) -> None:
    """A deletion that something in Books stood in the way of closed its pair: the next run plans it once more."""
    for issue in issues:
        link = issue.link
        if issue.code not in ("in_use", persons.STAYS) or link is None or link.bigin is None or link.books is None:
            continue
        if link.bigin.gone_at is not None and link.books.gone_at is None:
            lifecycle.reopen(link, "Its deletion is tried again.")


def _follow_again(issues: Iterable[Issue]) -> None:
    refused = [issue.link for issue in issues if issue.code == relations.MOVE_REFUSED and issue.link]
    relations.may_follow(link.bigin_id for link in refused if link.bigin_id)


def resolve_clash(issue: Issue, choices: Mapping[str, str], who: str | Member) -> None:
    """`choices`: key of `Issue.detail` -> bigin or books. The loser's shown value becomes its base, so the winner's is
    the only change left; a value that moved since it was shown clashes again."""
    with transaction.atomic():
        hands.hold(records_of(issue), issue.installation)
        if issue.link_id is None or not close(issue, who):
            return
        link = Link.objects.select_for_update().get(pk=issue.link_id)
        for key, side in choices.items():
            values = issue.detail.get(key)
            if isinstance(values, dict) and side in Side.values:
                _choose(link, key, values, side)
        link.save(update_fields=["bigin_base", "books_base"])
        _again(issue, who)
        audit.note(issue.installation, who, f"Decided a conflict of {issue.link}: {dict(choices)}")


def _choose(link: Link, key: str, values: Mapping[str, Any], winner: str) -> None:
    loser = values["books"] if winner == Side.BIGIN else values["bigin"]
    books_key = str(values.get("books_field") or key)
    link.bigin_base = {**link.bigin_base, key: loser}
    link.books_base = {**link.books_base, books_key: loser}


def link_candidate(issue: Issue, candidate: Record, who: str | Member) -> Link | None:
    """Links the issue's record with the one a person chose; None when that is settled already."""
    record = issue.record
    if record is None and issue.link is not None:
        record = issue.link.bigin or issue.link.books
    if issue.kind == Issue.Kind.MERGE and issue.link is not None and candidate.side == Side.BIGIN:
        record = issue.link.books  # its customer goes to the record that survived
    if record is None or record.side == candidate.side:
        return None
    bigin, books = (record, candidate) if record.side == Side.BIGIN else (candidate, record)
    with transaction.atomic():
        hands.hold([bigin.pk, books.pk], issue.installation)
        if not close(issue, who):
            return None
        sent = _lost(record) if candidate.pk in issue.detail.get("ours", ()) else None
        made = hands.link(issue.installation, bigin, books, who)
        if sent is not None:
            _as_sent(made, sent, candidate)
        return made


def _lost(record: Record) -> Write | None:
    """The creation whose answer was lost."""
    rows = Write.objects.filter(Q(link__bigin=record) | Q(link__books=record), link__state=Link.State.HALF)
    return rows.filter(op=Write.Op.CREATE, state=Write.State.UNKNOWN).order_by("-pk").first()


def _as_sent(made: Link, sent: Write, candidate: Record) -> None:
    """What our own creation made was in step then: what it holds otherwise by now was changed since. What it does not
    hold is filled, as in any pair by hand: it may be another record after all."""
    there, here = ("bigin_base", "books_base") if sent.side == Side.BIGIN else ("books_base", "bigin_base")
    target = settle.bases(sent.fields, candidate.fields)
    held = {name: value for name, value in target.items() if candidate.fields.get(name) not in (None, "")}
    source = {name: value for name, value in sent.source.items() if name != PARENT}
    Link.objects.filter(pk=made.pk).update(**{there: held, here: source})


def link_only_candidate(issue: Issue, who: str | Member) -> None:
    """Links what was held because one free record may be the same (rules 3.1). Raises NeedsAnswer."""
    noted = [row["record"] for row in issue.detail.get("candidates", []) if "record" in row]
    found = Record.objects.filter(installation=issue.installation, pk__in=noted, gone_at=None).first()
    free = (*Link.DEAD, Link.State.APART, *((Link.State.CLOSED,) if issue.code == holds.ENDED_PAIR else ()))
    taken = Link.objects.filter(Q(bigin__in=noted) | Q(books__in=noted)).exclude(state__in=free)
    if issue.code not in ("possible_duplicate", holds.ENDED_PAIR) or len(noted) != 1 or found is None or taken.exists():
        raise NeedsAnswer(f"{issue.reason} Open it, and choose which one.")
    try:
        link_candidate(issue, found, who)
    except hands.CannotLink as reason:
        raise NeedsAnswer(f"{issue.reason} {reason}") from reason


def go_on_with_primary(issue: Issue, who: str | Member) -> bool:
    """The contact is from now on the primary contact person of its customer; where the customer has nobody, it becomes
    one there. False when that was settled already."""
    with transaction.atomic():
        hands.hold(records_of(issue), issue.installation)
        if issue.code != persons.GONE or issue.link_id is None or not close(issue, who):
            return False
        link = Link.objects.select_for_update().get(pk=issue.link_id)
        persons.begin_with_primary(shapes.load(issue.installation), link)
        _again(issue, who)
        audit.note(issue.installation, who, f"Chose the primary contact person: {issue.reason}")
    return True


def create_anyway(issue: Issue, who: str | Member) -> None:
    """A new record, whatever it resembles; the candidates are remembered as not the same (rules 3.3).

    Raises NeedsAnswer.
    """
    _answerable(issue)
    with transaction.atomic():
        hands.hold(records_of(issue), issue.installation)
        if not close(issue, who):
            return
        record = issue.record
        if record is not None:
            _not_the_same(issue, record, who)
            if issue.code == "unknown_create":
                halves = Link.objects.filter(Q(bigin=record) | Q(books=record), state=Link.State.HALF)
                outbox.give_up(halves.values_list("pk", flat=True), "A person chose to create it anew.", _NOT_SENT)
            if name := issue.detail.get("suggested_name"):
                Record.objects.filter(pk=record.pk).update(meta={**record.meta, "create_as": name})
        if issue.link is not None:
            # "Create again" after a deletion: the closed pair is history, the survivor stands alone (rules 5.1).
            Link.objects.filter(pk=issue.link.pk, state=Link.State.CLOSED).update(state=Link.State.REFUSED)
        _again(issue, who)
        audit.note(issue.installation, who, f"Chose to create anew: {issue.reason}")


def _not_the_same(issue: Issue, record: Record, who: str | Member) -> None:
    ids = [str(candidate.get("id")) for candidate in issue.detail.get("candidates", [])]
    ids += [str(issue.detail["deleted"])] if "deleted" in issue.detail else []
    Decision.objects.bulk_create(
        (
            Decision(
                installation=issue.installation,
                bigin_id=record.remote_id if record.side == Side.BIGIN else its,
                books_id=its if record.side == Side.BIGIN else record.remote_id,
                verdict=Decision.Verdict.DIFFERENT,
                decided_by=str(who)[:200],
            )
            for its in ids
        ),
        ignore_conflicts=True,
    )
    Record.objects.filter(
        installation=issue.installation, remote_id__in=ids, kind__in=hands.partner_kinds(record.kind)
    ).update(dirty=True)


def dismiss(issue: Issue, who: str | Member) -> None:
    """It comes back only if something changes. Raises NeedsAnswer."""
    _answerable(issue)
    if issue.code == "unknown_create":
        raise NeedsAnswer(f"{issue.reason} Open it, and link one of them or create it anyway.")
    if close(issue, who, Issue.State.DISMISSED):
        audit.note(issue.installation, who, f"Dismissed: {issue.reason}")
