"""People, clients, codes and tokens of the accounts server, and the rules of their lives. No HTTP here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sandbox.stored import stored


@stored
@dataclass(slots=True)
class Person:
    """A Zoho account. Membership in Bigin orgs stands in the orgs; in Books organisations it stands here."""

    zuid: str
    email: str
    first_name: str
    last_name: str
    data_centre: str = "sandbox"
    bigin_orgs: list[str] = field(default_factory=list)
    books_organizations: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@stored
@dataclass(slots=True)
class Client:
    client_id: str
    client_secret: str
    name: str


@stored
@dataclass(slots=True)
class Code:
    """A grant code: works once, lives three minutes."""

    value: str
    client_id: str
    zuid: str
    scopes: list[str]
    bigin_org: str
    redirect_uri: str
    offline: bool
    fresh_refresh_token: bool
    created: float
    expires: float
    used: bool = False


@stored
@dataclass(slots=True)
class RefreshToken:
    value: str
    client_id: str
    zuid: str
    scopes: list[str]
    bigin_org: str
    created: float
    issued: list[float] = field(default_factory=list)  # when access tokens were made, last ten minutes
    blocked_until: float = 0.0


@stored
@dataclass(slots=True)
class AccessToken:
    value: str
    client_id: str
    zuid: str
    scopes: list[str]
    bigin_org: str
    created: float
    expires: float
    refresh_token: str = ""  # the refresh token it came with or from; empty for access_type=online


@stored
@dataclass(slots=True)
class Accounts:
    people: dict[str, Person] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    consents: dict[str, list[str]] = field(default_factory=dict)  # "client zuid org" -> scopes once granted

    def add_person(self, person: Person) -> Person:
        self.people[person.zuid] = person
        return person

    def find_person(self, name: str) -> Person | None:
        """By zuid or e-mail address."""
        found = self.people.get(name)
        if found is not None:
            return found
        return next((one for one in self.people.values() if one.email.lower() == name.lower()), None)

    def revoke_refresh_token(self, value: str) -> bool:
        """Takes its access tokens along."""
        if self.refresh_tokens.pop(value, None) is None:
            return False
        for token in [one for one in self.access_tokens.values() if one.refresh_token == value]:
            del self.access_tokens[token.value]
        return True


def new_token_value() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
