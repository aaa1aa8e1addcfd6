"""The file in which pairs and decisions survive a Delete and a new Setup (rules 5.8), written and read. Database only.

Nothing is written to either side for it. Pairs by hand are in `sync/hands.py`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import persons
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, Mode, Module, ModuleSetting, Record, Side
from sync.shape import RECORD_KINDS, Shape

MOST_SHOWN = 200  # lines that were refused; the others are counted
_CHUNK = 500
_LONGEST_ID = 40
_FROM_FILE = "brought back from a file"
_PAIR, _RESTING = "pair", "resting"
_AS_SUCH = (Link.State.APART, Link.State.BESIDE)  # told by their own names
_NAMES: dict[str, str] = {Link.State.LINKED: _PAIR, Link.State.RETIRED: _RESTING}

_COLUMNS = (
    "kind",
    "bigin__remote_id",
    "books__remote_id",
    "bigin__label",
    "books__label",
    "bigin__parent_id",
    "books__meta__sub_type",
)


class NotTaken(ValueError):
    """This line brings nothing back; the message says why."""


@dataclass(frozen=True)
class Line:
    """One line as it is written: `kind` is empty for a decision on two ids; what comes after the names is newer than
    the oldest files, and tells which kind of link may use the two."""

    what: str = ""
    bigin_org: str = ""
    books_org: str = ""
    kind: str = ""
    bigin_id: str = ""
    books_id: str = ""
    bigin_name: str = ""
    books_name: str = ""
    company_id: str = ""
    customer_type: str = ""


HEAD = tuple(item.name for item in fields(Line))
_NEEDED = frozenset(HEAD[:6])


@dataclass(frozen=True)
class Refused:
    number: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.number}: {self.reason}"


@dataclass
class ImportResult:
    """`resting`: pairs of a kind that the mode in force does not use; a change of the mode takes them up."""

    linked: int = 0
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


# Out


def pairs_csv(installation: Installation) -> Iterator[str]:
    """Lines of the file: what stands, then pairs that rest with their mode, then decisions on pairs of ids."""
    yield _written(HEAD)
    orgs = (installation.bigin_org_id, installation.books_org_id or "")
    whole = Link.objects.filter(installation=installation, bigin__gone_at=None, books__gone_at=None)
    whole = whole.filter(bigin__isnull=False, books__isnull=False).order_by("pk")
    for states in ((Link.State.LINKED, *_AS_SUCH), (Link.State.RETIRED,)):
        for state, *cells in whole.filter(state__in=states).values_list("state", *_COLUMNS).iterator(_CHUNK):
            yield _written((_NAMES.get(state, state), *orgs, *(cell or "" for cell in cells)))
    for decision in Decision.objects.filter(installation=installation).order_by("pk").iterator(_CHUNK):
        yield _written((decision.verdict, *orgs, "", decision.bigin_id, decision.books_id))


def _written(cells: Sequence[str]) -> str:
    """One line of text, whatever a name holds: each line is read by itself."""
    held = io.StringIO()
    csv.writer(held).writerow([_harmless(" ".join(cell.splitlines())) for cell in cells])
    return held.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet must not run a name as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


# In


def import_pairs(installation: Installation, lines: Iterable[str], who: str | Member) -> ImportResult:
    """Brings pairs back, for the same two organisations only, in transactions of 500; a line that is wrong is told and
    left out. What stands comes before what rests, in whatever order the file has it."""
    result = ImportResult()
    for module in Module.values:  # nobody may have opened Configure yet
        ModuleSetting.objects.get_or_create(installation=installation, module=module)
    shape = shapes.load(installation)
    found = sorted(_read(installation, lines, result), key=lambda item: item[1].what == _RESTING)
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
            cells = _split(text)
            if not head:
                head = _head(cells)
                continue
            line = Line(**{name: cell.strip() for name, cell in zip(head, cells, strict=False) if name in HEAD})
            _check(installation, line)
            found.append((number, line))
        except NotTaken as error:
            result.refuse(number, str(error))
            if not head:
                return []
    return found


def _split(text: str) -> list[str]:
    """One line by itself, so that a quote which is never closed takes no other line along."""
    if "\x00" in text:
        raise NotTaken("it holds a character that no name has.")
    try:
        return next(csv.reader([text.strip("\ufeff\r\n")], strict=True))
    except csv.Error as error:
        raise NotTaken(f"it is not a line of such a file ({error}).") from error


def _head(cells: Sequence[str]) -> list[str]:
    head = [cell.strip() for cell in cells]
    if not _NEEDED.issubset(head):
        raise NotTaken("this is not the file of pairs that is downloaded here.")
    return head


def _check(installation: Installation, line: Line) -> None:
    if (line.bigin_org, line.books_org) != (installation.bigin_org_id, installation.books_org_id or ""):
        raise NotTaken("it belongs to other organisations.")
    if not all(
        cell.isascii() and cell.isdigit() and len(cell) <= _LONGEST_ID for cell in (line.bigin_id, line.books_id)
    ):
        raise NotTaken("an id is missing or malformed.")
    if not line.kind and line.what in Decision.Verdict.values:  # "apart" with a kind is a pair that was unlinked
        return
    if line.what not in (_PAIR, _RESTING, *_AS_SUCH) or line.kind not in set(Kind):
        raise NotTaken("it says neither pair nor decision.")
    if line.what == Link.State.BESIDE and line.kind != Kind.CONTACT_PERSON:
        raise NotTaken("only a contact person stands beside another pair.")


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
        bigin, books = (records[place] for place in _places(line))
        if standing.holds(line.kind, bigin, books):
            result.present += 1
            continue
        state = _state(shape, line, books)
        if line.what == _RESTING and standing.rivals(line.kind, state, bigin, books):
            state = Link.State.RETIRED
        if standing.rivals(line.kind, state, bigin, books):
            result.refuse(number, f"{line.bigin_name or line.bigin_id} is linked to another record.")
            continue
        link = Link(installation=shape.installation, kind=line.kind, bigin=bigin, books=books, state=state)
        link.reason = _FROM_FILE
        standing.add(link)
        made.append((number, line, link))
    _store(shape.installation, made, result)


def _places(line: Line) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    left, right = RECORD_KINDS[Kind(line.kind)]
    return (Side.BIGIN, left, line.bigin_id), (Side.BOOKS, right, line.books_id)


def _records(installation: Installation, lines: Sequence[Line]) -> dict[tuple[str, str, str], Record]:
    """Locked; one that is yet to be read has no fields, so nothing is planned from it."""
    wanted: dict[tuple[str, str, str], Record] = {}
    for line in lines:
        named = zip(_places(line), (line.bigin_name, line.books_name), ({}, _told(line)), strict=True)
        for (side, kind, remote_id), name, meta in named:
            wanted[side, kind, remote_id] = Record(
                installation=installation,
                side=side,
                kind=kind,
                remote_id=remote_id,
                label=name.removeprefix("'")[:300],
                meta=meta,
                listed_at=timezone.now(),
                dirty=False,
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


def _state(shape: Shape, line: Line, books: Record) -> str:
    """A pair of a kind that the mode does not use rests, as if the mode had been changed (`sync/modes.py`)."""
    if line.what in _AS_SUCH:
        return line.what
    return Link.State.LINKED if _is_used(shape, line, books) else Link.State.RETIRED


def _is_used(shape: Shape, line: Line, books: Record) -> bool:
    """Business customers are a contact's in Contacts mode only; a contact without a company may have been billed, and
    then that pair stands whatever is included (rules 7.1)."""
    kind = Kind(line.kind)
    if kind is not Kind.CONTACT_CUSTOMER or shape.mode == Mode.CONTACTS:
        return kind in shape.active
    customer_type = books.meta.get("sub_type") or line.customer_type
    if kind in shape.active:
        return customer_type in ("", "individual")
    is_own = customer_type == "individual" and not line.company_id
    return shape.mode == Mode.BOTH and line.what == _PAIR and is_own


class _Standing:
    """The links of a chunk's records, with those that the chunk adds."""

    def __init__(self, records: Iterable[Record]) -> None:
        ids = [record.pk for record in records]
        self._of: dict[int | None, list[Link]] = {}
        for link in Link.objects.filter(Q(bigin__in=ids) | Q(books__in=ids)).exclude(state=Link.State.REFUSED):
            self.add(link)

    def add(self, link: Link) -> None:
        for pk in {link.bigin_id, link.books_id}:
            self._of.setdefault(pk, []).append(link)

    def holds(self, kind: str, bigin: Record, books: Record) -> bool:
        return any(link.books_id == books.pk and link.kind == kind for link in self._of.get(bigin.pk, ()))

    def rivals(self, kind: str, state: str, bigin: Record, books: Record) -> bool:
        """Whether another pair stands in the way: of two that rest, only one could be taken up again. A person beside
        a contact's customer, and that customer, do not disturb each other."""
        around = (*self._of.get(bigin.pk, ()), *self._of.get(books.pk, ()))
        if state == Link.State.RETIRED:
            return any(link.state == state and link.kind == kind for link in around)
        return any(
            link.state != Link.State.RETIRED
            and (link.books_id == books.pk or link.kind == kind or Link.State.BESIDE not in (state, link.state))
            for link in around
        )


