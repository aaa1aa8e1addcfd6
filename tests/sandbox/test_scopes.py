"""Scopes per endpoint, profiles, sharing, credits, concurrency (bigin-api.md 1.7, 9; rules 7.7)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sandbox.accounts.scopes import allows
from sandbox.testing import BIGIN_SCOPES, Sandbox
from tests.sandbox.api import AMARA, MARTA, TOMASZ, Bigin, error

CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", "/Contacts", {"params": {"fields": "id"}}, "ZohoBigin.modules.contacts.READ"),
    ("GET", "/Contacts/deleted", {}, "ZohoBigin.modules.contacts.READ"),
    ("GET", "/Contacts/1", {}, "ZohoBigin.modules.contacts.READ"),
    ("POST", "/Accounts", {"json": {"data": [{"Account_Name": "A"}]}}, "ZohoBigin.modules.accounts.CREATE"),
    ("PUT", "/Accounts", {"json": {"data": [{"id": "1"}]}}, "ZohoBigin.modules.accounts.UPDATE"),
    ("DELETE", "/Accounts/1", {}, "ZohoBigin.modules.accounts.DELETE"),
    ("GET", "/settings/fields", {"params": {"module": "Contacts"}}, "ZohoBigin.settings.fields.READ"),
    ("GET", "/settings/layouts", {"params": {"module": "Contacts"}}, "ZohoBigin.settings.layouts.READ"),
    ("GET", "/settings/custom_views", {"params": {"module": "Contacts"}}, "ZohoBigin.settings.custom_views.READ"),
    ("GET", "/settings/modules", {}, "ZohoBigin.settings.modules.READ"),
    ("GET", "/settings/profiles", {}, "ZohoBigin.settings.profiles.READ"),
    ("GET", "/users", {}, "ZohoBigin.users.READ"),
    ("GET", "/org", {}, "ZohoBigin.org.READ"),
    ("GET", "/actions/watch", {}, "ZohoBigin.notifications.READ"),
    ("DELETE", "/actions/watch", {"params": {"channel_ids": "1"}}, "ZohoBigin.notifications.DELETE"),
]


@pytest.mark.parametrize(("method", "path", "more", "scope"), CALLS)
def test_each_endpoint_needs_its_scope(
    sandbox: Sandbox, method: str, path: str, more: dict[str, Any], scope: str
) -> None:
    """1.7 DOC; 8: 401 OAUTH_SCOPE_MISMATCH."""
    enough = Bigin(sandbox, scopes=[scope])
    assert enough.call(method, path, **more).status_code != 401
    wrong = Bigin(sandbox, scopes=["ZohoBigin.modules.events.READ", "ZohoBigin.settings.tags.READ"])
    assert error(wrong.call(method, path, **more)) == (401, "OAUTH_SCOPE_MISMATCH")


def test_books_scopes_do_not_open_bigin(sandbox: Sandbox) -> None:
    """1.7: scopes belong to a service."""
    assert error(Bigin(sandbox, scopes=["ZohoBooks.fullaccess.all"]).get("/org")) == (401, "OAUTH_SCOPE_MISMATCH")


@pytest.mark.parametrize(
    ("granted", "needed", "opens"),
    [
        ("ZohoBigin.modules.ALL", "ZohoBigin.modules.contacts.DELETE", True),
        ("ZohoBigin.modules.READ", "ZohoBigin.modules.contacts.READ", True),
        ("ZohoBigin.modules.contacts.ALL", "ZohoBigin.modules.contacts.READ", True),
        ("ZohoBigin.modules.Contacts.ALL", "ZohoBigin.modules.contacts.READ", True),
        ("ZohoBigin.modules.contacts.WRITE", "ZohoBigin.modules.contacts.CREATE", True),
        ("ZohoBigin.modules.contacts.WRITE", "ZohoBigin.modules.contacts.UPDATE", True),
        ("ZohoBigin.modules.contacts.WRITE", "ZohoBigin.modules.contacts.READ", False),
        ("ZohoBigin.modules.contacts.READ", "ZohoBigin.modules.contacts.UPDATE", False),
        ("ZohoBigin.modules.accounts.ALL", "ZohoBigin.modules.contacts.READ", False),
        ("ZohoBigin.settings.ALL", "ZohoBigin.modules.contacts.READ", False),
        ("ZohoBooks.fullaccess.all", "ZohoBooks.contacts.READ", True),
        ("ZohoBooks.contacts.CREATE", "ZohoBooks.contacts.UPDATE", False),
    ],
)
def test_what_a_scope_covers(granted: str, needed: str, opens: bool) -> None:
    """1.7: ALL and WRITE widen; docs write module names in either case."""
    assert allows([granted], needed, {}) is opens


def own_and_foreign(sandbox: Sandbox) -> tuple[Bigin, str, str]:
    """Tomasz sees his own records only."""
    admin, tomasz = Bigin(sandbox, MARTA), Bigin(sandbox, TOMASZ)
    return tomasz, tomasz.add("Contacts", Last_Name="Own"), admin.add("Contacts", Last_Name="Foreign")


def test_restricted_sharing_hides_foreign_records(sandbox: Sandbox) -> None:
    """Issue: one user with restricted sharing; lists, counts, search and related lists agree."""
    tomasz, own, foreign = own_and_foreign(sandbox)
    sandbox.switch(bigin_search_lag="0")
    assert [row["id"] for row in tomasz.rows("/Contacts", fields="id")] == [own]
    assert [row["id"] for row in tomasz.rows("/Contacts", fields="id", sort_by="Modified_Time")] == [own]
    assert tomasz.get("/Contacts/actions/count").json() == {"count": 1}
    assert tomasz.get("/Contacts/search", word="foreign").status_code == 204
    assert tomasz.put(f"/Contacts/{foreign}", {"data": [{"Title": "x"}]}).json()["data"][0]["status"] == "error"
    assert tomasz.delete(f"/Contacts/{foreign}").status_code == 400
    assert tomasz.get(f"/Contacts/{foreign}/Notes", fields="id").status_code == 400
    assert len(Bigin(sandbox, AMARA).rows("/Contacts", fields="id")) == 2


@pytest.mark.parametrize("status", ["204", "403"])
def test_switch_bigin_hidden_record(sandbox: Sandbox, status: str) -> None:
    """Rules 7.7: 204/403 ends a member's right."""
    sandbox.switch(bigin_hidden_record=status)
    tomasz, own, foreign = own_and_foreign(sandbox)
    assert tomasz.get(f"/Contacts/{foreign}").status_code == int(status)
    assert tomasz.get(f"/Contacts/{own}").status_code == 200


