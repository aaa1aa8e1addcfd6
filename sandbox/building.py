"""Builds a world: its switches, its client, what its seed holds."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.accounts import switches as accounts_switches
from sandbox.accounts.model import Client
from sandbox.bigin import switches as bigin_switches
from sandbox.books import switches as books_switches
from sandbox.clock import Clock
from sandbox.limits import Limits
from sandbox.seeds import bulk, empty, travel_agency
from sandbox.switches import Switch, SwitchBoard
from sandbox.world import Options, World

SEEDS = ("travel-agency", "empty", "bulk:N")
MOST_COMPANIES = 200_000


def all_switches() -> list[Switch]:
    return [*accounts_switches.SWITCHES, *bigin_switches.SWITCHES, *books_switches.SWITCHES]


def seed_named(name: str) -> Callable[[World], None]:
    """Raises ValueError for a seed that does not exist."""
    if name == "travel-agency":
        return travel_agency.fill
    if name == "empty":
        return empty.fill
    kind, _, number = name.partition(":")
    if kind == "bulk" and number.isascii() and number.isdigit() and 0 < int(number[:7]) <= MOST_COMPANIES:
        return lambda world: bulk.fill(world, int(number))
    raise ValueError(f"no seed is called {name!r}; there are {', '.join(SEEDS)}")


def build_world(options: Options, base_url: str = "") -> World:
    """Raises ValueError for a seed that does not exist or a limit that is no number."""
    fill = seed_named(options.seed)
    limits = Limits.from_environment()
    if options.lift_limits:
        limits.lift()
    world = World(
        options, Clock(options.now, frozen=options.freeze), SwitchBoard(all_switches()), limits, base_url=base_url
    )
    client = Client(options.client_id, options.client_secret, "Bigin Books")
    world.accounts.clients[client.client_id] = client
    fill(world)
    return world
