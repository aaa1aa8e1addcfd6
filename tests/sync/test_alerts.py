"""Rules 8.3: one event is one mail, and it counts as told once the mail server took it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts import connections
from accounts import mail as alert_mail
from accounts.models import Connection, Installation
from sync import alerts, services, tasks
from sync.models import ModuleSetting, Run
from tests.factories import make_installation
from tests.sync.test_deletes import list_again
from tests.sync.world import World
from zoho.errors import Unauthorised


@contextmanager
def no_mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Nothing is taken; the subjects that were offered."""
    offered: list[str] = []

    def refuse(message: EmailMessage) -> int:
        offered.append(str(message.subject))
        raise OSError("no mail server")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refuse)
        yield offered


@pytest.fixture
def emptied(world: World) -> World:
    """Eight companies were in step and are deleted in Bigin, more than usual; nobody was mailed so far."""
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(8)]
    world.settle()
    mail.outbox.clear()
    world.remotes.delete("Accounts", *companies)
    return world


def settings_of(installation: Installation) -> Any:
    return Installation.objects.values_list("settings", flat=True).get(pk=installation.pk)


def test_rule_8_3_the_silence_of_two_modules_is_one_mail_that_names_both(db: None) -> None:
    installation = make_installation()
    for setting in services.settings_of(installation).values():
        services.start_sync(setting, "Ada")
    now = timezone.now()
    assert alerts.silent(now + timedelta(hours=25)) == 1
    ModuleSetting.objects.filter(module="products").update(last_sync_at=now + timedelta(hours=25))
    assert alerts.silent(now + timedelta(hours=26)) == 0
    [message] = mail.outbox
    assert "Companies and contacts, Products" in str(message.body)


def test_rule_8_3_a_module_in_step_does_not_let_the_silence_of_another_be_told_again(world: World) -> None:
    world.sync()
    mail.outbox.clear()
    long_ago = timezone.now() - timedelta(hours=30)
    ModuleSetting.objects.filter(module="products").update(last_sync_at=long_ago, started_at=long_ago)
    assert alerts.silent(timezone.now()) == 1
    assert tasks.run_sync(str(world.installation.pk), ["customers"], "schedule") == "done"
    assert alerts.silent(timezone.now()) == 0
    assert tasks.run_sync(str(world.installation.pk), ["products"], "schedule") == "done"
    assert "silent" not in alert_mail.told_at(world.installation)
    assert len(mail.outbox) == 1


def test_rule_8_3_whatever_one_run_holds_is_one_mail(world: World) -> None:
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(20)]
    people = [
        world.remotes.contact("Berg", company, First_Name=f"Nils{number}", Email=f"n{number}@alpine.example")
        for number, company in enumerate(companies)
    ]
    products = [world.remotes.product(f"Walk {number}", Unit_Price=number + 1) for number in range(16)]
    world.settle()
    mail.outbox.clear()
    world.later()
    world.remotes.delete("Accounts", *companies[:8])
    world.remotes.delete("Contacts", *people[10:18])
    world.remotes.delete("Products", *products[:7])
    for customer in sorted(world.remotes.customers())[-7:]:
        world.remotes.books.delete_contact(customer)
    list_again(world)
    run = world.sync()
    assert run.state == Run.State.HELD
    [message] = mail.outbox
    assert message.subject.endswith("A sync run waits for your approval")
    lines = str(message.body).splitlines()
    assert lines[0].startswith("7 of 20 records were missing from the newest list: ")
    assert lines[1:3] == [
        "7 deletions would be made within 24 hours, more than usual. Nothing of it was sent.",
        "16 deletions would be made within 24 hours, more than usual. Nothing of it was sent.",
    ]
    world.sync()
    tasks.tell_again()
    assert len(mail.outbox) == 1


