"""`manage.py connect_sandbox` and `manage.py sync`, as a person types them."""

import json

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync.models import ModuleSetting


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command(*words)
    return capsys.readouterr().out.strip()


def test_connect_and_sync(
    transactional_db: None, empty: Sandbox, quick: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    made = typed(capsys, "connect_sandbox", "--url", empty.url)
    assert str(Installation.objects.get().pk) == made
    assert ModuleSetting.objects.filter(started_at__isnull=False).count() == 2
    summary = json.loads(typed(capsys, "sync", "--installation", made))
    assert summary["state"] == "done"
    assert summary["calls"] == {"bigin": 6, "books": 2}
    only = json.loads(typed(capsys, "sync", "--installation", made, "--module", "products"))
    assert only["calls"] == {"bigin": 2, "books": 1}


def test_without_start_nothing_may_run(
    transactional_db: None, empty: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    made = typed(capsys, "connect_sandbox", "--url", empty.url, "--no-start")
    assert not ModuleSetting.objects.filter(started_at__isnull=False).exists()
    with pytest.raises(CommandError, match="no module was started"):
        call_command("sync", "--installation", made)


def test_what_is_not_there_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="There is no installation"):
        call_command("sync", "--installation", "00000000-0000-0000-0000-000000000000")


def test_no_sandbox_is_said(db: None, settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="does not answer as a sandbox"):
        call_command("connect_sandbox", "--url", "http://127.0.0.1:9")
