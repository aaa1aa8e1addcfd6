"""Making, refreshing and revoking tokens, with Zoho's limits. Answers are the JSON of the token endpoint."""

from __future__ import annotations

from typing import Any, TypeVar

from sandbox.accounts.data_centres import hosts_of
from sandbox.accounts.model import AccessToken, Code, Person, RefreshToken, new_token_value
from sandbox.core import ApiError
from sandbox.world import World

ACCESS_SECONDS = 3600
CODE_SECONDS = 180
WINDOW = 600.0
T = TypeVar("T")


class TokenError(ApiError):
    """`{"error": code}`, by default under HTTP 200 (bigin-api.md 1.6)."""

    def __init__(self, code: str) -> None:
        super().__init__(200, code, code)


class Throttled(ApiError):
    """Too many access tokens of one refresh token (bigin-api.md 1.5)."""

    def __init__(self) -> None:
        super().__init__(
            400, "Access Denied", "You have made too many requests continuously. Please try again after some time."
        )


def consent_key(client_id: str, zuid: str, org: str) -> str:
    return f"{client_id} {zuid} {org}"


def make_code(
    world: World,
    client_id: str,
    person: Person,
    scopes: list[str],
    org: str,
    redirect_uri: str,
    *,
    offline: bool,
    prompted: bool,
) -> Code | None:
    """None when the client made too many codes (bigin-api.md 1.5)."""
    now = world.clock.seconds()
    accounts = world.accounts
    accounts.codes = {one.value: one for one in accounts.codes.values() if one.created > now - WINDOW}
    limit = world.limits.codes_per_10_minutes
    if limit and sum(one.client_id == client_id for one in accounts.codes.values()) >= limit:
        return None
    key = consent_key(client_id, person.zuid, org)
    first = key not in accounts.consents
    always = world.switches["refresh_token_without_prompt"] == "always"
    accounts.consents[key] = sorted({*accounts.consents.get(key, []), *scopes})
    code = Code(
        new_token_value(),
        client_id,
        person.zuid,
        scopes,
        org,
        redirect_uri,
        offline,
        prompted or first or always,
        now,
        now + CODE_SECONDS,
    )
    accounts.codes[code.value] = code
    world.touch()
    return code


def exchange(world: World, client_id: str, value: str, redirect_uri: str) -> dict[str, Any]:
    code = world.accounts.codes.get(value)
    if code is None or code.used or code.client_id != client_id or code.expires <= world.clock.seconds():
        raise TokenError("invalid_code")
    if code.redirect_uri != redirect_uri:
        raise TokenError("invalid_redirect_uri")
    code.used = True
    person = world.accounts.people[code.zuid]
    offline = code.offline and code.fresh_refresh_token
    return grant(world, client_id, person, code.scopes, code.bigin_org, offline=offline)


def grant(
    world: World, client_id: str, person: Person, scopes: list[str], org: str, *, offline: bool
) -> dict[str, Any]:
    """Raises Throttled when a user makes refresh tokens too fast."""
    refresh = _new_refresh_token(world, client_id, person, scopes, org) if offline else None
    token = _new_access_token(world, client_id, person.zuid, scopes, org, refresh)
    answer = _answer(world, token)
    return answer if refresh is None else {**answer, "refresh_token": refresh.value}


def refresh(world: World, client_id: str, value: str) -> dict[str, Any]:
    held = world.accounts.refresh_tokens.get(value)
    if held is None or held.client_id != client_id:
        raise TokenError("invalid_code")
    now = world.clock.seconds()
    held.issued = [one for one in held.issued if one > now - WINDOW]
    limit = world.limits.tokens_per_10_minutes
    if limit and (held.blocked_until > now or len(held.issued) >= limit):
        fresh_block = held.blocked_until <= now
        if fresh_block:
            held.blocked_until = held.issued[0] + WINDOW
        elif world.switches.on("throttle_prolonged_by_retry"):
            held.blocked_until = now + WINDOW
        raise Throttled
    answer = _answer(world, _new_access_token(world, client_id, held.zuid, held.scopes, held.bigin_org, held))
    if not world.switches.on("refresh_answers_scope"):
        del answer["scope"]
    return answer


def too_many(held: list[T], most: int) -> list[T]:
    """The oldest ones that must go before another may come; 0 lifts the limit."""
    return held[: max(0, len(held) + 1 - most)] if most else []


def revoke(world: World, value: str) -> bool:
    """A refresh token takes its access tokens along; an access token goes alone."""
    world.touch()
    return world.accounts.revoke_refresh_token(value) or world.accounts.access_tokens.pop(value, None) is not None


def _new_refresh_token(world: World, client_id: str, person: Person, scopes: list[str], org: str) -> RefreshToken:
    now = world.clock.seconds()
    accounts = world.accounts
    own = [one for one in accounts.refresh_tokens.values() if (one.client_id, one.zuid) == (client_id, person.zuid)]
    per_minute = world.limits.refresh_tokens_per_minute
    if per_minute and sum(one.created > now - 60 for one in own) >= per_minute:
        raise Throttled
    most = world.limits.refresh_tokens_per_user
    for oldest in too_many(own, most):
        accounts.revoke_refresh_token(oldest.value)
    made = RefreshToken(new_token_value(), client_id, person.zuid, scopes, org, now)
    accounts.refresh_tokens[made.value] = made
    return made


def _new_access_token(
    world: World, client_id: str, zuid: str, scopes: list[str], org: str, refresh: RefreshToken | None
) -> AccessToken:
    now = world.clock.seconds()
    tokens = world.accounts.access_tokens
    for dead in [one.value for one in tokens.values() if one.expires <= now]:
        del tokens[dead]
    token = AccessToken(new_token_value(), client_id, zuid, scopes, org, now, now + ACCESS_SECONDS)
    if refresh is not None:
        token.refresh_token = refresh.value
        refresh.issued.append(now)
        most = world.limits.active_access_tokens
        alive = [one.value for one in tokens.values() if one.refresh_token == refresh.value]
        for oldest in too_many(alive, most):
            del tokens[oldest]
    tokens[token.value] = token
    world.touch()
    return token


def _answer(world: World, token: AccessToken) -> dict[str, Any]:
    person = world.accounts.people[token.zuid]
    foreign = world.switches["token_api_domain"] == "foreign"
    api = "https://api.elsewhere.example" if foreign else hosts_of(person.data_centre, world.base_url).api
    return {
        "access_token": token.value,
        "scope": " ".join(token.scopes),
        "api_domain": api,
        "token_type": "Bearer",
        "expires_in": int(token.expires - token.created),
    }
