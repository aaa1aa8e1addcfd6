"""What a contact's old record in Books holds beside mapped fields goes into its new one when that is created: a contact
that gains or loses its company is a person there before and after (rules 5.6). Network where said.

Moves between two companies take everything along by themselves (`sync/moves.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sync import details, issues, moved_to, outbox, parting, sources, unreadable
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Write
from sync.shape import MODULE_OF
from sync.work import Work
from zoho.errors import Rejected

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


@contextmanager
def without(work: Work, write: Write, mails: Mapping[int, str], error: Rejected) -> Iterator[None]:
    """Around a creation that is tried without these e-mails, by creation: no mapping brings them later, so they are
    told. Before the answer, as a lost one is settled elsewhere; taken back where Books refuses it all the same."""
    family = {one.pk: one for one in (write, *outbox.carried(write)) if one.pk in mails}
    drafts = [_left_out(one, mails[pk], error) for pk, one in family.items()]
    issues.raise_all(work.shape.installation, drafts, work.run)
    try:
        yield
    except Rejected:
        links = [one.link_id for one in family.values()]
        Issue.objects.filter(link__in=links, code=issues.MAIL_STAYS, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=work.clock.now(), closed_by=issues.THE_CAUSE
        )
        raise


def _left_out(write: Write, mail: str, error: Rejected) -> issues.Draft:
    record = write.link.bigin
    return issues.Draft(
        MODULE_OF[Kind(write.link.kind)],
        Issue.Kind.REJECTED,
        issues.MAIL_STAYS,
        f"{record.label if record else 'A contact'} goes on in Books without its e-mail {mail}, which Zoho Books "
        f"refused: {error.message}",
        "Write it there by hand once the old record is gone, then dismiss this.",
        {"email": mail},
        link_id=write.link_id,
    )


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
