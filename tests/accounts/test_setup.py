"""Setup Now from the first consent to Save, Reconnect, and giving access up."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import connections, setup, without_browser
from accounts.models import AuditEntry, Connection, Handover, Installation, Member, Product
from accounts.setup import BadChoice
from accounts.tickets import challenge_of
from accounts.troubles import Refused
from sandbox.testing import Sandbox
from tests.accounts.conftest import VERIFIER, Popup, Response
from tests.accounts.test_sign_in import AMARA, JONAS, MARTA, PRIYA, handed_over, lasting_tokens, redeem, says
from tests.factories import connected_installation, make_installation, make_member, signed_in_client
from zoho import auth
from zoho.books import Books
from zoho.errors import Unauthorised

pytestmark = pytest.mark.django_db
BIGIN, BOOKS, INVOICE = "/connect/start/bigin/", "/connect/start/books/", "/connect/start/invoice/"
MARTAS_ADDRESS = "marta.quintela@wanderlust-travel.example"


def set_up_bigin(popup: Popup, who: str = MARTA) -> Client:
    frame = Client()
    answer = redeem(frame, handed_over(popup.walk(BIGIN, who))).json()
    assert answer["ok"], answer
    return frame


def organizations_of(page: Response) -> list[str]:
    return [value for value, _label in page.context["form"].fields["organization"].choices if value]


def test_setup_now_from_the_first_consent_to_save(sandbox: Sandbox, popup: Popup) -> None:
    started = popup.client.get(BIGIN, {"challenge": challenge_of(VERIFIER)})
    asked = parse_qs(urlsplit(started["Location"]).query)
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"])
    frame = Client()
    answer = redeem(frame, handed_over(popup.walk(BIGIN, MARTA))).json()
    assert answer["next"] == "/embed/setup/"
    installation = Installation.objects.get()
    assert (installation.state, installation.bigin_org_id) == ("setting_up", sandbox.bigin_orgs[0]["id"])
    assert frame.get("/embed/settings/")["Location"] == "/embed/setup/"
    text = frame.get("/embed/setup/").content.decode()
    assert 'data-test="connect-books"' in text
    assert 'data-test="save"' not in text

    answer = redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()
    assert (answer["ok"], answer["next"]) == (True, "/embed/setup/")
    page = frame.get("/embed/setup/")
    chosen = organizations_of(page)[0]
    assert page.context["form"].initial["alert_email"] == MARTAS_ADDRESS

    saved = frame.post("/embed/setup/", {"organization": chosen, "alert_email": MARTAS_ADDRESS})
    assert (saved.status_code, saved["Location"]) == (302, "/embed/sync/")
    installation.refresh_from_db()
    assert installation.state == Installation.State.ACTIVE
    assert (installation.product, installation.books_org_id) == ("books", chosen)
    assert installation.alert_email == MARTAS_ADDRESS
    rows = {row.product: row for row in Connection.objects.filter(installation=installation)}
    assert set(rows) == {"bigin", "books"}
    assert rows["bigin"].user_email == MARTAS_ADDRESS
    assert rows["books"].user_id
    assert rows["books"].user_email == MARTAS_ADDRESS
    assert all(row.refresh_token and row.access_token and row.scopes for row in rows.values())
    assert frame.get("/embed/settings/")["Location"] == "/embed/sync/"
    noted = list(AuditEntry.objects.order_by("pk").values_list("what", flat=True))
    assert noted[:2] == ["Set up Bigin access", "Connected Zoho Books"]


def test_nothing_is_stored_before_the_page_that_asked_claims_it(sandbox: Sandbox, popup: Popup) -> None:
    handed_over(popup.walk(BIGIN, MARTA))
    assert (Installation.objects.count(), Connection.objects.count(), Member.objects.count()) == (0, 0, 0)


def test_only_the_administrator_profile_sets_up(sandbox: Sandbox, popup: Popup) -> None:
    page = popup.walk(BIGIN, AMARA)
    says(page, "not_administrator")
    assert "Your profile in Bigin is “Standard”" in page.content.decode()
    assert Installation.objects.count() == 0


def test_denied_consent_leaves_no_trace(sandbox: Sandbox, popup: Popup) -> None:
    says(popup.walk(BIGIN, MARTA, decision="reject"), "denied")
    frame = set_up_bigin(popup)
    says(popup.walk(BOOKS, MARTA, decision="reject"), "denied")
    assert Connection.objects.filter(product="books").count() == 0
    assert frame.get("/embed/setup/").status_code == 200


def test_a_grant_goes_to_the_page_that_asked_and_to_nobody_else(sandbox: Sandbox, popup: Popup) -> None:
    """A victim lured to the attacker's start page gives access to Books; the attacker cannot claim it."""
    attacker_member = make_member(
        make_installation(data_centre="sandbox", books_org_id=None, product="", state="setting_up")
    )
    attacker = signed_in_client(attacker_member)
    code = handed_over(popup.walk(BOOKS, MARTA))
    assert redeem(attacker, code, verifier="not the victim's").json()["code"] == "expired_handover"
    assert redeem(Client(), code).json()["code"] == "signed_out"
    assert redeem(attacker, code).json()["code"] == "expired_handover", "used up by the failed claim"
    assert Connection.objects.filter(installation=attacker_member.installation, product="books").count() == 0
    assert not Handover.objects.exclude(payload="").exists()


