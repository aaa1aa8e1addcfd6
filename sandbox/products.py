"""The APIs and pages that the sandbox serves, in the order in which a path is tried."""

from __future__ import annotations

from sandbox import books_mount, control
from sandbox.accounts import server
from sandbox.bigin import product as bigin
from sandbox.core import Product
from sandbox.web import product as web


def products() -> list[Product]:
    return [control.product(), server.product(), bigin.product(), *books_mount.products(), *web.products()]
