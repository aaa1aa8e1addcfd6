"""One sandbox process for a test run, seeded anew for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.api import NOW, Bigin


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with running_sandbox("empty", now=NOW, freeze=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """People and organisations, no records."""
    running.reset("empty")
    return running


@pytest.fixture
def agency(running: Sandbox) -> Sandbox:
    """The travel agency."""
    running.reset("travel-agency")
    return running


@pytest.fixture
def bigin(sandbox: Sandbox) -> Bigin:
    return Bigin(sandbox)
