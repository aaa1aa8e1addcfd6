"""Record lists: fields, pages, tokens, sorting, views (bigin-api.md 5.1, 5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.sandbox.api import AMARA, Bigin, error

INFO_KEYS = {
    "per_page", "count", "page", "sort_by", "sort_order", "more_records", "next_page_token", "previous_page_token",
    "page_token_expiry",
}  # fmt: skip


def add_contacts(bigin: Bigin, number: int) -> list[str]:
    return bigin.add_all("Contacts", [{"Last_Name": f"Person {n:05d}"} for n in range(number)])


def walk(bigin: Bigin, path: str, **params: Any) -> list[str]:
    """Ids of all pages, by token."""
    ids: list[str] = []
    token: str | None = None
    while True:
        more = {"page_token": token} if token else {}
        body = bigin.call("GET", path, params={**params, **more}).json()
        ids += [row["id"] for row in body["data"]]
        token = body["info"]["next_page_token"]
        if token is None:
            return ids


def test_fields_is_required(bigin: Bigin) -> None:
    """5.1 DOC get-records: missing fields is 400 REQUIRED_PARAM_MISSING naming it."""
    answer = bigin.get("/Contacts")
    assert error(answer) == (400, "REQUIRED_PARAM_MISSING")
    assert answer.json()["details"] == {"param_name": "fields"}


def test_unknown_fields_are_dropped_and_id_always_comes(bigin: Bigin) -> None:
    """2 LIVE get-contact: asked for Department and $followed, absent from the answer without an error."""
    bigin.add("Contacts", Last_Name="Doe")
    row = bigin.rows("/Contacts", fields="Last_Name,Department,$followed,NoSuchField")[0]
    assert set(row) == {"id", "Last_Name"}


def test_more_than_fifty_fields_are_refused(bigin: Bigin) -> None:
    """5.1: at most 50."""
    names = ",".join(f"Field{n}" for n in range(51))
    assert error(bigin.get("/Contacts", fields=names)) == (400, "LIMIT_EXCEEDED")


def test_empty_list_is_204_with_json_type(bigin: Bigin) -> None:
    """2 LIVE products: empty body, content type still JSON."""
    answer = bigin.get("/Products", fields="id")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


def test_list_info_has_the_live_keys(bigin: Bigin) -> None:
    """5.1: tokens are null on the last page; id desc is the default order and is echoed."""
    ids = add_contacts(bigin, 3)
    body = bigin.get("/Contacts", fields="id").json()
    assert set(body["info"]) == INFO_KEYS
    assert [row["id"] for row in body["data"]] == ids[::-1]
    assert body["info"] == {
        "per_page": 200, "count": 3, "page": 1, "sort_by": "id", "sort_order": "desc", "more_records": False,
        "next_page_token": None, "previous_page_token": None, "page_token_expiry": None,
    }  # fmt: skip


def test_values_have_the_live_shapes(bigin: Bigin) -> None:
    """2 LIVE: string ids, null for empty, [] for Tag, lookups and owners as objects, times in the user's offset."""
    company = bigin.add("Accounts", Account_Name="Acme")
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": company})
    fields = "Last_Name,Email,Account_Name,Owner,Tag,Modified_Time,Full_Name,Email_Opt_Out"
    row = bigin.rows("/Contacts", fields=fields)[0]
    owner = row.pop("Owner")
    assert set(owner) == {"name", "id", "email"}
    assert row == {
        "id": contact,
        "Last_Name": "Doe",
        "Full_Name": "Doe",
        "Email": None,
        "Email_Opt_Out": False,
        "Account_Name": {"name": "Acme", "id": company},
        "Tag": [],
        "Modified_Time": row["Modified_Time"],
    }
    assert row["Modified_Time"].endswith("+01:00")  # Lisbon in October
    assert len(row["Modified_Time"]) == len("2026-10-09T13:00:00+01:00")
    assert len(contact) == 19


@pytest.mark.parametrize(
    "params",
    [
        {"per_page": "201"},
        {"per_page": "0"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"sort_by": "Last_Name"},
        {"sort_order": "up"},
        {"cvid": "123"},
        {"approved": "maybe"},
        {"page_token": "forged.token"},
    ],
)
def test_bad_list_parameters_are_refused(bigin: Bigin, params: dict[str, str]) -> None:
    """5.1: 200 a page; sort fields are id, Created_Time, Modified_Time."""
    bigin.add("Contacts", Last_Name="Doe")
    assert error(bigin.call("GET", "/Contacts", params={"fields": "id", **params})) == (400, "INVALID_DATA")


def test_sort_by_modified_time_follows_edits(bigin: Bigin) -> None:
    """5.1: documented sort field."""
    ids = add_contacts(bigin, 3)
    bigin.sandbox.advance(60)
    bigin.put(f"/Contacts/{ids[1]}", {"data": [{"Title": "Buyer"}]})
    newest = bigin.rows("/Contacts", fields="id", sort_by="Modified_Time")
    oldest = bigin.rows("/Contacts", fields="id", sort_by="Modified_Time", sort_order="asc")
    assert [row["id"] for row in newest] == [ids[1], ids[2], ids[0]]
    assert oldest == newest[::-1]


