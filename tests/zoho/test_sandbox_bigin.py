"""Every method of `Bigin` against the sandbox over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.zoho import sandboxed
from zoho.bigin import Bigin, criterion
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome
from zoho.times import parse_time


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox("travel-agency", lift_limits=True, environment=sandboxed.PLAIN) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset("travel-agency")
    return running


@pytest.fixture
def bigin(sandbox: Sandbox) -> Iterator[Bigin]:
    found = sandboxed.bigin(sandbox)
    yield found
    found.client.close()


def one(bigin: Bigin, module: str, field: str) -> str:
    row = bigin.page(module, [field], per_page=1).rows[0]
    return str(row["id"])


def test_lists_page_by_number_and_by_token(bigin: Bigin) -> None:
    total = bigin.count("Contacts")
    first = bigin.page("Contacts", ["Last_Name", "Account_Name"], per_page=100, sort_by="id", sort_order="asc")
    assert (len(first.rows), first.more) == (100, True)
    assert first.next_token is not None
    second = bigin.page(
        "Contacts", ["Last_Name", "Account_Name"], page_token=first.next_token, per_page=100, sort_by="id",
        sort_order="asc",
    )  # fmt: skip
    ids = [row["id"] for row in first.rows + second.rows]
    assert (len(ids), len(set(ids)), second.more) == (total, total, False)
    assert ids == sorted(ids, key=int)
    assert first.server_date is not None


def test_newest_first(bigin: Bigin) -> None:
    rows = bigin.page("Accounts", ["Modified_Time"], page=1, sort_by="Modified_Time", sort_order="desc").rows
    times = [parse_time(row["Modified_Time"]) for row in rows]
    assert times == sorted(times, reverse=True)


def test_records_live_and_die(bigin: Bigin) -> None:
    company, broken = bigin.insert("Accounts", [{"Account_Name": "Northwind Tours"}, {"Phone": "1"}])
    assert (company.ok, broken.ok, broken.code, broken.field) == (True, False, "MANDATORY_NOT_FOUND", "Account_Name")
    assert isinstance(broken.error(), Rejected)
    assert company.modified_time is not None
    person = bigin.insert(
        "Contacts", [{"Last_Name": "Roe", "Email": "roe@northwind.example", "Account_Name": {"id": company.id}}]
    )[0]
    row = bigin.get("Contacts", person.id, ["Last_Name", "Email", "Account_Name", "Phone"])
    assert row == {
        "id": person.id, "Last_Name": "Roe", "Email": "roe@northwind.example", "Phone": None,
        "Account_Name": {"id": company.id, "name": "Northwind Tours"},
    }  # fmt: skip
    assert [row["id"] for row in bigin.related("Accounts", company.id, "Contacts", ["Last_Name"]).rows] == [person.id]
    changed = bigin.update("Contacts", [{"id": person.id, "Email": None}, {"id": "1", "Email": None}])
    assert [(outcome.ok, outcome.id) for outcome in changed] == [(True, person.id), (False, "1")]
    assert (bigin.get("Contacts", person.id) or {})["Email"] is None
    assert [outcome.ok for outcome in bigin.delete("Accounts", [company.id])] == [True]
    assert (bigin.get("Accounts", company.id), bigin.get("Contacts", person.id)) == (None, None)
    assert company.id in [row["id"] for row in bigin.deleted("Accounts").rows]
    assert person.id in [row["id"] for row in bigin.deleted("Contacts", "recycle").rows]


def test_a_second_delete_is_refused(bigin: Bigin) -> None:
    made = bigin.insert("Products", [{"Product_Name": "Sleeper car"}])[0]
    assert bigin.delete("Products", [made.id])[0].ok
    again = bigin.delete("Products", [made.id])[0]
    assert (again.ok, again.id) == (False, made.id)


def test_money_is_exact(bigin: Bigin) -> None:
    made = bigin.insert("Products", [{"Product_Name": "Night ferry", "Unit_Price": Decimal("123456789.99")}])[0]
    assert (bigin.get("Products", made.id, ["Unit_Price"]) or {})["Unit_Price"] == Decimal("123456789.99")


def test_equal_emails_are_refused_with_the_field(bigin: Bigin) -> None:
    rows = [{"Last_Name": "A", "Email": "same@example.com"}, {"Last_Name": "B", "Email": "SAME@example.com"}]
    first, second = bigin.insert("Contacts", rows)
    assert (first.ok, second.ok, second.code, second.field) == (True, False, "DUPLICATE_DATA", "Email")


@pytest.mark.parametrize("position", ["202", "207_400"])
def test_outcomes_count_whatever_the_status(bigin: Bigin, sandbox: Sandbox, position: str) -> None:
    sandbox.switch(bigin_record_error_status=position)
    mixed = bigin.insert("Contacts", [{"First_Name": "A"}, {"Last_Name": "B"}])
    assert [outcome.ok for outcome in mixed] == [False, True]
    assert [outcome.ok for outcome in bigin.insert("Contacts", [{"First_Name": "A"}])] == [False]


def test_metadata(bigin: Bigin) -> None:
    assert {"Contacts", "Accounts", "Pipelines", "Products"} <= {row["api_name"] for row in bigin.modules()}
    assert next(row for row in bigin.fields("Contacts") if row["api_name"] == "Last_Name")["system_mandatory"] is True
    views = {row["name"]: row for row in bigin.custom_views("Accounts")}
    own = bigin.custom_view("Accounts", views["Companies in Portugal"]["id"])
    assert own is not None
    assert own["criteria"]["value"] == "Portugal"
    in_view = bigin.page("Accounts", ["Billing_Country"], page=1, cvid=own["id"]).rows
    assert {row["Billing_Country"] for row in in_view} == {"Portugal"}


def test_people_and_organisation(bigin: Bigin, sandbox: Sandbox) -> None:
    assert bigin.current_user()["profile"]["name"] == "Administrator"
    assert len(bigin.users()) == 4
    assert bigin.org()["id"] == sandbox.users[0]["bigin_org"]


def test_search(bigin: Bigin, sandbox: Sandbox) -> None:
    bigin.insert("Accounts", [{"Account_Name": "Alpine (West), Ltd"}])
    sandbox.advance(60)
    rows = bigin.search("Accounts", criterion("Account_Name", "equals", "Alpine (West), Ltd")).rows
    assert [row["Account_Name"] for row in rows] == ["Alpine (West), Ltd"]
    assert bigin.search("Contacts", email="nobody@nowhere.example").rows == []


def test_notes(bigin: Bigin) -> None:
    deal = one(bigin, "Pipelines", "Deal_Name")
    assert bigin.add_note("Pipelines", deal, "Invoice", "INV-1 sent").ok
    notes = bigin.notes("Pipelines", deal).rows
    assert ("Invoice", "INV-1 sent") in [(note["Note_Title"], note["Note_Content"]) for note in notes]


def test_channels(bigin: Bigin) -> None:
    expiry = datetime.now(UTC) + timedelta(hours=20)
    url = "http://127.0.0.1:1/hook"
    assert bigin.watch("9001", ["Contacts.all"], url, "secret", expiry).ok
    assert [str(channel["channel_id"]) for channel in bigin.channels()] == ["9001"]
    assert bigin.watch("9001", ["Contacts.all", "Accounts.all"], url, "secret", expiry).ok
    assert [outcome.ok for outcome in bigin.unwatch(["9001"])] == [True]
    gone = bigin.unwatch(["9001"])[0]
    assert (gone.ok, gone.code) == (False, "NOT_SUBSCRIBED")
    assert bigin.channels() == []


def test_a_member_without_the_right_is_refused(sandbox: Sandbox) -> None:
    token = sandbox.token(sandbox.users[2]["email"], ["ZohoBigin.modules.READ"])["access_token"]
    with sandboxed.client(sandbox, "bigin", token) as client:
        with pytest.raises(Unauthorised) as caught:
            Bigin(client).insert("Contacts", [{"Last_Name": "X"}])
        assert caught.value.code == "OAUTH_SCOPE_MISMATCH"


def test_an_unknown_module_and_parent_are_refused(bigin: Bigin) -> None:
    with pytest.raises(Rejected) as caught:
        bigin.page("Nonsense", ["id"])
    assert caught.value.code == "INVALID_MODULE"
    with pytest.raises(Rejected):
        bigin.related("Accounts", "999", "Contacts", ["Last_Name"])


def test_a_dropped_answer_is_unknown_for_writes_and_tried_again_for_reads(bigin: Bigin, sandbox: Sandbox) -> None:
    before = bigin.count("Contacts")
    sandbox.fault("drop_after", product="bigin", method="POST")
    with pytest.raises(UnknownOutcome):
        bigin.insert("Contacts", [{"Last_Name": "Lost answer"}])
    assert bigin.count("Contacts") == before + 1
    sandbox.fault("drop_before", product="bigin", method="GET")
    assert bigin.count("Contacts") == before + 1


@pytest.mark.parametrize("kind", ["error_before", "error_after", "html", "drop_before", "drop_after"])
def test_every_fault_has_its_class(bigin: Bigin, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(kind, product="bigin", times=3)
    with pytest.raises(RetryLater):
        bigin.count("Contacts")
    with pytest.raises(UnknownOutcome):
        bigin.insert("Contacts", [{"Last_Name": "X"}])
    assert bigin.count("Contacts") > 0


@pytest.mark.parametrize(("kind", "body", "scope"), [
    ("concurrency", "json", "concurrent"), ("rate_limited", "empty", "concurrent"), ("quota", "json", "daily"),
])  # fmt: skip
def test_every_throttle_has_its_scope(bigin: Bigin, sandbox: Sandbox, kind: str, body: str, scope: str) -> None:
    sandbox.switch(bigin_throttle_body=body)
    sandbox.fault(kind, product="bigin")
    with pytest.raises(RateLimited) as caught:
        bigin.insert("Contacts", [{"Last_Name": "X"}])
    assert caught.value.scope == scope
    assert bigin.insert("Contacts", [{"Last_Name": "X"}])[0].ok


@pytest.mark.parametrize("kind", ["expired_token", "revoked_token"])
def test_a_token_that_ends_is_unauthorised(bigin: Bigin, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(kind, product="bigin", times=2)
    with pytest.raises(Unauthorised) as caught:
        bigin.count("Contacts")
    assert caught.value.code == "INVALID_TOKEN"
