"""Signing in to Zoho: the consent address, tokens for a code, fresh tokens, and giving tokens up.

Storing tokens is the callers' business. A refresh is the one call that may happen inside a (short) transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import requests

from zoho import bodies
from zoho.client import was_never_sent
from zoho.datacentres import DataCentre, UnknownDataCentre, origin
from zoho.errors import RetryLater, Unauthorised, UnknownOutcome, ZohoError, build, classify

log = logging.getLogger(__name__)

BIGIN_SETUP_SCOPES = (
    "ZohoBigin.modules.ALL",
    "ZohoBigin.settings.ALL",
    "ZohoBigin.users.READ",
    "ZohoBigin.org.READ",
    "ZohoBigin.notifications.ALL",
    "ZohoSearch.securesearch.READ",
)
# A member's own token only proves who they are and that they may read a record.
BIGIN_MEMBER_SCOPES = (
    "ZohoBigin.modules.contacts.READ",
    "ZohoBigin.modules.accounts.READ",
    "ZohoBigin.modules.pipelines.READ",
    "ZohoBigin.modules.products.READ",
    "ZohoBigin.users.READ",
    "ZohoBigin.org.READ",
)
BOOKS_SCOPES = (
    "ZohoBooks.contacts.ALL",
    "ZohoBooks.settings.ALL",
    "ZohoBooks.estimates.ALL",
    "ZohoBooks.salesorders.ALL",
    "ZohoBooks.invoices.ALL",
    "ZohoBooks.customerpayments.READ",
)
INVOICE_SCOPES = (
    "ZohoInvoice.contacts.ALL",
    "ZohoInvoice.settings.ALL",
    "ZohoInvoice.estimates.ALL",
    "ZohoInvoice.invoices.ALL",
    "ZohoInvoice.customerpayments.READ",
)

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
_THROTTLED_SECONDS = 600.0
_LONGEST_LIFE = 24 * 3600
_GONE_ALREADY = frozenset({"invalid_token", "invalid_code"})


@dataclass(frozen=True)
class OAuthClient:
    """One client of Zoho's API console."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True)
class Tokens:
    """`refresh_token` is None where Zoho gave none: after a refresh, and for online access."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: frozenset[str]
    api_domain: str
    expires_at: datetime


def authorise_url(
    dc: DataCentre,
    client: OAuthClient,
    scopes: Iterable[str],
    state: str,
    access_type: Literal["offline", "online"],
    prompt: str | None = None,
) -> str:
    query = {
        "scope": ",".join(scopes),
        "client_id": client.client_id,
        "response_type": "code",
        "redirect_uri": client.redirect_uri,
        "access_type": access_type,
        "state": state,
    }
    if prompt:
        query["prompt"] = prompt
    return f"{dc.accounts_url}/oauth/v2/auth?{urlencode(query)}"


def exchange(dc: DataCentre, client: OAuthClient, code: str) -> Tokens:
    """Tokens for the code of a callback; a code works once, so a lost answer is UnknownOutcome: sign in again."""
    return _tokens(
        dc,
        {
            "grant_type": "authorization_code",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "redirect_uri": client.redirect_uri,
            "code": code,
        },
        lost=UnknownOutcome,
    )


def refresh(dc: DataCentre, client: OAuthClient, refresh_token: str) -> Tokens:
    """A fresh access token. RateLimited with scope "token" means that asking again soon prolongs the lockout."""
    return _tokens(
        dc,
        {
            "grant_type": "refresh_token",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "refresh_token": refresh_token,
        },
        lost=RetryLater,
    )


def revoke(dc: DataCentre, token: str) -> None:
    """Gives a refresh token up for good; one that is gone already is fine."""
    status, data, _ = _post(dc, "/oauth/v2/token/revoke", {"token": token}, lost=RetryLater)
    said = bodies.problem("accounts", data)
    if said.code in _GONE_ALREADY:
        return
    if status == 200 and isinstance(data, dict) and not said.code and data.get("status") != "failure":
        return
    raise _refusal(status, data, lost=RetryLater)


def _tokens(dc: DataCentre, form: Mapping[str, str], lost: type[ZohoError]) -> Tokens:
    status, data, asked_at = _post(dc, "/oauth/v2/token", form, lost)
    # Zoho answers errors with status 200 too: only the token itself tells success (reference, section 1.6).
    access = data.get("access_token") if isinstance(data, dict) else None
    if status != 200 or not isinstance(access, str) or not access:
        raise _refusal(status, data, lost)
    api_domain = data.get("api_domain") or dc.api_url
    _check_api_domain(dc, str(api_domain))
    fresh = data.get("refresh_token")
    scopes = str(data.get("scope") or "").replace(",", " ").split()
    return Tokens(
        access_token=access,
        refresh_token=fresh if isinstance(fresh, str) and fresh else None,
        scopes=frozenset(scopes),
        api_domain=dc.api_url,
        expires_at=asked_at + timedelta(seconds=_life(data.get("expires_in"))),
    )


def _post(dc: DataCentre, path: str, form: Mapping[str, str], lost: type[ZohoError]) -> tuple[int, Any, datetime]:
    asked_at = datetime.now(UTC)
    try:
        # The table alone names the host; a redirect would carry the secrets to another one.
        response = requests.post(
            dc.accounts_url + path,
            data=dict(form),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            auth=_no_netrc,
        )
    except requests.RequestException as error:
        kind = RetryLater if was_never_sent(error) else lost
        log.warning("zoho: accounts POST %s: %s (%s)", path, kind.__name__, type(error).__name__)
        raise kind(
            "Zoho's sign-in server does not answer.", product="accounts", code=type(error).__name__
        ) from None  # the cause would carry the form, and with it the secrets
    try:
        return response.status_code, bodies.parse(response.content)[0], asked_at
    except ValueError:
        return response.status_code, None, asked_at


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _refusal(status: int, data: Any, lost: type[ZohoError]) -> ZohoError:
    said = bodies.problem("accounts", data)
    verdict = classify("accounts", "GET" if lost is RetryLater else "POST", status, said.code, said.message)
    log.warning("zoho: accounts: %s, status %s, code %s", verdict.error.__name__, status, said.code)
    return build(
        verdict,
        said.message or f"Zoho's sign-in server refused: {said.code or f'status {status}'}.",
        retry_after=_THROTTLED_SECONDS if verdict.scope == "token" else None,
        product="accounts",
        code=said.code,
        status=status,
    )


def _check_api_domain(dc: DataCentre, api_domain: str) -> None:
    try:
        known = origin(api_domain) == dc.api_url
    except UnknownDataCentre:
        known = False
    if not known:
        raise Unauthorised(
            f"Zoho named an API address that does not belong to the data centre {dc.name!r}.",
            product="accounts",
            code="unexpected_api_domain",
        )


def _life(seconds: object) -> float:
    """Zoho's access tokens live an hour; a missing or absurd figure counts as that."""
    if isinstance(seconds, (int, str)) and str(seconds).isdigit() and 0 < int(seconds) <= _LONGEST_LIFE:
        return float(int(seconds))
    return 3600.0
