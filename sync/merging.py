"""Planning pairs: a chunk of links in, outbox rows, bases and issues out, in the caller's transaction. No network.

What to do is decided by `sync/plan.py`, which is pure; this stores it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from sync import issues, lifecycle, mirror, outbox, persons, plan, relations
from sync.fields import Value, shown, spoken
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Side, Write
from sync.plan import Clash, Merge, Policies, Presence, Skip
from sync.settle import side_state
from sync.shape import MODULE_OF
from sync.work import Work

STAYS = "It was deleted in Bigin. A contact person cannot be made inactive in Books, so it stays there."


@dataclass
class Batch:
    """What one chunk of links gives to store."""

    work: Work
    kind: Kind
    policies: Policies
    writes: list[Write] = field(default_factory=list)
    drafts: list[issues.Draft] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    planned: list[Record] = field(default_factory=list)
    due: Mapping[int, datetime] = field(default_factory=dict)  # per link: when a delete that waits may go

    def draft(self, link: Link, kind: str, code: str, reason: str, advice: str = "", **detail: object) -> None:
        self.drafts.append(issues.Draft(MODULE_OF[self.kind], kind, code, reason, advice, detail, link_id=link.pk))

    def write(self, link: Link, side: Side, op: Write.Op, **values: Any) -> None:
        """A row of the outbox, and its count."""
        installation = self.work.shape.installation
        self.writes.append(Write(installation=installation, run=self.work.run, link=link, side=side, op=op, **values))
        self.work.count(MODULE_OF[self.kind], side, "planned")


def plan_links(work: Work, kind: Kind, links: Sequence[Link], policies: Policies) -> Batch:
    """Plans locked links and stores the result; a link with a write under way stays dirty."""
    busy = set(
        Write.objects.filter(
            link__in=links, state__in=(Write.State.SENDING, Write.State.UNKNOWN, Write.State.HELD)
        ).values_list("link_id", flat=True)
    ) | set(
        Write.objects.filter(link__in=links, state=Write.State.PENDING)
        .exclude(outbox.REPLANNED, undoes=None)
        .values_list("link_id", flat=True)
    )
    unseen = [link for link in links if link.pk not in busy and _is_unseen(work, link)]
    free = [link for link in links if link.pk not in busy and _is_known(link) and link not in unseen]
    batch = Batch(work, kind, policies, due=_waiting(free))
    persons.to_read(link.books_id for link in links if link.pk not in busy and not persons.is_read(link))
    outbox.withdraw(link.pk for link in (*free, *unseen))
    places = relations.places(work.shape, kind, free)
    for link in free:
        _plan_link(batch, link, places.get(link.pk, relations.Place()))
    _store(batch, free)
    return batch


def _is_known(link: Link) -> bool:
    """A customer whose detail is still to be read is not planned from half its fields."""
    if link.books is None or link.books.gone_at is not None:
        return True
    return link.books.detail_at is not None and persons.is_read(link)


def _is_unseen(work: Work, link: Link) -> bool:
    """A company that is gone is not planned while Bigin does not show its deals (`sync/deals.py`)."""
    return link.bigin is not None and link.bigin.gone_at is not None and link.bigin.remote_id in work.unread


def _waiting(links: Sequence[Link]) -> dict[int, datetime]:
    rows = Write.objects.filter(
        link__in=links, state=Write.State.PENDING, op__in=("delete", "inactive"), not_before__isnull=False
    )
    return {link: due for link, due in rows.values_list("link_id", "not_before") if due is not None}


def presence(record: Record | None) -> Presence:
    if record is None:
        return Presence.VANISHED
    if record.gone_at is None:
        return Presence.HERE
    if record.side == Side.BOOKS:
        return Presence.VANISHED
    return Presence.RECYCLED if record.gone_how in ("recycled", "ours") else Presence.PERMANENT


def pair_state(link: Link, place: relations.Place) -> plan.PairState:
    return plan.PairState(
        bigin=Presence.PERMANENT if place.survivor else presence(link.bigin),
        books=presence(link.books),
        in_scope=link.bigin is None or link.bigin.in_scope,
        closed=link.state == Link.State.CLOSED,
        followed=link.cause == Link.Cause.FOLLOWED,
        caused_by_us=any(record is not None and record.gone_how == "ours" for record in (link.bigin, link.books)),
        child_of_deleted=place.parent_gone,
        moved_to=place.moved_to,
    )


def verdict_of(link: Link, place: relations.Place, delete_policy: str) -> plan.Verdict:
    """A customer that has other persons than the deleted contact is not deleted for it (rules 5.2)."""
    verdict = plan.decide(pair_state(link, place), delete_policy)
    if isinstance(verdict, plan.Remove) and persons.has_others(link):
        return plan.Close(persons.OTHERS, persons.STAYS)
    return verdict


def _plan_link(batch: Batch, link: Link, place: relations.Place) -> None:
    batch.planned += [record for record in (link.bigin, link.books) if record is not None]
    if place.relinked:
        relations.start_over(batch, link)
        return
    verdict = verdict_of(link, place, batch.work.shape.setting(batch.kind).delete_policy)
    if isinstance(verdict, plan.Reopen) and verdict.anew and link.bigin is not None:
        lifecycle.begin_anew(link, link.bigin)
        batch.planned.remove(link.bigin)
        batch.work.freed.update(batch.work.shape.kinds_with(link.bigin.kind))
        return
    if isinstance(verdict, plan.Reopen):
        was_inactivated = link.cause == Link.Cause.INACTIVATED
        lifecycle.reopen(link, "restored")
        if was_inactivated and link.books is not None and link.books.meta.get("status") == "inactive":
            batch.write(link, Side.BOOKS, Write.Op.ACTIVE)  # compared once it is
            return
        verdict = plan.Compare()
    if isinstance(verdict, plan.Compare):
        _compare(batch, link)
        persons.note(batch, link)
        relations.note(batch, link, place)
    elif isinstance(verdict, plan.Close):
        _close(batch, link, verdict)
    elif isinstance(verdict, plan.Remove):
        _remove(batch, link, verdict, place)
    elif isinstance(verdict, plan.Suspect):
        relations.suspect(batch, link, place)
    elif isinstance(verdict, plan.Move):
        relations.move(batch, link, verdict.to)


def policies_for(batch: Batch, link: Link) -> Policies:
    return Policies(batch.policies.default, link.first, batch.policies.picklists)  # type: ignore[arg-type]


def _compare(batch: Batch, link: Link) -> None:
    rows = batch.work.shape.rows[batch.kind]
    merge = plan.merge(rows, side_state(link, "bigin"), side_state(link, "books"), policies_for(batch, link))
    skip = obstacle(batch.kind, batch.work, merge, batch.policies)
    if skip is not None:
        batch.draft(link, Issue.Kind.SKIPPED, skip.code, skip.reason, skip.advice)
        batch.work.count(MODULE_OF[batch.kind], "both", "skipped")
        return
    link.bigin_base = {**link.bigin_base, **merge.bigin_base}
    link.books_base = {**link.books_base, **merge.books_base}
    if merge.bigin_base or merge.books_base:
        batch.links.append(link)
    _write(batch, link, Side.BIGIN, merge)
    _write(batch, link, Side.BOOKS, merge)
    if merge.clashes:
        _clash(batch, link, merge.clashes)
    if merge.refusals:
        text = " ".join(refusal.reason for refusal in merge.refusals)
        names = [refusal.field for refusal in merge.refusals]
        batch.draft(
            link, Issue.Kind.SKIPPED, "cleared", text, "Fill the field again, or empty it on both sides.", fields=names
        )


def obstacle(kind: Kind, work: Work, merge: Merge, policies: Policies) -> Skip | None:
    """What keeps the whole record from being written: a name too long, a value a list lacks (rules 4.1, 4.5)."""
    rows = work.shape.rows[kind]
    return (
        plan.too_long(kind, "bigin", merge.to_bigin)
        or plan.too_long(kind, "books", merge.to_books)
        or plan.picklist_gap(rows, "bigin", merge.to_bigin, policies)
        or plan.picklist_gap(rows, "books", merge.to_books, policies)
    )


def _write(batch: Batch, link: Link, side: Side, merge: Merge) -> None:
    fields = dict(merge.to_bigin if side == Side.BIGIN else merge.to_books)
    target, source = (link.bigin, link.books) if side == Side.BIGIN else (link.books, link.bigin)
    if not fields or target is None or source is None:
        return
    base = link.bigin_base if side == Side.BIGIN else link.books_base
    batch.write(
        link,
        side,
        Write.Op.UPDATE,
        replaces=[name for name in fields if base.get(name) is not None],
        fields=fields,
        source=_sources(batch, side, fields, source.fields),
        before={name: target.fields.get(name) for name in fields},
    )


def _sources(batch: Batch, side: Side, fields: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    """The other side's values these were planned from: its bases once this is settled."""
    found: dict[str, Value] = {}
    for row in batch.work.shape.rows[batch.kind]:
        name, source = (row.bigin, row.books) if side == Side.BIGIN else (row.books, row.bigin)
        if name in fields and source in values:
            found[source] = values[source]
    return found


