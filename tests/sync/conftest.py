"""A connected installation of the sandbox with both modules started, and a run in this process."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, services
from sync.models import Run
from tests.factories import connected_installation


@pytest.fixture
def installation(transactional_db: None, sandbox: Sandbox, settings: Settings) -> Installation:
    settings.SYNC_DELETE_WAIT_SECONDS = 0
    settings.SYNC_ABSENCE_SECONDS = 0
    return start(sandbox)


def start(sandbox: Sandbox) -> Installation:
    made = connected_installation(sandbox)
    for setting in services.settings_of(made).values():
        services.start_sync(setting, "a test")
    return made


@pytest.fixture
def sync(installation: Installation) -> Callable[[], Run]:
    """Runs until nothing is left of the series; the newest run."""

    def run() -> Run:
        while True:
            ended = engine.run(installation, None, "command")
            assert ended is not None
            if ended.run.state != Run.State.PARTIAL:
                return ended.run

    return run
