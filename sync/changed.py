"""What a Save made new on a module that is in step already: noted with the setting until a full run is through.

`sync/second_look.py` holds what follows from it, unless a preview showed it (rules 5.4). Database only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync import mapping, planner
from sync.fields import Value, spoken
from sync.mapping import Kind
from sync.models import Mode, ModuleSetting, Side
from sync.shape import MODULE_OF, RECORD_KINDS, Shape
from sync.work import Work

_BRINGS = ("none", "recent", "active")  # `create_in_bigin`: each brings what those before it bring, and more
_PAIRS = {
    Kind.COMPANY_CUSTOMER: "companies",
    Kind.CONTACT_PERSON: "contacts as contact persons",
    Kind.CONTACT_CUSTOMER: "contacts as customers of their own",
    Kind.PRODUCT_ITEM: "products",
}


@dataclass(frozen=True)
class Change:
    """`creates`: (kind of link, side) where records are created that were not before; `fields`: (kind, side, field)
    that are written and were not, or not from there."""

    at: datetime
    creates: frozenset[tuple[str, str]] = frozenset()
    fields: frozenset[tuple[str, str, str]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.creates or self.fields)

    def to_json(self) -> dict[str, Any]:
        if not self:
            return {}
        return {"at": self.at.isoformat(), "creates": sorted(self.creates), "fields": sorted(self.fields)}

    def joined(self, earlier: Change | None) -> Change:
        """What an earlier Save made new and no run has done yet waits with it."""
        if earlier is None:
            return self
        return Change(self.at, self.creates | earlier.creates, self.fields | earlier.fields)

    def is_replaced(self, kind: str, side: str, changes: Mapping[str, tuple[Value, Value]]) -> bool:
        """Whether a content gives way to another for it; `changes`: field -> (old, new). Filling a gap does not."""
        is_new = any(kind == its for its, _ in self.creates)
        return any(
            old is not None and old != new and (is_new or (kind, side, name) in self.fields)
            for name, (old, new) in changes.items()
        )


def of(setting: ModuleSetting) -> Change | None:
    """None when everything that was chosen is in step."""
    stored = setting.changed
    if not stored:
        return None
    return Change(
        datetime.fromisoformat(stored["at"]),
        frozenset((kind, side) for kind, side in stored["creates"]),
        frozenset((kind, side, name) for kind, side, name in stored["fields"]),
    )


def between(module: str, before: Shape, after: Shape, now: datetime) -> Change:
    kinds = [kind for kind in mapping.KINDS_OF_MODULE[module] if kind in after.active]
    creates = {pair for kind in kinds for pair in _creates(kind, before, after)}
    fields = {one for kind in kinds for one in _targets(after, kind) - _targets(before, kind)}
    return Change(now, frozenset(creates), frozenset((kind, side, target) for kind, side, target, _ in fields))


def _targets(shape: Shape, kind: Kind) -> set[tuple[str, str, str, str]]:
    """(kind, side, field that is written, field it comes from)."""
    rows = shape.rows[kind]
    to_bigin = {(kind.value, Side.BIGIN.value, row.bigin, row.books) for row in rows if row.to_bigin}
    return to_bigin | {(kind.value, Side.BOOKS.value, row.books, row.bigin) for row in rows if row.to_books}


def _creates(kind: Kind, before: Shape, after: Shape) -> Iterable[tuple[str, str]]:
    every_contact = kind is Kind.CONTACT_CUSTOMER and after.mode == Mode.CONTACTS != before.mode
    if kind not in before.active or every_contact:
        return [(kind.value, Side.BIGIN.value), (kind.value, Side.BOOKS.value)]
    found = []
    if _is_wider(before.views(RECORD_KINDS[kind][0]), after.views(RECORD_KINDS[kind][0])):
        found.append((kind.value, Side.BOOKS.value))
    if _brings_more(before.setting(kind), after.setting(kind)):
        found.append((kind.value, Side.BIGIN.value))
    return found


def _is_wider(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """No view chosen means all records."""
    return bool(before) and (not after or bool(set(after) - set(before)))


def _brings_more(before: ModuleSetting, after: ModuleSetting) -> bool:
    was, now = _BRINGS.index(before.create_in_bigin), _BRINGS.index(after.create_in_bigin)
    return now > was or (now == was == _BRINGS.index("recent") and after.recent_months > before.recent_months)


def told(change: Change, after: Shape) -> list[str]:
    """What a Save says of it, in sentences."""
    kinds = [kind for kind in Kind if any(kind == its for its, _ in change.creates)]
    labels = sorted({_label(after, *one) for one in change.fields if Kind(one[0]) not in kinds})
    sentences = []
    if kinds:
        names = ", ".join(_PAIRS[kind] for kind in kinds)
        sentences.append(f"More is kept in step from now on: {names}.")
    if labels:
        names = ", ".join(labels)
        sentences.append(f"Mapped from now on: {names}.")
    sentences.append(
        "Make a preview to see what that creates and replaces. What no preview shows is held by the next run, and"
        " waits for your approval."
    )
    return sentences


def dropped(module: str, before: Shape, after: Shape) -> list[str]:
    """What a Save ends, in sentences: a field that is not written any more, of kinds that stay in step."""
    kinds = [kind for kind in mapping.KINDS_OF_MODULE[module] if kind in before.active & after.active]
    sentences = []
    for side, where in ((Side.BIGIN, "Bigin"), (Side.BOOKS, "Books")):
        lost = {one for kind in kinds for one in _written(before, kind, side) - _written(after, kind, side)}
        if lost:
            names = ", ".join(sorted({_label(before, *one) for one in lost}))
            sentences.append(f"Not brought to {where} any more: {names}. What stands there stays, and so do the pairs.")
    return sentences


def _written(shape: Shape, kind: Kind, side: Side) -> set[tuple[str, str, str]]:
    return {(its, where, name) for its, where, name, _ in _targets(shape, kind) if where == side}


def _label(shape: Shape, kind: str, side: str, name: str) -> str:
    """The field by its name in Bigin."""
    rows = shape.rows[Kind(kind)]
    return spoken(name if side == Side.BIGIN else next((row.bigin for row in rows if row.books == name), name))


def through(work: Work) -> None:
    """A full run came to its end: what was to be held is. Pairs that another write kept from being planned still wait
    for their new fields. A Save during the run is left to the next one."""
    for module in work.shape.modules:
        setting = work.shape.settings[module]
        change = of(setting)
        if change is None:
            continue
        waiting = {kind.value for kind in work.shape.kinds if _waits(work, kind, module)}
        left = Change(change.at, frozenset(), frozenset(one for one in change.fields if one[0] in waiting))
        ModuleSetting.objects.filter(pk=setting.pk, version=setting.version).update(changed=left.to_json())


def _waits(work: Work, kind: Kind, module: str) -> bool:
    return MODULE_OF[kind] == module and planner.has_dirty(work.shape, kind)
