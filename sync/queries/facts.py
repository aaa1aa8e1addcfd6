"""What tells one record from another of the same name: its kind, where it belongs, and its first mapped fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sync.fields import Fields, shown
from sync.models import Record, RecordKind, Side
from sync.queries.conflicts import readable

MOST = 5
KINDS: Mapping[str, str | Promise] = {
    RecordKind.COMPANY: _("Company in Bigin"),
    RecordKind.CONTACT: _("Contact in Bigin"),
    RecordKind.PRODUCT: _("Product in Bigin"),
    RecordKind.CUSTOMER: _("Customer in Books"),
    RecordKind.PERSON: _("Contact person in Books"),
    RecordKind.ITEM: _("Item in Books"),
}
# What a person looks at first, by a part of the field's name.
_TELLING = ("email", "phone", "mobile", "sku", "product_code", "city", "rate", "unit_price")


@dataclass(frozen=True)
class Known:
    """`parent`: its company, or its customer; "" where it has none."""

    kind: str | Promise
    parent: str
    fields: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """In one line: where it belongs, and what is in its first fields."""
        return ", ".join(text for text in (self.parent, *(value for _label, value in self.fields[:2])) if text)


def known(records: Iterable[Record | None]) -> dict[int, Known]:
    """By the record's id; one query for all parents."""
    found = [record for record in records if record is not None]
    parents = _parents(found)
    return {record.pk: _known(record, parents) for record in found}


def _parents(records: list[Record]) -> dict[tuple[str, str], str]:
    """(side, remote id) -> name of the companies and customers that these belong to."""
    ids = {record.parent_id for record in records if record.parent_id}
    if not ids:
        return {}
    rows = Record.objects.filter(
        installation__in={record.installation_id for record in records},
        kind__in=(RecordKind.COMPANY, RecordKind.CUSTOMER),
        remote_id__in=ids,
    )
    return {(side, remote_id): label for side, remote_id, label in rows.values_list("side", "remote_id", "label")}


def _known(record: Record, parents: Mapping[tuple[str, str], str]) -> Known:
    return Known(
        KINDS.get(record.kind, record.kind),
        parents.get((Side(record.side), record.parent_id), ""),
        tuple((readable(name), value) for name, value in _first(record.fields, record.label)),
    )


def _first(fields: Fields, label: str) -> list[tuple[str, str]]:
    filled = [(name, text) for name, value in fields.items() if (text := shown(value)) and text != label]
    return sorted(filled, key=lambda one: (_rank(one[0]), one[0]))[:MOST]


def _rank(name: str) -> int:
    folded = name.casefold()
    return next((number for number, part in enumerate(_TELLING) if part in folded), len(_TELLING))
