"""The web pages as products of the sandbox: assets, mini Books, the mailbox, and mini Bigin, which takes every other
path."""

from __future__ import annotations

from sandbox.core import ApiError, Product, Reply, Request, Route, RouteTable
from sandbox.web import bigin_page, bigin_routes, books, mailbox
from sandbox.web.pages import FOLDER, Elsewhere, harden, html, redirect, refuse_foreign_forms

TYPES = {"css": "text/css;charset=UTF-8", "js": "text/javascript;charset=UTF-8", "svg": "image/svg+xml"}


def products() -> list[Product]:
    bigin = RouteTable(bigin_routes.ROUTES)
    return [
        Product("web", "/assets", RouteTable(ASSETS), _enter, _render, needs_token=False),
        Product("web", "/mini-books", RouteTable(books.routes()), _enter, _render, _finish, needs_token=False),
        Product("web", "/mailbox", RouteTable(mailbox.ROUTES), _enter, _render, _finish, needs_token=False),
        Product("web", "", bigin, bigin_page.enter, _render, bigin_page.finish, needs_token=False),
    ]


def _enter(request: Request, route: Route) -> None:
    """Pages of a test tool on loopback: nobody is asked who they are."""
    refuse_foreign_forms(request)


def _finish(request: Request, reply: Reply) -> None:
    harden(reply)


def _render(error: ApiError) -> Reply:
    if isinstance(error, Elsewhere):
        return redirect(error.message)
    return html("error.html", status=error.status, message=error.message)


def asset(request: Request) -> Reply:
    name = request.params["name"]
    path = next((one for one in (FOLDER / "assets").iterdir() if one.name == name), None)
    if path is None:
        raise ApiError(404, "not_found", "There is no such file.")
    return Reply(raw=path.read_bytes(), content_type=TYPES.get(path.suffix[1:], "application/octet-stream"))


ASSETS = [Route("GET", "/{name}", asset)]
