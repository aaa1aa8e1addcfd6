"""Whether a member may read a record, as their own token finds out in Bigin (rules 7.7)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import connections, sessions
from accounts.models import Member, RecordAccess
from zoho.errors import Rejected, Unauthorised, ZohoError

FRESH = timedelta(minutes=15)
WITHOUT_BIGIN = timedelta(hours=24)
# The token is good and does not reach this module: signing in again would change nothing.
_NO_SUCH_RIGHT = frozenset({"OAUTH_SCOPE_MISMATCH", "NO_PERMISSION"})
MODULES = frozenset({"Accounts", "Contacts", "Pipelines", "Products"})
_ID = re.compile(r"[0-9]{1,40}", re.ASCII)


@dataclass(frozen=True)
class Access:
    """`stale`: Bigin does not answer and an older yes counts, for reading only. `reason` is for the person."""

    allowed: bool
    stale: bool = False
    reason: str = ""


def may_read(member: Member, module: str, record_id: str, *, ask: bool = False) -> Access:
    """From memory; with `ask`, one call to Bigin unless the last yes is fresh.

    Without `ask`, a no may only mean that nobody has asked yet. `module` is Bigin's API name.
    """
    if module not in MODULES or not _ID.fullmatch(record_id):
        return Access(False, reason=_("Bigin has no such record here."))
    known = RecordAccess.objects.filter(member=member, module=module, record_id=record_id).first()
    now = timezone.now()
    if known and known.allowed and known.seen_at > now - FRESH:
        return Access(True)
    if not ask:
        return Access(False, reason=_("Not checked with Bigin yet."))
    return _asked(member, module, record_id, known, now)


def _asked(member: Member, module: str, record_id: str, known: RecordAccess | None, now: datetime) -> Access:
    try:
        allowed = _bigin_shows(member, module, record_id)
    except Unauthorised:
        sessions.forget(member)
        return Access(False, reason=_("Your sign-in has ended. Sign in again."))
    except ZohoError:
        return _without_bigin(known, now)
    RecordAccess.objects.update_or_create(
        member=member, module=module, record_id=record_id, defaults={"allowed": allowed, "seen_at": now}
    )
    return Access(True) if allowed else Access(False, reason=_("Bigin does not let you read this record."))


def _bigin_shows(member: Member, module: str, record_id: str) -> bool:
    """204 and 403 are a no at once; a 403 may come as either class, by its code."""
    bigin = connections.member_bigin(member)
    try:
        with bigin.client:
            return bigin.get(module, record_id, ["id"]) is not None
    except Rejected:
        return False
    except Unauthorised as error:
        if error.status == 403 or error.code in _NO_SUCH_RIGHT:
            return False
        raise


def _without_bigin(known: RecordAccess | None, now: datetime) -> Access:
    if known and known.allowed and known.seen_at > now - WITHOUT_BIGIN:
        return Access(True, stale=True, reason=_("Bigin does not answer; you can read, not change."))
    return Access(False, reason=_("Bigin does not answer, so it cannot say whether you may read this. Try again soon."))
