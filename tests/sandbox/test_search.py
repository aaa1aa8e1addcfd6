"""Search, its lag and its words; counts; COQL's absence (bigin-api.md 5.8 - 5.10)."""

from __future__ import annotations

import pytest

from sandbox.testing import BIGIN_SCOPES
from tests.sandbox.api import Bigin, error


@pytest.fixture
def indexed(bigin: Bigin) -> Bigin:
    """Some records that the index already knows."""
    company = bigin.add("Accounts", Account_Name="Acme (Holding), Ltd")
    bigin.add_all(
        "Contacts",
        [
            {"Last_Name": "Doe", "First_Name": "Jo", "Email": "jo@doe.example", "Phone": "+351 21 000 111"},
            {"Last_Name": "Roe", "Account_Name": {"id": company}},
        ],
    )
    bigin.add_all(
        "Products",
        [
            {"Product_Name": "City Test Product", "Unit_Price": 10},
            {"Product_Name": "City Unlink Test Product", "Unit_Price": 20.5},
            {"Product_Name": "Other", "Product_Active": False},
        ],
    )
    bigin.sandbox.advance(30)
    return bigin


def names(bigin: Bigin, module: str, field: str, **params: str) -> list[str]:
    return sorted(row[field] for row in bigin.rows(f"/{module}/search", **params))


def test_equals_matches_words_not_the_whole(indexed: Bigin) -> None:
    """5.8 LIVE upsert-contact-with-relations: a search for one name also returned another that has the same words."""
    criteria = "(Product_Name:equals:City Test Product)"
    found = names(indexed, "Products", "Product_Name", criteria=criteria)
    assert found == ["City Test Product", "City Unlink Test Product"]


@pytest.mark.parametrize(
    ("module", "criteria", "count"),
    [
        ("Products", "(Unit_Price:greater_than:10)", 1),
        ("Products", "(Unit_Price:greater_equal:10)", 2),
        ("Products", "(Unit_Price:less_than:10.5)", 1),
        ("Products", "(Unit_Price:less_equal:20.5)", 2),
        ("Products", "(Unit_Price:between:11,30)", 1),
        ("Products", "(Unit_Price:in:10,20.5)", 2),
        ("Products", "(Unit_Price:not_equal:10)", 1),
        ("Products", "((Product_Name:starts_with:city)and(Unit_Price:equals:10))", 1),
        ("Products", "((Product_Name:equals:Other)or(Unit_Price:equals:10))", 2),
        ("Products", "(((Product_Name:equals:Other)or(Unit_Price:equals:10))and(Product_Active:equals:true))", 1),
        ("Products", "(Product_Name:in:Other,City Test Product)", 2),
        ("Products", "(Product_Name:not_equal:Other)", 2),
        ("Contacts", "(Email:equals:JO@DOE.example)", 1),
        ("Contacts", "(Created_Time:greater_than:2026-10-09T11:00:00+00:00)", 2),
        ("Contacts", "(Modified_Time:greater_than:2026-10-09T13:00:01+00:00)", 0),
        ("Accounts", r"(Account_Name:starts_with:Acme \(Holding\)\, L)", 1),
    ],
)
def test_criteria_operators(indexed: Bigin, module: str, criteria: str, count: int) -> None:
    """5.8 DOC: text and number operators, and/or groups, escaped brackets and commas."""
    assert len(indexed.rows(f"/{module}/search", criteria=criteria)) == count


def test_lookup_criteria_by_id_and_name(indexed: Bigin) -> None:
    """5.8: contacts of a company."""
    company = indexed.rows("/Accounts", fields="id")[0]["id"]
    assert names(indexed, "Contacts", "Last_Name", criteria=f"(Account_Name:equals:{company})") == ["Roe"]


@pytest.mark.parametrize(
    "criteria",
    [
        "Last_Name:equals:Doe",
        "(Last_Name:equals)",
        "(Nope:equals:1)",
        "(Last_Name:greater_than:1)",
        "(Description:equals:x)",
        "(Last_Name:equals:a)and(",
        "(Last_Name:equals:a)and(Last_Name:equals:b)or(Last_Name:equals:c)",
        "(Created_Time:greater_than:yesterday)",
        "(" * 30,
        "and".join(["(Last_Name:equals:a)"] * 11),
    ],
)
def test_bad_criteria_are_invalid_query(indexed: Bigin, criteria: str) -> None:
    """8 CODE: INVALID_QUERY; 5.8: ten criteria at most."""
    assert error(indexed.get("/Contacts/search", criteria=criteria)) == (400, "INVALID_QUERY")


def test_sub_pipeline_is_not_searchable(indexed: Bigin) -> None:
    """3.5, 10.5 LIVE-OP."""
    answer = indexed.get("/Pipelines/search", criteria="(Sub_Pipeline:equals:Groups)")
    assert error(answer) == (400, "INVALID_QUERY")


