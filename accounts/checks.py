"""What `manage.py check` says about settings this app cannot work with, each with what to do."""

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from accounts.connections import data_centres
from zoho.datacentres import UnknownDataCentre


@register(Tags.security)
def keys_of_tokens(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """A key that opens nothing would be found out only when the first token is stored."""
    if settings.FIELD_KEYS and all(_is_key(key) for key in settings.FIELD_KEYS):
        return []
    hint = "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    return [Error("FIELD_KEYS holds something that is no Fernet key.", hint=hint, id="accounts.E001")]


@register(Tags.security)
def data_centre_exists(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    try:
        table = data_centres()
        table.by_name(settings.ZOHO_DATA_CENTRE)
    except UnknownDataCentre as error:
        hint = "Use us, eu, in, au, cn, jp, sa or ca; sandbox only together with SANDBOX_URL."
        return [Error(f"ZOHO_DATA_CENTRE or SANDBOX_URL: {error}.", hint=hint, id="accounts.E002")]
    return []


@register(Tags.security, deploy=True)
def oauth_client_is_named(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.ZOHO_CLIENT_ID and settings.ZOHO_CLIENT_SECRET:
        return []
    hint = (
        "Set ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET to those of the client in Zoho's API console; see docs/install.md."
    )
    return [Caution("Nobody can sign in without an OAuth client.", hint=hint, id="accounts.W003")]


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
