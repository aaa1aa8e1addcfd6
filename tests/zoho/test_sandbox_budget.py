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

PER_WINDOW, WINDOW = 10, 1


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox("empty", environment=sandboxed.PLAIN) as running:
        running.limits(books_per_minute=PER_WINDOW, window_seconds=WINDOW, books_concurrent=2)
        yield running


def client_of(sandbox: Sandbox, store: redis.Redis, token: str, limits: Limits) -> Books:
    books = Books(sandboxed.client(sandbox, "books", token))
    books.client.organization_id = books.organizations()[0]["organization_id"]
    books.client.budget = Budget(store, "books", books.client.organization_id or "", limits, window=WINDOW)
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


def test_without_a_budget_the_limit_is_met_and_then_shared(sandbox: Sandbox, store: redis.Redis) -> None:
    token = sandbox.token()["access_token"]
    books = client_of(sandbox, store, token, Limits())
    books.client.patience = 0
    with pytest.raises(RateLimited) as caught:
        read_often(books, PER_WINDOW + 1)
    assert (caught.value.scope, caught.value.code) == ("minute", "44")
    with pytest.raises(RateLimited) as caught:
        books.contacts_page(per_page=1)
    assert caught.value.code == "budget_minute"
    assert statuses(sandbox)["429"] == 1
    books.client.patience = 30
    assert books.contacts_page(per_page=1).rows == []
    books.client.close()
