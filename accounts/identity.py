"""Who a token belongs to, as Bigin itself says: the only source of identity here."""

from dataclasses import dataclass

from accounts.troubles import Refused, not_active
from zoho.auth import Tokens
from zoho.bigin import Bigin, Row
from zoho.client import Client
from zoho.datacentres import DataCentre
from zoho.errors import Unauthorised


@dataclass(frozen=True)
class Identity:
    """`currency` is the organisation's ISO code, `language` and `time_zone` the person's own settings."""

    zuid: str
    user_id: str
    name: str
    email: str
    profile: str
    language: str
    time_zone: str
    org_id: str
    org_name: str
    currency: str

    @property
    def is_administrator(self) -> bool:
        return self.profile == "Administrator"


def identify(data_centre: DataCentre, tokens: Tokens) -> Identity:
    """Two calls to Bigin. Raises Refused for a deactivated user, and the errors of `zoho.errors`."""
    with Client(
        "bigin", data_centre.api_base("bigin"), lambda _force: tokens.access_token, priority="person"
    ) as client:
        api = Bigin(client)
        return _identity(api.current_user(), api.org())


def _identity(user: Row, org: Row) -> Identity:
    if str(user.get("status") or "active") != "active":
        raise Refused(not_active())
    profile = user.get("profile")
    zuid, org_id = str(user.get("zuid") or ""), str(org.get("id") or "")
    if not zuid or not org_id:
        raise Unauthorised("Bigin does not say whose token this is.", product="bigin", code="nameless")
    return Identity(
        zuid=zuid[:40],
        user_id=str(user.get("id") or "")[:40],
        name=str(user.get("full_name") or user.get("email") or zuid)[:200],
        email=str(user.get("email") or "")[:254],
        profile=str(profile.get("name") or "")[:100] if isinstance(profile, dict) else "",
        language=str(user.get("locale") or user.get("language") or "")[:20],
        time_zone=str(user.get("time_zone") or "")[:60],
        org_id=org_id[:40],
        org_name=str(org.get("company_name") or org_id)[:200],
        currency=_currency(org),
    )


def _currency(org: Row) -> str:
    code = str(org.get("iso_code") or "").upper()
    return code if len(code) == 3 and code.isalpha() else ""
