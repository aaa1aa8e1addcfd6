"""A contact changed its company: its person is made below the new customer, deleted below the old one, and only then
given its e-mail, which Books may refuse while it is in use (rules 5.6). Each step is moved by compare-and-set.

What the old person holds is read when the move begins and once more right before it is deleted: all that Books takes
back goes along, mapped or not, and stays in the Write. Once a person was made, the move is finished or taken back,
whatever became of its pair (`outbox.UNDER_WAY`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from sync import bodies, details, issues, mirror, moved_to, outbox, removal, send_books, settle, sources, unreadable
from sync.creation import PARENT
from sync.fields import bare, shown
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.shape import MODULE_OF
from sync.work import Stopped, Work
from zoho.errors import Rejected

CREATE, DELETE, MAIL = outbox.FIRST_STEP, moved_to.DELETE, "mail"
_MISSING = frozenset({"1002", "2006"})
_GONE = "The moved person is not in Books any more."
_TAKEN = "The moved person was linked with another record meanwhile."


def send(work: Work, write: Write) -> None:
    """One claimed move, from the step it stands at to its end. Network between the steps."""
    if write.link.books is None:
        outbox.reject(work, write, "gone", "Its counterpart in Books is gone.", "Sync again.")
        return
    if write.step == CREATE and not _create(work, write):
        return
    if write.step == DELETE and not _delete(work, write, write.link.books):
        return
    _mail(work, write)


# The new person


def _create(work: Work, write: Write) -> bool:
    """False when the move ends here: it was taken back by what is read now, or a person is to decide."""
    if write.link.state != Link.State.LINKED:
        return _withdraw(write, "Its pair is not kept in step any more.")
    with unreadable.asking():
        old = moved_to.person_in(details.customer_detail(work, _before(write, "customer")), _before(write, "person"))
        there = details.customer_detail(work, str(write.source[PARENT]))
    if old is None or there is None:
        return _withdraw(write, "What it was planned from is gone; it is planned anew.")
    ours = _already_there(work, write, there)
    if ours:
        _step(write, CREATE, DELETE, new=ours)
        return True
    fields = moved_to.own(old)
    left = moved_to.left_over(work, write, there)
    alike = [left] if left is not None else moved_to.alike(work, write, old, there)
    if len(alike) > 1:
        _ask(work, write, alike)
        return False
    known = sorted(str(one["contact_person_id"]) for one in sources.persons_of(there))
    _note(write, fields, detail=sources.plain(old), known=known)
    if alike:
        _step(write, CREATE, DELETE, **moved_to.takes_its_place(work, fields, alike[0], ours=left is not None))
        return True
    body = {**bodies.person_body(fields), **moved_to.names(old)}
    body.pop("email", None)
    person = work.patiently(lambda: work.books.create_person(str(write.source[PARENT]), body))
    _step(write, CREATE, DELETE, new=str(person["contact_person_id"]))
    return True


def _ask(work: Work, write: Write, alike: Sequence[sources.RemoteRow]) -> None:
    names = ", ".join(f"{moved_to.name_of(one)} ({one['contact_person_id']})" for one in alike)
    outbox.reject(
        work,
        write,
        "candidates",
        f"More than one person of its new company in Books may be the same: {names}. It stays where it is.",
        "Delete the others in Books, then retry.",
    )


def is_known(work: Work, write: Write) -> bool:
    """After a lost answer: whether the step that it stands at by then may simply be sent. Network.

    Deleting and mailing may be repeated; a create is looked for, and its absence is not believed here.
    """
    if write.step != CREATE:
        return True
    with unreadable.asking():
        detail = work.patiently(lambda: work.books.contact(str(write.source[PARENT])))
    found = _already_there(work, write, detail or {})
    if found:
        _step(write, CREATE, DELETE, new=found)
    return bool(found)


def _already_there(work: Work, write: Write, there: sources.RemoteRow) -> str:
    """After a create was tried: the id of a person below the new customer that has the name, no e-mail and no link, and
    was not there before: ours."""
    known = (write.before or {}).get("known")
    if known is None:
        return ""
    name = bare(shown(write.fields.get("name")))
    for person in sources.persons_of(there):
        person_id = str(person["contact_person_id"])
        is_new = person_id not in known and not person.get("email")
        if is_new and bare(moved_to.name_of(person)) == name and not moved_to.is_held(work, person_id):
            return person_id
    return ""


# The old person


def _delete(work: Work, write: Write, old: Record) -> bool:
    """False when its pair was ended by hand meanwhile: then both sides are as they were before."""
    if write.link.state in (Link.State.APART, Link.State.REFUSED):
        _take_back(work, write)
        return _withdraw(write, "Its pair was ended by hand; what was begun is taken back.")
    with unreadable.asking():
        detail = details.customer_detail(work, _before(write, "customer"))
    present = moved_to.person_in(detail, _before(write, "person"))
    if present is not None:
        _catch_up(write, present)
        old.refresh_from_db(fields=["meta"])
        removal.hand_over_primary(work, old)
        _delete_old(work, write)
    _step(write, DELETE, MAIL)
    return True


def _catch_up(write: Write, present: sources.RemoteRow) -> None:
    """What somebody changed since the new person was made goes there too, at the last step."""
    before = write.before or {}
    fields = moved_to.own(present)
    if fields == write.fields:
        return
    changed = {name: fields.get(name) for name in sorted({*fields, *write.fields}) if name != "email"}
    late = {name: value for name, value in changed.items() if value != write.fields.get(name)}
    _note(write, fields, detail=sources.plain(present), owed={**before.get("owed", {}), **late})


def _delete_old(work: Work, write: Write) -> None:
    try:
        send_books.then(work, lambda: work.books.delete_person(_before(write, "person")))
    except Rejected as error:
        if error.code not in _MISSING:
            _take_back(work, write)
            raise


def _take_back(work: Work, write: Write) -> None:
    """The old person has to stay, so the new one goes again: a person never stands in Books twice. Who stood there
    before, or was linked by hand since, is not ours to delete."""
    new = _before(write, "new")
    if "adopted" not in (write.before or {}) and not moved_to.is_held(work, new):
        try:
            send_books.then(work, lambda: work.books.delete_person(new))
        except Rejected as error:
            if error.code not in _MISSING:
                _stays_too(work, write, new)
                raise
        _forget(work, new)
    _step(write, DELETE, CREATE)


def _forget(work: Work, person_id: str) -> None:
    with transaction.atomic():
        rows = Record.objects.select_for_update().filter(
            installation=work.shape.installation, kind=RecordKind.PERSON, remote_id=person_id, gone_at=None
        )
        for record in rows:
            mirror.gone(record, "ours", work.clock.now())


def _stays_too(work: Work, write: Write, person_id: str) -> None:
    """Neither of the two may be deleted: the new one gets a closed pair of its own, so that it is not taken for another
    person of Books and no second contact is made of it."""
    record, _ = Record.objects.get_or_create(
        installation=work.shape.installation,
        side=Side.BOOKS,
        kind=RecordKind.PERSON,
        remote_id=person_id,
        defaults={"parent_id": str(write.source[PARENT]), "label": shown(write.fields.get("name"))[:300]},
    )
    Link.objects.create(
        installation=work.shape.installation,
        kind=write.link.kind,
        books=record,
        state=Link.State.CLOSED,
        reason="A move left it there: Books let neither the old person go nor this one.",
    )


# Its e-mail, and the pair


def _mail(work: Work, write: Write) -> None:
    new, customer_id = _before(write, "new"), str(write.source[PARENT])
    refused = _write_rest(work, write, new)
    requested_at = work.clock.now()
    detail = send_books.then(work, lambda: work.books.contact(customer_id))
    person = moved_to.person_in(detail, new)
    if detail is None or person is None:
        _lost(work, write, _GONE)
        return
    customer = sources.books_customer(work.shape, detail, detailed=True)
    seen = sources.books_person(work.shape, person, customer_id, customer.modified_at)
    with transaction.atomic():
        list(Record.objects.select_for_update().filter(installation=work.shape.installation, remote_id=new))
        if moved_to.is_held(work, new, write.link):
            _lost(work, write, _TAKEN)
            return
        _swap(work, write, seen, refused)
        details.store_customer(work.shape, detail, requested_at)


def _write_rest(work: Work, write: Write, new: str) -> dict[str, Rejected]:
    """What the new person still lacks, the e-mail by itself; which fields Books refused."""
    before = write.before or {}
    email = write.fields.get("email")
    has = (before.get("adopted") or {}).get("email") or None
    refused: dict[str, Rejected] = {}
    for part in (before.get("owed") or {}, {"email": email} if email and email != has else {}):
        body = bodies.person_body(part)
        if not body:
            continue
        try:
            send_books.then(work, partial(work.books.update_person, new, body))
        except Rejected as error:
            refused.update(dict.fromkeys(part, error))
    return refused


def _swap(work: Work, write: Write, seen: sources.Seen, refused: Mapping[str, Rejected]) -> None:
    """The link goes from the old person to the new one; the old record is gone by our own hand."""
    old = Record.objects.select_for_update().get(books_links=write.link)
    if refused:
        _unsettle(work, write, refused)
    settle.done(work, write, seen)
    if old.gone_at is None:
        mirror.gone(old, "ours")
    adopted = Record.objects.filter(installation=work.shape.installation, kind=seen.kind, remote_id=seen.remote_id)
    issues.close_settled(work.shape.installation, [], records=adopted.values_list("pk", flat=True))
    if refused:
        _tell(work, write, refused)


def _unsettle(work: Work, write: Write, refused: Mapping[str, Rejected]) -> None:
    """The contact's values stand over nothing: they are planned as an update, and their lack is no clearing."""
    link = Link.objects.select_for_update().get(pk=write.link_id)
    for row in work.shape.rows[Kind(link.kind)]:
        if row.books in refused:
            link.bigin_base.pop(row.bigin, None)
            link.books_base.pop(row.books, None)
    link.save(update_fields=["bigin_base", "books_base"])


