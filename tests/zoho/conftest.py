"""A scripted server, clients of it that never really sleep, and a Redis of the test run's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import redis

from tests.zoho.scripted import Scripted, running
from zoho.client import Client, Timeouts


@pytest.fixture
def server() -> Iterator[Scripted]:
    with running() as scripted:
        yield scripted


@dataclass
class Sleeper:
    """Stands in for time: what was slept is added up and nothing waits."""

    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@dataclass
class Tokens:
    """Gives old, then new-1, new-2 … each time a fresh one is wanted."""

    asked: list[bool] = field(default_factory=list)

    def __call__(self, force: bool) -> str:
        self.asked.append(force)
        fresh = sum(self.asked)
        return f"new-{fresh}" if fresh else "old"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(server: Scripted, sleeper: Sleeper, tokens: Tokens) -> Iterator[MakeClient]:
    opened: list[Client] = []

    def make(product: str = "books", **changes: object) -> Client:
        settings: dict[str, object] = {
            "base_url": server.url,
            "token": tokens,
            "sleep": sleeper.sleep,
            "chance": lambda: 0.0,
            "timeouts": Timeouts(connect=2, read=5, total=20),
            "organization_id": None if product == "bigin" else "700",
            **changes,
        }
        client = Client(product=product, **settings)  # type: ignore[arg-type]
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    """Emptied before each test: the keys of one test are no business of the next."""
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushdb()
        yield connection
