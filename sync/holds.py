"""What a person is asked about a record that stands alone, in words (rules 1.3, 3.1, 5.1). No queries.

When it is asked is decided by `sync/pairing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.candidates import Likeness, Strength
from sync.models import Issue, Record, Side
from sync.outcomes import Hold

MOST_SHOWN = 5
HERE: Mapping[str, str] = {Side.BIGIN: "Bigin", Side.BOOKS: "Books"}
ENDED_PAIR = "ended_pair"  # code: who looks the same is what a deletion on this side has left


def hold(record: Record, found: Sequence[tuple[Record, Likeness]], code: str) -> Hold:
    """`found`: best first."""
    here = HERE[record.side]
    there = HERE[Side.BOOKS if record.side == Side.BIGIN else Side.BIGIN]
    names = ", ".join(f"{candidate.label} ({like.why})" for candidate, like in found[:MOST_SHOWN])
    reasons = {
        "possible_duplicate": f"{there} may have it already: {names}.",
        "candidates": f"More than one record in {there} may be the same: {names}.",
        "rivals": f"More than one record in {here} looks like {names}.",
        ENDED_PAIR: f"{there} has it already: {names}. What that was paired with in {here} was deleted.",
    }
    return Hold(
        record,
        Issue.Kind.DUPLICATE,
        code,
        reasons[code],
        "Link the right one, or create a new record anyway.",
        {"candidates": [_shown(candidate, like) for candidate, like in found[:MOST_SHOWN]]},
    )


def inactive(bigin: Record, books: Record) -> Hold:
    name = f"{bigin.label} (Customer)"
    return Hold(
        bigin,
        Issue.Kind.DUPLICATE,
        "inactive_namesake",
        f"An inactive customer of Books is called {books.label!r}; nothing is written to it.",
        f"Make it active in Books and link it, or create this one as {name!r}.",
        {
            "candidates": [_shown(books, Likeness(Strength.STRONG, 90, "same name, inactive"))],
            "suggested_name": name,
        },
    )


def reserved(record: Record) -> Hold:
    return Hold(
        record,
        Issue.Kind.DUPLICATE,
        "reserved_name",
        f"A vendor or an inactive customer of Books is called {record.label!r}; nothing is written to it.",
        f"Create it as {record.label + ' (Customer)'!r}, or choose another name.",
        {"suggested_name": f"{record.label} (Customer)"},
    )


def deleted_before(record: Record, contact: Record) -> Hold:
    return Hold(
        record,
        Issue.Kind.DUPLICATE,
        "contact_deleted",
        f"{contact.label} was its contact in another mode and was deleted in Bigin; it is not created again unasked.",
        "Create it anyway, link it to another contact, or leave it.",
        {"deleted": contact.remote_id},
    )


def _shown(candidate: Record, like: Likeness) -> dict[str, object]:
    return {
        "record": candidate.pk,
        "id": candidate.remote_id,
        "label": candidate.label,
        "score": like.score,
        "why": like.why,
    }
