"""A contact changed its company: its person is made below the new customer, deleted below the old one, and only then
given its e-mail, which Books may refuse while it is in use (rules 5.6). Each step is moved by compare-and-set.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sync import bodies, details, mirror, outbox, removal, send_books, settle, sources
from sync.creation import PARENT
from sync.fields import bare, shown
from sync.models import Link, Record, Write
from sync.work import Stopped, Work
from zoho.errors import Rejected

CREATE, DELETE, MAIL = "create", "delete", "mail"
_MISSING = frozenset({"1002", "2006"})


def send(work: Work, write: Write) -> None:
    """One claimed move, from the step it stands at to its end. Network between the steps."""
    if write.link.books is None:
        outbox.reject(work, write, "gone", "Its counterpart in Books is gone.", "Sync again.")
        return
    if write.step == CREATE:
        _create(work, write)
    if write.step == DELETE:
        _delete(work, write)
    if write.step == MAIL:
        _mail(work, write)


def _create(work: Work, write: Write) -> None:
    fields = {name: value for name, value in write.fields.items() if name != "email"}
    person = work.patiently(lambda: work.books.create_person(str(write.source[PARENT]), bodies.person_body(fields)))
    _step(write, CREATE, DELETE, new=str(person["contact_person_id"]))


def _delete(work: Work, write: Write) -> None:
    old = write.link.books
    if old is None:
        return
    removal.hand_over_primary(work, old)
    try:
        send_books.then(work, lambda: work.books.delete_person(_before(write, "person")))
    except Rejected as error:
        if error.code not in _MISSING:
            _take_back(work, write)
            raise
    _step(write, DELETE, MAIL)


def _take_back(work: Work, write: Write) -> None:
    """The old person has to stay, so the new one goes again: a person never stands in Books twice."""
    try:
        send_books.then(work, lambda: work.books.delete_person(_before(write, "new")))
    except Rejected as error:
        if error.code not in _MISSING:
            raise
    _step(write, DELETE, CREATE)


def _mail(work: Work, write: Write) -> None:
    new, customer_id = _before(write, "new"), str(write.source[PARENT])
    email = write.fields.get("email")
    if email:
        send_books.then(work, lambda: work.books.update_person(new, {"email": email}))
    detail = send_books.then(work, lambda: work.books.contact(customer_id))
    person = next((one for one in sources.persons_of(detail or {}) if str(one["contact_person_id"]) == new), None)
    if detail is None or person is None:
        outbox.reject(work, write, "gone", "The moved person is not in Books any more.", "Sync again.")
        return
    requested_at = work.clock.now()
    customer = sources.books_customer(work.shape, detail, detailed=True)
    seen = sources.books_person(work.shape, person, customer_id, customer.modified_at)
    with transaction.atomic():
        _swap(work, write, seen)
        details.store_customer(work.shape, detail, requested_at)


def _swap(work: Work, write: Write, seen: sources.Seen) -> None:
    """The link goes from the old person to the new one; the old record is gone by our own hand."""
    old = Record.objects.select_for_update().get(books_links=write.link)
    settle.done(work, write, seen)
    if old.gone_at is None:
        mirror.gone(old, "ours")


def is_known(work: Work, write: Write) -> bool:
    """After a lost answer: whether the step that it stands at by then may simply be sent. Network.

    Deleting and mailing may be repeated; a create is looked for, and its absence is not believed here.
    """
    if write.step != CREATE:
        return True
    found = _already_there(work, write)
    if found:
        _step(write, CREATE, DELETE, new=found)
    return bool(found)


def _already_there(work: Work, write: Write) -> str:
    """The id of a person below the new customer that has the name, no e-mail and no link, and was not there when the
    move was planned: ours."""
    known = frozenset((write.before or {}).get("known", ()))
    detail = work.patiently(lambda: work.books.contact(str(write.source[PARENT])))
    name = bare(shown(write.fields.get("name")))
    for person in sources.persons_of(detail or {}):
        person_id = str(person["contact_person_id"])
        told = bare(f"{person.get('first_name') or ''}{person.get('last_name') or ''}")
        linked = Link.objects.filter(books__remote_id=person_id, installation=work.shape.installation).exclude(
            state__in=Link.DEAD
        )
        if told == name and person_id not in known and not person.get("email") and not linked.exists():
            return person_id
    return ""


def _before(write: Write, name: str) -> str:
    return str((write.before or {})[name])


def _step(write: Write, old: str, new_step: str, **kept: Any) -> None:
    """By compare-and-set; raises Stopped when another process moved it meanwhile."""
    before = {**(write.before or {}), **kept}
    moved = Write.objects.filter(pk=write.pk, step=old).update(step=new_step, before=before)
    if not moved:
        raise Stopped
    write.step, write.before = new_step, before
