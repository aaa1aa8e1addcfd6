"""The accounts server: authorise, exchange, refresh, revoke, limits (bigin-api.md 1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.accounts.data_centres import DATA_CENTRES
from sandbox.testing import Sandbox
from tests.sandbox.api import MARTA, PRIYA, Bigin, error

CALLBACK = "http://localhost:8000/oauth/callback/"
SCOPE = "ZohoBigin.modules.ALL,ZohoBigin.org.READ"


def authorise(sandbox: Sandbox, **changes: str) -> requests.Response:
    """What a browser posts from the consent page; the answer is not followed."""
    asked = {
        "client_id": sandbox.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": CALLBACK,
        "access_type": "offline",
        "prompt": "consent",
        "state": "s1",
        "decision": "accept",
        "zuid": sandbox.users[MARTA]["zuid"],
        **changes,
    }
    form = {name: value for name, value in asked.items() if value}
    return requests.post(f"{sandbox.url}/oauth/v2/auth", data=form, allow_redirects=False, timeout=30)


def callback(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(sandbox: Sandbox, **form: str) -> requests.Response:
    given = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret, **form}
    return requests.post(f"{sandbox.url}/oauth/v2/token", data=given, timeout=30)


def exchange(sandbox: Sandbox, code: str, **form: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **form}
    answer: dict[str, Any] = token(sandbox, **form).json()
    return answer


def refresh(sandbox: Sandbox, value: str) -> requests.Response:
    return token(sandbox, grant_type="refresh_token", refresh_token=value)


def org_status(sandbox: Sandbox, access_token: str) -> int:
    header = {"Authorization": f"Zoho-oauthtoken {access_token}"}
    return requests.get(f"{sandbox.url}/bigin/v2/org", headers=header, timeout=30).status_code


def test_consent_page_lists_people_and_scopes(sandbox: Sandbox) -> None:
    """The tester picks who signs in, administrators first."""
    asked = {"client_id": sandbox.client_id, "response_type": "code", "scope": SCOPE, "redirect_uri": CALLBACK}
    page = requests.get(f"{sandbox.url}/oauth/v2/auth", params=asked, timeout=30).text
    positions = [page.index(f'id="user-{user["zuid"]}"') for user in sandbox.users]
    assert positions == sorted(positions)
    assert 'id="accept"' in page
    assert 'id="reject"' in page
    assert "ZohoBigin.org.READ" in page


def test_callback_carries_code_location_and_accounts_server(sandbox: Sandbox) -> None:
    """1.3 DOC."""
    got = callback(authorise(sandbox))
    assert set(got) == {"state", "code", "location", "accounts-server"}
    assert (got["state"], got["location"], got["accounts-server"]) == ("s1", "us", sandbox.url)
    assert got["code"].startswith("1000.")


def test_denied_consent_comes_back_as_an_error(sandbox: Sandbox) -> None:
    """1.3 MEM: ?error=access_denied."""
    assert callback(authorise(sandbox, decision="reject")) == {"state": "s1", "error": "access_denied"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": "Google.mail"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_redirect_uri"),
        ({"redirect_uri": "http://localhost:99999/"}, "invalid_redirect_uri"),
        ({"redirect_uri": "http://localhost@evil.example/"}, "invalid_redirect_uri"),
        ({"zuid": "1"}, "Choose who signs in"),
    ],
)
def test_errors_of_the_authorise_page_are_html_and_never_redirect(
    sandbox: Sandbox, changes: dict[str, str], words: str
) -> None:
    """1.6: on the authorise page errors are HTML."""
    answer = authorise(sandbox, **changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert words in answer.text


@pytest.mark.parametrize(("position", "status"), [("on", 400), ("off", 303)])
def test_switch_redirect_uri_check(sandbox: Sandbox, position: str, status: int) -> None:
    """1.2: a server-based client has registered redirect URIs."""
    sandbox.switch(redirect_uri_check=position)
    assert authorise(sandbox, redirect_uri="https://elsewhere.example/cb").status_code == status


def test_code_exchange_answers_the_documented_keys(sandbox: Sandbox) -> None:
    """1.4; scope is separated by spaces [MEM]."""
    answer = exchange(sandbox, callback(authorise(sandbox))["code"])
    assert set(answer) == {"access_token", "refresh_token", "scope", "api_domain", "token_type", "expires_in"}
    assert answer["scope"] == SCOPE.replace(",", " ")
    assert (answer["token_type"], answer["expires_in"], answer["api_domain"]) == ("Bearer", 3600, sandbox.url)
    assert org_status(sandbox, answer["access_token"]) == 200


def test_online_access_brings_no_refresh_token(sandbox: Sandbox) -> None:
    """1.3: access_type=offline => refresh token."""
    answer = exchange(sandbox, callback(authorise(sandbox, access_type="online"))["code"])
    assert "refresh_token" not in answer
    assert org_status(sandbox, answer["access_token"]) == 200


@pytest.mark.parametrize(("position", "again"), [("first_time", False), ("always", True)])
def test_switch_refresh_token_without_prompt(sandbox: Sandbox, position: str, again: bool) -> None:
    """1.3: prompt=consent forces a new refresh token on re-consent."""
    sandbox.switch(refresh_token_without_prompt=position)
    assert "refresh_token" in exchange(sandbox, callback(authorise(sandbox, prompt=""))["code"])
    assert ("refresh_token" in exchange(sandbox, callback(authorise(sandbox, prompt=""))["code"])) is again
    assert "refresh_token" in exchange(sandbox, callback(authorise(sandbox))["code"])


@pytest.mark.parametrize(("position", "status"), [("ask", 200), ("remember", 303)])
def test_switch_consent_memory(sandbox: Sandbox, position: str, status: int) -> None:
    """From memory of Zoho's sign-in: what was granted is not asked again without prompt=consent."""
    sandbox.switch(consent_memory=position)
    browser = {"sandbox_zuid": sandbox.users[MARTA]["zuid"]}
    authorise(sandbox)
    asked = {"client_id": sandbox.client_id, "response_type": "code", "scope": SCOPE, "redirect_uri": CALLBACK}
    url = f"{sandbox.url}/oauth/v2/auth"
    again = requests.get(url, params=asked, cookies=browser, allow_redirects=False, timeout=30)
    more = {**asked, "scope": SCOPE + ",ZohoBigin.users.READ"}
    assert again.status_code == status
    assert requests.get(url, params=more, cookies=browser, timeout=30).status_code == 200