def test_two_thousand_wall_without_a_token(bigin: Bigin) -> None:
    """5.1 CODE: page numbers reach the first 2,000 rows only."""
    add_contacts(bigin, 2001)
    assert len(bigin.rows("/Contacts", fields="id", page=10)) == 200
    answer = bigin.get("/Contacts", fields="id", page=11)
    assert error(answer) == (400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
    assert answer.json()["details"] == {"limit": 2000}


def test_page_tokens_reach_beyond_two_thousand(bigin: Bigin) -> None:
    """5.1: page by token from page 1."""
    ids = add_contacts(bigin, 2150)
    assert walk(bigin, "/Contacts", fields="id", sort_by="id", sort_order="asc") == ids
    assert walk(bigin, "/Contacts", fields="id", sort_by="Modified_Time") == ids[::-1]


def test_page_token_and_page_are_ambiguous(bigin: Bigin) -> None:
    """5.1: AMBIGUITY_DURING_PROCESSING names both."""
    add_contacts(bigin, 3)
    token = bigin.get("/Contacts", fields="id", per_page=1).json()["info"]["next_page_token"]
    answer = bigin.get("/Contacts", fields="id", page=2, page_token=token)
    assert error(answer) == (400, "AMBIGUITY_DURING_PROCESSING")
    assert answer.json()["details"]["ambiguity_due_to"] == [{"param_name": "page"}, {"param_name": "page_token"}]


def test_page_size_is_baked_into_the_token(bigin: Bigin) -> None:
    """5.1: a token sent with a different per_page ignores it."""
    add_contacts(bigin, 5)
    token = bigin.get("/Contacts", fields="id", per_page=2).json()["info"]["next_page_token"]
    info = bigin.get("/Contacts", fields="id", per_page=200, page_token=token).json()["info"]
    assert (info["per_page"], info["count"], info["page"]) == (2, 2, 2)


def test_page_token_is_bound_to_user_and_order(bigin: Bigin) -> None:
    """5.1 MEM: tokens are user-bound; other parameters changed: TOKEN_BOUND_DATA_MISMATCH."""
    add_contacts(bigin, 3)
    token = bigin.get("/Contacts", fields="id", per_page=1).json()["info"]["next_page_token"]
    other = Bigin(bigin.sandbox, AMARA)
    assert error(other.get("/Contacts", fields="id", page_token=token)) == (400, "TOKEN_BOUND_DATA_MISMATCH")
    answer = bigin.get("/Contacts", fields="id", page_token=token, sort_by="Created_Time")
    assert error(answer) == (400, "TOKEN_BOUND_DATA_MISMATCH")


@pytest.mark.parametrize(("hours", "seconds"), [("24", 86_401), ("1", 3_601)])
def test_switch_bigin_page_token_hours(bigin: Bigin, hours: str, seconds: int) -> None:
    """12.9: page_token life is unknown; an expired one is EXPIRED_VALUE."""
    bigin.sandbox.switch(bigin_page_token_hours=hours)
    add_contacts(bigin, 2)
    info = bigin.get("/Contacts", fields="id", per_page=1).json()["info"]
    assert info["page_token_expiry"] is not None
    bigin.sandbox.advance(seconds)
    fresh = Bigin(bigin.sandbox)
    answer = fresh.get("/Contacts", fields="id", page_token=info["next_page_token"])
    assert error(answer) == (400, "EXPIRED_VALUE")
    assert answer.json()["details"] == {"param_name": "page_token"}


@pytest.mark.parametrize(("position", "seen_twice_or_lost"), [("keyset", 0), ("offset", 1)])
def test_switch_bigin_page_token_position(bigin: Bigin, position: str, seen_twice_or_lost: int) -> None:
    """12.9: whether a deletion between pages shifts them is unknown."""
    bigin.sandbox.switch(bigin_page_token_position=position)
    ids = add_contacts(bigin, 4)
    first = bigin.get("/Contacts", fields="id", per_page=2, sort_order="asc").json()
    bigin.delete(f"/Contacts/{ids[0]}")
    token = first["info"]["next_page_token"]
    second = bigin.rows("/Contacts", fields="id", sort_order="asc", page_token=token)
    missed = set(ids[1:]) - {row["id"] for row in [*first["data"], *second]}
    assert len(missed) == seen_twice_or_lost


@pytest.mark.parametrize(("position", "tokens"), [("honoured", True), ("id_only", False)])
def test_switch_bigin_page_token_sort(bigin: Bigin, position: str, tokens: bool) -> None:
    """Design 3: page tokens in another order than id, if honoured."""
    bigin.sandbox.switch(bigin_page_token_sort=position)
    add_contacts(bigin, 2)
    by_time = bigin.get("/Contacts", fields="id", per_page=1, sort_by="Modified_Time").json()["info"]
    by_id = bigin.get("/Contacts", fields="id", per_page=1).json()["info"]
    assert (by_time["next_page_token"] is not None) is tokens
    assert by_time["more_records"] is True
    assert by_id["next_page_token"] is not None


@pytest.mark.parametrize(("position", "status"), [("honoured", 304), ("ignored", 200)])
def test_switch_bigin_if_modified_since(bigin: Bigin, position: str, status: int) -> None:
    """12.6: documented for CRM, 304 is in Bigin's table."""
    bigin.sandbox.switch(bigin_if_modified_since=position)
    ids = add_contacts(bigin, 2)
    later = {"If-Modified-Since": "2026-10-09T14:00:00+00:00"}
    earlier = {"If-Modified-Since": "2026-10-09T11:00:00+00:00"}
    answer = bigin.get("/Contacts", later, fields="id")
    assert answer.status_code == status
    assert bigin.get("/Contacts", earlier, fields="id").json()["info"]["count"] == 2
    bigin.sandbox.advance(3 * 3600)
    fresh = Bigin(bigin.sandbox)
    fresh.put(f"/Contacts/{ids[0]}", {"data": [{"Title": "Buyer"}]})
    count = fresh.get("/Contacts", later, fields="id").json()["info"]["count"]
    assert count == (1 if position == "honoured" else 2)


def test_views_filter_by_criteria_and_cost_three_credits(agency: Sandbox) -> None:
    """5.1 cvid; 9: three credits."""
    bigin = Bigin(agency)
    views = {one["name"]: one for one in bigin.get("/settings/custom_views", module="Accounts").json()["custom_views"]}
    view = views["Companies in Portugal"]
    before = agency.control("GET", "bigin/credits")["used"]
    rows = bigin.rows("/Accounts", fields="Billing_Country", cvid=view["id"])
    assert agency.control("GET", "bigin/credits")["used"] - before == 3
    everyone = bigin.rows("/Accounts", fields="Billing_Country")
    assert {row["id"] for row in rows} == {row["id"] for row in everyone if row["Billing_Country"] == "Portugal"}
    assert error(bigin.get("/Accounts", fields="id", cvid=view["id"], sort_by="id")) == (
        400,
        "AMBIGUITY_DURING_PROCESSING",
    )


def test_my_view_shows_the_users_own_records(agency: Sandbox) -> None:
    """4: views such as My Contacts depend on who asks."""
    bigin = Bigin(agency, AMARA)
    views = bigin.get("/settings/custom_views", module="Contacts").json()["custom_views"]
    mine = next(one for one in views if one["system_name"] == "MYVIEWS")
    owners = {row["Owner"]["name"] for row in bigin.rows("/Contacts", fields="Owner", cvid=mine["id"])}
    assert owners == {"Amara Delacroix"}


def test_view_with_empty_criteria_value(agency: Sandbox) -> None:
    """CRM's views say ${EMPTY}: contacts with a company."""
    bigin = Bigin(agency)
    views = bigin.get("/settings/custom_views", module="Contacts").json()["custom_views"]
    view = next(one for one in views if one["name"] == "Contacts with a company")
    count = bigin.get("/Contacts/actions/count", cvid=view["id"]).json()["count"]
    with_company = [row for row in bigin.rows("/Contacts", fields="Account_Name") if row["Account_Name"]]
    assert count == len(with_company) == 166


def test_pipeline_id_restricts_to_one_team_pipeline(agency: Sandbox) -> None:
    """5.1 DOC get-team-pipeline-records."""
    bigin = Bigin(agency)
    layouts = bigin.get("/settings/layouts", module="Pipelines").json()["layouts"]
    counts = [len(bigin.rows("/Pipelines", fields="id", pipeline_id=one["id"])) for one in layouts]
    assert counts == [34, 6]


@pytest.mark.parametrize("record_id", ["4876876000000009999", "abc", "1"])
def test_missing_or_malformed_record_is_204(bigin: Bigin, record_id: str) -> None:
    """5.2 LIVE get-contact, LIVE-NOTE: not 404."""
    assert bigin.get(f"/Contacts/{record_id}").status_code == 204


def test_get_one_has_no_info_and_honours_fields(bigin: Bigin) -> None:
    """5.2 LIVE get-contact."""
    contact = bigin.add("Contacts", Last_Name="Doe", First_Name="Jo")
    body = bigin.get(f"/Contacts/{contact}", fields="Last_Name,Nonsense").json()
    assert body == {"data": [{"id": contact, "Last_Name": "Doe"}]}
    assert bigin.record("Contacts", contact)["Full_Name"] == "Jo Doe"


def test_deleted_record_is_204(bigin: Bigin) -> None:
    """5.2 LIVE-NOTE."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    assert bigin.delete(f"/Contacts/{contact}").status_code == 200
    assert bigin.get(f"/Contacts/{contact}").status_code == 204


@pytest.mark.parametrize("name", ["contacts", "Deals", "Social", "Nonsense"])
def test_module_names_are_case_sensitive(bigin: Bigin, name: str) -> None:
    """2 CODE; 3.1: Social is not API-supported; v1's Deals is unknown to v2."""
    assert error(bigin.get(f"/{name}", fields="id")) == (400, "INVALID_MODULE")
