"""Record actions: the state of one record, and bringing one record into step now, without the Run lock.

The link's open Write is the lock: whichever worker claims it by compare-and-set sends it.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts import connections
from accounts.models import Installation
from sync import (
    asking,
    details,
    engine,
    merging,
    mirror,
    picklists,
    planner,
    recovery,
    second_look,
    send,
    sources,
    standstill,
    unlinked,
)
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.plan import Policies
from sync.shape import BIGIN_MODULES, KIND_OF_BIGIN_MODULE, Shape
from sync.standstill import Cause
from sync.work import Clock, Work

_SECONDS = 60.0
BILLED_ONLY = "It is a customer, as it was billed; your settings keep no such records in step."


class StateOf(StrEnum):
    IN_STEP = "in_step"
    PENDING = "pending"
    WAITING = "waiting"  # as pending, but nothing is sent for now
    PROBLEM = "problem"
    NOT_SYNCED = "not_synced"


@dataclass(frozen=True)
class RecordState:
    """`last` is when the pair was last brought into step; `reason` says why it is not, in plain words."""

    state: StateOf
    last: datetime | None = None
    reason: str = ""
    link_id: int | None = None


def record_state(installation: Installation, module: str, record_id: str) -> RecordState:
    """Of a Bigin record, by Bigin's module name. No network."""
    kind = KIND_OF_BIGIN_MODULE.get(module)
    record = Record.objects.filter(
        installation=installation, side=Side.BIGIN, kind=kind or "", remote_id=record_id
    ).first()
    if record is None:
        return RecordState(StateOf.NOT_SYNCED, reason="It was not read yet.")
    link = unlinked.pair_of(record)
    issue = _issue(record, link)
    if issue is not None:
        last, pk = (link.settled_at, link.pk) if link else (None, None)
        return RecordState(StateOf.PROBLEM, last, issue.reason, pk)
    if link is None:
        reason = reason_of(shapes.load(installation), record)
        if record.dirty and not reason:
            return _on_its_way(record, "It waits for the next run.")
        return RecordState(StateOf.NOT_SYNCED, reason=reason or "Its company is not in step.")
    return _state_of(link, record)


def _issue(record: Record, link: Link | None) -> Issue | None:
    rows = Issue.objects.filter(installation=record.installation_id, state=Issue.State.OPEN)
    found = rows.filter(record=record).first()
    return found or (rows.filter(link=link).first() if link else None)


def _state_of(link: Link, record: Record) -> RecordState:
    if link.state in (Link.State.CLOSED, Link.State.APART):
        return RecordState(StateOf.NOT_SYNCED, link.settled_at, link.reason, link.pk)
    waiting = Write.objects.filter(link=link, state__in=Write.OPEN).exists()
    if not waiting and link.state == Link.State.LINKED and Kind(link.kind) not in shapes.load(link.installation).active:
        return RecordState(StateOf.NOT_SYNCED, link.settled_at, BILLED_ONLY, link.pk)
    if waiting or record.dirty or link.state == Link.State.HALF or (link.books is not None and link.books.dirty):
        return _on_its_way(record, "A change is on its way.", link)
    return RecordState(StateOf.IN_STEP, link.settled_at or link.created_at, "", link.pk)


_STANDSTILL = {
    Cause.LOST: "It waits until the connection to Zoho is back.",
    Cause.NOT_STARTED: "It waits until the sync is started.",
    Cause.PAUSED: "It waits: the sync is paused.",
    Cause.READ_ONLY: "It waits: the sync is read-only and writes nothing.",
}


def _on_its_way(record: Record, reason: str, link: Link | None = None) -> RecordState:
    module = "products" if record.kind == RecordKind.PRODUCT else "customers"
    cause = standstill.of(record.installation, module)
    last, pk = (link.settled_at, link.pk) if link else (None, None)
    if cause is None:
        return RecordState(StateOf.PENDING, last, reason, pk)
    return RecordState(StateOf.WAITING, last, _STANDSTILL[cause], pk)


