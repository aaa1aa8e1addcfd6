"""When a failed read is tried again, and after how long: a value, no clock and no sleep."""

from __future__ import annotations

from dataclasses import dataclass

from zoho.errors import READS, RetryLater, ZohoError


@dataclass(frozen=True)
class Retry:
    """At most `attempts` tries; the wait doubles from `first` to `longest` seconds and loses up to half by `chance`."""

    attempts: int = 3
    first: float = 0.5
    longest: float = 8.0

    def wants(self, method: str, error: ZohoError, attempt: int) -> bool:
        """`attempt` counts from 1. Writes are never repeated here: only their sender knows how to look first."""
        return method in READS and isinstance(error, RetryLater) and attempt < self.attempts

    def wait(self, attempt: int, chance: float) -> float:
        """Seconds before the next try; `chance` is in [0, 1)."""
        full = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return full * (1 - chance / 2)
