"""Criteria: the text form of search, and the object form of list views; both become one predicate over rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.bigin.errors import invalid_query
from sandbox.bigin.fields import Field
from sandbox.bigin.org import BiginOrg, BiginUser, CustomView, full_name
from sandbox.bigin.store import Row

Test = Callable[[Row], bool]
TEXT_OPERATORS = ("equals", "not_equal", "starts_with", "in", "contains", "not_contains", "ends_with")
ORDER_OPERATORS = (
    "equals", "not_equal", "greater_than", "greater_equal", "less_than", "less_equal", "between", "in",
)  # fmt: skip
MOST_CRITERIA = 10
EMPTY = "${EMPTY}"  # how CRM's views say "has no value"


@dataclass(frozen=True, slots=True)
class Condition:
    name: str
    operator: str
    value: str  # characters that came with a backslash are still hidden

    @property
    def text(self) -> str:
        return _show(self.value)

    @property
    def parts(self) -> list[str]:
        return [_show(part.strip()) for part in self.value.split(",")]


@dataclass(frozen=True, slots=True)
class Group:
    operator: str  # and | or
    members: list[Condition | Group]


def parse(text: str) -> Group | Condition:
    """`((Field:op:value)and(Field:op:value))`; `( ) ,` inside values come with a backslash. Raises BiginError."""
    hidden = re.sub(r"\\([(),:\\])", lambda m: chr(0xE000 + ord(m[1])), text)
    parser = _Parser(hidden)
    parsed = parser.expression(0)
    if parser.rest():
        raise invalid_query("trailing text")
    return parsed


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _take(self, wanted: str) -> bool:
        self._skip()
        if self.text[self.at : self.at + len(wanted)].lower() != wanted:
            return False
        self.at += len(wanted)
        return True

    def expression(self, depth: int) -> Group | Condition:
        if depth > 20:
            raise invalid_query("nested too deep")
        members = [self._term(depth)]
        operator = ""
        while True:
            found = next((one for one in ("and", "or") if self._take(one)), "")
            if not found:
                break
            if operator and operator != found:
                raise invalid_query("and and or are mixed without brackets")
            operator = found
            members.append(self._term(depth))
        return members[0] if len(members) == 1 else Group(operator, members)

    def _term(self, depth: int) -> Group | Condition:
        if not self._take("("):
            raise invalid_query("a bracket is missing")
        self._skip()
        nested = self.text[self.at : self.at + 1] == "("
        inner = self.expression(depth + 1) if nested else self._condition()
        if not self._take(")"):
            raise invalid_query("a bracket is missing")
        return inner

    def _condition(self) -> Condition:
        end = self.text.find(")", self.at)
        end = len(self.text) if end < 0 else end
        parts = self.text[self.at : end].split(":", 2)
        self.at = end
        self.count += 1
        if len(parts) != 3 or self.count > MOST_CRITERIA:
            raise invalid_query("a criterion is field:operator:value, ten at most")
        return Condition(parts[0].strip(), parts[1].strip().lower(), parts[2].strip())


def _show(text: str) -> str:
    return "".join(chr(ord(one) - 0xE000) if 0xE000 <= ord(one) < 0xE080 else one for one in text)


def compile_criteria(parsed: Group | Condition, org: BiginOrg, user: BiginUser, module: str) -> Test:
    """Raises BiginError for a field or operator that criteria do not know."""
    if isinstance(parsed, Group):
        tests = [compile_criteria(one, org, user, module) for one in parsed.members]
        return all_of(tests) if parsed.operator == "and" else any_of(tests)
    field = org.fields[module].get(parsed.name)
    if parsed.name == "id":
        field = Field("id", "id")
    if field is None or field.api_name == "Sub_Pipeline" or field.data_type in ("textarea", "subform"):
        raise invalid_query("the field is not available for criteria", parsed.name, parsed.operator)
    if field.data_type in ("currency", "double", "integer", "date", "datetime"):
        return _ordered(field, parsed)
    return _textual(field, parsed, org, module)


def all_of(tests: list[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def any_of(tests: list[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def text_value(field: Field, row: Row, org: BiginOrg) -> str:
    if field.api_name == "id":
        return row.id
    if field.api_name == "Full_Name":
        return full_name(row)
    if field.data_type == "ownerlookup":
        owner = {"Owner": row.owner, "Created_By": row.created_by, "Modified_By": row.modified_by}
        return owner.get(field.api_name, "")
    value = row.values.get(field.api_name)
    if isinstance(value, bool) or field.data_type == "boolean":
        return str(bool(value if value is not None else field.default)).lower()
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _matches_lookup(field: Field, row: Row, org: BiginOrg, wanted: str) -> bool:
    target = row.values.get(field.api_name)
    if target is None:
        return False
    return wanted == target or wanted.casefold() == org.name_of(field.lookup, target).casefold()


def _textual(field: Field, one: Condition, org: BiginOrg, module: str) -> Test:
    if one.operator not in TEXT_OPERATORS:
        raise invalid_query("the operator does not suit the field", one.name, one.operator)
    wanted = one.text.casefold()
    if one.text in ("", EMPTY) and one.operator in ("equals", "not_equal"):
        empty = one.operator == "equals"
        return lambda row: (text_value(field, row, org) == "") is empty
    if field.data_type == "lookup" and one.operator in ("equals", "not_equal"):
        positive = one.operator == "equals"
        return lambda row: _matches_lookup(field, row, org, one.text) is positive

    def value(row: Row) -> str:
        return text_value(field, row, org).casefold()

    choices = {part.casefold() for part in one.parts}
    needed = words(wanted)
    tests: dict[str, Test] = {
        # Live: equals on a name is a match of words, not of the whole (bigin-api.md 5.8).
        "equals": lambda row: (
            value(row) == wanted
            or (field.data_type == "text" and bool(needed) and set(needed) <= set(words(value(row))))
        ),
        "not_equal": lambda row: value(row) != wanted,
        "starts_with": lambda row: value(row).startswith(wanted),
        "ends_with": lambda row: value(row).endswith(wanted),
        "contains": lambda row: wanted in value(row),
        "not_contains": lambda row: wanted not in value(row),
        "in": lambda row: value(row) in choices,
    }
    return tests[one.operator]


def _ordered(field: Field, one: Condition) -> Test:
    if one.operator not in ORDER_OPERATORS:
        raise invalid_query("the operator does not suit the field", one.name, one.operator)
    several = one.operator in ("between", "in")
    bounds = [_bound(field, part, one) for part in (one.parts if several else [one.text])]
    if one.operator == "between" and len(bounds) != 2:
        raise invalid_query("between takes two values", one.name, one.operator)
    first = bounds[0]
    tests: dict[str, Callable[[Any], bool]] = {
        "equals": lambda held: bool(held == first),
        "not_equal": lambda held: bool(held != first),
        "greater_than": lambda held: bool(held > first),
        "greater_equal": lambda held: bool(held >= first),
        "less_than": lambda held: bool(held < first),
        "less_equal": lambda held: bool(held <= first),
        "between": lambda held: bool(bounds[0] <= held <= bounds[-1]),
        "in": lambda held: held in bounds,
    }
    test = tests[one.operator]
    return lambda row: (held := ordered_value(field, row)) is not None and test(held)


def ordered_value(field: Field, row: Row) -> Any:
    times = {"Created_Time": row.created, "Modified_Time": row.modified, "Last_Activity_Time": row.activity or None}
    if field.api_name in times:
        return times[field.api_name]
    value = row.values.get(field.api_name)
    return Decimal(value) if value is not None and field.data_type in ("currency", "double", "integer") else value


def _bound(field: Field, text: str, one: Condition) -> Any:
    try:
        if field.data_type == "datetime":
            time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            if time.tzinfo is None:
                raise ValueError("no offset")
            return time.timestamp()
        if field.data_type == "date":
            return date.fromisoformat(text).isoformat()
        return Decimal(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise invalid_query("the value does not suit the field", one.name, one.operator) from None


class View:
    """A list view's criteria as a predicate."""

    def __init__(self, view: CustomView, org: BiginOrg, user: BiginUser) -> None:
        self._mine = user.id if view.mine else ""
        self._test = compile_criteria(from_object(view.criteria), org, user, view.module) if view.criteria else None

    def holds(self, row: Row) -> bool:
        if self._mine and row.owner != self._mine:
            return False
        return self._test is None or self._test(row)


def from_object(criteria: dict[str, Any]) -> Group | Condition:
    """From the object form of the custom views API."""
    if "group" in criteria:
        return Group(str(criteria["group_operator"]).lower(), [from_object(one) for one in criteria["group"]])
    value = criteria["value"]
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return Condition(criteria["field"]["api_name"], criteria["comparator"], text)