def test_search_by_email_phone_and_word(indexed: Bigin) -> None:
    """5.8."""
    assert names(indexed, "Contacts", "Last_Name", email="JO@doe.example") == ["Doe"]
    assert names(indexed, "Contacts", "Last_Name", phone="21000111") == ["Doe"]
    assert names(indexed, "Contacts", "Last_Name", word="ro") == ["Roe"]
    assert indexed.get("/Contacts/search", word="zzz").status_code == 204


def test_exactly_one_kind_of_search(indexed: Bigin) -> None:
    """5.8: exactly one of criteria, email, phone, word; a word has two characters."""
    assert error(indexed.get("/Contacts/search")) == (400, "REQUIRED_PARAM_MISSING")
    assert error(indexed.get("/Contacts/search", word="do", email="a@b.example")) == (
        400,
        "AMBIGUITY_DURING_PROCESSING",
    )
    assert error(indexed.get("/Contacts/search", word="d")) == (400, "INVALID_DATA")


def test_search_answers_leftovers_dollars_and_no_tokens(indexed: Bigin) -> None:
    """5.8 LIVE: all fields with $ keys; 3.2: CRM leftovers, all null; info without token keys."""
    body = indexed.get("/Contacts/search", word="doe").json()
    row = body["data"][0]
    assert (row["Department"], row["Secondary_Email"], row["Locked__s"]) == (None, None, False)
    assert (row["$editable"], row["$currency_symbol"]) == (True, "€")
    assert set(body["info"]) == {"per_page", "count", "page", "sort_by", "sort_order", "more_records"}


@pytest.mark.parametrize(("position", "only_asked"), [("honoured", True), ("ignored", False)])
def test_switch_bigin_search_fields(indexed: Bigin, position: str, only_asked: bool) -> None:
    """12.5."""
    indexed.sandbox.switch(bigin_search_fields=position)
    row = indexed.rows("/Contacts/search", word="doe", fields="Last_Name")[0]
    assert (set(row) == {"id", "Last_Name"}) is only_asked


@pytest.mark.parametrize(("position", "at_once"), [("15", 0), ("0", 1)])
def test_switch_bigin_search_lag(bigin: Bigin, position: str, at_once: int) -> None:
    """5.8 LIVE-NOTE: eventually consistent, 10-20 s after writes."""
    bigin.sandbox.switch(bigin_search_lag=position)
    contact = bigin.add("Contacts", Last_Name="Doe")
    assert len(bigin.rows("/Contacts/search", word="doe")) == at_once
    bigin.sandbox.advance(16)
    assert len(bigin.rows("/Contacts/search", word="doe")) == 1
    bigin.put(f"/Contacts/{contact}", {"data": [{"Last_Name": "Smith"}]})
    assert len(bigin.rows("/Contacts/search", word="smith")) == at_once
    bigin.sandbox.advance(16)
    assert len(bigin.rows("/Contacts/search", word="smith")) == 1
    bigin.delete(f"/Contacts/{contact}")
    assert bigin.get("/Contacts/search", word="smith").status_code == 204


def test_search_stops_at_two_thousand(indexed: Bigin) -> None:
    """5.8 CRM: LIMIT_REACHED."""
    assert error(indexed.get("/Contacts/search", word="doe", page=11)) == (400, "LIMIT_REACHED")


def test_search_needs_the_search_scope(bigin: Bigin) -> None:
    """1.7 DOC search-records: module READ plus ZohoSearch.securesearch.READ."""
    scopes = [scope for scope in BIGIN_SCOPES if not scope.startswith("ZohoSearch")]
    narrow = Bigin(bigin.sandbox, scopes=scopes)
    assert error(narrow.get("/Contacts/search", word="doe")) == (401, "OAUTH_SCOPE_MISMATCH")


def test_count(indexed: Bigin) -> None:
    """5.10 CRM: {"count": n}, with criteria or cvid but not both."""
    assert indexed.get("/Products/actions/count").json() == {"count": 3}
    assert indexed.get("/Products/actions/count", criteria="(Unit_Price:equals:10)").json() == {"count": 1}
    view = indexed.get("/settings/custom_views", module="Products").json()["custom_views"][-1]
    assert view["name"] == "Active products"
    assert indexed.get("/Products/actions/count", cvid=view["id"]).json() == {"count": 2}
    answer = indexed.get("/Products/actions/count", cvid=view["id"], word="city")
    assert error(answer) == (400, "AMBIGUITY_DURING_PROCESSING")


@pytest.mark.parametrize(
    ("position", "refusal"), [("absent", (404, "INVALID_URL_PATTERN")), ("no_scope", (401, "OAUTH_SCOPE_MISMATCH"))]
)
def test_switch_bigin_coql(bigin: Bigin, position: str, refusal: tuple[int, str]) -> None:
    """5.9, 12.10: one author says "does not exist / no scope"; clients feature-detect it and fall back to search."""
    bigin.sandbox.switch(bigin_coql=position)
    assert error(bigin.post("/coql", {"select_query": "select id from Contacts"})) == refusal