def test_a_code_works_once(sandbox: Sandbox) -> None:
    """1.3: single use."""
    code = callback(authorise(sandbox))["code"]
    assert "access_token" in exchange(sandbox, code)
    assert exchange(sandbox, code) == {"error": "invalid_code"}


@pytest.mark.parametrize(("seconds", "works"), [(179, True), (181, False)])
def test_a_code_lives_three_minutes(sandbox: Sandbox, seconds: int, works: bool) -> None:
    """1.3 CRM token-validity."""
    code = callback(authorise(sandbox))["code"]
    sandbox.advance(seconds)
    assert ("access_token" in exchange(sandbox, code)) is works


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"client_id": "1000.X"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client_secret"),
        ({"redirect_uri": "http://localhost:8000/other/"}, "invalid_redirect_uri"),
        ({"code": "1000.x.y"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "1000.x.y"}, "invalid_code"),
    ],
)
def test_token_errors(sandbox: Sandbox, form: dict[str, str], code: str) -> None:
    """1.6: {"error": code}."""
    good = callback(authorise(sandbox))["code"]
    assert exchange(sandbox, form.pop("code", good), **form) == {"error": code}


@pytest.mark.parametrize(("position", "status"), [("200", 200), ("400", 400)])
def test_switch_token_error_status(sandbox: Sandbox, position: str, status: int) -> None:
    """1.6, 12.7: usually HTTP 200, so never trust the status."""
    sandbox.switch(token_error_status=position)
    answer = token(sandbox, grant_type="authorization_code", code="x", redirect_uri=CALLBACK)
    assert (answer.status_code, answer.json()) == (status, {"error": "invalid_code"})


