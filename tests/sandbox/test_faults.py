"""Scripted faults, calls, clock, state and the other control doors (design section 8)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.faults import KINDS
from sandbox.testing import ROOT, DoorError, Sandbox, running_sandbox
from tests.sandbox.api import NOW, Bigin, error


def names(bigin: Bigin) -> list[str]:
    return sorted(row["Last_Name"] for row in bigin.rows("/Contacts", fields="Last_Name"))


def insert(bigin: Bigin, name: str) -> requests.Response:
    return bigin.post("/Contacts", {"data": [{"Last_Name": name}]})


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limited", 429, "TOO_MANY_REQUESTS"),
        ("concurrency", 429, "TOO_MANY_REQUESTS"),
        ("quota", 429, "TOO_MANY_REQUESTS"),
        ("error_before", 503, "INTERNAL_ERROR"),
        ("expired_token", 401, "INVALID_TOKEN"),
        ("revoked_token", 401, "INVALID_TOKEN"),
    ],
)
def test_refusals_happen_before_anything_is_stored(bigin: Bigin, kind: str, status: int, code: str) -> None:
    """Design 8."""
    bigin.sandbox.fault(kind, product="bigin", method="POST")
    assert error(insert(bigin, "A")) == (status, code)
    fresh = Bigin(bigin.sandbox)
    assert names(fresh) == []
    assert insert(fresh, "B").status_code == 201


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", []), ("drop_after", ["A"]), ("late_commit", [])])
def test_dropped_connections(bigin: Bigin, kind: str, stored: list[str]) -> None:
    """Design 8: dropped response, before or after the commit."""
    bigin.sandbox.fault(kind, product="bigin", method="POST", seconds=3600)
    with pytest.raises(requests.ConnectionError):
        insert(bigin, "A")
    assert names(bigin) == stored


def test_late_commit_follows_the_sandboxs_clock(bigin: Bigin) -> None:
    """Design 8: commit N s after the client gave up."""
    bigin.sandbox.fault("late_commit", product="bigin", method="POST", seconds=600)
    with pytest.raises(requests.ConnectionError):
        insert(bigin, "A")
    bigin.sandbox.advance(599)
    assert names(bigin) == []
    bigin.sandbox.advance(2)
    assert names(bigin) == ["A"]
    assert bigin.record("Contacts", bigin.rows("/Contacts", fields="id")[0]["id"])["Created_Time"].startswith(
        "2026-10-09T13:10"
    )


def test_server_error_after_the_commit(bigin: Bigin) -> None:
    """Design 8: 5xx after the commit."""
    bigin.sandbox.fault("error_after", product="bigin", method="POST", status=502)
    assert error(insert(bigin, "A")) == (502, "INTERNAL_ERROR")
    assert names(bigin) == ["A"]


def test_html_error_page(bigin: Bigin) -> None:
    """Design 8: a proxy's page instead of JSON."""
    bigin.sandbox.fault("html", product="bigin", method="POST")
    answer = insert(bigin, "A")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert names(bigin) == []


def test_a_held_call_is_answered_when_the_fault_is_taken_away(bigin: Bigin) -> None:
    """A browser test has to see what stands on the screen until Zoho answers, however slow the machine is."""
    bigin.sandbox.fault("hold", product="bigin", method="POST")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(insert, bigin, "A")
        while not bigin.sandbox.control("GET", "faults")["faults"][0]["hits"]:
            pass
        assert names(Bigin(bigin.sandbox)) == []
        assert not held.done()
        bigin.sandbox.control("DELETE", "faults")
        assert held.result(60).status_code == 201
    assert names(bigin) == ["A"]


def test_slow_answer(bigin: Bigin) -> None:
    """Design 8: the answer is right, only late."""
    bigin.sandbox.fault("slow", product="bigin", method="POST", seconds=0.3)
    began = time.monotonic()
    assert insert(bigin, "A").status_code == 201
    assert time.monotonic() - began >= 0.3


