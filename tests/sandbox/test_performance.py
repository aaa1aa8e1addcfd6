"""Performance as counts and ratios; seconds are measured by benchmarks/sandbox_listing.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.sandbox_listing import Client, cpu_seconds, list_all, megabytes
from sandbox.bigin.store import Row, Table
from sandbox.testing import running_sandbox

SMALL, LARGE = 300, 6_000  # companies; three contacts each
# The least of some rounds counts: a busy machine, with its cold caches, only ever adds.
ROUNDS, CALLS = 8, 50


@pytest.fixture(scope="module")
def costs() -> dict[int, dict[str, float]]:
    """Companies -> what -> processor seconds of the sandbox for one call: a busy machine changes nothing."""
    return {companies: measured(companies) for companies in (SMALL, LARGE)}


def measured(companies: int) -> dict[str, float]:
    with running_sandbox(f"bulk:{companies}", lift_limits=True) as sandbox, Client(sandbox) as client:
        ids, pages = list_all(client)
        assert (len(set(ids)), pages) == (companies * 3, -(-companies * 3 // 200))
        some = ids[:: max(1, len(ids) // CALLS)][:CALLS]  # from all over the table
        newest = "/Contacts?fields=id,Last_Name&sort_by=Modified_Time&per_page=20"

        def once(method: str, paths: list[str], body: Any) -> float:
            began = cpu_seconds(sandbox.pid)
            for path in paths:
                client.call(method, path, body)
            return (cpu_seconds(sandbox.pid) - began) / len(paths)

        def cost(method: str, paths: list[str], body: Any = None) -> float:
            return min(once(method, paths, body) for _ in range(ROUNDS))

        client.call("GET", newest)  # builds the order once
        return {
            "read": cost("GET", [f"/Contacts/{one}" for one in some]),
            "write": cost("PUT", [f"/Contacts/{one}" for one in some], {"data": [{"Title": "Buyer"}]}),
            "newest page": cost("GET", [newest] * CALLS),
            "bytes": megabytes(sandbox.pid) * 2**20,
        }


@pytest.mark.parametrize("what", ["read", "write", "newest page"])
def test_single_calls_do_not_grow_with_the_records(costs: dict[int, dict[str, float]], what: str) -> None:
    """Twenty times the records, nearly the same cost: nothing sorts or walks the whole table."""
    assert costs[LARGE][what] < 3 * costs[SMALL][what]


def test_memory_per_record(costs: dict[int, dict[str, float]]) -> None:
    """100,000 contacts with their companies fit into 1 GB many times over."""
    records = (LARGE - SMALL) * 4
    assert (costs[LARGE]["bytes"] - costs[SMALL]["bytes"]) / records < 4_000


def test_orders_follow_writes_without_sorting_again() -> None:
    """A write costs a bisection in each order that is in use."""
    table = Table("Contacts", [], [])
    table.fill(Row(f"{n:019d}", {"Last_Name": "x"}, "1", n, n, "1", "1") for n in range(20_000))
    before = table.order("Modified_Time")
    row = table.rows[f"{5:019d}"]
    for n in range(1000):
        table.put(Row(row.id, row.values, "1", row.created, 50_000 + n, "1", "1"), 0.0)
    assert table.order("Modified_Time") is before
    assert before[-1] == (50_999, row.id)
    assert len(before) == 20_000
    assert before == sorted(before)


def test_state_of_many_records_is_one_line_of_json(tmp_path: Path) -> None:
    """Saving does not fail or double anything on a larger world."""
    file = tmp_path / "state.json"
    with running_sandbox("bulk:500", state=file) as sandbox, Client(sandbox) as client:
        client.call("POST", "/Contacts", {"data": [{"Last_Name": "One more"}]})
    with running_sandbox("empty", state=file, lift_limits=True) as sandbox, Client(sandbox) as client:
        ids, _ = list_all(client)
    assert len(set(ids)) == 1501
