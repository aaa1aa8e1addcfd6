"""What a contact's old record in Books holds beside mapped fields goes into its new one when that is created: a contact
that gains or loses its company is a person there before and after (rules 5.6). Network where said.

Moves between two companies take everything along by themselves (`sync/moves.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync import details, moved_to, outbox, parting, sources, unreadable
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Write
from sync.work import Work

_CARRIED = "carried"  # key of the end's `source`: what went along


def onto(work: Work, write: Write) -> dict[int, dict[str, Any]]:
    """By creation, this one and what it carries: a person's values that no mapping brings. One read for each contact
    that has an old record, and one query."""
    family = [write, *outbox.carried(write)]
    contacts = {one.link.bigin.remote_id: one for one in family if one.link.bigin is not None}
    if not contacts:
        return {}
    found: dict[int, dict[str, Any]] = {}
    for end in _ends(write, list(contacts)):
        old = _person_of(work, end.link)
        if old is None:
            continue
        values = _beside_the_mapping(work, end, old)
        Write.objects.filter(pk=end.pk).update(source={**end.source, _CARRIED: values})
        found[contacts[str(end.source[parting.CONTACT])].pk] = values
    return found


def _ends(write: Write, contacts: Sequence[str]) -> list[Write]:
    rows = Write.objects.filter(
        installation=write.installation_id,
        step=outbox.AFTER,
        state=Write.State.HELD,
        source__contact__in=contacts,
        link__books__gone_at=None,
    )
    return list(rows.select_related("link__books").order_by("pk"))


def _person_of(work: Work, link: Link) -> sources.RemoteRow | None:
    """As Books has it now; network."""
    record = link.books
    if record is None or record.kind not in (RecordKind.PERSON, RecordKind.CUSTOMER):
        return None
    customer_id = record.parent_id if record.kind == RecordKind.PERSON else record.remote_id
    with unreadable.asking():
        detail = details.customer_detail(work, customer_id)
    return _of(link, record, detail or {})


def _of(link: Link, record: Record, detail: sources.RemoteRow) -> sources.RemoteRow | None:
    whom = record.remote_id if record.kind == RecordKind.PERSON else link.person or sources.primary_id(detail)
    return moved_to.person_in(detail, whom)


def _beside_the_mapping(work: Work, end: Write, old: sources.RemoteRow) -> dict[str, Any]:
    new = Kind.CONTACT_CUSTOMER if end.link.kind == Kind.CONTACT_PERSON else Kind.CONTACT_PERSON
    mapped = {row.books.removeprefix("person.") for row in work.shape.rows[new]} | {"name"}
    return {name: value for name, value in moved_to.own(old).items() if name not in mapped}


def was_edited(work: Work, end: Write, detail: sources.RemoteRow) -> bool:
    """Whether somebody wrote to the old record after what is not mapped had gone along. `detail`: of the customer, or
    the person itself."""
    record = end.link.books
    if _CARRIED not in end.source or record is None:
        return False
    old = detail if record.kind == RecordKind.PERSON else _of(end.link, record, detail)
    return old is not None and _beside_the_mapping(work, end, old) != end.source[_CARRIED]