def test_a_revoked_token_takes_its_refresh_token_along(sandbox: Sandbox) -> None:
    """Design 8: expired or revoked."""
    for kind, works in (("expired_token", True), ("revoked_token", False)):
        granted = sandbox.token()
        sandbox.fault(kind, product="bigin")
        header = {"Authorization": f"Zoho-oauthtoken {granted['access_token']}"}
        assert requests.get(f"{sandbox.url}/bigin/v2/org", headers=header, timeout=30).status_code == 401
        form = {
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": granted["refresh_token"],
        }
        answer = requests.post(f"{sandbox.url}/oauth/v2/token", data=form, timeout=30).json()
        assert ("access_token" in answer) is works


def test_the_third_post_to_contacts_commits_and_drops(bigin: Bigin) -> None:
    """Issue: scripted by product, method, path, count."""
    bigin.sandbox.fault("drop_after", product="bigin", method="POST", path="^/Contacts$", nth=3)
    bigin.add("Accounts", Account_Name="Acme")
    assert [insert(bigin, name).status_code for name in "AB"] == [201, 201]
    with pytest.raises(requests.ConnectionError):
        insert(bigin, "C")
    assert insert(bigin, "D").status_code == 201
    assert names(bigin) == ["A", "B", "C", "D"]


def outcomes(bigin: Bigin, seed: int) -> list[int]:
    bigin.sandbox.control("DELETE", "faults")
    bigin.sandbox.fault("error_before", product="bigin", path="^/org$", probability=0.5, times=0, seed=seed)
    return [bigin.get("/org").status_code for _ in range(40)]


def test_seeded_faults_repeat(bigin: Bigin) -> None:
    """Design 8: scripted or seeded."""
    first, second, other = outcomes(bigin, 1), outcomes(bigin, 1), outcomes(bigin, 2)
    assert first == second
    assert first != other
    assert {200, 503} == set(first)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"kind": "nope"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": "x"},
        {"kind": "slow", "nth": 1.5},
        {"kind": "slow", "path": "("},
        {"kind": "slow", "colour": "red"},
        {"kind": "slow", "method": 7},
        [{"kind": "slow"}, {}],
        "slow",
    ],
)
def test_bad_faults_are_refused_whole(sandbox: Sandbox, bad: Any) -> None:
    """The tester's mistakes get words."""
    with pytest.raises(DoorError, match="400"):
        sandbox.control("POST", "faults", bad)
    assert sandbox.control("GET", "faults")["faults"] == []


def test_faults_are_listed_with_their_hits(bigin: Bigin) -> None:
    """GET and DELETE faults."""
    bigin.sandbox.fault("error_before", product="bigin", path="^/org$", nth=2)
    bigin.get("/org")
    bigin.get("/org")
    listing = bigin.sandbox.control("GET", "faults")
    assert (listing["faults"][0]["seen"], listing["faults"][0]["hits"]) == (2, 1)
    assert set(listing["kinds"]) == set(KINDS)
    bigin.sandbox.control("DELETE", "faults")
    assert bigin.sandbox.control("GET", "faults")["faults"] == []


def test_calls_are_counted_per_endpoint(bigin: Bigin) -> None:
    """Design 8: counts per product, method and endpoint; ids are {id}."""
    sandbox = bigin.sandbox
    sandbox.control("DELETE", "calls")
    contact = bigin.add("Contacts", Last_Name="Doe")
    for _ in range(2):
        bigin.get(f"/Contacts/{contact}")
    bigin.get("/Contacts/1")
    bigin.get("/Accounts/1/Contacts", fields="id")
    sandbox.fault("drop_after", product="bigin", method="DELETE")
    with pytest.raises(requests.ConnectionError):
        bigin.delete(f"/Contacts/{contact}")
    bigin.get("/no/such/path/is/here")
    rows = {(one["method"], one["endpoint"]): one["statuses"] for one in sandbox.calls()["by"]}
    assert rows == {
        ("POST", "/Contacts"): {"201": 1},
        ("GET", "/Contacts/{id}"): {"200": 2, "204": 1},
        ("GET", "/Accounts/{id}/Contacts"): {"400": 1},
        ("DELETE", "/Contacts/{id}"): {"dropped": 1},
        ("GET", "(unknown)"): {"404": 1},
    }
    assert sandbox.calls()["total"] == 7
    log = sandbox.control("GET", "calls?log=1")["log"]
    assert [one["method"] for one in log] == ["POST", "GET", "GET", "GET", "GET", "DELETE", "GET"]
    assert log[4]["query"] == ["fields"]


