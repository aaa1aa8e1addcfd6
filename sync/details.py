"""Details of customers: addresses and persons, which are in no list of Books. Network, then one transaction each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from sync import issues, mirror, persons, sources, unreadable
from sync.mapping import Kind
from sync.models import Cursor, Feed, Issue, Link, Module, Record, RecordKind
from sync.shape import Shape
from sync.work import Work
from zoho.errors import Rejected, RetryLater, ZohoError

_CHUNK = 500


def read_all(work: Work, leave_out: frozenset[str]) -> None:
    """Reads the detail of every customer whose row changed or is doubtful. `leave_out`: ids that the brake holds, which
    a read would close one by one. A few that Books cannot show are told and left for the next run; more of them are a
    failure of Books, and raised."""
    unread: dict[str, ZohoError] = {}
    for customer_id in _without_detail(work.shape):
        if customer_id in leave_out:
            continue
        work.check()
        try:
            customer_detail(work, customer_id)
        except (Rejected, RetryLater) as error:
            unreadable.pass_over(work, customer_id, error)
            unread[customer_id] = error
    _tell(work, unread)
    _close_nobodys(work.shape)


def _close_nobodys(shape: Shape) -> None:
    """Persons that only a file of pairs tells of: once each customer's detail was read, and none of them showed them,
    they have vanished (rules 5.5, 5.8). A query where there is none."""
    rows = Record.objects.filter(
        installation=shape.installation, kind=RecordKind.PERSON, parent_id="", fingerprint="", gone_at=None
    ).order_by("pk")
    read = Cursor.objects.filter(installation=shape.installation, feed=Feed.BOOKS_CUSTOMERS, complete_at__isnull=False)
    if not rows.exists() or not read.exists() or next(_without_detail(shape), None) is not None:
        return
    with transaction.atomic():
        while found := list(rows.select_for_update()[:_CHUNK]):
            mirror.gone_all([(record, "vanished") for record in found])


def _tell(work: Work, unread: Mapping[str, ZohoError]) -> None:
    installation = work.shape.installation
    rows = Record.objects.filter(
        installation=installation, kind=RecordKind.CUSTOMER, remote_id__in=unread
    ).prefetch_related(Prefetch("books_links", Link.objects.exclude(state__in=Link.DEAD), "living"))
    drafts = [
        issues.Draft(
            Module.CUSTOMERS,
            Issue.Kind.SKIPPED,
            unreadable.CODE,
            f"Books lists {record.label}, but did not show its details: {unread[record.remote_id].message}",
            "Each run asks again. Open it in Books; if it shows there, save it once, or ask Zoho's support.",
            link_id=record.living[0].pk if record.living else None,
            record_id=None if record.living else record.pk,
        )
        for record in rows
    ]
    issues.raise_all(installation, drafts, work.run)


def read_those_with_a_company(work: Work) -> None:
    """Individual customers whose contact has got a company: whether they have documents decides what becomes of them
    (rules 5.6), and an invoice does not touch a customer's row. One call each."""
    if Kind.CONTACT_PERSON not in work.shape.active:
        return
    moved = Link.objects.filter(
        installation=work.shape.installation,
        kind=Kind.CONTACT_CUSTOMER,
        state=Link.State.LINKED,
        bigin__dirty=True,
        bigin__gone_at=None,
        books__gone_at=None,
    ).exclude(bigin__parent_id="")
    unread: dict[str, ZohoError] = {}
    for customer_id in moved.order_by("pk").values_list("books__remote_id", flat=True):
        work.check()
        try:
            customer_detail(work, customer_id)
        except (Rejected, RetryLater) as error:
            unreadable.pass_over(work, customer_id, error)
            unread[customer_id] = error
    # Without its detail the pair is not planned.
    rows = Record.objects.filter(installation=work.shape.installation, kind=RecordKind.CUSTOMER, remote_id__in=unread)
    rows.update(detail_at=None)
    _tell(work, unread)


def _without_detail(shape: Shape) -> Iterator[str]:
    last = 0
    while True:
        rows = list(
            Record.objects.filter(
                installation=shape.installation, kind=RecordKind.CUSTOMER, detail_at=None, gone_at=None, pk__gt=last
            )
            .order_by("pk")
            .values_list("pk", "remote_id")[:100]
        )
        if not rows:
            return
        last = rows[-1][0]
        yield from (remote_id for _, remote_id in rows)


def customer_detail(work: Work, customer_id: str) -> sources.RemoteRow | None:
    """Reads and stores one customer with its persons; None and marked as gone when Books says it is not there."""
    requested_at = timezone.now()
    detail = work.patiently(lambda: work.books.contact(customer_id))
    with transaction.atomic():
        if detail is None:
            _gone(work.shape, customer_id, requested_at)
        else:
            store_customer(work.shape, detail, requested_at)
    return detail


def store_customer(shape: Shape, detail: sources.RemoteRow, requested_at: datetime) -> None:
    """A customer's detail and, where persons are kept in step, its persons. Needs a transaction."""
    person = persons.learn(shape, str(detail["contact_id"]), detail)
    seen = sources.books_customer(shape, detail, detailed=True, person=person)
    mirror.store(shape, [seen], requested_at)
    if shape.kinds_with(RecordKind.PERSON):
        people = [
            sources.books_person(shape, person, seen.remote_id, seen.modified_at)
            for person in sources.persons_of(detail)
        ]
        mirror.store_persons(shape, seen.remote_id, people, requested_at)


def _gone(shape: Shape, customer_id: str, requested_at: datetime) -> None:
    record = (
        Record.objects.select_for_update()
        .filter(installation=shape.installation, kind=RecordKind.CUSTOMER, remote_id=customer_id, gone_at=None)
        .first()
    )
    if record is not None and (record.settled_at is None or record.settled_at <= requested_at):
        mirror.gone(record, "vanished")
        people = Record.objects.select_for_update().filter(
            installation=shape.installation, kind=RecordKind.PERSON, parent_id=customer_id, gone_at=None
        )
        mirror.gone_all([(person, "vanished") for person in people])
