"""One-time secrets that open one thing once, where no cookie goes: links that leave the frame. Stored as hashes."""

import base64
import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Member, Ticket


def digest_of(secret: str) -> str:
    """Keyed, so that a copy of the table does not let anyone try out short codes."""
    return salted_hmac("accounts.tickets", secret, algorithm="sha256").hexdigest()


def challenge_of(verifier: str) -> str:
    """The SHA-256 of a verifier in base64url without padding, as RFC 7636 and the frame's JavaScript compute it."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")


def answers(challenge: str, verifier: str) -> bool:
    return constant_time_compare(challenge, challenge_of(verifier))


def issue(purpose: str, member: Member, subject: str = "", challenge: str = "", lifetime: int = 60) -> str:
    """A secret that `redeem` accepts once within `lifetime` seconds; `subject` says what it opens."""
    secret = secrets.token_urlsafe(32)
    Ticket.objects.create(
        purpose=Ticket.Purpose(purpose),
        digest=digest_of(secret),
        member=member,
        subject=subject,
        challenge=challenge,
        expires_at=timezone.now() + timedelta(seconds=lifetime),
    )
    return secret


def redeem(purpose: str, secret: str, verifier: str = "") -> Ticket | None:
    """The ticket, used up by this call; None for an unknown, used or expired one, or a wrong verifier."""
    now = timezone.now()
    ticket = Ticket.objects.select_related("member__installation").filter(digest=digest_of(secret)).first()
    if ticket is None or (ticket.challenge and not answers(ticket.challenge, verifier)):
        return None
    open_still = Q(pk=ticket.pk, purpose=purpose, used_at=None, expires_at__gt=now)
    return ticket if Ticket.objects.filter(open_still).update(used_at=now) else None
