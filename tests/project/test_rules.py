"""Every numbered rule of the product (`tests/rules.txt`) has a test that names its number."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"^test_rule_(\d+)_(\d+)_")


def numbers() -> list[str]:
    lines = (TESTS / "rules.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def named(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and (found := _NAME.match(node.name)):
            yield f"{found[1]}.{found[2]}"


@cache
def all_named() -> frozenset[str]:
    sources = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return frozenset(number for source in sources if "def test_rule_" in source for number in named(source))


def test_every_rule_has_a_test_that_names_it() -> None:
    assert len(numbers()) == len(set(numbers())) == 44
    assert [number for number in numbers() if number not in all_named()] == []


def test_no_test_names_a_rule_that_there_is_not() -> None:
    assert sorted(all_named() - set(numbers())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def test_rule_3_4_a_lost_answer(): ...", ["3.4"]),
        ("def rule_3_4_helper(): ...\n# test_rule_3_4_in_a_comment", []),
        ("def test_rule_3_4(): ...", []),
    ],
)
def test_only_a_tests_own_name_counts(source: str, found: list[str]) -> None:
    assert list(named(source)) == found
