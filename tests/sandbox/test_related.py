"""Related lists, links, notes, a deal's products (bigin-api.md 5.11, 5.12; 12.3)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.sandbox.api import Bigin, error, item_codes


def deal(bigin: Bigin, **values: Any) -> str:
    return bigin.add("Pipelines", Deal_Name="D", Sub_Pipeline="Sales Pipeline Standard", Stage="Enquiry", **values)


def test_related_list_has_list_info_without_sorting(bigin: Bigin) -> None:
    """5.11 LIVE list-account-contacts."""
    company = bigin.add("Accounts", Account_Name="Acme")
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": company})
    bigin.add("Contacts", Last_Name="Else")
    body = bigin.get(f"/Accounts/{company}/Contacts", fields="Last_Name").json()
    assert body["data"] == [{"Last_Name": "Doe", "id": contact}]
    assert set(body["info"]) == {
        "per_page", "count", "page", "more_records", "next_page_token", "previous_page_token", "page_token_expiry"
    }  # fmt: skip


def test_related_list_needs_fields_and_a_known_parent(bigin: Bigin) -> None:
    """5.11 LIVE-NOTE: an unknown parent is an error, not 204; an empty list is 204."""
    company = bigin.add("Accounts", Account_Name="Acme")
    assert error(bigin.get(f"/Accounts/{company}/Contacts")) == (400, "REQUIRED_PARAM_MISSING")
    assert error(bigin.get("/Accounts/1/Contacts", fields="id")) == (400, "INVALID_DATA")
    assert error(bigin.get(f"/Accounts/{company}/Nonsense", fields="id")) == (400, "INVALID_DATA")
    assert bigin.get(f"/Accounts/{company}/Contacts", fields="id").status_code == 204


def test_deals_of_a_company_and_of_a_contact(bigin: Bigin) -> None:
    """5.11: /Accounts/{id}/Pipelines, /Contacts/{id}/Pipelines?pipeline_id=."""
    company = bigin.add("Accounts", Account_Name="Acme")
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": company})
    ids = [deal(bigin, Account_Name={"id": company}, Contact_Name={"id": contact}) for _ in range(3)]
    assert [row["id"] for row in bigin.rows(f"/Accounts/{company}/Pipelines", fields="id")] == ids[::-1]
    layout = bigin.record("Pipelines", ids[0])["Layout"]["id"]
    assert len(bigin.rows(f"/Contacts/{contact}/Pipelines", fields="id", pipeline_id=layout)) == 3
    assert bigin.rows(f"/Contacts/{contact}/Pipelines", fields="id", pipeline_id="1") == []
    first = bigin.get(f"/Accounts/{company}/Pipelines", fields="id", per_page=2).json()["info"]
    second = bigin.get(f"/Accounts/{company}/Pipelines", fields="id", per_page=2, page=2).json()["info"]
    assert (first["more_records"], second["more_records"], second["count"]) == (True, False, 1)


def test_linking_contact_and_product_is_idempotent(bigin: Bigin) -> None:
    """5.11 LIVE."""
    contact, product = bigin.add("Contacts", Last_Name="Doe"), bigin.add("Products", Product_Name="Tour")
    path = f"/Contacts/{contact}/Products/{product}"
    for _ in range(2):
        answer = bigin.put(path, {"data": [{}]})
        item = {"code": "SUCCESS", "details": {"id": product}, "message": "relation added", "status": "success"}
        assert (answer.status_code, answer.json()) == (200, {"data": [item]})
    assert bigin.rows(f"/Contacts/{contact}/Products", fields="id") == [{"id": product}]
    assert bigin.rows(f"/Products/{product}/Contacts", fields="id") == [{"id": contact}]
    assert bigin.delete(path).json()["data"][0]["message"] == "relation removed"
    assert bigin.rows(f"/Contacts/{contact}/Products", fields="id") == []


def test_linking_the_unknown(bigin: Bigin) -> None:
    """5.11: an unknown product is 400."""
    contact = bigin.add("Contacts", Last_Name="Doe")
    assert error(bigin.put(f"/Contacts/{contact}/Products/1", {"data": [{}]})) == (400, "INVALID_DATA")


@pytest.mark.parametrize(("position", "refusal"), [("400", (400, "INVALID_DATA")), ("500", (500, "INTERNAL_ERROR"))])
def test_switch_bigin_link_unknown_parent(bigin: Bigin, position: str, refusal: tuple[int, str]) -> None:
    """5.11 LIVE-NOTE: unknown contact 5xx."""
    bigin.sandbox.switch(bigin_link_unknown_parent=position)
    product = bigin.add("Products", Product_Name="Tour")
    assert error(bigin.put(f"/Contacts/1/Products/{product}", {"data": [{}]})) == refusal
    assert error(bigin.delete(f"/Contacts/1/Products/{product}")) == refusal
    assert bigin.rows(f"/Products/{product}/Contacts", fields="id") == []


def test_deleting_a_contact_keeps_its_products(bigin: Bigin) -> None:
    """5.6."""
    contact, product = bigin.add("Contacts", Last_Name="Doe"), bigin.add("Products", Product_Name="Tour")
    bigin.put(f"/Contacts/{contact}/Products/{product}", {"data": [{}]})
    bigin.delete(f"/Contacts/{contact}")
    assert bigin.get(f"/Products/{product}").status_code == 200
    assert bigin.rows(f"/Products/{product}/Contacts", fields="id") == []


def test_notes_of_a_record(bigin: Bigin) -> None:
    """5.12: POST and GET /{m}/{id}/Notes, PUT and DELETE /Notes/{id}."""
    record = deal(bigin)
    made = bigin.post(f"/Pipelines/{record}/Notes", {"data": [{"Note_Title": "Invoice", "Note_Content": "sent"}]})
    assert made.status_code == 201
    note = made.json()["data"][0]["details"]["id"]
    row = bigin.rows(f"/Pipelines/{record}/Notes", fields="Note_Title,Note_Content,Parent_Id")[0]
    parent = {"name": "D", "id": record, "module": {"api_name": "Pipelines"}}
    assert row == {"id": note, "Note_Title": "Invoice", "Note_Content": "sent", "Parent_Id": parent}
    bigin.put(f"/Notes/{note}", {"data": [{"Note_Content": "paid"}]})
    assert bigin.record("Notes", note)["Note_Content"] == "paid"
    bigin.delete(f"/Notes/{note}")
    assert bigin.rows(f"/Pipelines/{record}/Notes", fields="id") == []


def test_note_content_is_mandatory(bigin: Bigin) -> None:
    """3.6."""
    answer = bigin.post(f"/Pipelines/{deal(bigin)}/Notes", {"data": [{"Note_Title": "x"}]})
    assert item_codes(answer) == ["MANDATORY_NOT_FOUND"]
    assert bigin.rows("/Notes", fields="id") == []


@pytest.mark.parametrize(
    ("position", "in_list", "in_record"),
    [("related_list", True, False), ("subform", False, True), ("both", True, True), ("none", False, False)],
)
def test_switch_bigin_deal_products(bigin: Bigin, position: str, in_list: bool, in_record: bool) -> None:
    """12.3: no recorded Pipelines record; amounts and shapes by CRM's analogy."""
    bigin.sandbox.switch(bigin_deal_products=position)
    tour = bigin.add("Products", Product_Name="Tour", Unit_Price=100)
    lines = [{"Product": {"id": tour}, "Quantity": 3, "List_Price": 99.5, "Discount": 8.5}]
    record = deal(bigin, Associated_Products=lines)
    fields = "Product_Name,Unit_Price,Quantity,List_Price,Discount,Total"
    listed = bigin.rows(f"/Pipelines/{record}/Products", fields=fields)
    amounts = {"Unit_Price": 100, "Quantity": 3, "List_Price": 99.5, "Discount": 8.5, "Total": 290.0}
    assert listed == ([{"id": tour, "Product_Name": "Tour", **amounts}] if in_list else [])
    rows = bigin.record("Pipelines", record)["Associated_Products"]
    line_id = rows[0]["id"] if rows else None
    product = {"name": "Tour", "id": tour}
    assert rows == ([{"id": line_id, "Product": product, **amounts}] if in_record else [])


