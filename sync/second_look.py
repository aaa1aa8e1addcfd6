"""A first run that would do something else than its preview showed waits for a second look (issue 4, rules 1.1).

Counts database rows only; what is held is released like anything the brake held.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import Q

from sync import brake
from sync.mapping import Kind
from sync.models import ModuleSetting, Proposal, Run, Write
from sync.shape import MODULE_OF
from sync.work import Work

SHARE = 0.10
_OUTCOMES = {"create": Write.Op.CREATE, "update": Write.Op.UPDATE}


def check(work: Work, kind: Kind) -> list[Write]:
    """Holds the pending writes of this kind when counts differ from the newest preview's by more than a tenth."""
    setting = work.shape.setting(kind)
    preview = _preview(setting)
    if preview is None:
        return []
    planned, proposed = _planned(work, kind), _proposed(preview, kind)
    differing = [key for key in planned.keys() | proposed.keys() if _differs(planned[key], proposed[key])]
    if not differing:
        return []
    return _hold(work, kind, planned, proposed)


def _preview(setting: ModuleSetting) -> Run | None:
    """The one that was on the screen when Start was pressed; None once the module was in step."""
    if setting.last_sync_at is not None or setting.started_at is None:
        return None
    rows = Run.objects.filter(
        installation=setting.installation_id,
        kind=Run.Kind.PREVIEW,
        state=Run.State.DONE,
        finished_at__lte=setting.started_at,
        modules__contains=[setting.module],
    )
    return rows.order_by("-started_at").first()


def _planned(work: Work, kind: Kind) -> Counter[tuple[str, str]]:
    rows = Write.objects.filter(
        installation=work.shape.installation, link__kind=kind, op__in=_OUTCOMES.values(), undoes=None
    ).exclude(state=Write.State.WITHDRAWN)
    return Counter(rows.values_list("side", "op"))


def _proposed(preview: Run, kind: Kind) -> Counter[tuple[str, str]]:
    rows = Proposal.objects.filter(run=preview, kind=kind, outcome__in=_OUTCOMES)
    return Counter((side, _OUTCOMES[outcome]) for side, outcome in rows.values_list("side", "outcome"))


def _differs(planned: int, proposed: int) -> bool:
    return abs(planned - proposed) > proposed * SHARE


def _hold(work: Work, kind: Kind, planned: Counter[tuple[str, str]], proposed: Counter[tuple[str, str]]) -> list[Write]:
    pending = Write.objects.filter(
        installation=work.shape.installation, state=Write.State.PENDING, approved=False, undoes=None
    ).filter(Q(link__kind=kind) | Q(carried_by__link__kind=kind))
    changes = "; ".join(
        f"{op}s in {'Bigin' if side == 'bigin' else 'Books'}: {proposed[side, op]} shown, {planned[side, op]} now"
        for side, op in sorted(planned.keys() | proposed.keys())
        if planned[side, op] != proposed[side, op]
    )
    told = (
        f"The run would do something else than the preview showed. {changes}. Nothing of it was sent.",
        "Look at the list; approve it if it is meant, or refuse it and make a new preview.",
    )
    return brake.hold(work, MODULE_OF[kind], f"differs_from_preview_{kind}", list(pending), lambda _: told)
