"""Stopping a run at a counted point: after a commit, or after a remote write, as a killed process would stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Installation
from sync import engine
from sync.models import Run
from zoho.client import Client


class Killed(BaseException):
    """Not an Exception: nothing of the product may catch it, as nothing catches SIGKILL."""


@dataclass
class Points:
    """Counts the points passed; raises Killed at the `stop`-th. `seen` names them."""

    stop: int = 0
    seen: list[str] = field(default_factory=list)

    def passed(self, name: str) -> None:
        self.seen.append(name)
        if len(self.seen) == self.stop:
            raise Killed(name)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, points: Points) -> Iterator[Points]:
    leave, send = transaction.Atomic.__exit__, Client._send

    def exit_(self: transaction.Atomic, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        outermost = len(transaction.get_connection(self.using).atomic_blocks) == 1
        leave(self, exc_type, exc_value, traceback)
        if outermost and exc_type is None:
            points.passed("commit")

    def sent(self: Client, call: Any, token: str) -> Any:
        answer = send(self, call, token)
        if call.method != "GET":
            points.passed(f"{call.method} {call.path}")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(transaction.Atomic, "__exit__", exit_)
        patch.setattr(Client, "_send", sent)
        yield points


def run_until_killed(installation: Installation, monkeypatch: pytest.MonkeyPatch, stop: int) -> Points:
    """One run that dies at the `stop`-th point, or ends if there are fewer."""
    with counted(monkeypatch, Points(stop)) as points, suppress(Killed):
        engine.run(installation)
    return points


def settle_down(installation: Installation, most: int = 8) -> list[Run]:
    """Runs until one neither wrote nor planned anything."""
    runs: list[Run] = []
    while len(runs) < most:
        ended = engine.run(installation)
        assert ended is not None
        runs.append(ended.run)
        if ended.run.state == Run.State.DONE and is_quiet(ended.run) and len(runs) > 1:
            return runs
    raise AssertionError([(run.state, run.problem, run.counts) for run in runs])


def is_quiet(run: Run) -> bool:
    quiet = {"read", "changed", "excluded", "held", "skipped", "deleted_seen", "conflicts"}
    return (
        all(outcome in quiet for sides in run.counts.values() for outcomes in sides.values() for outcome in outcomes)
        and not run.installation.writes.filter(state__in=["pending", "sending", "unknown"]).exists()
    )
