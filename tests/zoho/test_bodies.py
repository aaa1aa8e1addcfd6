"""JSON at the boundary."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoho.bodies import dump, parse, problem, record_results
from zoho.errors import classify


def test_money_is_decimal_to_the_last_digit() -> None:
    value, _ = parse(b'{"total": 1234567890123456.10, "quantity": 3, "tax": 1e-7}')
    assert value == {"total": Decimal("1234567890123456.10"), "quantity": 3, "tax": Decimal("1E-7")}
    assert str(value["total"]) == "1234567890123456.10"


def test_ids_are_text_however_they_are_written() -> None:
    value, _ = parse(b'{"contact_id": 260815000000112011, "id": 5, "lines": [{"tax_id": 7, "rate": 7}], "paid": 1}')
    assert value == {"contact_id": "260815000000112011", "id": "5", "lines": [{"tax_id": "7", "rate": 7}], "paid": 1}


def test_text_that_postgresql_refuses_is_replaced_and_noted() -> None:
    value, noted = parse(rb'{"data": [{"Last_Name": "a\u0000b"}, {"Last_Name": "\ud83d\ude00", "City": "x\ud800"}]}')
    assert value == {"data": [{"Last_Name": "a\ufffdb"}, {"Last_Name": "\U0001f600", "City": "x\ufffd"}]}
    assert noted == ("$.data[0].Last_Name", "$.data[1].City")


def test_ordinary_text_is_not_noted() -> None:
    assert parse('{"name": "Łódź \U0001f600"}'.encode()) == ({"name": "Łódź \U0001f600"}, ())


def test_a_byte_that_is_no_utf8_is_replaced() -> None:
    assert parse(b'{"name": "caf\xe9"}')[0] == {"name": "caf\ufffd"}


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b'{"n": ' + b"9" * 5000 + b"}"]
)
def test_what_is_not_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(content)


@given(st.text())
def test_no_text_comes_through_that_postgresql_refuses(text: str) -> None:
    value, _ = parse(json.dumps({"v": text + "\x00\udc00"}).encode())
    assert "\x00" not in value["v"]
    value["v"].encode()


def test_a_body_is_written_with_exact_numbers() -> None:
    body = {"rate": Decimal("0.10"), "big": Decimal("1E+3"), "q": 2, "ok": True, "none": None, "tags": ["ä", {"x": ()}]}
    assert dump(body) == '{"rate":0.10,"big":1000,"q":2,"ok":true,"none":null,"tags":["\\u00e4",{"x":[]}]}'


def test_a_body_never_holds_what_zoho_or_we_cannot_read() -> None:
    assert dump({"v": "a\x00\ud800"}) == '{"v":"a\\ufffd\\ufffd"}'


@pytest.mark.parametrize("value", [0.1, float("nan"), b"x", object()])
def test_a_float_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        dump({"rate": value})


def test_an_infinite_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        dump({"rate": Decimal("Infinity")})


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "name"]), inner),
    )
)
def test_a_body_is_json(value: object) -> None:
    assert json.loads(dump(value)) == value


def test_results_by_record_are_told_from_other_bodies() -> None:
    result = {"code": "SUCCESS", "status": "success", "details": {}, "message": "record added"}
    assert record_results({"data": [result]}) == [result]
    assert record_results({"watch": [result]}) == [result]
    assert record_results({"data": [{"id": "1", "code": "X"}]}) is None
    assert record_results({"data": []}) is None
    assert record_results({"code": "INVALID_DATA", "status": "error"}) is None
    assert record_results(None) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "message", "details", "error", "data", "watch", "status"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["bigin", "books", "invoice", "accounts"]), JSON)
def test_no_body_is_too_strange_to_be_judged(product: str, body: object) -> None:
    said = problem(product, body)
    assert isinstance(said.code, str)
    assert isinstance(said.message, str)
    assert isinstance(classify(product, "POST", 400, said.code, said.message).error, type)
    assert record_results(body) is None or isinstance(record_results(body), list)
