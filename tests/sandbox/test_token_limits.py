"""Limits of the accounts server: tokens, refresh tokens, codes (bigin-api.md 1.5)."""

from __future__ import annotations

import pytest

from sandbox.testing import DoorError, Sandbox
from tests.sandbox.api import AMARA
from tests.sandbox.test_accounts import authorise, callback, org_status, refresh


@pytest.mark.parametrize("status", ["200", "400"])
def test_switch_token_throttle_status(sandbox: Sandbox, status: str) -> None:
    """1.5 DOC: ten access tokens per refresh token in ten minutes; Kaizen #43 says 200, field reports 400."""
    sandbox.switch(token_throttle_status=status)
    value = sandbox.token()["refresh_token"]  # makes the first access token
    for _ in range(9):
        assert "access_token" in refresh(sandbox, value).json()
    answer = refresh(sandbox, value)
    assert answer.status_code == int(status)
    assert answer.json()["error"] == "Access Denied"
    assert set(answer.json()) == {"error_description", "error", "status"}
    sandbox.advance(601)
    assert "access_token" in refresh(sandbox, value).json()


@pytest.mark.parametrize(("position", "blocked"), [("off", False), ("on", True)])
def test_switch_throttle_prolonged_by_retry(sandbox: Sandbox, position: str, blocked: bool) -> None:
    """1.5 CODE: repeated retries prolong the lockout."""
    sandbox.switch(throttle_prolonged_by_retry=position)
    sandbox.limits(tokens_per_10_minutes=1)
    value = sandbox.token()["refresh_token"]
    refresh(sandbox, value)
    sandbox.advance(500)
    refresh(sandbox, value)
    sandbox.advance(101)
    assert ("error" in refresh(sandbox, value).json()) is blocked


def test_active_access_tokens_of_a_refresh_token(sandbox: Sandbox) -> None:
    """1.5: 15 by CRM and Kaizen #43; the oldest is invalidated."""
    sandbox.limits(tokens_per_10_minutes=0)
    granted = sandbox.token()
    for _ in range(14):
        refresh(sandbox, granted["refresh_token"])
    assert org_status(sandbox, granted["access_token"]) == 200
    refresh(sandbox, granted["refresh_token"])
    assert org_status(sandbox, granted["access_token"]) == 401


def test_the_twenty_first_refresh_token_kills_the_oldest(sandbox: Sandbox) -> None:
    """1.5 Kaizen #43: and its access tokens; silently."""
    sandbox.limits(refresh_tokens_per_minute=0)
    oldest = sandbox.token()
    other = sandbox.token(sandbox.users[AMARA]["email"])
    later = [sandbox.token() for _ in range(20)]
    assert refresh(sandbox, oldest["refresh_token"]).json() == {"error": "invalid_code"}
    assert org_status(sandbox, oldest["access_token"]) == 401
    assert "access_token" in refresh(sandbox, later[0]["refresh_token"]).json()
    assert "access_token" in refresh(sandbox, other["refresh_token"]).json()


def test_five_new_refresh_tokens_a_minute(sandbox: Sandbox) -> None:
    """1.5 DOC self-client-refresh-token-usage."""
    for _ in range(5):
        sandbox.token()
    with pytest.raises(DoorError, match="too many requests"):
        sandbox.token()
    sandbox.advance(61)
    assert "refresh_token" in sandbox.token()


def test_ten_codes_per_client_in_ten_minutes(sandbox: Sandbox) -> None:
    """1.5 CRM token-validity."""
    for _ in range(10):
        callback(authorise(sandbox))
    assert "too many requests" in authorise(sandbox).text
    sandbox.advance(601)
    callback(authorise(sandbox))
