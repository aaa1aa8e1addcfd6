"""What nobody has seen yet waits for a second look: a first run that would do something else than its preview showed
(issue 4, rules 1.1), and what a Save makes new on a module that is in step (rules 5.4).

Counts database rows only; what is held is released like anything the brake held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from django.db.models import Exists, OuterRef, Q, QuerySet

from sync import brake, changed, outbox
from sync.changed import Change
from sync.mapping import Kind
from sync.models import ModuleSetting, Proposal, Run, Side, Write
from sync.shape import MODULE_OF
from sync.work import Work

Counts: TypeAlias = Counter[tuple[str, str]]  # (side, outcome of a proposal)

SHARE = 0.10
_ADVICE = "Look at the list; approve it if it is meant, or refuse it and make a new preview."
_OUTCOMES = {
    Write.Op.CREATE: "create",
    Write.Op.UPDATE: "update",
    Write.Op.DELETE: "delete",
    Write.Op.INACTIVE: "delete",
    Write.Op.MOVE: "move",
}
_WORDS = {"create": "creates", "update": "updates", "delete": "deletions", "move": "moves"}
_CHUNK = 500


def check(work: Work, kind: Kind) -> list[Write]:
    """Between PLAN and APPLY: holds what is not as shown and returns it."""
    setting = work.shape.setting(kind)
    if setting.last_sync_at is None:
        return _first_run(work, kind, setting)
    change = changed.of(setting)
    return _after_a_save(work, kind, setting, change) if change is not None else []


# The first run


def _first_run(work: Work, kind: Kind, setting: ModuleSetting) -> list[Write]:
    """All of this kind when counts differ from those on the screen when Start was pressed by more than a tenth."""
    if setting.started_at is None:
        return []
    preview = _previews(setting).filter(finished_at__lte=setting.started_at).first()
    if preview is None:
        return []
    planned, shown = _planned(work, kind, setting.started_at), _shown(preview, kind)
    if not _differ(planned, shown):
        return []
    return _hold(work, kind, f"differs_from_preview_{kind}", list(_pending(work, kind)), _differently(planned, shown))


def _previews(setting: ModuleSetting) -> QuerySet[Run]:
    rows = Run.objects.filter(
        installation=setting.installation_id,
        kind=Run.Kind.PREVIEW,
        state=Run.State.DONE,
        modules__contains=[setting.module],
    )
    return rows.order_by("-started_at")


def _planned(work: Work, kind: Kind, since: datetime) -> Counts:
    rows = _writes(work, kind, since)
    return Counter((side, _OUTCOMES[Write.Op(op)]) for side, op in rows.values_list("side", "op"))


def _writes(work: Work, kind: Kind, since: datetime) -> QuerySet[Write]:
    """Planned since then. Without what follows a creation, such as the status of a new item, as `_proposals` are."""
    rows = Write.objects.filter(
        installation=work.shape.installation, link__kind=kind, undoes=None, op__in=_OUTCOMES, created_at__gte=since
    ).exclude(state=Write.State.WITHDRAWN)
    made = Write.objects.filter(link=OuterRef("link"), op=Write.Op.CREATE, created_at__gte=since)
    return rows.exclude(Exists(made), op=Write.Op.UPDATE)


def _pending(work: Work, kind: Kind) -> QuerySet[Write]:
    """Those of the kind and what they carry."""
    rows = Write.objects.filter(
        outbox.HOLDABLE, installation=work.shape.installation, approved=False, undoes=None
    ).exclude(outbox.UNDER_WAY)
    return rows.filter(Q(link__kind=kind) | Q(carried_by__link__kind=kind))


def _shown(preview: Run, kind: Kind) -> Counts:
    rows = _proposals(preview, kind)
    return Counter(rows.values_list("side", "outcome"))


def _proposals(preview: Run, kind: Kind) -> QuerySet[Proposal]:
    """Without what follows the creations: it is planned when those have been made."""
    rows = Proposal.objects.filter(run=preview, kind=kind, outcome__in=_OUTCOMES.values())
    return rows.exclude(Q(bigin=None) | Q(books=None), outcome="update")


def _differ(planned: Counts, shown: Counts) -> bool:
    return any(_differs(planned[key], shown[key]) for key in planned.keys() | shown.keys())


def _differs(planned: int, proposed: int) -> bool:
    return abs(planned - proposed) > proposed * SHARE


# After a Save


@dataclass
class _New:
    """What a Save makes new in one kind: `planned` since then, `pending` of that, with what it carries."""

    planned: Counts = field(default_factory=Counter)
    pending: list[int] = field(default_factory=list)


def _after_a_save(work: Work, kind: Kind, setting: ModuleSetting, change: Change) -> list[Write]:
    new = _made_new(work, kind, change)
    if not new.pending:
        return []
    preview = _previews(setting).filter(started_at__gte=change.at).first()
    shown = _shown_new(preview, kind, change) if preview is not None else Counter()
    if preview is not None and not _differ(new.planned, shown):
        return []
    told = _differently(new.planned, shown) if preview is not None else _unseen(new.planned)
    rows = _pending(work, kind).filter(Q(pk__in=new.pending) | Q(carried_by__in=new.pending))
    return _hold(work, kind, f"settings_changed_{kind}", list(rows), told)


def hold_of_link(work: Work, kind: Kind, link_id: int) -> list[Write]:
    """What a record action may not send either: no preview since that Save has shown it. Needs a transaction."""
    setting = work.shape.setting(kind)
    change = changed.of(setting) if setting.last_sync_at is not None else None
    if change is None or _previews(setting).filter(started_at__gte=change.at).exists():
        return []
    waiting = _pending(work, kind).filter(Q(link=link_id) | Q(carried_by__link=link_id)).select_related("link")
    family = list(waiting.order_by("pk"))
    new = [write for write in family if write.carried_by_id is None and _is_new(write, kind, change)]
    if not new:
        return []
    carriers = {write.pk for write in new}
    found = [write for write in family if write.pk in carriers or write.carried_by_id in carriers]
    planned = Counter((write.side, _OUTCOMES[Write.Op(write.op)]) for write in new)
    return _hold(work, kind, f"settings_changed_{kind}", found, _unseen(planned))


def _made_new(work: Work, kind: Kind, change: Change) -> _New:
    found = _New()
    for write in _writes(work, kind, change.at).select_related("link").iterator(chunk_size=_CHUNK):
        if not _is_new(write, kind, change):
            continue
        found.planned[write.side, _OUTCOMES[Write.Op(write.op)]] += 1
        waits = write.state == Write.State.HELD and write.step == outbox.AFTER
        if (waits or write.state == Write.State.PENDING) and not write.approved:
            found.pending.append(write.pk)
    return found


def _is_new(write: Write, kind: Kind, change: Change) -> bool:
    if write.op == Write.Op.CREATE:
        return (kind, write.side) in change.creates
    if write.op == Write.Op.UPDATE:
        before = write.before or {}
        changes = {name: (before.get(name), value) for name, value in write.fields.items()}
        return change.is_replaced(kind, write.side, changes)
    # What ends because its contact is a pair of another kind from now on was let go of that contact.
    return bool(change.creates) and write.op != Write.Op.MOVE and write.link.bigin_id is None


def _shown_new(preview: Run, kind: Kind, change: Change) -> Counts:
    found: Counts = Counter()
    for row in _proposals(preview, kind).select_related("bigin").iterator(chunk_size=_CHUNK):
        if _is_shown_new(row, kind, change):
            found[row.side, row.outcome] += 1
    return found


def _is_shown_new(row: Proposal, kind: Kind, change: Change) -> bool:
    if row.outcome == "create":
        return (kind, row.side) in change.creates
    if row.outcome == "update":
        return change.is_replaced(kind, row.side, {name: (old, new) for name, (old, new) in row.changes.items()})
    # Its contact goes on as a pair of another kind; as `_is_new`.
    return bool(change.creates) and row.outcome == "delete" and row.bigin is not None and row.bigin.gone_at is None


# Holding


def _differently(planned: Counts, shown: Counts) -> str:
    changes = "; ".join(
        f"{_WORDS[outcome]} in {_where(side)}: {shown[side, outcome]} shown, {planned[side, outcome]} now"
        for side, outcome in sorted(planned.keys() | shown.keys())
        if planned[side, outcome] != shown[side, outcome]
    )
    return f"The run would do something else than the preview showed. {changes}. Nothing of it was sent."


def _unseen(planned: Counts) -> str:
    changes = "; ".join(
        f"{_WORDS[outcome]} in {_where(side)}: {planned[side, outcome]}" for side, outcome in sorted(planned)
    )
    return f"The settings were changed, and no preview has shown what follows. {changes}. Nothing of it was sent."


def _where(side: str) -> str:
    return "Bigin" if side == Side.BIGIN else "Books"


def _hold(work: Work, kind: Kind, code: str, found: Sequence[Write], reason: str) -> list[Write]:
    return brake.hold(work, MODULE_OF[kind], code, found, lambda _: (reason, _ADVICE))