def test_token_parameters_may_come_in_the_query_or_multipart(sandbox: Sandbox) -> None:
    """1.4: form body, query, multipart."""
    given = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret, "grant_type": "refresh_token"}
    given["refresh_token"] = sandbox.token()["refresh_token"]
    url = f"{sandbox.url}/oauth/v2/token"
    by_query = requests.post(url, params=given, timeout=30)
    by_multipart = requests.post(url, files={name: (None, value) for name, value in given.items()}, timeout=30)
    assert "access_token" in by_query.json()
    assert "access_token" in by_multipart.json()


@pytest.mark.parametrize("position", ["on", "off"])
def test_switch_refresh_answers_scope(sandbox: Sandbox, position: str) -> None:
    """1.4: the same keys minus refresh_token; scope by code and siblings' pages."""
    sandbox.switch(refresh_answers_scope=position)
    answer = refresh(sandbox, sandbox.token()["refresh_token"]).json()
    keys = {"access_token", "api_domain", "token_type", "expires_in"}
    assert set(answer) == (keys | {"scope"} if position == "on" else keys)


def test_access_token_lives_an_hour(sandbox: Sandbox) -> None:
    """1.4: 1 hour; then 401 INVALID_TOKEN, measured live (8)."""
    bigin = Bigin(sandbox)
    sandbox.advance(3599)
    assert bigin.get("/org").status_code == 200
    sandbox.advance(2)
    assert error(bigin.get("/org")) == (401, "INVALID_TOKEN")


def test_refresh_token_does_not_expire(sandbox: Sandbox) -> None:
    """1.4 DOC."""
    value = sandbox.token()["refresh_token"]
    sandbox.advance(400 * 86_400)
    assert org_status(sandbox, refresh(sandbox, value).json()["access_token"]) == 200


