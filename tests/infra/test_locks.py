"""The locks fit pyproject.toml, hold a hash for every package and name no host."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
LOCKS = {"requirements.txt": [], "requirements-demo.txt": ["embedded", "sandbox"], "requirements-dev.txt": list(EXTRAS)}


def entries(file: str) -> dict[str, list[str]]:
    """Each entry's lines by package and version, `name==version`."""
    text = (ROOT / file).read_text().replace("\\\n", " ")
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}


@pytest.mark.parametrize("file", LOCKS)
def test_lock_satisfies_the_project(file: str) -> None:
    locked = {canonicalize_name(name): version for name, version in (entry.split("==") for entry in entries(file))}
    wanted = [
        Requirement(line)
        for line in [*PROJECT["dependencies"], *(line for name in LOCKS[file] for line in EXTRAS[name])]
    ]
    assert [
        str(one) for one in wanted if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))
    ] == []


@pytest.mark.parametrize("file", LOCKS)
def test_lock_is_hashed_and_names_no_host(file: str) -> None:
    for name, rest in entries(file).items():
        assert [word for word in rest if word.startswith("--hash=sha256:")], name
    assert re.findall(r"https?:|file:|^-|find-links|index-url", (ROOT / file).read_text(), re.M) == []


def test_smaller_locks_are_part_of_the_largest() -> None:
    largest = entries("requirements-dev.txt")
    for file in LOCKS:
        assert {name: rest for name, rest in entries(file).items() if largest.get(name) != rest} == {}
