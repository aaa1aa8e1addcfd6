"""What the stages of one run share: clients, settings, counters, heartbeat, deadline, waiting out a "not now"."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from sync.models import Run
from sync.shape import Shape
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.errors import RateLimited, Rejected, RetryLater

T = TypeVar("T")
_NAP = 1.0


class Stopped(Exception):
    """This run is not the one that runs any more: its heart stopped too long, or a person ended it. Write nothing."""


class Overtaken(Stopped):
    """Another process ended this very attempt meanwhile: what it found stands, and nothing is written over it."""


class OutOfTime(Exception):
    """The slice's time is over, or Zoho asks for a longer pause than is left of it: the next slice goes on."""

    def __init__(self, reason: str = "", resume_in: float = 0.0, product: str = "", daily: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.resume_in = resume_in
        self.product = product
        self.daily = daily  # the day's quota is used up


@dataclass
class Clock:
    """Time, as tests may replace it."""

    now: Callable[[], datetime] = timezone.now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Work:
    """One run in hand. `run` is None for a record action, which needs neither heartbeat nor lock."""

    shape: Shape
    bigin: Bigin
    books: Books
    run: Run | None = None
    clock: Clock = field(default_factory=Clock)
    deadline: float = float("inf")
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    owners: dict[str, str] | None = None  # id of a Books user -> id of the Bigin user, once asked for
    stopped: set[str] = field(default_factory=set)  # modules that were paused or made read-only during this run
    freed: set[str] = field(default_factory=set)  # kinds of link that records which were let go may be taken up by
    unread: dict[str, Rejected | RetryLater] = field(default_factory=dict)  # by the records' ids, in this run
    clashing: set[int] = field(default_factory=set)  # links whose conflict was counted
    watched: bool = False  # an edit of a person was looked at in this run (`sync/learned.py`)
    _beaten: float = 0.0

    def count(self, module: str, side: str, outcome: str, number: int = 1) -> None:
        if number:
            self.counts[module, side, outcome] += number

    def counted(self) -> dict[str, dict[str, dict[str, int]]]:
        """module -> side -> outcome -> number, as `Run.counts` keeps it."""
        tree: dict[str, dict[str, dict[str, int]]] = {}
        for (module, side, outcome), number in sorted(self.counts.items()):
            tree.setdefault(module, {}).setdefault(side, {})[outcome] = number
        return tree

    def calls(self) -> dict[str, int]:
        books = self.books.client
        return {"bigin": sum(self.bigin.client.calls.values()), books.product: sum(books.calls.values())}

    def stage(self, name: str) -> None:
        self.beat(name, force=True)

    def beat(self, stage: str | None = None, *, force: bool = False) -> None:
        """Says that this run lives. Raises Stopped when it is not the running one any more."""
        if self.run is None:
            return
        moment = self.clock.monotonic()
        if not force and moment - self._beaten < settings.SYNC_HEARTBEAT_SECONDS:
            return
        self._beaten = moment
        values = {"heartbeat_at": self.clock.now(), "counts": self.counted(), "calls": self.calls()}
        if stage is not None:
            values["stage"] = stage
        alive = Run.objects.filter(pk=self.run.pk, state=Run.State.RUNNING).update(**values)
        if not alive:
            raise Stopped

    def check(self) -> None:
        """Between batches: heartbeat and deadline. Raises Stopped or OutOfTime."""
        self.beat()
        if self.clock.monotonic() >= self.deadline:
            raise OutOfTime("The time of one slice is over.")

    def patiently(self, call: Callable[[], T]) -> T:
        """Waits out a "not now" with a beating heart while the slice lasts; else OutOfTime. Calls the network."""
        while True:
            try:
                return call()
            except RateLimited as error:
                pause = error.retry_after or 1.0
                if self.run is None:
                    raise
                if self.clock.monotonic() + pause >= self.deadline:
                    raise OutOfTime(str(error.message), pause, error.product, error.scope == "daily") from error
                self._wait(pause)

    def _wait(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while (left := end - self.clock.monotonic()) > 0:
            self.clock.sleep(min(left, _NAP))
            self.beat()

    def module(self, record_kind: str) -> str:
        return "products" if record_kind in ("product", "item") else "customers"
