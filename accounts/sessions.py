"""Whose session it is. A session ends with the token it was made from; a fresh top-level sign-in is noted in it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Member

_MEMBER = "member"
_FRESH = "fresh_until"
FRESH_FOR = timedelta(minutes=10)


def begin(request: HttpRequest, member: Member, *, fresh: bool = False) -> None:
    """Replaces whatever session there was; `fresh` notes a sign-in made just now in a window of its own."""
    session = request.session
    session.flush()
    session[_MEMBER] = member.pk
    if fresh:
        session[_FRESH] = (timezone.now() + FRESH_FOR).isoformat()
    session.set_expiry(member.expires_at)


def end(request: HttpRequest, member: Member | None) -> None:
    """Ends the member's sessions in every window: without the token none of them is valid."""
    request.session.flush()
    if member is not None:
        forget(member)


def forget(member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(access_token="", expires_at=None)


def delete_of(members: Iterable[int]) -> None:
    """Every stored session of these members. Stored ones are not readable by the database, so all are looked at."""
    theirs = frozenset(members)
    keys = [row.pk for row in Session.objects.iterator() if row.get_decoded().get(_MEMBER) in theirs]
    Session.objects.filter(pk__in=keys).delete()


def member_of(request: HttpRequest) -> Member | None:
    """None too where the session outlived the token."""
    pk = request.session.get(_MEMBER)
    if not isinstance(pk, int):
        return None
    member = Member.objects.select_related("installation").filter(pk=pk).first()
    return member if member is not None and member.is_signed_in(timezone.now()) else None


def is_fresh(request: HttpRequest) -> bool:
    until = request.session.get(_FRESH)
    return isinstance(until, str) and datetime.fromisoformat(until) > timezone.now()
