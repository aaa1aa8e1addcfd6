"""Deleting, cascading, restoring, merging and the deleted list (bigin-api.md 5.6, 5.7; rules 5)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import DoorError, Sandbox
from tests.sandbox.api import Bigin, error, item_codes

DAY = 86_400


def deleted(bigin: Bigin, module: str, **params: Any) -> dict[str, str]:
    """id -> type."""
    return {row["id"]: row["type"] for row in bigin.rows(f"/{module}/deleted", **params)}


def test_delete_answers_200_per_record(bigin: Bigin) -> None:
    """5.6 LIVE."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    answer = bigin.delete("/Contacts", ids=contact)
    item = {"code": "SUCCESS", "details": {"id": contact}, "message": "record deleted", "status": "success"}
    assert (answer.status_code, answer.json()) == (200, {"data": [item]})


def test_repeated_delete_is_400(bigin: Bigin) -> None:
    """5.6 LIVE-NOTE: repeat or unknown id."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    bigin.delete(f"/Contacts/{contact}")
    assert bigin.delete(f"/Contacts/{contact}").status_code == 400
    assert bigin.delete("/Contacts/abc").status_code == 400


def test_mixed_delete_tells_each_record(bigin: Bigin) -> None:
    """5.6: per-record results."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    answer = bigin.delete("/Contacts", ids=f"{contact},1")
    assert item_codes(answer) == ["SUCCESS", "INVALID_DATA"]
    assert answer.status_code == 202


def test_at_most_a_hundred_ids(bigin: Bigin) -> None:
    """5.6: max 100; ids missing is a missing parameter."""
    assert error(bigin.delete("/Contacts", ids=",".join(str(n) for n in range(101)))) == (400, "INVALID_DATA")
    assert error(bigin.delete("/Contacts")) == (400, "REQUIRED_PARAM_MISSING")


@pytest.mark.parametrize(("flag", "runs"), [("true", 1), ("false", 0)])
def test_wf_trigger_decides_about_workflows(bigin: Bigin, flag: str, runs: int) -> None:
    """5.6."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    bigin.delete(f"/Contacts/{contact}", wf_trigger=flag)
    assert len(bigin.sandbox.control("GET", "bigin/workflows")["runs"]) == runs


def test_company_takes_its_contacts_and_notes_along(bigin: Bigin) -> None:
    """5.6 LIVE-NOTE delete-account-safe: cascade to linked contacts and notes, not to deals."""
    company = bigin.add("Accounts", Account_Name="Acme")
    inside = bigin.add("Contacts", Last_Name="In", Account_Name={"id": company})
    outside = bigin.add("Contacts", Last_Name="Out")
    deal = bigin.add(
        "Pipelines",
        Deal_Name="D",
        Sub_Pipeline="Sales Pipeline Standard",
        Stage="Enquiry",
        Account_Name={"id": company},
    )
    bigin.post(f"/Accounts/{company}/Notes", {"data": [{"Note_Content": "hello"}]})
    bigin.delete(f"/Accounts/{company}")
    assert [row["id"] for row in bigin.rows("/Contacts", fields="id")] == [outside]
    assert deleted(bigin, "Contacts") == {inside: "recycle"}
    assert bigin.rows("/Notes", fields="id") == []
    assert bigin.record("Pipelines", deal)["Account_Name"] is None


def test_deleted_list_has_the_documented_keys(bigin: Bigin) -> None:
    """5.7 DOC."""
    company = bigin.add("Accounts", Account_Name="Acme")
    bigin.delete(f"/Accounts/{company}")
    body = bigin.get("/Accounts/deleted").json()
    row = body["data"][0]
    assert set(row) == {"id", "display_name", "type", "deleted_time", "deleted_by", "created_by"}
    assert (row["display_name"], row["type"]) == ("Acme", "recycle")
    assert row["deleted_time"] == "2026-10-09T13:00:00+01:00"
    assert body["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}
    assert bigin.get("/Products/deleted").status_code == 204


def test_deleted_records_age_from_recycle_to_permanent_to_nothing(bigin: Bigin) -> None:
    """5.7: in the bin for 60 days, permanent up to 120 days."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    bigin.delete(f"/Contacts/{contact}")
    sandbox = bigin.sandbox
    sandbox.advance(60 * DAY + 1)
    assert deleted(Bigin(sandbox), "Contacts") == {contact: "permanent"}
    assert deleted(Bigin(sandbox), "Contacts", type="recycle") == {}
    with pytest.raises(DoorError):
        sandbox.control("POST", "bigin/restore", {"module": "Contacts", "id": contact})
    sandbox.advance(60 * DAY)
    assert deleted(Bigin(sandbox), "Contacts") == {}


