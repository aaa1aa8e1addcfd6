"""The life of a link: closing, reopening, retiring, and what that means for the records below it. Database only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Exists, OuterRef, Q

from sync import holds, issues
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind
from sync.shape import MODULE_OF, Shape


def children_may_go(shape: Shape, links: Iterable[Link]) -> None:
    """Contacts and persons below a pair that was just made are judged anew: now they have somewhere to go. Their pairs
    of which one side stands elsewhere are planned anew: company or customer had another partner before."""
    pairs = [link for link in links if link.kind == Kind.COMPANY_CUSTOMER and link.bigin and link.books]
    if not pairs or Kind.CONTACT_PERSON not in shape.active:
        return
    customers = {link.bigin.remote_id: link.books.remote_id for link in pairs if link.bigin and link.books}
    below = ((RecordKind.CONTACT, "bigin", list(customers)), (RecordKind.PERSON, "books", list(customers.values())))
    for kind, own, parents in below:
        _touch_alone(shape, kind, own, parents)
        _touch_parted(shape, kind, own, customers, parents)


def _touch_parted(shape: Shape, kind: str, own: str, customers: Mapping[str, str], parent_ids: list[str]) -> None:
    """`customers`: by the ids of their companies. A half-made pair stays dirty until its answer has come."""
    its = {f"{own}__installation": shape.installation, f"{own}__kind": kind, f"{own}__parent_id__in": parent_ids}
    rows = Link.objects.filter(kind=Kind.CONTACT_PERSON, state__in=(Link.State.LINKED, Link.State.HALF), **its)
    places = rows.values_list("bigin", "books", "bigin__parent_id", "books__parent_id")
    parted = [pk for *pair, company, customer in places if customers.get(company) != customer for pk in pair if pk]
    if parted:
        Record.objects.filter(pk__in=parted, dirty=False).update(dirty=True)


def _touch_alone(shape: Shape, kind: str, own: str, parent_ids: list[str]) -> None:
    held = Link.objects.exclude(state__in=Link.DEAD).filter(**{own: OuterRef("pk")})
    Record.objects.filter(
        ~Exists(held), installation=shape.installation, kind=kind, parent_id__in=parent_ids, gone_at=None, dirty=False
    ).update(dirty=True)


def contacts_came_back(shape: Shape) -> None:
    """Who is held because its contact was deleted is judged anew once Bigin has that contact again."""
    held = Issue.objects.filter(installation=shape.installation, code="contact_deleted", state=Issue.State.OPEN)
    waiting = dict(held.values_list("detail__deleted", "record_id"))
    if not waiting:
        return
    back = Record.objects.filter(
        installation=shape.installation, kind=RecordKind.CONTACT, remote_id__in=waiting, gone_at=None
    )
    Record.objects.filter(pk__in=[waiting[one] for one in back.values_list("remote_id", flat=True)]).update(dirty=True)


def ended_pairs_moved(shape: Shape) -> None:
    """Who is held because of what a closed pair left is judged anew once no such pair holds that any more."""
    issues = Issue.objects.filter(
        installation=shape.installation, code=holds.ENDED_PAIR, state=Issue.State.OPEN, record__isnull=False
    )
    waiting = {
        record: {int(one["record"]) for one in candidates}
        for record, candidates in issues.values_list("record", "detail__candidates")
    }
    if not waiting:
        return
    known = set().union(*waiting.values())
    closed = Link.objects.filter(Q(bigin__in=known) | Q(books__in=known), state=Link.State.CLOSED)
    held = {pk for pair in closed.values_list("bigin", "books") for pk in pair}
    standing = set(Record.objects.filter(pk__in=known & held, gone_at=None).values_list("pk", flat=True))
    freed = [record for record, candidates in waiting.items() if not candidates & standing]
    Record.objects.filter(pk__in=freed, dirty=False).update(dirty=True)


def is_by_hand(link: Link) -> bool:
    """What a person put together is not taken apart by a rule."""
    return link.cause == Link.Cause.BY_HAND


def close(link: Link, reason: str, cause: str = Link.Cause.NONE) -> bool:
    """The survivor keeps its id here and counts as linked (rules 5.1); False when it was closed before."""
    return _move(link, [Link.State.LINKED], Link.State.CLOSED, reason, cause)


def vanished(link: Link, name: str) -> issues.Draft:
    """What a person is asked about a pair whose record in Books is gone; `name` of what stays in Bigin."""
    return issues.Draft(
        MODULE_OF[Kind(link.kind)],
        Issue.Kind.VANISHED,
        "vanished",
        f"{name or 'This record'} was deleted in Books. Nothing was deleted in Bigin.",
        "Create it in Books again, link it to another record, or leave it.",
        link_id=link.pk,
    )


def reopen(link: Link, reason: str) -> bool:
    """A record came back under its old id: the pair goes on with the bases it had (rules 5.1)."""
    return _move(link, [Link.State.CLOSED], Link.State.LINKED, reason)


def begin_anew(link: Link, record: Record) -> None:
    """A record restored in Bigin whose counterpart had followed it stands alone: that pair is history (rules 5.1)."""
    Link.objects.filter(pk=link.pk, state=Link.State.CLOSED).update(
        state=Link.State.REFUSED, reason="It was restored in Bigin after its counterpart had been deleted here."
    )
    Record.objects.filter(pk=record.pk).update(dirty=True)


def keep_apart(link: Link, reason: str) -> bool:
    """Both records stand and neither is synchronised until a person links them again."""
    return _move(link, [Link.State.LINKED, Link.State.CLOSED], Link.State.APART, reason)


def end(link: Link, reason: str) -> bool:
    """A pair that is history from now on: neither record counts as linked any more."""
    return _move(link, [Link.State.LINKED], Link.State.REFUSED, reason)


def _move(link: Link, old: Sequence[str], new: str, reason: str, cause: str = Link.Cause.NONE) -> bool:
    moved = Link.objects.filter(pk=link.pk, state__in=old).update(state=new, reason=reason[:300], cause=cause)
    if moved:
        link.state, link.reason, link.cause = new, reason[:300], cause
    return bool(moved)
