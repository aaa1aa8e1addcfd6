"""Rule 5.6 on the screen: adding a contact as a person of its company too, by one click, by the right person."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Installation
from sync.models import Issue, Link, ModuleSetting, Record, Write
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync_screens.world import start_modules

pytestmark = pytest.mark.django_db
LIST = "/embed/sync/issues/"


def record(installation: Installation, side: str, kind: str, remote_id: str, label: str, **values: object) -> Record:
    return Record.objects.create(
        installation=installation, side=side, kind=kind, remote_id=remote_id, label=label, dirty=False, **values
    )


def own_customer(installation: Installation) -> Issue:
    """A contact with a customer of its own, and with a company that is in step."""
    start_modules(installation)
    company = record(installation, "bigin", "company", "81", "Alpine Huts")
    there = record(installation, "books", "customer", "46", "Alpine Huts")
    fields = {"Name": "Ada\x1fOkafor", "Email": "ada@example.com"}
    contact = record(installation, "bigin", "contact", "82", "Ada Okafor", parent_id="81", fields=fields)
    customer = record(installation, "books", "customer", "47", "Ada Okafor")
    Link.objects.create(installation=installation, kind="company-customer", bigin=company, books=there)
    link = Link.objects.create(installation=installation, kind="contact-customer", bigin=contact, books=customer)
    return Issue.objects.create(
        installation=installation, link=link, module="customers", kind="skipped", code="own_customer",
        reason="Ada Okafor has a company now, but documents of its own in Books: it stays a customer of its own.",
    )  # fmt: skip


def planned() -> list[tuple[str, str, str]]:
    return list(Write.objects.values_list("op", "step", "state"))


def test_rule_5_6_the_button_adds_the_person_and_a_second_click_nothing(
    client: Client, installation: Installation
) -> None:
    issue = own_customer(installation)
    page = f"{LIST}{issue.pk}/"
    text = client.get(page).content.decode()
    assert "Add as a person there too" in text
    assert f'action="{page}add-person/"' in text
    client.post(f"{page}add-person/")
    assert "It is added as a contact person with the next run" in client.get(LIST).content.decode()
    client.post(f"{page}add-person/")
    assert "This was settled in the meantime." in client.get(LIST).content.decode()
    assert planned() == [("create", "beside", "pending")]
    issue.refresh_from_db()
    assert (issue.state, issue.closed_by) == ("resolved", "Ada Keller")
    assert ModuleSetting.objects.filter(module="customers", next_run_at__lte=timezone.now()).exists()
    assert AuditEntry.objects.filter(who="Ada Keller", what__startswith="Added as a person too").count() == 1
    assert "Add as a person there too" not in client.get(page).content.decode()


def test_rule_5_6_other_issues_have_no_such_button_and_take_no_such_click(
    client: Client, installation: Installation
) -> None:
    issue = own_customer(installation)
    Issue.objects.filter(pk=issue.pk).update(code="stays")
    assert "Add as a person there too" not in client.get(f"{LIST}{issue.pk}/").content.decode()
    client.post(f"{LIST}{issue.pk}/add-person/")
    issue.refresh_from_db()
    assert (issue.state, planned()) == ("open", [])


def test_rule_5_6_where_it_cannot_be_added_the_issue_stays_and_says_why(
    client: Client, installation: Installation
) -> None:
    issue = own_customer(installation)
    Link.objects.filter(kind="company-customer").update(state="apart")
    answer = client.post(f"{LIST}{issue.pk}/add-person/")
    assert answer.headers["Location"].endswith(f"/issues/{issue.pk}/")
    assert "nothing was added" in client.get(f"{LIST}{issue.pk}/").content.decode()
    issue.refresh_from_db()
    assert (issue.state, planned()) == ("open", [])


@pytest.mark.parametrize("who", ["a stranger", "a standard user", "another organisation", "a forged page", "a link"])
def test_rule_5_6_nobody_else_adds_the_person(who: str, installation: Installation) -> None:
    issue = own_customer(installation)
    path = f"{LIST}{issue.pk}/add-person/"
    clients: dict[str, Callable[[], Client]] = {
        "a stranger": Client,
        "a standard user": lambda: signed_in_client(make_member(installation, profile="Standard")),
        "another organisation": lambda: signed_in_client(make_member(make_installation())),
        "a forged page": lambda: signed_in_client(make_member(installation), enforce_csrf_checks=True),
        "a link": lambda: signed_in_client(make_member(installation)),
    }
    statuses = {
        "a stranger": 401,
        "a standard user": 403,
        "another organisation": 404,
        "a forged page": 403,
        "a link": 405,
    }
    knock = clients[who]()
    answer = knock.get(path) if who == "a link" else knock.post(path)
    assert answer.status_code == statuses[who]
    issue.refresh_from_db()
    assert (issue.state, planned()) == ("open", [])
    assert Link.objects.count() == 2
