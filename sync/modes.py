"""Changing the mode: links of kinds that go are retired, those of kinds that come back are revived (rules 3.3)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Installation
from sync import outbox, persons
from sync.mapping import Kind
from sync.models import Issue, Link, Mode, Write
from sync.shape import Shape


def links_of(installation: Installation, kind: Kind) -> QuerySet[Link]:
    return Link.objects.filter(installation=installation, kind=kind)


def switch(installation: Installation, before: Shape, after: Shape) -> list[str]:
    """In the caller's transaction. Nothing is written to either side for it; what it did is told.

    Contacts mode pairs contacts with business customers too; in the other modes those belong to companies.
    """
    told = []
    retired = sum(_retire(links_of(installation, kind)) for kind in before.active - after.active)
    if before.mode == Mode.CONTACTS and Kind.CONTACT_CUSTOMER in after.active:
        retired += _retire(links_of(installation, Kind.CONTACT_CUSTOMER).exclude(books__meta__sub_type="individual"))
    revived = sum(_revive(installation, kind) for kind in after.active - before.active)
    if retired:
        told.append(f"{retired} pairs rest now; they come back when you choose the former mode again.")
    if revived:
        told.append(f"{revived} pairs of an earlier time are in use again.")
    return told


def _retire(links: QuerySet[Link]) -> int:
    """Pairs that stand, and creates not sent yet. One whose record may exist already is looked up by the next run, and
    one that ends once its contact has another record ends when that is so: it would stand in Books twice."""
    outbox.give_up(links.filter(state=Link.State.HALF).values_list("pk", flat=True), "The mode was changed.")
    ends = Write.objects.filter(link=OuterRef("pk"), step=outbox.AFTER, state__in=Write.OPEN)
    waiting = Write.objects.filter(link=OuterRef("pk"), state__in=Write.OPEN)
    unsent = links.filter(~Exists(ends), Exists(waiting)).exclude(state=Link.State.HALF)  # an undo of one apart, too
    outbox.drop(unsent.values_list("pk", flat=True), "The mode was changed.")
    rows = links.filter(~Exists(ends), state__in=(Link.State.LINKED, Link.State.CLOSED))
    ids = list(rows.values_list("pk", flat=True))
    Issue.objects.filter(link__in=ids, state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_by="the mode was changed"
    )
    return Link.objects.filter(pk__in=ids).update(state=Link.State.RETIRED)


def rest(links: QuerySet[Link]) -> int:
    """Pairs of a kind that is kept in step no longer; in a transaction of its own."""
    with transaction.atomic():
        return _retire(links)


def _revive(installation: Installation, kind: Kind) -> int:
    """Unless a record found another partner meanwhile."""
    living = Link.objects.exclude(state__in=Link.DEAD)
    partners = living.filter(Q(kind=kind) | ~Q(state=Link.State.BESIDE), bigin=OuterRef("bigin"))
    taken = Q(Exists(partners)) | Q(Exists(living.filter(books=OuterRef("books"))))
    rows = links_of(installation, kind).filter(state=Link.State.RETIRED).exclude(taken)
    whole = rows.filter(bigin__isnull=False, books__isnull=False, bigin__gone_at=None, books__gone_at=None)
    if kind is Kind.CONTACT_CUSTOMER:
        persons.to_read(list(whole.values_list("books", flat=True)))
    revived = whole.update(state=Link.State.LINKED)
    rows.update(state=Link.State.CLOSED, reason="One side was deleted while the pair rested.", cause="")
    return revived
