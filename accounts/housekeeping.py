"""What goes in time: secrets nobody claimed, sessions, old answers about rights, dead installations (rules 8.4)."""

import logging
from datetime import datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import connections, handovers, mail, setup
from accounts.access import WITHOUT_BIGIN
from accounts.models import Connection, Handover, Installation, Member, RecordAccess, Ticket
from zoho import auth
from zoho.errors import ZohoError

log = logging.getLogger(__name__)

REMIND_AFTER = timedelta(days=30)
PURGE_AFTER = timedelta(days=90)


def tidy(now: datetime | None = None) -> None:
    """Safe at any time and twice. Calls Zoho for each grant that nobody claimed and each installation it purges."""
    now = now or timezone.now()
    drop_handovers(now)
    Ticket.objects.filter(expires_at__lte=now).delete()
    RecordAccess.objects.filter(seen_at__lte=now - WITHOUT_BIGIN).delete()
    Member.objects.filter(expires_at__lte=now).update(access_token="", expires_at=None)
    SessionStore.clear_expired()
    remind(now)
    purge(now)


def drop_handovers(now: datetime) -> None:
    """A lasting token that nobody claimed is given up at Zoho, where it counts among the twenty of its user."""
    for row in Handover.objects.filter(expires_at__lte=now):
        if row.payload:
            _give_up(row.payload)
        row.delete()


def remind(now: datetime) -> None:
    rows = Connection.objects.filter(problem_since__lte=now - REMIND_AFTER, reminded_at=None)
    for row in rows.select_related("installation"):
        text = _(
            "%(problem)s\n\nIt has been so for %(days)s days. After %(end)s days everything that we keep about this "
            "integration is deleted here; nothing is deleted in Bigin or Books."
        )
        days, end = (now - (row.problem_since or now)).days, PURGE_AFTER.days
        subject = _("Still disconnected after %(days)s days") % {"days": days}
        body = text % {"problem": row.problem, "days": days, "end": end}
        with transaction.atomic():
            if not Connection.objects.filter(pk=row.pk, reminded_at=None).update(reminded_at=now):
                continue
            mail.note(row.installation, [f"dead:{row.product}"], subject, body)
        mail.send_noted(row.installation)


def purge(now: datetime) -> None:
    """Only what was announced: never on the day of the reminder itself, even if that went out late."""
    announced = F("problem_since") + REMIND_AFTER
    dead = Connection.objects.filter(problem_since__lte=now - PURGE_AFTER, reminded_at__lte=now - REMIND_AFTER)
    for pk in set(dead.filter(reminded_at__gte=announced).values_list("installation_id", flat=True)):
        installation = Installation.objects.get(pk=pk)
        log.warning("housekeeping: installation %s was disconnected for 90 days and is purged", pk)
        setup.disconnect(installation)
        installation.delete()


def _give_up(payload: str) -> None:
    grant = handovers.unpacked(payload)
    if not grant.tokens.refresh_token:
        return
    try:
        auth.revoke(connections.data_centres().by_name(grant.data_centre), grant.tokens.refresh_token)
    except ZohoError as error:
        log.warning("housekeeping: an unclaimed token was not revoked (%s)", error.code)
