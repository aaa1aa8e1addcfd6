"""The sandbox's own clock: real time plus an offset that a tester moves. Nothing else reads the real time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self, start: datetime | None = None) -> None:
        self.offset = 0.0  # seconds added to real time
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), tz=UTC)

    @staticmethod
    def at(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, tz=UTC)

    def seconds(self) -> float:
        return time.time() + self.offset

    def set(self, moment: datetime) -> None:
        self.offset = moment.timestamp() - time.time()

    def advance(self, by: timedelta) -> None:
        self.offset += by.total_seconds()
