"""The official Zoho CRM SDK against the sandbox: a client that is not ours (bigin-api.md 11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.crm.api.custom_views import CustomViewsOperations, GetCustomViewsParam
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam
from zohocrmsdk.src.com.zoho.crm.api.header_map import HeaderMap
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.layouts import GetLayoutsParam, LayoutsOperations
from zohocrmsdk.src.com.zoho.crm.api.modules import ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.org import OrgOperations
from zohocrmsdk.src.com.zoho.crm.api.parameter_map import ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.profiles import ProfilesOperations
from zohocrmsdk.src.com.zoho.crm.api.record import (
    APIException,
    BodyWrapper,
    DeleteRecordsParam,
    GetRecordsParam,
    Record,
    RecordOperations,
    SearchRecordsParam,
)
from zohocrmsdk.src.com.zoho.crm.api.related_lists import GetRelatedListsParam, RelatedListsOperations
from zohocrmsdk.src.com.zoho.crm.api.related_records import GetRelatedRecordsParam, RelatedRecordsOperations
from zohocrmsdk.src.com.zoho.crm.api.roles import RolesOperations
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.util import Choice
from zohocrmsdk.src.com.zoho.crm.api.util.common_api_handler import CommonAPIHandler

from sandbox.testing import Sandbox, running_sandbox

COMPANIES = 700  # 2,100 contacts: more than page numbers reach


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The SDK, pointed at a sandbox by its environment and one rewrite of paths; it starts with a refresh token."""
    folder = tmp_path_factory.mktemp("sdk")
    set_path = CommonAPIHandler.set_api_path

    def to_bigin(handler: Any, path: str) -> None:
        set_path(handler, path.replace("/crm/v8", "/bigin/v2"))

    with pytest.MonkeyPatch.context() as patch, running_sandbox(f"bulk:{COMPANIES}", lift_limits=True) as sandbox:
        patch.setattr(CommonAPIHandler, "set_api_path", to_bigin)
        _initialize(sandbox, folder)
        yield sandbox


def _initialize(sandbox: Sandbox, folder: Path) -> None:
    Initializer.initialize(
        environment=DataCenter.Environment(sandbox.url, f"{sandbox.url}/oauth/v2/token", sandbox.url),
        token=OAuthToken(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            refresh_token=sandbox.token()["refresh_token"],
        ),
        store=FileStore(str(folder / "tokens.csv")),
        sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
        resource_path=str(folder),
    )


def params(*pairs: tuple[Any, Any]) -> ParameterMap:
    made = ParameterMap()
    for name, value in pairs:
        made.add(name, value)
    return made


def contact(**values: Any) -> Record:
    made = Record()
    for name, value in values.items():
        made.add_key_value(name, value)
    return made


def body(*records: Record) -> BodyWrapper:
    made = BodyWrapper()
    made.set_data(list(records))
    return made


def contacts() -> RecordOperations:
    return RecordOperations("Contacts")


def read(record_id: str) -> Any:
    """The record, or None for 204."""
    answer = contacts().get_record(int(record_id), ParameterMap(), HeaderMap())
    return None if answer.get_status_code() == 204 else answer.get_object().get_data()[0]


def test_sdk_reads_users_org_modules_and_fields(sdk: Sandbox) -> None:
    """Token refresh, users?type=CurrentUser, org, modules, fields."""
    users = UsersOperations().get_users(params((GetUsersParam.type, "CurrentUser")))
    user = users.get_object().get_users()[0]
    assert (user.get_full_name(), user.get_profile().get_name()) == ("Marta Quintela", "Administrator")
    assert OrgOperations().get_organization().get_object().get_org()[0].get_company_name() == "Wanderlust Travel"
    modules = ModulesOperations().get_modules(ParameterMap(), HeaderMap()).get_object().get_modules()
    assert {"Contacts", "Accounts", "Pipelines", "Products"} <= {one.get_api_name() for one in modules}
    fields = FieldsOperations().get_fields(params((GetFieldsParam.module, "Contacts"))).get_object().get_fields()
    lengths = {one.get_api_name(): one.get_length() for one in fields}
    assert (lengths["Last_Name"], lengths["Email"]) == (80, 100)


def test_sdk_reads_layouts_views_and_people(sdk: Sandbox) -> None:
    """The rest of the metadata, parsed by its classes."""
    found = LayoutsOperations().get_layouts(params((GetLayoutsParam.module, "Pipelines"))).get_object().get_layouts()
    assert [one.get_name() for one in found] == ["Sales Pipeline", "Group Travel"]
    views = CustomViewsOperations().get_custom_views(params((GetCustomViewsParam.module, "Accounts"))).get_object()
    assert "All Companies" in {one.get_name() for one in views.get_custom_views()}
    lists = RelatedListsOperations().get_related_lists(params((GetRelatedListsParam.module, "Accounts"))).get_object()
    assert {one.get_api_name() for one in lists.get_related_lists()} == {"Contacts", "Pipelines", "Notes"}
    profiles = ProfilesOperations().get_profiles(ParameterMap()).get_object().get_profiles()
    assert [one.get_name() for one in profiles] == ["Administrator", "Standard"]
    assert RolesOperations().get_roles().get_object().get_roles()[0].get_name() == "Level 1"


