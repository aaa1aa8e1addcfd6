"""The world of the proofs."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sandbox.testing import Sandbox
from tests.sync_proof.busy import day, morning
from tests.sync_proof.world import Kept, World


@pytest.fixture
def world(
    transactional_db: None, found_sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    World.configure(settings)
    here = World(found_sandbox, monkeypatch)
    yield here
    here.close()


@pytest.fixture
def noon(world: World) -> tuple[World, Kept]:
    """The day's work is waiting to be synchronised."""
    morning(world)
    day(world)
    return world, world.keep()
