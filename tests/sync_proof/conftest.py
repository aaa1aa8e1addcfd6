"""The world of the proofs."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sandbox.testing import Sandbox
from tests.sync_proof.world import World


@pytest.fixture
def world(
    transactional_db: None, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    World.configure(settings)
    here = World(sandbox, monkeypatch)
    yield here
    here.close()