def test_a_deactivated_users_token_is_dead(sandbox: Sandbox) -> None:
    """A user who left."""
    amara = Bigin(sandbox, AMARA)
    sandbox.control("POST", "bigin/user", {"user": sandbox.users[AMARA]["email"], "status": "disabled"})
    assert error(amara.get("/org")) == (401, "INVALID_TOKEN")


def spent(sandbox: Sandbox, bigin: Bigin, method: str, path: str, **more: Any) -> int:
    before: int = sandbox.control("GET", "bigin/credits")["used"]
    bigin.call(method, path, **more)
    after: int = sandbox.control("GET", "bigin/credits")["used"]
    return after - before


@pytest.mark.parametrize(("records", "cost"), [(1, 1), (10, 1), (11, 2), (100, 10)])
def test_writes_cost_a_credit_per_ten_records(sandbox: Sandbox, records: int, cost: int) -> None:
    """9: insert, update, upsert 1 per 10 records, 10 at most."""
    items = [{"Last_Name": str(n)} for n in range(records)]
    assert spent(sandbox, Bigin(sandbox), "POST", "/Contacts", json={"data": items}) == cost


def test_reads_cost_one_credit(sandbox: Sandbox) -> None:
    """9: most calls 1."""
    bigin = Bigin(sandbox)
    assert spent(sandbox, bigin, "GET", "/Contacts", params={"fields": "id"}) == 1
    assert spent(sandbox, bigin, "GET", "/users") == 1


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_switch_bigin_throttle_body(sandbox: Sandbox, body: str) -> None:
    """9: credits of a rolling 24 h; 12.2: the exact 429 body is unknown."""
    sandbox.switch(bigin_throttle_body=body)
    sandbox.limits(bigin_credits_per_day=2)
    bigin = Bigin(sandbox)
    assert [bigin.get("/org").status_code for _ in range(3)] == [200, 200, 429]
    answer = bigin.get("/org")
    if body == "json":
        assert error(answer) == (429, "TOO_MANY_REQUESTS")
    assert {"json": b"{", "empty": b"", "html": b"<"}[body] == answer.content[:1]
    sandbox.advance(86_400 + 60)
    assert Bigin(sandbox).get("/org").status_code == 200


@pytest.mark.parametrize(("position", "header"), [("off", None), ("on", "30")])
def test_switch_bigin_throttle_retry_after(sandbox: Sandbox, position: str, header: str | None) -> None:
    """9: no documented Retry-After."""
    sandbox.switch(bigin_throttle_retry_after=position)
    sandbox.fault("rate_limited", product="bigin")
    assert Bigin(sandbox).get("/org").headers.get("Retry-After") == header


def test_ten_calls_at_a_time_per_user(sandbox: Sandbox) -> None:
    """9: 10 simultaneous calls per user and app; another user has ten of their own."""
    sandbox.limits(bigin_concurrent=2)
    sandbox.fault("hold", product="bigin", path="^/org$", times=2)
    marta, other_token, amara = Bigin(sandbox), Bigin(sandbox), Bigin(sandbox, AMARA)
    slow = [threading.Thread(target=Bigin(sandbox).get, args=("/org",)) for _ in range(2)]
    for thread in slow:
        thread.start()
    while sum(fault["hits"] for fault in sandbox.control("GET", "faults")["faults"]) < 2:
        slow[0].join(0.02)
    assert error(marta.get("/users")) == (429, "TOO_MANY_REQUESTS")
    assert error(other_token.get("/users")) == (429, "TOO_MANY_REQUESTS")
    assert amara.get("/users").status_code == 200
    sandbox.control("DELETE", "faults")
    for thread in slow:
        thread.join()
    assert marta.get("/users").status_code == 200


def test_token_reset_header_tells_the_tokens_end(sandbox: Sandbox) -> None:
    """2 LIVE: x-accesstoken-reset; no credit headers."""
    headers = Bigin(sandbox, scopes=BIGIN_SCOPES).get("/org").headers
    assert headers["X-AccessToken-Reset"].startswith("2026-10-09T13:00:0")
    assert not [name for name in headers if "limit" in name.lower() or "credit" in name.lower()]
