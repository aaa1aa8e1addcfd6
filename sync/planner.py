"""Storing what planning decided: links, outbox rows, bases and issues, one transaction per chunk. No network.

What is decided comes from `sync/pairing.py` for records that stand alone and `sync/merging.py` for pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

from django.db import transaction
from django.db.models import Q, QuerySet

from sync import beside, issues, lifecycle, merging, mirror, outside, pairing, persons, unlinked
from sync.mapping import Kind
from sync.models import Cursor, Decision, Issue, Link, Record, Side, Write
from sync.outcomes import Create, Hold, LinkUp, Outcome, PassBy, Wait
from sync.plan import Policies
from sync.shape import FEEDS_OF, MODULE_OF, Shape
from sync.work import Work

CHUNK = 200


def is_complete(shape: Shape, kind: Kind) -> bool:
    """No pair and no create before both sides were once read to the end (design section 3)."""
    needed = {feed for other in shape.active if MODULE_OF[other] == MODULE_OF[kind] for feed in FEEDS_OF[other]}
    done = Cursor.objects.filter(installation=shape.installation, feed__in=needed, complete_at__isnull=False)
    return done.count() == len(needed)


# Records that stand alone


def pair(work: Work, kind: Kind, policies: Policies, recent: frozenset[str] | None = None) -> None:
    """Judges every dirty record without a link, Bigin's first; each chunk is one transaction. The caller saw to it that
    both sides were read to the end."""
    lifecycle.contacts_came_back(work.shape)
    lifecycle.ended_pairs_moved(work.shape)
    outside.gone(work.shape, kind)
    if kind is Kind.CONTACT_PERSON:
        beside.before_pairing(work.shape)
    for side in (Side.BIGIN, Side.BOOKS):
        for ids in chunks(partial(unlinked.to_judge, work.shape, kind, side)):
            work.check()
            with transaction.atomic():
                pair_chunk(work, kind, side, ids, policies, recent)


def chunks(rows: Callable[[], QuerySet[Record]]) -> Iterator[list[int]]:
    last = 0
    while ids := list(rows().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = ids[-1]
        yield ids


def pair_chunk(
    work: Work, kind: Kind, side: Side, ids: Sequence[int], policies: Policies, recent: frozenset[str] | None
) -> list[Outcome]:
    """In the caller's transaction; the records are locked, so that no two runs or actions pair one twice."""
    rows = unlinked.to_judge(work.shape, kind, side).filter(pk__in=ids).select_for_update().order_by("pk")
    records = list(rows)
    outcomes = pairing.judge(work.shape, kind, side, records, policies, recent=recent)
    apply(work, kind, outcomes)
    if side == Side.BIGIN:
        outside.moved(work.shape, kind, [record.remote_id for record in records])
    else:
        outside.note(outcomes)
    return outcomes


def apply(work: Work, kind: Kind, outcomes: Sequence[Outcome]) -> list[Link]:
    """Stores the outcomes of one chunk, in the caller's transaction, and returns the links made."""
    made = [outcome for outcome in outcomes if isinstance(outcome, LinkUp)]
    creates = [outcome for outcome in outcomes if isinstance(outcome, Create)]
    links = _link_up(work, made) + _create(work, creates)
    drafts = [_draft(kind, outcome) for outcome in outcomes if isinstance(outcome, Hold)]
    considered = [_record(outcome) for outcome in outcomes if not isinstance(outcome, Wait)]
    considered += [item.record for outcome in creates for item in outcome.carried]
    installation = work.shape.installation
    issues.raise_all(installation, drafts, work.run)
    issues.close_settled(installation, drafts, records=[record.pk for record in considered])
    _remember(work.shape, outcomes)
    _count(work, kind, outcomes)
    linked = {record.pk for link in made for record in (link.bigin, link.books)}
    # A fresh pair stays dirty: its contents are compared next.
    mirror.clear_dirty((record.pk, record.fingerprint) for record in considered if record.pk not in linked)
    return links


def _record(outcome: Outcome) -> Record:
    if isinstance(outcome, LinkUp):
        return outcome.bigin
    return outcome.record


def _draft(kind: Kind, hold: Hold) -> issues.Draft:
    return issues.Draft(
        MODULE_OF[kind], hold.issue_kind, hold.code, hold.reason, hold.advice, hold.detail, record_id=hold.record.pk
    )


