"""Installations, members and signed-in browsers for tests of every area."""

import itertools
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import without_browser
from accounts.models import Connection, Installation, Member, Product
from sandbox.testing import Sandbox

_numbers = itertools.count(1)


def make_installation(**values: Any) -> Installation:
    """Active, connected with Books, in the American data centre; tokens that no server knows."""
    number = next(_numbers)
    standard: dict[str, Any] = {
        "bigin_org_id": f"70{number:08}",
        "bigin_org_name": f"Wanderlust {number}",
        "bigin_currency": "USD",
        "data_centre": "us",
        "product": Product.BOOKS,
        "books_org_id": f"60{number:08}",
        "books_org_name": f"Wanderlust Books {number}",
        "books_currency": "USD",
        "alert_email": "owner@wanderlust-travel.example",
        "state": Installation.State.ACTIVE,
    }
    installation = Installation.objects.create(**{**standard, **values})
    products = ["bigin"] + ([str(installation.product)] if installation.product else [])
    for product in products:
        Connection.objects.create(
            installation=installation,
            product=product,
            api_domain="https://www.zohoapis.com",
            access_token=f"1000.access-{product}-{number}",
            refresh_token=f"1000.refresh-{product}-{number}",
            expires_at=timezone.now() + timedelta(hours=1),
            user_id=f"50{number:08}",
            user_email="owner@wanderlust-travel.example",
        )
    return installation


def make_member(installation: Installation, profile: str = "Administrator", **values: Any) -> Member:
    """Signed in, for an hour."""
    number = next(_numbers)
    standard: dict[str, Any] = {
        "zuid": f"80{number:08}",
        "bigin_user_id": f"40{number:08}",
        "name": f"{profile} {number}",
        "email": f"person-{number}@wanderlust-travel.example",
        "profile": profile,
        "access_token": f"1000.member-{number}",
        "expires_at": timezone.now() + timedelta(hours=1),
    }
    return Member.objects.create(installation=installation, **{**standard, **values})


def connected_installation(sandbox: Sandbox, product: str = "books", user: str | None = None) -> Installation:
    """Set up in a running sandbox, with real tokens. settings.SANDBOX_URL must name it."""
    owner = user or administrator_of(sandbox)
    return without_browser.connect(sandbox.url, owner, product)


def connected_member(installation: Installation, sandbox: Sandbox, user: str) -> Member:
    """A person of the sandbox, by e-mail address, with a real token of their own."""
    return without_browser.member_of(installation, sandbox.url, user)


def administrator_of(sandbox: Sandbox) -> str:
    return next(str(user["email"]) for user in sandbox.users if user["profile"] == "Administrator")


def signed_in_client(member: Member, **defaults: Any) -> Client:
    """A browser with the member's session, over HTTPS, so that Secure cookies are sent."""
    client = Client(**defaults)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["member"] = member.pk
    session.set_expiry(member.expires_at)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client
