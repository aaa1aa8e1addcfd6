"""Every address of the URLconf for a stranger, a Standard user, another organisation's administrator, an ended session:
nothing of the installation is shown and nothing is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.guards import guard_of
from accounts.models import Connection, Installation, Member
from invoices import api_tokens
from invoices.models import Document
from sandbox.testing import Sandbox
from sync.models import Issue, Link, Record, Run, Write
from tests.accounts.conftest import OWN_ORIGIN
from tests.factories import connected_member, make_installation, make_member, signed_in_client

pytestmark = pytest.mark.django_db
MARKER = "Marker-7f3a"
OTHERS_ALERTS = "alerts@second-org.example"
AMARA, PRIYA = "amara.delacroix@wanderlust-travel.example", "priya.ramanujam@second-org.example"
# Addresses that are open by intent: each holds its own proof (a state cookie, a one-time secret, a token) or no data.
OPEN = {
    "/": "a page of words",
    "/healthz": "ok or not",
    "/metrics": "its own token",
    "/help/": "the documentation",
    "/help/<slug:name>/": "the documentation",
    "/sign-in/start/": "leads to Zoho",
    "/connect/start/<slug:product>/": "leads to Zoho",
    "/oauth/callback/": "state cookie",
    "/embed/sign-in/redeem/": "one-time secret and verifier",
    "/embed/sign-in/check/": "tells a browser about itself",
    "/embed/sign-out/": "ends the visitor's own session",
    "/embed/record/": "no data: sends the browser on to the record that Bigin names",
    "/embed/sync/file/<str:secret>/": "one-time ticket",
    "/hooks/bigin/<uuid:installation_id>/": "the channel's token; says nothing",
    "/file/document/<str:secret>/": "one-time ticket",
}
OURS = ("accounts_", "sync_", "invoices_")
NOTED_ON_ASKING = {"accounts_recordaccess"}  # what Bigin said about the visitor's own rights
OPEN_PREFIXES = ("/static/", "/api/")
SAMPLES = {
    "int": "987654321",
    "slug": "customers",
    "uuid": "11111111-1111-4111-8111-111111111111",
    "str": "4876876000000111001",
    "bigin_id": "4876876000000111001",
    "path": "x",
}
NAMED = {
    "module": "Contacts",
    "kind": "invoice",
    "product": "books",
    "secret": "guessed",
    "action": "retry",
    "op": "send",
}


@dataclass(frozen=True)
class Address:
    route: str
    path: str
    guard: str

    @property
    def is_open(self) -> bool:
        return self.route in OPEN or self.route.startswith(OPEN_PREFIXES)


def walk(patterns: list[Any], before: str = "/") -> Iterator[Address]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield Address(route, re.sub(r"<(?:(\w+):)?(\w+)>", sample, route), guard_of(pattern.callback))


def sample(found: re.Match[str]) -> str:
    kind, name = found[1] or "str", found[2]
    return NAMED.get(name, SAMPLES[kind]) if kind in ("slug", "str") else SAMPLES[kind]


ADDRESSES = list(walk(get_resolver().url_patterns))
API = [one for one in ADDRESSES if one.route.startswith("/api/")]


def everything(but: Installation | None = None) -> dict[str, str | None]:
    """A fingerprint of each table of ours; `but` leaves an installation's rows out, which its own people may change."""
    found: dict[str, str | None] = {}
    with connection.cursor() as cursor:
        for table in sorted(name for name in connection.introspection.table_names(cursor) if name.startswith(OURS)):
            if table in NOTED_ON_ASKING:
                continue
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t "
                "WHERE coalesce(to_jsonb(t)->>'installation_id', to_jsonb(t)->>'id', '') <> %s",
                [str(but.pk) if but else "-"],
            )
            found[table] = cursor.fetchone()[0]
    return found


@pytest.fixture
def installation(sandbox: Sandbox) -> Installation:
    made = make_installation(
        bigin_org_id=sandbox.bigin_orgs[0]["id"],
        data_centre="sandbox",
        bigin_org_name=f"{MARKER} Travel",
        books_org_name=f"{MARKER} Books",
        alert_email="marker-7f3a@x.example",
        problem=f"{MARKER} problem",
    )
    Connection.objects.filter(installation=made).update(problem=f"{MARKER} gone", user_email="marker-7f3a@x.example")
    make_member(made, name=f"{MARKER} Person")
    rows_with_the_ids_of_the_addresses(made)
    return made


def rows_with_the_ids_of_the_addresses(made: Installation) -> None:
    """So that an id in an address leads to something that must not be shown."""
    pk, record = int(SAMPLES["int"]), SAMPLES["bigin_id"]
    run = Run.objects.create(pk=pk, installation=made, trigger="person", state="done", problem=MARKER)
    sides = [
        Record.objects.create(pk=pk + n, installation=made, side=side, kind=kind, remote_id=record, label=MARKER)
        for n, (side, kind) in enumerate((("bigin", "contact"), ("books", "customer")))
    ]
    link = Link.objects.create(
        pk=pk, installation=made, kind="contact-customer", bigin=sides[0], books=sides[1], reason=MARKER
    )
    Write.objects.create(pk=pk, installation=made, run=run, link=link, side="books", op="update", state="done")
    Issue.objects.create(
        pk=pk, installation=made, link=link, module="customers", kind="skipped", code="x", reason=MARKER
    )
    Document.objects.create(
        pk=SAMPLES["uuid"], installation=made, kind="invoice", state="stands", books_id="1", number=MARKER,
        record_module="Contacts", record_id=record,
    )  # fmt: skip


