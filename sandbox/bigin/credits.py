"""API credits of an organisation over a rolling day, and calls at the same time (bigin-api.md 9)."""

from __future__ import annotations

from sandbox.bigin.org import BiginOrg
from sandbox.core import Refusal, Request

DAY_MINUTES = 1440


def spend(request: Request, cost: int) -> None:
    """Raises Refusal("quota") when the day's credits do not suffice; then nothing is spent."""
    org: BiginOrg = request.org
    minute = int(request.world.clock.seconds() // 60)
    while org.credits and org.credits[0][0] <= minute - DAY_MINUTES:
        org.credits.pop(0)
    limit = request.world.limits.bigin_credits_per_day
    if limit and used(org) + cost > limit:
        raise Refusal("quota")
    if org.credits and org.credits[-1][0] == minute:
        org.credits[-1][1] += cost
    else:
        org.credits.append([minute, cost])


def used(org: BiginOrg) -> int:
    return sum(cost for _, cost in org.credits)


def check_concurrency(request: Request) -> None:
    limit = request.world.limits.bigin_concurrent
    if limit and request.in_flight >= limit:
        raise Refusal("concurrency")
