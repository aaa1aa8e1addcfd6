"""The sums of a document: examples worked out by hand, and properties that hold whatever is typed."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.drafts import Draft, Line, Tax, TaxPart, totals

d = Decimal
VAT20 = Tax("1", "VAT", (TaxPart("1", "VAT", d(20)),))
STATE8 = Tax("2", "State", (TaxPart("2", "State", d("8.25")),))
GROUP = Tax("3", "GST+PST", (TaxPart("4", "GST", d(5)), TaxPart("5", "PST", d("9.975"))))
COMPOUND = Tax("6", "Federal, then city", (TaxPart("7", "Federal", d(10)), TaxPart("8", "City", d(2), compound=True)))
TAXES = {tax.tax_id: tax for tax in (VAT20, STATE8, GROUP, COMPOUND)}


def invoice(*lines: Line, **choices: object) -> Draft:
    return Draft("invoice", lines=lines, **choices)  # type: ignore[arg-type]


def test_lines_are_rounded_half_up_one_by_one() -> None:
    sums = totals(invoice(Line("a", d("0.5"), d("0.01")), Line("b", d(3), d("0.335"))), {})
    assert [line.amount for line in sums.lines] == [d("0.01"), d("1.01")]
    assert (sums.sub_total, sums.tax_total, sums.total) == (d("1.02"), d(0), d("1.02"))


def test_a_simple_tax_is_rounded_once_for_the_document_not_for_each_line() -> None:
    # 3 x 0.10 at 8.25 %: 0.00825 a line, 0.02475 together.
    sums = totals(invoice(*[Line("x", rate=d("0.10"), tax_id="2")] * 3), TAXES)
    assert [(row.name, row.amount) for row in sums.taxes] == [("State", d("0.02"))]
    assert sums.total == d("0.32")


def test_members_of_a_group_are_rounded_each() -> None:
    sums = totals(invoice(Line("x", d(7), d("1.43"), tax_id="3")), TAXES)
    assert [(row.tax_id, row.amount) for row in sums.taxes] == [("4", d("0.50")), ("5", d("1.00"))]
    assert sums.total == d("11.51")


def test_a_compound_tax_is_charged_on_the_amount_and_the_taxes_before_it() -> None:
    sums = totals(invoice(Line("x", rate=d(100), tax_id="6")), TAXES)
    assert [row.amount for row in sums.taxes] == [d("10.00"), d("2.20")]
    assert sums.total == d("112.20")


def test_prices_that_include_taxes_keep_the_total_and_give_the_cents_to_the_last_line() -> None:
    sums = totals(invoice(*[Line("x", rate=d("0.99"), tax_id="1")] * 3, inclusive=True), TAXES)
    assert sums.tax_total == d("0.50")  # 2.97 / 6 = 0.495
    assert [line.amount for line in sums.lines] == [d("0.82"), d("0.82"), d("0.83")]
    assert (sums.sub_total, sums.total) == (d("2.47"), d("2.97"))


@pytest.mark.parametrize(
    ("before_tax", "expected"),
    [
        (True, (d("10.00"), d("18.00"), d("108.00"))),
        (False, (d("12.00"), d("20.00"), d("108.00"))),
    ],
)
def test_a_discount_of_the_whole_before_or_after_tax(
    before_tax: bool, expected: tuple[Decimal, Decimal, Decimal]
) -> None:
    draft = invoice(Line("x", rate=d(100), tax_id="1"), discount=d(10), discount_before_tax=before_tax)
    sums = totals(draft, TAXES)
    assert (sums.discount, sums.tax_total, sums.total) == expected


def test_a_discount_before_tax_is_spread_exactly_so_that_a_tie_rounds_up() -> None:
    # (3.00 - 0.50) x 5 % is 0.125 exactly; spread over three lines in decimals it would fall just short.
    tax = Tax("9", "Five", (TaxPart("9", "Five", d(5)),))
    lines = [Line("x", rate=d(1), tax_id="9")] * 3
    sums = totals(invoice(*lines, discount=d("0.5"), discount_is_percent=False), {"9": tax})
    assert sums.tax_total == d("0.13")


def test_a_discount_of_lines_by_percent_and_by_amount() -> None:
    lines = (
        Line("a", d(2), d(50), discount=d("12.5"), tax_id="1"),
        Line("b", rate=d(30), discount=d("4.99"), discount_is_percent=False, tax_id="1"),
    )
    sums = totals(invoice(*lines, discount_type="item_level", discount=d(99)), TAXES)
    assert [(line.discount, line.amount) for line in sums.lines] == [
        (d("12.50"), d("87.50")),
        (d("4.99"), d("25.01")),
    ]
    assert (sums.discount, sums.tax_total, sums.total) == (d(0), d("22.50"), d("135.01"))


def test_shipping_and_adjustment_are_added_untaxed() -> None:
    draft = invoice(Line("x", rate=d(10), tax_id="1"), shipping=d("4.90"), adjustment=d("-0.40"))
    assert totals(draft, TAXES).total == d("16.50")


def test_a_currency_without_decimals() -> None:
    sums = totals(invoice(Line("x", d(3), d("33.5"), tax_id="2"), precision=0), TAXES)
    assert (sums.sub_total, sums.tax_total, sums.total) == (d(101), d(8), d(109))


def test_a_tax_left_to_books_is_shown_as_the_items_own_and_an_emptied_one_is_none() -> None:
    left = totals(invoice(Line("x", rate=d(10), item_tax_id="1")), TAXES)
    emptied = totals(invoice(Line("x", rate=d(10), item_tax_id="1", tax_id="")), TAXES)
    assert (left.tax_total, emptied.tax_total) == (d("2.00"), d(0))


def test_a_draft_survives_its_own_json() -> None:
    draft = invoice(
        Line("x", d("1.50"), d("0.1"), tax_id="", deal_price=d("9.99")),
        Line("y", item_tax_id="1"),
        date=date(2026, 2, 28), end_date=date(2026, 3, 30), exchange_rate=d("1.085"), person_ids=("1", "2"),
        custom={"7": "x"}, payment_terms=30,
    )  # fmt: skip
    assert Draft.from_json(draft.to_json()) == draft


def test_lines_move_and_leave_and_stop_at_the_ends() -> None:
    draft = invoice(Line("a"), Line("b"), Line("c"))
    names = [line.name for line in draft.with_line_moved(2, -1).without_line(0).with_line(Line("d")).lines]
    assert names == ["c", "b", "d"]
    assert draft.with_line_moved(0, -1) == draft == draft.with_line_moved(2, 1)


amounts = st.decimals(0, 10_000, places=2)
percents = st.decimals(0, 100, places=2)
quantities = st.decimals("0.001", 500, places=3)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    tax_ids = st.sampled_from(["", "1", "2", "3", "6"])
    lines = st.builds(
        Line, name=st.just("x"), quantity=quantities, rate=amounts, discount=percents, tax_id=tax_ids,
    )  # fmt: skip
    return Draft(
        "invoice",
        lines=tuple(draw(st.lists(lines, min_size=1, max_size=8))),
        discount_type=draw(st.sampled_from(["entity_level", "item_level"])),
        discount=draw(percents),
        discount_before_tax=draw(st.booleans()),
        inclusive=draw(st.booleans()),
        shipping=draw(amounts),
        adjustment=draw(st.decimals(-10, 10, places=2)),
        precision=draw(st.sampled_from([0, 2, 3])),
    )


@given(drafts())
def test_the_parts_add_up_to_the_total(draft: Draft) -> None:
    sums = totals(draft, TAXES)
    assert sums.sub_total == sum(line.amount for line in sums.lines)
    assert sums.tax_total == sum(row.amount for row in sums.taxes)
    unit = d(1).scaleb(-draft.precision)
    exact = sums.sub_total + sums.tax_total - sums.discount + sums.shipping + sums.adjustment
    assert abs(sums.total - exact) <= unit / 2
    for value in (sums.sub_total, sums.tax_total, sums.discount, sums.total):
        assert value == value.quantize(unit)


@given(drafts())
def test_taxes_differ_from_the_exact_ones_by_less_than_a_unit_each(draft: Draft) -> None:
    sums = totals(draft, TAXES)
    if not draft.inclusive and not (draft.discount_type == "entity_level" and draft.discount_before_tax):
        exact: Fraction = sum(
            (
                Fraction(total.amount) * Fraction(part.percentage) / 100
                for line, total in zip(draft.lines, sums.lines, strict=True)
                for part in (TAXES[line.shown_tax_id].parts if line.shown_tax_id in ("1", "2", "3") else ())
            ),
            Fraction(0),
        )
        simple = sum((Fraction(row.amount) for row in sums.taxes if row.tax_id in ("1", "2", "4", "5")), Fraction(0))
        assert abs(simple - exact) <= Fraction(len(sums.taxes), 2 * 10**draft.precision)


@given(drafts())
def test_the_order_of_lines_changes_no_sum_of_the_document(draft: Draft) -> None:
    turned = Draft(**{**vars(draft), "lines": draft.lines[::-1]})
    assert totals(turned, TAXES).total == totals(draft, TAXES).total


@given(drafts())
def test_including_taxes_never_changes_what_is_paid_before_discounts(draft: Draft) -> None:
    plain = Draft(**{**vars(draft), "inclusive": True, "discount": d(0), "discount_type": "entity_level"})
    untaxed = Draft(**{**vars(plain), "inclusive": False})
    assert totals(plain, TAXES).total == totals(untaxed, {}).total
