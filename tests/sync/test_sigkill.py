"""Workers killed for real, in the middle of the travel agency's first sync."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync.models import Run
from tests.sync.crashes import settle_down
from tests.sync.remotes import Remotes
from tests.sync.test_first_sync import GOLDEN, ordered

ROOT = Path(__file__).resolve().parents[2]


def killed_worker(installation: Installation, sandbox: Sandbox, after: int) -> int:
    """Its exit code; it works on this test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bigin_books.settings",
        "DATABASE_URL": url,
        "SANDBOX_URL": sandbox.url,
        "ZOHO_CLIENT_ID": sandbox.client_id,
        "ZOHO_CLIENT_SECRET": sandbox.client_secret,
    }
    command = [sys.executable, "-m", "tests.sync.killed", str(installation.pk), str(after)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=200).returncode


def test_three_sigkills_end_where_none_ends(
    installation: Installation, sandbox: Sandbox, remotes: Remotes, quick: Settings
) -> None:
    quick.SYNC_ABANDONED_SECONDS = 0
    for after in (3, 35, 60):
        assert killed_worker(installation, sandbox, after) == -9
        # The next worker may only take over once the dead one's heart has stopped long enough.
        Run.objects.filter(state=Run.State.RUNNING).update(heartbeat_at="2020-01-01T00:00:00Z")
    settle_down(installation)
    assert ordered(remotes.snapshot()) == ordered(json.loads(GOLDEN.read_text(encoding="utf-8")))
    assert Run.objects.filter(state=Run.State.ABANDONED).count() == 3


def test_a_second_worker_beside_a_living_one_does_nothing(
    installation: Installation, sandbox: Sandbox, remotes: Remotes
) -> None:
    Run.objects.create(installation=installation, trigger="schedule")
    stood = ordered(remotes.snapshot())
    assert killed_worker(installation, sandbox, 1) == 0
    assert ordered(remotes.snapshot()) == stood
    assert Run.objects.count() == 1
