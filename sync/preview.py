"""A dry run: reads both sides into the mirror and writes `Proposal` rows of what a run would do. No link, no write.

The same judging and merging as a run's, with pairs that would be made held in memory.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from django.conf import settings
from django.db import transaction

from accounts.models import Installation
from sync import (
    engine,
    insisted,
    merging,
    pairing,
    parting,
    persons,
    picklists,
    plan,
    planner,
    recent,
    relations,
    room,
    unlinked,
)
from sync import shape as shapes
from sync.fields import Fields, Value
from sync.mapping import Kind
from sync.models import Issue, Link, Proposal, Record, Run, Side, Write
from sync.outcomes import Create, Hold, LinkUp, Outcome, PassBy
from sync.plan import Merge, Policies, SideState
from sync.settle import side_state
from sync.shape import MODULE_OF
from sync.work import Clock, Work

_REFUSED = "refused_by_person"  # code of the issue that `sync/held.py` leaves


def run(
    installation: Installation,
    modules: Sequence[str] | None,
    trigger: str,
    *,
    series: uuid.UUID | None = None,
    clock: Clock | None = None,
    who: str = "",
) -> engine.Ended | None:
    """One slice of a preview, which reads on where the last one stopped; None while another run goes on. Network reads
    only. `who` asked for it, where that is known."""
    clock = clock or Clock()
    shape = shapes.load(installation, modules)
    started = engine.start_run(shape, trigger, Run.Kind.PREVIEW, series, who)
    if started is None:
        return None
    with ExitStack() as stack:
        work = engine.open_work(shape, started, stack, clock, settings.SYNC_SLICE_SECONDS)
        ended = engine.guarded(work, _stages)
    if ended.run.state != Run.State.DONE:  # the next slice proposes from the beginning
        Proposal.objects.filter(run=ended.run).delete()
    return ended


def _stages(work: Work) -> None:
    engine.read(work)
    room.note_plan(work)
    insisted.note(work)
    parents: dict[str, dict[str, str]] = {Side.BIGIN: {}, Side.BOOKS: {}}
    seen: set[int] = set()
    for kind in work.shape.kinds:
        policies = _policies(work, kind)
        work.stage(f"Proposing {kind}")
        _propose_alone(work, kind, policies, parents, seen)
        _propose_pairs(work, kind, policies, parents[Side.BIGIN])


def _policies(work: Work, kind: Kind) -> Policies:
    return Policies(work.shape.setting(kind).policy, "policy", picklists.offered(work, kind))


def _propose_alone(
    work: Work, kind: Kind, policies: Policies, parents: dict[str, dict[str, str]], seen: set[int]
) -> None:
    """`seen`: records that are spoken for by an earlier proposal."""
    wanted = recent.customers(work, kind)
    for side in (Side.BIGIN, Side.BOOKS):
        for ids in planner.chunks(partial(unlinked.of_sort, work.shape, kind, side)):
            work.check()
            records = [record for record in Record.objects.filter(pk__in=ids).order_by("pk") if record.pk not in seen]
            outcomes = pairing.judge(work.shape, kind, side, records, policies, virtual=parents[side], recent=wanted)
            outcomes = _without_refused(outcomes)
            _note(work, kind, outcomes, parents, seen)
            _store(work, kind, outcomes, policies)


def _without_refused(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What a person refused to create waits for a Retry, or until it changes."""
    created = [outcome.record.pk for outcome in outcomes if isinstance(outcome, Create) and not outcome.record.dirty]
    rows = Issue.objects.filter(record__in=created, code=_REFUSED, state=Issue.State.OPEN)
    reasons = {pk: f"{reason} {advice}" for pk, reason, advice in rows.values_list("record", "reason", "advice")}
    return [
        PassBy(outcome.record, _REFUSED, reasons[outcome.record.pk])
        if isinstance(outcome, Create) and outcome.record.pk in reasons
        else outcome
        for outcome in outcomes
    ]


