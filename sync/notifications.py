"""Bigin's notification channels: hints that something changed, never the truth, which stays with the poll.

An event is stored raw, its token verified, and the module made due; nothing of its content is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import connections
from accounts.models import Installation
from sync import schedule
from sync.models import Channel, Module, ModuleSetting, Notification
from zoho.errors import ZohoError

LIFE = timedelta(hours=23)  # Bigin's most is a day
RENEW_BEFORE = timedelta(hours=4)
MOST_BYTES = 64 * 1024
_EVENTS = ("Accounts.all", "Contacts.all", "Products.all")
_MODULES = {"Accounts": Module.CUSTOMERS, "Contacts": Module.CUSTOMERS, "Products": Module.PRODUCTS}
_FIRST_ID = 10**12


def receive(installation_id: object, body: Mapping[str, Any] | bytes | str) -> None:
    """One delivery from outside: stored raw first, then verified, then the module is made due. No network."""
    try:
        key = uuid.UUID(str(installation_id))
    except ValueError:
        return
    told = _read(body)
    installation = Installation.objects.filter(pk=key).first()
    if installation is None or told is None:
        return
    with transaction.atomic():
        row = Notification.objects.create(installation=installation, body=told)
        if not _is_genuine(installation, told):
            return
        Notification.objects.filter(pk=row.pk).update(verified=True, used_at=timezone.now())
        _make_due(installation, str(told.get("module") or ""))


def _read(body: Mapping[str, Any] | bytes | str) -> dict[str, Any] | None:
    if isinstance(body, Mapping):
        return dict(body)
    if len(body) > MOST_BYTES:
        return None
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) and _can_be_stored(told) else None


def _can_be_stored(told: Mapping[str, Any]) -> bool:
    """PostgreSQL's jsonb takes neither NUL, NaN nor half of a surrogate pair."""
    try:
        text = json.dumps(told, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text


def _is_genuine(installation: Installation, told: Mapping[str, Any]) -> bool:
    channel = Channel.objects.filter(installation=installation, channel_id=str(told.get("channel_id") or "")).first()
    given = _digest(str(told.get("token") or ""))
    return channel is not None and hmac.compare_digest(channel.token_digest, given)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _make_due(installation: Installation, module: str) -> None:
    """The next beat queues it; during a run another one follows."""
    wanted = _MODULES.get(module)
    rows = ModuleSetting.objects.filter(
        installation=installation, module=wanted or "", started_at__isnull=False, paused_at=None
    )
    schedule.ask(rows, "notification")
    schedule.no_later(installation, [wanted] if wanted else [], timezone.now())


# Channels


def notify_url(installation: Installation) -> str:
    return settings.BASE_URL + reverse("sync:hook", args=[installation.pk])


def can_be_reached() -> bool:
    """Zoho calls back over HTTPS only; a sandbox calls any address."""
    return settings.BASE_URL.startswith("https:") or bool(settings.SANDBOX_URL)


def open_channel(installation: Installation, now: datetime) -> bool:
    """Subscribes, or subscribes anew; network. False when Bigin does not want it: the poll does without."""
    if not can_be_reached():
        return False
    held = Channel.objects.filter(installation=installation).first()
    channel_id = held.channel_id if held else str(_FIRST_ID + secrets.randbelow(9 * _FIRST_ID))
    token = secrets.token_urlsafe(32)[:50]
    expires_at = now + LIFE
    bigin = connections.bigin(installation)
    try:
        outcome = bigin.watch(channel_id, _EVENTS, notify_url(installation), token, expires_at)
    except ZohoError:
        return False
    finally:
        connections.count_calls(installation, "bigin", sum(bigin.client.calls.values()))
        bigin.client.close()
    if not outcome.ok:
        return False
    Channel.objects.update_or_create(
        channel_id=channel_id,
        defaults={"installation": installation, "token_digest": _digest(token), "expires_at": expires_at},
    )
    return True


def without_channel(now: datetime) -> QuerySet[Installation]:
    """Those whose channel ends soon, and those that were started and have none. Each is opened in a task of its own."""
    fresh = Channel.objects.filter(expires_at__gt=now + RENEW_BEFORE).values("installation")
    return (
        Installation.objects.filter(
            state=Installation.State.ACTIVE, modules__started_at__isnull=False, modules__paused_at=None
        )
        .exclude(pk__in=fresh)
        .distinct()
    )


def close_channels(installation: Installation) -> None:
    """For Delete integration (rules 5.8); network. A channel that is gone already is no error."""
    rows = list(Channel.objects.filter(installation=installation))
    if not rows:
        return
    bigin = connections.bigin(installation)
    try:
        bigin.unwatch([row.channel_id for row in rows])
    finally:
        bigin.client.close()
    Channel.objects.filter(pk__in=[row.pk for row in rows]).delete()
