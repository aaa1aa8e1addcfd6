"""Which packages the sandbox is made of: their switches, their seeds, their products."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.switches import Switch

if TYPE_CHECKING:
    from sandbox.core import Product
    from sandbox.world import World

SEEDS = ("travel-agency", "empty", "bulk:N")


def all_switches() -> list[Switch]:
    from sandbox.accounts.switches import SWITCHES as accounts
    from sandbox.bigin.switches import SWITCHES as bigin
    from sandbox.books_mount import switches as books

    return [*accounts, *bigin, *books()]


def seeds(name: str) -> Callable[[World], None]:
    """Raises ValueError for a seed that does not exist."""
    from sandbox.seeds import bulk, empty, travel_agency

    if name == "travel-agency":
        return travel_agency.fill
    if name == "empty":
        return empty.fill
    kind, _, number = name.partition(":")
    if kind == "bulk" and number.isascii() and number.isdigit() and 0 < int(number) <= 200_000:
        return lambda world: bulk.fill(world, int(number))
    raise ValueError(f"no seed is called {name!r}; there are {', '.join(SEEDS)}")


def products() -> list[Product]:
    from sandbox import books_mount, control
    from sandbox.accounts import server
    from sandbox.bigin import product as bigin
    from sandbox.web import product as web

    return [
        control.product(),
        server.product(),
        bigin.product(),
        *books_mount.products(),
        *web.products(),
    ]
