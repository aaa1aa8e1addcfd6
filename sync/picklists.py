"""Which values the picklists of both sides offer (rules 4.5), as read when the mapping was saved."""

from __future__ import annotations

from typing import TypeAlias

from sync.fields import FieldType
from sync.mapping import Kind
from sync.plan import SideName
from sync.work import Work

Offered: TypeAlias = dict[tuple[SideName, str], frozenset[str]]


def offered(work: Work, kind: Kind) -> Offered:
    """Per mapped picklist field, by the side that would be written. No network: `ModuleSetting.picklists`."""
    stored = work.shape.setting(kind).picklists
    found: Offered = {}
    for row in work.shape.rows[kind]:
        if row.type is not FieldType.PICKLIST:
            continue
        _add(found, "bigin", row.bigin, stored)
        _add(found, "books", row.books, stored)
    return found


def _add(
    found: dict[tuple[SideName, str], frozenset[str]],
    side: SideName,
    name: str,
    stored: dict[str, dict[str, list[str]]],
) -> None:
    values = stored.get(side, {}).get(name)
    if values is not None:
        found[side, name] = frozenset(values)
