"""The sums of documents: hand-reckoned cases over HTTP, and properties of the pure function (books-api.md 5.3)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.books.papers import Document, Line
from sandbox.books.records import Address
from sandbox.books.totals import Rules, TaxPart, compute
from tests.sandbox_books.api import Books, Json


@pytest.fixture
def taxes(books: Books) -> dict[str, str]:
    five, two = books.tax("Five", 5), books.tax("Two", 2)
    on_top = books.tax("On top", 10, tax_type="compound_tax")
    found = {"five": five, "two": two}
    for name, members in (("both", f"{five},{two}"), ("compound", f"{on_top},{five}")):
        body = {"tax_group_name": name, "taxes": members}
        found[name] = books.made("/settings/taxgroups", body, "tax_group")["tax_group_id"]
    return found


CASES: list[tuple[str, Json, list[Json], dict[str, str]]] = [
    ("plain", {}, [{"rate": "33.333", "quantity": 3}], {"sub_total": "100.00", "total": "100.00"}),
    ("one tax", {}, [{"rate": 100, "tax_id": "five"}], {"tax_total": "5", "total": "105"}),
    ("half a cent rounds up", {}, [{"rate": "0.10", "tax_id": "five"}], {"tax_total": "0.01", "total": "0.11"}),
    ("a group", {}, [{"rate": 200, "tax_id": "both"}], {"tax_total": "14", "total": "214"}),
    (
        "compound on top of the other",
        {},
        [{"rate": 100, "tax_id": "compound"}],
        {"tax_total": "15.5", "total": "115.5"},
    ),
    (
        "a line's percentage",
        {"discount_type": "item_level"},
        [{"rate": 100, "quantity": 2, "discount": "10%", "tax_id": "five"}, {"rate": 10, "discount": 3}],
        {"sub_total": "187", "tax_total": "9", "total": "196"},
    ),
    (
        "percentage before tax",
        {"discount": "10%", "is_discount_before_tax": True},
        [{"rate": 100, "tax_id": "five"}, {"rate": 100}],
        {"sub_total": "200", "discount_total": "20", "tax_total": "4.5", "total": "184.5"},
    ),
    (
        "percentage after tax",
        {"discount": "10%", "is_discount_before_tax": False},
        [{"rate": 100, "tax_id": "five"}, {"rate": 100}],
        {"discount_total": "20.5", "tax_total": "5", "total": "184.5"},
    ),
    (
        "amount, shipping, adjustment",
        {"discount": 15, "shipping_charge": "7.5", "adjustment": "-0.25"},
        [{"rate": 100}],
        {"discount_total": "15", "total": "92.25"},
    ),
    (
        "inclusive",
        {"is_inclusive_tax": True},
        [{"rate": 105, "tax_id": "five"}, {"rate": 10}],
        {"sub_total": "110", "tax_total": "5", "total": "115", "sub_total_inclusive_of_tax": "115"},
    ),
    (
        "inclusive, compound",
        {"is_inclusive_tax": True},
        [{"rate": "115.50", "tax_id": "compound"}],
        {"sub_total": "100", "tax_total": "15.5", "total": "115.5"},
    ),
    (
        "inclusive with a discount",
        {"is_inclusive_tax": True, "discount": "10%"},
        [{"rate": 105, "tax_id": "five"}],
        {"discount_total": "10.5", "tax_total": "4.5", "total": "94.5"},
    ),
    (
        "reverse charge is shown and not added",
        {"is_reverse_charge_applied": True},
        [{"rate": 100, "tax_id": "five"}],
        {"tax_total": "0", "reverse_charge_tax_total": "5", "total": "100"},
    ),
]


@pytest.mark.parametrize(("name", "more", "lines", "expected"), CASES, ids=[case[0] for case in CASES])
def test_hand_reckoned(
    books: Books, taxes: dict[str, str], name: str, more: Json, lines: list[Json], expected: dict[str, str]
) -> None:
    given_lines = [{"name": name, **line, "tax_id": taxes.get(line.get("tax_id", ""), "")} for line in lines]
    made = books.document("invoice", line_items=given_lines, **more)
    assert {key: Decimal(made[key]) for key in expected} == {key: Decimal(value) for key, value in expected.items()}


def test_tax_rows_name_each_member_of_a_group(books: Books, taxes: dict[str, str]) -> None:
    made = books.document("invoice", line_items=[{"name": "T", "rate": 100, "tax_id": taxes["both"]}])
    assert [(one["tax_name"], one["tax_amount"]) for one in made["taxes"]] == [("Five (5%)", 5), ("Two (2%)", 2)]
    assert [one["tax_amount"] for one in made["line_items"][0]["line_item_taxes"]] == [5, 2]


def test_tax_comes_from_item_then_customer_and_exempt_customers_pay_none(books: Books, taxes: dict[str, str]) -> None:
    item = books.item("Tour", 100, tax_id=taxes["five"])["item_id"]
    untaxed = books.item("Stamp", 100, is_taxable=False)["item_id"]
    customer = books.contact("Alder", tax_id=taxes["two"])["contact_id"]
    lines = [{"item_id": item}, {"name": "Free", "rate": 100}, {"item_id": item, "tax_id": ""}, {"item_id": untaxed}]
    made = books.document("invoice", customer, line_items=lines)
    assert [line["tax_percentage"] for line in made["line_items"]] == [5, 2, 0, 0]
    exempt = books.contact("School", is_taxable=False)["contact_id"]
    made = books.document("invoice", exempt, line_items=[{"item_id": item, "tax_id": taxes["five"]}])
    assert (made["tax_total"], made["total"]) == (0, 100)


def test_a_currency_without_cents(sandbox: Any) -> None:
    books = Books(sandbox, organization="60021234502")
    yen = next(one for one in books.get("/settings/currencies").json()["currencies"] if one["currency_code"] == "JPY")
    customer = books.contact(currency_id=yen["currency_id"])["contact_id"]
    tax = books.tax("Ten", 10)
    made = books.document("invoice", customer, line_items=[{"name": "T", "rate": "1234.5", "tax_id": tax}])
    assert (made["sub_total"], made["tax_total"], made["total"]) == (1235, 124, 1359)


amounts = st.decimals(min_value=0, max_value=10_000, places=3, allow_nan=False, allow_infinity=False)
percents = st.decimals(min_value=0, max_value=40, places=2, allow_nan=False, allow_infinity=False)
lines_of = st.lists(
    st.tuples(amounts, st.decimals(min_value=0, max_value=50, places=2), st.sampled_from(["", "a", "b", "ab"])),
    min_size=1,
    max_size=8,
)


def paper(lines: list[tuple[Decimal, Decimal, str]], **more: Any) -> Document:
    made = Document("1", "invoice", "N", "1", "1", "2026-01-01", Address(), Address())
    made.lines = [Line(str(n), rate=rate, quantity=many, tax_id=tax) for n, (rate, many, tax) in enumerate(lines)]
    for name, value in more.items():
        setattr(made, name, value)
    return made


def rules(first: Decimal, second: Decimal, precision: int, *, each_line: bool) -> Rules:
    a, b = TaxPart("a", "A", first), TaxPart("b", "B", second, compound=True)
    parts = {"": (), "a": (a,), "b": (b,), "ab": (a, b)}
    return Rules(precision, lambda tax_id: parts[tax_id], each_line)


def on_the_grid(amount: Decimal, precision: int) -> bool:
    return amount == amount.quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP)


@settings(max_examples=300, deadline=None)
@given(
    lines=lines_of,
    first=percents,
    second=percents,
    precision=st.sampled_from([0, 2, 3]),
    each_line=st.booleans(),
    inclusive=st.booleans(),
    before_tax=st.booleans(),
    percent=st.one_of(st.none(), percents),
    reverse=st.booleans(),
)
def test_sums_hold_together(
    *,
    lines: list[tuple[Decimal, Decimal, str]],
    first: Decimal,
    second: Decimal,
    precision: int,
    each_line: bool,
    inclusive: bool,
    before_tax: bool,
    percent: Decimal | None,
    reverse: bool,
) -> None:
    """total = sub_total - discount_total + tax_total + shipping + adjustment, everything on the currency's grid."""
    made = paper(lines, inclusive=inclusive, discount_before_tax=before_tax, reverse_charge=reverse)
    made.shipping_charge, made.adjustment = Decimal("3"), Decimal("-1")
    if percent is not None:
        made.discount, made.discount_is_percent = percent, True
    sums = compute(made, rules(first, second, precision, each_line=each_line))
    assert sums.total == sums.sub_total - sums.discount_total + sums.tax_total + 2
    assert sums.sub_total == sum(line.item_total for line in made.lines)
    assert sum((row.amount for row in sums.taxes), Decimal(0)) == sums.tax_total + sums.reverse_charge
    amounts_of = [
        sums.sub_total,
        sums.discount_total,
        sums.tax_total,
        sums.total,
        *(one.item_total for one in made.lines),
    ]
    assert all(on_the_grid(amount, precision) for amount in amounts_of)
    if inclusive and percent is None and not reverse:
        assert sums.total == sum(line.item_total_inclusive for line in made.lines) + 2
    assert 0 <= sums.discount_total <= sums.sub_total + sums.tax_total + sums.reverse_charge


@settings(max_examples=200, deadline=None)
@given(lines=lines_of, first=percents, percent=percents)
def test_discount_never_raises_the_total(
    lines: list[tuple[Decimal, Decimal, str]], first: Decimal, percent: Decimal
) -> None:
    plain = compute(paper(lines), rules(first, Decimal(0), 2, each_line=False))
    less = compute(
        paper(lines, discount=percent, discount_is_percent=True), rules(first, Decimal(0), 2, each_line=False)
    )
    assert less.total <= plain.total
