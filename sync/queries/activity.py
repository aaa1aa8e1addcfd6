"""What happened: runs, the writes of a run or of a record, and how each ended, in plain words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync import outbox, since
from sync.fields import shown
from sync.models import Link, Run, Write
from sync.queries.conflicts import readable
from sync.queries.progress import WRITTEN, totals

TRIGGERS: Mapping[str, str | Promise] = {
    "schedule": _("Schedule"),
    "person": _("A person"),
    "command": _("Command"),
    "notification": _("A change in Bigin"),
    "api": _("API"),
}
OPS: Mapping[str, str | Promise] = {
    Write.Op.CREATE: _("Create"),
    Write.Op.UPDATE: _("Update"),
    Write.Op.DELETE: _("Delete"),
    Write.Op.INACTIVE: _("Mark inactive"),
    Write.Op.ACTIVE: _("Mark active"),
    Write.Op.MOVE: _("Move"),
}
# state -> (badge, words)
WRITE_STATES: Mapping[str, tuple[str, str | Promise]] = {
    Write.State.PENDING: ("wait", _("waiting")),
    Write.State.HELD: ("wait", _("held for approval")),
    Write.State.SENDING: ("info", _("being sent")),
    Write.State.UNKNOWN: ("wait", _("answer lost, being looked up")),
    Write.State.DONE: ("ok", _("done")),
    Write.State.REJECTED: ("bad", _("refused")),
    Write.State.WITHDRAWN: ("off", _("withdrawn, planned anew")),
}
RUN_STATES: Mapping[str, tuple[str, str | Promise]] = {
    Run.State.RUNNING: ("info", _("running")),
    Run.State.DONE: ("ok", _("done")),
    Run.State.PARTIAL: ("info", _("goes on in the next part")),
    Run.State.HELD: ("wait", _("held: needs your decision")),
    Run.State.FAILED: ("bad", _("failed")),
    Run.State.ABANDONED: ("wait", _("interrupted; the next run goes on")),
}


# A move is taken back by moving the contact back in Bigin.
UNDOABLE = (Write.Op.CREATE, Write.Op.UPDATE, Write.Op.INACTIVE, Write.Op.ACTIVE, Write.Op.DELETE)


@dataclass(frozen=True)
class RunLine:
    run: Run
    counts: dict[str, int]
    calls: int
    duration: timedelta | None
    trigger: str | Promise
    badge: str
    state: str | Promise

    @property
    def changes(self) -> int:
        return sum(self.counts.get(name, 0) for name in WRITTEN)

    @property
    def seconds(self) -> int:
        return round(self.duration.total_seconds()) if self.duration else 0


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class WriteLine:
    write: Write
    label: str
    op: str | Promise
    badge: str
    state: str | Promise
    changes: tuple[Change, ...]
    is_undone: bool = False

    @property
    def can_undo(self) -> bool:
        done = self.write.state == Write.State.DONE and self.write.before is not None
        return done and self.write.op in UNDOABLE and not self.is_undone

    @property
    def why_not(self) -> str | Promise:
        """Why a change that was made has no Undo; "" where it has one, or was taken back already."""
        if self.write.state != Write.State.DONE or self.can_undo or self.is_undone:
            return ""
        if self.write.op == Write.Op.MOVE:
            return _("Move the contact back in Bigin; the next run follows.")
        if self.write.op == Write.Op.DELETE and self.write.side == "bigin":
            return _("Restore it from Bigin's recycle bin; the pair is taken up again.")
        return _("What it replaced is not kept any more.")


def runs(installation: Installation, filters: Mapping[str, str]) -> QuerySet[Run]:
    """Newest first; `filters`: kind, state, trigger, quiet ("hide" leaves out runs that changed nothing)."""
    rows = installation.runs.order_by("-started_at", "-pk")
    for name, allowed in (("kind", Run.Kind.values), ("state", Run.State.values), ("trigger", list(TRIGGERS))):
        if filters.get(name) in allowed:
            rows = rows.filter(**{name: filters[name]})
    if filters.get("quiet") == "hide":
        rows = rows.annotate(written=Count("writes")).filter(Q(written__gt=0) | ~Q(state=Run.State.DONE))
    return rows


def run_line(run: Run) -> RunLine:
    badge, state = RUN_STATES[Run.State(run.state)]
    ended = run.finished_at or (timezone.now() if run.state == Run.State.RUNNING else None)
    return RunLine(
        run,
        totals(run.counts),
        sum(int(number) for number in run.calls.values()),
        ended - run.started_at if ended else None,
        TRIGGERS.get(run.trigger, run.trigger),
        badge,
        state,
    )


def counts_of(run: Run) -> list[tuple[str, str, dict[str, int]]]:
    """(module, side, outcome -> number) of a run, as rows of a table."""
    return [(module, side, outcomes) for module, sides in run.counts.items() for side, outcomes in sides.items()]


def writes(installation: Installation, filters: Mapping[str, str]) -> QuerySet[Write]:
    """Newest first; `filters`: run, link, side, op, state, q (part of a record's name)."""
    rows = installation.writes.select_related("link__bigin", "link__books", "run").order_by("-pk")
    for name, allowed in (("side", ("bigin", "books")), ("op", Write.Op.values), ("state", Write.State.values)):
        if filters.get(name) in allowed:
            rows = rows.filter(**{name: filters[name]})
    for name in ("run", "link"):
        if filters.get(name, "").isdecimal() and len(filters[name]) < 19:
            rows = rows.filter(**{name: int(filters[name])})
    if text := filters.get("q", "").strip():
        rows = rows.filter(Q(link__bigin__label__icontains=text) | Q(link__books__label__icontains=text))
    return rows


def write_lines(writes: Iterable[Write]) -> list[WriteLine]:
    """One more query, for what was taken back."""
    found = list(writes)
    back = since.taken_back({write.link_id for write in found})
    return [write_line(write, write.pk in back) for write in found]


def how_many_taken_back(writes: QuerySet[Write]) -> int:
    undone = writes.filter(undone_by__isnull=False).order_by()
    back = since.taken_back(set(undone.values_list("link", flat=True)))
    return len(back.intersection(undone.values_list("pk", flat=True)))


def write_line(write: Write, undone: bool = False) -> WriteLine:
    badge, state = WRITE_STATES[Write.State(write.state)]
    if write.state == Write.State.HELD and write.step == outbox.AFTER:
        state = _("waits until its new record stands")
    return WriteLine(write, label_of(write.link), OPS.get(write.op, write.op), badge, state, changes_of(write), undone)


def changes_of(write: Write) -> tuple[Change, ...]:
    """Field by field what was written over what; a create has nothing on the old side."""
    before = write.before or {}
    return tuple(
        Change(readable(name), shown(_plain(before.get(name))), shown(_plain(value)))
        for name, value in write.fields.items()
    )


def _plain(value: object) -> str | bool | None:
    """What was kept of a value; deletes keep Books' whole detail, of which only plain values are shown."""
    return value if value is None or isinstance(value, str | bool) else str(value)


def label_of(link: Link) -> str:
    for record in (link.bigin, link.books):
        if record is not None and record.label:
            return record.label
    return ""
