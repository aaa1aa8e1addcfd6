"""A contact that gains or loses its company: it makes a new pair, and what it had in Books goes after that (rules 5.6).

The end of the old record is a Write that is held until the new record stands, or the contact itself is deleted. No
network but for the last look before it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Case, DateTimeField, QuerySet, Value, When

from sync import outbox
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.outbox import AFTER
from sync.shape import Shape
from sync.work import Work

if TYPE_CHECKING:
    from sync.merging import Batch

CONTACT, KEPT = "contact", "kept"  # keys of Write.source: the contact's id, what the old record held when it was let go
_MAILS = ("email", "person.email")
_CHANGED = "It was changed in Books after its contact had gone on as another record, so it stays."


def let_go(batch: Batch, link: Link, reason: str) -> None:
    """The contact is free for another pair, once nothing is owed to it; the old record's end is planned."""
    contact, record = link.bigin, link.books
    if contact is None or record is None:
        return
    if any(draft.link_id == link.pk and draft.kind == Issue.Kind.CLASH for draft in batch.drafts):
        return
    if any(write.link_id == link.pk and write.side == Side.BIGIN for write in batch.writes):
        _after_the_update(batch, link, record)
        return
    batch.writes = [write for write in batch.writes if write.link_id != link.pk]
    Link.objects.filter(pk=link.pk).update(bigin=None, state=Link.State.CLOSED, reason=reason, cause="")
    link.bigin, link.state = None, Link.State.CLOSED
    batch.planned.remove(contact)
    Record.objects.filter(pk=contact.pk).update(dirty=True)
    batch.work.freed.update(batch.work.shape.kinds_with(contact.kind))
    end = end_of(batch.work.shape, batch.kind)
    if end is None:
        return
    source = {CONTACT: contact.remote_id, KEPT: dict(record.fields)}
    batch.write(link, Side.BOOKS, end, step=AFTER, state=Write.State.HELD, source=source)


def end_of(shape: Shape, kind: Kind) -> Write.Op | None:
    """What becomes of the old record; None where it is kept."""
    policy = shape.setting(kind).delete_policy
    if policy == "keep":
        return None
    return Write.Op.DELETE if policy == "delete" or kind is Kind.CONTACT_PERSON else Write.Op.INACTIVE


def _after_the_update(batch: Batch, link: Link, record: Record) -> None:
    """What was written in Books goes to the contact first. Where Bigin refuses that, it is not asked without end."""
    batch.writes = [write for write in batch.writes if write.link_id != link.pk or write.side == Side.BIGIN]
    if not any(_was_refused(write) for write in batch.writes if write.link_id == link.pk):
        batch.planned.remove(record)  # it stays dirty, so the pair is planned again once that is settled


def _was_refused(update: Write) -> bool:
    """Whether this very change was the last that was tried; what was refused before that, and is not any more, is
    history."""
    sent = Write.objects.filter(link=update.link_id, side=update.side).exclude(state=Write.State.WITHDRAWN)
    last = sent.order_by("-pk").first()
    return last is not None and last.state == Write.State.REJECTED and last.fields == update.fields


def release(work: Work, kind: Kind) -> None:
    """Before planning: ends whose contact has its new record, or is deleted, are sent, but for those in a list that a
    person is to approve. A query where none waits, else a constant number."""
    ends = list(_ends(work, kind).select_related("link"))
    if not ends:
        return
    listed = _listed(work)
    contacts, standing = _contacts(work, ends)
    stand, lost, recycled = list[Write](), list[Write](), dict[int, datetime]()
    for write in ends:
        contact = contacts.get(str(write.source[CONTACT]))
        if write.pk in listed:
            continue
        if contact is not None and contact.gone_at is None and standing.get(contact.pk, set()) - {write.link_id}:
            stand.append(write)
        elif contact is None or (contact.gone_at is not None and contact.gone_how != "recycled"):
            lost.append(write)
        elif contact.gone_at is not None:
            recycled[write.pk] = contact.gone_at + timedelta(seconds=settings.SYNC_DELETE_WAIT_SECONDS)
    outbox.move(stand, Write.State.HELD, Write.State.PENDING)
    outbox.move(lost, Write.State.HELD, Write.State.WITHDRAWN, error="Its contact disappeared for good.")
    due = Case(*(When(pk=pk, then=Value(moment)) for pk, moment in recycled.items()), output_field=DateTimeField())
    waiting = [write for write in ends if write.pk in recycled]
    outbox.move(waiting, Write.State.HELD, Write.State.PENDING, not_before=due)


