"""`/metrics`: closed without the token, figures of the database with it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Installation
from sync.models import Issue, Module, ModuleSetting


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = "scrape-me"
    return "scrape-me"


def test_without_a_configured_token_the_address_does_not_exist(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_with_a_wrong_token_the_address_does_not_exist(client: Client, token: str) -> None:
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}x"}).status_code == 404


@pytest.mark.django_db
def test_figures_are_those_of_the_database(client: Client, token: str) -> None:
    installation = Installation.objects.create(
        bigin_org_id="1", bigin_org_name="One", data_centre="us", state=Installation.State.ACTIVE
    )
    Issue.objects.create(installation=installation, module=Module.PRODUCTS, kind=Issue.Kind.CLASH, code="x", reason="x")
    waiting = timezone.now() - timedelta(minutes=5)
    ModuleSetting.objects.create(
        installation=installation, module=Module.PRODUCTS, started_at=waiting, next_run_at=waiting
    )
    body = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).content.decode()
    lines = body.splitlines()
    assert 'bigin_books_installations{state="active"} 1.0' in lines
    assert 'bigin_books_issues_open{kind="clash"} 1.0' in lines
    longest = next(line for line in lines if line.startswith("bigin_books_due_seconds "))
    assert 300 <= float(longest.split()[1]) < 360
