"""How strongly two records look like one (rules 3.1), from their match keys alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from sync import keys
from sync.mapping import Kind


class Strength(IntEnum):
    NONE = 0
    WEAK = 1  # a suggestion: held for a person
    STRONG = 2  # pairs by itself, if it is the only one


@dataclass(frozen=True)
class Likeness:
    """`score` of 100, and why in plain words."""

    strength: Strength
    score: int
    why: str


OTHER_CODE = 75  # score of an item whose name says one thing and whose code another
NO = Likeness(Strength.NONE, 0, "")
# Offered, never taken for granted: Zoho's own integration may have been set up for another CRM (rules 1.4).
TOLD_BY_ZOHO = Likeness(Strength.WEAK, 80, "Zoho's own integration links them")


def likeness(kind: Kind, left: Iterable[str], right: Iterable[str]) -> Likeness:
    mine, other = frozenset(left), frozenset(right)
    common = mine & other
    if not common:
        return NO
    if kind is Kind.PRODUCT_ITEM:
        return _items(common, mine, other)
    if kind is Kind.COMPANY_CUSTOMER:
        return _companies(common)
    return _persons(common)


def search_keys(found: Iterable[str]) -> list[str]:
    """Those keys of a record that may lead to a candidate: a phone alone never does."""
    return [key for key in found if not key.startswith("phone:") and not (_is_role(key))]


def _is_role(key: str) -> bool:
    return key.startswith("email:") and keys.is_role_address(key.removeprefix("email:"))


def _has(common: frozenset[str], what: str) -> bool:
    return any(key.startswith(f"{what}:") for key in common)


def _companies(common: frozenset[str]) -> Likeness:
    if _has(common, "name"):
        return Likeness(Strength.STRONG, 100, "same name")
    if _has(common, "tax"):
        return Likeness(Strength.STRONG, 98, "same tax number")
    mail, phone = _has(common, "email"), _has(common, "phone")
    if _has(common, "norm"):
        if mail or phone:
            return Likeness(Strength.STRONG, 92, f"nearly the same name, same {'e-mail' if mail else 'phone'}")
        return Likeness(Strength.WEAK, 70, "nearly the same name")
    if any(key.startswith("email:") and not _is_role(key) for key in common):
        return Likeness(Strength.WEAK, 60, "same e-mail, another name")
    return NO


def _persons(common: frozenset[str]) -> Likeness:
    name = _has(common, "name") or _has(common, "norm")
    mails = [key for key in common if key.startswith("email:")]
    if any(not _is_role(key) for key in mails):
        return Likeness(Strength.STRONG, 100 if name else 95, "same name and e-mail" if name else "same e-mail")
    if name and mails:
        return Likeness(Strength.STRONG, 92, "same name and shared address")
    if name and _has(common, "phone"):
        return Likeness(Strength.STRONG, 90, "same name and phone")
    return Likeness(Strength.WEAK, 55, "same name only") if name else NO


def _items(common: frozenset[str], mine: frozenset[str], other: frozenset[str]) -> Likeness:
    if _has(common, "sku"):
        return Likeness(Strength.STRONG, 100 if _has(common, "name") else 95, "same code")
    both_coded = _has(mine, "sku") and _has(other, "sku")
    if _has(common, "name"):
        if both_coded:
            return Likeness(Strength.WEAK, OTHER_CODE, "same name, other code")
        return Likeness(Strength.STRONG, 90, "same name")
    if _has(common, "near"):
        return Likeness(Strength.WEAK, 65, "nearly the same code")
    return Likeness(Strength.WEAK, 50, "nearly the same name") if _has(common, "norm") and not both_coded else NO
