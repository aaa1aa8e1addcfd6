"""Paths of the mini Bigin."""

from __future__ import annotations

from sandbox.core import Reply, Request, Route
from sandbox.web.pages import html


def enter(request: Request, route: Route) -> None:
    """Finds who is signed in."""


def finish(request: Request, reply: Reply) -> None:
    """Adds headers."""


def home(request: Request) -> Reply:
    return html("error.html", message="The mini Bigin is on its way.")


ROUTES = [Route("GET", "/", home)]
