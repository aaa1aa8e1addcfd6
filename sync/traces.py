"""What a creation left in Books beside what is mapped, as digests: the mirror holds mapped fields only, so this is how
an undo sees that somebody wrote notes, a designation or a second address since. Database only.

Our own updates write mapped fields alone; those are compared by `sync/since.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from sync import restore, since, sources
from sync.fields import full_name
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Side, Write
from sync.shape import Shape

Detail = Mapping[str, Any]
# Books derives these from others that we may have written.
_DERIVED = frozenset(
    {"company_name", "payment_terms_label", "billing_address.state_code", "shipping_address.state_code"}
)


def remember(pairs: Iterable[tuple[Write, Detail]]) -> None:
    """Creations with the record as Books answered; one statement. In the transaction that settles them."""
    writes = []
    for write, row in pairs:
        write.traces = _digests(write, row)
        writes.append(write)
    Write.objects.bulk_update(writes, ["traces"])


def differs(shape: Shape, created: Write, detail: Detail) -> bool:
    """Whether a field that is not mapped holds something else by now. False where nothing is known of the creation."""
    if not created.traces:
        return False
    kind = Kind(created.link.kind)
    mapped = {row.books for row in shape.rows[kind]} | _DERIVED
    now, nothing = _digests(created, detail), _digest(created, "")
    names = {name for name in {*now, *created.traces} if name.removeprefix("person.").startswith("cf_")}
    names |= now.keys() & created.traces.keys()
    return any(now.get(name, nothing) != created.traces.get(name, nothing) for name in names - mapped)


def was_edited(shape: Shape, undone: Write, record: Record, detail: Detail) -> bool:
    """Whether somebody wrote to what a creation made in Books, or to a person made along with it: deleting the customer
    would take that person as well."""
    created = since.steps(undone)[0]
    if created.op != Write.Op.CREATE:
        return False
    if differs(shape, created, detail):
        return True
    if record.kind != RecordKind.CUSTOMER or undone.run is None:
        return False
    rows = {str(one["contact_person_id"]): one for one in sources.persons_of(detail)}
    made = since.done_by(undone.run).filter(
        side=Side.BOOKS, op=Write.Op.CREATE, link__books__kind=RecordKind.PERSON, link__books__remote_id__in=rows
    )
    return any(
        _person_was_edited(shape, write, write.link.books, rows)
        for write in made.select_related("link__books", "link__bigin", "run")
    )


def _person_was_edited(shape: Shape, created: Write, person: Record | None, rows: Mapping[str, Detail]) -> bool:
    if person is None:
        return False
    written = since.written(since.steps(created))
    return (
        bool(since.changed(written, person))
        or bool(since.added(shape, created.link, person, written))
        or differs(shape, created, rows[person.remote_id])
    )


def _digests(write: Write, row: Detail) -> dict[str, str]:
    return {name: _digest(write, value) for name, value in _shown(write.link, row).items()}


def _digest(write: Write, value: object) -> str:
    text = json.dumps([write.pk, value or ""], sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


def _shown(link: Link, row: Detail) -> dict[str, Any]:
    """All that the row tells, empty fields too; a key that it lacks is unknown."""
    kind = Kind(link.kind)
    if kind is Kind.CONTACT_PERSON:
        return _person(row)
    if kind is Kind.PRODUCT_ITEM:
        return {**_of(row, restore.OF_ITEM), **restore.customs(row)}
    found = {**_of(row, restore.OF_CUSTOMER), **restore.customs(row)}
    for outer in ("billing_address", "shipping_address"):
        address = row.get(outer)
        if isinstance(address, Mapping):
            found.update({f"{outer}.{name}": address.get(name) for name in restore.OF_ADDRESS})
    if kind is Kind.CONTACT_CUSTOMER:
        own = restore.own_first(link, sources.persons_of(row))[:1]
        found.update({f"person.{name}": value for one in own for name, value in _person(one).items()})
    return found


def _person(row: Detail) -> dict[str, Any]:
    name = full_name(row.get("first_name"), row.get("last_name"))
    return {"name": name, **_of(row, restore.OF_PERSON), **restore.customs(row)}


def _of(row: Detail, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}
