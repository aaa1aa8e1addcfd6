"""How these tests talk to the sandbox's Books: a thin client with no opinions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import requests

from sandbox.testing import BOOKS_SCOPES, Sandbox

NOW = "2026-10-09T12:00:00+00:00"
FIRST, SECOND = "60021234501", "60021234502"
MARTA, JONAS, AMARA, TOMASZ, PRIYA = range(5)
ROOTS = {"books": "/books/v3", "invoice": "/invoice/v3"}

Json = dict[str, Any]


class Books:
    """Calls one organisation as one user. Statuses are looked at by the test."""

    def __init__(
        self,
        sandbox: Sandbox,
        user: int = MARTA,
        product: str = "books",
        organization: str | None = FIRST,
        scopes: Sequence[str] = BOOKS_SCOPES,
    ) -> None:
        self.sandbox = sandbox
        self.base = sandbox.url + ROOTS[product]
        self.session = requests.Session()
        answer = sandbox.token(sandbox.users[user]["email"], scopes)
        self.session.headers["Authorization"] = f"Zoho-oauthtoken {answer['access_token']}"
        if organization:
            self.session.params = {"organization_id": organization}

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.base + path, timeout=30, **more)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **params: Any) -> requests.Response:
        return self.call("POST", path, json=body, params=params)

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None, **params: Any) -> requests.Response:
        return self.call("PUT", path, json=body, params=params, headers=headers)

    def delete(self, path: str, **params: Any) -> requests.Response:
        return self.call("DELETE", path, params=params)

    def made(self, path: str, body: Any, key: str, **params: Any) -> Json:
        """What a create answered under `key`; fails unless it was a 201."""
        answer = self.post(path, body, **params)
        assert answer.status_code == 201, answer.text
        found: Json = parsed(answer)[key]
        return found

    def contact(self, name: str = "Northwind", **more: Any) -> Json:
        person = {"first_name": "Ann", "last_name": "Lee", "email": f"ann@{name.lower().replace(' ', '-')}.example"}
        return self.made("/contacts", {"contact_name": name, "contact_persons": [person], **more}, "contact")

    def item(self, name: str = "City tour", rate: Any = 100, **more: Any) -> Json:
        return self.made("/items", {"name": name, "rate": rate, **more}, "item")

    def document(self, kind: str, customer_id: str = "", **more: Any) -> Json:
        """A draft of one free line of 100, if nothing else is said."""
        body = {"customer_id": customer_id or self.contact(f"Customer {kind}")["contact_id"]}
        body["line_items"] = more.pop("line_items", [{"name": "Tour", "rate": 100, "quantity": 1}])
        return self.made(f"/{kind}s", {**body, **more}, kind)

    def sent(self, kind: str, **more: Any) -> Json:
        """A document past its draft, as its own detail read shows it."""
        made = self.document(kind, **more)
        call = "open" if kind == "salesorder" else "sent"
        answer = self.post(f"/{kind}s/{made[f'{kind}_id']}/status/{call}")
        assert answer.status_code == 200, answer.text
        return self.read(kind, made[f"{kind}_id"])

    def read(self, kind: str, record_id: str) -> Json:
        answer = self.get(f"/{kind}s/{record_id}")
        assert answer.status_code == 200, answer.text
        found: Json = parsed(answer)[kind]
        return found

    def rows(self, kind: str, **params: Any) -> list[Json]:
        answer = self.get(f"/{kind}s", **params)
        assert answer.status_code == 200, answer.text
        found: list[Json] = parsed(answer)[f"{kind}s"]
        return found

    def ids(self, kind: str, **params: Any) -> set[str]:
        return {row[f"{kind}_id"] for row in self.rows(kind, **params)}

    def field(self, entity: str, label: str, **more: Any) -> Json:
        return self.made("/settings/fields", {"entity": entity, "label": label, **more}, "field")

    def tax(self, name: str, percentage: Any, **more: Any) -> str:
        return str(
            self.made("/settings/taxes", {"tax_name": name, "tax_percentage": percentage, **more}, "tax")["tax_id"]
        )


def parsed(answer: requests.Response) -> Json:
    """The body with Decimal for fractions."""
    found: Json = answer.json(parse_float=Decimal)
    return found


def refused(answer: requests.Response) -> tuple[int, int]:
    """Status and code of an error; fails on anything that is not Books' envelope."""
    body = answer.json()
    assert body["code"] != 0
    assert isinstance(body["message"], str)
    assert body["message"]
    return answer.status_code, body["code"]


def told(answer: requests.Response) -> str:
    """The message of a success."""
    body = answer.json()
    assert (answer.ok, body["code"]) == (True, 0), answer.text
    return str(body["message"])
