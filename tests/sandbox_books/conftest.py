"""One sandbox process for a test run, seeded anew for every test; limits are lifted unless a test sets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox_books.api import NOW, Books


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with running_sandbox("empty", now=NOW, freeze=True, lift_limits=True) as sandbox:
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
def books(sandbox: Sandbox) -> Books:
    return Books(sandbox)


@pytest.fixture
def invoice(sandbox: Sandbox) -> Books:
    """The same organisation through the Invoice root."""
    return Books(sandbox, product="invoice")
