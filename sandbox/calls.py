"""Counts of the calls a client made, per product, method and endpoint, and a log of the last ones."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

LOG_LENGTH = 10_000


@dataclass(slots=True)
class Calls:
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)  # product, method, endpoint, status
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def note(self, *, time: str, product: str, method: str, endpoint: str, status: str, query: list[str]) -> None:
        """`status` is "dropped" where the client got no answer."""
        self.counts[product, method, endpoint, status] += 1
        self.log.append(
            {"time": time, "product": product, "method": method, "endpoint": endpoint, "status": status, "query": query}
        )

    def clear(self) -> None:
        self.counts.clear()
        self.log.clear()

    def summary(self) -> dict[str, Any]:
        by: dict[tuple[str, str, str], dict[str, int]] = {}
        for (product, method, endpoint, status), count in self.counts.items():
            by.setdefault((product, method, endpoint), {})[status] = count
        rows = [
            {"product": p, "method": m, "endpoint": e, "count": sum(statuses.values()), "statuses": statuses}
            for (p, m, e), statuses in sorted(by.items())
        ]
        return {"total": sum(self.counts.values()), "by": rows}