def _note(
    work: Work, kind: Kind, outcomes: Iterable[Outcome], parents: dict[str, dict[str, str]], seen: set[int]
) -> None:
    """Pairs and new companies that a run would make are parents for what is proposed next."""
    for outcome in outcomes:
        if isinstance(outcome, LinkUp):
            seen.update((outcome.bigin.pk, outcome.books.pk))
            if kind is Kind.COMPANY_CUSTOMER:
                parents[Side.BIGIN][outcome.bigin.remote_id] = outcome.books.remote_id
                parents[Side.BOOKS][outcome.books.remote_id] = outcome.bigin.remote_id
        elif isinstance(outcome, Create):
            seen.update(item.record.pk for item in outcome.carried)
            if kind is Kind.COMPANY_CUSTOMER:
                parents[outcome.record.side][outcome.record.remote_id] = "new"


def _store(work: Work, kind: Kind, outcomes: Iterable[Outcome], policies: Policies) -> None:
    rows: list[Proposal] = []
    for outcome in outcomes:
        rows += _rows(work, kind, outcome, policies)
    with transaction.atomic():
        Proposal.objects.bulk_create(rows)
    for row in rows:
        work.count(row.module, row.side or "both", f"would_{row.outcome}")


def _rows(work: Work, kind: Kind, outcome: Outcome, policies: Policies) -> list[Proposal]:
    if isinstance(outcome, LinkUp):
        linked = _row(work, kind, "link", outcome.bigin.label, "", outcome.why, outcome.bigin, outcome.books)
        mapped = work.shape.rows[kind]
        merge = plan.merge(
            mapped,
            SideState(outcome.bigin.fields, {}, outcome.bigin.seen),
            SideState(outcome.books.fields, {}, outcome.books.seen),
            Policies(policies.default, outcome.first, policies.picklists),
        )
        return [linked, *_merged(work, kind, merge, outcome.bigin, outcome.books)]
    if isinstance(outcome, Create):
        rows = [_created(work, outcome)]
        return rows + [_created(work, item) for item in outcome.carried] + _followed(work, outcome)
    if isinstance(outcome, Hold):
        what = "duplicate" if outcome.issue_kind == "duplicate" else "skip"
        return [_alone(work, kind, what, outcome.record, outcome.reason)]
    if isinstance(outcome, PassBy):
        return [_alone(work, kind, "skip", outcome.record, outcome.reason)]
    return []


def _created(work: Work, item: Create) -> Proposal:
    bigin, books = (item.record, None) if item.side == "books" else (None, item.record)
    row = _row(work, item.kind, "create", item.record.label, item.side, "; ".join(item.warnings), bigin, books)
    row.changes = {name: [None, value] for name, value in item.fields.items()}
    return row


def _followed(work: Work, item: Create) -> list[Proposal]:
    """A new item of Books is active: that it is not is a write of its own, once it stands (`sync/creation.py`)."""
    statuses = [row for row in work.shape.rows[item.kind] if item.side == "books" and row.books == "active"]
    if not statuses or item.record.fields.get(statuses[0].bigin) is not False:
        return []
    row = _row(work, item.kind, "update", item.record.label, item.side, "", item.record, None)
    row.changes = {"active": [True, False]}
    return [row]


def _alone(work: Work, kind: Kind, outcome: str, record: Record, reason: str) -> Proposal:
    bigin, books = (record, None) if record.side == Side.BIGIN else (None, record)
    return _row(work, kind, outcome, record.label, record.side, reason, bigin, books)


def _row(
    work: Work, kind: Kind, outcome: str, label: str, side: str, reason: str, bigin: Record | None, books: Record | None
) -> Proposal:
    return Proposal(
        run=work.run,
        module=MODULE_OF[kind],
        kind=kind,
        side=side,
        outcome=outcome,
        label=label[:300],
        bigin=bigin,
        books=books,
        reason=reason,
    )


def _merged(work: Work, kind: Kind, merge: Merge, bigin: Record, books: Record) -> list[Proposal]:
    rows = []
    for side, fields, target in (("bigin", merge.to_bigin, bigin), ("books", merge.to_books, books)):
        if fields:
            row = _row(work, kind, "update", target.label, side, "", bigin, books)
            row.changes = _changes(fields, target.fields)
            rows.append(row)
    if merge.clashes:
        row = _row(work, kind, "conflict", bigin.label, "", "Both sides hold another value.", bigin, books)
        row.changes = {clash.row.bigin: [clash.bigin, clash.books] for clash in merge.clashes}
        rows.append(row)
    return rows