def _link_up(work: Work, made: Sequence[LinkUp]) -> list[Link]:
    links = Link.objects.bulk_create(
        Link(
            installation=work.shape.installation,
            kind=item.kind,
            bigin=item.bigin,
            books=item.books,
            state=Link.State.LINKED,
            reason=item.why[:300],
            first=item.first,
            person=persons.known(item.books) if item.kind is Kind.CONTACT_CUSTOMER else "",
        )
        for item in made
    )
    pks = list(chain.from_iterable((item.bigin.pk, item.books.pk) for item in made))
    if pks:
        Record.objects.filter(pk__in=pks).update(dirty=True)
        Issue.objects.filter(record__in=pks, link=None, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_by=issues.THE_CAUSE
        )
        lifecycle.children_may_go(work.shape, links)
    return links


def _create(work: Work, creates: Sequence[Create]) -> list[Link]:
    """The half-made link and its Write are inserted together; persons of a new company are carried by its Write."""
    if not creates:
        return []
    links = Link.objects.bulk_create(_half(work, item) for item in creates)
    writes = Write.objects.bulk_create(
        _write(work, item, link, None) for item, link in zip(creates, links, strict=True)
    )
    carried = [(child, write) for item, write in zip(creates, writes, strict=True) for child in item.carried]
    inner = Link.objects.bulk_create(_half(work, child) for child, _ in carried)
    Write.objects.bulk_create(
        _write(work, child, link, carrier) for (child, carrier), link in zip(carried, inner, strict=True)
    )
    return [*links, *inner]


def _half(work: Work, item: Create) -> Link:
    return Link(
        installation=work.shape.installation,
        kind=item.kind,
        bigin=item.record if item.side == "books" else None,
        books=item.record if item.side == "bigin" else None,
        person=persons.known(item.record) if item.side == "bigin" and item.kind is Kind.CONTACT_CUSTOMER else "",
        state=Link.State.HALF,
        first="bigin" if item.side == "books" else "policy",
        reason="created by the sync",
    )


def _write(work: Work, item: Create, link: Link, carrier: Write | None) -> Write:
    return Write(
        installation=work.shape.installation,
        run=work.run,
        link=link,
        side=item.side,
        op=Write.Op.CREATE,
        fields=dict(item.fields),
        source=dict(item.source),
        before={},
        carried_by=carrier,
        error="; ".join(item.warnings),
    )


def _remember(shape: Shape, outcomes: Sequence[Outcome]) -> None:
    """Decisions of the duplicate policy, per pair of ids (rules 3.2, 3.3)."""
    rows = []
    for outcome in outcomes:
        if isinstance(outcome, PassBy) and outcome.skipped_with:
            rows.append(_decision(shape, outcome.record, outcome.skipped_with, Decision.Verdict.SKIPPED))
        if isinstance(outcome, Create):
            rows += [_decision(shape, outcome.record, its, Decision.Verdict.APART) for its in outcome.apart_from]
    Decision.objects.bulk_create(rows, ignore_conflicts=True)


def _decision(shape: Shape, record: Record, other_id: str, verdict: str) -> Decision:
    bigin_id, books_id = (record.remote_id, other_id) if record.side == Side.BIGIN else (other_id, record.remote_id)
    return Decision(
        installation=shape.installation,
        bigin_id=bigin_id,
        books_id=books_id,
        verdict=verdict,
        decided_by="the duplicate policy",
    )


def _count(work: Work, kind: Kind, outcomes: Sequence[Outcome]) -> None:
    module = MODULE_OF[kind]
    for outcome in outcomes:
        if isinstance(outcome, LinkUp):
            work.count(module, "both", "linked")
        elif isinstance(outcome, Create):
            work.count(module, outcome.side, "planned", 1 + len(outcome.carried))
        elif isinstance(outcome, Hold):
            work.count(module, outcome.record.side, "skipped" if outcome.issue_kind == "skipped" else "held")
        elif isinstance(outcome, PassBy):
            work.count(module, outcome.record.side, "excluded")


# Pairs


def plan_dirty(work: Work, kind: Kind, policies: Policies) -> None:
    """Plans every link of which a record is dirty; each chunk is one transaction."""
    last = 0
    while True:
        work.check()
        with transaction.atomic():
            links = _dirty_links(work.shape, kind, last)
            if not links:
                return
            merging.plan_links(work, kind, links, policies)
        last = links[-1].pk


def has_dirty(shape: Shape, kind: Kind) -> bool:
    return _dirty(shape, kind).exists()


def _dirty(shape: Shape, kind: Kind) -> QuerySet[Link]:
    return Link.objects.filter(
        Q(bigin__dirty=True) | Q(books__dirty=True),
        installation=shape.installation,
        kind=kind,
        state__in=(Link.State.LINKED, Link.State.CLOSED),
    )


def _dirty_links(shape: Shape, kind: Kind, after: int) -> list[Link]:
    """Locked, with their records; half-made ones belong to recovery, dead ones to nobody."""
    ids = list(_dirty(shape, kind).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return []
    locked = Link.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return list(locked.prefetch_related("bigin", "books"))
