"""Turning list parameters into one page: order, changed-since, paging. Each module brings its own filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from sandbox.books import envelope, intake, times
from sandbox.books.errors import invalid_value
from sandbox.books.money import number
from sandbox.books.organization import BooksOrg
from sandbox.books.store import SortOrder, Table
from sandbox.core import Reply, Request

T = TypeVar("T")
Test = Callable[[T], bool]


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """How one collection is listed. `columns` maps the client's sort columns to the table's."""

    key: str
    report: str
    columns: dict[str, str]
    default_column: str
    default_descending: bool = False
    undocumented_columns: frozenset[str] = frozenset()


@dataclass(slots=True)
class Wanted(Generic[T]):
    """What a request asks for, apart from the page. `ids`, if set, bounds the candidates by an exact lookup."""

    tests: list[Test[T]] = field(default_factory=list)
    candidates: list[T] | None = None
    since: int | None = None
    applied_filter: str = "Status.All"


def answer(
    request: Request, table: Table[T], listed: Listed[T], wanted: Wanted[T], row: Callable[[T], dict[str, Any]]
) -> Reply:
    org: BooksOrg = request.org
    page = intake.page_number(request)
    per_page = intake.per_page(request, org.switch("books_per_page_over_200"))
    column, descending = _sorting(request, org, listed)
    order = table.order(listed.columns[column])
    start = (page - 1) * per_page
    found = _slice(table, order, wanted, start, per_page + 1, descending, column)
    rows = [row(record) for record in found[:per_page]]
    context = envelope.page_context(
        request,
        page,
        per_page,
        len(found) > per_page,
        report=listed.report,
        filter_name=wanted.applied_filter,
        column=column,
        order="D" if descending else "A",
    )
    data: dict[str, Any] = {listed.key: rows, "page_context": context}
    return envelope.success(**data)


def _sorting(request: Request, org: BooksOrg, listed: Listed[T]) -> tuple[str, bool]:
    column = request.query.get("sort_column", "").strip()
    direction = request.query.get("sort_order", "").strip().upper()
    if column not in listed.columns or _hidden(org, listed, column):
        if column and org.switch("books_unknown_sort_column") == "error":
            raise invalid_value("sort_column")
        column = listed.default_column
        descending = listed.default_descending
    else:
        descending = False
    if direction in ("A", "ASC", "ASCENDING"):
        descending = False
    elif direction in ("D", "DESC", "DESCENDING"):
        descending = True
    return column, descending


def _hidden(org: BooksOrg, listed: Listed[T], column: str) -> bool:
    return column in listed.undocumented_columns and org.switch("books_undocumented_sort") == "ignored"


def _slice(
    table: Table[T], order: SortOrder[T], wanted: Wanted[T], start: int, count: int, descending: bool, column: str
) -> list[T]:
    if wanted.candidates is None and not wanted.tests and wanted.since is None:
        return [table.records[record_id] for record_id in order.page(start, count, descending)]
    if wanted.candidates is None and not wanted.tests and column == "last_modified_time":
        ids = order.page(start, count, descending, lowest=wanted.since)
        return [table.records[record_id] for record_id in ids]
    return list(islice(_matching(table, order, wanted, descending, column), start, start + count))


def _matching(table: Table[T], order: SortOrder[T], wanted: Wanted[T], descending: bool, column: str) -> Iterator[T]:
    for record in _ordered(table, order, wanted, descending, column):
        if all(test(record) for test in wanted.tests):
            yield record


def _ordered(table: Table[T], order: SortOrder[T], wanted: Wanted[T], descending: bool, column: str) -> Iterable[T]:
    since = wanted.since
    if wanted.candidates is not None:
        kept = [one for one in wanted.candidates if since is None or one.modified >= since]  # type: ignore[attr-defined]
        return _sorted(table, order, kept, descending)
    if since is None:
        return (table.records[record_id] for record_id in order.ids(descending))
    by_time = table.order("last_modified_time")
    recent = [table.records[entry[-1]] for entry in by_time.entries[by_time.position(since) :]]
    if column == "last_modified_time":
        return reversed(recent) if descending else recent
    return _sorted(table, order, recent, descending)


def _sorted(table: Table[T], order: SortOrder[T], records: list[T], descending: bool) -> list[T]:
    return sorted(records, key=lambda one: order.entry_of(table.identify(one)), reverse=descending)


def changed_since(request: Request, honoured: bool) -> int | None:
    """The inclusive lower bound of `last_modified_time` (books-api.md section 10), None where it is ignored."""
    given = request.query.get("last_modified_time", "").strip()
    if not given or not honoured:
        return None
    return times.parse_stamp(given, "last_modified_time")


def text_tests(
    request: Request, org: BooksOrg, readers: dict[str, Callable[[T], str]], skip: frozenset[str] = frozenset()
) -> list[Test[T]]:
    """Tests for `name`, `name_startswith`, `name_contains`; an empty value means no filter (books-api.md 0.4)."""
    sensitive = org.switch("books_text_filter_case") == "sensitive"
    tests: list[Test[T]] = []
    for name, read in readers.items():
        for suffix in ("", "_startswith", "_contains"):
            given = request.query.get(name + suffix, "").strip()
            if given and name + suffix not in skip:
                tests.append(_text_test(read, given, suffix, sensitive))
    return tests


def _text_test(read: Callable[[T], str], given: str, suffix: str, sensitive: bool) -> Test[T]:
    def fold(value: str) -> str:
        return value if sensitive else value.casefold()

    wanted = fold(given)
    if suffix == "_startswith":
        return lambda record: fold(read(record)).startswith(wanted)
    if suffix == "_contains":
        return lambda record: wanted in fold(read(record))
    return lambda record: fold(read(record)).strip() == wanted


def number_tests(request: Request, name: str, read: Callable[[T], Any]) -> list[Test[T]]:
    """Tests for a number and its forms with `_less_than` and the like."""
    comparisons: dict[str, Callable[[Any, Any], bool]] = {
        "": lambda held, given: held == given,
        "_less_than": lambda held, given: held < given,
        "_less_equals": lambda held, given: held <= given,
        "_greater_than": lambda held, given: held > given,
        "_greater_equals": lambda held, given: held >= given,
        "_start": lambda held, given: held >= given,
        "_end": lambda held, given: held <= given,
    }
    tests: list[Test[T]] = []
    for suffix, compare in comparisons.items():
        given = request.query.get(name + suffix, "").strip()
        if given:
            limit = number(given, name + suffix)
            tests.append(lambda record, limit=limit, compare=compare: compare(read(record), limit))  # type: ignore[misc]
    return tests


def day_tests(request: Request, name: str, read: Callable[[T], str]) -> list[Test[T]]:
    """Tests for a date: plain, _start/_end inclusive, _before/_after exclusive (books-api.md 5.1)."""
    comparisons: dict[str, Callable[[str, str], bool]] = {
        "": lambda held, given: held == given,
        "_start": lambda held, given: held >= given,
        "_end": lambda held, given: held <= given,
        "_before": lambda held, given: held < given,
        "_after": lambda held, given: held > given,
    }
    tests: list[Test[T]] = []
    for suffix, compare in comparisons.items():
        given = request.query.get(name + suffix, "").strip()
        if given:
            day = times.parse_day(given, name + suffix)
            tests.append(lambda record, day=day, compare=compare: compare(read(record), day))  # type: ignore[misc]
    return tests
