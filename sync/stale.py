"""Creates that a cut run left unsent: what was read since may have made them wrong (design section 2). Database only.

Such a create is given up, and its record judged anew, when that record has changed or is gone, when the parent below
which it was to be made is not its parent's partner any more, or when a record has come on the other side that may be
the same. All others go out as they were planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from sync import outbox, unlinked
from sync.candidates import search_keys
from sync.creation import PARENT
from sync.mapping import Kind
from sync.models import Link, Side, Write
from sync.work import Work

_KEYS = 500
_WHY = "What was read since may change it; it is planned anew."


def judge_again(work: Work, kind: Kind) -> None:
    """Before pairing. A query when nothing was left."""
    if not _left(work, kind).exists():
        return
    links = set(
        _main_links(_left(work, kind, nested=True).filter(Q(link__bigin__dirty=True) | Q(link__books__dirty=True)))
    )
    for target in (Side.BIGIN, Side.BOOKS):
        own = "books" if target == Side.BIGIN else "bigin"
        left = _left(work, kind).filter(side=target)
        for keys in _news(work, kind, target) if left.exists() else ():
            links.update(_main_links(left.filter(**{f"link__{own}__keys__overlap": keys})))
        links.update(_elsewhere(work, kind, target))
    with transaction.atomic():
        outbox.give_up(links, _WHY, states=(Write.State.PENDING,))


def _left(work: Work, kind: Kind, *, nested: bool = False) -> QuerySet[Write]:
    """Unsent creates of half-made pairs, with those that travel in them where `nested`."""
    travels = Q(carried_by__link__kind=kind) if nested else Q(pk=None)
    return Write.objects.filter(
        Q(link__kind=kind, carried_by=None) | travels,
        installation=work.shape.installation,
        op=Write.Op.CREATE,
        state=Write.State.PENDING,
        link__state=Link.State.HALF,
        undoes=None,
        step="",
        run__isnull=False,  # what a record action plans it sends at once, beside the run
    )


def _elsewhere(work: Work, kind: Kind, target: Side) -> Iterator[int]:
    """Of contacts and persons: those whose company or customer has another partner by now, or none."""
    if kind is not Kind.CONTACT_PERSON:
        return
    source = Side.BOOKS if target == Side.BIGIN else Side.BIGIN
    rows = _left(work, kind).filter(side=target)
    planned = rows.values_list("link", f"link__{source}__parent_id", f"source__{PARENT}").iterator(_KEYS)
    while some := list(islice(planned, _KEYS)):
        partners = unlinked.partner_ids(work.shape, source, {parent for _, parent, _ in some})
        yield from (link for link, parent, target_id in some if partners.get(parent, "") != (target_id or ""))


def _main_links(rows: QuerySet[Write]) -> list[int]:
    return list(rows.annotate(main=Coalesce(F("carried_by__link"), F("link"))).values_list("main", flat=True))


def _news(work: Work, kind: Kind, side: Side) -> Iterator[list[str]]:
    """What the records that have just come on that side can be known by, some hundreds at a time."""
    rows = unlinked.of_sort(work.shape, kind, side).filter(dirty=True).values_list("keys", flat=True)
    keys = (key for row in rows.iterator(_KEYS) for key in search_keys(row))
    while some := list(islice(keys, _KEYS)):
        yield some
