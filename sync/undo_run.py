"""Taking back a whole run, all its slices, in chunks: one transaction each, gone on with wherever it stopped.

What is done with one record is `sync/undo.py`'s. Database only; `sync/tasks.py` queues what is too much for a request.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Member
from sync import schedule, since
from sync.mapping import Kind
from sync.models import Link, Run, Undoing, Write
from sync.shape import MODULE_OF, load
from sync.undo import Kept, UndoResult, label_of, take_back, waiting

IN_REQUEST = 100  # changes, at some milliseconds each, while a person waits for the page
CHUNK = 100  # records
STALLED = timedelta(seconds=60)
MOST_TRIES = 5  # of one chunk
KEPT_LISTED = 1000  # that were left alone and are listed with their reasons; all are counted

Steps = list[Write]


def ask(run: Run, who: str | Member) -> Undoing | None:
    """Notes that all the run wrote so far is to be taken back. The open one, where somebody asked already; None where
    there is nothing."""
    series = Undoing.objects.filter(installation=run.installation_id, series=run.series, state=Undoing.State.OPEN)
    if (found := series.first()) is not None:
        return found
    done = since.done_by(run)
    newest = done.aggregate(newest=Max("pk"))["newest"]
    if newest is None:
        return None
    try:
        with transaction.atomic():
            return Undoing.objects.create(
                installation=run.installation,
                series=run.series,
                who=str(who)[:200],
                upto=newest,
                below=newest + 1,
                total=done.filter(pk__lte=newest).count(),
            )
    except IntegrityError:  # two clicks at once
        return series.first()


def go_on(pk: int) -> bool:
    """One chunk, newest records first: persons before their company. True when there is more to do. What another
    worker has in hand, and what is done, is left to it. A chunk that was tried too often ends the undo."""
    if not _begin(pk):
        return False
    with transaction.atomic():
        undoing = _in_hand(pk)
        if undoing is None:
            return False
        records, below = _chunk(undoing)
        result = UndoResult()
        list(Link.objects.select_for_update().filter(pk__in={one[0].link_id for one in records}).order_by("pk"))
        shape = load(undoing.installation)
        for steps in records:
            take_back(shape, steps, result)
        undoing.looked += sum(len(steps) for steps in records)
        undoing.undone += result.undone
        undoing.kept = [*undoing.kept, *([one.write_id, one.why] for one in result.kept)][:KEPT_LISTED]
        undoing.beat_at = timezone.now()
        undoing.below = below
        undoing.tries = 0
        if not records:
            _end(undoing)
        undoing.save(update_fields=["looked", "undone", "kept", "beat_at", "below", "tries", "state"])
    return bool(records)


def _in_hand(pk: int) -> Undoing | None:
    """Locked; None where another worker has it, or it has ended."""
    rows = Undoing.objects.select_for_update(skip_locked=True, of=("self",)).select_related("installation")
    return rows.filter(pk=pk, state=Undoing.State.OPEN).first()


def _begin(pk: int) -> bool:
    """Counts the try before it is made, as a try that fails leaves nothing else behind."""
    with transaction.atomic():
        undoing = _in_hand(pk)
        if undoing is None:
            return False
        if undoing.tries >= MOST_TRIES:
            _end(undoing, Undoing.State.FAILED)
        else:
            undoing.tries += 1
        undoing.save(update_fields=["tries", "state"])
    return undoing.state == Undoing.State.OPEN


def _chunk(undoing: Undoing) -> tuple[list[Steps], int]:
    """What the run wrote to the next records, each oldest first, and the id below which the next chunk begins."""
    done = since.done_in(undoing.installation_id, undoing.series).filter(pk__lte=undoing.upto)
    newest = done.values("link_id", "side").annotate(newest=Max("pk")).filter(newest__lt=undoing.below)
    chosen = {
        (link_id, side): (number, list[Write]())
        for link_id, side, number in newest.order_by("-newest").values_list("link_id", "side", "newest")[:CHUNK]
    }
    writes = done.filter(link__in={link_id for link_id, _ in chosen}).order_by("pk")
    for write in writes.select_related("run", "link__bigin", "link__books"):
        if (write.link_id, write.side) in chosen:
            chosen[write.link_id, write.side][1].append(write)
    return [steps for _, steps in chosen.values()], min((number for number, _ in chosen.values()), default=0)


def _end(undoing: Undoing, state: str = Undoing.State.DONE) -> None:
    undoing.state = state
    run = _runs(undoing).first()
    audit.note(undoing.installation, undoing.who, f"Took back run {run.pk if run else 0}: {undoing.undone} changes")
    if undoing.undone:
        schedule.ask_now(undoing.installation, _modules(undoing), undoing.who)


def _runs(undoing: Undoing) -> QuerySet[Run]:
    return Run.objects.filter(installation=undoing.installation_id, series=undoing.series).order_by("pk")


def _modules(undoing: Undoing) -> set[str]:
    kinds = since.done_in(undoing.installation_id, undoing.series).order_by().values_list("link__kind", flat=True)
    return {MODULE_OF[Kind(kind)] for kind in kinds.distinct()}


def result_of(undoing: Undoing) -> UndoResult:
    """As it stands."""
    undoing.refresh_from_db()
    writes = Write.objects.filter(pk__in=[pk for pk, _ in undoing.kept]).select_related("link__bigin", "link__books")
    found = writes.in_bulk()
    kept = [Kept(pk, label_of(found[pk]), why) for pk, why in undoing.kept if pk in found]
    preparing = undoing.state == Undoing.State.OPEN
    waits = waiting(undoing.installation, _modules(undoing)) if preparing or undoing.undone else {}
    return UndoResult(undoing.undone, kept, waits, preparing)


def newest(run: Run) -> Undoing | None:
    """Of this run, all its slices."""
    rows = Undoing.objects.filter(installation=run.installation_id, series=run.series).select_related("installation")
    return rows.order_by("-pk").first()


def stalled(now: datetime) -> list[int]:
    """Those nobody has gone on with for a minute, as the queue lost them or a worker died; each told once a minute."""
    found = []
    for pk, beat_at in Undoing.objects.filter(state=Undoing.State.OPEN, beat_at__lt=now - STALLED).values_list(
        "pk", "beat_at"
    ):
        if Undoing.objects.filter(pk=pk, beat_at=beat_at).update(beat_at=now):
            found.append(pk)
    return found