def reason_of(shape: Shape, record: Record) -> str:
    """Why a record without a link and without an issue is not kept in step; "" when nothing but its parent, or time,
    stands in its way."""
    kinds = shape.kinds_with(record.kind)
    if not kinds:
        return "Your settings keep no such records in step."
    if not record.in_scope:
        return "It is not sold." if record.kind == RecordKind.ITEM else "It is in none of the chosen list views."
    if record.kind == RecordKind.CONTACT and not record.parent_id and Kind.CONTACT_CUSTOMER not in kinds:
        return "It has no company, and your settings leave such contacts out."
    if record.kind == RecordKind.CUSTOMER and not any(sources.may_pair(shape, kind, record.meta) for kind in kinds):
        return "It is a customer of a sort that your settings leave out."
    if record.meta.get("status") == "inactive":
        return "It is inactive in Books."
    if unlinked.decisions(shape.installation, record.side, [record]):
        return "It was decided that it stays as it is."
    if record.side == Side.BOOKS and shape.setting(kinds[0]).create_in_bigin != "active":
        return "Your settings create it in Bigin only under conditions it does not meet."
    return ""


def sync_record(installation: Installation, module: str, record_id: str) -> str:
    """Reads the record and its counterpart live, plans the one link, sends it. A handful of calls; network.

    Returns what became of it: gone, or the state of the record.
    """
    kind = KIND_OF_BIGIN_MODULE[module]
    shape = shapes.load(installation)
    with ExitStack() as stack:
        work = engine.open_work(shape, None, stack, Clock(), _SECONDS)
        try:
            record = refresh(work, kind, record_id)
            if record is None:
                return "gone"
            _bring_into_step(work, record)
        finally:
            for product, number in work.calls().items():
                connections.count_calls(installation, product, number)
    return str(record_state(installation, module, record_id).state)


def refresh(work: Work, kind: str, record_id: str) -> Record | None:
    """The Bigin record as it is now, in the mirror; None when Bigin does not have it. Network."""
    requested_at = work.clock.now()
    row = work.patiently(lambda: work.bigin.get(BIGIN_MODULES[kind], record_id, sources.bigin_fields(work.shape, kind)))
    if row is None:
        return None
    return mirror.store_one(work.shape, sources.bigin_record(work.shape, kind, row), requested_at)


def _bring_into_step(work: Work, record: Record) -> None:
    link = unlinked.pair_of(record)
    kind = Kind(link.kind) if link else kind_for(work.shape, record)
    if kind is None or not may_write(work.shape, kind):
        return
    if link is None:
        link = _pair(work, kind, record)
    elif link.books is not None:
        _refresh_partner(work, link.books)
    if link is not None:
        finish(work, kind, link.pk)


def may_write(shape: Shape, kind: Kind) -> bool:
    setting = shape.setting(kind)
    return setting.started_at is not None and setting.paused_at is None and not setting.read_only


def kind_for(shape: Shape, record: Record) -> Kind | None:
    """The kind of link an unlinked Bigin record would get."""
    kinds = [kind for kind in shape.kinds_with(record.kind) if kind is not Kind.CONTACT_PERSON or record.parent_id]
    if record.parent_id and Kind.CONTACT_PERSON in kinds:
        return Kind.CONTACT_PERSON
    return kinds[0] if kinds else None


def _refresh_partner(work: Work, books: Record) -> None:
    if books.kind == RecordKind.ITEM:
        requested_at = work.clock.now()
        row = work.patiently(lambda: work.books.item(books.remote_id))
        if row is not None:
            mirror.store_one(work.shape, sources.books_item(work.shape, row), requested_at)
        return
    details.customer_detail(work, books.parent_id if books.kind == RecordKind.PERSON else books.remote_id)


def _pair(work: Work, kind: Kind, record: Record) -> Link | None:
    """Judges the one record as a run would."""
    if not planner.is_complete(work.shape, kind):
        return None
    asking.live(work, kind, record)
    policies = Policies(work.shape.setting(kind).policy, "policy", picklists.offered(work, kind))
    with transaction.atomic():
        Record.objects.filter(pk=record.pk).update(dirty=True)
        planner.pair_chunk(work, kind, Side.BIGIN, [record.pk], policies, None)
        return unlinked.pair_of(record)


def finish(work: Work, kind: Kind, link_id: int) -> None:
    """Plans and sends the open writes of one link; what is unknown is looked up first, and what a Save made new waits
    for a person who has seen it."""
    recovery.resolve(work, kind, link_id)
    policies = Policies(work.shape.setting(kind).policy, "policy", picklists.offered(work, kind))
    with transaction.atomic():
        rows = Link.objects.select_for_update().filter(pk=link_id, state__in=("linked", "closed"))
        links = list(rows.prefetch_related("bigin", "books"))
        if links:
            merging.plan_links(work, kind, links, policies)
        second_look.hold_of_link(work, kind, link_id)
    send.apply_link(work, kind, link_id)
