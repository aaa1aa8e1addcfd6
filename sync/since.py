"""What an undo takes back, and what somebody changed since. Database only.

The look at the remote right before an undo is sent is in `sync/last_look.py` and `sync/update_books.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from sync import unlinked
from sync.fields import is_normalised
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Run, Side, Write
from sync.shape import Shape

FELL_THROUGH = (Write.State.REJECTED, Write.State.WITHDRAWN)


def done_in(installation_id: UUID, series: UUID) -> QuerySet[Write]:
    """What a run wrote, in all its slices; not what it took back."""
    return Write.objects.filter(installation=installation_id, run__series=series, state=Write.State.DONE, undoes=None)


def done_by(run: Run) -> QuerySet[Write]:
    return done_in(run.installation_id, run.series)


def steps(undone: Write) -> list[Write]:
    """What the run of this write wrote to its record, oldest first. An undo, and a person's action, stand alone."""
    if undone.run is None or undone.undoes_id is not None:
        return [undone]
    return list(done_by(undone.run).filter(link=undone.link_id, side=undone.side).order_by("pk"))


def written(writes: Iterable[Write]) -> dict[str, Any]:
    """What these left behind: of each field the newest value."""
    found: dict[str, Any] = {}
    for write in writes:
        found.update(write.fields)
    return found


def made_with(write: Write) -> frozenset[str]:
    """Ids of the contacts of Bigin that the run of this write created."""
    if write.run is None:
        return frozenset()
    made = done_by(write.run).filter(side=Side.BIGIN, op=Write.Op.CREATE, link__bigin__kind="contact")
    return frozenset(made.values_list("link__bigin__remote_id", flat=True))


def persons_made_with(write: Write) -> frozenset[str]:
    """Ids of the contact persons of Books that the run of this write created."""
    if write.run is None:
        return frozenset()
    made = done_by(write.run).filter(side=Side.BOOKS, op=Write.Op.CREATE, link__books__kind=RecordKind.PERSON)
    return frozenset(made.values_list("link__books__remote_id", flat=True))


def taken_back(links: Collection[int]) -> frozenset[int]:
    """Writes of these links that an undo takes back: one that stands, for it may have been taken back itself."""
    rows = Write.objects.filter(link__in=links, link=F("undoes__link")).exclude(state__in=FELL_THROUGH)
    undos: dict[int, list[int]] = {}
    for pk, undone in rows.order_by("pk").values_list("pk", "undoes"):
        if undone is not None:
            undos.setdefault(undone, []).append(pk)
    back: set[int] = set()
    for undone in sorted(undos, reverse=True):  # an undo is younger than what it takes back
        if any(pk not in back for pk in undos[undone]):
            back.add(undone)
    return frozenset(back)


def changed(values: Mapping[str, Any], record: Record, others: Sequence[Mapping[str, Any]] = ()) -> str:
    """The first field that holds neither what was written nor its value in one of `others`; "" when all do."""
    for name, value in values.items():
        if name not in record.fields:
            continue
        may_hold = [value, *(one[name] for one in others if name in one)]
        if not any(is_normalised(one, record.fields[name]) for one in may_hold):
            return name
    return ""


def added(shape: Shape, link: Link, record: Record, but: Collection[str]) -> str:
    """What somebody did with a record that we created, beside the fields `but`: the first mapped field that got its
    present content after our last write, or the company of a contact; "" for nothing. Deleting it would lose that."""
    for row in shape.rows[Kind(link.kind)]:
        name = row.bigin if record.side == Side.BIGIN else row.books
        stamp = record.seen.get(name)
        if name in but or not stamp or record.settled_at is None or record.fields.get(name) in (None, "", False):
            continue
        if datetime.fromisoformat(stamp) > record.settled_at:
            return name
    return "Account_Name" if link.kind == Kind.CONTACT_PERSON and _is_moved(shape, link, record) else ""


def _is_moved(shape: Shape, link: Link, record: Record) -> bool:
    """Whether a person followed its contact to another company, or a contact has another than its person's."""
    if Write.objects.filter(link=link, op=Write.Op.MOVE, state=Write.State.DONE).exists():
        return True
    if record.kind != RecordKind.CONTACT or link.books is None:
        return False
    customer_id = link.books.parent_id
    company_id = unlinked.partner_ids(shape, Side.BOOKS, [customer_id]).get(customer_id)
    return company_id is not None and company_id != record.parent_id
