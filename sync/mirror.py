"""Storing what was seen of the remotes in `Record`: by content, never over a newer settle. Database only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Installation
from sync.fields import Fields, fingerprint
from sync.models import Record, RecordKind
from sync.shape import Shape, side_of
from sync.sources import PEOPLE, PERSON, Seen, may_pair

_STORED = (
    "parent_id label fields seen meta keys fingerprint modified_at created_at detail_at in_scope dirty settled_at"
    " gone_at gone_how listed_at"
).split()
_DECIDING = ("status", "sub_type", "primary", "has_transaction")
_OF_PERSONS = (PERSON, PEOPLE)  # decide where they are told


def store(
    shape: Shape,
    seen: Sequence[Seen],
    requested_at: datetime,
    *,
    listing: datetime | None = None,
) -> int:
    """Upserts a page in one statement and returns how many records differ from before. Needs a transaction.

    A row is ignored if its request began before that record's last settle (freshness guard). `listing` stamps every
    row as shown by the full listing that began then.
    """
    existing = _existing(shape.installation, seen)
    now = timezone.now()
    changed: list[Record] = []
    listed: list[int] = []
    for item in seen:
        held = existing.get((item.kind, item.remote_id))
        record = merged(shape, item, held, requested_at, now)
        if record is None:
            if held is not None:
                listed.append(held.pk)
            continue
        record.listed_at = listing or record.listed_at or now
        changed.append(record)
    upsert(changed)
    if listing and listed:
        Record.objects.filter(pk__in=listed).update(listed_at=listing)
    return len(changed)


def put(shape: Shape, seen: Sequence[Seen], now: datetime) -> dict[tuple[str, str], Record]:
    """What a remote answered to a write, merged into the records but not stored yet. Locks them."""
    existing = _existing(shape.installation, seen)
    found = {}
    for item in seen:
        key = (item.kind, item.remote_id)
        held = existing.get(key)
        record = merged(shape, item, held, now, now) or held
        if record is None:
            raise AssertionError("an unknown record is always news")
        record.listed_at = record.listed_at or now
        found[key] = record
    return found


def upsert(records: Sequence[Record]) -> None:
    if records:
        Record.objects.bulk_create(
            records,
            update_conflicts=True,
            unique_fields=["installation", "side", "kind", "remote_id"],
            update_fields=_STORED,
        )


def _existing(installation: Installation, seen: Sequence[Seen]) -> dict[tuple[str, str], Record]:
    """Locked in the order of their keys, so that two pages never wait for each other in a circle."""
    kinds = {item.kind for item in seen}
    ids = {item.remote_id for item in seen}
    sides = {side_of(kind) for kind in kinds}
    rows = (
        Record.objects.select_for_update()
        .filter(installation=installation, side__in=sides, kind__in=kinds, remote_id__in=ids)
        .order_by("pk")
    )
    return {(record.kind, record.remote_id): record for record in rows}


def merged(shape: Shape, item: Seen, held: Record | None, requested_at: datetime, now: datetime) -> Record | None:
    """The record as it is to be stored; None when nothing changed or the page is older than what we know."""
    if held is not None and _is_older(held, requested_at):
        return None
    record = held or Record(
        installation=shape.installation, side=side_of(item.kind), kind=item.kind, remote_id=item.remote_id
    )
    wanted = shape.wanted(item.kind)
    fields = {**_known(record.fields, wanted, item), **_told(record, item)}
    meta = {**record.meta, **item.meta}
    is_same = held is not None and _unchanged(record, item, fields, meta)
    if is_same and (not item.detailed or record.detail_at is not None):
        return None
    needs_detail = _needs_detail(shape, item, meta)
    record.detail_at = now if item.detailed or not needs_detail else None
    record.seen = _first_seen(record, fields, min(now, item.modified_at or now), now)
    record.fields, record.meta = fields, meta
    record.label, record.parent_id = item.label, item.parent_id
    record.in_scope = _scope(item, held)
    record.keys = list(item.keys)
    record.modified_at = item.modified_at or record.modified_at
    record.created_at = item.created_at or record.created_at
    record.gone_at, record.gone_how = None, ""
    mark(record)
    return record


def _is_older(held: Record, requested_at: datetime) -> bool:
    newest = max((moment for moment in (held.settled_at, held.gone_at) if moment), default=None)
    return newest is not None and requested_at < newest


def _unchanged(record: Record, item: Seen, fields: Fields, meta: Mapping[str, Any]) -> bool:
    return (
        record.gone_at is None
        and record.modified_at == item.modified_at
        and record.parent_id == item.parent_id
        and (item.in_scope in (None, record.in_scope) or record.meta.get("born") == "books")
        and record.label == item.label
        and record.fields == fields
        and _is_primary_as_before(record, item)
        and all(record.meta.get(name) == meta.get(name) for name in (*_DECIDING, *_OF_PERSONS))
    )


def _known(fields: Fields, wanted: Iterable[str], item: Seen) -> dict[str, Any]:
    """What stays of a record's fields; a customer's detail tells all that is known of its person."""
    names = {name for name in wanted if not (item.kind == RecordKind.CUSTOMER and item.detailed and _of_person(name))}
    return {name: value for name, value in fields.items() if name in names}


def _told(record: Record, item: Seen) -> Fields:
    """A list row tells of the primary person, who is not surely the one that the fields are of."""
    if item.detailed or PERSON not in record.meta:
        return item.fields
    return {name: value for name, value in item.fields.items() if not _of_person(name)}


def _is_primary_as_before(record: Record, item: Seen) -> bool:
    """Whether a list row tells nothing new of a primary person whom the fields are of."""
    if item.detailed or PERSON not in record.meta or record.meta[PERSON] != record.meta.get("primary"):
        return True
    told = {name: value for name, value in item.fields.items() if _of_person(name)}
    return all(record.fields.get(name) == value for name, value in told.items())


def _of_person(name: str) -> bool:
    return name.startswith("person.")


def _scope(item: Seen, held: Record | None) -> bool:
    """A new record of a view is out until the view was read; one born in Books stays in (rules 2.2)."""
    if held is not None and held.meta.get("born") == "books":
        return True
    if item.in_scope is not None:
        return item.in_scope
    return held.in_scope if held is not None and held.pk else False


def _needs_detail(shape: Shape, item: Seen, meta: Mapping[str, Any]) -> bool:
    if item.kind != RecordKind.CUSTOMER or not shape.customers_need_detail:
        return False
    return any(may_pair(shape, kind, meta) for kind in shape.kinds_with(RecordKind.CUSTOMER))


def _first_seen(record: Record, new: Fields, modified_at: datetime, now: datetime) -> dict[str, str]:
    """When each present content was first seen (rules 4.4); one of which nothing was known stands there since the
    record's own time at the latest."""
    found: dict[str, str] = {}
    for name, value in new.items():
        if name not in record.fields:
            found[name] = modified_at.astimezone(UTC).isoformat()
        elif record.fields[name] == value and name in record.seen:
            found[name] = record.seen[name]
        else:
            found[name] = now.isoformat()
    return found


