"""A large organisation: pages without sorting anew, and with `-m soak` the promises for 100,000 contacts over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sandbox import state
from sandbox.books import contacts
from sandbox.books.organization import BooksOrg
from sandbox.building import build_world
from sandbox.testing import running_sandbox
from sandbox.world import Options, World
from tests.sandbox_books.api import FIRST, NOW, Books


def filled(count: int) -> World:
    world = build_world(Options(seed="empty", lift_limits=True))
    org: BooksOrg = world.books[FIRST]
    for number in range(count):
        person = {"first_name": "Ann", "last_name": f"No {number}", "email": f"ann{number}@big.example"}
        body: dict[str, Any] = {"contact_name": f"Company {number:06d}", "contact_persons": [person]}
        contacts.create(org, {**body, "billing_address": {"city": "Porto"}}, org.users[0].user_id)
    return world


def test_pages_are_cut_from_a_kept_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order is sorted once; a write moves one entry, and the next page shows it."""
    org: BooksOrg = filled(3000).books[FIRST]
    order = org.contacts.order("contact_name")

    def nothing(*_: Any, **__: Any) -> None:
        raise AssertionError("sorted anew")

    monkeypatch.setattr("sandbox.books.store.sorted", nothing, raising=False)
    first = org.contacts.records[order.page(0, 1, False)[0]]
    contacts.update(org, first, {"contact_name": "Zz last"}, "")
    assert order is org.contacts.order("contact_name")
    assert order.page(0, 1, True) == [first.contact_id]
    assert len(order.page(2900, 200, False)) == 100


@pytest.mark.soak
def test_a_hundred_thousand_contacts(tmp_path: Path) -> None:
    """Issue 3: all of them listed in under 60 s by one client, under 1 GB, single reads under 5 ms.

    Counted in the sandbox's own processor time, which other work on the machine does not stretch.
    """
    file = tmp_path / "state.json"
    file.write_text(state.world_to_text(filled(100_000)), encoding="ascii")
    with running_sandbox("empty", state=file, now=NOW, lift_limits=True) as sandbox:
        books = Books(sandbox)
        started = _busy(sandbox.pid)
        ids: list[str] = []
        page, more = 1, True
        while more:
            answer = books.get("/contacts", page=page).json()
            ids += [row["contact_id"] for row in answer["contacts"]]
            page, more = page + 1, answer["page_context"]["has_more_page"]
        assert _busy(sandbox.pid) - started < 60
        assert len(set(ids)) == 100_000
        for paths in (
            [f"/contacts/{ids[n * 997]}" for n in range(100)],
            [f"/contacts?contact_name=Company {n * 997:06d}" for n in range(100)],
        ):
            assert books.get(paths[0]).ok  # the first look at a name builds its index
            started = _busy(sandbox.pid)
            assert all(books.get(path).ok for path in paths)
            assert (_busy(sandbox.pid) - started) / len(paths) < 0.005
        assert _peak_kilobytes(sandbox.pid) < 1_000_000


def _busy(pid: int) -> float:
    """Seconds of processor time the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
