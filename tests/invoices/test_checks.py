"""Issue 5's bad input, refused next to its field; and numbers as people type them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.checks import Facts, NumberError, errors, number
from invoices.drafts import Draft, Line, Tax, TaxPart

d = Decimal
FACTS = Facts({"1": Tax("1", "VAT", (TaxPart("1", "VAT", d(20)),))})
GOOD = Draft(
    "invoice", customer_id="9", lines=(Line("Trip", d(1), d(100)),), date=date(2026, 5, 1), end_date=date(2026, 5, 31),
    currency="EUR", base_currency="EUR",
)  # fmt: skip


def line(**changes: object) -> Draft:
    return replace(GOOD, lines=(replace(GOOD.lines[0], **changes),))  # type: ignore[arg-type]


def test_a_good_draft_has_no_errors() -> None:
    assert errors(GOOD, FACTS) == {}
    assert errors(replace(GOOD, lines=GOOD.lines * 200), FACTS) == {}


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (line(quantity=d(-1)), "lines-0-quantity", "more than 0"),
        (line(quantity=d(0)), "lines-0-quantity", "more than 0"),
        (line(quantity=d(10) ** 10), "lines-0-quantity", "1,000,000,000"),
        (line(quantity=d("0.0000001")), "lines-0-quantity", "6 decimals"),
        (line(rate=d(-5)), "lines-0-rate", "discount"),
        (line(rate=d(10) ** 13), "lines-0-rate", "at most"),
        (line(name="  "), "lines-0-name", "item"),
        (line(name="x" * 101), "lines-0-name", "this has 101"),
        (line(description="x" * 2001), "lines-0-description", "2000"),
        (line(tax_id="404"), "lines-0-tax", "not in Books"),
        (replace(line(discount=d(101)), discount_type="item_level"), "lines-0-discount", "100 %"),
        (
            replace(line(rate=d(0), discount=d(40)), discount_type="item_level"),
            "lines-0-discount",
            "nothing",
        ),
        (
            replace(line(discount=d(101), discount_is_percent=False), discount_type="item_level"),
            "lines-0-discount",
            "more than the line",
        ),
        (replace(line(rate=d(0)), discount=d(40)), "discount", "nothing to discount"),
        (replace(GOOD, discount=d(-1)), "discount", "less than 0"),
        (replace(GOOD, discount=d("100.5")), "discount", "100 %"),
        (replace(GOOD, discount=d(101), discount_is_percent=False), "discount", "add up"),
        (replace(GOOD, discount=d("0.001"), discount_is_percent=False), "discount", "2 decimals"),
        (replace(GOOD, end_date=date(2026, 4, 30)), "end_date", "due date lies before"),
        (replace(GOOD, date=None), "date", "Give the date"),
        (replace(GOOD, date=date(1600, 1, 1)), "date", "between 1970 and 2199"),
        (replace(GOOD, currency="USD"), "exchange_rate", "how many EUR one USD"),
        (replace(GOOD, currency="USD", exchange_rate=d(0)), "exchange_rate", "more than 0"),
        (replace(GOOD, shipping=d(-1)), "shipping", "less than 0"),
        (replace(GOOD, adjustment=d("-100.01")), "adjustment", "less than 0"),
        (replace(GOOD, reference="x" * 51), "reference", "this has 51"),
        (replace(GOOD, lines=()), "lines", "at least one"),
        (replace(GOOD, lines=GOOD.lines * 201), "lines", "at most 200"),
        (replace(line(rate=d(10) ** 12), lines=line(rate=d(10) ** 12).lines * 2), "lines", "total can be"),
        (replace(GOOD, currency="JPY", base_currency="JPY", precision=0, shipping=d("0.5")), "shipping", "Whole"),
    ],
)
def test_bad_input_is_named_next_to_its_field(draft: Draft, field: str, words: str) -> None:
    found = errors(draft, FACTS)
    assert list(found) == [field]
    assert words in found[field]


def test_a_tax_is_not_doubted_while_the_taxes_are_unknown() -> None:
    assert errors(line(tax_id="404"), Facts({}, taxes_known=False)) == {}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12"), (" 12.50 ", "12.50"), ("12,5", "12.5"), (".5", "0.5"), ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"), ("1 234,50", "1234.50"), ("1\u00a0234", "1234"), ("1'234.5", "1234.5"),
        ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("0,125", "0.125"), ("1.234", "1.234"), ("-3", "-3"),
        ("-1,234.5", "-1234.5"), ("٣٫٥", "3.5"), ("5.", "5"),
    ],
)  # fmt: skip
def test_numbers_as_people_type_them(typed: str, meant: str) -> None:
    assert number(typed) == d(meant)


@pytest.mark.parametrize(
    "typed", ["", "-", "1e5", "NaN", "Infinity", "12 €", "1,23,4", "1..2", "0x10", "<b>", "1_000", "²"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(NumberError, match=r"such as 12\.50"):
        number(typed)


def test_a_number_that_may_mean_two_things_is_asked_about() -> None:
    with pytest.raises(NumberError, match=r"Write 1234 or 1\.234"):
        number("1,234")


@given(st.text(max_size=12))
def test_any_text_is_a_finite_number_or_refused(typed: str) -> None:
    try:
        value = number(typed)
    except NumberError:
        return
    assert value.is_finite()


@given(st.decimals(-(10**9), 10**9, places=3))
def test_what_we_print_is_read_back(value: Decimal) -> None:
    assert number(format(value, "f")) == value
