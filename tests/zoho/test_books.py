"""The endpoints of Books and Invoice against a scripted server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.zoho.books_answers import DONE, MISSING, calls, listing, ok
from tests.zoho.conftest import MakeClient
from tests.zoho.scripted import Reply, Scripted
from zoho.books import Books
from zoho.books_calls import Lookup, custom_field
from zoho.errors import Rejected, RetryLater, UnknownOutcome

SINCE = datetime(2026, 10, 9, 19, 0, tzinfo=UTC)


@pytest.fixture
def books(make_client: MakeClient) -> Books:
    return Books(make_client())


# Lists


@pytest.mark.parametrize(("read", "path", "key"), [
    (lambda books, **wish: books.contacts_page(**wish), "/contacts", "contacts"),
    (lambda books, **wish: books.items_page(**wish), "/items", "items"),
    (lambda books, **wish: books.documents_page("invoices", **wish), "/invoices", "invoices"),
    (lambda books, **wish: books.documents_page("salesorders", **wish), "/salesorders", "salesorders"),
])  # fmt: skip
def test_a_page_says_what_was_done_with_the_wish(
    server: Scripted, books: Books, read: Callable[..., Any], path: str, key: str
) -> None:
    row = {"last_modified_time": "2026-10-09T15:00:00-0400"}
    server.script(listing(key, row, more=True, page=2, sort_column="last_modified_time", sort_order="A"))
    page = read(
        books, page=2, sort_column="last_modified_time", sort_order="A",
        filters={"filter_by": "Status.Active"}, modified_since=SINCE,
    )  # fmt: skip
    assert (server.seen[0].path, server.seen[0].query) == (path, {
        "page": "2", "per_page": "200", "sort_column": "last_modified_time", "sort_order": "A",
        "filter_by": "Status.Active", "last_modified_time": "2026-10-09T19:00:00+0000", "organization_id": "700",
    })  # fmt: skip
    assert (page.rows, page.more, page.page) == ([row], True, 2)
    assert (page.sort_column, page.sort_order, page.applied_filter) == ("last_modified_time", "A", "Status.All")


def test_a_list_that_echoes_nothing(server: Scripted, books: Books) -> None:
    server.script(ok(contacts=[]))
    page = books.contacts_page()
    assert (page.rows, page.more, page.sort_column, page.sort_order, page.applied_filter) == (
        [],
        False,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_filter_is_refused_because_books_would_return_everything(
    server: Scripted, books: Books, value: object
) -> None:
    with pytest.raises(ValueError, match="everything"):
        books.documents_page("invoices", filters={"estimate_id": value})
    assert server.seen == []


@pytest.mark.parametrize("body", [{}, {"contacts": {}}, {"contacts": [1]}])
def test_a_list_of_another_shape_is_retry_later(server: Scripted, books: Books, body: dict[str, Any]) -> None:
    server.script(ok(**body))
    with pytest.raises(RetryLater):
        books.contacts_page()


# One record


@pytest.mark.parametrize("reply", [
    MISSING,
    Reply(400, {"code": 1002, "message": "x"}),
    Reply(404, {"code": 2006, "message": "Item does not exist."}),
])  # fmt: skip
def test_a_missing_record_is_none(server: Scripted, books: Books, reply: Reply) -> None:
    server.script(reply, reply, reply)
    assert (books.contact("1"), books.item("1"), books.document("estimates", "1")) == (None, None, None)
    assert calls(server) == [("GET", "/contacts/1"), ("GET", "/items/1"), ("GET", "/estimates/1")]


def test_another_refusal_is_no_absence(server: Scripted, books: Books) -> None:
    server.script(Reply(404, {"code": 5, "message": "Invalid URL Passed"}))
    with pytest.raises(Rejected):
        books.contact("1")


@pytest.mark.parametrize("bad", ["", "../organizations", "1/2", "1?a=b"])
def test_what_is_no_id_is_never_sent(server: Scripted, books: Books, bad: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: books.contact(bad),
        lambda: books.delete_contact(bad),
        lambda: books.update_item(bad, {}),
        lambda: books.pdf("invoices", bad),
        lambda: books.delete_person(bad),
    ]
    for attempt in attempts:
        with pytest.raises(Rejected, match="not an id"):
            attempt()
    assert server.seen == []


def test_money_stays_exact_both_ways(server: Scripted, books: Books) -> None:
    server.script(Reply(201, b'{"code":0,"item":{"item_id":1,"rate":19.990}}'))
    stored = books.create_item({"name": "Tour", "rate": Decimal("19.99")})
    assert server.seen[0].body == b'{"name":"Tour","rate":19.99}'
    assert stored == {"item_id": "1", "rate": Decimal("19.990")}


# Customers


def test_contacts_are_created_changed_and_deleted(server: Scripted, books: Books) -> None:
    server.script(ok(201, contact={"contact_id": "1"}), ok(contact={"contact_id": "1"}), *[DONE] * 3)
    assert books.create_contact({"contact_name": "A", "contact_persons": [{"first_name": "B"}]}) == {"contact_id": "1"}
    assert books.update_contact("1", {"notes": ""}) == {"contact_id": "1"}
    assert [books.contact_inactive("1"), books.contact_active("1"), books.delete_contact("1")] == ["Done."] * 3
    assert calls(server) == [
        ("POST", "/contacts"), ("PUT", "/contacts/1"), ("POST", "/contacts/1/inactive"), ("POST", "/contacts/1/active"),
        ("DELETE", "/contacts/1"),
    ]  # fmt: skip
    assert [seen.body for seen in server.seen[2:]] == [b"", b"", b""]


def test_an_update_never_carries_persons(server: Scripted, books: Books) -> None:
    with pytest.raises(ValueError, match="one by one"):
        books.update_contact("1", {"contact_persons": []})
    assert server.seen == []


def test_persons(server: Scripted, books: Books) -> None:
    person = {"contact_person_id": "9"}
    server.script(
        listing("contact_persons", person, more=True), listing("contact_persons", {"contact_person_id": "10"}),
        ok(201, contact_person=person), ok(contact_person=person), DONE, DONE,
    )  # fmt: skip
    assert books.persons("1") == [person, {"contact_person_id": "10"}]
    assert books.create_person("1", {"first_name": "B"}) == person
    assert books.update_person("9", {"email": "b@example.com"}) == person
    books.make_primary("9")
    books.delete_person("9")
    assert calls(server) == [
        ("GET", "/contacts/1/contactpersons"), ("GET", "/contacts/1/contactpersons"),
        ("POST", "/contacts/contactpersons"), ("PUT", "/contacts/contactpersons/9"),
        ("POST", "/contacts/contactpersons/9/primary"), ("DELETE", "/contacts/contactpersons/9"),
    ]  # fmt: skip
    assert [seen.query["page"] for seen in server.seen[:2]] == ["1", "2"]
    assert server.seen[2].json == {"first_name": "B", "contact_id": "1"}
    with pytest.raises(ValueError, match="make_primary"):
        books.update_person("9", {"is_primary_contact": True})


# Exactly once


@pytest.mark.parametrize(("create", "path", "key"), [
    (lambda books, body, unique: books.create_contact(body, unique), "/contacts", "contact"),
    (lambda books, body, unique: books.create_item(body, unique), "/items", "item"),
    (lambda books, body, unique: books.create_document("invoices", body, unique=unique), "/invoices", "invoice"),
])  # fmt: skip
def test_a_keyed_create_is_an_upsert(
    server: Scripted, books: Books, create: Callable[..., Any], path: str, key: str
) -> None:
    server.script(ok(201, **{key: {"id": "1"}}))
    body = {
        "name": "A",
        "custom_fields": [{"api_name": "cf_x", "value": 1}, {"api_name": "cf_bigin_key", "value": "old"}],
    }
    assert create(books, body, ("cf_bigin_key", "k-1")) == {"id": "1"}
    sent = server.seen[0]
    assert (sent.method, sent.path) == ("PUT", path)
    assert sent.headers["X-Unique-Identifier-Key"] == "cf_bigin_key"
    assert sent.headers["X-Unique-Identifier-Value"] == "k-1"
    assert sent.headers["X-Upsert"] == "true"
    assert sent.json == {
        "name": "A", "custom_fields": [{"api_name": "cf_x", "value": 1}, {"api_name": "cf_bigin_key", "value": "k-1"}],
    }  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), [
    ([], Lookup(None, True)),
    ([{"cf_k": "v"}], Lookup({"cf_k": "v"}, True)),
    ([{"cf_k": "other"}, {"cf_k": "v"}], Lookup({"cf_k": "v"}, True)),
    ([{"cf_k": "other"}], Lookup(None, False)),
    ([{"name": "unfiltered"}], Lookup(None, False)),
])  # fmt: skip
def test_absence_is_believed_only_when_the_filter_was_honoured(
    server: Scripted, books: Books, rows: list[dict[str, Any]], expected: Lookup
) -> None:
    server.script(listing("invoices", *rows))
    assert books.document_by_key("invoices", ("cf_k", "v")) == expected
    assert server.seen[0].query["cf_k"] == "v"


@pytest.mark.parametrize("row", [
    {"custom_fields": [{"api_name": "cf_k", "value": "v"}]},
    {"custom_fields": [{"placeholder": "cf_k", "value": "v"}]},
    {"custom_fields": [], "custom_field_hash": {"cf_k": "v"}},
    {"cf_k": "v"},
])  # fmt: skip
def test_a_custom_field_is_read_in_all_its_shapes(row: dict[str, Any]) -> None:
    assert (custom_field(row, "cf_k"), custom_field(row, "cf_other")) == ("v", None)


@pytest.mark.parametrize("body", [{}, {"contact": {}}, {"contact": []}])
def test_a_create_that_does_not_say_what_it_made_is_unknown(
    server: Scripted, books: Books, body: dict[str, Any]
) -> None:
    server.script(ok(201, **body))
    with pytest.raises(UnknownOutcome):
        books.create_contact({"contact_name": "A"})


# Organisation


def test_what_an_organisation_offers(server: Scripted, books: Books) -> None:
    server.script(
        ok(organizations=[{"organization_id": "700"}]), ok(organization={"organization_id": "700"}),
        ok(users=[{"user_id": "1"}]), ok(user={"user_id": "1"}), ok(currencies=[{"currency_id": "2"}]),
        listing("taxes", {"tax_id": "3"}), ok(templates=[{"template_id": "4"}]),
    )  # fmt: skip
    assert books.organizations() == [{"organization_id": "700"}]
    assert books.organization("700") == {"organization_id": "700"}
    assert books.users("Status.Active") == [{"user_id": "1"}]
    assert books.current_user() == {"user_id": "1"}
    assert (books.currencies(), books.taxes()) == ([{"currency_id": "2"}], [{"tax_id": "3"}])
    assert books.templates("invoices") == [{"template_id": "4"}]
    assert [path for _, path in calls(server)] == [
        "/organizations", "/organizations/700", "/users", "/users/me", "/settings/currencies", "/settings/taxes",
        "/invoices/templates",
    ]  # fmt: skip
    assert server.seen[2].query["filter_by"] == "Status.Active"


def test_organisations_need_no_organisation(server: Scripted, make_client: MakeClient) -> None:
    server.script(ok(organizations=[]))
    assert Books(make_client(organization_id=None)).organizations() == []
    assert server.seen[0].query == {}
