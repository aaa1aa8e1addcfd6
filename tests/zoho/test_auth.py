"""Signing in, against a scripted accounts server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.zoho.scripted import Reply, Scripted, refusing_port
from zoho import auth
from zoho.auth import OAuthClient, Tokens
from zoho.datacentres import DataCentre, data_centres
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError

CLIENT = OAuthClient("1000.CLIENT", "very-secret", "https://app.example/oauth/callback")
GRANT = {
    "access_token": "1000.aaa.bbb",
    "refresh_token": "1000.ccc.ddd",
    "scope": "ZohoBigin.modules.ALL ZohoBigin.settings.ALL",
    "token_type": "Bearer",
    "expires_in": 3600,
}


@pytest.fixture
def dc(server: Scripted) -> DataCentre:
    return data_centres(server.url).by_name("sandbox")


def granted(dc: DataCentre, **changes: object) -> Reply:
    return Reply(200, {**GRANT, "api_domain": dc.api_url, **changes})


def exchange(dc: DataCentre) -> Tokens:
    return auth.exchange(dc, CLIENT, "1000.code")


def refresh(dc: DataCentre) -> Tokens:
    return auth.refresh(dc, CLIENT, "1000.ccc.ddd")


BOTH = pytest.mark.parametrize("ask", [exchange, refresh])
Ask = Callable[[DataCentre], Tokens]


def test_the_consent_address() -> None:
    us = data_centres().by_name("us")
    url = auth.authorise_url(us, CLIENT, auth.BIGIN_SETUP_SCOPES, "s t&te", "offline", "consent")
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.zoho.com/oauth/v2/auth"
    assert {key: values[0] for key, values in parse_qs(parts.query).items()} == {
        "scope": ",".join(auth.BIGIN_SETUP_SCOPES),
        "client_id": "1000.CLIENT",
        "response_type": "code",
        "redirect_uri": "https://app.example/oauth/callback",
        "access_type": "offline",
        "prompt": "consent",
        "state": "s t&te",
    }


def test_a_member_signs_in_without_consent_prompt() -> None:
    url = auth.authorise_url(data_centres().by_name("us"), CLIENT, auth.BIGIN_MEMBER_SCOPES, "s", "online")
    assert "prompt" not in url
    assert "access_type=online" in url


def test_a_code_becomes_tokens(server: Scripted, dc: DataCentre) -> None:
    server.script(granted(dc))
    before = datetime.now(UTC)
    tokens = exchange(dc)
    assert (server.seen[0].method, server.seen[0].path) == ("POST", "/oauth/v2/token")
    assert server.seen[0].query == {}
    assert server.seen[0].form == {
        "grant_type": "authorization_code",
        "client_id": "1000.CLIENT",
        "client_secret": "very-secret",
        "redirect_uri": "https://app.example/oauth/callback",
        "code": "1000.code",
    }
    assert (tokens.access_token, tokens.refresh_token) == ("1000.aaa.bbb", "1000.ccc.ddd")
    assert tokens.scopes == {"ZohoBigin.modules.ALL", "ZohoBigin.settings.ALL"}
    assert tokens.api_domain == dc.api_url
    assert before + timedelta(hours=1) <= tokens.expires_at <= datetime.now(UTC) + timedelta(hours=1)


def test_a_refresh_brings_no_refresh_token(server: Scripted, dc: DataCentre) -> None:
    answer = {key: value for key, value in GRANT.items() if key != "refresh_token"}
    server.script(Reply(200, {**answer, "api_domain": dc.api_url}))
    assert refresh(dc).refresh_token is None
    assert server.seen[0].form["grant_type"] == "refresh_token"


@pytest.mark.parametrize("scope", ["A.READ,B.ALL", "A.READ B.ALL", "A.READ, B.ALL"])
def test_scopes_by_space_or_comma(server: Scripted, dc: DataCentre, scope: str) -> None:
    server.script(granted(dc, scope=scope))
    assert refresh(dc).scopes == {"A.READ", "B.ALL"}


@BOTH
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "kind"), [
    ("invalid_code", Unauthorised), ("invalid_client", Unauthorised), ("invalid_client_secret", Unauthorised),
    ("access_denied", Unauthorised), ("Access Denied", RateLimited), ("something_new", Rejected),
])  # fmt: skip
def test_an_error_under_200_is_an_error(
    server: Scripted, dc: DataCentre, ask: Ask, status: int, code: str, kind: type[ZohoError]
) -> None:
    server.script(Reply(status, {"error": code}))
    with pytest.raises(kind) as caught:
        ask(dc)
    assert (caught.value.product, caught.value.code) == ("accounts", code)


def test_a_lockout_says_for_how_long(server: Scripted, dc: DataCentre) -> None:
    server.script(Reply(400, {"error": "Access Denied", "error_description": "too many", "status": "failure"}))
    with pytest.raises(RateLimited) as caught:
        refresh(dc)
    assert (caught.value.scope, caught.value.retry_after) == ("token", 600.0)
    assert len(server.seen) == 1


@pytest.mark.parametrize("reply", [
    Reply(fault="drop"), Reply(200, GRANT, fault="cut"), Reply(502, b"<html>", {}), Reply(200, b"<html>", {}),
    Reply(200, []),
])  # fmt: skip
@pytest.mark.parametrize(("ask", "kind"), [(exchange, UnknownOutcome), (refresh, RetryLater)])
def test_a_lost_answer(server: Scripted, dc: DataCentre, reply: Reply, ask: Ask, kind: type[ZohoError]) -> None:
    server.script(reply)
    with pytest.raises(kind):
        ask(dc)
    assert len(server.seen) == 1


@BOTH
def test_no_sign_in_server_means_try_later(ask: Ask) -> None:
    with refusing_port() as url, pytest.raises(RetryLater):
        ask(data_centres(url).by_name("sandbox"))


@BOTH
@pytest.mark.parametrize("domain", ["https://www.zohoapis.com.evil.example", "https://www.zohoapis.eu", "nonsense", 5])
def test_a_foreign_api_domain_is_not_followed(server: Scripted, dc: DataCentre, ask: Ask, domain: object) -> None:
    server.script(granted(dc, api_domain=domain))
    with pytest.raises(Unauthorised) as caught:
        ask(dc)
    assert caught.value.code == "unexpected_api_domain"


def test_a_redirect_is_not_followed_with_the_secrets(server: Scripted, dc: DataCentre) -> None:
    server.script(Reply(307, b"", {"Location": f"{server.url}/elsewhere"}), granted(dc))
    with pytest.raises(RetryLater):
        refresh(dc)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("told", "seconds"), [(60, 60), ("60", 60), (None, 3600), (-5, 3600), (10**9, 3600), (True, 3600)]
)
def test_an_absurd_life_is_an_hour(server: Scripted, dc: DataCentre, told: object, seconds: int) -> None:
    server.script(granted(dc, expires_in=told))
    left = (refresh(dc).expires_at - datetime.now(UTC)).total_seconds()
    assert seconds - 5 < left <= seconds


@pytest.mark.parametrize("reply", [Reply(200, {"status": "success"}), Reply(400, {"error": "invalid_token"})])
def test_a_revoked_token_may_be_revoked_again(server: Scripted, dc: DataCentre, reply: Reply) -> None:
    server.script(reply)
    auth.revoke(dc, "1000.ccc.ddd")
    assert (server.seen[0].path, server.seen[0].query, server.seen[0].form) == (
        "/oauth/v2/token/revoke", {}, {"token": "1000.ccc.ddd"},
    )  # fmt: skip


@pytest.mark.parametrize(("reply", "kind"), [
    (Reply(500, b"", {}), RetryLater), (Reply(fault="drop"), RetryLater),
    (Reply(200, {"status": "failure", "error": "Access Denied"}), RateLimited),
    (Reply(200, {"status": "failure"}), RetryLater),
])  # fmt: skip
def test_a_failed_revocation_is_told(server: Scripted, dc: DataCentre, reply: Reply, kind: type[ZohoError]) -> None:
    server.script(reply)
    with pytest.raises(kind):
        auth.revoke(dc, "1000.ccc.ddd")


def test_secrets_are_in_no_repr_and_no_log(server: Scripted, dc: DataCentre, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="zoho")
    server.script(granted(dc), Reply(200, {"error": "invalid_code"}), Reply(fault="drop"))
    shown = repr(exchange(dc)) + repr(CLIENT)
    for _ in range(2):
        with pytest.raises(ZohoError) as caught:
            refresh(dc)
        shown += repr(caught.value) + repr(caught.value.__cause__) + str(caught.value)
    for secret in ("1000.aaa.bbb", "1000.ccc.ddd", "very-secret"):
        assert secret not in shown + caplog.text
