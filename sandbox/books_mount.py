"""Where the Books and Invoice engine of `sandbox.books` is hung into the sandbox.

What that package supplies: `routes.routes(product)`, `routes.enter(request, route)` (organisation, its limits),
`routes.finish(request, reply)` (headers), `envelope.render_error(error)`, `switches.SWITCHES`,
`state.dump(world)` / `state.load(world, data)` for the state file.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sandbox.core import Product, RouteTable
from sandbox.switches import Switch


def _part(name: str) -> Any:
    return import_module(f"sandbox.books.{name}") if find_spec(f"sandbox.books.{name}") else None


def switches() -> list[Switch]:
    part = _part("switches")
    return list(part.SWITCHES) if part else []


def products() -> list[Product]:
    routes, envelope = _part("routes"), _part("envelope")
    if routes is None or envelope is None:
        return []
    return [
        Product(
            name=name,
            prefix=prefix,
            routes=RouteTable(routes.routes(name)),
            enter=enter,
            render=envelope.render_error,
            finish=routes.finish,
        )
        for name, prefix, enter in (
            ("books", "/books/v3", routes.enter),
            ("books", "/books/v4", routes.enter_v4),
            ("invoice", "/invoice/v3", routes.enter),
        )
    ]


def dump(world: Any) -> Any:
    part = _part("state")
    return part.dump(world) if part else {}


def load(world: Any, data: Any) -> None:
    part = _part("state")
    if part:
        part.load(world, data)
