"""Canonical values, normalised forms, names, fingerprints: pure."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import FieldType, canonical, fingerprint, full_name, is_normalised, name_parts, same, shown, squeeze


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FieldType.TEXT, "  Acme \u00a0 Ltd\t", "Acme Ltd"),
        (FieldType.TEXT, "   ", None),
        (FieldType.TEXT, "", None),
        (FieldType.MULTILINE, "one\r\ntwo\r\n", "one\ntwo"),
        (FieldType.NUMBER, Decimal("12.500"), "12.5"),
        (FieldType.NUMBER, 0, "0"),
        (FieldType.NUMBER, "1,200.00", "1200"),
        (FieldType.NUMBER, Decimal("1E+3"), "1000"),
        (FieldType.NUMBER, "-0.0", "0"),
        (FieldType.BOOLEAN, "false", False),
        (FieldType.BOOLEAN, "active", True),
        (FieldType.EMAIL, " Ada@Example.com ", "Ada@Example.com"),
        (FieldType.NAME, "Ada\nOkafor", "Ada\nOkafor"),
    ],
)
def test_one_form_per_value(kind: FieldType, raw: object, value: object) -> None:
    assert canonical(kind, raw) == value


@given(
    st.sampled_from(FieldType), st.one_of(st.none(), st.text(max_size=60), st.booleans(), st.decimals(allow_nan=False))
)
def test_canonical_is_stable(kind: FieldType, raw: object) -> None:
    once = canonical(kind, raw)
    assert canonical(kind, once) == once


def test_rule_4_1_first_and_last_name_are_one_value_wherever_a_side_keeps_the_only_one() -> None:
    assert full_name("Ada", "Okafor") == "Ada\nOkafor"
    assert full_name(None, "Okafor") == full_name("Okafor", "") == "Okafor"
    assert name_parts("Ada\nOkafor") == ("Ada", "Okafor")
    assert name_parts("Okafor") == ("", "Okafor")
    assert full_name("", None) is None
    assert shown("Ada\nvan der Berg") == "Ada van der Berg"


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_survive_the_way_there_and_back(first: str, last: str) -> None:
    whole = full_name(first, last)
    if whole is not None:
        given_first, given_last = name_parts(whole)
        assert full_name(given_first, given_last) == whole


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Acme  Ltd", "Acme Ltd"),
        ("Acme Ltd.", "ACME LTD"),
        ("+44 20 7946 0018", "442079460018"),
        ("020 7946 0018", "+44 20 7946 0018".replace("+44 20", "0 20")),
        ("www.example.com", "https://www.example.com/"),
        ("12.50", "12.5"),
        ("x" * 120, "x" * 100),
        (None, None),
    ],
)
def test_what_a_remote_tidied_is_no_edit(sent: str | None, stored: str | None) -> None:
    assert is_normalised(sent, stored)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Acme Ltd", "Acme"),
        ("Acme", None),
        (None, "Acme"),
        ("Acme", "Apex"),
        (True, False),
        ("10", "11"),
        ("ada@example.com", "eva@example.com"),
    ],
)
def test_anything_else_is_what_a_person_wrote(sent: str | bool | None, stored: str | bool | None) -> None:
    assert not is_normalised(sent, stored)


def test_same_content_in_other_clothes_needs_no_write() -> None:
    assert same("https://example.com/", "example.com")
    assert not same("Acme", "ACME")
    assert not same(None, "")
    assert same(True, True)
    assert not same(True, "True")


def test_a_fingerprint_sees_content_and_not_order() -> None:
    assert fingerprint({"a": "1", "b": None}) == fingerprint({"b": None, "a": "1"})
    assert fingerprint({"a": "1"}) != fingerprint({"a": "2"})
    assert fingerprint({"a": None}) != fingerprint({})


@given(st.text())
def test_squeezing_twice_changes_nothing(text: str) -> None:
    assert squeeze(squeeze(text)) == squeeze(text)
