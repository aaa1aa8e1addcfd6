"""The fixture `sandbox`: each test finds it as seeded, and the product's settings lead to it."""

import pytest
from django.conf import settings

from sandbox.testing import Sandbox


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_the_sandbox_as_seeded(sandbox: Sandbox, turn: int) -> None:
    assert sandbox.calls()["total"] == 0
    sandbox.reset("empty")
    assert sandbox.token()["access_token"]


def test_the_settings_lead_to_it_only_while_it_is_asked_for(sandbox: Sandbox) -> None:
    assert (settings.SANDBOX_URL, settings.ZOHO_DATA_CENTRE) == (sandbox.url, "sandbox")
    assert (settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET) == (sandbox.client_id, sandbox.client_secret)


def test_without_the_fixture_nothing_leads_to_a_sandbox() -> None:
    assert settings.SANDBOX_URL is None