def test_answers_are_dated_by_the_sandboxs_clock(bigin: Bigin) -> None:
    """Design 3: marks are reckoned from the first page's Date header."""
    bigin.sandbox.control("PUT", "clock", {"now": "2030-01-01T00:00:00+00:00"})
    assert bigin.get("/org").headers["Date"].startswith("Tue, 01 Jan 2030 00:00:0")


def test_clock_moves_only_by_its_door(sandbox: Sandbox) -> None:
    """Design 8: PUT clock."""
    sandbox.control("PUT", "clock", {"now": "2030-01-01T00:00:00+00:00"})
    sandbox.advance(3600)
    assert sandbox.control("GET", "clock")["now"].startswith("2030-01-01T01:00:0")
    for bad in ({"now": "soon"}, {"now": "2030-01-01T00:00:00"}, {"advance": "x"}, {"advance": None}, {}, {"x": 1}):
        with pytest.raises(DoorError, match="400"):
            sandbox.control("PUT", "clock", bad)


@pytest.mark.parametrize(
    ("door", "bad"),
    [
        ("switches", {"no_such_switch": "on"}),
        ("switches", {"bigin_text": "shout"}),
        ("switches", {"bigin_text": "as_sent", "bigin_coql": "x"}),
        ("limits", {"books_per_minute": -1}),
        ("limits", {"nope": 1}),
        ("reset", {"seed": "nope"}),
        ("reset", {"keep": ["everything"]}),
        ("token", {"user": "nobody", "scopes": ["ZohoBigin.org.READ"]}),
        ("token", {"user": "700001001", "scopes": []}),
        ("bigin/merge", {"module": "Contacts", "survivor": "1", "loser": "2"}),
        ("bigin/field", {"module": "Nope", "api_name": "x"}),
        ("state", {"version": 0}),
    ],
)
def test_bad_words_to_the_doors(sandbox: Sandbox, door: str, bad: dict[str, Any]) -> None:
    """A 400 with words, and nothing changed."""
    before = sandbox.control("GET", "switches")
    method = "PUT" if door in ("limits", "state") else "POST"
    with pytest.raises(DoorError, match="400"):
        sandbox.control(method, door, bad)
    assert sandbox.control("GET", "switches") == before


def test_reset_seeds_anew_and_keeps_what_it_is_told(bigin: Bigin) -> None:
    """POST reset."""
    sandbox = bigin.sandbox
    bigin.add("Contacts", Last_Name="Doe")
    sandbox.switch(bigin_text="as_sent")
    sandbox.advance(5000)
    sandbox.reset(keep=["switches", "clock"])
    switches = {one["name"]: one["value"] for one in sandbox.control("GET", "switches")["switches"]}
    assert switches["bigin_text"] == "as_sent"
    assert sandbox.control("GET", "clock")["now"] > "2026-10-09T13:23"
    assert error(bigin.get("/org")) == (401, "INVALID_TOKEN")
    assert names(Bigin(sandbox)) == []
    sandbox.reset()
    assert sandbox.control("GET", "clock")["now"].startswith("2026-10-09T12:00:0")


def test_state_goes_out_and_in(bigin: Bigin) -> None:
    """GET and PUT state: records, bin, tokens, switches, clock."""
    sandbox = bigin.sandbox
    kept = bigin.add("Contacts", Last_Name="Doe", Email="jo@doe.example", Tag=[{"name": "vip"}])
    gone = bigin.add("Products", Product_Name="Tour", Unit_Price=12.5)
    bigin.delete(f"/Products/{gone}")
    sandbox.switch(bigin_text="as_sent")
    state = sandbox.control("GET", "state")
    before = bigin.record("Contacts", kept)
    bigin.put(f"/Contacts/{kept}", {"data": [{"Email": None}]})
    sandbox.reset()
    sandbox.control("PUT", "state", state)
    assert bigin.record("Contacts", kept) == before
    assert [row["id"] for row in bigin.rows("/Products/deleted")] == [gone]
    assert bigin.post("/Contacts", {"data": [{"Last_Name": "X", "Email": "JO@doe.example"}]}).status_code == 202
    sandbox.control("POST", "bigin/restore", {"module": "Products", "id": gone})
    assert '"Unit_Price":12.5' in bigin.get("/Products", fields="Unit_Price").text