def _clash(batch: Batch, link: Link, clashes: Sequence[Clash]) -> None:
    detail = {
        clash.row.bigin: {
            "bigin": clash.bigin,
            "books": clash.books,
            "base": clash.base,
            "books_field": clash.row.books,
        }
        for clash in clashes
    }
    names = ", ".join(
        f"{spoken(clash.row.bigin)} ({shown(clash.bigin)!r} or {shown(clash.books)!r})" for clash in clashes
    )
    batch.draft(
        link,
        Issue.Kind.CLASH,
        "both_changed",
        f"Bigin and Books hold different values: {names}.",
        "Choose which one to keep.",
        **detail,
    )
    if link.pk not in batch.work.clashing:  # planned twice in one run, it is one conflict
        batch.work.clashing.add(link.pk)
        batch.work.count(MODULE_OF[batch.kind], "both", "conflicts")


def _close(batch: Batch, link: Link, verdict: plan.Close) -> None:
    if not lifecycle.close(link, verdict.reason):
        return
    if verdict.code == persons.STAYS:
        batch.drafts.append(persons.still_there(link))
    if verdict.code == "vanished":
        batch.drafts.append(lifecycle.vanished(link, link.bigin.label if link.bigin else ""))


def stays(kind: Kind, verdict: plan.Remove) -> bool:
    """Books has active and inactive customers and items; its contact persons are there or deleted."""
    return kind is Kind.CONTACT_PERSON and verdict.how == "inactive"


