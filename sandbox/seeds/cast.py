"""Who and what a seed put into Bigin, told to the seed of the Books side so that both know the same customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.accounts.model import Person


@dataclass(frozen=True, slots=True)
class CastCompany:
    bigin_id: str
    name: str
    phone: str
    street: str
    city: str
    postcode: str
    country: str
    website: str
    tax_number: str


@dataclass(frozen=True, slots=True)
class CastContact:
    bigin_id: str
    company_id: str  # Bigin id, or empty
    first_name: str
    last_name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class CastProduct:
    bigin_id: str
    name: str
    code: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Cast:
    """`owner` administers both sides; `people` are all accounts. Seeds `empty` and `bulk`: no records."""

    owner: Person
    people: list[Person]
    companies: list[CastCompany] = field(default_factory=list)
    contacts: list[CastContact] = field(default_factory=list)
    products: list[CastProduct] = field(default_factory=list)
