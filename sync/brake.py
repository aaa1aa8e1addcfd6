"""The brake (rules 5.4): too many deletions, or one field emptied or made equal in too many records, wait for a person.

Counts database rows only. What is held is listed as an issue; approval covers exactly that list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Installation
from sync import deleted, issues, outbox
from sync.fields import shown
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Write
from sync.shape import FEED_KINDS, MODULE_OF, Shape
from sync.work import Work

WINDOW = timedelta(hours=24)
TAKEN_OVER = "a newer list took its place"
_ENDS = (Write.Op.DELETE, Write.Op.INACTIVE)


def allowed_ends(links: int) -> int:
    """Deletions and inactivations of a module within 24 hours: max(5, min(50, 2 % of links))."""
    return max(5, min(50, links * 2 // 100))


def allowed_changes(links: int) -> int:
    """Links in which one field may be emptied, or replaced by one same value: max(10, 5 %)."""
    return max(10, links * 5 // 100)


def _links(shape: Shape, module: str) -> int:
    kinds = [kind for kind in Kind if MODULE_OF[kind] == module]
    return Link.objects.filter(installation=shape.installation, kind__in=kinds).exclude(state__in=Link.DEAD).count()


def _writes(installation: Installation, module: str) -> QuerySet[Write]:
    kinds = [kind for kind in Kind if MODULE_OF[kind] == module]
    return Write.objects.filter(installation=installation, link__kind__in=kinds, undoes=None)


def check(work: Work, kind: Kind) -> list[Write]:
    """Between PLAN and APPLY: holds what is too much and returns it."""
    module = MODULE_OF[kind]
    pending = _writes(work.shape.installation, module).filter(state=Write.State.PENDING, link__kind=kind)
    if not pending.filter(op__in=(*_ENDS, Write.Op.UPDATE)).exists():
        return []
    held = _too_many_ends(work, module) + _too_many_alike(work, module, kind)
    if held:
        _hold(work, module, held)
    return held


def _too_many_ends(work: Work, module: str) -> list[Write]:
    rows = _writes(work.shape.installation, module).filter(op__in=_ENDS, approved=False).select_related("link__books")
    waiting = list(rows.filter(state=Write.State.PENDING))
    if not waiting:
        return []
    since = work.clock.now() - WINDOW
    done = list(rows.filter(state=Write.State.DONE, settled_at__gte=since))
    number = len(done) + len(waiting) + _cascade(work.shape, [*done, *waiting], since)
    return waiting if number > allowed_ends(_links(work.shape, module)) else []


def _cascade(shape: Shape, ends: Sequence[Write], since: datetime) -> int:
    """A company counts with the persons that go with it, or went."""
    ids = [write.link.books.remote_id for write in ends if write.link.books is not None]
    persons = Record.objects.filter(
        Q(gone_at=None) | Q(gone_at__gte=since), installation=shape.installation, kind="person", parent_id__in=ids
    )
    own = [write.link.books_id for write in ends]  # a person that is deleted by itself is counted already
    return persons.filter(books_links__state__in=("linked", "closed")).exclude(pk__in=own).distinct().count()


def _too_many_alike(work: Work, module: str, kind: Kind) -> list[Write]:
    limit = allowed_changes(_links(work.shape, module))
    rows = (
        _writes(work.shape.installation, module)
        .filter(op=Write.Op.UPDATE, approved=False, link__kind=kind)
        .exclude(replaces=[])
    )
    waiting = list(rows.filter(state=Write.State.PENDING).iterator(chunk_size=500))
    done = rows.filter(state=Write.State.DONE, settled_at__gte=work.clock.now() - WINDOW)
    if not waiting or len(waiting) + done.count() <= limit:
        return []
    alike: Counter[tuple[str, str, str]] = Counter()
    for write in chain(waiting, done.iterator(chunk_size=500)):
        alike.update(_replaced(write))
    bad = {key for key, number in alike.items() if number > limit}
    return [write for write in waiting if bad.intersection(_replaced(write))]


def _replaced(write: Write) -> list[tuple[str, str, str]]:
    """(side, field, new value) of the fields that had a base, which was not empty."""
    return [(write.side, name, shown(write.fields.get(name))) for name in write.replaces]


def _hold(work: Work, module: str, found: Sequence[Write]) -> None:
    code = "too_many_deletions" if any(write.op in _ENDS for write in found) else "too_many_alike"

    def told(writes: Sequence[Write]) -> tuple[str, str]:
        ends = sum(write.op in _ENDS for write in writes)
        what = f"{ends} deletions" if ends else f"{len(writes)} equal changes"
        return (
            f"{what} would be made within 24 hours, more than usual. Nothing of it was sent.",
            "Look at the list; approve it if it is meant, or refuse it.",
        )

    hold(work, module, code, found, told)


def hold(
    work: Work, module: str, code: str, found: Sequence[Write], told: Callable[[Sequence[Write]], tuple[str, str]]
) -> list[Write]:
    """PENDING -> HELD, in an issue that lists them; returns those that were moved. `told`: reason and advice of a list.
    An end that waits for another record is held already, and listed too.

    What waits already under this code joins it, and the new list takes the old one's place: an approval covers what was
    shown (rules 5.4), so whoever still has the shorter list on the screen is told that it is settled.
    """
    with transaction.atomic():
        rows = Write.objects.select_for_update(of=("self",)).order_by("pk")
        waiting = Issue.objects.select_for_update().filter(
            installation=work.shape.installation, module=module, code=code, kind=Issue.Kind.HELD, state=Issue.State.OPEN
        )
        noted = [pk for issue in waiting for pk in issue.detail["writes"]]
        mine = rows.filter(outbox.HOLDABLE, pk__in=[write.pk for write in found])
        fresh = [write for write in mine if write.pk not in noted]
        if not fresh:
            return []
        Write.objects.filter(pk__in=[write.pk for write in fresh]).update(state=Write.State.HELD)
        waiting.update(state=Issue.State.RESOLVED, closed_at=work.clock.now(), closed_by=TAKEN_OVER)
        writes = sorted({*rows.filter(pk__in=noted, state=Write.State.HELD), *fresh}, key=lambda write: write.pk)
        reason, advice = told(writes)
        run = work.run.pk if work.run else None
        detail = {"writes": [write.pk for write in writes], "count": len(writes), "run": run}
        draft = issues.Draft(module, Issue.Kind.HELD, code, reason, advice, detail)
        issues.raise_one(work.shape.installation, draft, work.run)
    work.count(module, "both", "held", len(fresh))
    return fresh


def vanished(work: Work, feed: str, suspects: Sequence[Record]) -> None:
    """A listing in which more than 2 % are missing is not believed: the brake, not a wave of closings."""
    if not suspects:
        return
    known = Record.objects.filter(installation=work.shape.installation, kind=FEED_KINDS[feed], gone_at=None).count()
    missing = frozenset(record.pk for record in suspects)
    approved = _answered(work, feed, Issue.State.RESOLVED)
    if len(missing - approved) <= allowed_ends(known):
        deleted.confirm(work, feed, suspects)
    elif not missing <= approved | _answered(work, feed, Issue.State.DISMISSED):  # refused: not asked again today
        _hold_missing(work, feed, suspects, known)


def _hold_missing(work: Work, feed: str, suspects: Sequence[Record], known: int) -> None:
    """The list, on the page of the run that met it first: another list takes the old one's place, as in `hold`."""
    module = work.module(FEED_KINDS[feed])
    names = ", ".join(record.label for record in suspects[:10])
    records = sorted(record.pk for record in suspects)
    draft = issues.Draft(
        module,
        Issue.Kind.HELD,
        missing_code(feed),
        f"{len(suspects)} of {known} records were missing from the newest list: {names} …",
        "If they were deleted on purpose, approve; otherwise check the connection's permissions.",
        {"records": records, "count": len(records), "feed": feed, "run": work.run.pk if work.run else None},
    )
    with transaction.atomic():
        waiting = Issue.objects.select_for_update().filter(
            installation=work.shape.installation, module=module, code=draft.code, state=Issue.State.OPEN
        )
        if [issue.detail["records"] for issue in waiting] != [records]:
            waiting.update(state=Issue.State.RESOLVED, closed_at=work.clock.now(), closed_by=TAKEN_OVER)
            issues.raise_one(work.shape.installation, draft, work.run)
    work.count(module, "both", "held", len(suspects))


def missing_code(feed: str) -> str:
    """One list per feed: what Bigin did not list is another matter than what Books did not."""
    return "many_vanished" if feed.startswith("books_") else f"many_vanished_{feed}"


def _answered(work: Work, feed: str, state: str) -> frozenset[int]:
    """Records whose absence a person confirmed or refused of late: exactly those of the list that was shown."""
    rows = Issue.objects.filter(
        installation=work.shape.installation,
        code=missing_code(feed),
        state=state,
        closed_at__gte=work.clock.now() - WINDOW,
        detail__feed=feed,
    )
    if state == Issue.State.RESOLVED:
        rows = rows.filter(detail__has_key="approved")
    return frozenset(pk for issue in rows for pk in issue.detail["records"])


def is_held(work: Work) -> bool:
    return any(outcome == "held" and side == "both" and number for (_, side, outcome), number in work.counts.items())
