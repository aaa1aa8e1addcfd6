"""Settling: a write ends with what the remote says it stored, never with what we hoped. Database only.

A stored value becomes the base if it is a normalised form of what was sent; otherwise the base is what was sent, and
the stored value counts as a person's edit (design section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from django.db import transaction

from sync import issues, lifecycle, mirror, outbox, persons, plan
from sync.creation import PARENT
from sync.fields import Fields, Value, is_normalised
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Side, Write
from sync.plan import Policies, SideState
from sync.shape import MODULE_OF
from sync.sources import Seen
from sync.work import Work

Settled: TypeAlias = tuple[Write, Seen]
_MOVED = ("bigin", "books", "person", "state", "reason", "cause", "bigin_base", "books_base", "settled_at")
_WORDS = {Write.Op.CREATE: "created", Write.Op.UPDATE: "updated", Write.Op.MOVE: "moved"}


def bases(sent: Fields, stored: Fields) -> dict[str, Value]:
    """The target's new bases. A field that the answer does not show is believed."""
    return {
        name: stored[name] if name in stored and is_normalised(value, stored[name]) else value
        for name, value in sent.items()
    }


def done(work: Work, write: Write, seen: Seen) -> None:
    """One create or update, with the record as stored, in one transaction."""
    together(work, [(write, seen)])


def together(work: Work, items: Sequence[Settled]) -> None:
    """Writes that were sent as one: all settle or none. A number of statements that does not grow with them.

    Raises Stopped when this run is not the running one any more, and Overtaken when another process ended one of the
    attempts.
    """
    if not items:
        return
    with transaction.atomic():
        outbox.settle_all(work, [write for write, _ in items])
        links = _locked_links(items)
        records = mirror.put(work.shape, [seen for _, seen in items], work.clock.now())
        touched = []
        for write, seen in items:
            touched.append(_settle(work, links[write.link_id], write, records[seen.kind, seen.remote_id]))
        mirror.upsert(touched)
        Link.objects.bulk_update(links.values(), _MOVED)
        pairs = [pk for link in links.values() for pk in (link.bigin_id, link.books_id) if pk]
        # Only what was said about writes: what planning raised in this very run stands.
        issues.close_settled(
            work.shape.installation, [], links=links, records=pairs, kinds=(Issue.Kind.REJECTED,), run=work.run
        )
        made = {write.link_id for write, _ in items if write.op == Write.Op.CREATE}
        lifecycle.children_may_go(work.shape, [link for pk, link in links.items() if pk in made])


def _locked_links(items: Sequence[Settled]) -> dict[int, Link]:
    ids = [write.link_id for write, _ in items]
    rows = Link.objects.select_for_update().filter(pk__in=ids).order_by("pk").prefetch_related("bigin", "books")
    return {link.pk: link for link in rows}


def _settle(work: Work, link: Link, write: Write, record: Record) -> Record:
    """Link and record in memory; returns the record to store, dirty if the pair still differs."""
    if write.op == Write.Op.CREATE and link.state in Link.DEAD:
        record.settled_at, record.dirty = work.clock.now(), True  # the pair ended meanwhile: a stranger, judged anew
        work.count(MODULE_OF[Kind(link.kind)], write.side, _WORDS[Write.Op.CREATE])
        return record
    if write.side == Side.BIGIN:
        link.bigin = record
    else:
        link.books = record
        if write.op == Write.Op.CREATE or not link.person:
            link.person = persons.known(record) if link.kind == Kind.CONTACT_CUSTOMER else ""
    if write.op == Write.Op.CREATE:
        _made(link, write)
        if write.side == Side.BIGIN:  # born in Books: list views do not put it out of scope (rules 2.2)
            record.meta, record.in_scope = {**record.meta, "born": "books"}, True
    if write.op != Write.Op.MOVE:  # it takes values along, also such as Bigin has not seen yet: no agreement on any
        _set_bases(work, link, write, record)
    now = work.clock.now()
    link.settled_at = record.settled_at = now
    record.dirty = _agree(work, link) and link.state != Link.State.BESIDE
    work.count(MODULE_OF[Kind(link.kind)], write.side, _WORDS[Write.Op(write.op)])
    return record


def _made(link: Link, write: Write) -> None:
    """A pair, or one beside another; but what an undo brought back has no counterpart while Bigin's is gone: it would
    be deleted again."""
    if Link.State.BESIDE in (write.step, link.state):
        link.state = Link.State.BESIDE
        return
    link.cause = Link.Cause.NONE
    other = link.books if write.side == Side.BIGIN else link.bigin
    if write.undoes_id is None or (other is not None and other.gone_at is None):
        link.state = Link.State.LINKED
        return
    link.state = Link.State.CLOSED
    link.reason = "Its deletion in Books was taken back; in Bigin it stays deleted unless it is restored there."


def _set_bases(work: Work, link: Link, write: Write, record: Record) -> None:
    sent = write.fields
    if write.undoes_id is not None and write.op == Write.Op.CREATE:  # brings back more than what is mapped
        sent = {name: value for name, value in sent.items() if name in work.shape.wanted(record.kind)}
    target = bases(sent, record.fields)
    source = {name: value for name, value in write.source.items() if name != PARENT}
    if write.side == Side.BIGIN:
        link.bigin_base = {**link.bigin_base, **target}
        link.books_base = {**link.books_base, **source}
    else:
        link.books_base = {**link.books_base, **target}
        link.bigin_base = {**link.bigin_base, **source}


def _agree(work: Work, link: Link) -> bool:
    """Remembers what both sides hold alike; True when the pair still differs and must be planned."""
    if link.bigin is None or link.books is None:
        return True
    rows = work.shape.rows[Kind(link.kind)]
    merge = plan.merge(rows, side_state(link, "bigin"), side_state(link, "books"), Policies())
    link.bigin_base = {**link.bigin_base, **merge.bigin_base}
    link.books_base = {**link.books_base, **merge.books_base}
    return bool(merge.to_bigin or merge.to_books or merge.clashes or merge.refusals)


def side_state(link: Link, side: str) -> SideState:
    record = link.bigin if side == "bigin" else link.books
    base: Mapping[str, Value] = link.bigin_base if side == "bigin" else link.books_base
    return SideState(record.fields if record else {}, base, record.seen if record else {})