def test_a_standard_user_cannot_claim_a_grant(sandbox: Sandbox, popup: Popup) -> None:
    installation = make_installation(data_centre="sandbox", books_org_id=None, product="", state="setting_up")
    standard = signed_in_client(make_member(installation, profile="Standard"))
    answer = redeem(standard, handed_over(popup.walk(BOOKS, MARTA)))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_administrator")
    assert Connection.objects.filter(installation=installation, product="books").count() == 0


def test_zoho_invoice_instead_of_books(sandbox: Sandbox, popup: Popup) -> None:
    frame = set_up_bigin(popup)
    assert redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()["ok"]
    books_token = Connection.objects.get(product="books").refresh_token
    assert redeem(frame, handed_over(popup.walk(INVOICE, MARTA))).json()["ok"]
    assert set(Connection.objects.values_list("product", flat=True)) == {"bigin", "invoice"}
    with pytest.raises(Unauthorised):
        auth.refresh(connections.data_centres().by_name("sandbox"), connections.oauth_client(), books_token)
    chosen = organizations_of(frame.get("/embed/setup/"))[0]
    frame.post("/embed/setup/", {"organization": chosen, "alert_email": MARTAS_ADDRESS})
    assert Installation.objects.get().product == "invoice"


def test_rule_8_3_the_address_must_be_a_user_of_the_organisation(sandbox: Sandbox, popup: Popup) -> None:
    frame = set_up_bigin(popup)
    redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    chosen = organizations_of(frame.get("/embed/setup/"))[0]
    for address, words in (
        ("stranger@elsewhere.example", "active user of the organisation"),
        ("not an address", "valid email address"),
        ("", "required"),
    ):
        page = frame.post("/embed/setup/", {"organization": chosen, "alert_email": address})
        assert page.status_code == 422
        assert words in page.content.decode()
        assert f'value="{address}"' in page.content.decode() or not address, "what was typed stays"
    assert Installation.objects.get().state == Installation.State.SETTING_UP


def test_an_organisation_that_is_not_in_the_list(sandbox: Sandbox, popup: Popup) -> None:
    frame = set_up_bigin(popup)
    redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    page = frame.post("/embed/setup/", {"organization": "999", "alert_email": MARTAS_ADDRESS})
    assert page.status_code == 422
    assert Installation.objects.get().books_org_id is None
    with pytest.raises(BadChoice):
        setup.choose_organization(Installation.objects.get(), "books", "999", MARTAS_ADDRESS, Member.objects.get())


