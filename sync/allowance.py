"""How many calls of a product a day takes: as its answers' headers say, else by the plan. Database only, no network.

Bigin's answers carry no such headers, and those of Books may lack them. The figures of plans stand in the reference:
section 9 of Bigin's, section 8 of Books'. A plan that is not known, and a trial, count as the smallest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from accounts.models import Connection, Installation, Quota
from sync import probed, room

# Credits of Bigin: most calls cost one. A paid plan adds some for each user's licence.
_BIGIN_FREE, _BIGIN_PAID, _BIGIN_LICENCE, _BIGIN_MOST = 5_000, 50_000, 250, 100_000
_BOOKS: Mapping[str, int] = {
    "free": 1_000, "standard": 2_000, "professional": 5_000, "premium": 10_000, "elite": 10_000, "ultimate": 10_000,
}  # fmt: skip
_SMALLEST = {"bigin": _BIGIN_FREE, "books": 1_000, "invoice": 1_000}


@dataclass(frozen=True)
class Allowance:
    """Of one day. Without headers `remaining` counts our own calls only: other programs share the quota."""

    limit: int
    remaining: int
    resets_at: datetime | None = None


def today(installation: Installation, product: str, now: datetime) -> Allowance | None:
    """None where neither headers nor the plan say anything."""
    row = Quota.objects.filter(installation=installation, product=product, day=now.date()).first()
    if row is not None and row.limit is not None and row.remaining is not None:
        return Allowance(row.limit, row.remaining, row.resets_at)
    limit = _told(installation, product) or by_plan(installation, product)
    return None if limit is None else Allowance(limit, max(limit - (row.calls if row else 0), 0))


def through_at(installation: Installation, product: str, calls: int, length: timedelta, now: datetime) -> datetime:
    """When that many calls, which take `length` by themselves, are through: what today does not take waits for the next
    days."""
    quota = today(installation, product, now)
    if quota is None or calls <= quota.remaining:
        return now + length
    left = calls - quota.remaining
    days = (left - 1) // max(quota.limit, 1)
    resets_at = quota.resets_at if quota.resets_at and quota.resets_at > now else _next_day(now)
    return resets_at + timedelta(days=days) + length * ((left - days * quota.limit) / calls)


def _next_day(now: datetime) -> datetime:
    """Where nothing was told: days are counted by UTC."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time.min, UTC)


def of_a_day(installation: Installation, product: str) -> int:
    """For what is spread over days: the newest figure of the headers, else of the plan, else of the smallest plan."""
    return _told(installation, product) or by_plan(installation, product) or _SMALLEST[product]


def _told(installation: Installation, product: str) -> int | None:
    rows = Quota.objects.filter(installation=installation, product=product, limit__isnull=False)
    return rows.order_by("-day").values_list("limit", flat=True).first()


def by_plan(installation: Installation, product: str) -> int | None:
    if product == Connection.Service.BIGIN:
        return _of_bigin(room.plan(installation))
    if product != Connection.Service.BOOKS:
        return None
    words = probed.value(installation, "books_plan").casefold().split()
    return _BOOKS.get(words[0]) if words else None


def _of_bigin(plan: room.Plan) -> int | None:
    if plan.edition == "free":
        return _BIGIN_FREE
    if plan.edition in room.PAID:
        return min(_BIGIN_PAID + _BIGIN_LICENCE * plan.licences, _BIGIN_MOST)
    return None
