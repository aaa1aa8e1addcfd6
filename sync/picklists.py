"""Which values the picklists of both sides offer (rules 4.5), as read when the mapping was saved and once a day since."""

from __future__ import annotations

from sync.fields import FieldType
from sync.mapping import Kind
from sync.plan import SideName
from sync.work import Work


def offered(work: Work, kind: Kind) -> dict[tuple[SideName, str], frozenset[str]]:
    """Per mapped picklist field, by the side that would be written. No network: `ModuleSetting.picklists`."""
    stored = work.shape.setting(kind).picklists
    found: dict[tuple[SideName, str], frozenset[str]] = {}
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
