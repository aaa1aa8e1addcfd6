"""Mails to the set-up address (rules 8.3): connection lost, run held, quota at its end, no success for 24 hours.

Each is sent once per cause: what was told stands in `Installation.settings["alerted"]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit, mail
from accounts.models import Installation
from sync.mapping import Kind
from sync.models import ModuleSetting, Write
from sync.shape import MODULE_OF
from sync.work import Work
from zoho.errors import Unauthorised

SILENCE = timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=24)


def once(installation: Installation, cause: str, subject: str, body: str, now: datetime | None = None) -> bool:
    """Sends a mail unless the same cause was told within a day. Not inside a transaction."""
    now = now or timezone.now()
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        told = dict(row.settings.get("alerted", {}))
        last = told.get(cause)
        if last and datetime.fromisoformat(last) > now - AGAIN_AFTER:
            return False
        told[cause] = now.isoformat()
        row.settings = {**row.settings, "alerted": told}
        row.save(update_fields=["settings"])
    return mail.alert(installation, subject, body)


def forget(installation: Installation, *causes: str) -> None:
    """The causes went away: the next time they are told again. One query when none of them was told."""
    told = Installation.objects.filter(pk=installation.pk).values_list("settings", flat=True).get().get("alerted", {})
    if not told.keys() & set(causes):
        return
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        told = row.settings.get("alerted", {})
        left = {cause: when for cause, when in told.items() if cause not in causes}
        row.settings = {**row.settings, "alerted": left}
        row.save(update_fields=["settings"])


def forget_held(installation: Installation, module: str) -> None:
    """A person answered: what is held from now on is told again."""
    forget(installation, f"vanished:{module}", *(f"held:{kind}" for kind in Kind if MODULE_OF[kind] == module))


def unauthorised(work: Work, error: Unauthorised) -> None:
    """Pauses and tells (rules 1.6): a token, a scope, an organisation or a plan that Zoho does not accept says nothing
    about records, and asking again every few minutes changes nothing. Reconnect ends it."""
    installation = work.shape.installation
    name = "Bigin" if error.product == "bigin" else "Zoho Books"
    problem = (
        f"{name} does not accept our access any more: {error.message} Nothing is lost. "
        "Press Reconnect on the settings page; the sync goes on where it stopped."
    )
    now = timezone.now()
    refused = installation.connections.filter(product=error.product)
    refused.filter(problem="").update(problem=problem, problem_since=now)
    if refused.exists() and not _pause(installation, name, problem):
        return  # somebody paused it before us, and told
    once(installation, f"lost:{error.product}", f"The connection to {name} is lost", problem)


def _pause(installation: Installation, who: str, problem: str) -> bool:
    paused = Installation.objects.filter(pk=installation.pk, state=Installation.State.ACTIVE).update(
        state=Installation.State.PAUSED, problem=problem
    )
    if paused:
        audit.note(installation, who, problem)
    return bool(paused)


def succeeded(work: Work) -> None:
    """Zoho takes our calls again: the next loss, end of quota or silence is told, however soon it comes."""
    silences = [f"silent:{module}" for module in work.shape.modules]
    products = ("bigin", work.books.client.product)
    forget(work.shape.installation, *silences, *(f"{what}:{name}" for what in ("lost", "quota") for name in products))


def vanished(work: Work, module: str, number: int) -> None:
    once(
        work.shape.installation,
        f"vanished:{module}",
        "A sync run waits for your approval",
        f"{number} records were missing from the newest list, more than usual, so none of their pairs was closed.\n"
        "Open Activity, look at the list, and approve or refuse it.",
    )


def held(work: Work, kind: Kind, writes: Sequence[Write]) -> None:
    once(
        work.shape.installation,
        f"held:{kind}",
        "A sync run waits for your approval",
        f"{len(writes)} changes would be made at once, more than usual, so none of them was sent.\n"
        "Open Activity, look at the list, and approve or refuse it.",
    )


def quota(installation: Installation, product: str, until: str) -> None:
    name = "Bigin" if product == "bigin" else "Zoho Books"
    once(
        installation,
        f"quota:{product}",
        f"The API quota of {name} is used up",
        f"{name} takes no more calls of this organisation until {until}. The sync goes on by itself then.",
    )


def silent(now: datetime) -> int:
    """Mails every installation whose started modules had no success for 24 hours; returns how many.

    A read-only module never writes, so it has no success to miss.
    """
    rows = ModuleSetting.objects.filter(
        started_at__lt=now - SILENCE,
        paused_at=None,
        read_only=False,
        installation__state=Installation.State.ACTIVE,
    ).select_related("installation")
    count = 0
    for setting in rows:
        newest = setting.last_sync_at or setting.started_at
        if newest is not None and newest < now - SILENCE:
            count += once(
                setting.installation,
                f"silent:{setting.module}",
                "Nothing was synchronised for 24 hours",
                "No run succeeded since yesterday. Open Activity: the newest run says why and what to do.",
                now,
            )
    return count
