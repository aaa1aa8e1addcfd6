"""Rules 7.7: a member's right to a record is their own right in Bigin."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.access import MODULES, Access, may_read
from accounts.models import Installation, Member, RecordAccess
from accounts.without_browser import sandbox_tokens
from sandbox.testing import Sandbox
from tests.factories import connected_member, make_installation, make_member
from zoho import auth
from zoho.bigin import Bigin
from zoho.client import Client

pytestmark = pytest.mark.django_db
AMARA, TOMASZ = "amara.delacroix@wanderlust-travel.example", "tomasz.wielicki@wanderlust-travel.example"


@pytest.fixture
def installation(sandbox: Sandbox) -> Installation:
    return make_installation(bigin_org_id=sandbox.bigin_orgs[0]["id"], data_centre="sandbox")


def deals(sandbox: Sandbox, who: str) -> set[str]:
    tokens = sandbox_tokens(sandbox.url, who, auth.BIGIN_MEMBER_SCOPES, "online")
    with Client("bigin", f"{sandbox.url}/bigin/v2", lambda _force: tokens.access_token) as client:
        return {str(row["id"]) for row in Bigin(client).page("Pipelines", ["Deal_Name"]).rows}


def reads(sandbox: Sandbox) -> int:
    rows = sandbox.calls()["by"]
    return sum(row["count"] for row in rows if row["endpoint"] in ("/Pipelines/{id}", "/bigin/v2/Pipelines/{id}"))


def age(**by: float) -> None:
    RecordAccess.objects.update(seen_at=timezone.now() - timedelta(**by))


def test_rule_7_7_a_member_reads_what_bigin_shows_them(sandbox: Sandbox, installation: Installation) -> None:
    member = connected_member(installation, sandbox, TOMASZ)
    own, all_deals = deals(sandbox, TOMASZ), deals(sandbox, AMARA)
    assert own
    assert own < all_deals
    seen = min(own)
    hidden = min(all_deals - own)
    assert may_read(member, "Pipelines", seen, ask=True) == Access(True)
    refused = may_read(member, "Pipelines", hidden, ask=True)
    assert (refused.allowed, refused.reason) == (False, "Bigin does not let you read this record.")


def test_rule_7_7_a_yes_is_kept_fifteen_minutes(sandbox: Sandbox, installation: Installation) -> None:
    member = connected_member(installation, sandbox, AMARA)
    deal = min(deals(sandbox, AMARA))
    assert not may_read(member, "Pipelines", deal).allowed, "the first paint has nothing to show"
    assert may_read(member, "Pipelines", deal, ask=True).allowed
    before = reads(sandbox)
    assert before > 0
    age(minutes=14)
    assert may_read(member, "Pipelines", deal).allowed
    assert may_read(member, "Pipelines", deal, ask=True).allowed
    assert reads(sandbox) == before
    age(minutes=15, seconds=1)
    assert not may_read(member, "Pipelines", deal).allowed
    assert may_read(member, "Pipelines", deal, ask=True).allowed
    assert reads(sandbox) == before + 1


def test_rule_7_7_with_bigin_down_the_last_yes_counts_for_a_day_and_reading(
    sandbox: Sandbox, installation: Installation, settings: Settings
) -> None:
    member = connected_member(installation, sandbox, AMARA)
    deal = min(deals(sandbox, AMARA))
    assert may_read(member, "Pipelines", deal, ask=True).allowed
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    age(hours=23, minutes=59)
    still = may_read(member, "Pipelines", deal, ask=True)
    assert (still.allowed, still.stale) == (True, True)
    age(hours=24, seconds=1)
    assert not may_read(member, "Pipelines", deal, ask=True).allowed
    assert not may_read(member, "Pipelines", "4876876000000999999", ask=True).allowed
    assert RecordAccess.objects.count() == 1


def test_rule_7_7_a_no_ends_a_yes_at_once(sandbox: Sandbox, installation: Installation) -> None:
    member = connected_member(installation, sandbox, AMARA)
    RecordAccess.objects.create(
        member=member, module="Contacts", record_id="4876876000000999999", allowed=True,
        seen_at=timezone.now() - timedelta(minutes=16),
    )  # fmt: skip
    assert not may_read(member, "Contacts", "4876876000000999999", ask=True).allowed
    assert RecordAccess.objects.values_list("allowed", flat=True).get() is False


def test_a_token_that_ended_ends_the_session_and_stores_no_no(sandbox: Sandbox, installation: Installation) -> None:
    member = connected_member(installation, sandbox, AMARA)
    Member.objects.filter(pk=member.pk).update(access_token="1000.revoked.revoked")
    member.refresh_from_db()
    answer = may_read(member, "Pipelines", min(deals(sandbox, AMARA)), ask=True)
    assert (answer.allowed, answer.reason) == (False, "Your sign-in has ended. Sign in again.")
    member.refresh_from_db()
    assert member.access_token == ""
    assert RecordAccess.objects.count() == 0


@pytest.mark.parametrize("record_id", ["../users", "1?fields=id", "", "1,2", "é", "1/Notes", "1\x00", "1" * 41])
def test_an_id_that_is_none_reaches_nobody(sandbox: Sandbox, installation: Installation, record_id: str) -> None:
    member = connected_member(installation, sandbox, AMARA)
    before = sandbox.calls()["total"]
    assert not may_read(member, "Contacts", record_id, ask=True).allowed
    assert sandbox.calls()["total"] == before


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_members_own_token_reaches_every_module_that_has_a_page(
    sandbox: Sandbox, installation: Installation, module: str
) -> None:
    member = connected_member(installation, sandbox, AMARA)
    tokens = sandbox_tokens(sandbox.url, AMARA, auth.BIGIN_SETUP_SCOPES, "online")
    with Client("bigin", f"{sandbox.url}/bigin/v2", lambda _force: tokens.access_token) as client:
        record = str(Bigin(client).page(module, ["id"]).rows[0]["id"])
    assert may_read(member, module, record, ask=True) == Access(True)


def test_other_modules_do_not_exist_here() -> None:
    member = make_member(make_installation())
    assert not may_read(member, "users", "1", ask=True).allowed


def test_a_token_without_the_scope_is_a_no_and_not_the_end_of_the_session(
    sandbox: Sandbox, installation: Installation
) -> None:
    tokens = sandbox_tokens(sandbox.url, AMARA, ["ZohoBigin.users.READ", "ZohoBigin.org.READ"], "online")
    member = make_member(installation, access_token=tokens.access_token)
    assert may_read(member, "Pipelines", min(deals(sandbox, AMARA)), ask=True).reason.startswith("Bigin does not let")
    member.refresh_from_db()
    assert member.access_token == tokens.access_token
