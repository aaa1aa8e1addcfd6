"""Insert, update, upsert (bigin-api.md 5.3 - 5.5, 8)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.sandbox.api import AMARA, Bigin, error, item_codes

DETAIL_KEYS = {"id", "Created_Time", "Modified_Time", "Created_By", "Modified_By"}


def data(*items: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(items), **more}


def test_insert_answers_201_with_the_live_item(bigin: Bigin) -> None:
    """5.3 LIVE create-contact."""
    answer = bigin.post("/Contacts", data({"Last_Name": "Doe"}))
    item = answer.json()["data"][0]
    assert answer.status_code == 201
    assert (item["code"], item["status"], item["message"]) == ("SUCCESS", "success", "record added")
    assert set(item) == {"code", "status", "message", "details"}
    assert set(item["details"]) == DETAIL_KEYS
    assert set(item["details"]["Created_By"]) == {"name", "id"}


def test_results_come_in_the_order_of_the_input(bigin: Bigin) -> None:
    """5.3: result order = input order; one bad record spoils no other."""
    answer = bigin.post("/Contacts", data({"Last_Name": "A"}, {}, {"Last_Name": "C"}))
    assert item_codes(answer) == ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"]
    assert [row["Last_Name"] for row in bigin.rows("/Contacts", fields="Last_Name", sort_order="asc")] == ["A", "C"]


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": "x"}, [], None, 1])
def test_data_must_be_an_array(bigin: Bigin, body: Any) -> None:
    """5.3 DOC: INVALID_DATA with expected_data_type jsonarray."""
    answer = (
        bigin.call("POST", "/Contacts", json=body) if body is not None else bigin.call("POST", "/Contacts", data="null")
    )
    assert error(answer) == (400, "INVALID_DATA")
    assert answer.json()["details"] == {"expected_data_type": "jsonarray", "api_name": "data"}


def test_at_most_a_hundred_records_a_call(bigin: Bigin) -> None:
    """5.3, 9: 100 records a write; nothing is stored of more."""
    answer = bigin.post("/Contacts", data(*[{"Last_Name": str(n)} for n in range(101)]))
    assert error(answer) == (400, "INVALID_DATA")
    assert bigin.rows("/Contacts", fields="id") == []


@pytest.mark.parametrize(
    ("module", "item", "name"),
    [
        ("Contacts", {"First_Name": "Jo"}, "Last_Name"),
        ("Accounts", {"Phone": "1"}, "Account_Name"),
        ("Products", {"Product_Code": "1"}, "Product_Name"),
        ("Pipelines", {"Sub_Pipeline": "Groups", "Stage": "Enquiry"}, "Deal_Name"),
        ("Pipelines", {"Deal_Name": "D", "Stage": "Enquiry"}, "Sub_Pipeline"),
        ("Pipelines", {"Deal_Name": "D", "Sub_Pipeline": "Sales Pipeline Standard"}, "Stage"),
        ("Tasks", {}, "Subject"),
    ],
)
def test_mandatory_fields(bigin: Bigin, module: str, item: dict[str, str], name: str) -> None:
    """3.6 and 8: MANDATORY_NOT_FOUND with api_name and json_path."""
    failed = bigin.post(f"/{module}", data(item)).json()["data"][0]
    assert (failed["code"], failed["status"]) == ("MANDATORY_NOT_FOUND", "error")
    assert failed["details"] == {"api_name": name, "json_path": f"$.data[0].{name}"}


@pytest.mark.parametrize(
    ("module", "name", "value", "details"),
    [
        ("Contacts", "Email", "no at", {"expected_data_type": "email"}),
        ("Contacts", "Last_Name", "x" * 81, {"maximum_length": 80}),
        ("Contacts", "First_Name", "x" * 41, {"maximum_length": 40}),
        ("Contacts", "Last_Name", 7, {"expected_data_type": "string"}),
        ("Contacts", "Email_Opt_Out", "yes", {"expected_data_type": "boolean"}),
        ("Contacts", "Account_Name", {"name": "X"}, {"expected_data_type": "jsonobject"}),
        ("Contacts", "Tag", "x", {"expected_data_type": "jsonarray"}),
        ("Products", "Unit_Price", "12", {"expected_data_type": "double"}),
        ("Pipelines", "Closing_Date", "09.10.2026", {"expected_data_type": "date"}),
        ("Events", "Start_DateTime", "2026-10-09", {"expected_data_type": "datetime"}),
    ],
)
def test_wrong_types_and_lengths(bigin: Bigin, module: str, name: str, value: Any, details: dict[str, Any]) -> None:
    """8: INVALID_DATA says what was expected."""
    failed = bigin.post(f"/{module}", data({name: value})).json()["data"][0]
    assert failed["code"] == "INVALID_DATA"
    assert failed["details"] == {**details, "api_name": name, "json_path": f"$.data[0].{name}"}


@pytest.mark.parametrize("position", ["on", "off"])
def test_switch_bigin_json_path(bigin: Bigin, position: str) -> None:
    """12.1: whether json_path is present is unknown."""
    bigin.sandbox.switch(bigin_json_path=position)
    details = bigin.post("/Contacts", data({})).json()["data"][0]["details"]
    assert ("json_path" in details) is (position == "on")


@pytest.mark.parametrize(("position", "mixed", "all_failed"), [("202", 202, 202), ("207_400", 207, 400)])
def test_switch_bigin_record_error_status(bigin: Bigin, position: str, mixed: int, all_failed: int) -> None:
    """12.1: 202 by Bigin's table, 207 or 400 by CRM v3 and later."""
    bigin.sandbox.switch(bigin_record_error_status=position)
    assert bigin.post("/Contacts", data({"Last_Name": "A"}, {})).status_code == mixed
    assert bigin.post("/Contacts", data({})).status_code == all_failed