def _tell(work: Work, write: Write, refused: Mapping[str, Rejected]) -> None:
    names = ", ".join(f"{name} ({shown(write.fields.get(name))})" for name in refused)
    error = next(iter(refused.values()))
    mapped = {row.books for row in work.shape.rows[Kind(write.link.kind)]}
    unmapped = [name for name in refused if name not in mapped]
    advice = "Correct it in Bigin or in Books, then retry."
    if unmapped:
        advice = f"Your settings do not map {', '.join(unmapped)}: write it in Books by hand, then dismiss this."
    issues.raise_one(
        work.shape.installation,
        issues.Draft(
            MODULE_OF[Kind(write.link.kind)],
            Issue.Kind.REJECTED,
            issues.MOVED_WITHOUT,
            f"Its person was moved, but Zoho Books refused {names}: {error.message}",
            advice,
            {issues.UNMAPPED: unmapped} if unmapped else {},
            link_id=write.link_id,
        ),
        work.run,
    )


def _lost(work: Work, write: Write, reason: str) -> None:
    """The old person is deleted and the new one is not to be had: the pair is told as any whose person is gone."""
    outbox.reject(work, write, "gone", reason, "Sync again.")
    with transaction.atomic():
        old = Record.objects.select_for_update().get(books_links=write.link)
        if old.gone_at is None:
            mirror.gone(old, "vanished", work.clock.now())