def test_sdk_searches_counts_and_reads_related_records(sdk: Sandbox) -> None:
    """Search by criteria, count, a related list, the deleted list."""
    companies = RecordOperations("Accounts")
    criteria = params((SearchRecordsParam.criteria, "(Account_Name:equals:Company 000007)"))
    company = companies.search_records(criteria, HeaderMap()).get_object().get_data()[0]
    assert company.get_key_value("Account_Name") == "Company 000007"
    assert companies.record_count(ParameterMap()).get_object().get_count() == COMPANIES
    asked = params((GetRelatedRecordsParam.fields, "Last_Name"))
    related = RelatedRecordsOperations("Contacts", "Accounts").get_related_records(company.get_id(), asked, HeaderMap())
    assert len(related.get_object().get_data()) == 3
    made = contacts().create_records(body(contact(Last_Name="Gone")), HeaderMap()).get_object().get_data()[0]
    gone = int(made.get_details()["id"])
    contacts().delete_record(gone, ParameterMap(), HeaderMap())
    deleted = contacts().get_deleted_records(ParameterMap(), HeaderMap()).get_object().get_data()
    assert {one.get_id(): one.get_type() for one in deleted}[gone] == "recycle"


def test_sdk_creates_updates_upserts_and_deletes(sdk: Sandbox) -> None:
    """Each answer parsed, each result read back."""
    made = contacts().create_records(body(contact(Last_Name="Sdk", Email="sdk@bulk.example"), contact()), HeaderMap())
    first, second = made.get_object().get_data()
    record_id = str(first.get_details()["id"])
    assert isinstance(second, APIException)
    assert second.get_code().get_value() == "MANDATORY_NOT_FOUND"

    change = contact(Last_Name="Changed")
    change.set_id(int(record_id))
    answer = contacts().update_records(body(change), HeaderMap())
    assert (answer.get_status_code(), read(record_id).get_key_value("Last_Name")) == (200, "Changed")

    upsert = body(contact(Last_Name="Upserted", Email="SDK@bulk.example"))
    upsert.set_duplicate_check_fields(["Email"])
    result = contacts().upsert_records(upsert, HeaderMap()).get_object().get_data()[0]
    assert (str(result.get_details()["id"]), result.get_action().get_value()) == (record_id, "update")
    assert read(record_id).get_key_value("Last_Name") == "Upserted"

    gone = contacts().delete_records(params((DeleteRecordsParam.ids, record_id)), HeaderMap())
    assert gone.get_object().get_data()[0].get_code().get_value() == "SUCCESS"
    assert read(record_id) is None


def test_sdk_pages_over_two_thousand(sdk: Sandbox) -> None:
    """Page tokens, 200 a page, every record once."""
    seen: list[int] = []
    token: str | None = None
    while True:
        asked = [(GetRecordsParam.fields, "Last_Name,Account_Name"), (GetRecordsParam.per_page, 200)]
        if token is not None:
            asked.append((GetRecordsParam.page_token, token))
        page = contacts().get_records(params(*asked), HeaderMap()).get_object()
        seen += [one.get_id() for one in page.get_data()]
        token = page.get_info().get_next_page_token()
        if token is None:
            break
    assert len(seen) == len(set(seen)) == COMPANIES * 3
    assert page.get_data()[0].get_key_value("Account_Name").get_key_value("name").startswith("Company ")


def test_sdk_sees_the_two_thousand_wall(sdk: Sandbox) -> None:
    """Paging by number beyond row 2,000 is an APIException, not data."""
    asked = params((GetRecordsParam.fields, "Last_Name"), (GetRecordsParam.page, 11))
    answer = contacts().get_records(asked, HeaderMap())
    assert answer.get_status_code() == 400
    assert answer.get_object().get_code().get_value() == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"


def test_sdk_creates_a_deal(sdk: Sandbox) -> None:
    """Module Pipelines by the same client."""
    deal = Record()
    deal.add_key_value("Deal_Name", "From the SDK")
    deal.add_key_value("Sub_Pipeline", Choice("Sales Pipeline Standard"))
    deal.add_key_value("Stage", Choice("Enquiry"))
    answer = RecordOperations("Pipelines").create_records(body(deal), HeaderMap())
    assert answer.get_status_code() == 201
