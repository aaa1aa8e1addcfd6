"""Fixtures every area uses. PostgreSQL and Redis themselves are started by devtools/pytest_services.py."""

import os

import pytest


@pytest.fixture
def redis_url() -> str:
    """A Redis of this test run's own; under pytest-xdist a number of this worker's own."""
    return os.environ["REDIS_URL"]
