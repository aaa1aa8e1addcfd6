"""The world as JSON text: in a file that survives a restart, and through `/__sandbox__/state`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sandbox.books import state as books_state
from sandbox.stored import dump, load
from sandbox.world import World

VERSION = 1
SAVE_EVERY = 1.0  # seconds; a killed process loses at most this much, an ended one nothing


def world_to_text(world: World) -> str:
    return dump(
        {
            "version": VERSION,
            "clock_offset": world.clock.offset,
            "switches": world.switches.positions,
            "limits": world.limits.listing(),
            "accounts": world.accounts,
            "ids": world.ids,
            "bigin": world.bigin,
            "books": books_state.dump(world),
        }
    )


def text_to_world(text: str, world: World) -> None:
    """Fills a fresh world. Raises ValueError and leaves the world as it was."""
    data: Any = load(text)
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise ValueError(f"not a state of version {VERSION}")
    try:
        parts = (data["accounts"], data["ids"], data["bigin"], data["clock_offset"], data["books"])
        limits, switches = data["limits"], data["switches"]
    except KeyError as error:
        raise ValueError(f"the state lacks {error}") from None
    world.limits.change(limits)
    for name, value in switches.items():
        world.switches.set(name, value)
    world.accounts, world.ids, world.bigin, world.clock.offset, books = parts
    books_state.load(world, books)


class StateFile:
    """Saved by writing a new file and renaming it, so a reader never meets half a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._saved_changes = -1
        self._saved_at = 0.0
        self._took = 0.0

    def read(self) -> str | None:
        try:
            return self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def save_if_changed(self, world: World) -> None:
        """A world of 100,000 records takes seconds to write: it is then written the more rarely."""
        due = self._saved_at + max(SAVE_EVERY, 10 * self._took)
        if world.changes != self._saved_changes and time.monotonic() >= due:
            self.save(world)

    def save(self, world: World) -> None:
        started = time.monotonic()
        fresh = self.path.with_suffix(self.path.suffix + ".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(world_to_text(world))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self._saved_changes = world.changes
        self._saved_at = time.monotonic()
        self._took = self._saved_at - started