@pytest.mark.parametrize("position", ["new", "old"])
def test_switch_bigin_duplicate_details(bigin: Bigin, position: str) -> None:
    """3.2, 3.6: Email is unique whatever its case; 8: two shapes of the details."""
    bigin.sandbox.switch(bigin_duplicate_details=position)
    first = bigin.add("Contacts", Last_Name="A", Email="Jo@Doe.example")
    failed = bigin.post("/Contacts", data({"Last_Name": "B", "Email": "jo@doe.EXAMPLE"})).json()["data"][0]
    assert failed["code"] == "DUPLICATE_DATA"
    found = failed["details"]["duplicate_record"]["id"] if position == "new" else failed["details"]["id"]
    assert found == first
    assert failed["details"]["api_name"] == "Email"


@pytest.mark.parametrize(("position", "code"), [("on", "DUPLICATE_DATA"), ("off", "SUCCESS")])
def test_switch_bigin_unique_company(bigin: Bigin, position: str, code: str) -> None:
    """3.6 import docs: company names are unique by default."""
    bigin.sandbox.switch(bigin_unique_company=position)
    bigin.add("Accounts", Account_Name="Acme")
    assert item_codes(bigin.post("/Accounts", data({"Account_Name": "ACME"}))) == [code]


def test_product_names_are_unique(bigin: Bigin) -> None:
    """3.4 LIVE-NOTE create-product."""
    bigin.add("Products", Product_Name="Tour")
    assert item_codes(bigin.post("/Products", data({"Product_Name": "tour"}))) == ["DUPLICATE_DATA"]


def test_a_unique_value_is_free_again_after_delete_and_change(bigin: Bigin) -> None:
    """3.6: uniqueness is about records that exist."""
    first = bigin.add("Contacts", Last_Name="A", Email="a@x.example")
    second = bigin.add("Contacts", Last_Name="B", Email="b@x.example")
    bigin.delete(f"/Contacts/{first}")
    bigin.put(f"/Contacts/{second}", data({"Email": "a@x.example"}))
    assert item_codes(bigin.post("/Contacts", data({"Last_Name": "C", "Email": "b@x.example"}))) == ["SUCCESS"]
    assert item_codes(bigin.post("/Contacts", data({"Last_Name": "D", "Email": "A@x.example"}))) == ["DUPLICATE_DATA"]


def test_a_plain_string_in_a_lookup_makes_a_company(bigin: Bigin) -> None:
    """5.3 LIVE-NOTE upsert-contact: a string that is no existing id creates a company of that name."""
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name="Fresh Company")
    company = bigin.record("Contacts", contact)["Account_Name"]
    assert company["name"] == "Fresh Company"
    assert [row["id"] for row in bigin.rows("/Accounts", fields="id")] == [company["id"]]
    bigin.add("Contacts", Last_Name="Roe", Account_Name=company["id"])
    assert len(bigin.rows("/Accounts", fields="id")) == 1


def test_a_refused_record_leaves_no_company_behind(bigin: Bigin) -> None:
    """A record is whole or does not happen."""
    bigin.add("Contacts", Last_Name="A", Email="a@x.example")
    bigin.post("/Contacts", data({"Last_Name": "B", "Account_Name": "Never made", "Email": "a@x.example"}))
    assert bigin.rows("/Accounts", fields="id") == []


def test_unknown_lookup_id_is_invalid_data(bigin: Bigin) -> None:
    """8: "the id given seems to be invalid"."""
    failed = bigin.post("/Contacts", data({"Last_Name": "A", "Account_Name": {"id": "1"}})).json()["data"][0]
    assert (failed["code"], failed["message"]) == ("INVALID_DATA", "the id given seems to be invalid")


