"""Faults a tester scripts: which call they meet and what happens to it. `app` carries them out."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "rate_limited": "429 before the handler runs",
    "concurrency": "429 for too many calls at once",
    "quota": "429 for the day's quota",
    "error_before": "5xx (status, default 503) before the handler runs",
    "error_after": "5xx after the handler has committed",
    "drop_before": "connection cut before the handler runs",
    "drop_after": "connection cut after the handler has committed",
    "late_commit": "connection cut at once, the commit follows `seconds` of the sandbox's clock later",
    "slow": "answered `seconds` late",
    "hold": "answered when the fault is taken away (DELETE faults, or a reset)",
    "html": "an HTML error page (status, default 502) instead of an answer",
    "expired_token": "the access token of this call has expired",
    "revoked_token": "access token and refresh token of this call are revoked for good",
}


@dataclass(slots=True)
class Fault:
    """Meets calls that fit product, method and path; skips the first `nth - 1` of them; ends after `times` hits."""

    kind: str
    product: str = ""
    method: str = ""
    path: str = ""  # a regular expression searched in the path below the product's mount
    nth: int = 1
    times: int = 1  # 0: without end
    probability: float = 1.0
    seed: int = 0
    seconds: float = 1.0
    status: int = 0
    seen: int = 0
    hits: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    def meets(self, product: str, method: str, path: str) -> bool:
        """Counts the call. True when this fault strikes it."""
        if self.times and self.hits >= self.times:
            return False
        if (self.product and self.product != product) or (self.method and self.method != method):
            return False
        if self.path and not re.search(self.path, path):
            return False
        self.seen += 1
        if self.seen < self.nth or self.chance.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def listing(self) -> dict[str, Any]:
        names = ("kind", "product", "method", "path", "nth", "times", "probability", "seed", "seconds", "status")
        return {name: getattr(self, name) for name in (*names, "seen", "hits")}


_TEXTS = ("kind", "product", "method", "path")
_WHOLE = ("nth", "times", "seed", "status")
_FRACTIONS = ("probability", "seconds")


def parse_fault(data: Any) -> Fault:
    """Raises ValueError with words for the tester."""
    if not isinstance(data, dict) or str(data.get("kind")) not in KINDS:
        raise ValueError(f"a fault has a kind, one of {', '.join(KINDS)}")
    unknown = sorted(set(data) - {*_TEXTS, *_WHOLE, *_FRACTIONS})
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}")
    fault = Fault(kind=str(data["kind"]))
    for name in _TEXTS:
        setattr(fault, name, _text(name, data.get(name, "")))
    for name in (*_WHOLE, *_FRACTIONS):
        if name in data:
            setattr(fault, name, _number(name, data[name], whole=name in _WHOLE))
    fault.method = fault.method.upper()
    fault.chance = random.Random(fault.seed)
    _check_pattern(fault.path)
    return fault


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is text")
    return value


def _number(name: str, value: Any, *, whole: bool) -> float | int:
    try:
        number = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1e9 or (whole and number != int(number)):
        raise ValueError(f"{name} is a number of 0 or more")
    return int(number) if whole else number


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from None


class FaultBook:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def strike(self, product: str, method: str, path: str) -> Fault | None:
        """The first fault that meets this call; every fault counts it."""
        struck = [fault for fault in self.faults if fault.meets(product, method, path)]
        for spared in struck[1:]:
            spared.hits -= 1
        return struck[0] if struck else None
