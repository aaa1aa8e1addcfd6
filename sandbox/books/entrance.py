"""Into an organisation and out again: which one a call means, whose it is, its limits, its headers."""

from __future__ import annotations

from sandbox.books import errors, limits
from sandbox.books.organization import BooksOrg
from sandbox.core import Reply, Request, Route

HEADER = "X-com-zoho-invoice-organizationid"
WITHOUT_ORGANIZATION = ("/organizations",)


def enter(request: Request, route: Route) -> None:
    """Sets `org` and `user`. Raises 6041, 9017 or a limit's refusal."""
    if route.template in WITHOUT_ORGANIZATION:
        return
    org = _organization(request)
    person = request.person
    user = org.user_by_email(person.email) if person is not None else None
    if user is None or user.status != "active":
        raise errors.wrong_organization(org.organization_id)
    request.org = org
    request.user = user
    limits.check(request, org.window)


def enter_v4(request: Request, route: Route) -> None:
    """The newer root, of which only the envelope is known (books-api.md 0.2): off unless switched on."""
    if request.world.switches["books_v4"] == "off":
        raise errors.invalid_url()
    enter(request, route)


def _organization(request: Request) -> BooksOrg:
    asked = request.query.get("organization_id", "").strip() or request.headers.get(HEADER, "").strip()
    asked = request.params.get("organization_id", asked)
    held = request.person.books_organizations if request.person is not None else []
    mine = [one for one in held if one in request.world.books]
    if not asked:
        asked = _only_one(request, mine)
    org: BooksOrg | None = request.world.books.get(asked)
    if org is None or asked not in mine or request.product not in org.profile.products:
        raise errors.wrong_organization(asked[:40])
    return org


def _only_one(request: Request, mine: list[str]) -> str:
    """What happens without an id differs by product and is partly unknown (books-api.md 1.3)."""
    name = "invoice_missing_organization" if request.product == "invoice" else "books_missing_organization"
    if request.world.switches[name] == "only_one" and len(mine) == 1:
        return mine[0]
    raise errors.organization_missing()


def finish(request: Request, reply: Reply) -> None:
    reply.headers.setdefault("Cache-Control", "no-store, no-cache, must-revalidate, private")
    reply.headers.setdefault("Allow", "OPTIONS, GET, HEAD, POST, PUT, DELETE")
    if isinstance(request.org, BooksOrg):
        limits.headers(request, reply)
    elif reply.status == 401:
        _token_code(request, reply)
    if reply.status == 405 and request.world.switches["books_wrong_method"] == "404/5":
        reply.status, reply.body = 404, {"code": 5, "message": "Invalid URL Passed"}


def _token_code(request: Request, reply: Reply) -> None:
    """The frame refuses tokens before anyone knows the organisation; which code says so is contested."""
    if request.grant is None and request.world.switches["books_invalid_token_code"] == "14":
        reply.body = {"code": 14, "message": "Invalid value passed for authtoken."}
