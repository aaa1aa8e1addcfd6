"""What planning decided about records and links, as values: the planner stores them, a preview only shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sync.fields import Value
from sync.mapping import Kind
from sync.models import Record
from sync.plan import First, SideName, Skip


@dataclass(frozen=True)
class LinkUp:
    """Two records become a pair; `first` says how their contents meet."""

    kind: Kind
    bigin: Record
    books: Record
    why: str
    first: First


@dataclass(frozen=True)
class Create:
    """A record on `side` for one that stands alone on the other; persons of a new company travel with it."""

    kind: Kind
    side: SideName
    record: Record
    fields: Mapping[str, Value]
    source: Mapping[str, Value]
    warnings: tuple[str, ...] = ()
    carried: tuple[Create, ...] = ()
    apart_from: tuple[str, ...] = ()  # ids of the other side that Clone keeps apart (rules 3.2)


@dataclass(frozen=True)
class Hold:
    """A person is to decide: candidates exist, or something is wrong that only they can put right."""

    record: Record
    issue_kind: str
    code: str
    reason: str
    advice: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PassBy:
    """Not kept in step because the settings, a decision or its parent say so: no issue, but a stated reason."""

    record: Record
    code: str
    reason: str
    skipped_with: str = ""  # id of the other side, where the policy Skip is to be remembered
    waits_for: str = ""  # id of the other side: judged anew once that one moves (`sync/outside.py`)


@dataclass(frozen=True)
class Wait:
    """Nothing can be said yet; the record stays dirty."""

    record: Record


Outcome: TypeAlias = LinkUp | Create | Hold | PassBy | Wait


def held(record: Record, skip: Skip) -> Hold:
    return Hold(record, "skipped", skip.code, skip.reason, skip.advice)
