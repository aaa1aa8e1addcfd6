"""Secrets that work once: handovers from the popup, tickets for links that leave the frame, the counter of knocks."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts import handovers, throttle, tickets
from accounts.handovers import ALPHABET, Grant
from accounts.http import address_of
from accounts.identity import Identity
from accounts.models import Handover, Ticket
from accounts.tickets import challenge_of
from tests.accounts.conftest import VERIFIER
from tests.factories import make_installation, make_member
from zoho.auth import Tokens

CHALLENGE = challenge_of(VERIFIER)


def a_grant() -> Grant:
    tokens = Tokens(
        "1000.access", "1000.refresh", frozenset({"b", "a"}), "https://www.zohoapis.eu",
        timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    identity = Identity("8", "4", "Ada", "ada@x.example", "Administrator", "en_US", "Europe/Paris", "7", "X", "EUR")
    return Grant("setup", "eu", tokens, identity)


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["posted", "typed"])
def test_either_secret_hands_over_once(way: str) -> None:
    member = make_member(make_installation())
    given = handovers.offer(CHALLENGE, member=member)
    secret = getattr(given, way)
    claim = handovers.claim(secret, VERIFIER)
    assert claim is not None
    assert claim.member == member
    assert claim.grant is None
    assert handovers.claim(given.posted, VERIFIER) is None
    assert handovers.claim(given.typed, VERIFIER) is None


@pytest.mark.django_db
def test_a_typed_code_is_short_clear_and_forgives_how_it_is_typed() -> None:
    given = handovers.offer(CHALLENGE, member=make_member(make_installation()))
    assert len(given.typed) == 8
    assert set(given.typed) <= set(ALPHABET)
    spoken = f" {given.typed[:4].lower()}-{given.typed[4:].lower()} "
    assert handovers.claim(spoken, VERIFIER) is not None


@pytest.mark.django_db
def test_without_the_pages_verifier_a_code_is_worth_nothing_and_stays_usable() -> None:
    given = handovers.offer(CHALLENGE, member=make_member(make_installation()))
    for wrong in ("", "another", CHALLENGE):
        assert handovers.claim(given.posted, wrong) is None
        assert handovers.claim(given.typed, wrong) is None
    assert handovers.claim(given.typed, VERIFIER) is not None


@pytest.mark.django_db
def test_after_120_seconds_it_is_over() -> None:
    given = handovers.offer(CHALLENGE, member=make_member(make_installation()))
    row = Handover.objects.get()
    assert timedelta(seconds=90) < row.expires_at - timezone.now() <= timedelta(seconds=120)
    Handover.objects.update(expires_at=timezone.now())
    assert handovers.claim(given.posted, VERIFIER) is None


@pytest.mark.django_db
def test_a_grant_comes_back_whole_and_is_wiped_with_its_use() -> None:
    grant = a_grant()
    given = handovers.offer(CHALLENGE, grant=grant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload, digest, typed_digest FROM accounts_handover")
        stored = " ".join(cursor.fetchone())
    for secret in ("1000.", given.posted, given.typed, "ada@x.example"):
        assert secret not in stored
    claim = handovers.claim(given.posted, VERIFIER)
    assert claim is not None
    assert claim.grant == grant
    assert Handover.objects.get().payload == ""


@pytest.mark.django_db
@pytest.mark.parametrize("secret", ["", "x", "\x00", "ABCDEFGH", "é" * 400, "🦀🦀🦀🦀🦀🦀🦀🦀"])
def test_nonsense_is_no_secret(secret: str) -> None:
    handovers.offer(CHALLENGE, member=make_member(make_installation()))
    assert handovers.claim(secret, VERIFIER) is None


@pytest.mark.django_db
def test_a_ticket_opens_its_own_thing_once() -> None:
    member = make_member(make_installation())
    secret = tickets.issue("download", member, subject="pairs.csv")
    assert secret not in Ticket.objects.get().digest
    ticket = tickets.redeem("download", secret)
    assert ticket is not None
    assert (ticket.member, ticket.subject) == (member, "pairs.csv")
    assert tickets.redeem("download", secret) is None


@pytest.mark.django_db
def test_a_ticket_ends_and_wants_its_verifier() -> None:
    member = make_member(make_installation())
    bound = tickets.issue("download", member, challenge=CHALLENGE)
    assert tickets.redeem("download", bound) is None
    assert tickets.redeem("download", bound, VERIFIER) is not None
    old = tickets.issue("download", member, lifetime=60)
    assert timedelta(seconds=30) < Ticket.objects.latest("pk").expires_at - timezone.now() <= timedelta(seconds=60)
    Ticket.objects.update(expires_at=timezone.now())
    assert tickets.redeem("download", old) is None
    with pytest.raises(ValueError, match="elsewhere"):
        tickets.issue("elsewhere", member)


def test_the_counter_closes_after_its_number_and_tells_for_how_long(one_window: None) -> None:
    for _ in range(3):
        throttle.knock("door", "198.51.100.7", 3, 300)
    with pytest.raises(throttle.Closed) as closed:
        throttle.knock("door", "198.51.100.7", 3, 300)
    assert 1 <= closed.value.seconds <= 300
    assert not closed.value.broken
    throttle.knock("door", "198.51.100.8", 3, 300)
    throttle.knock("other", "198.51.100.7", 3, 300)


def test_a_counter_that_does_not_answer_keeps_the_door_shut(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    with pytest.raises(throttle.Closed) as closed:
        throttle.knock("door", "198.51.100.7", 3, 300)
    assert closed.value.broken
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def test_behind_our_proxy_only_its_own_word_counts(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "1.2.3.4, 198.51.100.7"})
    assert address_of(request) == "10.0.0.1", "without a proxy anyone may write that header"
    settings.BEHIND_PROXY = True
    assert address_of(request) == "198.51.100.7"
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
