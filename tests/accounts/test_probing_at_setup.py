"""The probes at setup: asked in a task once Save is committed, kept, shown, and asked again each week."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import probing, setup, tasks
from accounts.models import Connection, Installation
from sandbox.testing import Sandbox
from tests.accounts.conftest import Popup
from tests.accounts.test_setup import BOOKS, MARTAS_ADDRESS, organizations_of, set_up_bigin
from tests.accounts.test_sign_in import MARTA, handed_over, redeem
from tests.factories import connected_installation, make_installation
from zoho.retry import Retry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Messages as they go to the broker."""
    found: list[tuple[str, list[str]]] = []

    def send_task(name: str, args: list[str]) -> None:
        found.append((name, args))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return found


def save(popup: Popup, **typed: str) -> Client:
    frame = set_up_bigin(popup)
    assert redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()["ok"]
    chosen = organizations_of(frame.get("/embed/setup/"))[0]
    frame.post("/embed/setup/", {"organization": chosen, "alert_email": MARTAS_ADDRESS, **typed})
    return frame


def test_save_asks_in_a_task_and_the_answers_are_shown(
    sandbox: Sandbox, popup: Popup, sent: list[tuple[str, list[str]]]
) -> None:
    sandbox.switch(books_contacts_changed_since="ignored")
    frame = save(popup)
    installation = Installation.objects.get()
    assert sent == [("accounts.tasks.probe", [str(installation.pk)])]
    assert tasks.probe(sent[0][1][0]).endswith(" answers")
    installation.refresh_from_db()
    held = {name: found["held"] for name, found in installation.probes.items() if isinstance(found, dict)}
    wanted = {
        "books_contacts_changed_since": False, "books_items_changed_since": True, "bigin_accounts_deleted_list": True,
        "books_person_edit_touches_customer": None, "books_equal_names": None, "bigin_scopes": True,
        "books_scopes": True, "bigin_administrator": True, "books_administrator": True, "books_plan": True,
        "books_contact_key_field": False,
    }  # fmt: skip
    assert {name: held[name] for name in wanted} == wanted
    assert {"bigin_accounts_deleted_newest_first", "books_daily_quota"} <= set(held)
    text = frame.get("/embed/sync/health/").content.decode()
    assert "The filter is ignored: rows came although none can be so new." in text


def test_a_refused_save_asks_nothing(sandbox: Sandbox, popup: Popup, sent: list[tuple[str, list[str]]]) -> None:
    save(popup, alert_email="nobody@wanderlust-travel.example")
    assert sent == []
    assert Installation.objects.get().probes == {}


def test_missing_rights_are_told(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    Connection.objects.filter(product="books").update(scopes=["ZohoBooks.contacts.ALL"])
    probing.probe(installation)
    (warning,) = setup.warnings(installation)
    assert warning.startswith("The access to Books does not cover all that is needed. Press Reconnect. Missing: ")
    assert "ZohoBooks.settings.ALL" in warning


def test_what_cannot_be_asked_now_leaves_what_is_known_and_is_asked_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retry, "wait", lambda *_: 0.0)  # forty questions, each asked three times
    installation = connected_installation(sandbox)
    probing.probe(installation)
    known = dict(installation.probes)
    assert known["asked_at"]["text"]
    Installation.objects.update(probes={name: found for name, found in known.items() if name != "asked_at"})
    sandbox.fault("error_before", times=0)
    probing.probe(installation)
    assert "asked_at" not in installation.probes
    kept = {name: found for name, found in known.items() if isinstance(found, dict) and found["held"] is not None}
    assert len(kept) > 20
    assert {name: installation.probes[name] for name in kept} == kept


def test_each_week_after_reconnect_and_when_the_broker_was_away(
    sent: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()

    def asked(days: float) -> dict[str, dict[str, str | None]]:
        return {"asked_at": {"held": None, "text": (now - timedelta(days=days)).isoformat()}}

    never, lately, long_ago, reconnected = (
        make_installation(probes=made) for made in ({}, asked(6), asked(8), asked(6))
    )
    Connection.objects.exclude(installation=reconnected).update(connected_at=now - timedelta(days=30))
    Connection.objects.filter(installation=reconnected).update(connected_at=now - timedelta(days=1))
    make_installation(state=Installation.State.PAUSED)
    assert probing.ask_due(now) == 3
    assert {args[0] for _, args in sent} == {str(one.pk) for one in (never, long_ago, reconnected)}
    assert lately.probes["asked_at"]["text"]

    def away(name: str, args: list[str]) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", away)
    probing.soon(never)
    assert probing.ask_due(now) == 3


def test_the_task_is_safe_for_what_is_gone_paused_or_half_connected(sandbox: Sandbox) -> None:
    assert tasks.probe("00000000-0000-0000-0000-000000000000") == "inactive"
    paused = make_installation(state=Installation.State.PAUSED)
    assert tasks.probe(str(paused.pk)) == "inactive"
    half = make_installation()
    half.connections.all().delete()
    assert tasks.probe(str(half.pk)) == "not connected"