def _store(installation: Installation, made: Sequence[tuple[int, Line, Link]], result: ImportResult) -> None:
    """A run that pairs at the same time may have been faster: its pair stays, and the line is refused."""
    Link.objects.bulk_create([link for _, _, link in made], ignore_conflicts=True)
    rows = Link.objects.filter(installation=installation, bigin__in=[link.bigin_id for _, _, link in made])
    there = set(rows.exclude(state=Link.State.REFUSED).values_list("kind", "bigin", "books"))
    for number, line, link in made:
        if (link.kind, link.bigin_id, link.books_id) not in there:
            result.refuse(number, f"{line.bigin_name or line.bigin_id} is linked to another record.")
        elif link.state == Link.State.RETIRED:
            result.resting += 1
        else:
            result.linked += 1
    persons.to_read([link.books_id for _, _, link in made if link.kind == Kind.CONTACT_CUSTOMER])
    _settle([pk for _, _, link in made for pk in (link.bigin_id, link.books_id) if link.state != Link.State.RETIRED])


def _settle(ids: Sequence[int | None]) -> None:
    """What was open about records that were read before is answered; their contents are compared by the next run."""
    Issue.objects.filter(record__in=ids, link=None, state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=_FROM_FILE
    )
    Record.objects.filter(pk__in=ids).exclude(fingerprint="").update(dirty=True)