def mark(record: Record) -> None:
    """Sets the fingerprint and makes the record dirty when it moved."""
    deciding = {name: record.meta.get(name) for name in _DECIDING}
    deciding |= {name: record.meta[name] for name in _OF_PERSONS if name in record.meta}
    moved = fingerprint(
        record.fields, record.parent_id, record.in_scope, bool(record.gone_at), record.gone_how, deciding, record.keys
    )
    if moved != record.fingerprint:
        record.fingerprint = moved
        record.dirty = True


def store_persons(shape: Shape, customer_id: str, seen: Sequence[Seen], requested_at: datetime) -> int:
    """The persons of one customer as a detail showed them; who is missing has vanished (rules 5.5)."""
    changed = store(shape, seen, requested_at)
    shown = [item.remote_id for item in seen]
    missing = Record.objects.select_for_update().filter(
        installation=shape.installation, kind=RecordKind.PERSON, parent_id=customer_id, gone_at=None
    )
    vanished = [record for record in missing.exclude(remote_id__in=shown) if not _is_older(record, requested_at)]
    gone_all([(record, "vanished") for record in vanished])
    return changed + len(vanished)


def gone(record: Record, how: str, at: datetime | None = None) -> None:
    """Marks one record as gone and saves it."""
    gone_all([(record, how)], at)


def gone_all(found: Sequence[tuple[Record, str]], at: datetime | None = None) -> None:
    """Marks records as gone, each with how, and saves them in one statement."""
    moment = at or timezone.now()
    for record, how in found:
        record.gone_at, record.gone_how = moment, how
        mark(record)
    if found:
        Record.objects.bulk_update([record for record, _ in found], ["gone_at", "gone_how", "fingerprint", "dirty"])


def clear_dirty(planned: Iterable[tuple[int, str]]) -> None:
    """By compare-and-set on the fingerprint: a record that changed since it was planned stays dirty."""
    pairs = list(planned)
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_record SET dirty = false FROM unnest(%s::bigint[], %s::text[]) AS planned(id, fingerprint)"
            " WHERE sync_record.id = planned.id AND sync_record.fingerprint = planned.fingerprint AND dirty",
            [[pk for pk, _ in pairs], [print_ for _, print_ in pairs]],
        )


def store_one(shape: Shape, seen: Seen, requested_at: datetime) -> Record:
    """Upserts one record and returns it as it now stands; for record actions. Opens its own transaction."""
    with transaction.atomic():
        store(shape, [seen], requested_at)
        return Record.objects.get(
            installation=shape.installation, side=side_of(seen.kind), kind=seen.kind, remote_id=seen.remote_id
        )