@pytest.mark.parametrize("product", [Product.BOOKS, Product.INVOICE])
def test_rule_1_5_an_organisation_belongs_to_one_installation(sandbox: Sandbox, popup: Popup, product: str) -> None:
    """Whichever of the two products the other installation has it for."""
    frame = set_up_bigin(popup)
    redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    chosen = organizations_of(frame.get("/embed/setup/"))[0]
    make_installation(data_centre="sandbox", books_org_id=chosen, product=product)
    page = frame.post("/embed/setup/", {"organization": chosen, "alert_email": MARTAS_ADDRESS})
    assert page.status_code == 409
    assert "connected already" in page.content.decode()
    mine = Installation.objects.get(bigin_org_id=sandbox.bigin_orgs[0]["id"])
    assert (mine.state, mine.books_org_id) == (Installation.State.SETTING_UP, None)


def test_rule_1_5_two_administrators_cannot_save_two_organisations(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    member = Member.objects.get()
    stale = Installation.objects.get(pk=installation.pk)
    other = next(one for one in setup.organizations(installation, Product.BOOKS) if one.id != installation.books_org_id)
    with pytest.raises(Refused) as refused:
        setup.choose_organization(stale, "books", other.id, MARTAS_ADDRESS, member)
    assert refused.value.trouble.code == "other_organization"
    stale.books_org_id = None
    with pytest.raises(Refused):
        setup.choose_organization(stale, "books", other.id, MARTAS_ADDRESS, member)
    assert Installation.objects.get().books_org_id == installation.books_org_id


def test_rule_6_1_another_base_currency_is_warned_of(sandbox: Sandbox) -> None:
    installation = make_installation(bigin_currency="EUR", books_currency="USD")
    (warning,) = setup.warnings(installation)
    assert "Bigin's currency is EUR" in warning
    assert "base currency is USD" in warning
    assert setup.warnings(make_installation(bigin_currency="", books_currency="USD")) == []
    assert setup.warnings(make_installation()) == []


def test_rule_1_4_zohos_own_integration_is_warned_of(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = connected_installation(sandbox)
    assert installation.probes["linked_with_zohocrm"] is False
    page = connections.books(installation).contacts_page()
    page.rows[0]["is_linked_with_zohocrm"] = True
    monkeypatch.setattr(Books, "contacts_page", lambda _self: page)
    found = setup.choose_organization(
        installation, "books", installation.books_org_id or "", MARTAS_ADDRESS, Member.objects.get()
    )
    assert any("Zoho's own integration" in warning for warning in found)


def test_rule_1_5_reconnect_by_another_administrator_returns_the_same_ids(sandbox: Sandbox, popup: Popup) -> None:
    installation = connected_installation(sandbox)
    Installation.objects.update(state=Installation.State.PAUSED, problem="Bigin no longer accepts our access.")
    Connection.objects.filter(product="bigin").update(problem="gone", refresh_token="1000.dead.dead")
    frame = Client()
    redeem(frame, handed_over(popup.walk("/sign-in/start/", JONAS)))
    page = frame.get("/embed/setup/connections/").content.decode()
    assert 'data-test="reconnect-bigin"' in page
    assert "Bigin no longer accepts our access." in page
    answer = redeem(frame, handed_over(popup.walk(BIGIN, JONAS))).json()
    assert answer["next"] == "/embed/setup/connections/"
    after = Installation.objects.get()
    assert (after.pk, after.bigin_org_id, after.books_org_id) == (
        installation.pk, installation.bigin_org_id, installation.books_org_id,
    )  # fmt: skip
    assert (after.state, after.problem) == (Installation.State.ACTIVE, "")
    row = Connection.objects.get(product="bigin")
    assert (row.problem, row.user_email) == ("", "jonas.brandvik@wanderlust-travel.example")


def test_one_of_two_reconnects_does_not_end_the_pause(sandbox: Sandbox, popup: Popup) -> None:
    connected_installation(sandbox)
    Installation.objects.update(state=Installation.State.PAUSED, problem="both")
    Connection.objects.update(problem="gone")
    frame = Client()
    redeem(frame, handed_over(popup.walk(BIGIN, MARTA)))
    assert Installation.objects.get().state == Installation.State.PAUSED
    assert redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()["ok"]
    assert Installation.objects.get().state == Installation.State.ACTIVE


def test_rule_1_5_reconnect_to_another_bigin_organisation_is_refused(sandbox: Sandbox, popup: Popup) -> None:
    connected_installation(sandbox)
    frame = Client()
    redeem(frame, handed_over(popup.walk("/sign-in/start/", MARTA)))
    before = list(Connection.objects.order_by("pk").values())
    answer = redeem(frame, handed_over(popup.walk(BIGIN, PRIYA)))
    assert (answer.status_code, answer.json()["code"]) == (409, "other_organization")
    assert "Wanderlust Travel" in answer.json()["text"]
    assert list(Connection.objects.order_by("pk").values()) == before
    assert Installation.objects.count() == 1


def test_rule_1_5_reconnect_with_an_account_without_the_organisation_is_refused(sandbox: Sandbox, popup: Popup) -> None:
    installation = connected_installation(sandbox)
    Installation.objects.update(books_org_id="60099999999", books_org_name="Closed Ltd")
    frame = Client()
    redeem(frame, handed_over(popup.walk("/sign-in/start/", MARTA)))
    answer = redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    assert (answer.status_code, answer.json()["code"]) == (409, "organization_missing")
    assert redeem(frame, handed_over(popup.walk(INVOICE, MARTA))).json()["code"] == "product_fixed"
    assert Connection.objects.filter(installation=installation).count() == 2


def test_an_account_of_another_data_centre_is_refused(sandbox: Sandbox, popup: Popup) -> None:
    installation = make_installation(data_centre="eu", books_org_id=None, product="", state="setting_up")
    frame = signed_in_client(make_member(installation))
    answer = redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    assert (answer.status_code, answer.json()["code"]) == (400, "other_place")


def test_replaced_tokens_are_given_up_at_zoho(sandbox: Sandbox, popup: Popup) -> None:
    connected_installation(sandbox)
    before = lasting_tokens(sandbox)
    frame = Client()
    redeem(frame, handed_over(popup.walk("/sign-in/start/", MARTA)))
    for _ in range(3):
        assert redeem(frame, handed_over(popup.walk(BOOKS, MARTA))).json()["ok"]
    assert lasting_tokens(sandbox) == before


def test_disconnect_gives_every_token_up(sandbox: Sandbox) -> None:
    installation = connected_installation(sandbox)
    assert lasting_tokens(sandbox) == 2
    assert setup.disconnect(installation) == []
    assert lasting_tokens(sandbox) == 0
    assert sandbox.control("GET", "state")["accounts"]["access_tokens"] == {}
    assert setup.disconnect(installation) == [], "a second time finds them gone, and that is fine"


def test_disconnect_survives_zoho_being_down(sandbox: Sandbox, settings: Settings) -> None:
    installation = connected_installation(sandbox)
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    left = setup.disconnect(installation)
    assert len(left) == 2
    assert all("did not confirm" in words for words in left)


def test_without_a_browser(sandbox: Sandbox) -> None:
    first = connected_installation(sandbox, product="invoice")
    again = connected_installation(sandbox, product="invoice")
    assert (first.pk, first.product, first.state) == (again.pk, "invoice", Installation.State.ACTIVE)
    with pytest.raises(without_browser.NotASandbox, match="refused"):
        without_browser.connect(sandbox.url, "nobody@nowhere.example")


def steps(page: Response) -> dict[str, Any]:
    return {name: page.context[name] for name in ("product", "form", "trouble")}


def test_books_down_on_the_setup_page_says_so_and_keeps_the_steps(sandbox: Sandbox, popup: Popup) -> None:
    frame = set_up_bigin(popup)
    redeem(frame, handed_over(popup.walk(BOOKS, MARTA)))
    sandbox.fault("drop_before", product="books", times=9)
    page = frame.get("/embed/setup/")
    assert page.status_code == 503
    assert steps(page)["trouble"].code == "zoho_silent"
    assert "Try again" in page.content.decode()
