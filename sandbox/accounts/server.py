"""`/oauth/…`: the consent page and the token endpoint (bigin-api.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.accounts import tokens
from sandbox.accounts.data_centres import DATA_CENTRES, hosts_of, location_of
from sandbox.accounts.model import Person
from sandbox.accounts.scopes import split
from sandbox.core import ApiError, Product, Reply, Request, Route, RouteTable
from sandbox.web.pages import html, redirect
from sandbox.world import World

SIGNED_IN = "sandbox_zuid"
KNOWN_PRODUCTS = ("ZohoBigin", "ZohoBooks", "ZohoInvoice", "ZohoSearch")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an authorisation URL asks for, checked."""

    client_id: str
    scopes: list[str]
    redirect_uri: str
    offline: bool
    prompted: bool
    state: str | None

    @property
    def for_bigin(self) -> bool:
        return any(scope.startswith("ZohoBigin.") for scope in self.scopes)


class BadAuthorisation(ApiError):
    """Shown as a page: nobody may be sent to a redirect URI that is not the client's."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "bad_authorisation", message)


def product() -> Product:
    return Product("accounts", "/oauth", RouteTable(ROUTES), _enter, _render, _finish, needs_token=False)


def _enter(request: Request, route: Route) -> None:
    """The token endpoint takes its parameters from the body or the query (bigin-api.md 1.4)."""
    request.params = {**request.query, **request.form}


def _render(error: ApiError) -> Reply:
    if isinstance(error, BadAuthorisation):
        return html("oauth_error.html", status=400, message=error.message)
    if isinstance(error, tokens.Throttled):
        body = {"error_description": error.message, "error": error.code, "status": "failure"}
        return Reply(error.status, body)
    return Reply(error.status, {"error": str(error.code)})


def _finish(request: Request, reply: Reply) -> None:
    """Applies the switches that change statuses and headers of every answer."""
    switches = request.world.switches
    if isinstance(reply.body, dict) and "error" in reply.body and reply.status in (200, 400):
        name = "token_throttle_status" if "status" in reply.body else "token_error_status"
        reply.status = int(switches[name])
    if reply.content_type.startswith("text/html") and switches["accounts_coop"] != "absent":
        reply.headers["Cross-Origin-Opener-Policy"] = switches["accounts_coop"]


def authorise(request: Request) -> Reply:
    asked = _read(request)
    world = request.world
    signed_in = world.accounts.people.get(request.cookies.get(SIGNED_IN, ""))
    if signed_in and not asked.prompted and world.switches["consent_memory"] == "remember":
        org = signed_in.bigin_orgs[0] if asked.for_bigin and signed_in.bigin_orgs else ""
        granted = world.accounts.consents.get(tokens.consent_key(asked.client_id, signed_in.zuid, org), [])
        if set(asked.scopes) <= set(granted):
            return _send_back(world, asked, signed_in, org)
    people = list(world.accounts.people.values())
    return html(
        "consent.html",
        asked=asked,
        client=world.accounts.clients[asked.client_id],
        people=people,
        chosen=(signed_in or people[0]).zuid if people else "",
        orgs=world.bigin,
        fields=[(name, value) for name, value in request.params.items() if name in _PARAMETERS],
    )


def decide(request: Request) -> Reply:
    asked = _read(request)
    world = request.world
    if request.form.get("decision") != "accept":
        return _callback(asked, {"error": "access_denied"})
    person = world.accounts.people.get(request.form.get("zuid", ""))
    if person is None:
        raise BadAuthorisation("Choose who signs in.")
    org = ""
    if asked.for_bigin:
        org = request.form.get(f"org-{person.zuid}") or (person.bigin_orgs[0] if person.bigin_orgs else "")
        if org not in person.bigin_orgs:
            raise BadAuthorisation(f"{person.email} does not belong to that Bigin organisation.")
    reply = _send_back(world, asked, person, org)
    reply.cookies[SIGNED_IN] = person.zuid
    return reply


def _send_back(world: World, asked: Asked, person: Person, org: str) -> Reply:
    code = tokens.make_code(
        world,
        asked.client_id,
        person,
        asked.scopes,
        org,
        asked.redirect_uri,
        offline=asked.offline,
        prompted=asked.prompted,
    )
    if code is None:
        raise BadAuthorisation("You have made too many requests continuously. Please try again after some time.")
    accounts = hosts_of(person.data_centre, world.base_url).accounts
    return _callback(
        asked, {"code": code.value, "location": location_of(person.data_centre), "accounts-server": accounts}
    )


def _callback(asked: Asked, values: dict[str, str]) -> Reply:
    state = {} if asked.state is None else {"state": asked.state}
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return redirect(asked.redirect_uri + joint + urlencode({**state, **values}))


_PARAMETERS = ("scope", "client_id", "response_type", "redirect_uri", "access_type", "prompt", "state")


def _read(request: Request) -> Asked:
    given = request.params
    if given.get("client_id", "") not in request.world.accounts.clients:
        raise BadAuthorisation("ERROR_invalid_client: the client id is not known here.")
    if given.get("response_type") != "code":
        raise BadAuthorisation("ERROR_invalid_response_type: response_type must be code.")
    scopes = split(given.get("scope", ""))
    if not scopes or any(scope.split(".")[0] not in KNOWN_PRODUCTS for scope in scopes):
        raise BadAuthorisation("ERROR_invalid_scope: a scope does not exist.")
    uri = given.get("redirect_uri", "")
    if not _registered(request.world, uri):
        raise BadAuthorisation("ERROR_invalid_redirect_uri: the redirect URI is not registered for this client.")
    return Asked(
        client_id=given["client_id"],
        scopes=scopes,
        redirect_uri=uri,
        offline=given.get("access_type", "online") == "offline",
        prompted="consent" in given.get("prompt", ""),
        state=given.get("state"),
    )


def _registered(world: World, uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_a_number or not uri.isprintable():
        return False
    if not world.switches.on("redirect_uri_check"):
        return True
    topping = urlsplit(world.options.topping_url)
    own = (parts.scheme, parts.netloc) == (topping.scheme, topping.netloc)
    return own or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def token(request: Request) -> Reply:
    given = request.params
    world = request.world
    client = world.accounts.clients.get(given.get("client_id", ""))
    if client is None:
        raise tokens.TokenError("invalid_client")
    if client.client_secret != given.get("client_secret"):
        raise tokens.TokenError("invalid_client_secret")
    kind = given.get("grant_type")
    if kind == "authorization_code":
        answer = tokens.exchange(world, client.client_id, given.get("code", ""), given.get("redirect_uri", ""))
    elif kind == "refresh_token":
        answer = tokens.refresh(world, client.client_id, given.get("refresh_token", ""))
    else:
        raise tokens.TokenError("unsupported_grant_type")
    return Reply(body=answer)


def revoke(request: Request) -> Reply:
    """`{"status": "success"}` (bigin-api.md 1.4)."""
    if not tokens.revoke(request.world, request.params.get("token", "")):
        raise tokens.TokenError("invalid_token")
    return Reply(body={"status": "success"})


def serverinfo(request: Request) -> Reply:
    locations: dict[str, Any] = {name: centre.accounts for name, centre in DATA_CENTRES.items()}
    return Reply(body={"result": "success", "locations": {**locations, "us": request.world.base_url}})


ROUTES = [
    Route("GET", "/v2/auth", authorise),
    Route("POST", "/v2/auth", decide),
    Route("POST", "/v2/token", token),
    Route("POST", "/v2/token/revoke", revoke),
    Route("GET", "/serverinfo", serverinfo),
]
