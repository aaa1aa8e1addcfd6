"""Which granted scopes open which endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# WRITE stands for creating and updating (bigin-api.md 1.7); the reverse does not hold.
_COVERED_BY = {"CREATE": ("CREATE", "WRITE"), "UPDATE": ("UPDATE", "WRITE"), "WRITE": ("WRITE",)}


def allows(granted: Iterable[str], needed: str, params: Mapping[str, str]) -> bool:
    """`needed` like "ZohoBigin.modules.{module}.READ"; ALL, an area alone, and fullaccess widen a grant."""
    scope = needed
    for name, value in params.items():
        scope = scope.replace(f"{{{name}}}", value)
    have = {one.lower() for one in granted}
    return any(one.lower() in have for one in _wider(scope))


def _wider(scope: str) -> list[str]:
    *area, operation = scope.split(".")
    operations = ["ALL", *_COVERED_BY.get(operation, (operation,))]
    wider = [f"{area[0]}.fullaccess.all"]
    for length in range(2, len(area) + 1):
        wider += [".".join([*area[:length], one]) for one in operations]
    return wider


def split(text: str) -> list[str]:
    """Scopes come separated by commas, or by spaces."""
    return [scope for scope in text.replace(",", " ").split() if scope]
