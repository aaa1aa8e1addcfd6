"""What our own writes show about Books where reading cannot tell; kept beside the probes' answers. Network where said.

Two things: whether editing a person moves its customer's time (rules 8.2), and whether customers may share a name.
A wrong yes to the first would lose edits, so it takes several proofs; one proof of the contrary ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from accounts import probing
from sync import details, probed, rotation
from sync.fields import folded
from sync.models import Record, RecordKind, Side, Write
from sync.sources import RemoteRow
from sync.work import Work
from zoho.times import parse_time_or_none

PROOFS = 3  # customers, in as many runs, whose times moved in the second of our own edit
_AGAIN_AFTER = timedelta(days=7)
_LATELY = timedelta(minutes=10)  # a run's slice, from its reading on, takes half of it
# Between the clock of Books' answers and that of its records; others may have written what lies farther off.
_CLOSE = timedelta(seconds=5)


@dataclass(frozen=True)
class Watch:
    """A customer as it stood before a person of it is edited; `before` is its own time then. A second look doubts a
    no."""

    customer_id: str
    before: datetime
    is_second_look: bool


def watch(work: Work, write: Write) -> Watch | None:
    """For one edit of a person a run, and none once that is known; the mirror was read in this very run. None as well
    where anything else was sent to that customer since: it may have moved the time; and where the person is to be read
    before it is written to, so that each edit costs one read at most."""
    if work.run is None or work.watched or not _is_due(work) or write.link.books is None:
        return None
    customer_id = write.link.books.parent_id
    rows = Record.objects.filter(
        installation=work.shape.installation, kind=RecordKind.CUSTOMER, remote_id=customer_id, gone_at=None
    )
    customer = rows.first()
    if customer is None or rotation.is_doubtful(customer) or _was_written(work, write, customer_id):
        return None
    before = customer.modified_at
    if before is None:
        return None
    work.watched = True
    was = probed.held(work.shape.installation, probed.PERSON_MOVES_CUSTOMER)
    return Watch(customer_id, before, is_second_look=was is False)


def _is_due(work: Work) -> bool:
    """A no that reading gave stands. What was learned is looked at again each week, and while proofs are missing."""
    found = work.shape.installation.probes.get(probed.PERSON_MOVES_CUSTOMER)
    if not isinstance(found, dict):
        return True
    learned_at = parse_datetime(str(found.get(probing.LEARNED_AT) or ""))
    if learned_at is None:
        return found.get("held") is not False
    return 0 < _proofs(found) < PROOFS or learned_at < work.clock.now() - _AGAIN_AFTER


def _proofs(found: object) -> int:
    number = found.get("proofs") if isinstance(found, dict) else None
    return number if isinstance(number, int) else 0


def _was_written(work: Work, write: Write, customer_id: str) -> bool:
    """In this run, or lately by a person's own action."""
    lately = Q(run=None, attempted_at__gt=work.clock.now() - _LATELY)
    sent = Write.objects.filter(Q(run=work.run) | lately, installation=work.shape.installation, side=Side.BOOKS)
    family = sent.filter(link__books__remote_id=customer_id) | sent.filter(link__books__parent_id=customer_id)
    return family.exclude(pk=write.pk).exists()


def compare(work: Work, watched: Watch, written_at: datetime | None) -> None:
    """Reads that customer once more, right after the edit was answered at `written_at` by Books' clock."""
    detail = details.customer_detail(work, watched.customer_id)
    after = parse_time_or_none(detail.get("last_modified_time")) if detail else None
    moved = has_moved(watched.before, written_at, after)
    if moved is not None:
        _note_person(work, moved)


def has_moved(before: datetime, written_at: datetime | None, after: datetime | None) -> bool | None:
    """Whether the edit moved the customer's time. None where the times lie too close, or somebody else's change may
    have moved it."""
    if written_at is None or after is None or written_at - before <= _CLOSE:
        return None
    if after <= before:
        return False
    return True if abs(after - written_at) <= _CLOSE else None


def _note_person(work: Work, moved: bool) -> None:
    installation, name = work.shape.installation, probed.PERSON_MOVES_CUSTOMER
    if not moved:
        text = "An edit of our own to a contact person did not move its customer's time."
        probing.learn(installation, name, False, text, proofs=0)
        return
    proofs = min(_proofs(installation.probes.get(name)) + 1, PROOFS)
    if proofs == PROOFS:
        text = "Our own edits of contact persons moved their customers' times, time after time."
        probing.learn(installation, name, True, text, proofs=proofs)
        return
    text = f"{proofs} of {PROOFS} edits of our own that it takes as proof moved their customer's time."
    probing.learn(installation, name, probed.held(installation, name), text, proofs=proofs)


# Equal names


def name_was_refused(work: Work) -> None:
    """Code 3062: the organisation forbids equal display names (reference, 3.6)."""
    if probed.held(work.shape.installation, probed.EQUAL_NAMES) is not False:
        text = "Books refused a customer because another has its name."
        probing.learn(work.shape.installation, probed.EQUAL_NAMES, False, text)


def name_was_taken(work: Work, row: RemoteRow) -> None:
    """A customer that Books has just stored: beside another of that name, equal names are allowed by now."""
    if probed.held(work.shape.installation, probed.EQUAL_NAMES) is not False:
        return
    name = folded(str(row.get("contact_name") or ""))
    others = Record.objects.filter(
        installation=work.shape.installation,
        kind__in=(RecordKind.CUSTOMER, RecordKind.VENDOR),
        gone_at=None,
        keys__contains=[f"name:{name}"],
    ).exclude(remote_id=str(row["contact_id"]))
    if any(folded(label) == name for label in others.values_list("label", flat=True)):
        text = "Books stored a customer although another has its name."
        probing.learn(work.shape.installation, probed.EQUAL_NAMES, True, text)
