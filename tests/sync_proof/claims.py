"""What the two sides of a pair may hold in one field, by what people wrote, when, and the policies in force."""

from __future__ import annotations

from collections.abc import Iterable

from tests.sync_proof.ledger import Agreed, Cell, Event, Ledger, Pair, module_of
from tests.sync_proof.values import FIELDS, Field, agree

Held = tuple[str, str]


def allowed(ledger: Ledger, pair: Pair, one: Field) -> list[Held] | None:
    """What Bigin and Books may hold; None where nobody ever wrote anything: then they must be alike, and that is all.
    Empty: a person is to be asked."""
    known = ledger.agreed.get((pair.link.pk, one.name))
    starts = [known] if known is not None else _made_from(ledger, pair, one)
    if not starts:
        return _first_meeting(ledger, pair, one, *_newest(ledger, pair, one, -1))
    found: list[Held] = []
    for start in starts:
        found += _outcome(ledger, pair, one, start, *_newest(ledger, pair, one, start.order))
    return found


def _outcome(
    ledger: Ledger, pair: Pair, one: Field, known: Agreed, left: Event | None, right: Event | None
) -> list[Held]:
    """Of a field that was in step, and what was written since."""
    left = left if left and not agree(left.value, known.bigin) else None
    right = right if right and not agree(right.value, known.books) else None
    if one.of_books:
        # After an undo the two differ until somebody writes.
        return _both(right.value if right else known.books) if left or right else [(known.bigin, known.books)]
    if left and right:
        return _contest(ledger, pair, one, left, right)
    winner = left or right
    if winner is None:
        return [(known.bigin, known.books)]
    return _both(winner.value) if winner.value or not one.asks else []


def _both(*values: str) -> list[Held]:
    return [(value, value) for value in values]


def _newest(ledger: Ledger, pair: Pair, one: Field, since: int) -> tuple[Event | None, Event | None]:
    """What was written on each side since; who stands below another customer by now took along what it had."""
    left, right = pair.cells(one.name)
    seats = ledger.occupants.get(pair.link.pk, []) if pair.books[0] == "person" else []
    rights: list[Cell] = [right, *(("person", seat, one.name) for seat in seats if seat != right[1])]
    return _last(ledger, [left], since), _last(ledger, rights, since)


def _last(ledger: Ledger, cells: Iterable[Cell], since: int, until: int | None = None) -> Event | None:
    events = [event for cell in cells for event in ledger.events.get(cell, []) if event.order > since]
    found = [event for event in events if until is None or event.order <= until]
    return max(found, key=lambda event: event.order, default=None)


def _made_from(ledger: Ledger, pair: Pair, one: Field) -> list[Agreed]:
    """Of a pair whose one record the sync made from the other: in step with what that held when it was made."""
    left, right = pair.cells(one.name)
    keys = [key for key in (left[:2], right[:2]) if key in ledger.ours]
    made = max(keys, key=lambda key: ledger.born[key], default=None)
    own, its = (pair.bigin, pair.books) if made == left[:2] else (pair.books, pair.bigin)
    # or linked by hand with another one since
    if made is None or ledger.firsts.get(own) != its or _was_brought_along(ledger, pair):
        return []
    born, source = ledger.born[made], right if made == left[:2] else left
    former = ledger.former.get(pair.link.pk)
    if former is not None and source == left and (before := ledger.agreed.get((former.link.pk, one.name))):
        # Its record had another pair until then, and was brought into step with that first, unless somebody ended it.
        mine = _last(ledger, [left], before.order, born)
        there = [] if ledger.was_replaced(former) else [former.cells(one.name)[1]]
        other = _last(ledger, there, before.order, born)
        held = _outcome(ledger, pair, one, before, mine, other)
        return [Agreed(born, value, value) for value, _ in held]
    last = _last(ledger, [source], -1, born)
    return [Agreed(born, last.value, last.value)] if last is not None else []


def _was_brought_along(ledger: Ledger, pair: Pair) -> bool:
    """Made from a person that somebody linked the contact with, and that moved below the contact's customer."""
    return pair.link.pk in ledger.by_hand and ledger.occupants.get(pair.link.pk, [pair.books[1]])[0] != pair.books[1]


def _first_meeting(
    ledger: Ledger, pair: Pair, one: Field, left: Event | None, right: Event | None
) -> list[Held] | None:
    """Empty never erases; of two contents that of Bigin stands, but in Contacts mode nothing is overwritten until
    somebody writes once more (rules 3.2, design section 4)."""
    if left is None or right is None:
        found = left or right
        return _both(found.value) if found else None
    if agree(left.value, right.value):
        return [(left.value, right.value)]
    if not left.value or not right.value:
        return _both(left.value or right.value)
    if one.of_books:
        return _both(right.value)
    modes = {choice.mode for choice in ledger.since(max(left.order, right.order))}
    if pair.link.kind != "contact-customer" or "contacts" not in modes:
        return _both(left.value)
    return [(left.value, right.value), *_both(left.value, right.value)]


def _contest(ledger: Ledger, pair: Pair, one: Field, left: Event, right: Event) -> list[Held]:
    if agree(left.value, right.value):
        return [(left.value, right.value)]
    if one.asks:
        return [] if left.value and right.value else _both(left.value or right.value)
    choices = ledger.since(max(left.order, right.order), module_of(pair.bigin[0]))
    found: list[Held] = []
    for policy in {choice.policy for choice in choices}:
        if policy in ("bigin", "books"):
            found += _both(left.value if policy == "bigin" else right.value)
        elif policy == "newest":
            found += _both(*(event.value for event in _latest(ledger, left, right)))
    return found


def _latest(ledger: Ledger, left: Event, right: Event) -> list[Event]:
    """By when each was first seen: of two that no reading lies between, either; nor is read what another mode leaves
    out."""
    modes = {choice.mode for choice in ledger.since(min(left.order, right.order))}
    if left.looks == right.looks or len(modes) > 1:
        return [left, right]
    return [max(left, right, key=lambda event: event.looks)]


def compare(ledger: Ledger) -> None:
    """After a run: remembers what is in step. In step on a value that nobody wanted is wrong at any time."""
    for pair in ledger.pairs():
        for one in FIELDS[pair.link.kind]:
            held = pair.held(one.name)
            if one.bigin in ledger.unmapped or not agree(*held):
                continue
            if not may_hold(wanted := allowed(ledger, pair, one), held):
                ledger.say("lost:", pair.link.kind, one.name, pair.bigin, "both are", held[0], "and not", wanted)
            ledger.settle(pair, one, held)


def may_hold(wanted: list[Held] | None, held: Held) -> bool:
    if wanted is None:
        return agree(*held)
    return any(agree(held[0], left) and agree(held[1], right) for left, right in wanted)
