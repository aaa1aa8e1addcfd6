"""Small pages and what a member's settings at Zoho change in them."""

import re
from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from accounts import audit, mail
from accounts.models import AuditEntry
from tests.factories import make_installation, make_member, signed_in_client

pytestmark = pytest.mark.django_db


def test_the_bare_address_says_where_to_go() -> None:
    text = Client().get("/").content.decode()
    assert "go to Settings, Toppings, Zoho Books" in text


def test_nothing_here_is_a_calm_page() -> None:
    for path in ("/nowhere/", "/embed/nowhere/"):
        response = Client().get(path)
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()


def test_a_defect_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in_client(make_member(make_installation()), raise_request_exception=False)
    monkeypatch.setattr("accounts.setup_views._context", lambda _request: 1 / 0)
    response = client.get("/embed/setup/connections/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("de_DE", "Europe/Berlin", "22.11.2026 15:05"),
        ("en_US", "America/New_York", "11/22/2026 9:05 a.m."),
        ("en_GB", "Mars/Olympus", "22/11/2026 2:05 p.m."),
        ("xx_nonsense; drop", "", "11/22/2026 2:05 p.m."),
        ("", "\x00", "11/22/2026 2:05 p.m."),
    ],
)
def test_times_are_in_the_members_language_and_zone(language: str, zone: str, expected: str) -> None:
    installation = make_installation()
    moment = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    installation.connections.update(connected_at=moment)
    member = make_member(installation, language=language, time_zone=zone.replace("\x00", "../etc"))
    before = timezone.get_current_timezone_name(), translation.get_language()
    text = signed_in_client(member).get("/embed/setup/connections/").content.decode()
    shown = re.search(r"<time.*?</time>", text)
    assert shown is not None
    assert strip_tags(shown[0]) == expected
    assert (timezone.get_current_timezone_name(), translation.get_language()) == before


def test_hostile_names_are_text() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    installation = make_installation(bigin_org_name=hostile, books_org_name=hostile, problem=hostile)
    installation.connections.update(problem=hostile, user_email="a@x.example")
    audit.note(installation, hostile, hostile)
    member = make_member(installation, name=hostile, profile="Administrator")
    text = signed_in_client(member).get("/embed/setup/connections/").content.decode()
    assert "<img src=x" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") >= 5
    assert AuditEntry.objects.get().who == hostile


def test_an_alert_is_one_mail_with_one_line_of_subject(mailoutbox: list[EmailMessage]) -> None:
    installation = make_installation(bigin_org_name="Evil\r\nBcc: everyone@x.example")
    assert mail.alert(installation, "Connection\nlost", "Press Reconnect.")
    (message,) = mailoutbox
    assert message.subject == "[Evil Bcc: everyone@x.example] Connection lost"
    assert message.to == [installation.alert_email]
    assert "Press Reconnect." in message.body
    assert "/embed/settings/" in message.body
    installation.alert_email = ""
    assert not mail.alert(installation, "x", "y")


def test_a_mail_server_that_is_down_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_message: EmailMessage) -> int:
        raise OSError("no mail server")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    assert not mail.alert(make_installation(), "x", "y")