def _remove(batch: Batch, link: Link, verdict: plan.Remove, place: relations.Place) -> None:
    """The other side's delete waits before it is sent (rules 5.2)."""
    if place.parent_gone:
        lifecycle.close(link, "It was deleted in Bigin along with its company.", Link.Cause.FOLLOWED)
        return
    if link.books is None or link.bigin is None or link.bigin.gone_at is None:
        return
    if stays(batch.kind, verdict):
        lifecycle.close(link, STAYS)
        return
    wait = timedelta(seconds=settings.SYNC_DELETE_WAIT_SECONDS)
    op = Write.Op.INACTIVE if verdict.how == "inactive" else Write.Op.DELETE
    batch.write(link, Side.BOOKS, op, not_before=batch.due.get(link.pk) or link.bigin.gone_at + wait)


def _store(batch: Batch, links: Sequence[Link]) -> None:
    Write.objects.bulk_create(batch.writes)
    if batch.links:
        Link.objects.bulk_update(batch.links, ["bigin_base", "books_base"])
    installation = batch.work.shape.installation
    issues.raise_all(installation, batch.drafts, batch.work.run)
    issues.close_settled(installation, batch.drafts, links=[link.pk for link in links])
    mirror.clear_dirty((record.pk, record.fingerprint) for record in batch.planned)