def test_deleted_list_filters_by_type_and_pages(bigin: Bigin) -> None:
    """5.7: type all, recycle, permanent."""
    ids = bigin.add_all("Contacts", [{"Last_Name": str(n)} for n in range(3)])
    bigin.delete("/Contacts", ids=",".join(ids))
    bigin.sandbox.control("POST", "bigin/purge", {"module": "Contacts", "id": ids[0]})
    assert deleted(bigin, "Contacts", type="permanent") == {ids[0]: "permanent"}
    assert set(deleted(bigin, "Contacts", type="recycle")) == set(ids[1:])
    pages = [bigin.get("/Contacts/deleted", per_page=2, page=page).json() for page in (1, 2)]
    assert [page["info"]["more_records"] for page in pages] == [True, False]
    assert {row["id"] for page in pages for row in page["data"]} == set(ids)
    assert error(bigin.get("/Contacts/deleted", type="old")) == (400, "INVALID_DATA")


@pytest.mark.parametrize(("position", "seen"), [("honoured", 1), ("ignored", 2)])
def test_switch_bigin_deleted_if_modified_since(bigin: Bigin, position: str, seen: int) -> None:
    """5.7: CRM supports the header here."""
    bigin.sandbox.switch(bigin_deleted_if_modified_since=position)
    ids = bigin.add_all("Contacts", [{"Last_Name": "A"}, {"Last_Name": "B"}])
    bigin.delete(f"/Contacts/{ids[0]}")
    bigin.sandbox.advance(600)
    bigin.delete(f"/Contacts/{ids[1]}")
    answer = bigin.get("/Contacts/deleted", {"If-Modified-Since": "2026-10-09T13:05:00+01:00"})
    assert len(answer.json()["data"]) == seen


@pytest.mark.parametrize(("position", "status"), [("open", 204), ("refused", 401)])
def test_switch_bigin_deleted_list(bigin: Bigin, position: str, status: int) -> None:
    """5.7: not reachable for every grant."""
    bigin.sandbox.switch(bigin_deleted_list=position)
    assert bigin.get("/Contacts/deleted").status_code == status


def test_restore_brings_back_the_same_id(bigin: Bigin) -> None:
    """Rules 5.1: restored in Bigin, same id."""
    contact = bigin.add("Contacts", Last_Name="Doe", Email="jo@doe.example")
    bigin.delete(f"/Contacts/{contact}")
    bigin.sandbox.advance(60)
    bigin.sandbox.control("POST", "bigin/restore", {"module": "Contacts", "id": contact})
    row = bigin.record("Contacts", contact)
    assert (row["Email"], row["Modified_Time"]) == ("jo@doe.example", "2026-10-09T13:01:00+01:00")
    assert deleted(bigin, "Contacts") == {}


@pytest.mark.parametrize(("position", "count"), [("on", 1), ("off", 0)])
def test_switch_bigin_restore_cascade(bigin: Bigin, position: str, count: int) -> None:
    """Not documented: whether a restored company brings its contacts back."""
    bigin.sandbox.switch(bigin_restore_cascade=position)
    company = bigin.add("Accounts", Account_Name="Acme")
    contact = bigin.add("Contacts", Last_Name="In", Account_Name={"id": company})
    bigin.delete(f"/Accounts/{company}")
    bigin.sandbox.control("POST", "bigin/restore", {"module": "Accounts", "id": company})
    assert len(bigin.rows("/Contacts", fields="id")) == count
    if count:
        assert bigin.record("Contacts", contact)["Account_Name"] == {"name": "Acme", "id": company}


