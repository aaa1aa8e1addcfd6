"""The travel agency's first sync: the exact end state on both sides, and a quiet run after it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync.models import Issue, Link, Run, Write
from tests.sync.conftest import Sync
from tests.sync.remotes import Remotes

GOLDEN = Path(__file__).parent / "golden" / "travel_agency.json"
IDLE = {
    ("bigin", "GET", "/Accounts"): 1,
    ("bigin", "GET", "/Contacts"): 1,
    ("bigin", "GET", "/Products"): 1,
    ("bigin", "GET", "/Accounts/deleted"): 1,
    ("bigin", "GET", "/Contacts/deleted"): 1,
    ("bigin", "GET", "/Products/deleted"): 1,
    ("books", "GET", "/contacts"): 1,
    ("books", "GET", "/items"): 1,
}


def ordered(snapshot: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {name: sorted(json.dumps(row, sort_keys=True) for row in rows) for name, rows in snapshot.items()}


def calls_of(sandbox: Sandbox) -> dict[tuple[str, str, str], int]:
    rows = sandbox.calls()["by"]
    return {
        (row["product"], row["method"], row["endpoint"]): row["count"] for row in rows if row["product"] != "control"
    }


def test_the_first_sync_leaves_exactly_this_on_both_sides(remotes: Remotes, sync: Sync) -> None:
    assert sync().state == Run.State.DONE
    found, wanted = ordered(remotes.snapshot()), ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))
    for name, rows in wanted.items():
        assert found[name] == rows, name


def test_every_company_has_one_customer_of_its_name_or_a_stated_reason(remotes: Remotes, sync: Sync) -> None:
    """Independent of the golden file: no duplicate, nothing left without a word."""
    before = {row["Account_Name"] for row in remotes.companies().values()}
    sync()
    customers = Counter(row["contact_name"] for row in remotes.customers().values())
    told = {issue.record.label for issue in Issue.objects.filter(record__isnull=False) if issue.record}
    for company in remotes.companies().values():
        name = company["Account_Name"]
        assert customers[name] == 1 or name in told, name
    assert max(customers.values()) == 1
    assert before <= {row["Account_Name"] for row in remotes.companies().values()}
    assert not Link.objects.filter(state=Link.State.HALF).exists()
    assert not Write.objects.exclude(state=Write.State.DONE).exists()


def test_a_quiet_run_writes_nothing_and_makes_exactly_the_idle_calls(
    sandbox: Sandbox, remotes: Remotes, sync: Sync
) -> None:
    sync()
    sync()  # reads what the first one wrote
    stood = ordered(remotes.snapshot())
    writes = Write.objects.count()
    sandbox.control("DELETE", "calls")
    run = sync()
    assert calls_of(sandbox) == IDLE
    assert run.calls == {"bigin": 6, "books": 2}
    assert Write.objects.count() == writes
    assert ordered(remotes.snapshot()) == stood


def test_counts_of_the_first_run_are_told(installation: Installation, sync: Sync) -> None:
    run = sync()
    assert run.counts["customers"]["both"]["linked"] == 84
    assert run.counts["products"]["both"]["linked"] == 30
    assert run.counts["products"]["books"]["created"] == 15
    assert run.counts["products"]["bigin"]["created"] == 3
    assert run.counts["customers"]["bigin"]["created"] == 14
    assert run.counts["customers"]["books"]["created"] == 131
    settings = {setting.module: setting for setting in installation.modules.all()}
    for setting in settings.values():
        assert setting.last_sync_at is not None
        assert setting.pushed_to_books_at is not None
        assert setting.pushed_to_bigin_at is not None
