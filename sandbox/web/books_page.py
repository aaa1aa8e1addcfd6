"""What every page of the mini Books shares: which organisation, who acts in it, the frame, paging, refused forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Kind
from sandbox.books.specs import SPECS
from sandbox.core import ApiError, Reply, Request
from sandbox.web.pages import html, redirect

PAGE = 50
PLURALS: dict[str, Kind] = {spec.plural: kind for kind, spec in SPECS.items()}
WORDS: dict[Kind, tuple[str, str]] = {
    "invoice": ("Invoice", "Invoices"),
    "estimate": ("Quote", "Quotes"),
    "salesorder": ("Sales order", "Sales orders"),
}


def org_of(request: Request) -> BooksOrg:
    """Raises 404."""
    org = request.world.books.get(request.params["org"])
    if not isinstance(org, BooksOrg):
        raise ApiError(404, "not_found", "There is no such organisation.")
    return org


def acting(org: BooksOrg) -> str:
    """The pages act as the organisation's first user."""
    return org.users[0].user_id if org.users else ""


def base(request: Request) -> str:
    return f"/mini-books/{request.params['org']}"


def page(request: Request, template: str, here: str, *, status: int = 200, **context: Any) -> Reply:
    org = org_of(request)
    others = [one.profile for one in request.world.books.values()]
    frame = {"org": org, "orgs": others, "base": base(request), "here": here, "notice": request.query.get("notice", "")}
    context.setdefault("error", "")
    return html(f"books/{template}", status, **frame, **context)


def number_of(request: Request) -> int:
    text = request.query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:9]) < 10**8 else 1


def done(request: Request, path: str, notice: str) -> Reply:
    mark = "&" if "?" in path else "?"
    return redirect(f"{base(request)}/{path}{mark}notice={notice.replace(' ', '+')}")


def attempt(act: Callable[[], Reply], show: Callable[[ApiError], Reply]) -> Reply:
    """Runs a form's action; a refusal shows the form again with the words and what was typed."""
    try:
        return act()
    except ApiError as refusal:
        reply = show(refusal)
        reply.status = refusal.status
        return reply
