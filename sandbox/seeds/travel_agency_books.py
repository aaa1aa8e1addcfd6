"""The Books side of every seed: two organisations, and for `travel-agency` customers, items and documents in them.

Made through the engine itself, so that a seeded record is one a client could have made. Names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sandbox.accounts.model import Person
from sandbox.books.organization import BooksOrg, Profile
from sandbox.books.records import BooksUser, Currency, CustomField, Rate, Template
from sandbox.books.settings import save_group, save_tax
from sandbox.seeds.books_records import fill_records
from sandbox.seeds.cast import Cast
from sandbox.world import World

DAY = 86_400
FIRST_ID = "60021234501"
SECOND_ID = "60021234502"
DOCUMENT_ENTITIES = ("invoice", "estimate", "salesorder")
TRAVEL_STYLES = ["Business", "Leisure", "Groups", "Events"]


def fill(world: World, cast: Cast) -> None:
    first = _first(world, cast)
    _second(world, cast)
    if cast.companies:
        fill_records(first, cast, Random(20_811))


@dataclass(frozen=True, slots=True)
class Money:
    code: str
    name: str
    symbol: str
    precision: int = 2
    rate: str = ""


def _first(world: World, cast: Cast) -> BooksOrg:
    """Base currency EUR, as the Bigin organisation's; everyone but the restricted user is a member."""
    profile = Profile(
        FIRST_ID,
        "Wanderlust Travel",
        "382164",
        email="billing@wanderlust-travel.example",
        time_zone="Europe/Lisbon",
        country="Portugal",
        country_code="PT",
        currency_code="EUR",
        portal_name="wanderlusttravel",
        is_default=True,
    )
    org = _organization(world, profile, cast, members=cast.people[:3])
    _currencies(org, Money("EUR", "Euro", "€"), Money("GBP", "Pound Sterling", "£", rate="1.17"))
    standard = save_tax(org, {"tax_name": "IVA standard", "tax_percentage": 23, "is_value_added": True})
    reduced = save_tax(org, {"tax_name": "IVA reduced", "tax_percentage": 6, "is_value_added": True})
    standard.is_default = True
    save_group(org, {"tax_group_name": "Package (IVA + levy)", "taxes": f"{reduced.tax_id},{_levy(org)}"})
    for place, entity in enumerate(DOCUMENT_ENTITIES, 1):
        _field(org, CustomField("", entity, "cf_bigin_key", "Bigin key", is_unique=True, index=place))
    style = CustomField("", "contact", "cf_travel_style", "Travel style", "dropdown", options=TRAVEL_STYLES)
    _field(org, style)
    _field(org, CustomField("", "contact", "cf_loyalty_number", "Loyalty number", index=2))
    _field(org, CustomField("", "item", "cf_season", "Season"))
    return org


def _levy(org: BooksOrg) -> str:
    return save_tax(org, {"tax_name": "City levy", "tax_percentage": 2}).tax_id


def _second(world: World, cast: Cast) -> BooksOrg:
    """Base currency USD; the first administrator and the second Bigin organisation's belong to it. No custom fields."""
    profile = Profile(
        SECOND_ID,
        "Second Org",
        "4207731",
        email="accounts@second-org.example",
        time_zone="America/New_York",
        currency_code="USD",
        portal_name="secondorg",
    )
    org = _organization(world, profile, cast, members=[cast.people[0], cast.people[-1]])
    _currencies(org, Money("USD", "US Dollar", "$"), Money("JPY", "Japanese Yen", "¥", 0, "0.0068"))
    save_tax(org, {"tax_name": "Sales tax", "tax_percentage": Decimal("8.25")})
    return org


def _organization(world: World, profile: Profile, cast: Cast, members: list[Person]) -> BooksOrg:
    org = BooksOrg(world, profile)
    world.books[profile.organization_id] = org
    profile.created = org.now() - 800 * DAY
    profile.contact_name = cast.owner.name
    for number, person in enumerate(dict.fromkeys(one.zuid for one in members)):
        held = world.accounts.people[person]
        held.books_organizations.append(profile.organization_id)
        role = "admin" if number < 2 else "staff"
        org.users.append(BooksUser(org.new_id(), held.name, held.email, role, created=profile.created))
    for kind, name in (
        ("invoice", "Standard"),
        ("invoice", "Spreadsheet"),
        ("estimate", "Standard"),
        ("salesorder", "Standard"),
    ):
        template = Template(org.new_id(), kind, f"{name} Template", name.lower())
        org.templates[template.template_id] = template
    return org


def _currencies(org: BooksOrg, *currencies: Money) -> None:
    """The first is the base."""
    for number, one in enumerate(currencies):
        rates = [Rate(org.new_id(), "2024-01-01", Decimal(one.rate))] if one.rate else []
        held = Currency(org.new_id(), one.code, one.name, one.symbol, one.precision, number == 0, rates)
        org.currencies[held.currency_id] = held


def _field(org: BooksOrg, field: CustomField) -> None:
    field.field_id = org.new_id()
    org.custom_fields[field.field_id] = field
