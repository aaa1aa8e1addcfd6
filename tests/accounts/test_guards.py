"""Stranger, Standard user, Administrator, another organisation: what each sees of a guarded page; ended sessions."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import sessions
from accounts.guards import administrator_page, fresh_sign_in_required, guard_of, member_page
from accounts.http import MemberRequest
from accounts.models import Installation, Member
from sandbox.testing import Sandbox
from tests.accounts.conftest import OWN_ORIGIN, Popup
from tests.accounts.test_sign_in import AMARA, MARTA, bigin_only
from tests.factories import make_installation, make_member, signed_in_client

pytestmark = pytest.mark.django_db
PAGE = "/embed/setup/connections/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def installation() -> Installation:
    return make_installation(bigin_org_name="Marker Travel", books_org_name="Marker Books")


def test_a_stranger_is_asked_to_sign_in_and_shown_nothing(installation: Installation) -> None:
    response = Client().get(PAGE)
    assert response.status_code == 401
    assert 'data-test="sign-in"' in response.content.decode()
    assert 'data-test="setup-now"' not in response.content.decode(), "that stands on the settings page only"
    assert "Marker" not in response.content.decode()


def test_a_standard_user_is_told_whom_to_ask(installation: Installation) -> None:
    response = signed_in_client(make_member(installation, profile="Standard")).get(PAGE)
    assert response.status_code == 403
    text = response.content.decode()
    assert "Your profile in Bigin is “Standard”" in text
    assert "Marker Books" not in text


@pytest.mark.parametrize("profile", ["administrator", "Administrator ", "Super Administrator", "", "CEO"])
def test_only_the_profile_of_that_very_name_is_an_administrator(installation: Installation, profile: str) -> None:
    assert signed_in_client(make_member(installation, profile=profile)).get(PAGE).status_code == 403


def test_an_administrator_sees_their_own_installation_only(installation: Installation) -> None:
    other = make_installation(bigin_org_name="Second Org", books_org_name="Second Books")
    mine = signed_in_client(make_member(installation)).get(PAGE).content.decode()
    theirs = signed_in_client(make_member(other)).get(PAGE).content.decode()
    assert "Marker Travel" in mine
    assert "Second" not in mine
    assert "Second Org" in theirs
    assert "Marker" not in theirs


def test_a_session_that_outlived_its_token_is_none(installation: Installation) -> None:
    member = make_member(installation)
    client = signed_in_client(member)
    assert client.get(PAGE).status_code == 200
    Member.objects.filter(pk=member.pk).update(expires_at=timezone.now())
    assert client.get(PAGE).status_code == 401


def test_a_session_of_a_member_that_is_gone_is_none(installation: Installation) -> None:
    member = make_member(installation)
    client = signed_in_client(member)
    installation.delete()
    assert client.get(PAGE).status_code == 401


def test_htmx_gets_a_fragment_that_goes_over_the_page(installation: Installation) -> None:
    response = Client().get(PAGE, headers=HTMX)
    text = response.content.decode()
    assert (response.status_code, response["HX-Retarget"]) == (401, "#sign-in-over")
    assert "<html" not in text
    assert 'data-test="sign-in"' in text
    refused = signed_in_client(make_member(installation, profile="Standard")).get(PAGE, headers=HTMX)
    assert (refused.status_code, refused["HX-Retarget"]) == (403, "#sign-in-over")
    assert "<html" not in refused.content.decode()


def test_an_expired_session_in_the_middle_of_a_form_keeps_what_was_typed() -> None:
    typed = {
        "name": '"><script>alert(1)</script>',
        "note": "  two\nlines ",
        "csrfmiddlewaretoken": "old",
        "many": ["a", "b"],
    }
    client = Client(enforce_csrf_checks=True)
    response = client.post("/embed/setup/?a=1", typed, headers={"Origin": OWN_ORIGIN})
    text = response.content.decode()
    assert response.status_code == 401
    assert "what you typed is kept" in text
    assert response.context["typed"] == [("name", typed["name"]), ("note", typed["note"]), ("many", "a"), ("many", "b")]
    assert "<script>alert" not in text
    assert 'action="/embed/setup/?a=1"' in text
    assert "old" not in [value for _name, value in response.context["typed"]]


def test_another_sites_form_is_not_kept_for_sending_again() -> None:
    client = Client(enforce_csrf_checks=True)
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        response = client.post("/embed/setup/", {"alert_email": "thief@evil.example"}, headers=origin)
        assert response.status_code == 401
        assert "thief" not in response.content.decode()


def test_a_signed_in_members_stale_form_is_refused_calmly(installation: Installation) -> None:
    client = signed_in_client(make_member(installation), enforce_csrf_checks=True)
    response = client.post("/embed/setup/", {"alert_email": "x@x.example"}, headers={"Origin": OWN_ORIGIN})
    assert response.status_code == 403
    assert "nothing was done" in response.content.decode()


def test_guards_name_themselves_through_other_decorators() -> None:
    def view(_request: MemberRequest) -> HttpResponse:
        return HttpResponse()

    assert guard_of(member_page(view)) == "member"
    assert guard_of(administrator_page(view)) == "administrator"
    assert guard_of(fresh_sign_in_required(view)) == "fresh"
    assert guard_of(view) == ""


class TestFreshSignIn:
    """Delete integration: an administrator who has just signed in, in a window of its own."""

    @staticmethod
    def view() -> "object":
        def delete_page(_request: MemberRequest) -> HttpResponse:
            return HttpResponse("deleted")

        return fresh_sign_in_required(delete_page)

    def ask(self, client: Client, **headers: str) -> HttpResponse:
        request = RequestFactory(headers=headers).get("/embed/delete/")
        request.session = client.session
        member = sessions.member_of(request)
        for name, value in {"member": member, "installation": member and member.installation, "htmx": False}.items():
            setattr(request, name, value)
        return self.view()(request)  # type: ignore[operator,no-any-return]

    def test_an_ordinary_session_is_not_enough(self, installation: Installation) -> None:
        response = self.ask(signed_in_client(make_member(installation)))
        assert response.status_code == 401
        assert "mode=fresh&amp;next=%2Fembed%2Fdelete%2F" in response.content.decode()

    def test_a_stranger_is_asked_too(self) -> None:
        assert self.ask(Client()).status_code == 401

    def test_a_standard_user_is_refused(self, installation: Installation) -> None:
        client = signed_in_client(make_member(installation, profile="Standard"))
        assert self.ask(client).status_code == 403

    def test_a_fresh_sign_in_opens_for_ten_minutes_and_never_in_a_frame(self, sandbox: Sandbox, popup: Popup) -> None:
        bigin_only(sandbox)
        started = popup.client.get("/sign-in/start/", {"mode": "fresh", "next": "/embed/settings/"})
        assert "prompt=consent" in started["Location"]
        assert "access_type=online" in started["Location"]
        popup.walk("/sign-in/start/", MARTA, mode="fresh", next="/embed/settings/")
        response = self.ask(popup.client)
        assert response.content == b"deleted"
        assert getattr(response, "refuses_frames", False)
        assert self.ask(popup.client, **{"Sec-Fetch-Dest": "iframe"}).status_code == 401
        session = popup.client.session
        session["fresh_until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
        session.save()
        assert self.ask(popup.client).status_code == 401

    def test_a_window_that_signed_in_without_prompt_is_not_fresh(self, sandbox: Sandbox, popup: Popup) -> None:
        bigin_only(sandbox)
        popup.walk("/sign-in/start/", MARTA, mode="window", next="/embed/settings/")
        assert self.ask(popup.client).status_code == 401

    def test_a_standard_users_fresh_sign_in_is_refused(self, sandbox: Sandbox, popup: Popup) -> None:
        bigin_only(sandbox)
        popup.walk("/sign-in/start/", AMARA, mode="fresh", next="/embed/settings/")
        assert self.ask(popup.client).status_code == 403
