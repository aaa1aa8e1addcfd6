"""`manage.py check_zoho` and the probes it stores, on an installation connected to the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Installation, Quota
from accounts.probing import probe
from accounts.without_browser import connect
from sandbox.testing import Sandbox, running_sandbox
from tests.zoho import sandboxed

pytestmark = pytest.mark.django_db(transaction=True)

# The sandbox's own positions: nothing in it tells whether a person's edit would touch its customer, nor how equal names
# are judged where nobody shares one.
UNKNOWN = {"books_equal_names", "books_person_edit_touches_customer"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox("travel-agency", lift_limits=True, environment=sandboxed.PLAIN) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, empty_redis: None) -> Sandbox:
    running.reset("travel-agency", keep=["limits"])
    return running


@pytest.fixture(params=["books", "invoice"])
def installation(sandbox: Sandbox, settings: Settings, request: pytest.FixtureRequest) -> Installation:
    settings.SANDBOX_URL = sandbox.url
    settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = sandbox.client_id, sandbox.client_secret
    return connect(sandbox.url, sandbox.users[0]["email"], request.param)


def check(installation: Installation) -> tuple[dict[str, bool | None], str]:
    """What the command prints as JSON, and its error if it ends with one."""
    out, error = StringIO(), ""
    try:
        call_command("check_zoho", "--installation", str(installation.pk), "--json", stdout=out)
    except CommandError as caught:
        error = str(caught)
    return {name: found["held"] for name, found in json.loads(out.getvalue()).items()}, error


def test_every_assumption_is_asked_and_kept(installation: Installation, sandbox: Sandbox) -> None:
    found, _ = check(installation)
    expected = {
        "bigin_accounts_newest_first", "bigin_contacts_newest_first", "bigin_products_newest_first",
        "bigin_page_tokens", "bigin_if_modified_since", "bigin_administrator", "bigin_scopes",
        "books_contacts_changed_since", "books_items_changed_since", "books_invoices_changed_since",
        "books_estimates_changed_since",
        "books_contacts_oldest_first", "books_items_oldest_first", "books_administrator", "books_zohocrm_off",
        "books_plan", f"{installation.product}_scopes",
        "books_salesorders_changed_since" if installation.product == "books" else "invoice_without_salesorders",
    }  # fmt: skip
    assert {name for name in expected if found.get(name) is not True} == set()
    assert {name for name, held in found.items() if held is None} >= UNKNOWN
    installation.refresh_from_db()
    assert {name: installation.probes[name]["held"] for name in found} == found
    assert "linked_with_zohocrm" in installation.probes
    assert all("@" not in kept["text"] for name, kept in installation.probes.items() if name in found)


def test_what_the_account_ignores_is_found_out(installation: Installation, sandbox: Sandbox) -> None:
    sandbox.switch(
        books_contacts_changed_since="ignored", books_items_changed_since="ignored", bigin_if_modified_since="ignored"
    )
    found, error = check(installation)
    wrong = ("books_contacts_changed_since", "books_items_changed_since", "bigin_if_modified_since")
    assert [found[name] for name in wrong] == [False, False, False]
    assert all(name in error for name in wrong)


def counts(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """Calls by product and method."""
    found: Counter[tuple[str, str]] = Counter()
    for row in sandbox.calls()["by"]:
        found[row["product"], row["method"]] += row["count"]
    return found


def test_nothing_is_written_and_every_call_is_counted(installation: Installation, sandbox: Sandbox) -> None:
    before, counted_before = counts(sandbox), counted(installation)
    probe(installation)
    made = counts(sandbox) - before
    assert {method for _, method in made} == {"GET"}
    assert {product for product, _ in made} == {"bigin", installation.product}
    assert made.total() == counted(installation) - counted_before
    assert made.total() <= 42


def counted(installation: Installation) -> int:
    return sum(Quota.objects.filter(installation=installation).values_list("calls", flat=True))


def test_lines_for_people(installation: Installation, sandbox: Sandbox) -> None:
    out = StringIO()
    try:
        call_command("check_zoho", "--installation", str(installation.pk), stdout=out)
    except CommandError as error:
        assert "do not hold" in str(error)  # noqa: PT017 - either end is fine here
    assert any(line.startswith("held      bigin_administrator") for line in out.getvalue().splitlines())


def test_no_installation_is_one_clear_line() -> None:
    with pytest.raises(CommandError, match="no installation"):
        call_command("check_zoho", "--installation", str(uuid4()))


def test_a_half_connected_installation_is_one_clear_line() -> None:
    half = Installation.objects.create(bigin_org_id="1", bigin_org_name="Half", data_centre="us")
    with pytest.raises(CommandError, match="not connected"):
        call_command("check_zoho", "--installation", str(half.pk))
