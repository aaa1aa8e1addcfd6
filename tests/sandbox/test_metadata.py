"""Modules, fields, layouts, views, users, org (bigin-api.md 3 and 4)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.sandbox.api import AMARA, Bigin, error, item_codes

MODULE_KEYS = set(
    "id api_name module_name singular_label plural_label actual_singular_label actual_plural_label api_supported "
    "visible visibility viewable creatable editable deletable convertable quick_create show_as_tab sequence_number "
    "generated_type access_type private_profile has_more_profiles profile_count profiles parent_module modified_time "
    "modified_by description web_link arguments global_search_supported filter_supported feeds_required "
    "scoring_supported webform_supported triggers_supported email_parser_supported emailTemplate_support "
    "inventory_template_supported isBlueprintSupported public_fields_configured presence_sub_menu "
    "business_card_field_limit".split()
)
FIELD_KEYS = set(
    "id api_name field_label display_label data_type json_type type length decimal_place system_mandatory "
    "field_read_only read_only custom_field virtual_field display_field visible filterable searchable sortable "
    "mass_update webhook businesscard_supported separator display_type ui_type created_source tooltip crypt "
    "created_time modified_time global_picklist external subform association_details display_format "
    "display_format_properties pick_list_values pick_list_values_sorted_lexically unique lookup multiselectlookup "
    "multi_module_lookup formula auto_number currency email_parser view_type profiles colour_code_enabled_by_system "
    "enable_colour_code parent_field child_fields range address history_tracking".split()
)
USER_KEYS = set(
    "id full_name first_name last_name email zuid status category confirm profile role created_by Modified_By "
    "Modified_Time created_time language locale country_locale time_zone offset time_format date_format name_format "
    "sort_order_preference decimal_separator number_separator default_tab_group theme customize_info personal_account "
    "microsoft sandboxDeveloper Isonline alias signature dob phone mobile fax website street city state zip country "
    "$current_shift $next_shift $shift_effective_from Preferred_Currency__s status_reason__s".split()
)
ORG_KEYS = set(
    "id company_name zgid primary_zuid primary_email domain_name alias country country_code time_zone currency "
    "currency_symbol currency_locale iso_code street city state zip phone mobile fax website employee_count "
    "description photo_id zia_portal_id hierarchy_preferences mc_status gapps_enabled lite_users_enabled "
    "translation_enabled privacy_settings hipaa_compliance_enabled deletable_org_account license_details".split()
)


def fields(bigin: Bigin, module: str) -> dict[str, dict[str, Any]]:
    return {one["api_name"]: one for one in bigin.get("/settings/fields", module=module).json()["fields"]}


def test_modules_carry_the_recorded_keys(bigin: Bigin) -> None:
    """4 LIVE list-modules."""
    body = bigin.get("/settings/modules").json()
    assert set(body) == {"modules"}
    modules = {one["api_name"]: one for one in body["modules"]}
    assert all(set(one) == MODULE_KEYS for one in modules.values())
    assert modules["Accounts"]["plural_label"] == "Companies"
    assert modules["Social"]["api_supported"] is False
    lines = modules["Associated_Products"]
    assert (lines["module_name"], lines["generated_type"], lines["visibility"]) == ("LinkingModule1", "subform", 2)
    assert lines["parent_module"]["api_name"] == "Pipelines"
    assert modules["Notes"]["visible"] is False


def test_one_module(bigin: Bigin) -> None:
    """4 DOC module-meta."""
    assert [one["api_name"] for one in bigin.get("/settings/modules/Contacts").json()["modules"]] == ["Contacts"]
    assert error(bigin.get("/settings/modules/Deals")) == (400, "INVALID_MODULE")


@pytest.mark.parametrize("path", ["fields", "layouts", "custom_views", "related_lists", "tags"])
def test_module_parameter_is_required(bigin: Bigin, path: str) -> None:
    """4, 8."""
    assert error(bigin.get(f"/settings/{path}")) == (400, "REQUIRED_PARAM_MISSING")
    answer = bigin.get(f"/settings/{path}", module="Nope")
    assert error(answer) == (400, "INVALID_MODULE")
    assert answer.json()["details"] == {"param_name": "module"}


def test_fields_carry_the_recorded_keys(bigin: Bigin) -> None:
    """4 LIVE get-module-fields."""
    for field in fields(bigin, "Contacts").values():
        assert FIELD_KEYS <= set(field)
        assert set(field) - FIELD_KEYS <= {"quick_sequence_number", "textarea", "blueprint_supported"}


@pytest.mark.parametrize(
    ("name", "kind", "json_type", "length"),
    [
        ("Last_Name", "text", "string", 80),
        ("First_Name", "text", "string", 40),
        ("Account_Name", "lookup", "jsonobject", 120),
        ("Email", "email", "string", 100),
        ("Phone", "phone", "string", 50),
        ("Mobile", "phone", "string", 30),
        ("Mailing_Street", "text", "string", 250),
        ("Mailing_City", "text", "string", 100),
        ("Mailing_Zip", "text", "string", 30),
        ("Description", "textarea", "string", 32000),
        ("Email_Opt_Out", "boolean", "boolean", 5),
        ("Tag", "text", "jsonarray", 2000),
        ("Owner", "ownerlookup", "jsonobject", 120),
        ("Modified_Time", "datetime", "string", 120),
        ("Record_Creation_Source_ID__s", "bigint", "string", 19),
    ],
)
def test_contact_fields(bigin: Bigin, name: str, kind: str, json_type: str, length: int) -> None:
    """3.2 LIVE; Mailing_City's length is assumed (12.8)."""
    field = fields(bigin, "Contacts")[name]
    assert (field["data_type"], field["json_type"], field["length"]) == (kind, json_type, length)


