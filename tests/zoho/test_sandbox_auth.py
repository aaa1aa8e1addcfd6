"""Signing in to the sandbox as a browser and this package would, together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sandbox.testing import Sandbox, running_sandbox
from tests.zoho import sandboxed
from zoho import auth
from zoho.bigin import Bigin
from zoho.datacentres import data_centres
from zoho.errors import RateLimited, Unauthorised


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox("empty", environment=sandboxed.PLAIN) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def consent(sandbox: Sandbox, url: str) -> dict[str, str]:
    """Presses Accept on the consent page; what the callback is then called with."""
    parts = urlsplit(url)
    form = {**dict(parse_qsl(parts.query)), "decision": "accept", "zuid": sandbox.users[0]["zuid"]}
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("POST", parts.path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    body = answer.read().decode()
    location = answer.headers["Location"]
    connection.close()
    assert location, body
    assert location.startswith(sandboxed.REDIRECT_URI)
    return dict(parse_qsl(urlsplit(location).query))


def signed_in(sandbox: Sandbox) -> auth.Tokens:
    dc = sandboxed.centre(sandbox)
    url = auth.authorise_url(
        dc, sandboxed.oauth_client(sandbox), auth.BIGIN_SETUP_SCOPES, "state-1", "offline", "consent"
    )
    answer = consent(sandbox, url)
    assert answer["state"] == "state-1"
    assert data_centres(sandbox.url).by_accounts_server(answer["accounts-server"]) == dc
    return auth.exchange(dc, sandboxed.oauth_client(sandbox), answer["code"])


def test_from_consent_to_a_call_to_a_fresh_token_to_the_end(sandbox: Sandbox) -> None:
    dc, client = sandboxed.centre(sandbox), sandboxed.oauth_client(sandbox)
    tokens = signed_in(sandbox)
    assert tokens.scopes == set(auth.BIGIN_SETUP_SCOPES)
    assert tokens.api_domain == dc.api_url
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    assert tokens.refresh_token is not None
    with sandboxed.client(sandbox, "bigin", tokens.access_token) as first:
        assert Bigin(first).current_user()["email"] == sandbox.users[0]["email"]
    fresh = auth.refresh(dc, client, tokens.refresh_token)
    assert (fresh.refresh_token, fresh.scopes) == (None, tokens.scopes)
    assert fresh.access_token != tokens.access_token
    auth.revoke(dc, tokens.refresh_token)
    auth.revoke(dc, tokens.refresh_token)
    with pytest.raises(Unauthorised) as caught:
        auth.refresh(dc, client, tokens.refresh_token)
    assert caught.value.code == "invalid_code"


def test_a_code_works_once(sandbox: Sandbox) -> None:
    dc, client = sandboxed.centre(sandbox), sandboxed.oauth_client(sandbox)
    url = auth.authorise_url(dc, client, auth.BIGIN_MEMBER_SCOPES, "s", "online")
    code = consent(sandbox, url)["code"]
    assert auth.exchange(dc, client, code).refresh_token is None
    with pytest.raises(Unauthorised):
        auth.exchange(dc, client, code)


def test_an_expired_token_is_replaced_in_mid_call(sandbox: Sandbox) -> None:
    dc, oauth = sandboxed.centre(sandbox), sandboxed.oauth_client(sandbox)
    tokens = signed_in(sandbox)
    refresh_token = tokens.refresh_token
    assert refresh_token is not None
    asked: list[bool] = []

    def token(force: bool) -> str:
        asked.append(force)
        return auth.refresh(dc, oauth, refresh_token).access_token if force else tokens.access_token

    sandbox.advance(3700)
    with sandboxed.client(sandbox, "bigin", "") as client:
        client.token = token
        assert Bigin(client).org()["id"] == sandbox.users[0]["bigin_org"]
    assert asked == [False, True]


def test_too_many_refreshes_are_a_lockout(sandbox: Sandbox) -> None:
    dc, client = sandboxed.centre(sandbox), sandboxed.oauth_client(sandbox)
    refresh_token = signed_in(sandbox).refresh_token
    assert refresh_token is not None
    for _ in range(10):
        try:
            auth.refresh(dc, client, refresh_token)
        except RateLimited:
            break
    with pytest.raises(RateLimited) as caught:
        auth.refresh(dc, client, refresh_token)
    assert (caught.value.scope, caught.value.retry_after) == ("token", 600.0)
    sandbox.advance(601)
    assert auth.refresh(dc, client, refresh_token).access_token


def test_the_wrong_secret(sandbox: Sandbox) -> None:
    client = auth.OAuthClient(sandbox.client_id, "wrong", sandboxed.REDIRECT_URI)
    with pytest.raises(Unauthorised) as caught:
        auth.refresh(sandboxed.centre(sandbox), client, "1000.x.y")
    assert caught.value.code == "invalid_client_secret"
