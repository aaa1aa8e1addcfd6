"""What can go wrong with a call to Zoho, as five classes and one closed table that chooses among them.

    ZohoError
      RetryLater       a read failed on its way, or the call never left: nothing happened, try again
      RateLimited      Zoho, or our own budget, says not now
      Rejected         Zoho understood and refused: sending the same again gives the same
      Unauthorised     the connection itself is not accepted: no conclusion about any record
      UnknownOutcome   a write was sent and nobody told us how it ended: look before sending again

Reading error bodies is in `zoho/bodies.py`; sending is in `zoho/client.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["minute", "daily", "concurrent", "token"]
READS = frozenset({"GET", "HEAD"})


class ZohoError(Exception):
    """Raised as one of its five subclasses only. `product` is bigin, books, invoice or accounts; no secret is in it."""

    def __init__(
        self,
        message: str,
        *,
        product: str,
        code: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.product = product
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.details: Mapping[str, Any] = details or {}

    def __str__(self) -> str:
        facts = [self.product, str(self.status or ""), self.code]
        return f"{self.message} ({' '.join(fact for fact in facts if fact)})"


class RetryLater(ZohoError):
    """Nothing happened: a read failed in transit or on Zoho's side, or the connection was never made."""


class RateLimited(ZohoError):
    """Too many calls. `scope` says which limit; `retry_after` is in seconds where known."""

    def __init__(self, message: str, *, scope: Scope, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.scope: Scope = scope


class Rejected(ZohoError):
    """Zoho understood and refused. `field` is the name of the field at fault where the answer names one."""

    def __init__(self, message: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.field = field


class Unauthorised(ZohoError):
    """The token, its scopes, the organisation or its subscription is not accepted."""


class UnknownOutcome(ZohoError):
    """A write may or may not have happened."""


@dataclass(frozen=True)
class Verdict:
    error: type[ZohoError]
    scope: Scope | None = None


@dataclass(frozen=True)
class _Rule:
    """One line of the table: every given condition must hold. Codes are compared whole, never in part."""

    verdict: Verdict
    products: frozenset[str] | None = None
    statuses: frozenset[int] | None = None
    codes: frozenset[str] | None = None
    message: re.Pattern[str] | None = None

    def matches(self, product: str, status: int, code: str, message: str) -> bool:
        return (
            (self.products is None or product in self.products)
            and (self.statuses is None or status in self.statuses)
            and (self.codes is None or code in self.codes)
            and (self.message is None or self.message.search(_QUOTED.sub("", message)) is not None)
        )


_BIGIN = frozenset({"bigin"})
_FINANCE = frozenset({"books", "invoice"})
_ACCOUNTS = frozenset({"accounts"})
_REFUSALS = frozenset({200, 400, 401, 403, 429})
_UNAUTHORISED = Verdict(Unauthorised)
_DAY_SPENT = re.compile(r"\b(credits?|per day|daily|24[ -]?hours?|for the day)\b", re.IGNORECASE)
# Anchored, and read after quoted names are cut: a customer may well be called "Trial expired Ltd".
_SUSPENDED = re.compile(
    r"^(your|this|the)\s+(\w+\s+){0,3}(organi[sz]ation|subscription|trial)\b[^.]{0,60}"
    r"\b(suspended|expired|deactivated|inactive|cancelled)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|\u201c[^\u201d]*\u201d")

# The order matters: the first line that matches decides. Codes: reference of both products, sections 1.6, 7 and 8.
_TABLE: tuple[_Rule, ...] = (
    _Rule(Verdict(RateLimited, "token"), _ACCOUNTS, _REFUSALS, frozenset({"Access Denied"})),
    _Rule(Verdict(RateLimited, "token"), _ACCOUNTS, frozenset({429})),
    _Rule(Verdict(RateLimited, "minute"), _FINANCE, _REFUSALS, frozenset({"44"})),
    _Rule(Verdict(RateLimited, "daily"), _FINANCE, _REFUSALS, frozenset({"45"})),
    _Rule(Verdict(RateLimited, "concurrent"), _FINANCE, _REFUSALS, frozenset({"1070"})),
    _Rule(Verdict(RateLimited, "minute"), _FINANCE, frozenset({429})),
    _Rule(Verdict(RateLimited, "daily"), _BIGIN, frozenset({429}), None, _DAY_SPENT),
    _Rule(Verdict(RateLimited, "daily"), _BIGIN, frozenset({429}), frozenset({"LIMIT_EXCEEDED", "API_LIMIT_EXCEEDED"})),
    _Rule(Verdict(RateLimited, "concurrent"), _BIGIN, frozenset({429})),
    _Rule(_UNAUTHORISED, None, frozenset({401, 402})),
    _Rule(
        _UNAUTHORISED,
        _BIGIN,
        frozenset({400, 403}),
        frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE", "OAUTH_SCOPE_MISMATCH", "OAUTH_ORG_MISMATCH"}),
    ),
    _Rule(_UNAUTHORISED, _FINANCE, frozenset({200, 400, 403, 404}), frozenset({"14", "57", "6041", "9017"})),
    _Rule(_UNAUTHORISED, None, frozenset({400, 403}), None, _SUSPENDED),
    _Rule(
        _UNAUTHORISED,
        _ACCOUNTS,
        frozenset({200, 400, 403}),
        frozenset(
            {
                "invalid_code",
                "invalid_client",
                "invalid_client_secret",
                "invalid_redirect_uri",
                "invalid_grant",
                "invalid_token",
                "unauthorized_client",
                "access_denied",
                "unexpected_api_domain",
            }
        ),
    ),
    _Rule(Verdict(RetryLater), _ACCOUNTS, frozenset({200, 400}), frozenset({"general_error"})),
)


def classify(product: str, method: str, status: int, code: str, message: str = "") -> Verdict:
    """The class of a failure. What the table does not name is refused below 500 and, for writes, unknown above."""
    for rule in _TABLE:
        if rule.matches(product, status, code, message):
            return rule.verdict
    reads = method in READS
    if status == 408 or status >= 500 or 300 <= status < 400:
        return Verdict(RetryLater if reads else UnknownOutcome)
    if 200 <= status < 300 and not code:  # a success that cannot be read
        return Verdict(RetryLater if reads else UnknownOutcome)
    return Verdict(Rejected)


def build(
    verdict: Verdict,
    message: str,
    *,
    field: str | None = None,
    retry_after: float | None = None,
    **facts: Any,
) -> ZohoError:
    """The exception of a verdict, not raised."""
    if verdict.error is RateLimited:
        return RateLimited(message, scope=verdict.scope or "minute", retry_after=retry_after, **facts)
    if verdict.error is Rejected:
        return Rejected(message, field=field, **facts)
    return verdict.error(message, retry_after=retry_after, **facts)
