"""The doors under `/__sandbox__/` by which a tester looks and steers. Not part of Zoho."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox import state
from sandbox.accounts import tokens
from sandbox.bigin.doors import DOORS
from sandbox.building import build_world
from sandbox.core import ApiError, Product, Reply, Request, Route, RouteTable
from sandbox.faults import KINDS, parse_fault

if TYPE_CHECKING:
    from sandbox.app import Server


def product() -> Product:
    return Product("control", "/__sandbox__", RouteTable(ROUTES), _enter, _render, needs_token=False)


def _enter(request: Request, route: Route) -> None:
    """Everyone on this machine may steer: the sandbox listens on loopback. `app` has put itself into `org`."""


def _render(error: ApiError) -> Reply:
    return Reply(error.status, {"error": error.message})


def _words(handler: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    """Wrong values are the tester's mistakes."""

    def checked(request: Request) -> Reply:
        try:
            return handler(request)
        except (ValueError, TypeError, OverflowError) as error:
            raise ApiError(400, "bad_request", str(error)) from None

    return checked


def _object(request: Request) -> dict[str, Any]:
    data = request.json() if request.body else {}
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data


def _server(request: Request) -> Server:
    server: Server = request.org
    return server


def get_calls(request: Request) -> Reply:
    calls = request.world.calls
    return Reply(body={"log": list(calls.log)} if request.query.get("log") else calls.summary())


def delete_calls(request: Request) -> Reply:
    request.world.calls.clear()
    return Reply(204)


def reset(request: Request) -> Reply:
    """Seeds anew; `{"seed": name}` changes the seed, `{"keep": ["switches"]}` keeps what it names."""
    data = _object(request)
    unknown = set(data) - {"seed", "keep"}
    keep = data.get("keep", [])
    if unknown or not isinstance(keep, list) or set(map(str, keep)) - {"switches", "limits", "clock"}:
        raise ValueError("reset takes seed, and keep: a list of switches, limits, clock")
    old = request.world
    world = build_world(replace(old.options, seed=str(data.get("seed", old.options.seed))), old.base_url)
    if "switches" in keep:
        world.switches = old.switches
    if "limits" in keep:
        world.limits = old.limits
    if "clock" in keep:
        world.clock = old.clock
    world.changes = old.changes + 1
    _server(request).world = world
    return Reply(body={"seed": world.options.seed})


def get_switches(request: Request) -> Reply:
    return Reply(body={"switches": request.world.switches.listing()})


def set_switches(request: Request) -> Reply:
    """All or nothing."""
    board = request.world.switches
    before = dict(board.positions)
    try:
        for name, value in _object(request).items():
            board.set(name, str(value))
    except ValueError:
        board.positions = before
        raise
    return get_switches(request)


def delete_switches(request: Request) -> Reply:
    request.world.switches.clear()
    return Reply(204)


def get_faults(request: Request) -> Reply:
    return Reply(body={"faults": [fault.listing() for fault in request.world.faults.faults], "kinds": KINDS})


def add_faults(request: Request) -> Reply:
    """One fault or a list of them, added to those that stand."""
    data = request.json()
    fresh = [parse_fault(one) for one in (data if isinstance(data, list) else [data])]
    request.world.faults.faults += fresh
    return Reply(201, {"faults": [fault.listing() for fault in request.world.faults.faults]})


def delete_faults(request: Request) -> Reply:
    request.world.faults.faults = []
    return Reply(204)


def get_clock(request: Request) -> Reply:
    return Reply(body={"now": request.world.clock.now().isoformat()})


def set_clock(request: Request) -> Reply:
    """`{"now": ISO time with an offset}` or `{"advance": seconds}`; what becomes due happens before the answer."""
    data = _object(request)
    world = request.world
    if set(data) == {"now"}:
        moment = datetime.fromisoformat(str(data["now"]))
        if moment.tzinfo is None:
            raise ValueError("now needs an offset")
        world.clock.set(moment)
    elif set(data) == {"advance"}:
        world.clock.advance(timedelta(seconds=_seconds(data["advance"])))
    else:
        raise ValueError('expected {"now": time} or {"advance": seconds}')
    world.schedule.run_due(world.clock.seconds())
    return get_clock(request)


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except TypeError:
        raise ValueError("advance is a number of seconds") from None
    if not -1e9 < seconds < 1e9:
        raise ValueError("advance is a number of seconds")
    return seconds


def get_limits(request: Request) -> Reply:
    return Reply(body=request.world.limits.listing())


def set_limits(request: Request) -> Reply:
    request.world.limits.change(_object(request))
    return get_limits(request)


def get_state(request: Request) -> Reply:
    return Reply(raw=state.world_to_text(request.world).encode("ascii"))


def put_state(request: Request) -> Reply:
    old = request.world
    world = build_world(replace(old.options, seed="empty"), old.base_url)
    state.text_to_world(request.body.decode("utf-8"), world)
    world.changes = old.changes + 1
    _server(request).world = world
    return Reply(204)


def get_deliveries(request: Request) -> Reply:
    return Reply(body={"deliveries": [asdict(one) for one in request.world.deliveries]})


def make_token(request: Request) -> Reply:
    """`{"user": zuid or e-mail, "scopes": [...], "access_type": "offline", "org": Bigin org id}` without a browser."""
    data = _object(request)
    person = request.world.accounts.find_person(str(data.get("user", "")))
    scopes = data.get("scopes")
    if person is None or not isinstance(scopes, list) or not scopes:
        raise ValueError("a known user and a list of scopes are needed")
    org = str(data.get("org") or (person.bigin_orgs[0] if person.bigin_orgs else ""))
    if org and org not in person.bigin_orgs:
        raise ValueError(f"{person.email} does not belong to Bigin org {org}")
    offline = data.get("access_type", "offline") == "offline"
    client = str(data.get("client_id") or request.world.options.client_id)
    return Reply(body=tokens.grant(request.world, client, person, [str(one) for one in scopes], org, offline=offline))


def get_failures(request: Request) -> Reply:
    """Tracebacks of the sandbox's own mistakes: empty, or there is a bug."""
    return Reply(body={"failures": request.world.failures})


def get_help(request: Request) -> Reply:
    return Reply(body={"doors": [f"{route.method} /__sandbox__{route.template}" for route in ROUTES]})


ROUTES = [
    Route(method, template, _words(handler))
    for method, template, handler in [
        ("GET", "/", get_help),
        ("GET", "/calls", get_calls),
        ("DELETE", "/calls", delete_calls),
        ("POST", "/reset", reset),
        ("GET", "/switches", get_switches),
        ("POST", "/switches", set_switches),
        ("PUT", "/switches", set_switches),
        ("DELETE", "/switches", delete_switches),
        ("GET", "/faults", get_faults),
        ("POST", "/faults", add_faults),
        ("DELETE", "/faults", delete_faults),
        ("GET", "/clock", get_clock),
        ("PUT", "/clock", set_clock),
        ("GET", "/limits", get_limits),
        ("PUT", "/limits", set_limits),
        ("GET", "/state", get_state),
        ("PUT", "/state", put_state),
        ("GET", "/deliveries", get_deliveries),
        ("GET", "/failures", get_failures),
        ("POST", "/token", make_token),
        *((door.method, door.template, door.handler) for door in DOORS),
    ]
]