@pytest.fixture
def other(sandbox: Sandbox) -> Installation:
    return make_installation(bigin_org_id=sandbox.bigin_orgs[1]["id"], data_centre="sandbox", alert_email=OTHERS_ALERTS)


@pytest.fixture
def visitors(sandbox: Sandbox, installation: Installation, other: Installation) -> dict[str, Client]:
    """People of the sandbox with tokens of their own, so that pages which ask Bigin for their rights get an answer."""
    ended = make_member(installation)
    clients = {
        "stranger": Client(),
        "Standard user": signed_in_client(connected_member(installation, sandbox, AMARA)),
        "other organisation": signed_in_client(connected_member(other, sandbox, PRIYA)),
        "ended session": signed_in_client(ended),
    }
    Member.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return clients


def test_every_address_is_guarded_or_open_by_intent() -> None:
    unguarded = [address.route for address in ADDRESSES if not address.guard and not address.is_open]
    assert unguarded == []
    assert set(OPEN) <= {address.route for address in ADDRESSES}


def test_nothing_outside_the_frame_is_guarded_by_its_session() -> None:
    """Pages of members are embedded, so that all else can refuse frames."""
    assert [address.route for address in ADDRESSES if address.guard and not address.route.startswith("/embed/")] == []


@pytest.mark.parametrize("address", [one for one in ADDRESSES if not one.is_open], ids=lambda one: one.route)
def test_nobody_else_sees_or_does_anything(address: Address, other: Installation, visitors: dict[str, Client]) -> None:
    before = everything(but=other)
    for who, client in visitors.items():
        for method in ("get", "post"):
            response = getattr(client, method)(address.path, headers={"Origin": OWN_ORIGIN})
            where = f"{who}: {method.upper()} {address.path}: {response.status_code}"
            body = b"".join(response) if response.streaming else response.content
            assert response.status_code < 500, where
            if who in ("stranger", "ended session"):
                assert response.status_code in (401, 405), where
            if who == "Standard user" and address.guard in ("administrator", "fresh"):
                assert response.status_code in (403, 405), where
            if who != "Standard user" or address.guard != "member":
                assert MARKER not in body.decode(errors="replace"), where
            assert MARKER not in str(response.headers), where
    assert everything(but=other) == before
    assert {address for message in mail.outbox for address in message.to} <= {OTHERS_ALERTS}


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.is_open], ids=lambda one: one.route)
def test_open_addresses_show_nothing_either(address: Address, other: Installation, visitors: dict[str, Client]) -> None:
    before = everything(but=other)
    for who, client in visitors.items():
        if address.route == "/embed/sign-out/" and who != "stranger":
            continue
        for method in ("get", "post"):
            response = getattr(client, method)(address.path, headers={"Origin": "https://evil.example"})
            assert response.status_code < 500, f"{who} {method}"
            assert MARKER not in response.content.decode(errors="replace"), f"{who} {method}"
    assert everything(but=other) == before


@pytest.mark.parametrize("address", API, ids=lambda one: one.route)
def test_the_api_answers_only_the_token_of_that_installation(
    address: Address, other: Installation, visitors: dict[str, Client]
) -> None:
    """A browser's session opens nothing there, neither does a token that is none, another one opens its own only."""
    described = address.route == "/api/v1/schema"
    theirs = api_tokens.make(other, make_member(other))
    before = everything(but=other)
    for who, client in [*visitors.items(), ("token", Client())]:
        for token in ("", "Bearer bb_guessed", f"Bearer {theirs}"):
            for method in ("get", "post"):
                headers = {"Authorization": token} if token else {}
                answer = getattr(client, method)(address.path, headers=headers)
                where = f"{who} {token[:10]}: {method.upper()} {address.path}: {answer.status_code}"
                assert answer.status_code < 500, where
                assert MARKER not in answer.content.decode(), where
                if not described and theirs not in token:
                    assert answer.status_code in (401, 404, 405), where
    assert everything(but=other) == before


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.guard], ids=lambda one: one.route)
def test_no_address_takes_a_post_without_the_csrf_token(address: Address, installation: Installation) -> None:
    client = signed_in_client(make_member(installation), enforce_csrf_checks=True)
    before = everything()
    response = client.post(address.path, {"name": "x"}, headers={"Origin": "https://evil.example"})
    assert response.status_code in (403, 405), response.status_code
    assert everything() == before


def test_the_walk_finds_all_three_apps() -> None:
    routes = [address.route for address in ADDRESSES]
    assert {"/embed/settings/", "/embed/sync/", "/embed/record/", "/embed/delete/"} <= set(routes)
    assert sum(route.startswith("/embed/record/<") for route in routes) > 10
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    assert {"accounts_member", "sync_write", "invoices_document"} <= tables
