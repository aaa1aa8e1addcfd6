"""The API's own limits: per minute, in flight, per day (books-api.md section 8). The numbers are `world.limits`."""

from __future__ import annotations

from sandbox.books import times
from sandbox.books.envelope import BLOCKED, BUSY
from sandbox.books.errors import BooksError
from sandbox.books.organization import BooksOrg
from sandbox.books.window import Window
from sandbox.core import Reply, Request


def check(request: Request, window: Window) -> None:
    """Counts the call, or raises 44, 45 or 1070. Refused calls count for nothing."""
    limits = request.world.limits
    org: BooksOrg = request.org
    if limits.books_concurrent and request.in_flight >= limits.books_concurrent:
        raise _refused(org, 1070, BUSY)
    if limits.books_per_minute:
        _check_minute(request, window)
    day = _today(org, request.product)
    if limits.books_per_day and day[1] >= limits.books_per_day:
        text = f"The API call for this organization has exceeded the maximum call rate limit of {limits.books_per_day}."
        raise _refused(org, 45, text)
    window.calls.append(request.world.clock.seconds())
    day[1] += 1


def _check_minute(request: Request, window: Window) -> None:
    limits = request.world.limits
    org: BooksOrg = request.org
    now = request.world.clock.seconds()
    while window.calls and not now - limits.window_seconds < window.calls[0] <= now:
        window.calls.popleft()
    if window.blocked_until - now > 3600:
        window.blocked_until = 0.0  # the sandbox's clock was set back
    if now < window.blocked_until:
        raise _refused(org, 44, BLOCKED)
    if len(window.calls) < limits.books_per_minute:
        return
    block = org.switch("books_minute_block")
    seconds = 0 if block == "rest_of_window" else int(block)
    window.blocked_until = max(window.calls[0] + limits.window_seconds, now + seconds)
    raise _refused(org, 44, BLOCKED)


def _refused(org: BooksOrg, code: int, message: str) -> BooksError:
    headers = {"Retry-After": "60"} if org.switch("books_retry_after") == "present" else {}
    return BooksError(429, code, message, headers=headers)


def _today(org: BooksOrg, product: str) -> list[int]:
    """[ordinal of the organisation's day, calls of this product]: the counter is per product."""
    today = int(org.today().replace("-", ""))
    day = org.call_days.setdefault(product, [today, 0])
    if day[0] != today:
        day[:] = [today, 0]
    return day


def headers(request: Request, reply: Reply) -> None:
    """The daily quota; seconds until midnight in the organisation's zone. Absent while the quota is lifted."""
    limit = request.world.limits.books_per_day
    org: BooksOrg = request.org
    if not limit:
        return
    used = _today(org, request.product)[1]
    reply.headers["X-Rate-Limit-Limit"] = str(limit)
    reply.headers["X-Rate-Limit-Remaining"] = str(max(0, limit - used))
    reply.headers["X-Rate-Limit-Reset"] = str(times.seconds_to_midnight(org.now(), org.profile.time_zone))
