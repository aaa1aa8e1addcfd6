"""What a member may do with documents: administrators all, everybody else what an administrator allowed (rules 7.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from accounts import remembered
from accounts.models import Installation, Member
from invoices.models import Action

Right = Literal["view", "create", "send", "void", "delete"]
RIGHTS: tuple[Right, ...] = ("view", "create", "send", "void", "delete")
DEFAULTS: Mapping[Right, bool] = {"view": True, "create": True, "send": True, "void": False, "delete": False}
NEEDED: Mapping[str, Right] = {
    Action.Op.SEND: "send",
    Action.Op.MARK_SENT: "send",
    Action.Op.ACCEPT: "send",
    Action.Op.DECLINE: "send",
    Action.Op.CONFIRM: "send",
    Action.Op.VOID: "void",
    Action.Op.COMMENT: "create",
    Action.Op.DELETE: "delete",
}
_SETTING = "standard_rights"


def standard_rights(installation: Installation) -> dict[Right, bool]:
    held = installation.settings.get(_SETTING)
    chosen = held if isinstance(held, dict) else {}
    return {right: chosen.get(right, DEFAULTS[right]) is True for right in RIGHTS}


def rights_of(member: Member) -> frozenset[Right]:
    """Without the right to view there is none."""
    if member.is_administrator:
        return frozenset(RIGHTS)
    allowed = standard_rights(member.installation)
    return frozenset(right for right in RIGHTS if allowed[right]) if allowed["view"] else frozenset()


def save_standard_rights(installation: Installation, chosen: Mapping[Right, bool]) -> None:
    remembered.store(installation, **{_SETTING: dict(chosen)})