def test_lines_of_a_deal_have_fields(bigin: Bigin) -> None:
    """3.1: the linking module is API-supported; its fields are CRM's by analogy (12.3)."""
    names = [one["api_name"] for one in bigin.get("/settings/fields", module="Associated_Products").json()["fields"]]
    assert names == ["Product", "Quantity", "List_Price", "Discount", "Total"]


def test_field_flags(bigin: Bigin) -> None:
    """3.2 LIVE: Email unique without regard to case; Last_Name mandatory; Full_Name names the record."""
    contact = fields(bigin, "Contacts")
    assert contact["Email"]["unique"] == {"casesensitive": "0"}
    assert contact["Phone"]["unique"] == {}
    assert [name for name, one in contact.items() if one["system_mandatory"]] == ["Last_Name"]
    assert [name for name, one in contact.items() if one["display_field"]] == ["Full_Name"]
    assert contact["Account_Name"]["lookup"]["module"]["api_name"] == "Accounts"
    assert contact["Owner"]["field_read_only"] is True
    assert contact["Seat_Preference"]["custom_field"] is True
    assert (contact["Description"]["filterable"], contact["Description"]["sortable"]) == (False, False)


def test_picklists_have_values(bigin: Bigin) -> None:
    """4: items with id, display, actual and reference value; a picklist may include -None-."""
    style = fields(bigin, "Accounts")["Travel_Style"]["pick_list_values"]
    keys = {"id", "display_value", "actual_value", "reference_value", "sequence_number", "type", "colour_code"}
    assert set(style[0]) == keys
    assert [one["actual_value"] for one in style] == ["-None-", "Business", "Leisure", "Groups", "Events"]


def test_ids_of_metadata_are_stable_and_distinct(bigin: Bigin) -> None:
    """2: numeric strings; the same on every call."""
    first, second = ([one["id"] for one in fields(bigin, "Contacts").values()] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)
    assert all(one.isdigit() and len(one) == 19 for one in first)


def test_layouts_of_pipelines_are_team_pipelines(bigin: Bigin) -> None:
    """3.5, 4: stages and sub-pipelines are found in sections[].fields[].pick_list_values."""
    layouts = bigin.get("/settings/layouts", module="Pipelines").json()["layouts"]
    found = {}
    for layout in layouts:
        lists = {one["api_name"]: one["pick_list_values"] for one in layout["sections"][0]["fields"]}
        found[layout["name"]] = [one["actual_value"] for one in lists["Sub_Pipeline"]]
    assert found == {"Sales Pipeline": ["Sales Pipeline Standard"], "Group Travel": ["Groups", "Conferences"]}
    one = bigin.get(f"/settings/layouts/{layouts[1]['id']}", module="Pipelines").json()["layouts"]
    assert [layout["name"] for layout in one] == ["Group Travel"]
    assert error(bigin.get("/settings/layouts/1", module="Pipelines")) == (400, "INVALID_DATA")


@pytest.mark.parametrize("position", ["present", "absent"])
def test_switch_bigin_view_criteria(bigin: Bigin, position: str) -> None:
    """12.3: the custom_views body is CRM's."""
    bigin.sandbox.switch(bigin_view_criteria=position)
    body = bigin.get("/settings/custom_views", module="Accounts").json()
    views = {one["name"]: one for one in body["custom_views"]}
    assert set(body["info"]) == {"per_page", "count", "page", "more_records", "default", "translation"}
    assert body["info"]["default"] == views["All Companies"]["id"]
    criteria = views["Companies in Portugal"]["criteria"]
    if position == "absent":
        assert criteria is None
        return
    assert (criteria["comparator"], criteria["value"]) == ("equal", "Portugal")
    assert criteria["field"]["api_name"] == "Billing_Country"
    single = bigin.get(f"/settings/custom_views/{views['My Companies']['id']}").json()["custom_views"][0]
    assert single["criteria"]["value"] == "${CURRENTUSER}"


def test_related_lists(bigin: Bigin) -> None:
    """4 CRM: href with {ENTITYID}."""
    lists = bigin.get("/settings/related_lists", module="Accounts").json()["related_lists"]
    assert {one["href"] for one in lists} >= {"Accounts/{ENTITYID}/Contacts", "Accounts/{ENTITYID}/Pipelines"}


