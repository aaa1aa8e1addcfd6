"""Fixtures every area uses. PostgreSQL and Redis themselves are started by devtools/pytest_services.py."""

import os
from collections.abc import Iterator
from datetime import datetime

import hypothesis
import pytest
from django.core.management.color import Style
from django.core.management.commands import flush
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from pytest_django import Settings

from sandbox.testing import Sandbox, running_sandbox
from zoho import client, limits

# A busy machine is slow; what Hypothesis looks for is wrong, not late.
hypothesis.settings.register_profile("bigin_books", deadline=None)
hypothesis.settings.load_profile("bigin_books")


@pytest.fixture(scope="session", autouse=True)
def emptied_by_delete() -> Iterator[None]:
    """How Django empties the database after a test that commits. Its TRUNCATE makes new files for each table and index,
    which takes twenty times as long as deleting the few rows; and kinds of content and permissions stay, so that they
    need not be made again."""
    kept = {"django_content_type", "auth_permission"}

    def deletes(self: DatabaseOperations, style: Style, tables: list[str], **_: bool) -> list[str]:
        return ["; ".join(f"DELETE FROM {self.quote_name(table)}" for table in tables if table not in kept)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", deletes)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield


@pytest.fixture
def redis_url() -> str:
    """A Redis of this test run's own; under pytest-xdist a number of this worker's own."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def empty_redis(redis_url: str) -> None:
    """Forgets what another test made Redis hold against an organisation: seeds give them the same ids each time."""
    limits.store(redis_url).flushdb()


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The product's clock stands still from here on: no midnight falls into the test."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running_sandbox("travel-agency", lift_limits=True) as running:
        yield running


@pytest.fixture
def sandbox(found_sandbox: Sandbox) -> Sandbox:
    """A stand-in for Zoho over real HTTP, fresh from the seed `travel-agency`, and the product told to talk to it.

    `sandbox.reset("bulk:50")` gives another seed. Quotas and concurrency limits are lifted.
    """
    found_sandbox.reset("travel-agency")
    return found_sandbox


@pytest.fixture
def empty(found_sandbox: Sandbox) -> Sandbox:
    """As `sandbox`, with no records on either side."""
    found_sandbox.reset("empty")
    return found_sandbox


@pytest.fixture
def found_sandbox(sandbox_process: Sandbox, empty_redis: None, settings: Settings) -> Sandbox:
    """As the test before left it: for fixtures that seed it themselves."""
    settings.SANDBOX_URL = sandbox_process.url
    settings.ZOHO_CLIENT_ID = sandbox_process.client_id
    settings.ZOHO_CLIENT_SECRET = sandbox_process.client_secret
    settings.ZOHO_DATA_CENTRE = "sandbox"
    return sandbox_process


def refuse_open_transaction() -> None:
    """Raises if a transaction is open beside the one that pytest-django itself wraps round a test."""
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise AssertionError("HTTP inside a transaction: Zoho may take a minute, and the row locks wait with it")


@pytest.fixture(autouse=True)
def no_http_inside_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "before_send", [*client.before_send, refuse_open_transaction])
