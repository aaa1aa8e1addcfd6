"""Planning, pure: what two mirrored records, their bases and the policies make of each other.

No database, no network, no clock. `sync/planner.py` turns the results into outbox rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from sync.fields import Fields, Value, canonical, name_parts, same, shown, spoken
from sync.mapping import GUARDED, NAME_LIMITS, Direction, Kind, Row

SideName: TypeAlias = Literal["bigin", "books"]
# How a pair without bases is brought together: Bigin's values win (Overwrite, and a pair linked by hand: neither side
# was edited, so there is no conflict to decide), only gaps are filled (Contacts mode), or as the policies say (a field
# mapped later).
First: TypeAlias = Literal["bigin", "fill", "policy"]


@dataclass(frozen=True)
class SideState:
    """One record: its values, its base per field, and when each present value was first seen (ISO, UTC)."""

    fields: Fields
    base: Fields = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """`picklists` holds, per Books or Bigin field of a picklist, what the other side's list offers."""

    default: str = "newest"
    first: First = "policy"
    picklists: Mapping[tuple[SideName, str], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """Both sides changed one field and a person is to choose (policy ask). `base` is the last common value, if any."""

    row: Row
    bigin: Value
    books: Value
    base: Value


@dataclass(frozen=True)
class Refusal:
    """A change of one field that is not carried; the record's other fields are."""

    code: str
    field: str
    reason: str


@dataclass(frozen=True)
class Lost:
    """A value that lost to the other side's by policy; Activity keeps it (rules 4.4)."""

    row: Row
    winner: SideName
    value: Value


@dataclass(frozen=True)
class Merge:
    """What one pair needs: values to send to each side, values to remember as bases at once, what a person must see."""

    to_bigin: Mapping[str, Value] = field(default_factory=dict)
    to_books: Mapping[str, Value] = field(default_factory=dict)
    bigin_base: Mapping[str, Value] = field(default_factory=dict)
    books_base: Mapping[str, Value] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return self == Merge()


def changes(rows: Iterable[Row], side: SideName, state: SideState) -> dict[str, Value]:
    """The side's fields that differ from its base. Unknown fields are no change; without a base, any value is one."""
    names = {row.bigin if side == "bigin" else row.books for row in rows}
    return {
        name: state.fields[name]
        for name in names
        if name in state.fields and (name not in state.base or state.base[name] != state.fields[name])
    }


@dataclass
class _Draft:
    to_bigin: dict[str, Value] = field(default_factory=dict)
    to_books: dict[str, Value] = field(default_factory=dict)
    bigin_base: dict[str, Value] = field(default_factory=dict)
    books_base: dict[str, Value] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    def agree(self, row: Row, bigin: Value, books: Value) -> None:
        self.bigin_base[row.bigin] = bigin
        self.books_base[row.books] = books

    def push(self, row: Row, side: SideName, value: Value) -> None:
        if side == "bigin":
            self.to_bigin[row.bigin] = value
        else:
            self.to_books[row.books] = value

    def frozen(self) -> Merge:
        return Merge(
            self.to_bigin,
            self.to_books,
            self.bigin_base,
            self.books_base,
            tuple(self.clashes),
            tuple(self.refusals),
            tuple(self.lost),
        )


def merge(rows: Iterable[Row], bigin: SideState, books: SideState, policies: Policies) -> Merge:
    """Three-way, field by field: each side against its own base."""
    draft = _Draft()
    for row in rows:
        if row.bigin in bigin.fields and row.books in books.fields:
            _merge_row(draft, row, bigin, books, policies)
    return draft.frozen()


def _merge_row(draft: _Draft, row: Row, bigin: SideState, books: SideState, policies: Policies) -> None:
    left, right = bigin.fields[row.bigin], books.fields[row.books]
    based = row.bigin in bigin.base and row.books in books.base
    left_changed = not based or bigin.base[row.bigin] != left
    right_changed = not based or books.base[row.books] != right
    if not left_changed and not right_changed:
        return
    if same(left, right):
        draft.agree(row, left, right)
        return
    if not based:
        _first_meeting(draft, row, bigin, books, policies)
        return
    winner = _winner(row, left_changed, right_changed)
    if winner is None:
        _both_changed(draft, row, bigin, books, policies)
        return
    _carry(draft, row, winner, left, right, books.base[row.books] if winner == "bigin" else bigin.base[row.bigin])


def _winner(row: Row, left_changed: bool, right_changed: bool) -> SideName | None:
    """The side whose change goes through without a contest; None when both changed and both may."""
    if row.direction is Direction.TO_BOOKS:
        return "bigin"
    if row.direction is Direction.TO_BIGIN:
        return "books"
    if left_changed and right_changed:
        return None
    return "bigin" if left_changed else "books"


def _carry(draft: _Draft, row: Row, winner: SideName, left: Value, right: Value, target_base: Value) -> None:
    """The winner's value goes to the other side, unless it would clear what must not be cleared (rules 4.2)."""
    value, target = (left, right) if winner == "bigin" else (right, left)
    loser: SideName = "books" if winner == "bigin" else "bigin"
    if value is None and target_base is not None and is_guarded(row):
        name = row.bigin if winner == "bigin" else row.books
        where = "Bigin" if winner == "bigin" else "Books"
        reason = f"{spoken(name)} was emptied in {where}; {shown(target)!r} on the other side is kept."
        draft.refusals.append(Refusal("cleared", name, reason))
        return
    draft.push(row, loser, value)


def _first_meeting(draft: _Draft, row: Row, bigin: SideState, books: SideState, policies: Policies) -> None:
    """Without a base empty never erases; two contents meet as `policies.first` says."""
    left, right = bigin.fields[row.bigin], books.fields[row.books]
    if left is None:
        _fill(draft, row, "bigin", right, left, right)
        return
    if right is None:
        _fill(draft, row, "books", left, left, right)
        return
    if row.direction is not Direction.BOTH:
        draft.push(row, "books" if row.to_books else "bigin", left if row.to_books else right)
        return
    if policies.first == "bigin":
        draft.push(row, "books", left)
        draft.lost.append(Lost(row, "bigin", right))
        return
    if policies.first == "fill":
        draft.agree(row, left, right)
        return
    _both_changed(draft, row, bigin, books, policies)


def _fill(draft: _Draft, row: Row, side: SideName, value: Value, left: Value, right: Value) -> None:
    if row.to_bigin if side == "bigin" else row.to_books:
        draft.push(row, side, value)
        return
    draft.agree(row, left, right)


def _both_changed(draft: _Draft, row: Row, bigin: SideState, books: SideState, policies: Policies) -> None:
    left, right = bigin.fields[row.bigin], books.fields[row.books]
    if is_guarded(row) and (left is None or right is None):
        # One side emptied what must not be empty while the other wrote to it: the content wins without a question.
        draft.push(row, "bigin" if left is None else "books", right if left is None else left)
        return
    policy = row.policy or ("ask" if is_guarded(row) else policies.default)
    if policy == "ask":
        draft.clashes.append(Clash(row, left, right, bigin.base.get(row.bigin)))
        return
    winner = _by_policy(row, policy, bigin.seen, books.seen)
    draft.push(row, "books" if winner == "bigin" else "bigin", left if winner == "bigin" else right)
    draft.lost.append(Lost(row, winner, right if winner == "bigin" else left))


def _by_policy(row: Row, policy: str, left_seen: Mapping[str, str], right_seen: Mapping[str, str]) -> SideName:
    if policy == "bigin":
        return "bigin"
    if policy == "books":
        return "books"
    # "newest" compares when each new content was first seen; a tie, both seen by one look, goes to Bigin.
    return "books" if right_seen.get(row.books, "") > left_seen.get(row.bigin, "") else "bigin"


def is_guarded(row: Row) -> bool:
    return row.books in GUARDED[row.kind]


# What becomes of a pair


class Presence(StrEnum):
    HERE = "here"
    RECYCLED = "recycled"  # deleted in Bigin, seen in the bin first
    PERMANENT = "permanent"  # first seen as removed for good: a suspected merge (rules 5.3)
    VANISHED = "vanished"  # a GET in Books said so


@dataclass(frozen=True)
class PairState:
    """One link as the planner sees it."""

    bigin: Presence
    books: Presence
    in_scope: bool = True
    closed: bool = False
    caused_by_us: bool = False  # our own delete made it disappear
    followed: bool = False  # closed by a deletion in Bigin that its counterpart followed
    child_of_deleted: bool = False  # Bigin deleted it along with its company
    moved_to: str = ""  # the other company a contact now belongs to


@dataclass(frozen=True)
class Nothing:
    reason: str = ""


@dataclass(frozen=True)
class Compare:
    """Both are here: `merge` says what to do."""


@dataclass(frozen=True)
class Close:
    reason: str
    code: str = ""


@dataclass(frozen=True)
class Reopen:
    anew: bool = False  # its counterpart had been deleted with it, so the restored record stands alone


@dataclass(frozen=True)
class Remove:
    """Delete or inactivate the other side, as the delete policy says (rules 5.2)."""

    side: SideName
    how: Literal["delete", "inactive"]


@dataclass(frozen=True)
class Move:
    to: str


@dataclass(frozen=True)
class Suspect:
    """A merge in Bigin: never propagated (rules 5.3)."""


Verdict: TypeAlias = Nothing | Compare | Close | Reopen | Remove | Move | Suspect


def decide(pair: PairState, delete_policy: str) -> Verdict:
    both_here = pair.bigin is Presence.HERE and pair.books is Presence.HERE
    if pair.closed:
        if pair.followed and pair.bigin is Presence.HERE and pair.books is Presence.VANISHED:
            return Reopen(anew=True)
        return Reopen() if both_here else Nothing("closed")
    if pair.books is Presence.VANISHED:
        return Close("It was deleted in Books.", "" if pair.caused_by_us else "vanished")
    if pair.bigin is not Presence.HERE:
        return _deleted_in_bigin(pair, delete_policy)
    if not pair.in_scope:
        return Nothing("out_of_scope")
    return Move(pair.moved_to) if pair.moved_to else Compare()


def _deleted_in_bigin(pair: PairState, delete_policy: str) -> Verdict:
    if pair.caused_by_us:
        return Close("We deleted it in Bigin.")
    if not pair.in_scope:
        return Close("It was deleted in Bigin after it had left the chosen list views.", "left_view")
    if pair.bigin is Presence.PERMANENT:
        return Suspect()
    if delete_policy == "keep":
        return Close("It was deleted in Bigin; your settings keep its counterpart in Books.", "kept")
    return Remove("books", "inactive" if delete_policy == "inactive" else "delete")


# Creating


@dataclass(frozen=True)
class Skip:
    """Why a record is not kept in step, as a stable code and in plain words."""

    code: str
    reason: str
    advice: str = ""


def too_long(kind: Kind, side: SideName, values: Fields) -> Skip | None:
    """Names are never cut to a limit (rules 4.1)."""
    for name, limits in NAME_LIMITS[kind].items():
        value = values.get(name)
        if not isinstance(value, str):
            continue
        parts = name_parts(value) if len(limits) == 2 else (value,)
        for part, limit in zip(parts, limits, strict=True):
            if len(part) > limit:
                where = "Bigin" if side == "bigin" else "Books"
                return Skip(
                    "name_too_long",
                    f"{shown(value)[:60]}… has {len(part)} characters; {where} takes {limit}.",
                    "Shorten the name on either side.",
                )
    return None


def picklist_gap(rows: Iterable[Row], side: SideName, values: Fields, policies: Policies) -> Skip | None:
    """A value the target's list lacks skips the record (rules 4.5)."""
    for row in rows:
        name = row.bigin if side == "bigin" else row.books
        offered = policies.picklists.get((side, name))
        value = values.get(name)
        if offered is not None and isinstance(value, str) and value not in offered:
            where = "Bigin" if side == "bigin" else "Books"
            return Skip(
                "picklist",
                f"The list {spoken(name)} in {where} does not offer {value!r}.",
                f"Add {value!r} to that list, or choose another value.",
            )
    return None


def person_name(name: Value, email: Value) -> Value:
    """Neither first nor last name: the local part of the e-mail; None when there is none either (rules 4.1)."""
    if name:
        return name
    if isinstance(email, str) and "@" in email:
        return canonical_text(email.partition("@")[0])
    return None


def canonical_text(text: str) -> str | None:
    squeezed = " ".join(text.split())
    return squeezed or None


def first_values(rows: Iterable[Row], fields: Fields, side: SideName) -> dict[str, Value]:
    """What a new record on `side` starts with; direction does not matter, because nothing is overwritten."""
    values: dict[str, Value] = {}
    for row in rows:
        source, target = (row.books, row.bigin) if side == "bigin" else (row.bigin, row.books)
        if fields.get(source) is not None:
            values[target] = canonical(row.type, fields[source])
    return values
