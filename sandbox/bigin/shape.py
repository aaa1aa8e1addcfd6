"""Rows as the API shows them: chosen fields, lookups with names, times in the user's offset, `$` keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.bigin.fields import CURRENCY_FIELDS, MODULES, Field
from sandbox.bigin.org import BiginOrg, BiginUser, display_name, full_name
from sandbox.bigin.store import Row
from sandbox.switches import SwitchBoard

Getter = Callable[[Row], Any]


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=300_000)
def time_text(seconds: int, zone_name: str) -> str:
    """`2026-10-09T22:11:33+03:00` (bigin-api.md 2)."""
    return datetime.fromtimestamp(seconds, zone(zone_name)).isoformat(timespec="seconds")


def person(org: BiginOrg, user_id: str, *, email: bool = False) -> dict[str, Any] | None:
    user = org.users.get(user_id)
    if user is None:
        return None
    named = {"name": user.name, "id": user.id}
    return {**named, "email": user.email} if email else named


class Shape:
    """Compiled once a request: turns rows of one module into JSON objects."""

    def __init__(
        self, org: BiginOrg, user: BiginUser, switches: SwitchBoard, module: str, names: Iterable[str] | None
    ) -> None:
        """`names` None means every field; unknown names are dropped silently (bigin-api.md 2)."""
        self.org = org
        self.user = user
        self.switches = switches
        self.module = module
        self.fields = org.fields_of(module, switches)
        asked = [*self.fields, *DOLLAR] if names is None else list(names)
        self.getters: list[tuple[str, Getter]] = []
        for name in dict.fromkeys(asked):
            getter = self._getter(name)
            if getter is not None:
                self.getters.append((name, getter))

    def __call__(self, row: Row) -> dict[str, Any]:
        shown = {name: getter(row) for name, getter in self.getters}
        shown["id"] = row.id
        return shown

    def with_leftovers(self, row: Row) -> dict[str, Any]:
        """What search shows beyond the fields (bigin-api.md 3.2)."""
        shown = self(row)
        for name in MODULES[self.module].leftovers:
            shown[name] = None
        shown["Locked__s"] = False
        return shown

    def _getter(self, name: str) -> Getter | None:
        if name.startswith("$"):
            return self._dollar(name)
        field = self.fields.get(name)
        if field is None:
            return None
        if field in CURRENCY_FIELDS:
            return self._currency(name)
        return self._system(name) or self._special(name) or self._plain(field)

    def _system(self, name: str) -> Getter | None:
        org, zone_name = self.org, self.user.time_zone
        getters: dict[str, Getter] = {
            "Created_Time": lambda row: time_text(row.created, zone_name),
            "Modified_Time": lambda row: time_text(row.modified, zone_name),
            "Last_Activity_Time": lambda row: time_text(row.activity, zone_name) if row.activity else None,
            "Owner": lambda row: person(org, row.owner, email=True),
            "Created_By": lambda row: person(org, row.created_by),
            "Modified_By": lambda row: person(org, row.modified_by),
            "Full_Name": full_name,
            "Tag": lambda row: [self._tag(one) for one in row.values.get("Tag", ())],
        }
        return getters.get(name)

    def _tag(self, name: str) -> dict[str, Any]:
        return {"name": name, "id": self.org.tag_ids.get(name), "color_code": None}

    def _special(self, name: str) -> Getter | None:
        if self.module == "Notes" and name == "Parent_Id":
            return self._note_parent
        if self.module != "Pipelines":
            return None
        if name == "Associated_Products":
            return self._subform
        if name in ("Pipeline", "Layout"):
            return self._team_pipeline(name)
        return None

    def _plain(self, field: Field) -> Getter:
        name, org = field.api_name, self.org
        if field.data_type == "lookup":
            target = field.lookup
            return lambda row: self._lookup(target, row.values.get(name))
        if field.data_type == "boolean":
            return lambda row: row.values.get(name, field.default or False)
        if field.data_type == "datetime":
            zone_name = self.user.time_zone
            return lambda row: time_text(row.values[name], zone_name) if name in row.values else None
        if field.data_type == "ownerlookup":
            return lambda row: person(org, str(row.values.get(name, "")))
        if name == "Record_Creation_Source_ID__s":
            return lambda row: "0"
        return lambda row: row.values.get(name)

    def _lookup(self, module: str, target: str | None) -> dict[str, Any] | None:
        if target is None:
            return None
        row = self.org.tables[module].rows.get(target)
        return None if row is None else {"name": display_name(module, row), "id": target}

    def _note_parent(self, row: Row) -> dict[str, Any] | None:
        parent, module = row.values.get("Parent_Id"), row.values.get("$parent_module", "")
        if not parent:
            return None
        return {"name": self.org.name_of(module, parent), "id": parent, "module": {"api_name": module}}

    def _team_pipeline(self, name: str) -> Getter:
        as_object = name == "Layout" or self.switches["bigin_pipeline_value"] == "object"

        def get(row: Row) -> Any:
            layout = self.org.pipeline(str(row.values.get("Pipeline")))
            if layout is None:
                return None
            return {"name": layout.name, "id": layout.id} if as_object else layout.id

        return get

    def _subform(self, row: Row) -> list[dict[str, Any]]:
        if self.switches["bigin_deal_products"] not in ("subform", "both"):
            return []
        return [self.line(one) for one in row.values.get("Associated_Products", ())]

    def line(self, line: dict[str, Any]) -> dict[str, Any]:
        """A product row of a deal: a guess by CRM's analogy (switch `bigin_deal_products`)."""
        product = self.org.tables["Products"].rows.get(line["Product"])
        named = None if product is None else {"name": display_name("Products", product), "id": product.id}
        amounts = {name: line[name] for name in ("Quantity", "List_Price", "Discount", "Total")}
        price = None if product is None else product.values.get("Unit_Price")
        return {"id": line["id"], "Product": named, "Unit_Price": price, **amounts}

    def _currency(self, name: str) -> Getter:
        default: Any = self.org.profile.iso_code if name == "Currency" else 1
        return lambda row: row.values.get(name, default)

    def _dollar(self, name: str) -> Getter | None:
        if name == "$currency_symbol":
            symbol = self.org.profile.currency_symbol
            return lambda row: symbol
        if name not in DOLLAR:
            return None
        value = DOLLAR[name]
        return lambda row: value


DOLLAR: dict[str, Any] = {
    "$currency_symbol": "",
    "$editable": True,
    "$sharing_permission": "full_access",
    "$approval_state": "approved",
    "$approval": {"delegate": False, "takeover": False, "approve": False, "reject": False, "resubmit": False},
    "$review_process": {"approve": False, "reject": False, "resubmit": False},
    "$review": None,
    "$state": "save",
    "$process_flow": False,
    "$locked_for_me": False,
    "$in_merge": False,
    "$is_duplicate": False,
    "$orchestration": None,
    "$pathfinder": None,
    "$field_states": None,
    "$zia_visions": None,
    "$zia_owner_assignment": "owner_recommendation_unavailable",
}
