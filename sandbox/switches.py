"""Switches: one for each thing about Zoho that is unknown or contested. Each package lists its own in `switches.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Switch:
    """`source` says where the default comes from, `text` what each position does."""

    name: str
    default: str
    values: tuple[str, ...]
    source: str
    text: str


class SwitchBoard:
    """Positions of all switches; `board["name"]` reads one."""

    def __init__(self, switches: Iterable[Switch]) -> None:
        self.known = {switch.name: switch for switch in switches}
        self.positions: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.positions.get(name, self.known[name].default)

    def on(self, name: str) -> bool:
        return self[name] == "on"

    def set(self, name: str, value: str) -> None:
        """Raises ValueError with words for the tester."""
        switch = self.known.get(name)
        if switch is None:
            raise ValueError(f"no switch is called {name!r}")
        if value not in switch.values:
            raise ValueError(f"{name} is one of {', '.join(switch.values)}, not {value!r}")
        self.positions[name] = value

    def clear(self) -> None:
        self.positions = {}

    def listing(self) -> list[dict[str, Any]]:
        return [
            {
                "name": switch.name,
                "value": self[switch.name],
                "default": switch.default,
                "values": list(switch.values),
                "source": switch.source,
                "text": switch.text,
            }
            for switch in sorted(self.known.values(), key=lambda switch: switch.name)
        ]
