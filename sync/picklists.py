"""Which values the picklists of both sides offer (rules 4.5): read when the mapping is saved, again each day, and each
hour while a record waits for a value, so that a value added later ends a skip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from django.core.cache import cache
from django.db import transaction

from sync import metadata
from sync.fields import FieldType
from sync.mapping import KINDS_OF_MODULE, FieldInfo, Kind
from sync.models import Issue, ModuleSetting, Record
from sync.plan import SideName
from sync.shape import BIGIN_MODULES, RECORD_KINDS, Shape
from sync.work import Work

Offered: TypeAlias = dict[tuple[SideName, str], frozenset[str]]
Stored: TypeAlias = dict[str, dict[str, list[str]]]
_DAY, _HOUR = 24 * 3600, 3600  # seconds
# A value that a list lacks, by our own judgement or by a refusal of the other side's.
_WAITING = ("picklist", "invalid_value")


def offered(work: Work, kind: Kind) -> Offered:
    """Per mapped picklist field, by the side that would be written. No network: `ModuleSetting.picklists`."""
    return of_shape(work.shape, kind)


def of_shape(shape: Shape, kind: Kind) -> Offered:
    """As `offered`, for an act of a person outside a run."""
    stored = shape.setting(kind).picklists
    found: Offered = {}
    for row in shape.rows[kind]:
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


def refresh(work: Work) -> None:
    """Reads the lists again where it is time, and for a person who asks for a run while a record waits. Network: two
    calls for each kind of record whose picklists are mapped, none where none is."""
    for module in work.shape.modules:
        setting = work.shape.settings[module]
        kinds = [kind for kind in KINDS_OF_MODULE[module] if kind in work.shape.active]
        if any(row.type is FieldType.PICKLIST for kind in kinds for row in work.shape.rows[kind]):
            waiting = Issue.objects.filter(
                installation=work.shape.installation, module=module, state=Issue.State.OPEN, code__in=_WAITING
            )
            if _is_time(work, setting, is_waited_for=waiting.exists()):
                _store(setting, _read(work, kinds, setting.picklists))


def _is_time(work: Work, setting: ModuleSetting, *, is_waited_for: bool) -> bool:
    if is_waited_for and work.run is not None and work.run.trigger in ("person", "command"):
        return True
    seconds = _HOUR if is_waited_for else _DAY
    return bool(cache.add(f"picklists:{setting.pk}:{seconds}", 1, seconds))


def _read(work: Work, kinds: Iterable[Kind], stored: Stored) -> Stored:
    """As stored, with what the lists offer now; a field that is not told of keeps its values."""
    found: Stored = {side: dict(stored.get(side, {})) for side in ("bigin", "books")}
    for kind in kinds:
        record_kind, books_kind = RECORD_KINDS[kind]
        names = {(row.bigin, row.books) for row in work.shape.rows[kind] if row.type is FieldType.PICKLIST}
        if not names:
            continue
        rows = work.patiently(lambda module=BIGIN_MODULES[record_kind]: work.bigin.fields(module))  # type: ignore[misc]
        _take(found["bigin"], metadata.bigin_fields(kind, rows), {left for left, _ in names})
        custom = work.patiently(lambda wanted=books_kind: metadata.custom_fields(work.books, [wanted]))  # type: ignore[misc]
        _take(found["books"], metadata.books_fields(kind, custom), {right for _, right in names})
    return found


def _take(found: dict[str, list[str]], infos: Iterable[FieldInfo], names: set[str]) -> None:
    for info in infos:
        if info.name in names and info.type is FieldType.PICKLIST:
            found[info.name] = list(info.values)


def _store(setting: ModuleSetting, found: Stored) -> None:
    """What waits for a value is judged anew when a list has changed."""
    if found == {side: setting.picklists.get(side, {}) for side in ("bigin", "books")}:
        return
    with transaction.atomic():
        held = ModuleSetting.objects.select_for_update().get(pk=setting.pk)
        if held.version != setting.version:  # saved meanwhile, with lists read just then
            return
        ModuleSetting.objects.filter(pk=held.pk).update(picklists=found)
        issues = Issue.objects.filter(
            installation=held.installation_id, module=held.module, state=Issue.State.OPEN, code__in=_WAITING
        )
        ids = {pk for row in issues.values_list("record", "link__bigin", "link__books") for pk in row if pk}
        Record.objects.filter(pk__in=ids).update(dirty=True)
    setting.picklists = found
