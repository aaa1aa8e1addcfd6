"""Handing the result of a consent from the popup to the page that asked: once, for two minutes, with its verifier.

The same result can be claimed by a secret that the popup posts, or by a code that a person types; either uses it up.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.identity import Identity
from accounts.models import Handover, Member
from accounts.tickets import answers, digest_of
from zoho.auth import Tokens

LIFETIME = timedelta(seconds=120)
# No 0/O, 1/I/L, nor U: what is read aloud or from a small screen is typed right.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


@dataclass(frozen=True)
class Secrets:
    posted: str = field(repr=False)
    typed: str = field(repr=False)


@dataclass(frozen=True)
class Grant:
    """Tokens of a consent that nobody has claimed yet. `purpose` is setup, books or invoice."""

    purpose: str
    data_centre: str
    tokens: Tokens
    identity: Identity | None = None


@dataclass(frozen=True)
class Claim:
    """Either a person who signed in, or a grant to store."""

    member: Member | None
    grant: Grant | None


def offer(challenge: str, *, member: Member | None = None, grant: Grant | None = None) -> Secrets:
    made = Secrets(secrets.token_urlsafe(32), "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
    Handover.objects.create(
        digest=digest_of(made.posted),
        typed_digest=digest_of(made.typed),
        challenge=challenge,
        member=member,
        payload=_packed(grant) if grant else "",
        expires_at=timezone.now() + LIFETIME,
    )
    return made


def claim(secret: str, verifier: str) -> Claim | None:
    """Uses it up and wipes its tokens; None for an unknown, used or expired secret or a wrong verifier."""
    digest, now = digest_of(_tidy(secret)), timezone.now()
    rows = Handover.objects.select_related("member__installation")
    row = rows.filter(Q(digest=digest) | Q(typed_digest=digest)).first()
    if row is None or not answers(row.challenge, verifier):
        return None
    open_still = Handover.objects.filter(pk=row.pk, used_at=None, expires_at__gt=now)
    if not open_still.update(used_at=now, payload=""):
        return None
    return Claim(row.member, unpacked(row.payload) if row.payload else None)


def _tidy(secret: str) -> str:
    """Typed codes come in small letters and with spaces or a dash; posted ones are longer and kept as they are."""
    bare = "".join(secret.split()).replace("-", "").upper()
    return bare if len(bare) == LENGTH else secret


def _packed(grant: Grant) -> str:
    tokens = {**asdict(grant.tokens), "scopes": sorted(grant.tokens.scopes)}
    values = {
        "purpose": grant.purpose,
        "data_centre": grant.data_centre,
        "tokens": {**tokens, "expires_at": grant.tokens.expires_at.isoformat()},
        "identity": asdict(grant.identity) if grant.identity else None,
    }
    return json.dumps(values)


def unpacked(payload: str) -> Grant:
    values: dict[str, Any] = json.loads(payload)
    held = values["tokens"]
    tokens = Tokens(
        access_token=held["access_token"],
        refresh_token=held["refresh_token"],
        scopes=frozenset(held["scopes"]),
        api_domain=held["api_domain"],
        expires_at=datetime.fromisoformat(held["expires_at"]),
    )
    identity = Identity(**values["identity"]) if values["identity"] else None
    return Grant(values["purpose"], values["data_centre"], tokens, identity)
