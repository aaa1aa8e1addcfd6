"""PostgreSQL stops in mid-run and comes back on the same data: the run breaks, and the day still ends as it must."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from pytest_django import Settings

from devtools.postgres import Postgres
from devtools.processes import stop
from devtools.pytest_services import own_folder, start_on_free_port
from sandbox.testing import Sandbox
from sync.models import Run
from tests.sync_proof.busy import assert_evening, day, morning
from tests.sync_proof.world import World
from zoho.client import Client


@pytest.fixture
def server(transactional_db: None) -> Iterator[Postgres]:
    """A server of this test's own, with a production server's settings; the others' must not be stopped."""
    with ExitStack() as ends:
        home = own_folder(ends)
        made = start_on_free_port(lambda port: Postgres(home / "postgres", port), ends)
        assert isinstance(made, Postgres)
        held = dict(connection.settings_dict)
        connection.close()
        own = {"HOST": "127.0.0.1", "PORT": made.port, "NAME": made.database}
        connection.settings_dict.update(own, USER="bigin_books", PASSWORD=made.password)
        try:
            call_command("migrate", interactive=False, verbosity=0)
            yield made
        finally:
            connection.close()
            connection.settings_dict.update(held)


@pytest.fixture
def lonely(server: Postgres, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    World.configure(settings)
    here = World(sandbox, monkeypatch)
    yield here
    here.close()


@pytest.mark.timeout(600)
def test_a_restart_of_postgresql_in_mid_run_loses_nothing(
    lonely: World, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it reads, while it writes, and once by a crash, after which the server recovers from its log."""
    morning(lonely)
    day(lonely)
    noon = lonely.keep()
    for after, how in ((5, signal.SIGINT), (20, signal.SIGINT), (30, signal.SIGQUIT)):
        lonely.back(noon)
        broken_run(lonely, server, monkeypatch, after, how)
        lonely.time.forward(settings.SYNC_ABANDONED_SECONDS + 1)
        assert_evening(lonely)
        assert Run.objects.filter(state__in=(Run.State.FAILED, Run.State.ABANDONED)).count() == 1


def broken_run(world: World, server: Postgres, patch: pytest.MonkeyPatch, after: int, how: signal.Signals) -> None:
    """One run; the server is started anew behind its `after`-th call."""
    send, calls = Client._send, 0

    def sent(self: Client, call: Any, token: str) -> Any:
        nonlocal calls
        answer = send(self, call, token)
        calls += 1
        if calls == after:
            stop(server.running(), how)
            server.start()
        return answer

    with patch.context() as here:
        here.setattr(Client, "_send", sent)
        with pytest.raises((OperationalError, InterfaceError)):
            world.run()
    assert calls == after
    connection.close()