def test_restore_is_refused_when_the_unique_value_is_taken(bigin: Bigin) -> None:
    """A restored record obeys uniqueness like any other."""
    first = bigin.add("Contacts", Last_Name="Doe", Email="jo@doe.example")
    bigin.delete(f"/Contacts/{first}")
    bigin.add("Contacts", Last_Name="Roe", Email="jo@doe.example")
    with pytest.raises(DoorError, match="DUPLICATE_DATA"):
        bigin.sandbox.control("POST", "bigin/restore", {"module": "Contacts", "id": first})
    assert deleted(bigin, "Contacts") == {first: "recycle"}


def merged(bigin: Bigin) -> tuple[str, str, str]:
    """Survivor, loser, and a contact of the loser."""
    survivor = bigin.add("Accounts", Account_Name="Acme", Phone="1")
    loser = bigin.add("Accounts", Account_Name="Acme Ltd", Phone="2", Website="https://acme.example")
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": loser})
    bigin.sandbox.advance(600)
    bigin.sandbox.control("POST", "bigin/merge", {"module": "Accounts", "survivor": survivor, "loser": loser})
    return survivor, loser, contact


def test_merge_moves_children_and_fills_empty_fields(bigin: Bigin) -> None:
    """Issue: the loser gone for good, its children moved."""
    survivor, loser, contact = merged(bigin)
    assert bigin.get(f"/Accounts/{loser}").status_code == 204
    row = bigin.record("Accounts", survivor)
    assert (row["Phone"], row["Website"]) == ("1", "https://acme.example")
    assert bigin.record("Contacts", contact)["Account_Name"] == {"name": "Acme", "id": survivor}
    assert bigin.rows(f"/Accounts/{survivor}/Contacts", fields="id") == [{"id": contact}]


@pytest.mark.parametrize("position", ["permanent", "absent"])
def test_switch_bigin_merge_loser(bigin: Bigin, position: str) -> None:
    """Rules 5.3: a merge is first seen as permanent in the deleted list; it cannot be restored."""
    bigin.sandbox.switch(bigin_merge_loser=position)
    _, loser, _ = merged(bigin)
    assert deleted(bigin, "Accounts") == ({loser: "permanent"} if position == "permanent" else {})
    with pytest.raises(DoorError):
        bigin.sandbox.control("POST", "bigin/restore", {"module": "Accounts", "id": loser})


@pytest.mark.parametrize(("position", "minutes"), [("on", "10"), ("off", "00")])
def test_switch_bigin_merge_touches_children(bigin: Bigin, position: str, minutes: str) -> None:
    """Not documented."""
    bigin.sandbox.switch(bigin_merge_touches_children=position)
    _, _, contact = merged(bigin)
    assert bigin.record("Contacts", contact)["Modified_Time"] == f"2026-10-09T13:{minutes}:00+01:00"


def test_merging_a_record_with_itself_is_refused(sandbox: Sandbox) -> None:
    """Second click."""
    bigin = Bigin(sandbox)
    company = bigin.add("Accounts", Account_Name="Acme")
    with pytest.raises(DoorError, match="itself"):
        sandbox.control("POST", "bigin/merge", {"module": "Accounts", "survivor": company, "loser": company})
    assert bigin.get(f"/Accounts/{company}").status_code == 200


@pytest.mark.parametrize(("position", "minutes"), [("on", "10"), ("off", "00")])
def test_switch_bigin_children_touch_company(bigin: Bigin, position: str, minutes: str) -> None:
    """10.12: a company's Modified_Time once moved when contacts were linked around it, cause inferred."""
    bigin.sandbox.switch(bigin_children_touch_company=position)
    company = bigin.add("Accounts", Account_Name="Acme")
    bigin.sandbox.advance(600)
    bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": company})
    assert bigin.record("Accounts", company)["Modified_Time"] == f"2026-10-09T13:{minutes}:00+01:00"
