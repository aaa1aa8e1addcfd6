"""Fixtures every area uses. PostgreSQL and Redis themselves are started by devtools/pytest_services.py."""

import os

import pytest
from django.db import connections

from zoho import client


@pytest.fixture
def redis_url() -> str:
    """A Redis of this test run's own; under pytest-xdist a number of this worker's own."""
    return os.environ["REDIS_URL"]


def refuse_open_transaction() -> None:
    """Raises if a transaction is open beside the one that pytest-django itself wraps round a test."""
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise AssertionError("HTTP inside a transaction: Zoho may take a minute, and the row locks wait with it")


@pytest.fixture(autouse=True)
def no_http_inside_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "before_send", [*client.before_send, refuse_open_transaction])
