"""Search with its lagging index, and counts (bigin-api.md 5.8, 5.10)."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.bigin import paging
from sandbox.bigin.credits import spend
from sandbox.bigin.criteria import Test, View, compile_criteria, parse, text_value, words
from sandbox.bigin.errors import BiginError, ambiguity, invalid_param, required_param
from sandbox.bigin.org import BiginOrg
from sandbox.bigin.reads import nothing, table_of, visible
from sandbox.bigin.shape import Shape
from sandbox.bigin.store import Row, Table
from sandbox.core import Refusal, Reply, Request

KINDS = ("criteria", "email", "phone", "word")


def search(request: Request) -> Reply:
    """Exactly one of criteria, email, phone, word; newest id first; no page tokens."""
    table = table_of(request)
    test = _test(request, table)
    window = paging.numbered(request)
    if window.start >= paging.WALL:
        raise BiginError(400, "LIMIT_REACHED", "maximum response iteration limit reached", {"limit": paging.WALL})
    spend(request, 1)
    found = [row for row in _indexed(request, table, test) if visible(request, row)]
    found.sort(key=lambda row: row.id, reverse=True)
    part = found[window.start : window.start + window.per_page]
    if not part:
        return nothing()
    info = {
        "per_page": window.per_page,
        "count": len(part),
        "page": window.page,
        "sort_by": "id",
        "sort_order": "desc",
        "more_records": window.start + window.per_page < len(found),
    }
    asked = request.query.get("fields")
    if asked and request.world.switches["bigin_search_fields"] == "honoured":
        names = [name.strip() for name in asked.split(",")]
        shape = Shape(request.org, request.user, request.world.switches, table.module, names)
        return Reply(body={"data": [shape(row) for row in part], "info": info})
    shape = Shape(request.org, request.user, request.world.switches, table.module, None)
    return Reply(body={"data": [shape.with_leftovers(row) for row in part], "info": info})


def _test(request: Request, table: Table) -> Test:
    given = [kind for kind in KINDS if request.query.get(kind)]
    if not given:
        raise required_param("criteria")
    if len(given) > 1:
        raise ambiguity(*given)
    return _TESTS[given[0]](request, table, request.query[given[0]])


def _by_criteria(request: Request, table: Table, text: str) -> Test:
    return compile_criteria(parse(text), request.org, request.user, table.module)


def _by_email(request: Request, table: Table, text: str) -> Test:
    wanted = text.strip().casefold()
    return lambda row: str(row.values.get("Email", "")).casefold() == wanted


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def _by_phone(request: Request, table: Table, text: str) -> Test:
    wanted = _digits(text)
    if not wanted:
        raise invalid_param("phone")
    return lambda row: any(
        wanted in _digits(str(row.values.get(name, ""))) for name in ("Phone", "Mobile", "Home_Phone")
    )


def _by_word(request: Request, table: Table, text: str) -> Test:
    """Every word must begin a word of some text field; two characters at least."""
    wanted = words(text)
    if len(text.strip()) < 2 or not wanted:
        raise invalid_param("word")
    org: BiginOrg = request.org
    fields = [one for one in org.fields[table.module].values() if one.data_type in _WORDED]

    def test(row: Row) -> bool:
        have = [word for field in fields for word in words(text_value(field, row, org))]
        return all(any(one.startswith(word) for one in have) for word in wanted)

    return test


_WORDED = ("text", "email", "phone", "website", "picklist")
_TESTS = {"criteria": _by_criteria, "email": _by_email, "phone": _by_phone, "word": _by_word}


def _indexed(request: Request, table: Table, test: Test) -> Iterator[Row]:
    """The index is stale for rows written within the lag; what is answered is the row as it is now."""
    lag = float(request.world.switches["bigin_search_lag"])
    stale = table.as_searched(request.world.clock.seconds(), lag) if lag else {}
    for row in table.rows.values():
        seen = stale.get(row.id, row)
        if seen is not None and test(seen):
            yield row


def coql(request: Request) -> Reply:
    """Clients must feature-detect it (bigin-api.md 5.9)."""
    raise Refusal("scope" if request.world.switches["bigin_coql"] == "no_scope" else "not_found")


def count(request: Request) -> Reply:
    """`{"count": n}`; criteria and cvid exclude each other."""
    table = table_of(request)
    view_id = request.query.get("cvid")
    if view_id and any(request.query.get(kind) for kind in KINDS):
        raise ambiguity("cvid", "criteria")
    test: Test = lambda row: True  # noqa: E731 - a def would shadow the two below
    if view_id:
        view = request.org.view(view_id)
        if view is None or view.module != table.module:
            raise invalid_param("cvid")
        test = View(view, request.org, request.user).holds
    elif any(request.query.get(kind) for kind in KINDS):
        test = _test(request, table)
    spend(request, 1)
    return Reply(body={"count": sum(visible(request, row) and test(row) for row in table.rows.values())})
