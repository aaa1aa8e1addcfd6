"""The sandbox's own clock: real time plus an offset that a tester moves. Nothing else reads the real time.

A frozen one stands still until it is moved, so that a test can name exact seconds on a machine however busy.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self.offset = 0.0  # seconds added to real time, or to the moment of freezing
        self.frozen_at = time.time() if frozen else None
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), tz=UTC)

    @staticmethod
    def at(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, tz=UTC)

    def seconds(self) -> float:
        return self._real() + self.offset

    def set(self, moment: datetime) -> None:
        self.offset = moment.timestamp() - self._real()

    def advance(self, by: timedelta) -> None:
        self.offset += by.total_seconds()

    def _real(self) -> float:
        return time.time() if self.frozen_at is None else self.frozen_at
