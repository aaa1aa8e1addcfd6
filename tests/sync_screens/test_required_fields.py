"""Fields a side insists on: Save asks for them beside a row, where records are created there and nothing fills them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import mapping, metadata
from sync.fields import FieldType
from sync.mapping import Direction, FieldInfo, Kind, Row
from sync.models import ModuleSetting
from tests.factories import connected_installation, make_member, signed_in_client
from tests.sync.remotes import Remotes
from tests.sync_screens.conftest import Queued
from tests.sync_screens.test_configure import CUSTOMERS, PRODUCTS, typed

MUST = FieldInfo("cf_must", "Must", FieldType.TEXT, required=True, custom=True)
ROWS = mapping.defaults("products")


def filled_by(row: Row | None, info: FieldInfo = MUST, side: str = "books") -> list[int]:
    """Where it is said: indexes of rows, -1 for none; empty where there is nothing to say."""
    rows = [*ROWS, *([row] if row else [])]
    return [one.index for one in mapping.unfilled(rows, Kind.PRODUCT_ITEM, side, [info])]


def row(direction: Direction) -> Row:
    return Row(Kind.PRODUCT_ITEM, "Category", MUST.name, direction=direction)


@pytest.mark.parametrize(
    ("direction", "said"), [(Direction.BOTH, []), (Direction.TO_BOOKS, []), (Direction.TO_BIGIN, [len(ROWS)])]
)
def test_a_row_fills_a_field_in_its_direction_only(direction: Direction, said: list[int]) -> None:
    assert filled_by(row(direction)) == said


def test_a_row_of_another_kind_of_pair_fills_nothing() -> None:
    assert filled_by(Row(Kind.COMPANY_CUSTOMER, "Website", MUST.name)) == [-1]


@pytest.mark.parametrize(
    "info",
    [
        FieldInfo("name", "Name", FieldType.TEXT, required=True),
        FieldInfo("cf_box", "Box", FieldType.BOOLEAN, required=True, custom=True),
        FieldInfo("cf_sum", "Sum", FieldType.NUMBER, required=True, read_only=True, custom=True),
        FieldInfo("cf_free", "Free", FieldType.TEXT, custom=True),
    ],
    ids=["the name, which has its own check", "a box", "read-only", "not required"],
)
def test_what_needs_no_row_is_not_asked_for(info: FieldInfo) -> None:
    assert filled_by(None, info) == []


@pytest.fixture
def connected(transactional_db: None, sandbox: Sandbox) -> Installation:
    cache.clear()
    return connected_installation(sandbox)


@pytest.fixture
def ada(connected: Installation, queued: Queued) -> Client:
    return signed_in_client(make_member(connected, name="Ada Keller"))


def insist_in_bigin(sandbox: Sandbox, **more: Any) -> None:
    field = {"module": "Accounts", "api_name": "Region", "data_type": "text", "mandatory": True, **more}
    sandbox.control("POST", "bigin/field", field)
    cache.clear()


def insist_in_books(connected: Installation, sandbox: Sandbox, entity: str = "contact", label: str = "Region") -> None:
    client = Remotes(sandbox, connected.books_org_id).books.client
    field = {"entity": entity, "label": label, "data_type": "string", "is_mandatory": True}
    client.request("POST", "/settings/fields", json=field)
    cache.clear()


def cell(text: str, name: str) -> str:
    """The part of the page that belongs to one field, its error included."""
    start = text.index(f'id="id_{name}"')
    return text[start : text.index("</td>", start)]


def test_bigins_own_fields_need_nothing_more_than_the_defaults(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    for mode in ("companies", "contacts", "both"):
        body = typed(connected, "customers") | {"mode": mode, "include_unattached": "on"}
        version = ModuleSetting.objects.get(module="customers").version
        assert ada.post(CUSTOMERS, body | {"version": str(version)}).status_code == 302, mode


def test_a_field_books_insists_on_gets_a_row_that_asks_for_its_other_half(
    ada: Client, connected: Installation, sandbox: Sandbox
) -> None:
    insist_in_books(connected, sandbox, "item")
    ada.get(PRODUCTS)
    body, number = typed(connected, "products"), len(ROWS)
    answer = ada.post(PRODUCTS, body)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Books insists on Region in each new record: choose the field that fills it." in cell(
        text, f"row-{number}-bigin"
    )
    assert '<option value="cf_region" selected>' in cell(text, f"row-{number}-books")
    assert ModuleSetting.objects.get(module="products").version == 1
    made = {"kind": "product-item", "bigin": "Product_Category", "books": "cf_region", "direction": "to_books"}
    assert ada.post(PRODUCTS, body | {f"row-{number}-{name}": value for name, value in made.items()}).status_code == 302
    assert "cf_region" in {row["books"] for row in ModuleSetting.objects.get(module="products").mapping}


def test_a_row_in_the_wrong_direction_is_marked(ada: Client, connected: Installation, sandbox: Sandbox) -> None:
    insist_in_books(connected, sandbox)
    ada.get(CUSTOMERS)
    body, number = typed(connected, "customers"), len(mapping.defaults("customers"))
    made = {"kind": "company-customer", "bigin": "Description", "books": "cf_region", "direction": "to_bigin"}
    answer = ada.post(CUSTOMERS, body | {f"row-{number}-{name}": value for name, value in made.items()})
    assert answer.status_code == 422
    assert "choose a direction that fills it there" in cell(answer.content.decode(), f"row-{number}-direction")


def test_a_field_bigin_insists_on_matters_only_where_records_are_created_in_bigin(
    ada: Client, connected: Installation, sandbox: Sandbox
) -> None:
    insist_in_bigin(sandbox)
    infos = {one.name: one for one in metadata.offered(connected, "customers").infos("bigin", Kind.COMPANY_CUSTOMER)}
    assert [name for name, one in infos.items() if one.required] == ["Account_Name", "Region"]
    body, number = typed(connected, "customers"), len(mapping.defaults("customers"))
    answer = ada.post(CUSTOMERS, body | {"create_in_bigin": "active"})
    assert answer.status_code == 422
    assert "Bigin insists on Region" in cell(answer.content.decode(), f"row-{number}-books")
    assert ada.post(CUSTOMERS, body | {"create_in_bigin": "none"}).status_code == 302


def test_a_field_of_companies_does_not_matter_in_contacts_mode(
    ada: Client, connected: Installation, sandbox: Sandbox
) -> None:
    insist_in_bigin(sandbox)
    ada.get(CUSTOMERS)
    assert ada.post(CUSTOMERS, typed(connected, "customers") | {"mode": "contacts"}).status_code == 302


def test_layouts_that_cannot_be_read_hold_up_nothing(ada: Client, connected: Installation, sandbox: Sandbox) -> None:
    insist_in_bigin(sandbox)
    sandbox.fault("error_before", product="bigin", path="^/settings/layouts", status=404, times=0)
    ada.get(CUSTOMERS)
    assert ada.post(CUSTOMERS, typed(connected, "customers")).status_code == 302
