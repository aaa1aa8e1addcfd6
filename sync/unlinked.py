"""Queries for records that belong to no link, their candidates and their rivals. Database only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT

from accounts.models import Installation
from sync.mapping import Kind
from sync.models import Decision, Link, Record, RecordKind, Side, Write
from sync.shape import RECORD_KINDS, Shape
from sync.sources import may_pair

Held: TypeAlias = Callable[[Installation, Kind, str], QuerySet[Record]]  # `unlinked` or `survivors`


def record_kind(kind: Kind, side: str) -> str:
    left, right = RECORD_KINDS[kind]
    return left if side == Side.BIGIN else right


def other(side: str) -> Side:
    return Side.BOOKS if side == Side.BIGIN else Side.BIGIN


def live_links() -> QuerySet[Link]:
    return Link.objects.exclude(state__in=Link.DEAD)


def pair_of(record: Record) -> Link | None:
    """The pair of a Bigin record that is kept in step or counts as such; not one beside it (`sync/beside.py`)."""
    rows = live_links().filter(bigin=record).exclude(state=Link.State.BESIDE)
    return rows.select_related("books").order_by("pk").first()


def unlinked(installation: Installation, kind: Kind, side: str) -> QuerySet[Record]:
    """Records of one side that no living link holds, whatever its kind: a closed one still counts (rules 5.1).

    A person that a move is just making below its new customer belongs to that move's link.
    """
    name = "bigin" if side == Side.BIGIN else "books"
    held = live_links().filter(**{name: OuterRef("pk")})
    rows = Record.objects.filter(
        ~Exists(held), installation=installation, side=side, kind=record_kind(kind, side), gone_at=None
    )
    if record_kind(kind, side) != RecordKind.PERSON:
        return rows
    moves = Write.objects.filter(installation=installation, op=Write.Op.MOVE, state__in=Write.OPEN)
    return rows.filter(~Exists(moves.annotate(new=KT("before__new")).filter(new=OuterRef("remote_id"))))


def survivors(installation: Installation, kind: Kind, side: str) -> QuerySet[Record]:
    """Records of one side that nothing but a closed pair holds, whose other record is gone. Not what is going itself: a
    closed pair with a write under way."""
    own, partner = ("bigin", "books") if side == Side.BIGIN else ("books", "bigin")
    held = live_links().filter(**{own: OuterRef("pk")})
    gone = Q(**{partner: None}) | Q(**{f"{partner}__gone_at__isnull": False})
    going = Write.objects.filter(link=OuterRef("pk"), state__in=Write.OPEN)
    closed = held.filter(gone, ~Exists(going), state=Link.State.CLOSED)
    return Record.objects.filter(
        Exists(closed),
        ~Exists(held.exclude(state=Link.State.CLOSED)),
        installation=installation,
        side=side,
        kind=record_kind(kind, side),
        gone_at=None,
    )


def to_judge(shape: Shape, kind: Kind, side: str) -> QuerySet[Record]:
    """Dirty ones of this kind of link; a contact belongs to one kind by having a company or not. A customer of which
    Books has shown no details yet waits for them."""
    rows = of_sort(shape, kind, side).filter(dirty=True)
    return rows.exclude(detail_at=None) if side == Side.BOOKS else rows


def of_sort(shape: Shape, kind: Kind, side: str, among: Held = unlinked) -> QuerySet[Record]:
    """Those that this kind of link may take."""
    rows = among(shape.installation, kind, side)
    if side == Side.BIGIN and kind is Kind.CONTACT_PERSON:
        return rows.exclude(parent_id="")
    if side == Side.BIGIN and kind is Kind.CONTACT_CUSTOMER and shape.mode != "contacts":
        return rows.filter(parent_id="")
    if side == Side.BOOKS and kind is Kind.CONTACT_CUSTOMER and shape.mode != "contacts":
        return rows.filter(meta__sub_type="individual")
    if side == Side.BOOKS and kind is Kind.COMPANY_CUSTOMER and Kind.CONTACT_CUSTOMER in shape.active:
        return rows.exclude(meta__sub_type="individual")
    return rows


def by_keys(shape: Shape, kind: Kind, side: str, keys: Iterable[str], among: Held = unlinked) -> list[Record]:
    """Records of that side sharing any of these keys."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    rows = of_sort(shape, kind, side, among).filter(keys__overlap=wanted)
    return [row for row in rows.order_by("pk") if side == Side.BIGIN or may_pair(shape, kind, row.meta)]


def children(shape: Shape, kind: Kind, side: str, parents: Iterable[str], among: Held = unlinked) -> list[Record]:
    """Records below these parents."""
    ids = sorted({parent for parent in parents if parent})
    return list(among(shape.installation, kind, side).filter(parent_id__in=ids).order_by("pk")) if ids else []


def partner_ids(shape: Shape, side: str, parent_ids: Iterable[str]) -> dict[str, str]:
    """For the parents named by ids of `side`: the id of the linked customer (or company) on the other side."""
    ids = {parent for parent in parent_ids if parent}
    if not ids:
        return {}
    own, partner = ("bigin", "books") if side == Side.BIGIN else ("books", "bigin")
    rows = Link.objects.filter(
        installation=shape.installation,
        kind=Kind.COMPANY_CUSTOMER,
        state=Link.State.LINKED,
        **{f"{own}__remote_id__in": ids, "bigin__isnull": False, "books__isnull": False},
    ).values_list(f"{own}__remote_id", f"{partner}__remote_id")
    return dict(rows)


def deleted_contacts(shape: Shape, kind: Kind, side: str, records: Sequence[Record]) -> dict[str, Record]:
    """Per customer or person: the contact deleted in Bigin that was its pair in another mode (rules 5.1).

    A pair of a kind that rests now: that somebody deleted its contact still counts.
    """
    if side != Side.BOOKS or kind not in (Kind.CONTACT_CUSTOMER, Kind.CONTACT_PERSON):
        return {}
    before = Kind.CONTACT_PERSON if kind is Kind.CONTACT_CUSTOMER else Kind.CONTACT_CUSTOMER
    owner = {
        str(record.meta["primary"]) if kind is Kind.CONTACT_CUSTOMER else record.parent_id: record.remote_id
        for record in records
        if record.meta.get("primary")
    }
    own = {record.remote_id: record.remote_id for record in records}
    rows = Link.objects.filter(
        installation=shape.installation,
        kind=before,
        state__in=(Link.State.RETIRED, Link.State.CLOSED),
        bigin__gone_at__isnull=False,
    ).filter(Q(person="", books__remote_id__in=owner) | Q(person__in=own))
    pairs = ((link, link.books, link.bigin) for link in rows.select_related("bigin", "books").order_by("pk"))
    return {
        own[link.person] if link.person else owner[books.remote_id]: bigin
        for link, books, bigin in pairs
        if books and bigin
    }


def decisions(installation: Installation, side: str, records: Sequence[Record]) -> dict[str, dict[str, str]]:
    """Per record: ids of the other side it was decided upon, with the verdict (rules 3.3)."""
    ids = [record.remote_id for record in records]
    own, partner = ("bigin_id", "books_id") if side == Side.BIGIN else ("books_id", "bigin_id")
    found: dict[str, dict[str, str]] = {}
    rows = Decision.objects.filter(Q(**{f"{own}__in": ids}), installation=installation)
    for mine, its, verdict in rows.values_list(own, partner, "verdict"):
        found.setdefault(mine, {})[its] = verdict
    return found
