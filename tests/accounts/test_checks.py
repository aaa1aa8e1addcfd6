"""Settings this app cannot work with are named before anybody meets them."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def found(deploy: bool = False) -> set[str]:
    return {str(one.id) for one in run_checks(include_deployment_checks=deploy) if str(one.id).startswith("accounts.")}


def test_the_settings_of_the_tests_are_fine(settings: Settings) -> None:
    settings.ZOHO_CLIENT_ID = settings.ZOHO_CLIENT_SECRET = "x"
    assert found(deploy=True) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FIELD_KEYS": ["too short"]}, "accounts.E001"),
        ({"FIELD_KEYS": []}, "accounts.E001"),
        ({"ZOHO_DATA_CENTRE": "mars"}, "accounts.E002"),
        ({"ZOHO_DATA_CENTRE": "sandbox", "SANDBOX_URL": None}, "accounts.E002"),
        ({"SANDBOX_URL": "http://x/path"}, "accounts.E002"),
        ({"ZOHO_CLIENT_ID": ""}, "accounts.W003"),
    ],
)
def test_nonsense_is_named(settings: Settings, change: dict[str, Any], code: str) -> None:
    settings.ZOHO_CLIENT_ID = settings.ZOHO_CLIENT_SECRET = "x"
    for name, value in change.items():
        setattr(settings, name, value)
    assert found(deploy=True) == {code}
