"""From a parsed request to a reply, synchronously: route, token, scopes, organisation, handler. One call is atomic."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

from sandbox.accounts.scopes import allows
from sandbox.core import ApiError, Product, Refusal, Reply, Request, Route

log = logging.getLogger("sandbox")
UNKNOWN = "(unknown)"


@dataclass(slots=True)
class Outcome:
    reply: Reply
    endpoint: str


def run(product: Product, request: Request, refusal: Refusal | None = None) -> Outcome:
    """`refusal` is a scripted one: it comes after authentication, instead of the handler."""
    endpoint = UNKNOWN
    try:
        route, request.params = product.routes.match(request.method, request.path)
        endpoint = route.endpoint(request.params)
        admit(product, request, route)
        if refusal is not None:
            raise refusal
        reply = route.handler(request)
        if request.method != "GET":
            request.world.touch()
    except ApiError as error:
        reply = product.render(error)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        request.world.failures.append(traceback.format_exc())
        reply = product.render(Refusal("internal"))
    product.finish(request, reply)
    return Outcome(reply, endpoint)


def admit(product: Product, request: Request, route: Route) -> None:
    """Sets grant, person, org and user, or raises."""
    if product.needs_token:
        authenticate(request)
        for scope in route.scopes:
            if not allows(request.granted.scopes, scope, request.params):
                raise Refusal("scope")
    product.enter(request, route)


def authenticate(request: Request) -> None:
    """`Zoho-oauthtoken` and `Bearer` are both taken (bigin-api.md 2, books-api.md 1.2)."""
    header = request.headers.get("Authorization", "")
    if not header:
        raise Refusal("no_token")
    scheme, _, value = header.partition(" ")
    if scheme.lower() not in ("zoho-oauthtoken", "bearer"):
        raise Refusal("bad_scheme")
    world = request.world
    grant = world.accounts.access_tokens.get(value.strip())
    if grant is None or grant.expires <= world.clock.seconds():
        raise Refusal("invalid_token")
    request.grant = grant
    request.person = world.accounts.people[grant.zuid]
