"""Incoming field values: checked against the field, turned into what a row stores. Raises RecordError."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.bigin.errors import RecordError
from sandbox.bigin.fields import Field
from sandbox.bigin.org import BiginOrg
from sandbox.bigin.reads import moment
from sandbox.switches import SwitchBoard

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"]+@[^@\s<>()\[\],;:\"]+\.[^@\s<>()\[\],;:\".]+")
MOST_DIGITS = 16
MOST_TAGS = 10
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A lookup that came as a plain name: a company of that name is made (bigin-api.md 5.3)."""

    name: str


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the fields of item `index` of `data`."""

    org: BiginOrg
    switches: SwitchBoard
    module: str
    index: int

    def details(self, name: str, **more: Any) -> dict[str, Any]:
        where = {"json_path": f"$.data[{self.index}].{name}"} if self.switches.on("bigin_json_path") else {}
        return {**more, "api_name": name, **where}

    def bad(self, field: Field, expected: str) -> RecordError:
        return RecordError("INVALID_DATA", "invalid data", self.details(field.api_name, expected_data_type=expected))

    def missing(self, name: str) -> RecordError:
        return RecordError("MANDATORY_NOT_FOUND", "required field not found", self.details(name))

    def values(self, item: dict[str, Any], *, new: bool) -> dict[str, Any]:
        """What the item sets; None clears. Unknown and read-only fields are passed over silently."""
        fields = self.org.fields_of(self.module, self.switches)
        checked: dict[str, Any] = {}
        for name, value in item.items():
            field = fields.get(name)
            if field is None or field.read_only or field.system or name in ("Layout", "Parent_Id"):
                continue
            checked[name] = self.one(field, value)
        for field in fields.values():
            if field.mandatory and (new or field.api_name in checked) and checked.get(field.api_name) is None:
                raise self.missing(field.api_name)
        return checked

    def one(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        if field.api_name == "Tag":
            return self._tags(field, value)
        check = _CHECKS.get(field.data_type, Checker._text)
        return check(self, field, value)

    def _text(self, field: Field, value: Any) -> str | None:
        if not isinstance(value, str):
            raise self.bad(field, "string")
        mode = self.switches["bigin_text"]
        if mode == "collapse" and field.data_type != "textarea":
            value = " ".join(value.split())
        elif mode != "as_sent":
            value = value.strip()
        if len(value) > field.length:
            raise RecordError("INVALID_DATA", "invalid data", self.details(field.api_name, maximum_length=field.length))
        return value or None

    def _email(self, field: Field, value: Any) -> str | None:
        text = self._text(field, value)
        if text is not None and not _EMAIL.fullmatch(text):
            raise self.bad(field, "email")
        return text

    def _phone(self, field: Field, value: Any) -> str | None:
        text = self._text(field, value)
        if text is None or self.switches["bigin_phone"] == "as_sent":
            return text
        return re.sub(r"[\s().-]", "", text) or None

    def _choice(self, field: Field, value: Any) -> str | None:
        text = self._text(field, value)
        if text is None or text == "-None-":
            return None
        strict = self.switches["bigin_unknown_choice"] == "refused" and field.choices
        if strict and text not in field.choices:
            raise self.bad(field, "picklist")
        return text

    def _amount(self, field: Field, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.bad(field, "double")
        number = Decimal(value)
        if number and number.adjusted() >= MOST_DIGITS:
            raise RecordError("INVALID_DATA", "invalid data", self.details(field.api_name, maximum_length=MOST_DIGITS))
        return number

    def _whole(self, field: Field, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**9:
            raise self.bad(field, "integer")
        return int(value)

    def _yes_no(self, field: Field, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.bad(field, "boolean")
        return value

    def _day(self, field: Field, value: Any) -> str:
        try:
            return date.fromisoformat(value if len(value) == len("2026-10-09") else "").isoformat()
        except (TypeError, ValueError):
            raise self.bad(field, "date") from None

    def _time(self, field: Field, value: Any) -> int:
        seconds = moment(value) if isinstance(value, str) else None
        if seconds is None or not 0 <= seconds < 2**33:
            raise self.bad(field, "datetime")
        return seconds

    def _owner(self, field: Field, value: Any) -> str:
        user_id = value.get("id") if isinstance(value, dict) else value
        if not isinstance(user_id, (str, int)) or str(user_id) not in self.org.users:
            raise self._no_such_id(field)
        return str(user_id)

    def _no_such_id(self, field: Field) -> RecordError:
        return RecordError("INVALID_DATA", "the id given seems to be invalid", self.details(field.api_name))

    def _lookup(self, field: Field, value: Any) -> str | NewCompany | None:
        rows = self.org.tables[field.lookup].rows
        if isinstance(value, str):
            if value in rows:
                return value
            name = self._text(self.org.fields["Accounts"]["Account_Name"], value)
            if field.lookup != "Accounts" or name is None:
                raise self.bad(field, "jsonobject")
            return NewCompany(name)
        if not isinstance(value, dict) or "id" not in value:
            raise self.bad(field, "jsonobject")
        if isinstance(value["id"], (dict, list)) or str(value["id"]) not in rows:
            raise self._no_such_id(field)
        return str(value["id"])

    def _tags(self, field: Field, value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > MOST_TAGS:
            raise self.bad(field, "jsonarray")
        names = [one.get("name") if isinstance(one, dict) else None for one in value]
        if not all(isinstance(name, str) and 0 < len(name) <= 25 for name in names):
            raise self.bad(field, "jsonarray")
        return [str(name) for name in dict.fromkeys(names)]

    def _team_pipeline(self, field: Field, value: Any) -> str:
        layout_id = value.get("id") if isinstance(value, dict) else value
        if not isinstance(layout_id, str) or self.org.pipeline(layout_id) is None:
            raise self._no_such_id(field)
        return layout_id

    def _lines(self, field: Field, value: Any) -> list[dict[str, Any]]:
        """Product rows of a deal, by analogy with CRM's Product_Details (switch `bigin_deal_products`)."""
        if not isinstance(value, list) or len(value) > MOST_LINES:
            raise self.bad(field, "jsonarray")
        return [self._line(field, one) for one in value]

    def _line(self, field: Field, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.bad(field, "jsonobject")
        product = self._lookup(field, value.get("Product") or {})
        row = self.org.row("Products", str(product))
        price = (row.values.get("Unit_Price") if row else None) or Decimal(0)
        amounts = {
            name: self._amount(field, default if value.get(name) is None else value[name])
            for name, default in (("Quantity", Decimal(1)), ("List_Price", price), ("Discount", Decimal(0)))
        }
        if any(not number.is_finite() or number < 0 for number in amounts.values()):
            raise self.bad(field, "double")
        return priced({"id": str(value.get("id") or ""), "Product": product, **amounts})


def priced(line: dict[str, Any]) -> dict[str, Any]:
    """With Total = Quantity x List_Price - Discount, rounded to cents."""
    total = line["Quantity"] * line["List_Price"] - line["Discount"]
    return {**line, "Total": total.quantize(Decimal("0.01"))}


_CHECKS: dict[str, Any] = {
    "text": Checker._text,
    "email": Checker._email,
    "phone": Checker._phone,
    "picklist": Checker._choice,
    "currency": Checker._amount,
    "double": Checker._amount,
    "integer": Checker._whole,
    "boolean": Checker._yes_no,
    "date": Checker._day,
    "datetime": Checker._time,
    "ownerlookup": Checker._owner,
    "lookup": Checker._lookup,
    "bigint": Checker._team_pipeline,
    "subform": Checker._lines,
}
