"""Bringing pairs and decisions back from the file in which they survive a Delete and a new Setup (rules 5.8).
Database only; what a line of it looks like is in `sync/pairs_lines.py`.

Nothing is written to either side for it. Pairs by hand are in `sync/hands.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import issues, lifecycle, pairs_lines, persons
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, Mode, Module, ModuleSetting, Record, Side
from sync.pairs_lines import AS_SUCH, ENDED, PAIR, RESTING, Line, NotTaken
from sync.shape import RECORD_KINDS, Shape

MOST_SHOWN = 200  # lines that were refused; the others are counted
_CHUNK = 500
_FROM_FILE = "brought back from a file"
_LATER = {ENDED: 1, RESTING: 2}


@dataclass(frozen=True)
class Refused:
    number: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.number}: {self.reason}"


@dataclass
class ImportResult:
    """`resting`: pairs of a kind that the mode in force does not use; a change of the mode takes them up. `ended`: one
    record is gone, and the other counts as linked (rules 5.1)."""

    linked: int = 0
    ended: int = 0
    resting: int = 0
    present: int = 0
    decisions: int = 0
    refused: int = 0
    errors: list[Refused] = field(default_factory=list)

    def refuse(self, number: int, reason: str) -> None:
        self.refused += 1
        if len(self.errors) < MOST_SHOWN:
            self.errors.append(Refused(number, reason))

    @property
    def unlisted(self) -> int:
        return self.refused - len(self.errors)


def import_pairs(installation: Installation, lines: Iterable[str], who: str | Member) -> ImportResult:
    """Brings pairs back, for the same two organisations only, in transactions of 500; a line that is wrong is told and
    left out. What stands comes before what ended, and that before what rests, in whatever order the file has them."""
    result = ImportResult()
    for module in Module.values:  # nobody may have opened Configure yet
        ModuleSetting.objects.get_or_create(installation=installation, module=module)
    shape = shapes.load(installation)
    found = sorted(_read(installation, lines, result), key=lambda item: _LATER.get(item[1].what, 0))
    for start in range(0, len(found), _CHUNK):
        chunk = found[start : start + _CHUNK]
        with transaction.atomic():
            _decide(installation, [line for _, line in chunk if not line.kind], who, result)
            _pair(shape, [(number, line) for number, line in chunk if line.kind], result)
    audit.note(installation, who, f"Brought back {result.linked} pairs from a file")
    return result


def _read(installation: Installation, lines: Iterable[str], result: ImportResult) -> list[tuple[int, Line]]:
    """Lines that can be what they say, by their number in the file."""
    head: list[str] = []
    found = []
    for number, text in enumerate(lines, start=1):
        if not text.strip("\ufeff\r\n \t"):
            continue
        try:
            if head:
                found.append((number, pairs_lines.read(head, text, installation)))
            else:
                head = pairs_lines.head_of(pairs_lines.split(text))
        except NotTaken as error:
            result.refuse(number, str(error))
            if not head:
                return []
    return found


def _decide(installation: Installation, lines: Sequence[Line], who: str | Member, result: ImportResult) -> None:
    """A decision that stands is kept."""
    if not lines:
        return
    rows = Decision.objects.filter(installation=installation, bigin_id__in=[line.bigin_id for line in lines])
    standing = set(rows.values_list("bigin_id", "books_id"))
    fresh = {
        (line.bigin_id, line.books_id): Decision(
            installation=installation,
            bigin_id=line.bigin_id,
            books_id=line.books_id,
            verdict=line.what,
            decided_by=str(who)[:200],
        )
        for line in reversed(lines)
        if (line.bigin_id, line.books_id) not in standing
    }
    Decision.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    result.decisions += len(fresh)


def _pair(shape: Shape, lines: Sequence[tuple[int, Line]], result: ImportResult) -> None:
    """A constant number of queries. In the caller's transaction, which holds the records."""
    if not lines:
        return
    records = _records(shape.installation, [line for _, line in lines])
    standing = _Standing(records.values())
    made: list[tuple[int, Line, Link]] = []
    for number, line in lines:
        bigin, books = (records.get(place) for place in _places(line))
        if standing.holds(line.kind, bigin, books):
            result.present += 1
            continue
        state = _state(shape, line, bigin, books)
        if line.what in _LATER and standing.rivals(line.kind, state, bigin, books):
            state = Link.State.RETIRED
        if standing.rivals(line.kind, state, bigin, books):
            result.refuse(number, f"{line.bigin_name or line.bigin_id} is linked to another record.")
            continue
        link = Link(installation=shape.installation, kind=line.kind, bigin=bigin, books=books, state=state)
        link.reason, link.cause = _FROM_FILE, line.cause if line.cause in Link.Cause.values else Link.Cause.NONE
        standing.add(link)
        made.append((number, line, link))
    _store(shape.installation, made, result)


def _places(line: Line) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    left, right = RECORD_KINDS[Kind(line.kind)]
    return (Side.BIGIN, left, line.bigin_id), (Side.BOOKS, right, line.books_id)


