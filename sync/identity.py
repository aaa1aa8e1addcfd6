"""Which record is the result of which create: the values that both must share. Database only, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from sync.creation import PARENT
from sync.fields import Fields, Value, bare, is_normalised, shown
from sync.mapping import Kind
from sync.models import Record, Side, Write
from sync.shape import RECORD_KINDS, Shape

# The remote's clock and ours may differ by this much; identity has to be equal anyway.
SKEW = timedelta(minutes=2)
IDENTITY: Mapping[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Kind.COMPANY_CUSTOMER: (("Account_Name",), ("contact_name",)),
    Kind.CONTACT_CUSTOMER: (("Name", "Email"), ("person.name", "person.email")),
    Kind.CONTACT_PERSON: (("Name", "Email"), ("name", "email")),
    Kind.PRODUCT_ITEM: (("Product_Name", "Product_Code"), ("name", "sku")),
}


def is_same(kind: Kind, side: str, sent: Fields, stored: Fields) -> bool:
    names = IDENTITY[kind][0 if side == Side.BIGIN else 1]
    return all(_alike(sent.get(name), stored.get(name)) for name in names if name in sent)


def is_near(kind: Kind, write: Write, stored: Fields, parent_id: str) -> bool:
    """The same, or edited since: one part of its identity, and not an empty one, is what was sent, below the company or
    customer below which it was sent."""
    names, sent = IDENTITY[kind][0 if write.side == Side.BIGIN else 1], write.fields
    is_below = kind is not Kind.CONTACT_PERSON or parent_id == write.source.get(PARENT, "")
    return is_below and any(shown(sent.get(name)) and _alike(sent.get(name), stored.get(name)) for name in names)


def _alike(sent: Value, stored: Value) -> bool:
    return is_normalised(sent, stored) or bare(shown(sent)) == bare(shown(stored))


def made_otherwise(write: Write, remote_ids: Iterable[str]) -> frozenset[str]:
    """Those that another create of ours made, for a pair that may rest by now: they are not what this one made."""
    column = f"link__{write.side}__remote_id"
    rows = Write.objects.filter(
        installation=write.installation_id, side=write.side, op=Write.Op.CREATE, state=Write.State.DONE
    ).filter(**{f"{column}__in": list(remote_ids), "link__kind__in": _same_records(write)})
    return frozenset(rows.exclude(link=write.link_id).values_list(column, flat=True))


def _same_records(write: Write) -> list[str]:
    """Kinds of link whose record on that side is of this kind: ids of others may be equal."""
    at = 0 if write.side == Side.BIGIN else 1
    record_kind = RECORD_KINDS[Kind(write.link.kind)][at]
    return [kind for kind, pair in RECORD_KINDS.items() if pair[at] == record_kind]


def awaited(shape: Shape, kind: Kind, side: str) -> Callable[[Record], bool]:
    """Whether a record may be what a create under way, or one with a lost answer, has made: then it is no stranger.

    A record action works beside a run, and a worker may have died between the answer and the settle.
    """
    writes = list(
        Write.objects.filter(
            installation=shape.installation,
            side=side,
            op=Write.Op.CREATE,
            state__in=(Write.State.SENDING, Write.State.UNKNOWN),
            link__kind=kind,
        ).only("side", "fields", "source", "attempted_at", "created_at")
    )

    def may_be(record: Record) -> bool:
        return any(
            (record.created_at is None or record.created_at >= (write.attempted_at or write.created_at) - SKEW)
            and (
                is_same(kind, side, write.fields, record.fields)
                or is_near(kind, write, record.fields, record.parent_id)
            )
            for write in writes
        )

    return may_be