def test_revoking_a_refresh_token_takes_its_access_tokens_along(sandbox: Sandbox) -> None:
    """1.4 MEM."""
    granted = sandbox.token()
    url = f"{sandbox.url}/oauth/v2/token/revoke"
    answer = requests.post(url, params={"token": granted["refresh_token"]}, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert org_status(sandbox, granted["access_token"]) == 401
    assert refresh(sandbox, granted["refresh_token"]).json() == {"error": "invalid_code"}
    assert requests.post(url, params={"token": "1000.x"}, timeout=30).json() == {"error": "invalid_token"}


@pytest.mark.parametrize("name", sorted(DATA_CENTRES))
def test_data_centre_of_the_user_decides_the_hosts(sandbox: Sandbox, name: str) -> None:
    """1.1: never derive one host from the other; Canada's accounts host is zohocloud.ca, its API host zohoapis.ca."""
    user = sandbox.users[MARTA]["email"]
    sandbox.control("POST", "bigin/user", {"user": user, "data_centre": name})
    got = callback(authorise(sandbox))
    answer = exchange(sandbox, got["code"])
    centre = DATA_CENTRES[name]
    assert (got["location"], got["accounts-server"], answer["api_domain"]) == (name, centre.accounts, centre.api)


def test_data_centre_table() -> None:
    """1.1 DOC multi-dc.html."""
    assert {name: (one.accounts, one.api) for name, one in DATA_CENTRES.items()} == {
        "us": ("https://accounts.zoho.com", "https://www.zohoapis.com"),
        "eu": ("https://accounts.zoho.eu", "https://www.zohoapis.eu"),
        "in": ("https://accounts.zoho.in", "https://www.zohoapis.in"),
        "au": ("https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
        "cn": ("https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
        "jp": ("https://accounts.zoho.jp", "https://www.zohoapis.jp"),
        "sa": ("https://accounts.zoho.sa", "https://www.zohoapis.sa"),
        "ca": ("https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
    }


def test_serverinfo_lists_the_locations(sandbox: Sandbox) -> None:
    """1.1 MEM."""
    body = requests.get(f"{sandbox.url}/oauth/serverinfo", timeout=30).json()
    assert body["result"] == "success"
    assert set(body["locations"]) == set(DATA_CENTRES)


@pytest.mark.parametrize(("position", "domain"), [("own", None), ("foreign", "https://api.elsewhere.example")])
def test_switch_token_api_domain(sandbox: Sandbox, position: str, domain: str | None) -> None:
    """Design 7: only hosts of the table are ever called."""
    sandbox.switch(token_api_domain=position)
    assert sandbox.token()["api_domain"] == (domain or sandbox.url)


@pytest.mark.parametrize(
    ("position", "header"),
    [
        ("absent", None),
        ("same-origin-allow-popups", "same-origin-allow-popups"),
        ("same-origin", "same-origin"),
    ],
)
def test_switch_accounts_coop(sandbox: Sandbox, position: str, header: str | None) -> None:
    """Design 7: Zoho's own pages may cut window.opener."""
    sandbox.switch(accounts_coop=position)
    asked = {"client_id": sandbox.client_id, "response_type": "code", "scope": SCOPE, "redirect_uri": CALLBACK}
    page = requests.get(f"{sandbox.url}/oauth/v2/auth", params=asked, timeout=30)
    assert page.headers.get("Cross-Origin-Opener-Policy") == header


def test_tokens_are_bound_to_the_users_org(sandbox: Sandbox) -> None:
    """1.3 DOC request-user-grant-permissions."""
    names = [Bigin(sandbox, user).get("/org").json()["org"][0]["company_name"] for user in (MARTA, PRIYA)]
    assert names == ["Wanderlust Travel", "Second Org"]


def test_a_person_of_two_orgs_chooses_one(sandbox: Sandbox) -> None:
    """1.3 DOC: if the user is in several orgs they pick one; the tokens are bound to it."""
    first, second = (one["id"] for one in sandbox.bigin_orgs)
    sandbox.control("POST", "bigin/user", {"user": sandbox.users[MARTA]["email"], "join": second})
    zuid = sandbox.users[MARTA]["zuid"]
    asked = {"client_id": sandbox.client_id, "response_type": "code", "scope": SCOPE, "redirect_uri": CALLBACK}
    page = requests.get(f"{sandbox.url}/oauth/v2/auth", params=asked, timeout=30).text
    assert all(f'id="org-{zuid}-{org}"' in page for org in (first, second))
    for org in (first, second):
        answer = exchange(sandbox, callback(authorise(sandbox, **{f"org-{zuid}": org}))["code"])
        header = {"Authorization": f"Zoho-oauthtoken {answer['access_token']}"}
        got = requests.get(f"{sandbox.url}/bigin/v2/org", headers=header, timeout=30).json()["org"][0]
        assert got["id"] == org
    assert authorise(sandbox, **{f"org-{zuid}": "1"}).status_code == 400


def test_one_org_cannot_see_the_others_records(sandbox: Sandbox) -> None:
    """Tenants."""
    contact = Bigin(sandbox, MARTA).add("Contacts", Last_Name="Doe")
    assert Bigin(sandbox, PRIYA).get(f"/Contacts/{contact}").status_code == 204


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (None, (401, "AUTHENTICATION_FAILURE")),
        ("Zoho-oauthtoken 1000.x.y", (401, "INVALID_TOKEN")),
        ("Basic abc", (400, "INVALID_REQUEST")),
        ("Zoho-oauthtoken", (401, "INVALID_TOKEN")),
    ],
)
def test_bad_authorisation_headers(sandbox: Sandbox, header: str | None, refusal: tuple[int, str]) -> None:
    """2, 8, 10.10: a wrong scheme is 400 INVALID_REQUEST, not 401."""
    headers = {"Authorization": header} if header else {}
    assert error(requests.get(f"{sandbox.url}/bigin/v2/org", headers=headers, timeout=30)) == refusal


def test_bearer_is_taken_too(sandbox: Sandbox) -> None:
    """2 CODE."""
    headers = {"Authorization": f"Bearer {sandbox.token()['access_token']}"}
    assert requests.get(f"{sandbox.url}/bigin/v2/org", headers=headers, timeout=30).status_code == 200
