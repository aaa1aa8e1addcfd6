"""One client for all three products: sends, reads the answer, and turns what went wrong into the five errors.

Endpoints are in `zoho/bigin.py` and `zoho/books.py`; tokens in `zoho/auth.py`.
Bodies, tokens and query values are never logged.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
import urllib3.exceptions

from zoho import bodies
from zoho.errors import READS, RateLimited, RetryLater, Unauthorised, UnknownOutcome, ZohoError, build, classify
from zoho.limits import Budget, Priority, Quota
from zoho.retry import Retry
from zoho.times import http_date

log = logging.getLogger(__name__)

# Called before every request is prepared. Tests add one that raises inside a database transaction.
before_send: list[Callable[[], None]] = []

_MAX_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_ID_SEGMENT = re.compile(r"(?<=/)[0-9][0-9a-zA-Z_.]*(?=/|$)")
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    ssl.SSLCertVerificationError,
)
# After a 429 that does not say for how long; the length of Books' block is not documented (reference, section 8).
_UNTOLD_PAUSE = {"minute": 60.0, "daily": 3600.0, "concurrent": 2.0, "token": 600.0}


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, between two bytes, and for the whole answer."""

    connect: float = 3.0
    read: float = 30.0
    total: float = 90.0


@dataclass(frozen=True)
class Answer:
    """A successful answer. `data` is None without a JSON body; `noted` are JSON paths whose text had to be changed."""

    status: int
    data: Any
    headers: Mapping[str, str]
    content: bytes
    requested_at: datetime
    server_date: datetime | None
    request_id: str
    noted: tuple[str, ...] = ()
    quota: Quota | None = None


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    params: Mapping[str, str]
    body: bytes | None
    headers: Mapping[str, str]
    accept: str