def test_rule_8_3_what_no_mail_server_took_is_sent_later_and_once(
    emptied: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with no_mail_server(monkeypatch) as offered:
        assert emptied.sync().state == Run.State.HELD
        assert tasks.tell_again() == 0
    assert (len(offered), mail.outbox) == (2, [])
    assert tasks.tell_again() == 1
    assert tasks.tell_again() == 0
    [message] = mail.outbox
    assert message.subject.endswith("A sync run waits for your approval")
    assert set(settings_of(emptied.installation)) >= {"alerted"}
    assert "untold" not in settings_of(emptied.installation)


def test_rule_8_3_a_list_whose_run_died_before_it_told_is_told(emptied: World) -> None:
    emptied.sync()
    mail.outbox.clear()
    alerts.forget_held(emptied.issue("too_many_deletions"))  # as if it never got so far
    running = Run.objects.create(installation=emptied.installation, trigger="schedule")
    assert tasks.tell_again() == 0  # the run that goes on tells by itself
    Run.objects.filter(pk=running.pk).update(state=Run.State.ABANDONED)
    assert tasks.tell_again() == 1
    assert len(mail.outbox) == 1


def test_rule_8_3_what_was_answered_before_it_could_be_sent_is_not_sent(
    emptied: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with no_mail_server(monkeypatch):
        services.refuse_held(emptied.sync(), "Ada")
    assert tasks.tell_again() == 0
    assert mail.outbox == []


def test_rule_8_3_a_lost_connection_whose_mail_failed_is_told_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sync()
    mail.outbox.clear()
    row = Connection.objects.get(installation=world.installation, product="books")
    Connection.objects.filter(pk=row.pk).update(refresh_token="1000.revoked.revoked", expires_at=timezone.now())
    with no_mail_server(monkeypatch) as offered:
        for _ in range(2):
            with pytest.raises(Unauthorised):
                connections.access_token(row.pk)
    assert len(offered) == 1
    world.installation.refresh_from_db()
    assert world.installation.state == Installation.State.PAUSED
    tasks.tell_again()
    tasks.tell_again()
    [message] = mail.outbox
    assert message.subject.endswith("Zoho Books is disconnected")


def test_rule_8_3_a_sender_that_died_is_followed_and_two_at_once_send_one(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, now = make_installation(), timezone.now()

    def dies(message: EmailMessage) -> int:
        assert tasks.tell_again() == 0  # another worker, at the same time
        assert not alerts.once(installation, "lost:books", "Lost", "Lost.")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", dies)
        with pytest.raises(KeyboardInterrupt):
            alerts.once(installation, "lost:books", "Lost", "Lost.")
    assert alerts.again(now + timedelta(minutes=3)) == 0
    assert alerts.again(now + timedelta(minutes=5)) == 1
    assert [message.body.splitlines()[0] for message in mail.outbox] == ["Lost."]


def test_an_alert_keeps_its_message_id_so_that_a_mail_program_shows_it_once(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, ids = make_installation(), []

    def taken_but_the_answer_was_lost(message: EmailMessage) -> int:
        ids.append(message.message()["Message-ID"])
        raise OSError("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", taken_but_the_answer_was_lost)
        alerts.once(installation, "lost:books", "Lost", "Lost.")
    tasks.tell_again()
    assert [message.message()["Message-ID"] for message in mail.outbox] == ids
    assert ids[0].startswith("<")


def test_an_alert_that_fails_for_days_is_dropped(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    installation, now = make_installation(), timezone.now()
    with no_mail_server(monkeypatch) as offered:
        alerts.once(installation, "lost:books", "Lost", "Lost.")
        assert alerts.again(now + timedelta(days=2)) == 0
        assert alerts.again(now + timedelta(days=4)) == 0
    assert len(offered) == 2
    assert settings_of(installation) == {"alerted": {}}


def test_an_alert_without_an_address_waits_for_one(db: None) -> None:
    installation = make_installation(alert_email="")
    assert not alerts.once(installation, "lost:books", "Lost", "Lost.")
    assert tasks.tell_again() == 0
    Installation.objects.update(alert_email="ada@wanderlust-travel.example")
    assert tasks.tell_again() == 1
    assert [message.to for message in mail.outbox] == [["ada@wanderlust-travel.example"]]


@pytest.mark.parametrize(
    ("product", "name"), [("bigin", "Bigin"), ("books", "Zoho Books"), ("invoice", "Zoho Invoice")]
)
def test_rule_8_3_a_mail_calls_each_product_by_its_name(db: None, product: str, name: str) -> None:
    alerts.quota(make_installation(product="invoice"), product, "tomorrow")
    (message,) = mail.outbox
    assert message.subject.endswith(f"The API quota of {name} is used up")
    assert message.body.startswith(f"{name} takes no more calls")
