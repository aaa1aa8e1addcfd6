"""The budget on a real Redis. Nothing waits: what is stored is made older instead."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import redis

from tests.zoho.conftest import MakeClient
from tests.zoho.scripted import Reply, Scripted, refusing_port
from zoho.errors import RateLimited, RetryLater
from zoho.limits import Budget, Limits, Slot
from zoho.limits import store as open_store

WINDOW = 60
CALLS, SLOTS, BLOCKED = (f"zoho:{{books:700}}:{name}" for name in ("calls", "slots", "blocked"))
MakeBudget = Callable[..., Budget]


def budget(store: redis.Redis, per_minute: int | None = None, in_flight: int | None = None, **changes: float) -> Budget:
    limits = Limits(per_minute=per_minute, in_flight=in_flight)
    return Budget(store, "books", "700", limits, window=changes.pop("window", WINDOW), **changes)  # type: ignore[arg-type]


def age(store: redis.Redis, key: str, seconds: float) -> None:
    """As if the calls or slots kept there had been taken so much earlier."""
    kept: list[tuple[bytes, float]] = store.zrange(key, 0, -1, withscores=True)  # type: ignore[assignment]
    assert kept
    store.zadd(key, {member: score - seconds * 1000 for member, score in kept})


def refused(one: Budget, priority: str = "person") -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        one.acquire(priority)  # type: ignore[arg-type]
    return caught.value


def test_a_person_may_use_all_and_the_sync_four_fifths(store: redis.Redis) -> None:
    one = budget(store, per_minute=10, window=60)
    for _ in range(8):
        one.acquire("sync")
    error = refused(one, "sync")
    assert (error.scope, error.code) == ("minute", "budget_minute")
    for _ in range(2):
        one.acquire("person")
    assert refused(one, "person").scope == "minute"


def test_the_window_slides(store: redis.Redis) -> None:
    one = budget(store, per_minute=2)
    one.acquire("person")
    one.acquire("person")
    wait = refused(one).retry_after
    assert wait is not None
    assert 0 < wait <= WINDOW
    age(store, CALLS, wait - 10)
    refused(one)
    age(store, CALLS, 10)
    one.acquire("person")


def test_the_wait_told_to_the_sync_is_until_its_own_share_is_free(store: redis.Redis) -> None:
    one = budget(store, per_minute=10, window=60)
    for _ in range(10):
        one.acquire("person")
    # Two calls above its share have to fall out of the window before one may follow: the third oldest decides.
    wait = refused(one, "sync").retry_after
    assert wait is not None
    assert 55 < wait <= 60


def test_slots_are_given_back(store: redis.Redis) -> None:
    one = budget(store, in_flight=2)
    with one.acquire("person"), one.acquire("person"):
        error = refused(one)
        assert error.scope == "concurrent"
        assert error.retry_after is not None
        assert error.retry_after <= 1.0
    with one.acquire("person"):
        pass


def test_a_slot_is_given_back_when_the_call_fails(store: redis.Redis) -> None:
    one = budget(store, in_flight=1)

    def fail() -> None:
        with one.acquire("person"):
            raise KeyError("x")

    for _ in range(3):
        with pytest.raises(KeyError):
            fail()


def test_the_slot_of_a_dead_process_expires(store: redis.Redis) -> None:
    one = budget(store, in_flight=1, slot_life=90)
    one.acquire("person")
    age(store, SLOTS, 30)
    refused(one)
    age(store, SLOTS, 60)
    one.acquire("person")


def test_one_slot_leaves_room_for_the_sync(store: redis.Redis) -> None:
    assert isinstance(budget(store, per_minute=1, in_flight=1).acquire("sync"), Slot)


def test_lifted_limits_never_refuse_and_store_nothing(store: redis.Redis) -> None:
    one = budget(store)
    for _ in range(300):
        one.acquire("sync")
    assert store.keys("*") == []


def test_organisations_and_products_do_not_share(store: redis.Redis) -> None:
    limits = Limits(per_minute=1)
    for product, organization in (("books", "1"), ("books", "2"), ("invoice", "1")):
        Budget(store, product, organization, limits).acquire("person")
    assert refused(Budget(store, "books", "2", limits)).scope == "minute"


def test_a_block_holds_everybody_and_is_never_shortened(store: redis.Redis) -> None:
    one = budget(store)
    one.block(30, "daily")
    one.block(1, "minute")
    error = refused(one, "person")
    assert error.scope == "daily"
    assert error.retry_after is not None
    assert 25 < error.retry_after <= 30


def test_a_block_ends(store: redis.Redis) -> None:
    one = budget(store)
    one.block(60, "minute")
    refused(one)
    till, _, scope = store.get(BLOCKED).decode().partition(":")  # type: ignore[union-attr]
    store.set(BLOCKED, f"{int(till) - 60_000}:{scope}")
    one.acquire("sync")


def test_a_block_of_a_day_asks_again_after_an_hour(store: redis.Redis) -> None:
    one = budget(store)
    one.block(20 * 3600, "daily")
    wait = refused(one).retry_after
    assert wait is not None
    assert 3500 < wait <= 3600


def test_processes_at_once_never_pass_the_limit(store: redis.Redis) -> None:
    one = budget(store, per_minute=25, window=60)
    granted: list[int] = []

    def grab() -> None:
        for _ in range(20):
            try:
                one.acquire("person")
            except RateLimited:
                continue
            granted.append(1)

    threads = [threading.Thread(target=grab) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 25


def test_keys_do_not_outlive_their_use(store: redis.Redis) -> None:
    one = budget(store, per_minute=5, in_flight=5, slot_life=90)
    one.acquire("person")
    one.block(30, "minute")
    assert {key.decode(): store.pttl(key) > 0 for key in store.keys("*")} == {  # type: ignore[union-attr]
        CALLS: True,
        SLOTS: True,
        BLOCKED: True,
    }


def test_redis_down_is_retry_later_and_says_so() -> None:
    with refusing_port() as url:
        gone = redis.Redis.from_url(url.replace("http://", "redis://"))
        with pytest.raises(RetryLater, match="Redis"):
            budget(gone, per_minute=1).acquire("person")
        budget(gone).release("x")
        budget(gone).block(1, "minute")
        gone.close()


def test_one_pool_of_connections_for_an_address(redis_url: str) -> None:
    assert open_store(redis_url) is open_store(redis_url)
    open_store(redis_url).close()


# With the client


def test_the_client_spends_from_the_budget_and_sends_nothing_without(
    server: Scripted, make_client: MakeClient, store: redis.Redis
) -> None:
    server.script(*[Reply(200, {"code": 0})] * 9)
    client = make_client(budget=budget(store, per_minute=5, in_flight=1, window=60))
    for _ in range(4):
        client.request("GET", "/contacts")
    with pytest.raises(RateLimited) as caught:
        client.request("GET", "/contacts")
    assert (caught.value.code, len(server.seen)) == ("budget_minute", 4)
    make_client(budget=client.budget, priority="person").request("GET", "/contacts")
    assert len(server.seen) == 5


@pytest.mark.parametrize(("code", "scope"), [(44, "minute"), (45, "daily")])
def test_a_429_stops_every_other_process(
    server: Scripted, make_client: MakeClient, store: redis.Redis, code: int, scope: str
) -> None:
    server.script(Reply(429, {"code": code, "message": "no"}), Reply(200, {"code": 0}))
    with pytest.raises(RateLimited):
        make_client(budget=budget(store, window=60)).request("GET", "/contacts")
    with pytest.raises(RateLimited) as caught:
        make_client(budget=budget(store, window=60), priority="person").request("GET", "/contacts")
    assert (caught.value.scope, len(server.seen)) == (scope, 1)


def test_a_concurrency_refusal_stops_nobody_else(server: Scripted, make_client: MakeClient, store: redis.Redis) -> None:
    server.script(Reply(429, {"code": 1070, "message": "no"}), Reply(200, {"code": 0}))
    with pytest.raises(RateLimited):
        make_client(budget=budget(store)).request("GET", "/contacts")
    assert make_client(budget=budget(store)).request("GET", "/contacts").status == 200


def test_a_spent_daily_quota_in_the_headers_blocks_before_the_429(
    server: Scripted, make_client: MakeClient, store: redis.Redis
) -> None:
    server.script(Reply(200, {"code": 0}, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "50"}))
    client = make_client(budget=budget(store))
    assert client.request("GET", "/contacts").status == 200
    with pytest.raises(RateLimited) as caught:
        client.request("GET", "/contacts")
    assert (caught.value.scope, len(server.seen)) == ("daily", 1)


def test_a_slot_is_free_again_after_a_dropped_connection(
    server: Scripted, make_client: MakeClient, store: redis.Redis
) -> None:
    server.script(Reply(fault="drop"), Reply(200, {"code": 0}))
    client = make_client(budget=budget(store, in_flight=1))
    assert client.request("GET", "/contacts").status == 200
