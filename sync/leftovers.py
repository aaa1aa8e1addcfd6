"""Pairs of kinds that the settings keep in step no longer, of which an answer was lost: it is still looked up, and what
turns out to be a pair rests like the others of its kind. Network and settles."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from sync import modes, outbox, recovery, send
from sync.mapping import Kind
from sync.models import Link, Mode, Write
from sync.shape import MODULE_OF
from sync.work import Work


def resolve(work: Work) -> None:
    """A query when nothing is left over."""
    left = _left(work)
    for name in sorted(set(left.values_list("kind", flat=True))):
        kind = Kind(name)
        ids = list(left.filter(kind=kind).values_list("pk", flat=True))
        recovery.resolve(replace(work, shape=replace(work.shape, extra=work.shape.extra | {kind})), kind)
        links = Link.objects.filter(pk__in=ids)
        modes.rest(_without_own_customers(work, kind, links))
        Write.objects.filter(link__in=links.filter(state=Link.State.RETIRED), state=Write.State.PENDING).exclude(
            op=Write.Op.MOVE
        ).update(state=Write.State.WITHDRAWN, error="Its pair rests.")


def finish_moves(work: Work) -> None:
    """Persons that a move has made below their new customer, where persons are kept in step no longer: they stand in
    Books twice until it is sent to its end. A query when there is none."""
    kind = Kind.CONTACT_PERSON
    left = Write.objects.filter(
        outbox.UNDER_WAY,
        installation=work.shape.installation,
        link__kind=kind,
        state__in=(Write.State.PENDING, Write.State.UNKNOWN),
    )
    if MODULE_OF[kind] not in work.shape.modules or kind in work.shape.active or not left.exists():
        return
    with_persons = replace(work, shape=replace(work.shape, extra=work.shape.extra | {kind}))
    recovery.resolve(with_persons, kind)
    send.apply(with_persons, kind)


def _left(work: Work) -> QuerySet[Link]:
    kinds = [kind for kind in Kind if MODULE_OF[kind] in work.shape.modules and kind not in work.shape.active]
    lost = Write.objects.filter(link=OuterRef("pk"), state=Write.State.UNKNOWN)
    return Link.objects.filter(
        Q(state=Link.State.HALF) | Q(Exists(lost), state=Link.State.RETIRED),
        installation=work.shape.installation,
        kind__in=kinds,
    )


def _without_own_customers(work: Work, kind: Kind, links: QuerySet[Link]) -> QuerySet[Link]:
    """A contact without a company may have been billed: that pair stands whatever is included (rules 7.1)."""
    if kind is Kind.CONTACT_CUSTOMER and work.shape.mode == Mode.BOTH:
        return links.exclude(bigin__parent_id="")
    return links
