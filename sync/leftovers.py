"""Half-made pairs of kinds that the settings keep in step no longer: their lost answers are still looked up, and what
turns out to be a pair rests like the others of its kind. Network and settles."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from sync import modes, recovery
from sync.mapping import Kind
from sync.models import Link, Mode
from sync.shape import MODULE_OF
from sync.work import Work


def resolve(work: Work) -> None:
    """A query when nothing is left over."""
    halves = _halves(work)
    for name in sorted(set(halves.values_list("kind", flat=True))):
        kind = Kind(name)
        ids = list(halves.filter(kind=kind).values_list("pk", flat=True))
        recovery.resolve(replace(work, shape=replace(work.shape, extra=work.shape.extra | {kind})), kind)
        modes.rest(_without_own_customers(work, kind, Link.objects.filter(pk__in=ids)))


def _halves(work: Work) -> QuerySet[Link]:
    kinds = [kind for kind in Kind if MODULE_OF[kind] in work.shape.modules and kind not in work.shape.active]
    return Link.objects.filter(installation=work.shape.installation, kind__in=kinds, state=Link.State.HALF)


def _without_own_customers(work: Work, kind: Kind, links: QuerySet[Link]) -> QuerySet[Link]:
    """A contact without a company may have been billed: that pair stands whatever is included (rules 7.1)."""
    if kind is Kind.CONTACT_CUSTOMER and work.shape.mode == Mode.BOTH:
        return links.exclude(bigin__parent_id="")
    return links