def test_line_price_defaults_to_the_products(bigin: Bigin) -> None:
    """By CRM's analogy: quantity 1, list price of the product, no discount."""
    tour = bigin.add("Products", Product_Name="Tour", Unit_Price=100)
    record = deal(bigin)
    bigin.put(f"/Pipelines/{record}/Products/{tour}", {"data": [{}]})
    row = bigin.rows(f"/Pipelines/{record}/Products", fields="Quantity,List_Price,Discount,Total")[0]
    assert row == {"id": tour, "Quantity": 1, "List_Price": 100, "Discount": 0, "Total": 100}
    bigin.delete(f"/Pipelines/{record}/Products/{tour}")
    assert bigin.rows(f"/Pipelines/{record}/Products", fields="id") == []


@pytest.mark.parametrize(
    "line", [{"Product": {"id": "1"}}, {"Quantity": 1}, "x", {"Product": {"id": "TOUR"}, "Quantity": -1}]
)
def test_bad_lines_are_refused(bigin: Bigin, line: Any) -> None:
    """8: INVALID_DATA."""
    tour = bigin.add("Products", Product_Name="Tour", Unit_Price=100)
    if isinstance(line, dict) and line.get("Product") == {"id": "TOUR"}:
        line = {**line, "Product": {"id": tour}}
    body = {
        "Deal_Name": "D",
        "Sub_Pipeline": "Sales Pipeline Standard",
        "Stage": "Enquiry",
        "Associated_Products": [line],
    }
    assert item_codes(bigin.post("/Pipelines", {"data": [body]})) == ["INVALID_DATA"]


def test_deal_products_of_the_travel_agency_add_up(agency: Sandbox) -> None:
    """The seed's deals: where there are lines, the amount is their sum."""
    bigin = Bigin(agency)
    with_lines = 0
    for row in bigin.rows("/Pipelines", fields="Amount"):
        lines = bigin.rows(f"/Pipelines/{row['id']}/Products", fields="Total")
        if lines:
            with_lines += 1
            assert round(sum(line["Total"] for line in lines) - row["Amount"], 2) == 0
    assert with_lines == 35
