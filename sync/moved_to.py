"""Whom a contact that changed its company becomes in Books: who stands below the new customer already, and what a
person has that goes along. The steps of a move are in `sync/moves.py`. Database only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models.fields.json import KT

from sync import outbox, restore, sources, unlinked
from sync.candidates import Strength, likeness
from sync.fields import full_name, shown
from sync.mapping import Kind
from sync.models import Link, RecordKind, Side, Write
from sync.work import Work

DELETE = "delete"  # the step at which a move has made its person, and the old one still stands


def person_in(detail: sources.RemoteRow | None, person_id: str) -> sources.RemoteRow | None:
    people = sources.persons_of(detail or {})
    return next((one for one in people if str(one.get("contact_person_id")) == person_id), None)


def name_of(person: sources.RemoteRow) -> str:
    return shown(full_name(person.get("first_name"), person.get("last_name")))


def own(person: sources.RemoteRow) -> dict[str, Any]:
    """All that Books takes back as it gave it, as JSON takes it."""
    return restore.of_person(sources.plain(person))


def names(person: sources.RemoteRow) -> dict[str, str]:
    """As they are divided there, which one name does not tell."""
    return {name: str(person[name]) for name in ("first_name", "last_name") if person.get(name)}


def is_held(work: Work, person_id: str, but: Link | None = None) -> bool:
    rows = Link.objects.filter(installation=work.shape.installation, books__remote_id=person_id)
    rows = rows.filter(books__kind=RecordKind.PERSON).exclude(state__in=Link.DEAD)
    return (rows.exclude(pk=but.pk) if but else rows).exists()


def alike(work: Work, write: Write, old: sources.RemoteRow, there: sources.RemoteRow) -> list[sources.RemoteRow]:
    """Who stands below the new customer already, belongs to no pair and is surely the same: never by name alone, and
    never one that a person told apart (rules 3.1, 3.3)."""
    installation, contact = work.shape.installation, write.link.bigin
    told = unlinked.decisions(installation, Side.BIGIN, [contact]) if contact is not None else {}
    apart = told.get(contact.remote_id, {}) if contact is not None else {}
    mine = sources.books_person(work.shape, old, "", None).keys
    found = {str(one["contact_person_id"]): one for one in sources.persons_of(there) if _is_same(work, mine, one)}
    _no_contacts_of(work, found)
    return [one for person_id, one in found.items() if person_id not in apart and not is_held(work, person_id)]


def _is_same(work: Work, keys: Sequence[str], person: sources.RemoteRow) -> bool:
    its = sources.books_person(work.shape, person, "", None).keys
    return likeness(Kind.CONTACT_PERSON, keys, its).strength is Strength.STRONG


def _no_contacts_of(work: Work, person_ids: Iterable[str]) -> None:
    """In this very run they may have been taken for new people, whom Bigin is to get: not sent yet, given up."""
    halves = Link.objects.filter(
        installation=work.shape.installation,
        kind=Kind.CONTACT_PERSON,
        books__remote_id__in=list(person_ids),
        state=Link.State.HALF,
    )
    with transaction.atomic():
        outbox.give_up(list(halves.values_list("pk", flat=True)), "A contact that moves may be this person.")


def left_over(work: Work, write: Write, there: sources.RemoteRow) -> sources.RemoteRow | None:
    """Whom an earlier move of this pair had to leave below this customer (`sync/moves.py`): free to go on with."""
    moves = Write.objects.filter(link=write.link, op=Write.Op.MOVE, state=Write.State.REJECTED, step=DELETE)
    ids = moves.annotate(new=KT("before__new")).values_list("new", flat=True)
    for person in filter(None, (person_in(there, person_id) for person_id in ids)):
        closed = Link.objects.filter(
            installation=work.shape.installation,
            books__remote_id=str(person["contact_person_id"]),
            bigin=None,
            state=Link.State.CLOSED,
        )
        if closed.update(state=Link.State.REFUSED):
            return person
    return None


def takes_its_place(work: Work, fields: Mapping[str, Any], person: sources.RemoteRow, *, ours: bool) -> dict[str, Any]:
    """Of a new person. What is kept in step is as the contact has it; other gaps are filled."""
    held = own(person)
    wanted = work.shape.wanted(RecordKind.PERSON)
    owed = {
        name: value
        for name, value in fields.items()
        if name != "email" and value != held.get(name) and (name in wanted or name not in held)
    }
    kept = {} if ours else {"adopted": sources.plain(person)}
    return {"new": str(person["contact_person_id"]), "owed": owed, **kept}
