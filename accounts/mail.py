"""Alerts to the set-up e-mail address (rules 8.3). A mail that cannot be sent is logged and never stops the work.

An alert is noted first, with its causes, and counts as told once the mail server took it; what it did not take is sent
again later. What waits stands in `Installation.settings["untold"]`, what was told in `["alerted"]`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from accounts import telling
from accounts.models import Installation

log = logging.getLogger(__name__)
AGAIN_AFTER = timedelta(hours=24)  # until the same cause is told again
GIVE_UP_AFTER = timedelta(days=3)
_LEASE = timedelta(minutes=4)  # longer than a mail server is waited for: then its sender has died


def alert(installation: Installation, subject: str, body: str, key: str = "") -> bool:
    """Whether it went out. Calls the mail server; never inside a transaction. Of two mails with one `key`, which a
    sender that died may leave, a mail program shows one."""
    if not installation.alert_email:
        return False
    subject, body = telling.told(subject), "\n".join(telling.told(line) for line in body.split("\n"))
    text = f"{body}\n\nBigin organisation: {installation.bigin_org_name}\n{settings.BASE_URL}/embed/settings/\n"
    # A subject is one line; a name from Zoho may hold more.
    line = " ".join(f"[{installation.bigin_org_name}] {subject}".split())
    headers = {"Message-ID": f"<{key}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}>"} if key else {}
    try:
        EmailMessage(line, text, to=[installation.alert_email], headers=headers).send()
    except (SMTPException, OSError) as error:
        log.warning("mail: installation %s: not sent (%s)", installation.pk, type(error).__name__)
        return False
    return True


def once(installation: Installation, cause: str, subject: str, body: str, now: datetime | None = None) -> bool:
    """Notes and sends; whether it went out now. Not inside a transaction."""
    note(installation, [cause], subject, body, now)
    return cause in send_noted(installation, now)


def note(
    installation: Installation,
    causes: Sequence[str],
    subject: str,
    body: str,
    now: datetime | None = None,
    *,
    anew: bool = False,
) -> bool:
    """One mail for these causes, unless each waits already or was told within a day; `anew`: whatever was told.
    Database only; in the caller's transaction, where there is one."""
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(installation)
        told, waiting = _told(row), _waiting(row)
        standing = {cause for one in waiting for cause in one["causes"]}
        standing |= {cause for cause, when in told.items() if datetime.fromisoformat(when) > now - AGAIN_AFTER}
        fresh = [cause for cause in causes if anew or cause not in standing]
        if not fresh:
            return False
        waiting = _without(waiting, fresh)
        values = {"key": uuid.uuid4().hex, "causes": fresh, "subject": subject, "body": body}
        _store(row, told, [*waiting, {**values, "since": now.isoformat(), "tried": ""}])
    return True


def send_noted(installation: Installation, now: datetime | None = None) -> set[str]:
    """Sends what waits, until one is not taken; the causes that were told. Not inside a transaction."""
    now = now or timezone.now()
    sent: set[str] = set()
    while (one := _claim(installation, now)) is not None:
        out = alert(installation, one["subject"], one["body"], one["key"])
        _settle(installation, one, now, out)
        if not out:
            break
        sent.update(one["causes"])
    return sent


def send_waiting(now: datetime) -> int:
    """Sends what no mail server has taken yet, of every installation; how many causes were told."""
    rows = Installation.objects.filter(settings__has_key="untold").exclude(alert_email="")
    return sum(len(send_noted(row, now)) for row in rows)


def forget(installation: Installation, *causes: str) -> None:
    """The causes went away: the next time they are told again, and what was not sent yet is not any more. One query
    when there is neither."""
    if not causes or not _known(installation).intersection(causes):
        return
    with transaction.atomic():
        row = _locked(installation)
        told = {cause: when for cause, when in _told(row).items() if cause not in causes}
        _store(row, told, _without(_waiting(row), causes))


def told_at(installation: Installation) -> dict[str, datetime]:
    """When each cause was told."""
    row = Installation.objects.only("settings").get(pk=installation.pk)
    return {cause: datetime.fromisoformat(when) for cause, when in _told(row).items()}


def _claim(installation: Installation, now: datetime) -> dict[str, Any] | None:
    """The oldest that nobody is sending; what was tried in vain for days is dropped."""
    with transaction.atomic():
        row = _locked(installation)
        waiting = [one for one in _waiting(row) if datetime.fromisoformat(one["since"]) > now - GIVE_UP_AFTER]
        for one in waiting:
            if not one["tried"] or datetime.fromisoformat(one["tried"]) <= now - _LEASE:
                _store(row, _told(row), [{**one, "tried": now.isoformat()} if it is one else it for it in waiting])
                return one
        if len(waiting) < len(_waiting(row)):
            log.error("mail: installation %s: an alert could not be sent for days and is dropped", row.pk)
            _store(row, _told(row), waiting)
    return None


def _settle(installation: Installation, sent: dict[str, Any], now: datetime, out: bool) -> None:
    with transaction.atomic():
        row = _locked(installation)
        told, waiting = _told(row), _waiting(row)
        for one in [one for one in waiting if one["key"] == sent["key"]]:  # none, if its causes went away meanwhile
            if out:
                told |= dict.fromkeys(one["causes"], now.isoformat())
                waiting.remove(one)
            else:
                one["tried"] = ""
        _store(row, told, waiting)


def _locked(installation: Installation) -> Installation:
    return Installation.objects.select_for_update().get(pk=installation.pk)


def _told(row: Installation) -> dict[str, str]:
    return dict(row.settings.get("alerted", {}))


def _waiting(row: Installation) -> list[dict[str, Any]]:
    return list(row.settings.get("untold", []))


def _known(installation: Installation) -> set[str]:
    row = Installation.objects.only("settings").get(pk=installation.pk)
    return {*_told(row), *(cause for one in _waiting(row) for cause in one["causes"])}


def _without(waiting: Sequence[dict[str, Any]], causes: Sequence[str]) -> list[dict[str, Any]]:
    left = [{**one, "causes": [cause for cause in one["causes"] if cause not in causes]} for one in waiting]
    return [one for one in left if one["causes"]]


def _store(row: Installation, told: dict[str, str], waiting: list[dict[str, Any]]) -> None:
    others = {name: value for name, value in row.settings.items() if name != "untold"}
    row.settings = {**others, "alerted": told, **({"untold": waiting} if waiting else {})}
    row.save(update_fields=["settings"])
