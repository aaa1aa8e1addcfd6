"""Records of Books that stand alone because their counterpart is in none of the chosen list views: for whom each of
them waits, so that it is judged anew when that one moves (rules 2.1). Database only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT

from sync import unlinked
from sync.mapping import Kind
from sync.models import Record, Side
from sync.outcomes import LinkUp, Outcome, PassBy
from sync.shape import Shape

_WAITS_FOR = "outside"  # in Record.meta: the counterpart's id


def note(outcomes: Iterable[Outcome]) -> None:
    """Of locked records of Books, in the caller's transaction."""
    news = []
    for outcome in outcomes:
        wanted = outcome.waits_for if isinstance(outcome, PassBy) else ""
        record = outcome.books if isinstance(outcome, LinkUp) else outcome.record
        if record.meta.get(_WAITS_FOR, "") != wanted:
            record.meta = {**record.meta, _WAITS_FOR: wanted}
            news.append(record)
    if news:
        Record.objects.bulk_update(news, ["meta"])


def moved(shape: Shape, kind: Kind, ids: Collection[str]) -> None:
    """These of Bigin have changed, or entered a view. No query where no view is chosen."""
    if _is_viewed(shape, kind):
        _judge_anew(shape, kind, Q(counterpart__in=ids))


def taken(shape: Shape, record: Record) -> None:
    """It got a pair outside the order of a run: whoever else waits for it has to go on without it."""
    for kind in shape.kinds_with(record.kind):
        moved(shape, kind, [record.remote_id])


def gone(shape: Shape, kind: Kind) -> None:
    """Some may have been deleted. No query where no view is chosen."""
    if not _is_viewed(shape, kind):
        return
    deleted = Record.objects.filter(
        installation=shape.installation,
        side=Side.BIGIN,
        kind=unlinked.record_kind(kind, Side.BIGIN),
        remote_id=OuterRef("counterpart"),
        gone_at__isnull=False,
    )
    _judge_anew(shape, kind, Q(Exists(deleted)))


def _is_viewed(shape: Shape, kind: Kind) -> bool:
    return bool(shape.views(unlinked.record_kind(kind, Side.BIGIN)))


def _judge_anew(shape: Shape, kind: Kind, those: Q) -> None:
    """`those`: by `counterpart`, the id of Bigin that a record waits for."""
    rows = Record.objects.filter(
        installation=shape.installation,
        side=Side.BOOKS,
        kind=unlinked.record_kind(kind, Side.BOOKS),
        gone_at=None,
        dirty=False,
        meta__has_key=_WAITS_FOR,
    )
    named = rows.annotate(counterpart=KT(f"meta__{_WAITS_FOR}")).exclude(counterpart="")
    named.filter(those).update(dirty=True)