def test_update_keeps_what_is_omitted_and_null_clears(bigin: Bigin) -> None:
    """5.4."""
    contact = bigin.add("Contacts", Last_Name="Doe", Phone="1", Title="Buyer")
    bigin.sandbox.advance(60)
    answer = bigin.put("/Contacts", data({"id": contact, "Phone": None}))
    item = answer.json()["data"][0]
    assert (answer.status_code, item["message"]) == (200, "record updated")
    assert set(item["details"]) == DETAIL_KEYS
    row = bigin.record("Contacts", contact)
    assert (row["Last_Name"], row["Phone"], row["Title"]) == ("Doe", None, "Buyer")
    assert row["Modified_Time"] == "2026-10-09T13:01:00+01:00"
    assert row["Created_Time"] < row["Modified_Time"]


def test_update_of_an_unknown_id_fails(bigin: Bigin) -> None:
    """5.4."""
    answer = bigin.put("/Contacts", data({"id": "4876876000000099999", "Phone": "1"}, {"Phone": "2"}))
    assert item_codes(answer) == ["INVALID_DATA", "MANDATORY_NOT_FOUND"]


def test_read_only_and_unknown_fields_are_passed_over(bigin: Bigin) -> None:
    """2, 3.2: Created_Time, Full_Name and names nobody knows change nothing."""
    contact = bigin.add("Contacts", Last_Name="Doe", Created_Time="2001-01-01T00:00:00+00:00", Full_Name="X", Nope="1")
    row = bigin.record("Contacts", contact)
    assert row["Full_Name"] == "Doe"
    assert row["Created_Time"].startswith("2026-10-09")
    assert "Nope" not in row


def test_upsert_by_the_system_field(bigin: Bigin) -> None:
    """5.5 LIVE: action and duplicate_field; update 200, insert 201."""
    made = bigin.post("/Contacts/upsert", data({"Last_Name": "Doe", "Email": "jo@doe.example"}))
    again = bigin.post("/Contacts/upsert", data({"Last_Name": "Roe", "Email": "JO@doe.example"}))
    first, second = made.json()["data"][0], again.json()["data"][0]
    assert (made.status_code, first["action"], first["duplicate_field"]) == (201, "insert", None)
    assert (again.status_code, second["action"], second["duplicate_field"]) == (200, "update", "Email")
    assert second["details"]["id"] == first["details"]["id"]
    assert bigin.record("Contacts", first["details"]["id"])["Last_Name"] == "Roe"


def test_upsert_with_an_empty_check_field_always_inserts(bigin: Bigin) -> None:
    """5.5 LIVE-NOTE."""
    for _ in range(2):
        bigin.post("/Contacts/upsert", data({"Last_Name": "Doe"}, duplicate_check_fields=["Email"]))
    assert len(bigin.rows("/Contacts", fields="id")) == 2


def test_upsert_by_a_custom_unique_field_ignores_the_email(bigin: Bigin) -> None:
    """5.5 LIVE-NOTE: only user-defined unique fields listed, Email is ignored for matching."""
    bigin.sandbox.control("POST", "bigin/field", {"module": "Contacts", "api_name": "Badge", "unique": True})
    contact = bigin.add("Contacts", Last_Name="Doe", Badge="B-1", Email="jo@doe.example")
    answer = bigin.post(
        "/Contacts/upsert", data({"Badge": "b-1", "Last_Name": "Roe"}, duplicate_check_fields=["Badge"])
    )
    item = answer.json()["data"][0]
    assert (item["details"]["id"], item["action"], item["duplicate_field"]) == (contact, "update", "Badge")
    other = bigin.post(
        "/Contacts/upsert",
        data({"Badge": "B-2", "Last_Name": "X", "Email": "jo@doe.example"}, duplicate_check_fields=["Badge"]),
    )
    assert item_codes(other) == ["DUPLICATE_DATA"]


@pytest.mark.parametrize(("trigger", "runs"), [(None, 1), ([], 0), (["workflow"], 1), (["approval"], 0)])
def test_trigger_decides_about_workflows(bigin: Bigin, trigger: list[str] | None, runs: int) -> None:
    """5.3: trigger [] suppresses workflows."""
    body = data({"Last_Name": "Doe"}) if trigger is None else data({"Last_Name": "Doe"}, trigger=trigger)
    bigin.post("/Contacts", body)
    assert len(bigin.sandbox.control("GET", "bigin/workflows")["runs"]) == runs


@pytest.mark.parametrize(
    ("position", "stored"), [("as_sent", "  De  Vries "), ("trim", "De  Vries"), ("collapse", "De Vries")]
)
def test_switch_bigin_text(bigin: Bigin, position: str, stored: str) -> None:
    """Design 2: Bigin normalises what it stores; how is unknown."""
    bigin.sandbox.switch(bigin_text=position)
    contact = bigin.add("Contacts", Last_Name="  De  Vries ")
    assert bigin.record("Contacts", contact)["Last_Name"] == stored


