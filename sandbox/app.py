"""The server: reads a call, lets faults strike, runs it, counts it, and writes the answer. aiohttp lives only here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from sandbox import dispatch
from sandbox.core import Product, Refusal, Reply, Request, Upload, to_json
from sandbox.faults import Fault
from sandbox.products import products
from sandbox.state import StateFile
from sandbox.world import Delivery, World

log = logging.getLogger("sandbox")
MAX_BODY = 26 * 1024 * 1024
MOST_DELIVERIES = 10_000
LATE_KINDS = {"drop_after", "error_after"}


class Server:
    """Holds the world; `reset` and `PUT state` replace it."""

    def __init__(self, world: World, state: StateFile | None = None) -> None:
        self.world = world
        self.state = state
        self.products = products()

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY)
        application.router.add_route("*", "/{tail:.*}", self.handle)
        application.cleanup_ctx.append(self._background)
        return application

    async def _background(self, application: web.Application) -> AsyncIterator[None]:
        ticker = asyncio.create_task(self._tick())
        yield
        ticker.cancel()
        if self.state is not None:
            self.state.save(self.world)

    async def _tick(self) -> None:
        """Runs what is due, delivers notifications, saves the state: ten times a second."""
        async with ClientSession() as session:
            while True:
                await asyncio.sleep(0.1)
                try:
                    self.world.schedule.run_due(self.world.clock.seconds())
                    for delivery in [one for one in self.world.deliveries if one.outcome == "waiting"]:
                        await deliver(session, delivery, urlsplit(self.world.options.topping_url).hostname)
                    del self.world.deliveries[:-MOST_DELIVERIES]
                    if self.state is not None:
                        self.state.save_if_changed(self.world)
                except Exception:
                    log.exception("background work failed")

    def find(self, path: str) -> tuple[Product, str]:
        for product in self.products:
            if path == product.prefix or path.startswith(product.prefix + "/"):
                return product, path[len(product.prefix) :] or "/"
        return self.products[-1], path

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """Zoho's servers tell their own time: clients reckon with it."""
        answer = await self._handle(http)
        answer.headers["Date"] = format_datetime(self.world.clock.now(), usegmt=True)
        return answer

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        world = self.world
        product, path = self.find(http.path)
        try:
            request = await read(world, product, path, http)
        except Refusal as refusal:
            return respond(product.render(refusal))
        slot = caller(product, request)
        request.in_flight = world.in_flight[slot]
        world.in_flight[slot] += 1
        try:
            return await self.answer(product, request, http)
        finally:
            world.in_flight[slot] -= 1

    async def answer(self, product: Product, request: Request, http: web.Request) -> web.StreamResponse:
        if product.name == "control":
            request.org = self
            return respond(dispatch.run(product, request).reply)
        fault = request.world.faults.strike(product.name, request.method, request.path)
        if fault is not None:
            return await self.struck(product, request, http, fault)
        return respond(self.run(product, request))

    def run(self, product: Product, request: Request, refusal: Refusal | None = None, lost: bool = False) -> Reply:
        outcome = dispatch.run(product, request, refusal)
        self.note(product, request, outcome.endpoint, "dropped" if lost else str(outcome.reply.status))
        return outcome.reply

    def note(self, product: Product, request: Request, endpoint: str, status: str) -> None:
        request.world.calls.note(
            time=request.world.clock.now().isoformat(timespec="milliseconds"),
            product=product.name,
            method=request.method,
            endpoint=endpoint,
            status=status,
            query=sorted(request.query),
        )

    async def struck(self, product: Product, request: Request, http: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind in LATE_KINDS:
            self.run(product, request, lost=True)
        if fault.kind in ("drop_before", "drop_after", "late_commit"):
            self.cut(product, request, http, fault)
            return web.Response()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return respond(self.run(product, request))
        if fault.kind == "hold":
            while any(one is fault for one in self.world.faults.faults):
                await asyncio.sleep(0.01)
            return respond(self.run(product, request))
        if fault.kind == "html":
            self.note(product, request, endpoint_of(product, request), str(fault.status or 502))
            return web.Response(status=fault.status or 502, text=ERROR_PAGE, content_type="text/html")
        if fault.kind == "error_after":
            return respond(product.render(Refusal("unavailable", status=fault.status or 500)))
        return respond(self.run(product, request, refusal_for(request, fault)))

    def cut(self, product: Product, request: Request, http: web.Request, fault: Fault) -> None:
        """Closes the connection without an answer; a late commit is left in the schedule."""
        if http.transport is not None:
            http.transport.abort()
        if fault.kind == "drop_before":
            self.note(product, request, endpoint_of(product, request), "dropped")
        if fault.kind == "late_commit":
            due = request.world.clock.seconds() + fault.seconds
            request.world.schedule.at(due, lambda: self._commit_late(product, request))

    def _commit_late(self, product: Product, request: Request) -> None:
        self.run(product, request, lost=True)


def caller(product: Product, request: Request) -> str:
    """Whose calls are counted together: an organisation's in Books, a user's of one client in Bigin."""
    organization = request.query.get("organization_id") or request.headers.get("X-com-zoho-invoice-organizationid")
    if organization:
        return f"{product.name} {organization}"
    token = request.world.accounts.access_tokens.get(bearer(request))
    return f"{product.name} {token.client_id} {token.zuid}" if token else product.name


def endpoint_of(product: Product, request: Request) -> str:
    try:
        route, params = product.routes.match(request.method, request.path)
    except Refusal:
        return dispatch.UNKNOWN
    return route.endpoint(params)


def bearer(request: Request) -> str:
    return request.headers.get("Authorization", "").partition(" ")[2].strip()


ERROR_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def refusal_for(request: Request, fault: Fault) -> Refusal:
    """Also does what the fault says to the token."""
    if fault.kind in ("expired_token", "revoked_token"):
        token = request.world.accounts.access_tokens.pop(bearer(request), None)
        if token is not None and fault.kind == "revoked_token":
            request.world.accounts.revoke_refresh_token(token.refresh_token)
        return Refusal("invalid_token")
    if fault.kind == "error_before":
        return Refusal("unavailable", status=fault.status or 503)
    return Refusal(fault.kind)


async def read(world: World, product: Product, path: str, http: web.Request) -> Request:
    """Raises Refusal("too_large" | "bad_json")."""
    request = Request(
        world=world,
        product=product.name,
        method=http.method,
        path=path,
        query=dict(reversed(list(http.query.items()))),
        headers=http.headers,
        cookies=http.cookies,
    )
    try:
        if http.content_type.startswith("multipart/"):
            await _read_multipart(request, http)
        elif http.can_read_body:
            request.body = await http.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refusal("too_large") from None
    except (ValueError, AssertionError, LookupError, web.HTTPException):
        raise Refusal("bad_json", "the body cannot be read") from None
    if http.content_type == "application/x-www-form-urlencoded":
        request.form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return request


async def _read_multipart(request: Request, http: web.Request) -> None:
    for name, value in (await http.post()).items():
        if isinstance(value, web.FileField):
            request.files[name] = Upload(value.filename, value.content_type, value.file.read())
            request.repeated.setdefault(name, []).append(request.files[name])
        else:
            request.form[name] = value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def respond(reply: Reply) -> web.Response:
    response = web.Response(
        status=reply.status, body=reply.encode(), headers={"Content-Type": reply.content_type, **reply.headers}
    )
    for name, value in reply.cookies.items():
        response.set_cookie(name, value, httponly=True, samesite="Lax", path="/")
    return response


LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def deliver(session: ClientSession, delivery: Delivery, topping: str | None) -> None:
    """One attempt; how often Zoho tries is unknown (bigin-api.md 12.4). This machine and the topping's host only."""
    if urlsplit(delivery.url).hostname not in (*LOOPBACK, topping):
        delivery.outcome = "not sent: another machine"
        return
    delivery.tries_left -= 1
    try:
        content = delivery.text.encode() if delivery.text else to_json(delivery.body)
        headers = {"Content-Type": "application/json", **delivery.headers}
        patience = ClientTimeout(total=delivery.patience)
        async with session.post(delivery.url, data=content, headers=headers, timeout=patience) as answer:
            delivery.outcome = str(answer.status)
    except (ClientError, TimeoutError, ValueError) as error:
        delivery.outcome = f"failed: {type(error).__name__}"
    if not delivery.outcome.startswith("2") and delivery.tries_left:
        delivery.outcome = "waiting"


async def serve(world: World, host: str, port: int, state: StateFile | None) -> tuple[web.AppRunner, int]:
    """Starts listening and returns the port it got."""
    runner = web.AppRunner(
        Server(world, state).application(), access_log=None, handle_signals=False, shutdown_timeout=2.0
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    addresses: Any = runner.addresses
    return runner, int(addresses[0][1])
