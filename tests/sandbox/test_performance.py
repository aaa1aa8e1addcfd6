"""Performance as counts and ratios; seconds are measured by benchmarks/sandbox_listing.py."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from benchmarks.sandbox_listing import Client, list_all, megabytes, timed
from sandbox.bigin.store import Row, Table
from sandbox.testing import running_sandbox

SMALL, LARGE = 300, 6_000  # companies; three contacts each


@pytest.fixture(scope="module")
def medians() -> dict[int, dict[str, float]]:
    """Companies -> what -> median seconds."""
    found: dict[int, dict[str, float]] = {}
    for companies in (SMALL, LARGE):
        with running_sandbox(f"bulk:{companies}", lift_limits=True) as sandbox, Client(sandbox) as client:
            ids, pages = list_all(client)
            assert (len(set(ids)), pages) == (companies * 3, -(-companies * 3 // 200))
            some = ids[:: len(ids) // 150]
            change = {"data": [{"Title": "Buyer"}]}
            found[companies] = {
                "read": statistics.median(timed(client, "GET", f"/Contacts/{one}") for one in some),
                "write": statistics.median(timed(client, "PUT", f"/Contacts/{one}", change) for one in some),
                "newest page": statistics.median(
                    timed(client, "GET", "/Contacts?fields=id,Last_Name&sort_by=Modified_Time&per_page=20")
                    for _ in range(50)
                ),
                "bytes": megabytes(sandbox.pid) * 2**20,
            }
    return found


@pytest.mark.parametrize("what", ["read", "write", "newest page"])
def test_single_calls_do_not_grow_with_the_records(medians: dict[int, dict[str, float]], what: str) -> None:
    """Twenty times the records, the same time but for noise: nothing sorts or walks the whole table."""
    assert medians[LARGE][what] < 5 * medians[SMALL][what]


def test_memory_per_record(medians: dict[int, dict[str, float]]) -> None:
    """100,000 contacts with their companies fit into 1 GB many times over."""
    records = (LARGE - SMALL) * 4
    assert (medians[LARGE]["bytes"] - medians[SMALL]["bytes"]) / records < 4_000


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
