"""Bigin's endpoints against a scripted server: what is sent, and how answers of the recorded shapes are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.zoho.conftest import MakeClient
from tests.zoho.scripted import Reply, Scripted
from zoho.bigin import Bigin, Outcome, criterion
from zoho.errors import Rejected, RetryLater, UnknownOutcome

SINCE = datetime(2026, 10, 9, 19, 0, tzinfo=UTC)
DETAILS = {
    "id": "5001", "Created_Time": "2026-10-09T22:11:33+03:00", "Modified_Time": "2026-10-09T22:11:33+03:00",
    "Created_By": {"name": "Ann", "id": "7"}, "Modified_By": {"name": "Ann", "id": "7"},
}  # fmt: skip
ADDED = {"code": "SUCCESS", "status": "success", "message": "record added", "details": DETAILS}
DUPLICATE = {
    "code": "DUPLICATE_DATA", "status": "error", "message": "duplicate data",
    "details": {"api_name": "Email", "json_path": "$.data[1].Email", "duplicate_record": {"id": "5000"}},
}  # fmt: skip


def listing(more: bool = False, token: str | None = None, **row: Any) -> dict[str, Any]:
    info = {
        "per_page": 200, "count": 1, "page": 1, "sort_by": "id", "sort_order": "desc", "more_records": more,
        "next_page_token": token, "previous_page_token": None, "page_token_expiry": None,
    }  # fmt: skip
    return {"data": [{"id": "5001", **row}], "info": info}


@pytest.fixture
def bigin(make_client: MakeClient) -> Bigin:
    return Bigin(make_client("bigin"))


def test_a_page_by_number(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(200, listing(more=True, token="t-2", Last_Name="Doe")))
    page = bigin.page("Contacts", ["Last_Name", "Email"], page=2, sort_by="Modified_Time", sort_order="desc")
    assert server.seen[0].path == "/Contacts"
    assert server.seen[0].query == {
        "fields": "Last_Name,Email", "page": "2", "per_page": "200", "sort_by": "Modified_Time", "sort_order": "desc",
    }  # fmt: skip
    assert (page.rows, page.more, page.next_token) == ([{"id": "5001", "Last_Name": "Doe"}], True, "t-2")
    assert page.server_date is not None


def test_a_page_by_token_has_no_number(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(200, listing()))
    bigin.page("Accounts", ["Account_Name"], page=3, page_token="t-2", cvid="900")
    assert server.seen[0].query == {"fields": "Account_Name", "page_token": "t-2", "per_page": "200", "cvid": "900"}


def test_nothing_is_an_empty_page(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(204), Reply(304))
    empty = bigin.page("Products", ["Product_Name"])
    unchanged = bigin.page("Products", ["Product_Name"], if_modified_since=SINCE)
    assert (empty.rows, empty.more, empty.not_modified) == ([], False, False)
    assert (unchanged.rows, unchanged.more, unchanged.not_modified) == ([], False, True)
    assert server.seen[1].headers["If-Modified-Since"] == "2026-10-09T19:00:00+00:00"


def test_more_than_fifty_fields_are_refused_before_sending(server: Scripted, bigin: Bigin) -> None:
    with pytest.raises(ValueError, match="at most 50"):
        bigin.page("Contacts", [f"F{number}" for number in range(51)])
    assert server.seen == []


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": [1]}, {"data": None}])
def test_an_answer_of_another_shape_is_retry_later(server: Scripted, bigin: Bigin, body: object) -> None:
    server.script(Reply(200, body))
    with pytest.raises(RetryLater):
        bigin.page("Contacts", ["Last_Name"])


def test_one_record_or_none(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(200, {"data": [{"id": "5001", "Last_Name": "Doe"}]}), Reply(204))
    assert bigin.get("Contacts", "5001", ["Last_Name"]) == {"id": "5001", "Last_Name": "Doe"}
    assert bigin.get("Contacts", "5002") is None
    assert [(seen.path, seen.query) for seen in server.seen] == [
        ("/Contacts/5001", {"fields": "Last_Name"}),
        ("/Contacts/5002", {}),
    ]


@pytest.mark.parametrize("record_id", ["", "../users", "1/2", "1?x=1", "1#", "١", "a" * 65, "1 2", "%2e%2e", "1\n"])
def test_what_is_no_id_is_never_sent(server: Scripted, bigin: Bigin, record_id: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: bigin.get("Contacts", record_id),
        lambda: bigin.delete("Contacts", ["1", record_id]),
        lambda: bigin.related("Accounts", record_id, "Contacts", ["Last_Name"]),
        lambda: bigin.add_note("Contacts", record_id, "t", "c"),
        lambda: bigin.page(record_id, ["Last_Name"]),
    ]
    for call in calls:
        with pytest.raises(Rejected) as caught:
            call()
        assert caught.value.code == "malformed_id"
    assert server.seen == []


def test_rule_1_2_inserts_and_updates_start_no_workflow(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(201, {"data": [ADDED]}), Reply(200, {"data": [{**ADDED, "message": "record updated"}]}))
    bigin.insert("Contacts", [{"Last_Name": "Doe"}])
    bigin.update("Contacts", [{"id": "5001", "Email": None}])
    assert [(seen.method, seen.path, seen.json) for seen in server.seen] == [
        ("POST", "/Contacts", {"data": [{"Last_Name": "Doe"}], "trigger": []}),
        ("PUT", "/Contacts", {"data": [{"id": "5001", "Email": None}], "trigger": []}),
    ]


@pytest.mark.parametrize("status", [201, 202, 207, 400])
def test_each_record_has_its_own_outcome_whatever_the_status(server: Scripted, bigin: Bigin, status: int) -> None:
    server.script(Reply(status, {"data": [ADDED, DUPLICATE]}))
    good, bad = bigin.insert("Contacts", [{"Last_Name": "Doe"}, {"Last_Name": "Roe"}])
    assert good == Outcome(
        True, "5001", "SUCCESS", "record added", DETAILS, datetime(2026, 10, 9, 19, 11, 33, tzinfo=UTC)
    )
    assert (bad.ok, bad.id, bad.code, bad.field) == (False, "", "DUPLICATE_DATA", "Email")
    assert bad.details["duplicate_record"] == {"id": "5000"}
    assert good.error() is None
    error = bad.error()
    assert isinstance(error, Rejected)
    assert (error.field, error.code) == ("Email", "DUPLICATE_DATA")


def test_an_internal_error_of_one_record_is_unknown() -> None:
    assert isinstance(Outcome(False, "", "INTERNAL_ERROR", "x").error(), UnknownOutcome)


def test_an_update_outcome_keeps_the_id_it_was_for(server: Scripted, bigin: Bigin) -> None:
    refused = {"code": "INVALID_DATA", "status": "error", "message": "invalid", "details": {"api_name": "Phone"}}
    server.script(Reply(202, {"data": [refused]}))
    assert bigin.update("Contacts", [{"id": "5009", "Phone": "x"}])[0].id == "5009"


@pytest.mark.parametrize("data", [[ADDED], [ADDED, ADDED, ADDED], []])
def test_too_few_or_many_outcomes_are_unknown(server: Scripted, bigin: Bigin, data: list[object]) -> None:
    server.script(Reply(201, {"data": data}))
    with pytest.raises(UnknownOutcome):
        bigin.insert("Contacts", [{"Last_Name": "Doe"}, {"Last_Name": "Roe"}])


@pytest.mark.parametrize("count", [0, 101])
def test_batches_are_checked_before_sending(server: Scripted, bigin: Bigin, count: int) -> None:
    for call in (bigin.insert, bigin.update):
        with pytest.raises(ValueError, match="1 to 100"):
            call("Contacts", [{"id": str(number + 1)} for number in range(count)])
    with pytest.raises(ValueError, match="1 to 100"):
        bigin.delete("Contacts", [str(number) for number in range(count)])
    assert server.seen == []


def test_an_update_without_an_id_is_refused(bigin: Bigin) -> None:
    with pytest.raises(ValueError, match="id of every record"):
        bigin.update("Contacts", [{"Last_Name": "Doe"}])


def test_rule_1_2_deletes_start_no_workflow(server: Scripted, bigin: Bigin) -> None:
    gone = {"code": "SUCCESS", "details": {"id": "1"}, "message": "record deleted", "status": "success"}
    unknown = {"code": "INVALID_DATA", "details": {}, "message": "the id given seems to be invalid", "status": "error"}
    server.script(Reply(400, {"data": [gone, unknown]}))
    first, second = bigin.delete("Accounts", ["1", "2"])
    assert (server.seen[0].method, server.seen[0].query) == ("DELETE", {"ids": "1,2", "wf_trigger": "false"})
    assert (first.ok, first.id, second.ok, second.id) == (True, "1", False, "2")


def test_the_deleted_list(server: Scripted, bigin: Bigin) -> None:
    row = {"id": "1", "display_name": "Acme", "type": "recycle", "deleted_time": "2026-10-09T22:11:19+03:00"}
    body = {"data": [row], "info": {"per_page": 200, "count": 1, "page": 2, "more_records": True}}
    server.script(Reply(200, body), Reply(304))
    page = bigin.deleted("Accounts", "recycle", 2)
    assert (server.seen[0].path, server.seen[0].query) == (
        "/Accounts/deleted", {"type": "recycle", "page": "2", "per_page": "200"},
    )  # fmt: skip
    assert (page.rows, page.more, page.next_token) == ([row], True, None)
    assert bigin.deleted("Accounts", if_modified_since=SINCE).not_modified


def test_related_records(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(200, listing()), Reply(204))
    assert bigin.related("Accounts", "5", "Contacts", ["Last_Name"]).rows == [{"id": "5001"}]
    assert bigin.notes("Pipelines", "6").rows == []
    assert [seen.path for seen in server.seen] == ["/Accounts/5/Contacts", "/Pipelines/6/Notes"]
    assert server.seen[1].query["fields"].startswith("Note_Title,Note_Content,")


@pytest.mark.parametrize(("asked", "sent"), [
    ({"criteria": "(Email:equals:a@example.com)"}, {"criteria": "(Email:equals:a@example.com)"}),
    ({"word": "acme"}, {"word": "acme"}),
    ({"email": "a@example.com", "fields": ["Email"]}, {"email": "a@example.com", "fields": "Email"}),
    ({"phone": "+1 555", "page": 2}, {"phone": "+1 555", "page": "2"}),
])  # fmt: skip
def test_search(server: Scripted, bigin: Bigin, asked: dict[str, Any], sent: dict[str, str]) -> None:
    server.script(Reply(204))
    page = bigin.search("Contacts", **asked)
    assert (page.rows, page.more) == ([], False)
    assert server.seen[0].query == {"page": "1", "per_page": "200", **sent}


@pytest.mark.parametrize("asked", [{}, {"word": "a", "email": "b"}])
def test_search_by_exactly_one(bigin: Bigin, asked: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        bigin.search("Contacts", **asked)  # type: ignore[arg-type]


def test_a_criterion_is_escaped() -> None:
    assert criterion("Account_Name", "equals", "A (B), C\\D") == "(Account_Name:equals:A \\(B\\)\\, C\\\\D)"


def test_count(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(200, {"count": 15}), Reply(200, {"count": "7"}), Reply(204), Reply(200, {"n": 1}))
    assert [bigin.count("Contacts"), bigin.count("Contacts"), bigin.count("Contacts", cvid="9")] == [15, 7, 0]
    assert [seen.query for seen in server.seen] == [{}, {}, {"cvid": "9"}]
    with pytest.raises(RetryLater):
        bigin.count("Contacts")


@pytest.mark.parametrize(("name", "path", "key"), [
    ("fields", "/settings/fields", "fields"), ("custom_views", "/settings/custom_views", "custom_views"),
    ("layouts", "/settings/layouts", "layouts"),
])  # fmt: skip
def test_metadata(server: Scripted, bigin: Bigin, name: str, path: str, key: str) -> None:
    server.script(Reply(200, {key: [{"id": "1"}]}), Reply(204))
    read = getattr(bigin, name)
    assert read("Contacts") == [{"id": "1"}]
    assert (server.seen[0].path, server.seen[0].query) == (path, {"module": "Contacts"})
    assert read("Contacts") == []


def test_modules_views_users_and_org(server: Scripted, bigin: Bigin) -> None:
    info = {"per_page": 200, "count": 1, "page": 1}
    server.script(
        Reply(200, {"modules": [{"api_name": "Contacts"}]}),
        Reply(200, {"custom_views": [{"id": "9", "criteria": None}]}),
        Reply(200, {"users": [{"id": "1", "profile": {"name": "Administrator"}}]}),
        Reply(200, {"users": [{"id": "1"}], "info": {**info, "more_records": True}}),
        Reply(200, {"users": [{"id": "2"}], "info": {**info, "more_records": False}}),
        Reply(200, {"org": [{"id": "70", "company_name": "Acme"}]}),
    )
    assert bigin.modules() == [{"api_name": "Contacts"}]
    assert bigin.custom_view("Contacts", "9") == {"id": "9", "criteria": None}
    assert bigin.current_user()["profile"]["name"] == "Administrator"
    assert [user["id"] for user in bigin.users("ActiveUsers")] == ["1", "2"]
    assert bigin.org()["company_name"] == "Acme"
    assert [(seen.path, seen.query.get("type"), seen.query.get("page")) for seen in server.seen[2:]] == [
        ("/users", "CurrentUser", None), ("/users", "ActiveUsers", "1"), ("/users", "ActiveUsers", "2"),
        ("/org", None, None),
    ]  # fmt: skip


def test_no_user_is_not_a_user(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(204), Reply(204))
    with pytest.raises(RetryLater):
        bigin.current_user()
    with pytest.raises(RetryLater):
        bigin.org()


def test_a_note(server: Scripted, bigin: Bigin) -> None:
    server.script(Reply(201, {"data": [ADDED]}))
    assert bigin.add_note("Pipelines", "6", "Invoice", "INV-1 <b>").id == "5001"
    assert (server.seen[0].path, server.seen[0].json) == (
        "/Pipelines/6/Notes", {"data": [{"Note_Title": "Invoice", "Note_Content": "INV-1 <b>"}]},
    )  # fmt: skip


def test_channels(server: Scripted, bigin: Bigin) -> None:
    opened = {
        "events": [{"channel_id": "90", "channel_expiry": "2026-10-10T00:00:00+03:00", "resource_name": "Contacts"}]
    }
    done = {"code": "SUCCESS", "status": "success", "message": "Successfully subscribed", "details": opened}
    absent = {"code": "NOT_SUBSCRIBED", "status": "error", "message": "not subscribed", "details": {}}
    server.script(
        Reply(201, {"watch": [done]}),
        Reply(202, {"watch": [absent]}),
        Reply(200, {"watch": [{"channel_id": "90"}], "info": {}}),
    )
    url = "https://app.example/hook"
    assert bigin.watch("90", ["Contacts.all"], url, "secret", SINCE).details == opened
    assert [(gone.ok, gone.id, gone.code) for gone in bigin.unwatch(["90"])] == [(False, "90", "NOT_SUBSCRIBED")]
    assert bigin.channels() == [{"channel_id": "90"}]
    assert [(seen.method, seen.path) for seen in server.seen] == [
        ("POST", "/actions/watch"), ("DELETE", "/actions/watch"), ("GET", "/actions/watch"),
    ]  # fmt: skip
    assert server.seen[0].json == {
        "watch": [{
            "channel_id": "90", "events": ["Contacts.all"], "notify_url": url, "token": "secret",
            "channel_expiry": "2026-10-09T19:00:00+00:00",
        }]
    }  # fmt: skip