def _changes(fields: Fields, present: Fields) -> dict[str, list[Value]]:
    return {name: [present.get(name), value] for name, value in fields.items()}


def _propose_pairs(work: Work, kind: Kind, policies: Policies, companies: dict[str, str]) -> None:
    """What would happen to pairs that stand already: updates, deletes, moves, conflicts. `companies`: those that would
    be paired, with their customers."""
    rows = Link.objects.filter(
        installation=work.shape.installation, kind=kind, state__in=(Link.State.LINKED, Link.State.CLOSED)
    )
    last = 0
    while links := list(rows.filter(pk__gt=last).order_by("pk").select_related("bigin", "books")[: planner.CHUNK]):
        last = links[-1].pk
        work.check()
        places = relations.places(work.shape, kind, links)
        proposals: list[Proposal] = []
        for link in links:
            place = places.get(link.pk, relations.Place())
            proposals += _of_link(work, kind, link, policies, place, companies)
        with transaction.atomic():
            Proposal.objects.bulk_create(proposals)
        for row in proposals:
            work.count(row.module, row.side or "both", f"would_{row.outcome}")


def _of_link(
    work: Work, kind: Kind, link: Link, policies: Policies, place: relations.Place, companies: dict[str, str]
) -> list[Proposal]:
    if link.bigin is None or link.books is None or not persons.is_read(link):
        return []
    verdict = merging.verdict_of(link, place, work.shape.setting(kind).delete_policy)
    if isinstance(verdict, plan.Close) and verdict.code == persons.STAYS:
        return [_row(work, kind, "skip", link.books.label, "books", persons.OTHERS, link.bigin, link.books)]
    if isinstance(verdict, plan.Remove) and place.parent_gone:
        return []  # it goes with its company's customer
    if isinstance(verdict, plan.Remove) and merging.stays(kind, verdict):
        return [_row(work, kind, "skip", link.books.label, "books", merging.STAYS, link.bigin, link.books)]
    if isinstance(verdict, plan.Remove):
        reason = "It was deleted in Bigin." if verdict.how == "delete" else "It was deleted in Bigin; marked inactive."
        return [_row(work, kind, "delete", link.books.label, "books", reason, link.bigin, link.books)]
    if isinstance(verdict, plan.Move):
        return [_row(work, kind, "move", link.books.label, "books", "Its company changed.", link.bigin, link.books)]
    if not isinstance(verdict, (plan.Compare, plan.Reopen)):
        return []
    merge = plan.merge(
        work.shape.rows[kind],
        side_state(link, "bigin"),
        side_state(link, "books"),
        Policies(policies.default, link.first, policies.picklists),  # type: ignore[arg-type]
    )
    reason = "" if merge.clashes else relations.goes_on(work.shape, link, place, companies)
    if reason:
        told = _merged(work, kind, replace(merge, to_books={}), link.bigin, link.books)
        return told + _goes_on(work, kind, link, reason, companies)
    skip = merging.obstacle(kind, work, merge, policies)
    if skip is not None:
        return [_row(work, kind, "skip", link.bigin.label, "", skip.reason, link.bigin, link.books)]
    return _merged(work, kind, merge, link.bigin, link.books)


def _goes_on(work: Work, kind: Kind, link: Link, reason: str, companies: dict[str, str]) -> list[Proposal]:
    """A contact that gained or lost its company: the pair it would make now, and the end of what it had in Books."""
    if link.bigin is None or link.books is None:
        return []
    new = Kind.CONTACT_PERSON if kind is Kind.CONTACT_CUSTOMER else Kind.CONTACT_CUSTOMER
    policies = _policies(work, new)
    outcomes = pairing.judge(work.shape, new, Side.BIGIN, [link.bigin], policies, virtual=companies)
    rows = [row for outcome in outcomes for row in _rows(work, new, outcome, policies)]
    end = parting.end_of(work.shape, kind)
    if end is not None:
        told = reason if end is Write.Op.DELETE else f"{reason} In Books it is marked inactive."
        rows.append(_row(work, kind, "delete", link.books.label, "books", told, link.bigin, link.books))
    return rows