def _records(installation: Installation, lines: Sequence[Line]) -> dict[tuple[str, str, str], Record]:
    """Locked; one that is yet to be read has no fields, so nothing is planned from it. What is gone is so from now on:
    who finds it again later sees that it was restored (rules 5.1)."""
    wanted: dict[tuple[str, str, str], Record] = {}
    now = timezone.now()
    for line in lines:
        named = zip(_places(line), (line.bigin_name, line.books_name), ({}, _told(line)), strict=True)
        for (side, kind, remote_id), name, meta in named:
            if not remote_id:
                continue
            wanted[side, kind, remote_id] = Record(
                installation=installation,
                side=side,
                kind=kind,
                remote_id=remote_id,
                label=name.removeprefix("'")[:300],
                meta=meta,
                listed_at=now,
                dirty=False,
                gone_at=now if line.gone == side else None,
                gone_how="vanished" if line.gone == side else "",
            )
    rows = Record.objects.filter(installation=installation, remote_id__in={place[2] for place in wanted})
    standing = set(rows.values_list("side", "kind", "remote_id"))
    missing = [record for place, record in wanted.items() if place not in standing]
    Record.objects.bulk_create(missing, ignore_conflicts=True)
    locked = rows.select_for_update().order_by("pk")
    return {(row.side, row.kind, row.remote_id): row for row in locked if (row.side, row.kind, row.remote_id) in wanted}


def _told(line: Line) -> dict[str, str]:
    is_customer = RECORD_KINDS[Kind(line.kind)][1] == "customer"
    return {"sub_type": line.customer_type} if is_customer and line.customer_type else {}


def _state(shape: Shape, line: Line, bigin: Record | None, books: Record | None) -> str:
    """A pair of a kind that the mode does not use rests, as if the mode had been changed (`sync/modes.py`). One whose
    record was restored meanwhile goes on."""
    if line.what in AS_SUCH:
        return line.what
    if not _is_used(shape, line, books):
        return Link.State.RETIRED
    own = bigin if line.gone == Side.BIGIN else books
    is_gone = bool(line.gone) and (own is None or own.gone_at is not None)
    return Link.State.CLOSED if is_gone else Link.State.LINKED


def _is_used(shape: Shape, line: Line, books: Record | None) -> bool:
    """Business customers are a contact's in Contacts mode only; a contact without a company may have been billed, and
    then that pair stands whatever is included (rules 7.1)."""
    kind = Kind(line.kind)
    if kind is not Kind.CONTACT_CUSTOMER or shape.mode == Mode.CONTACTS:
        return kind in shape.active
    customer_type = (books.meta.get("sub_type") if books else None) or line.customer_type
    if kind in shape.active:
        return customer_type in ("", "individual")
    is_own = customer_type == "individual" and not line.company_id
    return shape.mode == Mode.BOTH and line.what in (PAIR, ENDED) and is_own


class _Standing:
    """The links of a chunk's records, with those that the chunk adds."""

    def __init__(self, records: Iterable[Record]) -> None:
        ids = [record.pk for record in records]
        self._of: dict[int | None, list[Link]] = {}
        for link in Link.objects.filter(Q(bigin__in=ids) | Q(books__in=ids)).exclude(state=Link.State.REFUSED):
            self.add(link)

    def add(self, link: Link) -> None:
        for pk in {link.bigin_id, link.books_id} - {None}:
            self._of.setdefault(pk, []).append(link)

    def around(self, *records: Record | None) -> list[Link]:
        return [link for record in records if record for link in self._of.get(record.pk, ())]

    def holds(self, kind: str, bigin: Record | None, books: Record | None) -> bool:
        pair = (kind, bigin and bigin.pk, books and books.pk)
        return any((link.kind, link.bigin_id, link.books_id) == pair for link in self.around(bigin, books))

    def rivals(self, kind: str, state: str, bigin: Record | None, books: Record | None) -> bool:
        """Whether another pair stands in the way: of two that rest, only one could be taken up again. A person beside
        a contact's customer, and that customer, do not disturb each other."""
        around = self.around(bigin, books)
        if state == Link.State.RETIRED:
            return any(link.state == state and link.kind == kind for link in around)
        return any(
            link.state != Link.State.RETIRED
            and (
                link.kind == kind
                or Link.State.BESIDE not in (state, link.state)
                or (books is not None and link.books_id == books.pk)
            )
            for link in around
        )


def _store(installation: Installation, made: Sequence[tuple[int, Line, Link]], result: ImportResult) -> None:
    """A run that pairs at the same time may have been faster: its pair stays, and the line is refused."""
    Link.objects.bulk_create([link for _, _, link in made], ignore_conflicts=True)
    ends = [pk for _, _, link in made for pk in (link.bigin_id, link.books_id) if pk]
    rows = Link.objects.filter(Q(bigin__in=ends) | Q(books__in=ends), installation=installation)
    there = {(link.kind, link.bigin_id, link.books_id): link for link in rows.exclude(state=Link.State.REFUSED)}
    drafts = []
    for number, line, link in made:
        stored = there.get((link.kind, link.bigin_id, link.books_id))
        if stored is None:
            result.refuse(number, f"{line.bigin_name or line.bigin_id} is linked to another record.")
        elif link.state == Link.State.RETIRED:
            result.resting += 1
        elif link.state == Link.State.CLOSED:
            result.ended += 1
            if link.bigin is not None and line.gone == Side.BOOKS:
                drafts.append(lifecycle.vanished(stored, link.bigin.label))
        else:
            result.linked += 1
    persons.to_read([link.books_id for _, _, link in made if link.kind == Kind.CONTACT_CUSTOMER])
    _settle([pk for _, _, link in made for pk in (link.bigin_id, link.books_id) if link.state != Link.State.RETIRED])
    issues.raise_all(installation, drafts, None)


def _settle(ids: Sequence[int | None]) -> None:
    """What was open about records that were read before is answered; their contents are compared by the next run."""
    Issue.objects.filter(record__in=ids, link=None, state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=_FROM_FILE
    )
    Record.objects.filter(pk__in=ids).exclude(fingerprint="").update(dirty=True)
