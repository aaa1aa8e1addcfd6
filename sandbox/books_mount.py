"""Where the Books and Invoice engine of `sandbox.books` is hung into the sandbox."""

from __future__ import annotations

from sandbox.books import envelope, routes
from sandbox.core import Product, RouteTable


def products() -> list[Product]:
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
