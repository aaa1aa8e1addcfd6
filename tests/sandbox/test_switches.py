"""Every switch of the accounts server and of Bigin is listed, explained and tested in each of its positions."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import FunctionType

import pytest

from sandbox.accounts.switches import SWITCHES as ACCOUNTS
from sandbox.bigin.switches import SWITCHES as BIGIN
from sandbox.faults import KINDS
from sandbox.switches import Switch
from sandbox.testing import DoorError, Sandbox

OURS = [*ACCOUNTS, *BIGIN]


def switch_tests() -> dict[str, FunctionType]:
    """Switch -> its test, `test_switch_<name>` somewhere in this folder."""
    found: dict[str, FunctionType] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        module = importlib.import_module(f"tests.sandbox.{path.stem}")
        for name, value in vars(module).items():
            if name.startswith("test_switch_") and isinstance(value, FunctionType):
                found[name.removeprefix("test_switch_")] = value
    return found


def positions_of(function: FunctionType) -> set[str]:
    """All values that the test is parametrized with."""
    values: set[str] = set()
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            for one in mark.args[1]:
                values |= {str(value) for value in (one if isinstance(one, tuple) else (one,))}
    return values


@pytest.mark.parametrize("switch", OURS, ids=lambda switch: switch.name)
def test_each_position_has_a_test(switch: Switch) -> None:
    """Issue 3: a test of both positions."""
    function = switch_tests().get(switch.name)
    assert function is not None, f"test_switch_{switch.name} is missing"
    assert set(switch.values) <= positions_of(function)


@pytest.mark.parametrize("switch", OURS, ids=lambda switch: switch.name)
def test_each_switch_explains_itself(switch: Switch) -> None:
    """Default, values, source and text."""
    assert switch.default in switch.values
    assert len(switch.source) > 10
    assert len(switch.text) > 10


def test_the_door_lists_every_switch(sandbox: Sandbox) -> None:
    """GET switches: accounts, Bigin and Books, no name twice."""
    listed = sandbox.control("GET", "switches")["switches"]
    names = [one["name"] for one in listed]
    assert {switch.name for switch in OURS} < set(names)
    assert len(names) == len(set(names))
    assert all(set(one) == {"name", "value", "default", "values", "source", "text"} for one in listed)


def test_switches_are_set_and_cleared(sandbox: Sandbox) -> None:
    """POST, PUT and DELETE; all or nothing."""

    def value(name: str) -> str:
        listed = sandbox.control("GET", "switches")["switches"]
        return next(str(one["value"]) for one in listed if one["name"] == name)

    sandbox.control("PUT", "switches", {"bigin_text": "as_sent"})
    with pytest.raises(DoorError, match="no switch is called"):
        sandbox.switch(bigin_text="trim", nonsense="on")
    assert value("bigin_text") == "as_sent"
    sandbox.control("DELETE", "switches")
    assert value("bigin_text") == "trim"


@pytest.mark.parametrize("position", ["on"])
def test_unknown_values_are_refused_with_the_known_ones(sandbox: Sandbox, position: str) -> None:
    """Words for the tester."""
    with pytest.raises(DoorError, match="as_sent, trim, collapse"):
        sandbox.switch(bigin_text=position)


def test_the_page_about_the_sandbox_is_complete(sandbox: Sandbox) -> None:
    """docs/sandbox.md names every switch with its default, every kind of fault and every door."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    listed = sandbox.control("GET", "switches")["switches"]
    assert [one["name"] for one in listed if f"`{one['name']}` (**{one['default']}**" not in text] == []
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
    doors = {door.split("/__sandbox__/")[1] for door in sandbox.control("GET", "")["doors"]}
    assert [door for door in sorted(doors - {""}) if door not in text] == []
