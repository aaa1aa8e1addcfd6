"""The one token of an installation for the REST API: made and revoked by an administrator, stored as a hash."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import ApiToken, Installation, Member

_PREFIX = "bb_"
_NOTED_EVERY = timedelta(minutes=1)


def of(installation: Installation) -> ApiToken | None:
    return ApiToken.objects.filter(installation=installation).first()


def make(installation: Installation, who: Member) -> str:
    """The secret, which nobody can read again; the former one ends at once."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.update_or_create(
        installation=installation,
        defaults={"digest": _digest(secret), "made_by": who.name, "made_at": timezone.now(), "used_at": None},
    )
    audit.note(installation, who, _("Made a new token for the API."))
    return secret


def revoke(installation: Installation, who: Member) -> None:
    if ApiToken.objects.filter(installation=installation).delete()[0]:
        audit.note(installation, who, _("Revoked the token for the API."))


def holder(secret: str) -> Installation | None:
    """Whose token it is; notes its use, once a minute."""
    row = ApiToken.objects.select_related("installation").filter(digest=_digest(secret)).first()
    if row is None:
        return None
    now = timezone.now()
    ApiToken.objects.filter(pk=row.pk).filter(Q(used_at=None) | Q(used_at__lt=now - _NOTED_EVERY)).update(used_at=now)
    return row.installation


def _digest(secret: str) -> str:
    return salted_hmac("invoices.api_tokens", secret, algorithm="sha256").hexdigest()
