"""What every page of the mini Bigin shares: who is signed in, the frame around the page, the modules by their path."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.accounts.server import SIGNED_IN
from sandbox.bigin.changes import Author
from sandbox.bigin.fields import MODULES
from sandbox.bigin.org import BiginOrg, BiginUser
from sandbox.bigin.store import Row, Table
from sandbox.bigin.values import Checker
from sandbox.core import ApiError, Reply, Request, Route
from sandbox.web.pages import harden, html, refuse_foreign_forms, send_to_own_address

SLUGS = {"companies": "Accounts", "contacts": "Contacts", "deals": "Pipelines", "products": "Products"}
LABELS = {"companies": "Companies", "contacts": "Contacts", "deals": "Deals", "products": "Products"}
WITH_PANEL = ("companies", "contacts", "deals")
FRAME_SANDBOX = (
    "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads"
)


def slug_of(module: str) -> str:
    return next((slug for slug, name in SLUGS.items() if name == module), "")


def enter(request: Request, route: Route) -> None:
    """The first person, an administrator, is signed in until somebody else is chosen. Forms come from here only."""
    refuse_foreign_forms(request)
    send_to_own_address(request)
    accounts = request.world.accounts
    person = accounts.people.get(request.cookies.get(SIGNED_IN, ""))
    if person is None or not person.bigin_orgs:
        person = next((one for one in accounts.people.values() if one.bigin_orgs), None)
    if person is None:
        raise ApiError(503, "no_people", "This sandbox has no people.")
    request.person = person
    request.org = request.world.bigin[person.bigin_orgs[0]]
    request.user = request.org.user_of(person.zuid)


def finish(request: Request, reply: Reply) -> None:
    """The page frames the topping and nothing else; it runs its own script only."""
    harden(reply, frames=request.world.options.topping_url)


def page(request: Request, template: str, *, here: str, status: int = 200, error: str = "", **context: Any) -> Reply:
    world = request.world
    people = [
        (person, world.bigin[org_id].user_of(person.zuid), world.bigin[org_id].name)
        for person in world.accounts.people.values()
        for org_id in person.bigin_orgs
    ]
    return html(
        template,
        status=status,
        error=error,
        here=here,
        modules=list(LABELS.items()),
        people=people,
        me=request.user,
        org=request.org,
        **context,
    )


def panel(request: Request, path: str, *, frame_id: str, height: int, entity: str = "", entity_id: str = "") -> Any:
    """A frame of the topping; record and module arrive by message only (topping.md B3)."""
    topping = request.world.options.topping_url
    parts = urlsplit(topping)
    sandboxed = request.world.switches["bigin_frame_sandbox"] == "sandboxed"
    return {
        "id": frame_id,
        "height": height,
        "origin": f"{parts.scheme}://{parts.netloc}",
        "src": f"{topping}{path}?{urlencode({'serviceOrigin': request.world.base_url})}",
        "entity": entity,
        "entity_id": entity_id,
        "sandbox": FRAME_SANDBOX if sandboxed else "",
    }


def module_and_table(request: Request) -> tuple[str, Table]:
    """The slug of the path and its table. Raises ApiError for another path."""
    slug = request.params["slug"]
    if slug not in SLUGS:
        raise ApiError(404, "not_found", "There is no such page.")
    org: BiginOrg = request.org
    return slug, org.tables[SLUGS[slug]]


def visible_rows(request: Request, table: Table) -> list[Row]:
    user: BiginUser = request.user
    return [row for row in table.rows.values() if user.sees_all or row.owner == user.id]


def row_of(request: Request) -> tuple[str, Table, Row]:
    slug, table = module_and_table(request)
    row = table.rows.get(request.params["record_id"])
    user: BiginUser = request.user
    if row is None or not (user.sees_all or row.owner == user.id):
        raise ApiError(404, "not_found", "This record does not exist, or you may not see it.")
    return slug, table, row


def author(request: Request) -> Author:
    return Author(request.world, request.org, request.user)


def checker(request: Request, module: str) -> Checker:
    return Checker(request.org, request.world.switches, module, 0)


def singular(slug: str) -> str:
    return "Deal" if slug == "deals" else MODULES[SLUGS[slug]].singular
