"""Rules 4.5: the lists of both sides are read again in time, so that a value added later ends a skip by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from sync import engine, metadata, services
from sync.configure import ConfigureInput
from sync.fields import FieldType
from sync.mapping import Kind, Row, defaults
from sync.models import Record
from tests.sync.test_first_sync import IDLE, calls_of
from tests.sync.world import World

STYLE = Row(Kind.COMPANY_CUSTOMER, "Style__c", "cf_travel_style", FieldType.PICKLIST)


def offers(world: World, *values: str) -> None:
    """The new list in Bigin; the one in Books has Business, Groups and others."""
    field = {"module": "Accounts", "api_name": "Style__c", "data_type": "picklist", "choices": list(values)}
    world.sandbox.control("POST", "bigin/field", field)


def offers_now(world: World, *values: str) -> None:
    field = {"module": "Accounts", "api_name": "Style__c", "choices": list(values)}
    world.sandbox.control("POST", "bigin/field", field)


def save(world: World, *values: str) -> None:
    lists = {"bigin": {"Style__c": list(values)}, "books": {"cf_travel_style": ["Business", "Groups"]}}
    setting = world.customers
    chosen = ConfigureInput(mapping=[*defaults("customers"), STYLE], picklists=lists)
    services.save_settings(setting, chosen, "Ada", setting.version)


def scheduled(world: World) -> None:
    assert engine.run(world.installation, None, "schedule") is not None


@pytest.fixture
def skipped(world: World) -> str:
    """A customer of Books whose value Bigin's list lacks."""
    offers(world, "Business")
    save(world, "Business")
    style = [{"api_name": "cf_travel_style", "value": "Groups"}]
    customer = world.remotes.new_customer("Old Town Walks", custom_fields=style)
    world.settle()
    assert world.remotes.companies() == {}
    assert "does not offer 'Groups'" in world.issue("picklist").reason
    return customer


def test_rule_4_5_a_value_added_later_ends_the_skip(world: World, skipped: str) -> None:
    offers_now(world, "Business", "Groups")
    world.settle()
    assert world.company_names() == ["Old Town Walks"]
    assert world.issues() == []
    assert world.customers.picklists["bigin"] == {"Style__c": ["Business", "Groups"]}
    assert "Business" in world.customers.picklists["books"]["cf_travel_style"]


def test_while_a_record_waits_the_schedule_looks_once_an_hour(
    world: World, skipped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[Any] = []
    read = metadata.bigin_fields

    def counted(*given: Any) -> Any:
        pages.append(given)
        return read(*given)

    monkeypatch.setattr(metadata, "bigin_fields", counted)
    cache.clear()
    for _ in range(3):
        scheduled(world)
    assert len(pages) == 1
    offers_now(world, "Business", "Groups")
    scheduled(world)
    assert world.remotes.companies() == {}
    cache.clear()  # an hour later
    scheduled(world)
    scheduled(world)
    assert world.company_names() == ["Old Town Walks"]


def test_a_day_costs_two_calls_where_a_picklist_is_mapped_and_none_where_none_is(world: World) -> None:
    cache.clear()
    world.settle()
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE
    offers(world, "Business")
    save(world, "Business")
    cache.clear()
    world.settle()
    cache.clear()
    world.forget_calls()
    world.sync()
    more = {("bigin", "GET", "/settings/fields"): 1, ("books", "GET", "/settings/fields"): 1}
    assert calls_of(world.sandbox) == {**IDLE, **more}
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE


def test_a_list_out_of_reach_leaves_what_is_known(world: World) -> None:
    offers(world, "Business")
    save(world, "Business")
    cache.clear()
    world.sandbox.fault("error_before", product="books", path="^/settings/fields", status=404, times=0)
    world.settle()
    assert world.customers.picklists["books"] == {"cf_travel_style": ["Business", "Groups"]}
    assert not Record.objects.filter(kind="customer").exists()