def test_state_file_survives_a_restart(tmp_path: Path) -> None:
    """Issue: --state FILE."""
    file = tmp_path / "state.json"
    with running_sandbox("travel-agency", state=file, now=NOW) as sandbox:
        bigin = Bigin(sandbox)
        contact = bigin.add("Contacts", Last_Name="Kept")
        granted = sandbox.token()
        count = bigin.get("/Contacts/actions/count").json()
    assert json.loads(file.read_text())["version"] == 1
    with running_sandbox("empty", state=file) as sandbox:
        header = {"Authorization": f"Zoho-oauthtoken {granted['access_token']}"}
        base = f"{sandbox.url}/bigin/v2"
        assert requests.get(f"{base}/Contacts/{contact}", headers=header, timeout=30).status_code == 200
        assert requests.get(f"{base}/Contacts/actions/count", headers=header, timeout=30).json() == count
        assert Bigin(sandbox).add("Contacts", Last_Name="Next") > contact


def test_a_killed_sandbox_leaves_a_whole_state_file(tmp_path: Path) -> None:
    """Issue 3: writes never corrupt it; SIGKILL in the middle of writing loses the last second at most."""
    file = tmp_path / "state.json"
    sent = 0
    with running_sandbox("empty", state=file, lift_limits=True) as sandbox:
        bigin = Bigin(sandbox)
        while not (file.exists() and "Person 5" in file.read_text()):
            bigin.add("Contacts", Last_Name=f"Person {sent}")
            sent += 1
        os.kill(sandbox.pid, signal.SIGKILL)
    saved = json.loads(file.read_text())
    with running_sandbox("empty", state=file, lift_limits=True) as sandbox:
        rows = Bigin(sandbox).get("/Contacts/actions/count").json()["count"]
    assert saved["version"] == 1
    assert 5 < rows <= sent


def test_limits_come_from_the_environment(tmp_path: Path) -> None:
    """Design 3: limits are settings that product and sandbox share."""
    given = {"ZOHO_BIGIN_CONCURRENT": "3", "ZOHO_BOOKS_PER_MINUTE": "off"}
    with running_sandbox("empty", environment=given) as sandbox:
        limits = sandbox.control("GET", "limits")
    assert (limits["bigin_concurrent"], limits["books_per_minute"], limits["books_per_day"]) == (3, 0, 10_000)
    with pytest.raises(RuntimeError), running_sandbox("empty", environment={"ZOHO_BIGIN_CONCURRENT": "many"}):
        pass


def test_public_url_is_what_it_calls_itself(sandbox: Sandbox) -> None:
    """Behind another name: the announcement, tokens and frames say the public address."""
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--port",
        "0",
        "--seed",
        "empty",
        "--public-url",
        "http://zoho.localhost:1/",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        process.terminate()
    assert json.loads(line)["url"] == "http://zoho.localhost:1"
    assert process.returncode == 0


def test_a_port_in_use_is_one_clear_line(sandbox: Sandbox) -> None:
    """No traceback at the start."""
    port = sandbox.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "sandbox", "--port", port, "--seed", "empty"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"sandbox: cannot listen on 127.0.0.1:{port}")
    assert ended.stderr.count("\n") == 1


def test_a_broken_state_file_is_refused(tmp_path: Path) -> None:
    """Bad input loses nothing: the file stays as it is."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 1, "accounts": {}')
    with pytest.raises(RuntimeError, match="ended with 2"), running_sandbox("empty", state=file):
        pass
    assert file.read_text() == '{"version": 1, "accounts": {}'
