"""Headers of pages that live in a frame: who may frame them, which keep their opener, and the cookies' attribute."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import Installation
from bigin_books.embed import FRAME_COOKIE, PartitionedCookieMiddleware, frame_context, service_origin
from tests.accounts.conftest import Response
from tests.factories import make_installation, make_member, signed_in_client

BIGIN_EU = "https://bigin.zoho.eu"


def ancestors(response: Response) -> str:
    policy = str(response["Content-Security-Policy"])
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("frame-ancestors"))


@pytest.mark.django_db
def test_signed_out_only_a_bigin_that_is_in_the_table_may_frame() -> None:
    response = Client().get("/embed/settings/", {"serviceOrigin": BIGIN_EU})
    assert ancestors(response) == f"frame-ancestors {BIGIN_EU}"
    assert "X-Frame-Options" not in response


@pytest.mark.django_db
@pytest.mark.parametrize(
    "around",
    [
        "",
        "https://evil.example",
        "https://bigin.zoho.eu.evil.example",
        "https://evil.example/https://bigin.zoho.eu",
        "https://bigin.zoho.eu@evil.example",
        "http://bigin.zoho.eu",
        "https://bigin.zoho.eu https://evil.example",
        "https://bigin.zoho.eu; script-src *",
        "javascript:alert(1)",
        "'self'",
        "*",
    ],
)
def test_signed_out_nobody_else_may_frame(around: str) -> None:
    response = Client().get("/embed/settings/", {"serviceOrigin": around})
    assert response.status_code == 401
    assert ancestors(response) == "frame-ancestors 'none'"
    assert response["X-Frame-Options"] == "DENY"
    assert FRAME_COOKIE not in response.cookies


@pytest.mark.django_db
def test_signed_in_only_the_hosts_of_the_installations_data_centre_may_frame() -> None:
    member = make_member(make_installation(data_centre="eu"))
    response = signed_in_client(member).get("/embed/setup/connections/", {"serviceOrigin": "https://bigin.zoho.com"})
    assert response.status_code == 200
    assert ancestors(response) == f"frame-ancestors {BIGIN_EU}"


@pytest.mark.django_db
def test_a_data_centre_that_left_the_table_frames_nothing() -> None:
    member = make_member(make_installation(data_centre="sandbox"))
    response = signed_in_client(member).get("/embed/setup/connections/")
    assert ancestors(response) == "frame-ancestors 'none'"


@pytest.mark.django_db
def test_the_sandbox_frames_only_where_it_is_set(settings: Settings) -> None:
    around = {"serviceOrigin": "http://127.0.0.1:9123"}
    assert ancestors(Client().get("/embed/settings/", around)) == "frame-ancestors 'none'"
    settings.SANDBOX_URL = "http://127.0.0.1:9123"
    assert ancestors(Client().get("/embed/settings/", around)) == "frame-ancestors http://127.0.0.1:9123"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/healthz", "/sign-in/start/", "/oauth/callback/", "/connect/start/bigin/"])
def test_everything_else_refuses_frames(path: str) -> None:
    response = Client().get(path, {"serviceOrigin": BIGIN_EU})
    assert ancestors(response) == "frame-ancestors 'none'"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/sign-in/start/", "unsafe-none"),
        ("/connect/start/books/", "unsafe-none"),
        ("/connect/start/nothing/", "unsafe-none"),
        ("/oauth/callback/", "unsafe-none"),
        ("/oauth/callback/?error=access_denied", "unsafe-none"),
        ("/sign-in/unknown/", "unsafe-none"),
        ("/embed/settings/", "same-origin"),
        ("/embed/sign-in/check/", "same-origin"),
        ("/", "same-origin"),
        ("/healthz", "same-origin"),
        ("/nowhere/", "same-origin"),
    ],
)
def test_only_the_popups_path_keeps_its_opener(path: str, policy: str) -> None:
    assert Client().get(path)["Cross-Origin-Opener-Policy"] == policy


@pytest.mark.django_db
def test_other_security_headers_are_on_every_response() -> None:
    for path in ("/", "/embed/settings/", "/oauth/callback/"):
        response = Client().get(path)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "unsafe-inline" not in response["Content-Security-Policy"]
        assert "unsafe-eval" not in response["Content-Security-Policy"]
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "geolocation=()" in response["Permissions-Policy"]
        assert response["Referrer-Policy"] in ("same-origin", "no-referrer")


@pytest.mark.django_db
def test_embedded_pages_are_never_kept_by_a_cache() -> None:
    member = make_member(make_installation())
    assert signed_in_client(member).get("/embed/setup/connections/")["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_the_page_around_is_remembered_for_frames_that_lose_their_query() -> None:
    client = Client()
    first = client.get("/embed/settings/", {"serviceOrigin": BIGIN_EU})
    header = first.cookies[FRAME_COOKIE].OutputString()
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Path=/", "Partitioned"):
        assert attribute in header
    second = client.get("/embed/settings/")
    assert ancestors(second) == f"frame-ancestors {BIGIN_EU}"
    assert FRAME_COOKIE not in second.cookies


def test_a_forged_cookie_names_no_page_around() -> None:
    request = RequestFactory().get("/embed/settings/")
    request.COOKIES[FRAME_COOKIE] = "https://evil.example"
    assert service_origin(request) == ""
    assert frame_context(request)["frame_query"] == ""


def test_the_query_that_keeps_the_page_around_is_escaped() -> None:
    request = RequestFactory().get("/embed/settings/", {"serviceOrigin": BIGIN_EU})
    assert frame_context(request)["frame_query"] == "?serviceOrigin=https%3A%2F%2Fbigin.zoho.eu"


def test_partitioned_is_added_to_frame_cookies_and_to_their_deletion_only() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        response.set_cookie("__Host-framed", "a b;c", samesite="None", secure=True)
        response.set_cookie("__Host-lax", "1", samesite="Lax", secure=True)
        response.delete_cookie("__Host-gone", samesite="None")
        return response

    response = PartitionedCookieMiddleware(view)(RequestFactory().get("/"))
    framed, lax, gone = (
        response.cookies[name].OutputString() for name in ("__Host-framed", "__Host-lax", "__Host-gone")
    )
    assert framed.endswith("; Partitioned")
    assert response.cookies["__Host-framed"].value == "a b;c"
    assert "Partitioned" not in lax
    assert gone.endswith("; Partitioned")
    assert "Max-Age=0" in gone
    assert "Secure" in gone
    assert framed.count("Partitioned") == 1


@pytest.mark.django_db
def test_the_session_cookie_and_its_deletion_work_in_a_frame() -> None:
    client = signed_in_client(make_member(make_installation()), enforce_csrf_checks=False)
    response = client.post("/embed/sign-out/")
    header = response.cookies["__Host-session"].OutputString()
    for attribute in ("Max-Age=0", "Path=/", "SameSite=None", "Secure", "Partitioned"):
        assert attribute in header
    assert "Domain" not in header


@pytest.mark.django_db
def test_an_installation_that_is_set_up_alone_decides_not_its_query() -> None:
    installation = make_installation(data_centre="in", state=Installation.State.PAUSED)
    response = signed_in_client(make_member(installation)).get(
        "/embed/setup/connections/", {"serviceOrigin": "https://evil.example"}
    )
    assert ancestors(response) == "frame-ancestors https://bigin.zoho.in"
