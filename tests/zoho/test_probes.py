"""The probes against a scripted server: what each one concludes, and what it must not conclude."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.zoho.conftest import MakeClient
from tests.zoho.scripted import Reply, Scripted
from zoho import probes, probes_bigin, probes_books
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.probes import Probe, Question, as_json, ask, order, scopes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def only(questions: list[Question], name: str) -> list[Probe]:
    return ask([question for question in questions if question[0] == name])


def rows(key: str, *times: str, **context: Any) -> Reply:
    found = [{"contact_id": str(number), "last_modified_time": time} for number, time in enumerate(times, 1)]
    return Reply(200, {"code": 0, key: found, "page_context": {"page": 1, "has_more_page": False, **context}})


OLD, MIDDLE, NEW = "2026-01-01T10:00:00-0400", "2026-02-01T10:00:00-0400", "2026-03-01T10:00:00-0400"


@pytest.mark.parametrize(("times", "held"), [
    ([NOON, NOON - timedelta(1), NOON - timedelta(2)], True),
    ([NOON, NOON, NOON - timedelta(2)], True),
    ([NOON - timedelta(1), NOON], False),
    ([NOON, NOON], None),
    ([NOON], None),
    ([], None),
    ([NOON, None], False),
])  # fmt: skip
def test_an_order_is_seen_only_in_different_times(times: list[datetime | None], held: bool | None) -> None:
    assert order("x", times, newest_first=True).held is held


@pytest.mark.parametrize(("replies", "held"), [
    ([rows("contacts", NEW), rows("contacts"), rows("contacts", NEW)], True),
    ([rows("contacts", NEW), rows("contacts"), rows("contacts")], False),
    ([rows("contacts", NEW), rows("contacts", OLD)], False),
    ([rows("contacts")], None),
    ([Reply(200, {"code": 0, "contacts": [{"contact_id": "1"}]})], False),
    ([rows("contacts", NEW), Reply(400, {"code": 2, "message": "Invalid value passed for last_modified_time"})], False),
    ([Reply(401, {"code": 57, "message": "not authorized"})] * 2, False),
    ([Reply(503)] * 3, None),
    ([Reply(429, {"code": 45, "message": "no"})], None),
])  # fmt: skip
def test_a_changed_since_filter_proves_itself(
    server: Scripted, make_client: MakeClient, replies: list[Reply], held: bool | None
) -> None:
    server.script(*replies)
    (probe,) = only(probes_books.questions(Books(make_client())), "books_contacts_changed_since")
    assert (probe.name, probe.held) == ("books_contacts_changed_since", held)
    assert len(server.seen) == len(replies)


@pytest.mark.parametrize(("reply", "held"), [
    (rows("items", OLD, MIDDLE, NEW, sort_column="last_modified_time"), True),
    (rows("items", OLD, MIDDLE, NEW, sort_column="name"), False),
    (rows("items", NEW, OLD, sort_column="last_modified_time"), False),
    (rows("items", NEW), None),
])  # fmt: skip
def test_an_order_by_chance_is_not_believed(
    server: Scripted, make_client: MakeClient, reply: Reply, held: bool | None
) -> None:
    server.script(reply)
    (probe,) = only(probes_books.questions(Books(make_client())), "books_items_oldest_first")
    assert probe.held is held


@pytest.mark.parametrize(
    ("person", "held"), [({"last_modified_time": NEW}, False), ({"last_modified_time": OLD}, None), ({}, None)]
)
def test_a_persons_edit_is_judged_only_by_its_own_time(
    server: Scripted, make_client: MakeClient, person: dict[str, str], held: bool | None
) -> None:
    server.script(rows("contacts", MIDDLE), Reply(200, {"code": 0, "contact_persons": [person]}))
    (probe,) = only(probes_books.questions(Books(make_client())), "books_person_edit_touches_customer")
    assert probe.held is held


@pytest.mark.parametrize(("names", "held"), [(["Acme", "ACME"], True), (["Acme", "Beta"], None), (["", ""], None)])
def test_equal_names(server: Scripted, make_client: MakeClient, names: list[str], held: bool | None) -> None:
    server.script(Reply(200, {"code": 0, "contacts": [{"contact_name": name} for name in names]}))
    (probe,) = only(probes_books.questions(Books(make_client())), "books_equal_names")
    assert probe.held is held


def test_zohos_own_integration_shows(server: Scripted, make_client: MakeClient) -> None:
    linked = [{"is_linked_with_zohocrm": True}, {"is_linked_with_zohocrm": False}]
    server.script(Reply(200, {"code": 0, "contacts": linked}))
    (probe,) = only(probes_books.questions(Books(make_client())), "books_zohocrm_off")
    assert (probe.held, probe.detail) == (False, "1 customers are linked by Zoho's own integration.")


def test_plan_and_quota(server: Scripted, make_client: MakeClient) -> None:
    headers = {"X-Rate-Limit-Limit": "1000", "X-Rate-Limit-Remaining": "12", "X-Rate-Limit-Reset": "60"}
    server.script(Reply(200, {"code": 0, "organization": {"plan_name": "STANDARD"}}, headers))
    found = only(probes_books.questions(Books(make_client())), "books_plan_and_quota")
    assert found == [
        Probe("books_plan", True, "The plan is STANDARD.", "STANDARD"),
        Probe("books_daily_quota", True, "12 of 1000 calls of today are left."),
    ]


@pytest.mark.parametrize(("role", "held"), [("admin", True), ("Staff", False), ("", None)])
def test_roles(server: Scripted, make_client: MakeClient, role: str, held: bool | None) -> None:
    server.script(Reply(200, {"code": 0, "user": {"user_role": role}}))
    (probe,) = only(probes_books.questions(Books(make_client())), "books_administrator")
    assert probe.held is held


def test_invoice_has_no_sales_orders_to_ask_for(server: Scripted, make_client: MakeClient) -> None:
    questions = probes_books.questions(Books(make_client("invoice")))
    assert not [name for name, _ in questions if name.startswith("books_salesorders")]
    server.script(Reply(404, {"code": 5, "message": "Invalid URL Passed"}))
    (probe,) = only(questions, "invoice_without_salesorders")
    assert probe.held is True


def deleted(*times: str) -> Reply:
    return Reply(200, {"data": [{"id": "1", "deleted_time": time} for time in times], "info": {"more_records": False}})


@pytest.mark.parametrize(("replies", "expected"), [
    ([deleted(NEW, OLD), Reply(304)], [True, True, True]),
    ([deleted(OLD, NEW), deleted(OLD, NEW)], [True, False, False]),
    ([Reply(204)], [True, None]),
    ([Reply(401, {"code": "OAUTH_SCOPE_MISMATCH", "message": "x", "details": {}, "status": "error"})] * 2, [False]),
    ([Reply(401, {"code": "INVALID_TOKEN", "message": "x", "details": {}, "status": "error"})] * 2, [None]),
    ([Reply(400, {"code": "INVALID_REQUEST", "message": "x", "details": {}, "status": "error"})], [False]),
])  # fmt: skip
def test_deleted_lists(
    server: Scripted, make_client: MakeClient, replies: list[Reply], expected: list[bool | None]
) -> None:
    server.script(*replies)
    found = only(probes_bigin.questions(Bigin(make_client("bigin"))), "bigin_accounts_deleted_list")
    assert [probe.held for probe in found] == expected


def page(record_id: str | None, token: str | None = None, more: bool = False) -> Reply:
    data = [{"id": record_id}] if record_id else []
    return Reply(200, {"data": data, "info": {"more_records": more, "next_page_token": token}})


@pytest.mark.parametrize(("replies", "held"), [
    ([page("1", "t", True), page("2")], True),
    ([page("1", "t", True), page("1")], False),
    ([page("1", None, True)], False),
    ([page("1")], None),
])  # fmt: skip
def test_page_tokens(server: Scripted, make_client: MakeClient, replies: list[Reply], held: bool | None) -> None:
    server.script(*replies)
    (probe,) = only(probes_bigin.questions(Bigin(make_client("bigin"))), "bigin_page_tokens")
    assert probe.held is held


@pytest.mark.parametrize(("granted", "held"), [
    (["ZohoBooks.contacts.READ"], True), (["ZohoBooks.contacts.ALL"], True), (["ZohoBooks.fullaccess.all"], True),
    (["ZohoBooks.invoices.ALL", "ZohoInvoice.contacts.ALL"], False), ([], False),
])  # fmt: skip
def test_scopes(granted: list[str], held: bool) -> None:
    assert scopes("books", granted, ["ZohoBooks.contacts.READ"]).held is held


def test_as_an_installation_keeps_them() -> None:
    assert as_json([Probe("a", None, "x")]) == {"a": {"held": None, "text": "x"}}


def test_one_question_that_fails_leaves_the_others(server: Scripted, make_client: MakeClient) -> None:
    server.script(*[Reply(503)] * 3, Reply(200, {"code": 0, "contacts": []}))
    questions = [
        question
        for question in probes_books.questions(Books(make_client()))
        if question[0] in ("books_equal_names", "books_zohocrm_off")
    ]
    assert [probe.held for probe in probes.ask(questions)] == [None, True]
