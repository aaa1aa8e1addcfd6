"""A connected installation of the sandbox with both modules started, and a run in this process."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine
from sync.models import Run
from tests.sync.remotes import Remotes
from tests.sync.world import World, start
from zoho import limits

Sync = Callable[[], Run]


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """Waits that a person would not notice are left out."""
    limits.store(settings.REDIS_URL).flushdb()  # no block that an earlier test's faults left
    settings.SYNC_DELETE_WAIT_SECONDS = 0
    settings.SYNC_ABSENCE_SECONDS = 0
    return settings


@pytest.fixture
def installation(transactional_db: None, sandbox: Sandbox, quick: Settings) -> Installation:
    return start(sandbox)


@pytest.fixture
def remotes(sandbox: Sandbox, installation: Installation) -> Iterator[Remotes]:
    with closing(Remotes(sandbox, installation.books_org_id)) as held:
        yield held


@pytest.fixture
def sync(installation: Installation) -> Sync:
    """One run to its end, all slices; the newest of them."""

    def run() -> Run:
        while True:
            ended = engine.run(installation, None, "command")
            assert ended is not None
            if ended.run.state != Run.State.PARTIAL:
                return ended.run

    return run


@pytest.fixture
def world(transactional_db: None, empty: Sandbox, quick: Settings) -> Iterator[World]:
    made = World(empty)
    yield made
    made.remotes.close()