def _contacts(work: Work, ends: Sequence[Write]) -> tuple[dict[str, Record], dict[int, set[int]]]:
    """By id; and per contact the pairs in which it stands."""
    found = Record.objects.filter(
        installation=work.shape.installation,
        kind=RecordKind.CONTACT,
        remote_id__in=[str(write.source[CONTACT]) for write in ends],
    )
    contacts = {record.remote_id: record for record in found}
    standing: dict[int, set[int]] = {}
    pairs = Link.objects.filter(bigin__in=contacts.values(), state=Link.State.LINKED, books__gone_at=None)
    for contact, pair in pairs.values_list("bigin", "pk"):
        standing.setdefault(contact, set()).add(pair)
    return contacts, standing


def _listed(work: Work) -> frozenset[int]:
    held = Issue.objects.filter(
        installation=work.shape.installation, kind=Issue.Kind.HELD, state=Issue.State.OPEN, detail__has_key="writes"
    )
    return frozenset(pk for writes in held.values_list("detail__writes", flat=True) for pk in writes)


def _ends(work: Work, kind: Kind) -> QuerySet[Write]:
    return Write.objects.filter(
        installation=work.shape.installation, link__kind=kind, state=Write.State.HELD, step=AFTER
    ).order_by("pk")


def _contact(write: Write) -> Record | None:
    return Record.objects.filter(
        installation=write.installation_id, kind=RecordKind.CONTACT, remote_id=str(write.source[CONTACT])
    ).first()


def _stands(write: Write, contact: Record | None) -> bool:
    others = Link.objects.filter(bigin=contact, state=Link.State.LINKED, books__gone_at=None).exclude(pk=write.link_id)
    return contact is not None and contact.gone_at is None and others.exists()


def may_end(work: Work, write: Write) -> bool:
    """The last look at a claimed end: whether the new record still stands, and nobody wrote to the old one since."""
    if write.step != AFTER:
        return True
    contact, record = _contact(write), write.link.books
    if not _stands(write, contact) and (contact is None or contact.gone_at is None):
        outbox.move([write], Write.State.SENDING, Write.State.HELD)
        return False
    kept = write.source.get(KEPT, {})
    if record is not None and any(record.fields.get(name) != value for name, value in kept.items()):
        stays(write)
        return False
    return True


def stays(write: Write) -> None:
    """A claimed end that is not to be: somebody wrote to the old record since."""
    outbox.move([write], Write.State.SENDING, Write.State.WITHDRAWN, error=_CHANGED)
    Link.objects.filter(pk=write.link_id).update(reason=_CHANGED)


def ended(write: Write) -> None:
    """The old record is out of the way: an e-mail that it had may be written now."""
    if write.step == AFTER:
        Record.objects.filter(
            installation=write.installation_id, kind=RecordKind.CONTACT, remote_id=str(write.source[CONTACT])
        ).update(dirty=True)


def without_mail(work: Work, write: Write) -> bool:
    """A creation that Books refused while the old record has the same e-mail: it is tried once more without it, and the
    e-mail follows when the old record is gone (rules 5.6). False where that is not the case."""
    contact = write.link.bigin
    mails = [name for name in _MAILS if write.fields.get(name)]
    if write.op != Write.Op.CREATE or write.carried_by_id is not None or contact is None or not mails:
        return False
    waiting = Write.objects.filter(
        installation=write.installation_id, step=AFTER, state=Write.State.HELD, source__contact=contact.remote_id
    )
    if not waiting.exists():
        return False
    fields = {name: value for name, value in write.fields.items() if name not in mails}
    source = {name: value for name, value in write.source.items() if name != "Email"}
    return bool(outbox.move([write], Write.State.SENDING, Write.State.PENDING, fields=fields, source=source))
