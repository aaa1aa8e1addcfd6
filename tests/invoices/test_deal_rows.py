"""A deal's product rows as lines: read defensively, and never a cent away from what the deal says (rules 7.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices import beginning, checks, deals
from invoices.drafts import Draft, Line, totals

d = Decimal
TOUR = {"Product": {"id": "9", "name": "Tour"}}


def row_of(**values: Any) -> deals.ProductRow:
    [row] = deals.product_rows([{**TOUR, **values}])
    return row


def line_of(row: deals.ProductRow) -> Line:
    draft = Draft("invoice", currency="EUR", base_currency="EUR")
    return beginning._line(row, None, beginning.Prices("EUR", draft), None)


def amount_of(row: deals.ProductRow) -> Decimal:
    return totals(Draft("invoice", lines=(line_of(row),), discount_type="item_level"), {}).total


@pytest.mark.parametrize(
    ("values", "quantity", "price", "said"),
    [
        ({"Quantity": 3, "List_Price": d("9.99"), "Total": d("29.97")}, "3", "9.99", ""),
        ({"Quantity": 4, "Total": d(100)}, "4", "25.00", ""),
        ({"Quantity": 3, "Total": d(100)}, "1", "100", "3 × Tour"),
        ({"Quantity": 30000, "Total": d(1000)}, "1", "1000", "30000 × Tour"),
        ({"Quantity": 4, "Total": d(90), "Discount": d(10)}, "4", "25.00", ""),
        ({"Quantity": d("0.3333333"), "List_Price": d(30), "Total": d(10)}, "1", "10", "0.3333333 × Tour"),
        ({"Quantity": 2, "List_Price": d("1.23456789"), "Total": d("2.47")}, "1", "2.47", "2 × Tour"),
        ({"Quantity": 2, "List_Price": d("1.23456789")}, "2", "1.23", ""),
        ({"Quantity": 2}, "2", "0", ""),
        ({"Quantity": 0, "List_Price": d(5)}, "1", "5", ""),
        ({"Quantity": -3, "List_Price": d(-5), "Discount": d(-1)}, "1", "0", ""),
    ],
)
def test_rule_7_2_a_rows_price_is_one_that_books_keeps_and_gives_the_deals_total(
    values: dict[str, Any], quantity: str, price: str, said: str
) -> None:
    row = row_of(**values)
    assert (format(row.quantity, "f"), format(row.price, "f"), row.said) == (quantity, price, said)
    assert line_of(row).description == said
    if "Total" in values:
        assert amount_of(row) == row.amount == values["Total"]


@given(
    quantity=st.decimals("0.001", 100000, places=3),
    total=st.decimals(0, 10**8, places=2),
    discount=st.decimals(0, 1000, places=2),
)
def test_rule_7_2_a_row_without_a_price_comes_to_its_total_exactly(
    quantity: Decimal, total: Decimal, discount: Decimal
) -> None:
    row = row_of(Quantity=quantity, Total=total, Discount=discount)
    assert amount_of(row) == row.amount == total
    draft = Draft("invoice", lines=(line_of(row),), discount_type="item_level")
    wrong = checks.errors(draft, checks.Facts({}))
    assert not {"lines-0-quantity", "lines-0-rate"} & wrong.keys()


def test_rule_7_2_rows_that_add_up_to_the_cent_raise_no_alarm() -> None:
    """0.333 x 9.99 is 3.32667; Bigin says 3.33, and so does Books."""
    row = row_of(Quantity=d("0.333"), List_Price=d("9.99"), Total=d("3.33"))
    facts = deals.RecordFacts(deals.DEALS, "1", "Deal", amount=d("3.33"))
    prices = beginning.Prices("EUR", Draft("invoice", currency="EUR", base_currency="EUR"))
    assert beginning._notices(facts, (row,), prices) == []
    assert amount_of(row) == d("3.33")


def test_rule_7_2_rows_that_do_not_add_up_to_the_amount_show_both() -> None:
    row = row_of(Quantity=1, List_Price=d(10), Total=d(10))
    facts = deals.RecordFacts(deals.DEALS, "1", "Deal", amount=d(12))
    prices = beginning.Prices("EUR", Draft("invoice", currency="EUR", base_currency="EUR"))
    [notice] = beginning._notices(facts, (row,), prices)
    assert notice == "The deal's products add up to 10 EUR, its amount is 12 EUR."


@pytest.mark.parametrize("value", [None, "", {}, [None], ["x"], [{}], [{"Quantity": 3}], 7])
def test_rule_7_2_what_is_no_row_is_passed_over(value: object) -> None:
    assert deals.product_rows(value) == ()
