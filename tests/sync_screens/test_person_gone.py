"""A contact whose contact person is gone from its customer, on the screen: what may be answered (rules 4.3, 5.2)."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, Installation
from sync.models import Issue, Link
from tests.sync_screens.test_own_customer import record
from tests.sync_screens.world import start_modules

pytestmark = pytest.mark.django_db
LIST = "/embed/sync/issues/"


def asked(installation: Installation, code: str) -> Issue:
    start_modules(installation)
    contact = record(installation, "bigin", "contact", "82", "Ada Okafor", fields={"Name": "Ada\x1fOkafor"})
    meta = {"primary": "72", "person": "71", "people": ["72"]}
    customer = record(installation, "books", "customer", "47", "Alpine Huts", meta=meta)
    base = {"person.name": "Ada\x1fOkafor", "billing_address.city": "Bern"}
    link = Link.objects.create(
        installation=installation, kind="contact-customer", bigin=contact, books=customer, person="71", books_base=base
    )
    return Issue.objects.create(
        installation=installation, link=link, module="customers", kind="skipped", code=code, reason="Ada is gone."
    )


def test_rule_4_3_the_button_takes_the_primary_person_and_a_second_click_nothing(
    client: Client, installation: Installation
) -> None:
    issue = asked(installation, "person_gone")
    page = f"{LIST}{issue.pk}/"
    text = client.get(page).content.decode()
    assert f'action="{page}take-primary/"' in text
    assert f'href="/embed/sync/pairs/link/{issue.link.books_id if issue.link else 0}/"' in text
    client.post(f"{page}take-primary/")
    assert "The next run compares the contact with the primary contact person." in client.get(LIST).content.decode()
    link = Link.objects.get()
    assert (link.person, link.books_base) == ("72", {"billing_address.city": "Bern"})
    client.post(f"{page}take-primary/")
    assert "This was settled in the meantime." in client.get(LIST).content.decode()
    assert AuditEntry.objects.filter(what__startswith="Chose the primary contact person").count() == 1


def test_rule_5_2_a_customer_that_stays_for_others_may_be_linked_with_another_contact(
    client: Client, installation: Installation
) -> None:
    issue = asked(installation, "others_stay")
    text = client.get(f"{LIST}{issue.pk}/").content.decode()
    assert f'href="/embed/sync/pairs/link/{issue.link.books_id if issue.link else 0}/"' in text
    assert "take-primary" not in text
    client.post(f"{LIST}{issue.pk}/take-primary/")
    issue.refresh_from_db()
    assert (issue.state, Link.objects.get().person) == ("open", "71")
