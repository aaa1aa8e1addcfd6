"""The lines of the file in which pairs and decisions survive a Delete and a new Setup (rules 5.8): written, read and
checked. What a line brings back is in `sync/pairs_file.py`. Database only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.db.models import Q

from accounts.models import Installation
from sync.mapping import Kind
from sync.models import Decision, Link, Side

PAIR, ENDED, RESTING = "pair", "ended", "resting"
AS_SUCH = (Link.State.APART, Link.State.BESIDE)  # told by their own names
_CHUNK = 500
_LONGEST_ID = 40

_COLUMNS = (
    "kind",
    "bigin__remote_id",
    "books__remote_id",
    "bigin__label",
    "books__label",
    "bigin__parent_id",
    "books__meta__sub_type",
    "cause",
)


class NotTaken(ValueError):
    """This line brings nothing back; the message says why."""


@dataclass(frozen=True)
class Line:
    """One line as it is written: `kind` is empty for a decision on two ids. What comes after the names is newer than
    the oldest files: which kind of link may use the two, why the pair ended, and which side has its record no more."""

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
    cause: str = ""
    gone: str = ""


HEAD = tuple(item.name for item in fields(Line))
_NEEDED = frozenset(HEAD[:6])


# Out


def pairs_csv(installation: Installation) -> Iterator[str]:
    """Lines of the file: pairs, those that ended or rest with their mode too, then decisions on pairs of ids."""
    yield _written(HEAD)
    orgs = (installation.bigin_org_id, installation.books_org_id or "")
    states = (Link.State.LINKED, Link.State.CLOSED, Link.State.RETIRED, *AS_SUCH)
    rows = Link.objects.filter(_stands(Side.BIGIN) | _stands(Side.BOOKS), installation=installation, state__in=states)
    columns = ("state", "bigin__gone_at", "books__gone_at", *_COLUMNS)
    for state, left_at, right_at, *cells in rows.order_by("pk").values_list(*columns).iterator(_CHUNK):
        _kind, left, right, *_names = cells
        gone = _gone(left, right, left_at, right_at)
        yield _written((_named(state, gone), *orgs, *(cell or "" for cell in cells), gone))
    for decision in Decision.objects.filter(installation=installation).order_by("pk").iterator(_CHUNK):
        yield _written((decision.verdict, *orgs, "", decision.bigin_id, decision.books_id))


def _stands(side: Side) -> Q:
    return Q(**{f"{side}__isnull": False, f"{side}__gone_at": None})


def _gone(left: str | None, right: str | None, left_at: datetime | None, right_at: datetime | None) -> str:
    """The side whose record is not there; "" where both stand."""
    if left is None or left_at is not None:
        return Side.BIGIN.value
    return Side.BOOKS.value if right is None or right_at is not None else ""


def _named(state: str, gone: str) -> str:
    if state in (Link.State.LINKED, Link.State.CLOSED):  # the deletion of one may still be on its way
        return ENDED if gone else PAIR
    return RESTING if state == Link.State.RETIRED else state


def _written(cells: Sequence[str]) -> str:
    """One line of text, whatever a name holds: each line is read by itself."""
    held = io.StringIO()
    csv.writer(held).writerow([_harmless(" ".join(cell.splitlines())) for cell in cells])
    return held.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet must not run a name as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


# In


def read(head: Sequence[str], text: str, installation: Installation) -> Line:
    """Raises NotTaken where the line cannot be what it says."""
    cells = split(text)
    line = Line(**{name: cell.strip() for name, cell in zip(head, cells, strict=False) if name in HEAD})
    _check(installation, line)
    return line


def split(text: str) -> list[str]:
    """One line by itself, so that a quote which is never closed takes no other line along."""
    if "\x00" in text:
        raise NotTaken("it holds a character that no name has.")
    try:
        return next(csv.reader([text.strip("\ufeff\r\n")], strict=True))
    except csv.Error as error:
        raise NotTaken(f"it is not a line of such a file ({error}).") from error


def head_of(cells: Sequence[str]) -> list[str]:
    head = [cell.strip() for cell in cells]
    if not _NEEDED.issubset(head):
        raise NotTaken("this is not the file of pairs that is downloaded here.")
    return head


def _check(installation: Installation, line: Line) -> None:
    if (line.bigin_org, line.books_org) != (installation.bigin_org_id, installation.books_org_id or ""):
        raise NotTaken("it belongs to other organisations.")
    for side, cell in ((Side.BIGIN, line.bigin_id), (Side.BOOKS, line.books_id)):
        is_missing = not cell and line.kind and line.gone == side
        if not is_missing and not (cell.isascii() and cell.isdigit() and len(cell) <= _LONGEST_ID):
            raise NotTaken("an id is missing or malformed.")
    if not line.kind and line.what in Decision.Verdict.values:  # "apart" with a kind is a pair that was unlinked
        return
    if line.what not in (PAIR, ENDED, RESTING, *AS_SUCH) or line.kind not in set(Kind):
        raise NotTaken("it says neither pair nor decision.")
    told = {PAIR: ("",), ENDED: Side.values}.get(line.what, ("", *Side.values))
    if line.gone not in told:
        raise NotTaken("it does not say as it should whose record is gone.")
    if line.what == Link.State.BESIDE and line.kind != Kind.CONTACT_PERSON:
        raise NotTaken("only a contact person stands beside another pair.")
