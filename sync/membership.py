"""Whether a Bigin row belongs to a list view, by the view's own criteria (rules 2.1). Pure.

Closed: a comparator, or a value that depends on the user or on time, that is not known here gives None, and the view's
ids are read instead (`sync/scope.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Criteria = Mapping[str, Any]
_SHIFTING = ("${", "currentuser", "today", "yesterday", "tomorrow", "ageindays", "dueindays", "thisweek", "thismonth")


def belongs(row: Mapping[str, Any], rules: Iterable[Criteria | None]) -> bool | None:
    """In the union of the views; None when none says yes and one cannot be judged here. A rule None is "all"."""
    answers = [True if rule is None else matches(row, rule) for rule in rules]
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) else False


def fields_of(rule: Criteria | None) -> set[str]:
    """API names that judging needs."""
    if not rule:
        return set()
    group = rule.get("group")
    if isinstance(group, Sequence) and not isinstance(group, str):
        return {name for part in group for name in fields_of(part)}
    name = _name(rule)
    return {name} if name else set()


def matches(row: Mapping[str, Any], rule: Criteria) -> bool | None:
    group = rule.get("group")
    if isinstance(group, Sequence) and not isinstance(group, str):
        answers = [matches(row, part) for part in group]
        return _joined(str(rule.get("group_operator") or "and").casefold(), answers)
    name = _name(rule)
    if not name or name not in row:
        return None
    return _compare(str(rule.get("comparator") or ""), _plain(row[name]), rule.get("value"))


def _name(rule: Criteria) -> str:
    field = rule.get("field")
    return str(field.get("api_name") or "") if isinstance(field, Mapping) else ""


def _joined(operator: str, answers: Sequence[bool | None]) -> bool | None:
    decisive = operator == "or"
    if any(answer is decisive for answer in answers):
        return decisive
    return None if any(answer is None for answer in answers) else not decisive


def _plain(value: Any) -> Any:
    return value.get("name") if isinstance(value, Mapping) else value


def _compare(comparator: str, have: Any, want: Any) -> bool | None:
    wanted = [_plain(one) for one in want] if isinstance(want, (list, tuple)) else [_plain(want)]
    texts = [str(one).casefold() for one in wanted]
    if any(mark in text.replace(" ", "") for text in texts for mark in _SHIFTING):
        return None
    mine = "" if have is None else str(have).casefold()
    empty = texts in ([""], ["none"], ["${empty}"])
    answers: dict[str, bool | None] = {
        "equal": mine in texts or (empty and not mine),
        "not_equal": mine not in texts and not (empty and not mine),
        "contains": any(text in mine for text in texts),
        "not_contains": all(text not in mine for text in texts),
        "starts_with": any(mine.startswith(text) for text in texts),
        "ends_with": any(mine.endswith(text) for text in texts),
    }
    if comparator in answers:
        return answers[comparator]
    return _compare_numbers(comparator, have, wanted)


def _compare_numbers(comparator: str, have: Any, wanted: Sequence[Any]) -> bool | None:
    try:
        mine, bounds = Decimal(str(have)), [Decimal(str(one)) for one in wanted]
    except InvalidOperation:
        return None
    if comparator == "between" and len(bounds) == 2:
        return bounds[0] <= mine <= bounds[1]
    known = {
        "greater_than": mine > bounds[0],
        "greater_equal": mine >= bounds[0],
        "less_than": mine < bounds[0],
        "less_equal": mine <= bounds[0],
    }
    return known.get(comparator)