@pytest.mark.parametrize(("position", "stored"), [("as_sent", "+41 (27) 111-22.3"), ("bare", "+4127111223")])
def test_switch_bigin_phone(bigin: Bigin, position: str, stored: str) -> None:
    """Design 2: Bigin normalises what it stores; how is unknown."""
    bigin.sandbox.switch(bigin_phone=position)
    company = bigin.add("Accounts", Account_Name="A", Phone="+41 (27) 111-22.3")
    assert bigin.record("Accounts", company)["Phone"] == stored


@pytest.mark.parametrize(("position", "code"), [("accepted", "SUCCESS"), ("refused", "INVALID_DATA")])
def test_switch_bigin_unknown_choice(bigin: Bigin, position: str, code: str) -> None:
    """Rules 4.5: what a write does with a value that the picklist lacks."""
    bigin.sandbox.switch(bigin_unknown_choice=position)
    answer = bigin.post("/Accounts", data({"Account_Name": "A", "Travel_Style": "By balloon"}))
    assert item_codes(answer) == [code]


def deal(**values: Any) -> dict[str, Any]:
    return {"Deal_Name": "D", "Sub_Pipeline": "Sales Pipeline Standard", "Stage": "Enquiry", **values}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (deal(Sub_Pipeline="Groups"), "Layout doesn't contain the Pipeline"),
        (deal(Stage="Site visit"), "Pipeline doesn't contain the Stage"),
    ],
)
def test_stage_belongs_to_the_pipeline(bigin: Bigin, item: dict[str, Any], message: str) -> None:
    """3.5, 8: MAPPING_MISMATCH."""
    failed = bigin.post("/Pipelines", data(item)).json()["data"][0]
    assert (failed["code"], failed["message"]) == ("MAPPING_MISMATCH", message)


@pytest.mark.parametrize("position", ["object", "id"])
def test_switch_bigin_pipeline_value(bigin: Bigin, position: str) -> None:
    """3.5: metadata says bigint, code reads {name, id}; Layout on write picks the team pipeline."""
    bigin.sandbox.switch(bigin_pipeline_value=position)
    layout = bigin.get("/settings/layouts", module="Pipelines").json()["layouts"][1]["id"]
    made = bigin.add("Pipelines", **deal(Layout={"id": layout}, Sub_Pipeline="Groups"))
    value = bigin.record("Pipelines", made)["Pipeline"]
    assert value == ({"name": "Group Travel", "id": layout} if position == "object" else layout)


@pytest.mark.parametrize("position", ["on", "off"])
def test_switch_bigin_currency_per_record(bigin: Bigin, position: str) -> None:
    """CRM has a currency per record."""
    bigin.sandbox.switch(bigin_currency_per_record=position)
    made = bigin.add("Pipelines", **deal(Amount=10))
    row = bigin.get(f"/Pipelines/{made}", fields="Amount,Currency,Exchange_Rate").json()["data"][0]
    extra = {"Currency": "EUR", "Exchange_Rate": 1} if position == "on" else {}
    assert row == {"id": made, "Amount": 10, **extra}
    bigin.put(f"/Pipelines/{made}", {"data": [{"Currency": "USD", "Exchange_Rate": 1.25}]})
    row = bigin.get(f"/Pipelines/{made}", fields="Currency,Exchange_Rate").json()["data"][0]
    extra = {"Currency": "USD", "Exchange_Rate": 1.25} if position == "on" else {}
    assert row == {"id": made, **extra}
    known = {one["api_name"] for one in bigin.get("/settings/fields", module="Pipelines").json()["fields"]}
    assert ({"Currency", "Exchange_Rate"} <= known) is (position == "on")


def test_amounts_keep_their_digits(bigin: Bigin) -> None:
    """Money never passes through a float."""
    text = '{"data":[{"Product_Name":"P","Unit_Price":1234567890123.45}]}'
    assert bigin.call("POST", "/Products", data=text).status_code == 201
    assert '"Unit_Price":1234567890123.45' in bigin.get("/Products", fields="Unit_Price").text


def test_profile_permissions_are_enforced_on_delete(sandbox: Sandbox) -> None:
    """5.6 LIVE-OP: NO_PERMISSION with the permission's name."""
    admin, amara = Bigin(sandbox), Bigin(sandbox, AMARA)
    company = admin.add("Accounts", Account_Name="Acme")
    denied = "Crm_Implied_Delete_Accounts"
    sandbox.control("POST", "bigin/user", {"user": sandbox.users[AMARA]["email"], "denied": [denied]})
    answer = amara.delete(f"/Accounts/{company}")
    assert error(answer) == (403, "NO_PERMISSION")
    assert answer.json()["details"] == {"permissions": [denied]}
    assert admin.get(f"/Accounts/{company}").status_code == 200
