"""Connecting to a sandbox without a browser, by its control door: for `connect_sandbox`, tests and benchmarks."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import connections, setup
from accounts.identity import identify
from accounts.models import Installation, Member, Product
from zoho import auth
from zoho.auth import Tokens
from zoho.datacentres import origin

_SCOPES = {Product.BOOKS: auth.BOOKS_SCOPES, Product.INVOICE: auth.INVOICE_SCOPES}


class NotASandbox(Exception):
    """The address does not answer as the sandbox does."""


def connect(
    url: str, user: str, product: str = "books", organization_id: str | None = None, alert_email: str | None = None
) -> Installation:
    """An active installation, as `user` (an e-mail address of the sandbox's) would have set it up in the browser.

    Takes the user's first organisation where none is named. settings.SANDBOX_URL must be `url`. Raises NotASandbox, and
    what `accounts.setup` raises.
    """
    here = origin(url)
    centre = connections.data_centres().by_accounts_server(here)
    bigin_tokens = sandbox_tokens(here, user, auth.BIGIN_SETUP_SCOPES)
    member = setup.connect_bigin(centre, bigin_tokens, identify(centre, bigin_tokens))
    installation, kept_in = member.installation, Product(product)
    setup.connect_books(installation, kept_in, centre, sandbox_tokens(here, user, _SCOPES[kept_in]), member)
    chosen = organization_id or installation.books_org_id or setup.organizations(installation, kept_in)[0].id
    setup.choose_organization(installation, kept_in, chosen, alert_email or member.email, member)
    return installation


def member_of(installation: Installation, url: str, user: str) -> Member:
    """A person of the organisation, signed in with their own short-lived token."""
    here = origin(url)
    centre = connections.data_centres().by_accounts_server(here)
    tokens = sandbox_tokens(here, user, auth.BIGIN_MEMBER_SCOPES, access_type="online")
    return setup.save_member(installation, identify(centre, tokens), tokens)


def sandbox_tokens(url: str, user: str, scopes: Sequence[str], access_type: str = "offline") -> Tokens:
    """From the sandbox's own door. Raises NotASandbox, with its words where it refuses."""
    given = _post(f"{url}/__sandbox__/token", {"user": user, "scopes": list(scopes), "access_type": access_type})
    return Tokens(
        access_token=given["access_token"],
        refresh_token=given.get("refresh_token"),
        scopes=frozenset(given["scope"].split()),
        api_domain=given["api_domain"],
        expires_at=datetime.now(UTC) + timedelta(seconds=given["expires_in"]),
    )


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - an http(s) origin, checked by the caller
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            given: dict[str, Any] = json.load(answer)
            return given
    except urllib.error.HTTPError as error:
        with error:
            raise NotASandbox(f"{url} refused: {error.read(500).decode(errors='replace')}") from error
    except (OSError, ValueError) as error:
        raise NotASandbox(f"{url} does not answer as a sandbox: {error}") from error
