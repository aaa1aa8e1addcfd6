"""Mails to the set-up address (rules 8.3): connection lost, run held, quota at its end, no success for 24 hours.

What is told, and with which words; how a mail is sent once, and again when no server took it, is `accounts/mail.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import connections
from accounts.mail import forget, note, once, send_noted, send_waiting, told_at
from accounts.models import Installation
from sync.models import Issue, ModuleSetting, Run
from sync.work import Work
from zoho.errors import Unauthorised

SILENCE = timedelta(hours=24)
__all__ = ["forget", "once"]


def held_cause(issue: Issue) -> str:
    return f"held:{issue.module}:{issue.code}"


def forget_held(issue: Issue) -> None:
    """A person answered: what is held from now on is told again."""
    forget(issue.installation, held_cause(issue))


def unauthorised(work: Work, error: Unauthorised) -> None:
    """Pauses and tells (rules 1.6): a token, a scope, an organisation or a plan that Zoho does not accept says nothing
    about records, and asking again every few minutes changes nothing. Reconnect ends it."""
    installation = work.shape.installation
    name = connections.NAMES.get(error.product, installation.get_product_display())
    problem = (
        f"{name} does not accept our access any more: {error.message} Nothing is lost. "
        "Press Reconnect on the settings page; the sync goes on where it stopped."
    )
    now = timezone.now()
    installation.connections.filter(product=error.product, problem="").update(problem=problem, problem_since=now)
    connections.pause(installation, error.product, name, f"The connection to {name} is lost", problem)


def succeeded(work: Work) -> None:
    """Zoho takes our calls again: the next loss, end of quota or silence is told, however soon it comes."""
    installation = work.shape.installation
    products = ("bigin", work.books.client.product)
    causes = [f"{what}:{name}" for what in ("lost", "quota") for name in products]
    silences = [] if _silent(work.clock.now(), installation) else ["silent"]
    forget(installation, *causes, *silences)


def held(installation: Installation, now: datetime | None = None) -> bool:
    """One mail for all lists that wait and were not told; whether one went out. Not inside a transaction."""
    now = now or timezone.now()
    return _note_held(installation, now) and bool(send_noted(installation, now))


def _note_held(installation: Installation, now: datetime) -> bool:
    told = told_at(installation)
    rows = Issue.objects.filter(installation=installation, kind=Issue.Kind.HELD, state=Issue.State.OPEN)
    news = [issue for issue in rows.order_by("pk") if _is_news(issue, told)]
    if not news:
        return False
    advice = "Open Activity, look at what is listed, and approve or refuse it."
    body = "\n".join([*(issue.reason for issue in news), advice])
    causes = [held_cause(issue) for issue in news]
    return note(installation, causes, "A sync run waits for your approval", body, now)


def _is_news(issue: Issue, told: Mapping[str, datetime]) -> bool:
    """A list that took a shorter one's place is told again, a day after that at the earliest."""
    when = told.get(held_cause(issue))
    return when is None or issue.created_at > when


def again(now: datetime) -> int:
    """What no mail server took, and lists whose run died before it told of them; how many causes were told."""
    waiting = Issue.objects.filter(kind=Issue.Kind.HELD, state=Issue.State.OPEN).values("installation")
    idle = Installation.objects.filter(pk__in=waiting).exclude(runs__state=Run.State.RUNNING)
    for installation in idle:
        _note_held(installation, now)
    return send_waiting(now)


def quota(installation: Installation, product: str, until: str) -> None:
    name = connections.NAMES.get(product, installation.get_product_display())
    once(
        installation,
        f"quota:{product}",
        f"The API quota of {name} is used up",
        f"{name} takes no more calls of this organisation until {until}. The sync goes on by itself then.",
    )


def silent(now: datetime) -> int:
    """Mails every installation whose started modules had no success for 24 hours; returns how many."""
    found: dict[Installation, list[ModuleSetting]] = {}
    for setting in _silent(now):
        found.setdefault(setting.installation, []).append(setting)
    return sum(_tell_silence(installation, modules, now) for installation, modules in found.items())


def _silent(now: datetime, installation: Installation | None = None) -> list[ModuleSetting]:
    """A read-only module never writes, so it has no success to miss."""
    rows = ModuleSetting.objects.filter(
        started_at__lt=now - SILENCE,
        paused_at=None,
        read_only=False,
        installation__state=Installation.State.ACTIVE,
    )
    if installation is not None:
        rows = rows.filter(installation=installation)
    wordless = rows.select_related("installation").order_by("installation", "module")
    return [row for row in wordless if (row.last_sync_at or row.started_at or now) < now - SILENCE]


def _tell_silence(installation: Installation, modules: Sequence[ModuleSetting], now: datetime) -> bool:
    names = ", ".join(setting.get_module_display() for setting in modules)
    return once(
        installation,
        "silent",
        "Nothing was synchronised for 24 hours",
        f"No run of these succeeded since yesterday: {names}. Open Activity: the newest run says why and what to do.",
        now,
    )
