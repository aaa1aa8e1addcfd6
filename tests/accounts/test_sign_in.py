"""Signing in through the sandbox's consent page: who gets a session, and what each failure says."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Connection, Handover, Installation, Member
from accounts.tickets import challenge_of
from sandbox.testing import Sandbox
from tests.accounts.conftest import OWN_ORIGIN, VERIFIER, Popup, Response, consent
from tests.factories import connected_installation, make_installation, make_member, signed_in_client

pytestmark = pytest.mark.django_db
START = "/sign-in/start/"
MARTA, JONAS, AMARA, PRIYA = "marta.quintela", "jonas.brandvik", "amara.delacroix", "priya.ramanujam"


def bigin_only(sandbox: Sandbox) -> Installation:
    """Connected with a Bigin organisation of the sandbox, without asking Books anything."""
    org = sandbox.bigin_orgs[0]
    return make_installation(bigin_org_id=org["id"], bigin_org_name=org["name"], data_centre="sandbox")


def handed_over(response: Response) -> str:
    assert response.status_code == 200, response.content
    return str(response.context["given"].posted)


def redeem(client: Client, code: str, verifier: str = VERIFIER, origin: str = OWN_ORIGIN) -> Response:
    return client.post("/embed/sign-in/redeem/", {"code": code, "verifier": verifier}, headers={"Origin": origin})


def says(response: Response, code: str) -> None:
    """A calm page: what happened, what to do, and no session."""
    assert response.status_code in (400, 403, 404, 409, 503), response.content
    assert f'data-code="{code}"' in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert not Handover.objects.filter(used_at=None).exists()


def test_a_member_signs_in_without_a_lasting_token(sandbox: Sandbox, popup: Popup) -> None:
    installation = bigin_only(sandbox)
    started = popup.client.get(START, {"challenge": challenge_of(VERIFIER)})
    asked = parse_qs(urlsplit(started["Location"]).query)
    assert asked["access_type"] == ["online"]
    assert "prompt" not in asked
    assert "ALL" not in asked["scope"][0]
    frame = Client()
    answer = redeem(frame, handed_over(popup.walk(START, AMARA)))
    assert answer.json()["ok"] is True
    member = Member.objects.get(installation=installation)
    assert (member.name, member.profile) == ("Amara Delacroix", "Standard")
    assert frame.get("/embed/sign-in/check/").json()["member"] == member.pk
    assert popup.client.get("/embed/sign-in/check/").json()["signed_in"] is False, "the popup itself has no session"
    assert not Connection.objects.filter(refresh_token="").exists()


def test_the_session_ends_with_the_token(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    frame = Client()
    answer = redeem(frame, handed_over(popup.walk(START, AMARA)))
    cookie = answer.cookies["__Host-session"]
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Path=/", "Partitioned"):
        assert attribute in cookie.OutputString()
    assert 3500 < int(cookie["max-age"]) <= 3600
    member = Member.objects.get()
    assert member.expires_at is not None
    assert abs(frame.session.get_expiry_date() - member.expires_at) < timedelta(seconds=2)
    Member.objects.update(expires_at=timezone.now())
    assert frame.get("/embed/sign-in/check/").json()["signed_in"] is False


def test_the_code_works_once_and_only_with_the_pages_verifier(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    code = handed_over(popup.walk(START, AMARA))
    thief = Client()
    assert redeem(thief, code, verifier="guessed").json()["code"] == "expired_handover"
    assert redeem(thief, code, origin="https://evil.example").json()["code"] == "foreign_state"
    assert thief.get("/embed/sign-in/check/").json()["signed_in"] is False
    frame = Client()
    assert redeem(frame, code).json()["ok"] is True
    assert redeem(thief, code).json()["code"] == "expired_handover"


def test_the_typed_code_works_where_the_opener_is_cut(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    page = popup.walk(START, AMARA)
    typed = page.context["given"].typed
    assert typed in page.content.decode()
    assert redeem(Client(), typed.lower()).json()["ok"] is True


def test_denied_consent(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    says(popup.walk(START, AMARA, decision="reject"), "denied")
    assert Member.objects.count() == 0


def test_foreign_state_is_never_followed(sandbox: Sandbox, popup: Popup) -> None:
    """The address of somebody else's callback, opened in a browser that began nothing."""
    bigin_only(sandbox)
    started = popup.client.get(START, {"challenge": challenge_of(VERIFIER)})
    back = urlsplit(consent(started["Location"], popup.zuid(AMARA)))
    for stranger in (Client(), signed_in_client(make_member(make_installation()))):
        says(stranger.get(f"{back.path}?{back.query}"), "foreign_state")
    tampered = back.query.replace("state=", "state=x")
    says(popup.client.get(f"{back.path}?{tampered}"), "foreign_state")
    assert Member.objects.filter(installation__data_centre="sandbox").count() == 0


