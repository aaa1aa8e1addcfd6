"""Rules 3.1, 4.2 and 4.4 on tax numbers, which in Bigin stand in a field of the administrator's own."""

from __future__ import annotations

from sync import services
from sync.configure import ConfigureInput
from sync.mapping import GUARDED, Kind, Row, defaults
from tests.sync.world import World


def mapped(world: World) -> None:
    field = {"module": "Accounts", "api_name": "Tax_Number__c", "data_type": "text"}
    world.sandbox.control("POST", "bigin/field", field)
    setting = world.customers
    rows = [*defaults("customers"), Row(Kind.COMPANY_CUSTOMER, "Tax_Number__c", "tax_reg_no")]
    services.save_settings(setting, ConfigureInput(mapping=rows), "Ada", setting.version)


def test_rule_3_1_an_equal_tax_number_pairs_what_has_different_names(world: World) -> None:
    mapped(world)
    company = world.remotes.company("Alpine Huts", Tax_Number__c="DE 123 456 789")
    customer = world.remotes.new_customer("Wander & Co", tax_reg_no="DE123456789")
    world.settle()
    link = world.link(company)
    assert link.books is not None
    assert link.books.remote_id == customer
    assert len(world.remotes.customers()) == len(world.remotes.companies()) == 1


def test_rule_4_2_a_tax_number_is_guarded_for_companies_and_for_contacts() -> None:
    numbers = {"tax_reg_no", "gst_no", "vat_reg_no"}
    assert numbers <= GUARDED[Kind.COMPANY_CUSTOMER]
    assert numbers <= GUARDED[Kind.CONTACT_CUSTOMER]
