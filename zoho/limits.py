"""One budget of calls per product and organisation, shared by all processes through Redis and judged on Redis' clock.

Counts calls in a sliding window, calls in flight, and keeps "blocked until" that Zoho's refusals feed. Daily quotas are
counted by the callers; their headers only block here. Losing Redis loses no work: callers get RetryLater.
"""

from __future__ import annotations

import functools
import logging
import math
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, cast

import redis

from zoho.errors import RateLimited, RetryLater, Scope

Priority = Literal["sync", "person"]
log = logging.getLogger(__name__)

# What callers that reach Redis by other ways (a cache) catch, without knowing the library.
StoreError: type[Exception] = redis.RedisError

_SYNC_SHARE = 0.8
_LONGEST_BLOCK = 3600.0

# KEYS: calls, slots, blocked. ARGV: member, window ms, calls allowed, slot ms, slots allowed; -1 lifts a limit.
# Answers {granted, milliseconds to wait, which limit}. One script, so that two processes never share the last call.
_ACQUIRE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local blocked = redis.call('GET', KEYS[3])
if blocked then
  local left, scope = string.match(blocked, '^(%d+):(%a+)$')
  if left and tonumber(left) > now then return {0, tonumber(left) - now, scope} end
end
local window, calls = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if calls >= 0 and redis.call('ZCARD', KEYS[1]) >= calls then
  local rank = redis.call('ZCARD', KEYS[1]) - calls
  local oldest = redis.call('ZRANGE', KEYS[1], rank, rank, 'WITHSCORES')
  return {0, math.max(1, tonumber(oldest[2]) + window - now), 'minute'}
end
local slot, slots = tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if slots >= 0 and redis.call('ZCARD', KEYS[2]) >= slots then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return {0, math.max(1, math.min(1000, tonumber(first[2]) - now)), 'concurrent'}
end
if calls >= 0 then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], window)
end
if slots >= 0 then
  redis.call('ZADD', KEYS[2], now + slot, ARGV[1])
  redis.call('PEXPIRE', KEYS[2], slot)
end
return {1, 0, ''}
"""

# KEYS: blocked. ARGV: milliseconds, scope. Never shortens a block that stands.
_BLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local till = now + tonumber(ARGV[1])
local standing = redis.call('GET', KEYS[1])
local stands = standing and string.match(standing, '^(%d+):')
if stands and tonumber(stands) >= till then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f:%s', till, ARGV[2]), 'PX', ARGV[1])
return 1
"""


@dataclass(frozen=True)
class Limits:
    """Calls per window and calls in flight for one organisation; None lifts a limit."""

    per_minute: int | None = None
    in_flight: int | None = None


@dataclass(frozen=True)
class Quota:
    """The daily quota as an answer's headers tell it; `reset_after` is seconds until it starts anew."""

    limit: int | None
    remaining: int
    reset_after: float | None


@functools.cache
def store(url: str) -> redis.Redis:
    """The Redis at that address, with short waits: a person may be waiting. One pool of connections a process."""
    return redis.Redis.from_url(url, socket_connect_timeout=1.0, socket_timeout=2.0, health_check_interval=30)


class Slot:
    """The right to one call in flight, given back on leaving the `with` block (or by expiry, if the process dies)."""

    def __init__(self, budget: Budget, member: str) -> None:
        self._budget = budget
        self._member = member

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.release(self._member)


class Budget:
    """`window` is the length of a "minute" and `slot_life` that of a call in flight, both in seconds."""

    def __init__(
        self,
        redis_store: redis.Redis,
        product: str,
        organization: str,
        limits: Limits,
        *,
        window: float = 60.0,
        slot_life: float = 90.0,
        prefix: str = "zoho",
    ) -> None:
        self.product = product
        self.window = window
        self._store = redis_store
        self._limits = limits
        self._slot_life = slot_life
        # The braces keep one organisation's keys on one node of a Redis cluster, as a script needs.
        place = f"{prefix}:{{{product}:{organization}}}"
        self._keys = (f"{place}:calls", f"{place}:slots", f"{place}:blocked")
        self._acquire = redis_store.register_script(_ACQUIRE)
        self._block = redis_store.register_script(_BLOCK)

    def acquire(self, priority: Priority = "sync") -> Slot:
        """A slot for one call. Raises RateLimited with `retry_after`, or RetryLater when Redis does not answer."""
        member = uuid.uuid4().hex
        arguments = (
            member,
            _milliseconds(self.window),
            _allowed(self._limits.per_minute, priority),
            _milliseconds(self._slot_life),
            _allowed(self._limits.in_flight, priority),
        )
        try:
            granted, wait, scope = cast("list[Any]", self._acquire(keys=self._keys, args=arguments))
        except redis.RedisError as error:
            raise RetryLater(
                "The store of call limits (Redis) does not answer, so nothing was sent to Zoho.",
                product=self.product,
                code="limits_unavailable",
            ) from error
        if granted:
            return Slot(self, member)
        name = cast(Scope, scope.decode() if isinstance(scope, bytes) else scope)
        raise RateLimited(
            _REASONS[name], scope=name, product=self.product, code=f"budget_{name}", retry_after=int(wait) / 1000
        )

    def release(self, member: str) -> None:
        try:
            self._store.zrem(self._keys[1], member)
        except redis.RedisError:
            log.warning("zoho: %s: a slot is left to expire, Redis does not answer", self.product)

    def block(self, seconds: float, scope: Scope) -> None:
        """No calls for that long, at most an hour at a time: then one call asks Zoho again."""
        length = _milliseconds(min(max(seconds, 0.001), _LONGEST_BLOCK))
        try:
            self._block(keys=self._keys[2:], args=(length, scope))
        except redis.RedisError:
            log.warning("zoho: %s: could not note that Zoho asked for a pause, Redis does not answer", self.product)


_REASONS: dict[Scope, str] = {
    "minute": "The organisation's calls of this minute are used up.",
    "daily": "The organisation's calls of this day are used up.",
    "concurrent": "Too many calls of the organisation are on their way at once.",
    "token": "Zoho refuses new tokens for a while.",
}


def _allowed(limit: int | None, priority: Priority) -> int:
    if limit is None:
        return -1
    return limit if priority == "person" else max(1, math.floor(limit * _SYNC_SHARE))


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