def test_a_state_works_once(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    started = popup.client.get(START, {"challenge": challenge_of(VERIFIER)})
    back = urlsplit(consent(started["Location"], popup.zuid(AMARA)))
    handed_over(popup.client.get(f"{back.path}?{back.query}"))
    Handover.objects.all().delete()
    says(popup.client.get(f"{back.path}?{back.query}"), "foreign_state")


def test_the_state_cookie_is_lax_and_of_this_host_alone(sandbox: Sandbox) -> None:
    started = Client().get(START, {"challenge": challenge_of(VERIFIER)})
    (cookie,) = started.cookies.values()
    assert cookie.key.startswith("__Host-flow-")
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"):
        assert attribute in cookie.OutputString()
    assert "Partitioned" not in cookie.OutputString()


def test_two_windows_do_not_spoil_each_other(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    first, second = (popup.client.get(START, {"challenge": challenge_of(VERIFIER)}) for _ in range(2))
    for started in (first, second):
        back = urlsplit(consent(started["Location"], popup.zuid(AMARA)))
        handed_over(popup.client.get(f"{back.path}?{back.query}"))


def test_expired_code(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    started = popup.client.get(START, {"challenge": challenge_of(VERIFIER)})
    back = urlsplit(consent(started["Location"], popup.zuid(AMARA)))
    sandbox.advance(181)
    says(popup.client.get(f"{back.path}?{back.query}"), "expired_code")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accounts-server": "https://accounts.evil.example"}, "unknown_place"),
        ({"accounts-server": "https://accounts.zoho.eu", "location": "us"}, "unknown_place"),
        ({"location": "mars", "accounts-server": ""}, "unknown_place"),
        ({"code": ""}, "expired_code"),
    ],
)
def test_answers_that_name_other_servers_are_not_followed(
    sandbox: Sandbox, popup: Popup, changes: dict[str, str], code: str
) -> None:
    bigin_only(sandbox)
    started = popup.client.get(START, {"challenge": challenge_of(VERIFIER)})
    back = urlsplit(consent(started["Location"], popup.zuid(AMARA)))
    query = {name: values[0] for name, values in parse_qs(back.query).items()} | changes
    says(popup.client.get(back.path, query), code)


def test_a_foreign_api_domain_is_not_called(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    sandbox.switch(token_api_domain="foreign")
    says(popup.walk(START, AMARA), "zoho_refused")


def test_an_organisation_nobody_set_up(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    page = popup.walk(START, PRIYA)
    says(page, "not_set_up")
    assert "Second Org is not set up yet" in page.content.decode()
    assert "Press Setup Now" in page.content.decode()
    assert Member.objects.count() == 0


def test_another_organisations_user_sees_their_own_only(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    other = make_installation(
        bigin_org_id=sandbox.bigin_orgs[1]["id"], bigin_org_name="Second Org", data_centre="sandbox"
    )
    frame = Client()
    redeem(frame, handed_over(popup.walk(START, PRIYA)))
    page = frame.get("/embed/setup/connections/")
    assert page.context["installation"] == other
    assert "Wanderlust Travel" not in page.content.decode()


def test_zoho_down_while_signing_in(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    sandbox.fault("drop_before", product="bigin", times=9)
    says(popup.walk(START, AMARA), "zoho_silent")


def test_the_start_page_takes_no_challenge_but_a_real_one(sandbox: Sandbox) -> None:
    for query in ({}, {"challenge": "short"}, {"challenge": "x" * 44}, {"mode": "other"}, {"challenge": "é" * 43}):
        response = Client().get(START, query)
        assert response.status_code == 403
        assert not response.cookies
    assert Client().get(START, {"challenge": "x" * 43, "dc": "mars"}).status_code == 400


def test_the_data_centre_around_is_asked_first(sandbox: Sandbox) -> None:
    query = {"challenge": challenge_of(VERIFIER)}
    assert Client().get(START, query)["Location"].startswith(sandbox.url)
    assert (
        Client()
        .get(START, {**query, "dc": "ca"})["Location"]
        .startswith("https://accounts.zohocloud.ca/oauth/v2/auth?")
    )


def test_a_window_of_its_own_is_signed_in_at_once(sandbox: Sandbox, popup: Popup) -> None:
    bigin_only(sandbox)
    response = popup.walk(START, MARTA, mode="window", next="/embed/setup/connections/")
    assert (response.status_code, response["Location"]) == (302, "/embed/setup/connections/")
    assert popup.client.get("/embed/setup/connections/").status_code == 200
    assert Handover.objects.count() == 0


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example/embed/",
        "//evil.example/embed/",
        "/oauth/callback/",
        "/embed/../../evil",
        "javascript:1",
        "",
    ],
)
def test_a_window_goes_on_in_our_own_pages_only(sandbox: Sandbox, popup: Popup, wish: str) -> None:
    bigin_only(sandbox)
    response = popup.walk(START, MARTA, mode="window", next=wish)
    assert response["Location"] == "/embed/settings/"


def test_signing_out_ends_every_window_of_the_member(sandbox: Sandbox) -> None:
    member = make_member(make_installation())
    here, there = signed_in_client(member), signed_in_client(member)
    other = signed_in_client(make_member(member.installation))
    assert here.get("/embed/sign-out/").status_code == 405
    assert here.post("/embed/sign-out/").status_code == 302
    assert not here.get("/embed/sign-in/check/").json()["signed_in"]
    assert not there.get("/embed/sign-in/check/").json()["signed_in"]
    assert other.get("/embed/sign-in/check/").json()["signed_in"]
    member.refresh_from_db()
    assert member.access_token == ""


@pytest.mark.parametrize(
    ("wish", "leads_to"),
    [
        ("/embed/record/Contacts/4876876000000111001/?tab=estimate", "/embed/record/Contacts/4876876000000111001/"),
        ("", "/embed/settings/"),
        ("https://evil.example/embed/", "/embed/settings/"),
        ("//evil.example/embed/", "/embed/settings/"),
        ("/embed/../oauth/callback/", "/embed/settings/"),
    ],
)
def test_signing_out_leads_back_to_our_own_pages_only(wish: str, leads_to: str) -> None:
    client = signed_in_client(make_member(make_installation()))
    assert client.post("/embed/sign-out/", {"next": wish})["Location"] == leads_to
    assert client.get("/embed/setup/connections/").status_code == 401


def test_signing_out_wants_the_csrf_token(sandbox: Sandbox) -> None:
    member = make_member(make_installation())
    client = signed_in_client(member, enforce_csrf_checks=True)
    assert client.post("/embed/sign-out/", headers={"Origin": OWN_ORIGIN}).status_code == 403
    assert client.get("/embed/sign-in/check/").json()["signed_in"]


def test_the_doors_close_for_an_address_that_knocks_too_often(sandbox: Sandbox, one_window: None) -> None:
    client = Client()
    answers = [client.get(START, {"challenge": challenge_of(VERIFIER)}) for _ in range(61)]
    assert [answer.status_code for answer in answers[:60]] == [302] * 60
    assert answers[60].status_code == 429
    assert int(answers[60]["Retry-After"]) <= 300
    codes = [redeem(client, "ABCDEFGH").status_code for _ in range(31)]
    assert codes == [400] * 30 + [429]
    assert Client(REMOTE_ADDR="198.51.100.7").get(START, {"challenge": challenge_of(VERIFIER)}).status_code == 302


def test_with_redis_down_signing_in_says_so(sandbox: Sandbox, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    }
    response = Client().get(START, {"challenge": challenge_of(VERIFIER)})
    assert response.status_code == 503
    assert "Signing in is not possible at the moment" in response.content.decode()
    health = Client().get("/healthz")
    assert (health.status_code, health.json()) == (503, {"database": "ok", "redis": "no answer"})


def test_healthy(sandbox: Sandbox) -> None:
    health = Client().get("/healthz")
    assert (health.status_code, health.json()) == (200, {"database": "ok", "redis": "ok"})


def lasting_tokens(sandbox: Sandbox) -> int:
    return len(sandbox.control("GET", "state")["accounts"]["refresh_tokens"])


def test_members_cost_no_refresh_tokens(sandbox: Sandbox, popup: Popup) -> None:
    """Zoho keeps twenty of a user and kills the oldest: the installation's own would go."""
    installation = connected_installation(sandbox)
    before = lasting_tokens(sandbox)
    for _ in range(3):
        redeem(Client(), handed_over(popup.walk(START, MARTA)))
    assert lasting_tokens(sandbox) == before
    assert Member.objects.filter(installation=installation).count() == 1