class _TokenAuth(requests.auth.AuthBase):
    """As an auth object the token also beats a .netrc entry, which requests would otherwise prefer to the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Zoho-oauthtoken {self._token}"
        return request


def _open_session() -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = "bigin-books"
    session.headers["Accept"] = "*/*"
    # Zoho sets session cookies that tie calls to one server; we are called by many processes and want none.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


@dataclass
class Client:
    """`token(force)` gives an access token, a fresh one when `force`. Not for use by several threads.

    With `patience`, a "not now" that passes within so many seconds is waited for. `organization_id` goes with every
    call.
    """

    product: str
    base_url: str
    token: Callable[[bool], str]
    budget: Budget | None = None
    priority: Priority = "sync"
    organization_id: str | None = None
    timeouts: Timeouts = Timeouts()
    retry: Retry = field(default_factory=Retry)
    patience: float = 0.0
    on_quota: Callable[[Quota], None] | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random
    calls: Counter[str] = field(default_factory=Counter)
    last_quota: Quota | None = None
    last_date: datetime | None = None  # of the newest answer, by the server's clock
    _session: requests.Session = field(default_factory=_open_session, repr=False)
    _renewal_is_vain: set[str] = field(default_factory=set, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "json",
        files: Sequence[bodies.Part] = (),
    ) -> Answer:
        """One call, over the network, never inside a transaction. Raises the five errors of `zoho.errors`. With `files`
        the body is a form of parts, `json` one of them."""
        for hook in before_send:
            hook()
        query = {name: _query(value) for name, value in (params or {}).items() if value is not None}
        if self.organization_id:
            query["organization_id"] = self.organization_id
        body, more = None if json is None else bodies.dump(json).encode(), dict(headers or {})
        if files:
            body, more["Content-Type"] = bodies.form_of_parts(body, files)
        call = _Call(method.upper(), path, query, body, more, accept)
        return self._until_settled(call)

    def _until_settled(self, call: _Call) -> Answer:
        attempt, patience, renewed, force = 1, self.patience, False, False
        while True:
            try:
                return self._attempt(call, force)
            except RateLimited as error:
                wait = error.retry_after
                if wait is None or wait > patience:
                    raise
                patience -= wait
            except Unauthorised as error:
                # A 401 means that nothing was done, so a write may go again too; once, and only with a new token.
                if renewed or error.status != 401 or error.code in self._renewal_is_vain:
                    if renewed:
                        self._renewal_is_vain.add(error.code)
                    raise
                renewed = force = True
                continue
            except RetryLater as error:
                if not self.retry.wants(call.method, error, attempt):
                    raise
                wait = self.retry.wait(attempt, self.chance())
                attempt += 1
            force = False
            self.sleep(wait)

    def _attempt(self, call: _Call, force: bool) -> Answer:
        token = self.token(force)
        slot: AbstractContextManager[object] = self.budget.acquire(self.priority) if self.budget else nullcontext()
        with slot:
            answer = self._send(call, token)
        if _is_success(self.product, call, answer):
            return answer
        raise self._refusal(call, answer)

    def _send(self, call: _Call, token: str) -> Answer:
        requested_at, started = self.now(), self.clock()
        own_id = uuid.uuid4().hex[:12]
        self.calls[f"{call.method} {_ID_SEGMENT.sub('{id}', call.path)}"] += 1
        with self._transport_errors(call, own_id):
            response = self._session.request(
                call.method,
                self.base_url + call.path,
                params=call.params,
                data=call.body,
                headers={**({"Content-Type": "application/json;charset=UTF-8"} if call.body else {}), **call.headers},
                auth=_TokenAuth(token),
                timeout=(self.timeouts.connect, self.timeouts.read),
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = self._content(response, started)
        request_id = response.headers.get("X-Request-Id") or own_id
        quota = _quota(response.headers)
        self._note_quota(quota)
        data, noted = _json(content, response, call)
        log.debug(
            "zoho: %s %s %s: %s, request %s", self.product, call.method, call.path, response.status_code, request_id
        )
        if noted:
            log.warning("zoho: %s %s: text had to be changed at %s", self.product, call.path, ", ".join(noted))
        server_date = self.last_date = http_date(response.headers.get("Date"))
        return Answer(
            response.status_code, data, response.headers, content, requested_at, server_date, request_id, noted, quota
        )

    def _content(self, response: requests.Response, started: float) -> bytes:
        """Piece by piece as they come: a server that drips would otherwise hold us for hours, each wait being short."""
        chunks, size = [], 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > _MAX_BYTES or self.clock() - started > self.timeouts.total:
                raise requests.ReadTimeout("the answer is too long or too slow")
            chunks.append(chunk)
        return b"".join(chunks)

    @contextmanager
    def _transport_errors(self, call: _Call, request_id: str) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            unsent = was_never_sent(error)
            kind = RetryLater if unsent or call.method in READS else UnknownOutcome
            log.warning(
                "zoho: %s %s %s: %s (%s), request %s",
                self.product, call.method, call.path, kind.__name__, type(error).__name__, request_id,
            )  # fmt: skip
            message = "No connection to Zoho could be made." if unsent else "The connection to Zoho broke off."
            raise kind(message, product=self.product, code=type(error).__name__, request_id=request_id) from error

    def _note_quota(self, quota: Quota | None) -> None:
        if quota is None:
            return
        self.last_quota = quota
        if self.on_quota:
            self.on_quota(quota)
        if quota.remaining <= 0 and self.budget:
            self.budget.block(quota.reset_after or _UNTOLD_PAUSE["daily"], "daily")

    def _refusal(self, call: _Call, answer: Answer) -> ZohoError:
        said = bodies.problem(self.product, answer.data)
        verdict = classify(self.product, call.method, answer.status, said.code, said.message)
        pause = self._pause(answer, verdict.scope) if verdict.error is RateLimited else None
        log.warning(
            "zoho: %s %s %s: %s, status %s, code %s, request %s",
            self.product, call.method, call.path, verdict.error.__name__, answer.status, said.code, answer.request_id,
        )  # fmt: skip
        return build(
            verdict,
            said.message or f"Zoho answered with status {answer.status} and no message.",
            field=said.field,
            retry_after=pause,
            product=self.product,
            code=said.code,
            status=answer.status,
            request_id=answer.request_id,
            details=said.details,
        )

    def _pause(self, answer: Answer, scope: str | None) -> float:
        pause = _seconds(answer.headers.get("Retry-After"))
        if pause is None and scope == "daily" and answer.quota:
            pause = answer.quota.reset_after
        if pause is None:
            pause = _UNTOLD_PAUSE[scope or "minute"]
            if scope == "minute" and self.budget:
                pause = self.budget.window
        if self.budget and scope in ("minute", "daily"):
            self.budget.block(pause, "minute" if scope == "minute" else "daily")
        return pause


def was_never_sent(error: BaseException) -> bool:
    """Whether no byte of the request can have reached the other side."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.InvalidURL, ConnectionRefusedError)):
        return True
    cause = error
    for _ in range(6):
        hidden = (getattr(cause, "reason", None), getattr(cause, "original_error", None))
        inner = [item for item in (*cause.args, *hidden) if isinstance(item, BaseException)]
        if isinstance(cause, _NEVER_SENT):
            return True
        if not inner:
            return False
        cause = inner[0]
    return False


def _is_success(product: str, call: _Call, answer: Answer) -> bool:
    status, data = answer.status, answer.data
    bigin_write = product == "bigin" and call.method not in READS
    if bigin_write and status < 500 and status not in (401, 429) and bodies.record_results(data) is not None:
        return True
    if status in (204, 304):
        return True
    if not 200 <= status < 300:
        return False
    if call.accept != "json" and not isinstance(data, dict):
        return True
    if not isinstance(data, dict):
        return False
    return product == "bigin" or data.get("code") in (0, "0")


def _json(content: bytes, response: requests.Response, call: _Call) -> tuple[Any, tuple[str, ...]]:
    binary = call.accept != "json" and "json" not in response.headers.get("Content-Type", "")
    if not content or binary:
        return None, ()
    try:
        return bodies.parse(content)
    except ValueError:
        return None, ()


def _query(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)


def _quota(headers: Mapping[str, str]) -> Quota | None:
    remaining = _seconds(headers.get("X-Rate-Limit-Remaining"))
    if remaining is None:
        return None
    limit = _seconds(headers.get("X-Rate-Limit-Limit"))
    reset = _seconds(headers.get("X-Rate-Limit-Reset"))
    return Quota(None if limit is None else int(limit), int(remaining), reset)


def _seconds(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text.strip()):
        return None
    return float(text)
