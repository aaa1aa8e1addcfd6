"""The web pages as products of the sandbox: assets, mini Books, and mini Bigin, which takes every other path."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from sandbox.core import ApiError, Product, Reply, Request, Route, RouteTable
from sandbox.web import bigin_page, bigin_routes
from sandbox.web.pages import FOLDER, html

TYPES = {"css": "text/css;charset=UTF-8", "js": "text/javascript;charset=UTF-8", "svg": "image/svg+xml"}


def products() -> list[Product]:
    made = [Product("web", "/assets", RouteTable(ASSETS), _enter, _render, needs_token=False)]
    if find_spec("sandbox.web.books"):
        books = import_module("sandbox.web.books")
        made.append(Product("web", "/mini-books", RouteTable(books.routes()), _enter, _render, needs_token=False))
    mini = RouteTable(bigin_routes.ROUTES)
    return [*made, Product("web", "", mini, bigin_page.enter, _render, bigin_page.finish, needs_token=False)]


def _enter(request: Request, route: Route) -> None:
    """Pages of a test tool on loopback: nobody is asked who they are."""


def _render(error: ApiError) -> Reply:
    return html("error.html", status=error.status, message=error.message)


def asset(request: Request) -> Reply:
    name = request.params["name"]
    path = next((one for one in (FOLDER / "assets").iterdir() if one.name == name), None)
    if path is None:
        raise ApiError(404, "not_found", "There is no such file.")
    return Reply(raw=path.read_bytes(), content_type=TYPES.get(path.suffix[1:], "application/octet-stream"))


ASSETS = [Route("GET", "/{name}", asset)]
