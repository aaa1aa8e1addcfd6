"""The last minute of one organisation's calls. Judged in limits.py."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Window:
    """The calls of one organisation in the last minute. Not part of the state file: a restart forgives."""

    calls: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
