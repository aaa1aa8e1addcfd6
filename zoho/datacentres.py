"""The table of Zoho's data centres: the only hosts this software ever calls or lets frame it.

An accounts server or API domain that a callback or token answer names is looked up here, never followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Product = Literal["bigin", "books", "invoice"]
_API_PATHS: dict[Product, str] = {"bigin": "/bigin/v2", "books": "/books/v3", "invoice": "/invoice/v3"}


class UnknownDataCentre(ValueError):
    """A name, location or address that is not in the table."""


@dataclass(frozen=True)
class DataCentre:
    """`name` is Zoho's lower-case location (us, eu, …). `bigin_hosts` are origins that may frame us; `books_url` and
    `invoice_url` are where a person opens the product in a browser, not API addresses."""

    name: str
    accounts_url: str
    api_url: str
    bigin_hosts: tuple[str, ...]
    books_url: str
    invoice_url: str

    def api_base(self, product: Product) -> str:
        return self.api_url + _API_PATHS[product]


class DataCentres:
    """A closed table to look up; every miss raises UnknownDataCentre."""

    def __init__(self, table: Iterable[DataCentre]) -> None:
        self._by_name = {entry.name: entry for entry in table}

    def __iter__(self) -> Iterator[DataCentre]:
        return iter(self._by_name.values())

    def by_name(self, name: str) -> DataCentre:
        if name not in self._by_name:
            raise UnknownDataCentre(f"unknown data centre {name[:40]!r}")
        return self._by_name[name]

    def by_location(self, location: str) -> DataCentre:
        """By the `location` that a sign-in callback names."""
        return self.by_name(location.strip().lower())

    def by_accounts_server(self, url: str) -> DataCentre:
        wanted = origin(url)
        return self._only((entry for entry in self if entry.accounts_url == wanted), "accounts server", url)

    @staticmethod
    def _only(found: Iterator[DataCentre], what: str, url: str) -> DataCentre:
        entry = next(found, None)
        if entry is None:
            raise UnknownDataCentre(f"{url[:80]!r} is no {what} of Zoho's")
        return entry


def origin(url: str) -> str:
    """Scheme, host and port. Raises UnknownDataCentre for anything more: user, path, query or fragment."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise UnknownDataCentre(f"{url[:80]!r} is not an address") from error
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        raise UnknownDataCentre(f"{url[:80]!r} is not an origin")
    standard = port is None or (parts.scheme, port) in (("https", 443), ("http", 80))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if standard else f":{port}")


def _zoho(name: str, suffix: str, *, web: str | None = None) -> DataCentre:
    # Canada's web hosts and API host do not share a domain; none may be derived from another there.
    domain = web or f"zoho.{suffix}"
    return DataCentre(
        name=name,
        accounts_url=f"https://accounts.{domain}",
        api_url=f"https://www.zohoapis.{suffix}",
        bigin_hosts=(f"https://bigin.{domain}",),
        books_url=f"https://books.{domain}",
        invoice_url=f"https://invoice.{domain}",
    )


ZOHO = (
    _zoho("us", "com"),
    _zoho("eu", "eu"),
    _zoho("in", "in"),
    _zoho("au", "com.au"),
    _zoho("cn", "com.cn"),
    _zoho("jp", "jp"),
    _zoho("sa", "sa"),
    _zoho("ca", "ca", web="zohocloud.ca"),
)


def data_centres(sandbox_url: str | None = None) -> DataCentres:
    """Zoho's eight and, where a sandbox's address is set, one more named "sandbox" whose every host is that address."""
    if not sandbox_url:
        return DataCentres(ZOHO)
    here = origin(sandbox_url)
    return DataCentres((*ZOHO, DataCentre("sandbox", here, here, (here,), f"{here}/mini-books", f"{here}/mini-books")))