# What is kept in the Write


def _before(write: Write, name: str) -> str:
    return str((write.before or {})[name])


def _note(write: Write, fields: Mapping[str, Any], **kept: Any) -> None:
    """By compare-and-set, within a step; raises Stopped when another process moved it meanwhile."""
    before = {**(write.before or {}), **kept}
    if not Write.objects.filter(pk=write.pk, step=write.step, state=Write.State.SENDING).update(
        fields=dict(fields), before=before
    ):
        raise Stopped
    write.fields, write.before = dict(fields), before


def _withdraw(write: Write, why: str) -> bool:
    """False, as it ends here; a pair that stands is planned anew."""
    with transaction.atomic():
        outbox.move([write], Write.State.SENDING, Write.State.WITHDRAWN, error=why)
        if write.link.state == Link.State.LINKED:
            pks = [pk for pk in (write.link.bigin_id, write.link.books_id) if pk]
            Record.objects.filter(pk__in=pks).update(dirty=True)
    return False


def _step(write: Write, old: str, new_step: str, **kept: Any) -> None:
    """By compare-and-set; raises Stopped when another process moved it meanwhile."""
    before = {**(write.before or {}), **kept}
    moved = Write.objects.filter(pk=write.pk, step=old).update(step=new_step, before=before)
    if not moved:
        raise Stopped
    write.step, write.before = new_step, before
