"""Rules 3.1: what pairs by itself, what is only suggested, what never matters. Pure."""

import pytest

from sync import keys
from sync.candidates import Strength, likeness, search_keys
from sync.mapping import Kind

COMPANY, PERSON, ITEM = Kind.COMPANY_CUSTOMER, Kind.CONTACT_PERSON, Kind.PRODUCT_ITEM


def company(name: str, email: str = "", phone: str = "", tax: str = "") -> list[str]:
    return [*keys.name_keys(name), *keys.email_keys(email), *keys.phone_keys(phone), *keys.tax_keys(tax)]


def item(name: str, code: str = "") -> list[str]:
    return [*keys.name_keys(name), *keys.code_keys(code)]


@pytest.mark.parametrize(
    ("left", "right", "strength"),
    [
        (company("Acme  Ltd"), company("ACME ltd"), Strength.STRONG),
        (company("Acme", tax="GB 123456789"), company("Other", tax="gb123456789"), Strength.STRONG),
        (
            company("Acme Ltd", phone="+44 20 7946 0018"),
            company("Acme Limited", phone="020 7946 0018"),
            Strength.STRONG,
        ),
        (company("Acme & Sons", "a@acme.example"), company("Acme and Sons", "a@acme.example"), Strength.STRONG),
        (company("Acme Ltd"), company("Acme Limited"), Strength.WEAK),
        (company("Acme", "a@acme.example"), company("Other", "a@acme.example"), Strength.WEAK),
        (company("Acme", "info@acme.example"), company("Other", "info@acme.example"), Strength.NONE),
        (company("Acme", phone="+44 20 7946 0018"), company("Other", phone="+44 20 7946 0018"), Strength.NONE),
        (company("Acme"), company("Apex"), Strength.NONE),
    ],
)
def test_rule_3_1_companies(left: list[str], right: list[str], strength: Strength) -> None:
    assert likeness(COMPANY, left, right).strength is strength
    assert likeness(COMPANY, right, left).strength is strength


@pytest.mark.parametrize(
    ("left", "right", "strength"),
    [
        (company("Ada Okafor", "ada@x.example"), company("A. Okafor", "ADA@x.example"), Strength.STRONG),
        (company("Ada Okafor", phone="+44 20 7946 0018"), company("Ada Okafor", phone="7946 0018 20"), Strength.WEAK),
        (company("Ada Okafor", phone="0207946 0018"), company("Ada Okafor", phone="+44 207946 0018"), Strength.STRONG),
        (company("Ada Okafor", "office@x.example"), company("Ada Okafor", "office@x.example"), Strength.STRONG),
        (company("Ada", "office@x.example"), company("Eva", "office@x.example"), Strength.NONE),
        (company("Ada Okafor"), company("Ada Okafor"), Strength.WEAK),
    ],
)
def test_rule_3_1_persons_never_by_name_alone(left: list[str], right: list[str], strength: Strength) -> None:
    assert likeness(PERSON, left, right).strength is strength


@pytest.mark.parametrize(
    ("left", "right", "strength"),
    [
        (item("Walk", "GW-1"), item("Glacier walk", "gw-1"), Strength.STRONG),
        (item("Walk"), item("walk"), Strength.STRONG),
        (item("Walk", "GW-1"), item("Walk"), Strength.STRONG),
        (item("Walk", "GW-1"), item("Walk", "GW-2"), Strength.WEAK),
        (item("Walk", "GW 1"), item("Hike", "GW-1"), Strength.WEAK),
        (item("Walk", "GW-1"), item("Hike", "HK-1"), Strength.NONE),
    ],
)
def test_rule_3_1_items_by_code_then_name(left: list[str], right: list[str], strength: Strength) -> None:
    assert likeness(ITEM, left, right).strength is strength


def test_rule_3_1_a_phone_or_a_role_address_leads_to_no_candidate() -> None:
    found = search_keys(company("Acme", "info@acme.example", "+44 20 7946 0018"))
    assert found == ["name:acme", "norm:acme"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("The Old Town Walks Co. Ltd", "old town walks"),
        ("Müller & Söhne GmbH", "muller and sohne"),
        ("A.B.C. Travel, Inc.", "abc travel"),
        ("Ltd", "ltd"),
        ("", ""),
    ],
)
def test_normalised_names(name: str, plain: str) -> None:
    assert keys.normalised_name(name) == plain
