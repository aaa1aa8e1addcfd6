"""Everything the sandbox knows, in one object. `building` makes one from a seed; `state` puts it into a file."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.accounts.model import Accounts
from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.faults import FaultBook
from sandbox.limits import Limits
from sandbox.stored import stored
from sandbox.switches import SwitchBoard

CLIENT_ID = "1000.SANDBOXAAAABBBBCCCCDDDDEEEEFFFF"
CLIENT_SECRET = "sandbox-client-secret-not-for-production"


@dataclass(frozen=True, slots=True)
class Options:
    seed: str = "travel-agency"
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    topping_url: str = "http://localhost:8000"
    now: datetime | None = None
    freeze: bool = False
    lift_limits: bool = False
    mail_folder: str | None = None  # where the topping's server puts its mails (`sandbox/web/mailbox.py`)


@stored
@dataclass(slots=True)
class Ids:
    """Numeric ids as strings, rising per prefix; the prefix belongs to one organisation."""

    counters: dict[str, int] = field(default_factory=dict)

    def next(self, prefix: str, digits: int = 12) -> str:
        number = self.counters.get(prefix, 1000) + 1
        self.counters[prefix] = number
        return f"{prefix}{number:0{digits}d}"


class Schedule:
    """Things that happen when the sandbox's clock reaches a time. Not part of the state file."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (seconds, next(self._order), action))

    def run_due(self, seconds: float) -> int:
        done = 0
        while self._heap and self._heap[0][0] <= seconds:
            heapq.heappop(self._heap)[2]()
            done += 1
        return done

    def __len__(self) -> int:
        return len(self._heap)


@dataclass(slots=True)
class Delivery:
    """A notification on its way to a client's URL, and what came of it."""

    url: str
    body: dict[str, Any]
    queued: str
    outcome: str = "waiting"
    tries_left: int = 1
    patience: float = 10.0  # seconds until an answer that does not come counts as none
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""  # sent as it is, in place of the body as JSON


@dataclass
class World:
    """`bigin` and `books` map organisation ids to BiginOrg and BooksOrg; their packages own those types."""

    options: Options
    clock: Clock
    switches: SwitchBoard
    limits: Limits
    base_url: str = ""
    accounts: Accounts = field(default_factory=Accounts)
    bigin: dict[str, Any] = field(default_factory=dict)
    books: dict[str, Any] = field(default_factory=dict)
    outbox: list[Any] = field(default_factory=list)  # e-mails sent, oldest first
    ids: Ids = field(default_factory=Ids)
    secret: str = "page-tokens"
    faults: FaultBook = field(default_factory=FaultBook)
    calls: Calls = field(default_factory=Calls)
    schedule: Schedule = field(default_factory=Schedule)
    deliveries: list[Delivery] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # tracebacks of answers 500 that no fault asked for
    in_flight: Counter[str] = field(default_factory=Counter)
    changes: int = 0  # counts what must be saved

    def touch(self) -> None:
        self.changes += 1
