"""The two Bigin organisations and the five people every seed begins with."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.accounts.model import Person
from sandbox.bigin.fields import Field
from sandbox.bigin.org import (
    ADMINISTRATOR,
    STANDARD,
    BiginOrg,
    BiginUser,
    CustomView,
    OrgProfile,
    SubPipeline,
    TeamPipeline,
)
from sandbox.bigin.store import DAY
from sandbox.world import World

STAGES = ["Enquiry", "Proposal sent", "Negotiation", "Booked", "Lost"]
GROUP_STAGES = ["Enquiry", "Site visit", "Contract", "Booked", "Lost"]
TRAVEL_STYLES = ["Business", "Leisure", "Groups", "Events"]


@dataclass(frozen=True, slots=True)
class Someone:
    zuid: str
    first_name: str
    last_name: str
    email: str
    profile: str
    sees_all: bool = True


WANDERLUST = (
    Someone("700001001", "Marta", "Quintela", "marta.quintela@wanderlust-travel.example", ADMINISTRATOR),
    Someone("700001002", "Jonas", "Brandvik", "jonas.brandvik@wanderlust-travel.example", ADMINISTRATOR),
    Someone("700001003", "Amara", "Delacroix", "amara.delacroix@wanderlust-travel.example", STANDARD),
    Someone("700001004", "Tomasz", "Wielicki", "tomasz.wielicki@wanderlust-travel.example", STANDARD, sees_all=False),
)
SECOND = (Someone("700002001", "Priya", "Ramanujam", "priya.ramanujam@second-org.example", ADMINISTRATOR),)

FIRST_PROFILE = OrgProfile(
    "Wanderlust Travel", WANDERLUST[0].email, "Portugal", "PT", "Europe/Lisbon", "Euro", "€", "EUR"
)
SECOND_PROFILE = OrgProfile(
    "Second Org", SECOND[0].email, "United States", "US", "America/New_York", "US Dollar", "$", "USD"
)


def make_orgs(world: World) -> tuple[BiginOrg, list[Person]]:
    """Returns the travel agency's organisation, and all people with administrators first."""
    first = _org(world, "4876876", "20081234501", FIRST_PROFILE, WANDERLUST)
    _org(world, "5512309", "20081234502", SECOND_PROFILE, SECOND)
    return first, list(world.accounts.people.values())


def _org(world: World, prefix: str, zgid: str, profile: OrgProfile, staff: tuple[Someone, ...]) -> BiginOrg:
    now = int(world.clock.seconds())
    org = BiginOrg(world.ids.next(prefix), prefix, zgid, profile, created=now - 800 * DAY)
    org.profile_ids = {name: world.ids.next(prefix) for name in (ADMINISTRATOR, STANDARD)}
    world.bigin[org.id] = org
    for one in staff:
        world.accounts.add_person(Person(one.zuid, one.email, one.first_name, one.last_name, bigin_orgs=[org.id]))
        user = BiginUser(
            world.ids.next(prefix), one.zuid, one.email, one.first_name, one.last_name, one.profile,
            time_zone=profile.time_zone, sees_all=one.sees_all, created=org.created,
        )  # fmt: skip
        org.users[user.id] = user
    _pipelines(world, org)
    _custom_fields(org)
    _views(world, org)
    return org


def _pipelines(world: World, org: BiginOrg) -> None:
    org.pipelines = [
        TeamPipeline(world.ids.next(org.prefix), "Sales Pipeline", [SubPipeline("Sales Pipeline Standard", STAGES)]),
        TeamPipeline(
            world.ids.next(org.prefix),
            "Group Travel",
            [SubPipeline("Groups", GROUP_STAGES), SubPipeline("Conferences", GROUP_STAGES)],
        ),
    ]


def _custom_fields(org: BiginOrg) -> None:
    org.add_custom_field("Accounts", Field("Tax_Number", "Tax Number", length=50, custom=True))
    style = Field("Travel_Style", "Travel Style", "picklist", custom=True, choices=["-None-", *TRAVEL_STYLES])
    org.add_custom_field("Accounts", style)
    org.add_custom_field("Contacts", Field("Seat_Preference", "Seat Preference", length=60, custom=True))
    org.add_custom_field("Products", Field("Season", "Season", length=60, custom=True))


def _views(world: World, org: BiginOrg) -> None:
    columns = {
        "Contacts": ["Full_Name", "Account_Name", "Email", "Phone"],
        "Accounts": ["Account_Name", "Phone", "Website"],
        "Products": ["Product_Name", "Product_Code", "Unit_Price"],
        "Pipelines": ["Deal_Name", "Amount", "Stage", "Closing_Date"],
    }
    labels = {"Accounts": "Companies"}
    for module, fields in columns.items():
        label = labels.get(module, module)
        for name, system, mine in (
            (f"All {label}", "ALLVIEWS", False),
            (f"My {label}", "MYVIEWS", True),
        ):
            view = CustomView(world.ids.next(org.prefix), module, name, system, fields=fields, mine=mine)
            view.default = system == "ALLVIEWS"
            org.views.append(view)
    _own_view(world, org, "Contacts", "Contacts with a company", "Account_Name", "not_equal", "${EMPTY}")
    _own_view(world, org, "Accounts", "Companies in Portugal", "Billing_Country", "equals", "Portugal")
    _own_view(world, org, "Products", "Active products", "Product_Active", "equals", "true")


def _own_view(world: World, org: BiginOrg, module: str, name: str, field: str, comparator: str, value: str) -> None:
    criteria = {"comparator": comparator, "field": {"api_name": field}, "value": value}
    view = CustomView(world.ids.next(org.prefix), module, name, criteria=criteria, system_defined=False)
    view.fields = [field]
    org.views.append(view)
