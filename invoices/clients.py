"""Books and Bigin for one piece of work that a person waits for: the calls are counted and the connection is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accounts import connections
from accounts.models import Connection, Installation
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.errors import Unauthorised


@contextmanager
def books(installation: Installation) -> Iterator[Books]:
    """Raises Unauthorised where Books is not connected."""
    try:
        api = connections.books(installation, priority="person")
    except Connection.DoesNotExist as error:
        raise Unauthorised("Books is not connected.", product="books", code="not_connected") from error
    try:
        yield api
    finally:
        _end(installation, api)


@contextmanager
def bigin(installation: Installation) -> Iterator[Bigin]:
    """Raises Unauthorised where Bigin is not connected."""
    try:
        api = connections.bigin(installation, priority="person")
    except Connection.DoesNotExist as error:
        raise Unauthorised("Bigin is not connected.", product="bigin", code="not_connected") from error
    try:
        yield api
    finally:
        _end(installation, api)


def _end(installation: Installation, api: Books | Bigin) -> None:
    api.client.close()
    connections.count_calls(installation, api.client.product, sum(api.client.calls.values()))
