"""How these tests talk to the sandbox's Bigin: a thin client with no opinions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from sandbox.testing import BIGIN_SCOPES, Sandbox

NOW = "2026-10-09T12:00:00+00:00"
MARTA, JONAS, AMARA, TOMASZ, PRIYA = range(5)


class Bigin:
    """Calls `/bigin/v2` as one user. Statuses are looked at by the test."""

    def __init__(self, sandbox: Sandbox, user: int = MARTA, scopes: Sequence[str] = BIGIN_SCOPES) -> None:
        self.sandbox = sandbox
        self.base = f"{sandbox.url}/bigin/v2"
        self.session = requests.Session()
        answer = sandbox.token(sandbox.users[user]["email"], scopes)
        self.session.headers["Authorization"] = f"Zoho-oauthtoken {answer['access_token']}"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.base + path, timeout=30, **more)

    def get(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params, headers=headers)

    def post(self, path: str, body: Any, **params: Any) -> requests.Response:
        return self.call("POST", path, json=body, params=params)

    def put(self, path: str, body: Any) -> requests.Response:
        return self.call("PUT", path, json=body)

    def delete(self, path: str, **params: Any) -> requests.Response:
        return self.call("DELETE", path, params=params)

    def add(self, module: str, **values: Any) -> str:
        """The new record's id."""
        return self.add_all(module, [values])[0]

    def add_all(self, module: str, items: list[dict[str, Any]]) -> list[str]:
        ids: list[str] = []
        for start in range(0, len(items), 100):
            answer = self.post(f"/{module}", {"data": items[start : start + 100], "trigger": []})
            assert answer.status_code == 201, answer.text
            ids += [one["details"]["id"] for one in answer.json()["data"]]
        return ids

    def record(self, module: str, record_id: str) -> dict[str, Any]:
        answer = self.get(f"/{module}/{record_id}")
        assert answer.status_code == 200, answer.status_code
        found: dict[str, Any] = answer.json()["data"][0]
        return found

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of one page; none for 204."""
        answer = self.get(path, **params)
        if answer.status_code == 204:
            return []
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows


def error(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refused request."""
    body = answer.json()
    assert body["status"] == "error"
    assert set(body) == {"code", "details", "message", "status"}
    return answer.status_code, body["code"]


def item_codes(answer: requests.Response) -> list[str]:
    return [one["code"] for one in answer.json()["data"]]
