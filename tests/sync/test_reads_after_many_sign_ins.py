"""Zoho keeps twenty refresh tokens of a user and kills the oldest: signing in never costs the installation its own."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Connection, Installation, Member
from sandbox.testing import Sandbox
from sync import engine, services
from sync.models import Run
from tests.accounts.conftest import Popup
from tests.accounts.test_setup import BOOKS, MARTAS_ADDRESS, organizations_of, set_up_bigin
from tests.accounts.test_sign_in import MARTA, START, handed_over, redeem
from zoho import limits

SIGN_INS, MOST = 25, 20


@pytest.fixture
def set_up(transactional_db: None, sandbox: Sandbox, redis_url: str) -> tuple[Installation, Popup]:
    """Over the screens, by the administrator who then signs in again and again; the limit stands as at Zoho."""
    sandbox.reset("empty")
    sandbox.limits(refresh_tokens_per_user=MOST)
    popup = Popup(sandbox)
    frame = set_up_bigin(popup)
    assert redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()["ok"]
    chosen = organizations_of(frame.get("/embed/setup/"))[0]
    frame.post("/embed/setup/", {"organization": chosen, "alert_email": MARTAS_ADDRESS})
    installation = Installation.objects.get()
    for setting in services.settings_of(installation).values():
        services.start_sync(setting, "a test")
    limits.store(redis_url).flushdb()
    return installation, popup


def sync(installation: Installation) -> Run:
    """With tokens that have ended, so that the lasting ones are needed."""
    Connection.objects.update(expires_at=None)
    ended = engine.run(installation)
    assert ended is not None
    return ended.run


def test_25_sign_ins_of_the_same_administrator_then_a_sync(set_up: tuple[Installation, Popup]) -> None:
    installation, popup = set_up
    for _ in range(SIGN_INS):
        frame = Client()
        assert redeem(frame, handed_over(popup.walk(START, MARTA))).json()["ok"] is True
        assert frame.get("/embed/sync/").status_code == 200
    assert Member.objects.count() == 1
    run = sync(installation)
    assert (run.state, run.problem) == (Run.State.DONE, "")
    assert run.calls == {"bigin": 6, "books": 2}
    installation.refresh_from_db()
    assert installation.state == Installation.State.ACTIVE


def test_the_limit_is_real_lasting_access_for_every_sign_in_would_end_the_sync(
    set_up: tuple[Installation, Popup],
) -> None:
    installation, popup = set_up
    for _ in range(MOST):
        popup.sandbox.token(MARTAS_ADDRESS, access_type="offline")
    run = sync(installation)
    assert run.state == Run.State.FAILED
    installation.refresh_from_db()
    assert installation.state == Installation.State.PAUSED