def test_current_user_carries_the_recorded_keys(bigin: Bigin) -> None:
    """4 LIVE list-users: Modified_By and Modified_Time capitalised, created_time not."""
    body = Bigin(bigin.sandbox, AMARA).get("/users", type="CurrentUser").json()
    user = body["users"][0]
    assert set(user) == USER_KEYS
    assert (user["email"], user["profile"]["name"], user["role"]["name"]) == (
        "amara.delacroix@wanderlust-travel.example", "Standard", "Level 1"
    )  # fmt: skip
    assert body["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}


@pytest.mark.parametrize(
    ("kind", "count"),
    [("AllUsers", 4), ("ActiveUsers", 4), ("AdminUsers", 2), ("ActiveConfirmedAdmins", 2), ("DeactiveUsers", 0)],
)
def test_user_types(bigin: Bigin, kind: str, count: int) -> None:
    """4 DOC get-users."""
    answer = bigin.get("/users", type=kind)
    assert (len(answer.json()["users"]) if answer.content else 0) == count
    assert error(bigin.get("/users", type="Nobody")) == (400, "INVALID_DATA")


def test_one_user_profiles_and_roles(bigin: Bigin) -> None:
    """4."""
    user = bigin.get("/users").json()["users"][2]
    assert bigin.get(f"/users/{user['id']}").json()["users"][0]["email"] == user["email"]
    assert error(bigin.get("/users/1")) == (400, "INVALID_DATA")
    profiles = bigin.get("/settings/profiles").json()["profiles"]
    assert [one["name"] for one in profiles] == ["Administrator", "Standard"]
    assert user["profile"]["id"] in {one["id"] for one in profiles}
    assert [one["name"] for one in bigin.get("/settings/roles").json()["roles"]] == ["Level 1"]


def test_org_carries_the_recorded_keys(bigin: Bigin) -> None:
    """4 LIVE get-org."""
    org = bigin.get("/org").json()["org"][0]
    assert set(org) == ORG_KEYS
    assert (org["iso_code"], org["currency"], org["time_zone"]) == ("EUR", "Euro - EUR", "Europe/Lisbon")


def test_custom_fields_can_be_added_by_a_door(sandbox: Sandbox) -> None:
    """A tester's field shows in metadata and takes values."""
    field = {"module": "Contacts", "api_name": "Level", "data_type": "picklist", "choices": ["A", "B"]}
    sandbox.control("POST", "bigin/field", field)
    bigin = Bigin(sandbox)
    assert [one["actual_value"] for one in fields(bigin, "Contacts")["Level"]["pick_list_values"]] == ["A", "B"]
    contact = bigin.add("Contacts", Last_Name="Doe", Level="B")
    assert bigin.record("Contacts", contact)["Level"] == "B"


def test_unknown_paths_and_methods(bigin: Bigin) -> None:
    """8 CRM OAS."""
    assert error(bigin.get("/a/b/c/d/e")) == (404, "INVALID_URL_PATTERN")
    assert error(bigin.call("PATCH", "/org")) == (405, "INVALID_REQUEST_METHOD")


@pytest.mark.parametrize(("position", "length"), [("100", 100), ("30", 30)])
def test_switch_bigin_mailing_city_length(bigin: Bigin, position: str, length: int) -> None:
    """12.8."""
    bigin.sandbox.switch(bigin_mailing_city_length=position)
    assert fields(bigin, "Contacts")["Mailing_City"]["length"] == length
    assert fields(bigin, "Accounts")["Billing_City"]["length"] == 100
    rows = [{"Last_Name": "Doe", "Mailing_City": "x" * long} for long in (length, length + 1)]
    assert item_codes(bigin.post("/Contacts", {"data": rows})) == ["SUCCESS", "INVALID_DATA"]


@pytest.mark.parametrize("position", ["full", "names"])
def test_switch_bigin_layout_fields(bigin: Bigin, position: str) -> None:
    """12.3."""
    bigin.sandbox.switch(bigin_layout_fields=position)
    [layout] = bigin.get("/settings/layouts", module="Contacts").json()["layouts"]
    shown = {one["api_name"]: one for section in layout["sections"] for one in section["fields"]}
    described = fields(bigin, "Contacts")
    assert {name: one["id"] for name, one in shown.items()} == {name: one["id"] for name, one in described.items()}
    assert ("pick_list_values" in shown["Seat_Preference"]) is (position == "full")
    assert (set(shown["Seat_Preference"]) == {"id", "api_name"}) is (position == "names")


@pytest.mark.parametrize("position", ["crm", "bare"])
def test_switch_bigin_related_list_body(bigin: Bigin, position: str) -> None:
    """12.3."""
    bigin.sandbox.switch(bigin_related_list_body=position)
    lists = bigin.get("/settings/related_lists", module="Accounts").json()["related_lists"]
    assert {"Contacts", "Pipelines"} <= {one["api_name"] for one in lists}
    assert all((set(one) == {"id", "api_name", "display_label", "href"}) is (position == "bare") for one in lists)
