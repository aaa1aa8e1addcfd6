"""One Bigin organisation: its people, modules, layouts, list views, tables and channels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.bigin.fields import CURRENCY_FIELDS, MODULES, Field
from sandbox.bigin.store import Row, Table
from sandbox.stored import stored
from sandbox.switches import SwitchBoard

ADMINISTRATOR = "Administrator"
STANDARD = "Standard"


@stored
@dataclass(slots=True)
class BiginUser:
    """`sees_all` False is the restricted sharing: own records only."""

    id: str
    zuid: str
    email: str
    first_name: str
    last_name: str
    profile: str = STANDARD
    role: str = "Level 1"
    status: str = "active"
    time_zone: str = "Europe/Lisbon"
    locale: str = "en_GB"
    sees_all: bool = True
    denied: list[str] = field(default_factory=list)  # permissions such as Crm_Implied_Delete_Accounts
    created: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@stored
@dataclass(slots=True)
class SubPipeline:
    name: str
    stages: list[str]


@stored
@dataclass(slots=True)
class TeamPipeline:
    """A layout of module Pipelines (bigin-api.md 3.5)."""

    id: str
    name: str
    subs: list[SubPipeline]


@stored
@dataclass(slots=True)
class CustomView:
    """`criteria` as the API gives them: {comparator, field, value} or {group_operator, group}."""

    id: str
    module: str
    name: str
    system_name: str = ""
    default: bool = False
    system_defined: bool = True
    criteria: dict[str, Any] | None = None
    fields: list[str] = field(default_factory=list)
    sort_by: str | None = None
    sort_order: str | None = None
    mine: bool = False
    created_by: str = ""


@stored
@dataclass(slots=True)
class Channel:
    """A notification subscription; `events` like "Contacts.create"."""

    channel_id: str
    events: list[str]
    notify_url: str
    token: str
    expires: int
    zuid: str


@stored
@dataclass(slots=True)
class OrgProfile:
    name: str
    email: str
    country: str
    country_code: str
    time_zone: str
    currency_name: str
    currency_symbol: str
    iso_code: str
    paid: bool = True
    plan: str = "biginpremier"


@stored
@dataclass
class BiginOrg:
    id: str
    prefix: str  # of all ids of this organisation
    zgid: str
    profile: OrgProfile
    users: dict[str, BiginUser] = field(default_factory=dict)
    profile_ids: dict[str, str] = field(default_factory=dict)
    custom_fields: dict[str, list[Field]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    pipelines: list[TeamPipeline] = field(default_factory=list)
    views: list[CustomView] = field(default_factory=list)
    channels: dict[str, Channel] = field(default_factory=dict)
    tag_ids: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)  # contact id -> product ids
    credits: list[list[int]] = field(default_factory=list)  # [minute, credits], last 24 h
    workflow_runs: list[dict[str, str]] = field(default_factory=list)
    created: int = 0
    fields: dict[str, dict[str, Field]] = field(default_factory=dict, metadata={"stored": False})

    def __post_init__(self) -> None:
        for name, module in MODULES.items():
            every = [*module.fields, *self.custom_fields.get(name, [])]
            self.fields[name] = {one.api_name: one for one in every}
            if name not in self.tables:
                unique = [one.api_name for one in every if one.unique]
                lookups = [one.api_name for one in every if one.data_type == "lookup"]
                self.tables[name] = Table(name, unique, lookups)

    @property
    def name(self) -> str:
        return self.profile.name

    def user_of(self, zuid: str) -> BiginUser:
        """Raises KeyError for a stranger."""
        for user in self.users.values():
            if user.zuid == zuid:
                return user
        raise KeyError(zuid)

    def add_custom_field(self, module: str, made: Field) -> None:
        """Raises ValueError when the name is taken."""
        if made.api_name in self.fields[module]:
            raise ValueError(f"{module} has a field {made.api_name} already")
        self.custom_fields.setdefault(module, []).append(made)
        self.fields[module][made.api_name] = made
        if made.unique:
            self.tables[module].make_unique(made.api_name)

    def fields_of(self, module: str, switches: SwitchBoard) -> dict[str, Field]:
        """With the currency of a deal and the length of a city as their switches say."""
        if module == "Contacts" and switches["bigin_mailing_city_length"] != "100":
            city = replace(self.fields[module]["Mailing_City"], length=int(switches["bigin_mailing_city_length"]))
            return {**self.fields[module], "Mailing_City": city}
        if module != "Pipelines" or not switches.on("bigin_currency_per_record"):
            return self.fields[module]
        return {**self.fields[module], **{one.api_name: one for one in CURRENCY_FIELDS}}

    def meta_id(self, name: str) -> str:
        """A stable id for a field, a module, a role or the like."""
        return f"{self.prefix}9{int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**11:011d}"

    def row(self, module: str, row_id: str) -> Row | None:
        return self.tables[module].rows.get(row_id)

    def name_of(self, module: str, row_id: str) -> str:
        row = self.row(module, row_id)
        return "" if row is None else display_name(module, row)

    def pipeline(self, layout_id: str) -> TeamPipeline | None:
        return next((one for one in self.pipelines if one.id == layout_id), None)

    def view(self, view_id: str) -> CustomView | None:
        return next((one for one in self.views if one.id == view_id), None)


def display_name(module: str, row: Row) -> str:
    if module == "Contacts":
        return full_name(row)
    return str(row.values.get(MODULES[module].name_field) or "")


def full_name(row: Row) -> str:
    first, last = row.values.get("First_Name"), row.values.get("Last_Name", "")
    return f"{first} {last}" if first else str(last)
