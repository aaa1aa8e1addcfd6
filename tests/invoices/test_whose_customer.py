"""Rules 7.1: whose customer a record leads to, in each mode, and what is shown where that may surprise."""

from __future__ import annotations

from typing import Any

import pytest

from invoices.models import Document
from sync import services
from sync.choices import Mode, Module
from sync.models import ModuleSetting
from tests.invoices.conftest import Desk
from tests.invoices.test_panel import text_of


def deal(desk: Desk, **fields: Any) -> str:
    like = desk.bigin.get("Pipelines", desk.deals()[0]["id"])
    assert like
    values = {key: like[key] for key in ("Sub_Pipeline", "Stage")}
    row = {**values, "Deal_Name": "A walk in the hills", "Amount": 10, "Pipeline": {"id": like["Pipeline"]["id"]}}
    [made] = desk.bigin.insert("Pipelines", [{**row, **fields}])
    assert made.id
    return made.id


def contact(desk: Desk, last_name: str, company_id: str = "") -> str:
    row: dict[str, Any] = {"First_Name": "Ada", "Last_Name": last_name}
    [made] = desk.bigin.insert("Contacts", [{**row, **({"Account_Name": {"id": company_id}} if company_id else {})}])
    assert made.id
    return made.id


def company(desk: Desk, name: str) -> str:
    [made] = desk.bigin.insert("Accounts", [{"Account_Name": name}])
    assert made.id
    return made.id


def in_mode(desk: Desk, mode: Mode) -> None:
    services.settings_of(desk.installation)
    ModuleSetting.objects.filter(installation=desk.installation, module=Module.CUSTOMERS).update(mode=mode)


def billed(desk: Desk, record: str, module: str = "Pipelines") -> dict[str, Any]:
    """The customer that was created in Books for a new invoice of the record."""
    document = desk.new(record, module=module)
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    row = desk.books.contact(document.customer_id)
    assert row
    return row


def must_choose(desk: Desk, record: str, module: str = "Pipelines") -> bool:
    document = desk.new(record, module=module)
    return "Choose whom this is for" in text_of(desk.press(document, "save"))


@pytest.mark.parametrize("mode", [Mode.BOTH, Mode.COMPANIES])
def test_rule_7_1_a_deal_of_a_contact_with_a_company_is_billed_to_that_company(desk: Desk, mode: Mode) -> None:
    in_mode(desk, mode)
    person = contact(desk, "Northcliff", company(desk, "Northcliff Tours"))
    row = billed(desk, deal(desk, Contact_Name={"id": person}))
    assert row["contact_name"] == "Northcliff Tours"
    assert not desk.books.contacts_page(filters={"contact_name": "Ada Northcliff"}).rows


def test_rule_7_1_a_contact_without_company_gets_a_customer_of_its_own_where_none_are_included(desk: Desk) -> None:
    in_mode(desk, Mode.BOTH)
    row = billed(desk, deal(desk, Contact_Name={"id": contact(desk, "Solitaire")}))
    assert (row["contact_name"], row["customer_sub_type"]) == ("Ada Solitaire", "individual")


def test_rule_7_1_where_the_deals_company_is_not_the_contacts_the_deals_is_billed_and_it_shows(desk: Desk) -> None:
    in_mode(desk, Mode.BOTH)
    person = contact(desk, "Torn", company(desk, "Employer Ltd"))
    record = deal(desk, Contact_Name={"id": person}, Account_Name={"id": company(desk, "Client Ltd")})
    document = desk.new(record)
    shown = text_of(desk.client.get(desk.url(record, f"documents/{document.pk}/")))
    assert "Ada Torn belongs to Employer Ltd; this deal is billed to its own company, Client Ltd." in shown
    desk.press(document, "save")
    desk.worker.run()
    document.refresh_from_db()
    assert document.customer_name == "Client Ltd"


def test_rule_7_1_a_mode_that_keeps_no_contacts_asks_whom_to_bill(desk: Desk) -> None:
    in_mode(desk, Mode.COMPANIES)
    person = contact(desk, "Solitaire")
    assert must_choose(desk, deal(desk, Contact_Name={"id": person}))
    assert must_choose(desk, person, module="Contacts")


def test_rule_7_1_a_mode_that_keeps_contacts_bills_the_contact_and_asks_where_there_is_none(desk: Desk) -> None:
    in_mode(desk, Mode.CONTACTS)
    client = company(desk, "Client Ltd")
    person = contact(desk, "Solitaire", client)
    row = billed(desk, deal(desk, Contact_Name={"id": person}, Account_Name={"id": client}))
    assert row["contact_name"] == "Ada Solitaire"
    assert must_choose(desk, deal(desk, Account_Name={"id": client}))
    assert must_choose(desk, client, module="Accounts")
    assert Document.objects.filter(state="stands").count() == 1
