"""The budget against limits that are real, at a scaled length: whoever keeps to it never meets a 429."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import redis

from sandbox.testing import Sandbox, running_sandbox
from tests.zoho import sandboxed
from zoho.books import Books
from zoho.errors import RateLimited
from zoho.limits import Budget, Limits

PER_WINDOW = 10
# Calls reach the sandbox a moment after they were granted, and each a different one on a busy machine: the window that
# the product keeps to is the longer one.
WINDOW, SANDBOX_WINDOW = 2, 1


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox("empty", environment=sandboxed.PLAIN) as running:
        running.limits(books_per_minute=PER_WINDOW, window_seconds=SANDBOX_WINDOW, books_concurrent=2)
        yield running


@pytest.fixture
def frozen() -> Iterator[Sandbox]:
    """Its minutes pass when the test says so."""
    with running_sandbox("empty", freeze=True, environment=sandboxed.PLAIN) as running:
        running.limits(books_per_minute=PER_WINDOW)
        yield running


def client_of(sandbox: Sandbox, store: redis.Redis, token: str, limits: Limits, *, window: float = WINDOW) -> Books:
    books = Books(sandboxed.client(sandbox, "books", token))
    books.client.organization_id = books.organizations()[0]["organization_id"]
    books.client.budget = Budget(store, "books", books.client.organization_id or "", limits, window=window)
    books.client.patience = 30
    return books


def read_often(books: Books, times: int) -> None:
    for _ in range(times):
        books.contacts_page(per_page=1)


def statuses(sandbox: Sandbox) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in sandbox.calls()["by"]:
        if row["endpoint"].startswith("/contacts"):
            found.update(row["statuses"])
    return found


def test_two_workers_within_the_budget_never_meet_a_429(sandbox: Sandbox, store: redis.Redis) -> None:
    token = sandbox.token()["access_token"]
    workers = [client_of(sandbox, store, token, Limits(PER_WINDOW, 2)) for _ in range(2)]

    threads = [threading.Thread(target=read_often, args=(books, 12)) for books in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for books in workers:
        books.client.close()
    assert statuses(sandbox) == {"200": 24}


def test_without_a_budget_the_limit_is_met_and_then_shared(frozen: Sandbox, store: redis.Redis) -> None:
    books = client_of(frozen, store, frozen.token()["access_token"], Limits(), window=60)
    books.client.patience = 0
    with pytest.raises(RateLimited) as caught:
        read_often(books, PER_WINDOW + 1)
    assert (caught.value.scope, caught.value.code) == ("minute", "44")
    with pytest.raises(RateLimited) as caught:
        books.contacts_page(per_page=1)
    assert caught.value.code == "budget_minute"
    assert statuses(frozen) == {"200": PER_WINDOW, "429": 1}
    frozen.advance(61)
    store.flushdb()
    assert books.contacts_page(per_page=1).rows == []
    books.client.close()
