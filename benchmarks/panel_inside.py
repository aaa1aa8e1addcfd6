"""Inside the product's process: gives two customers documents and times their panels. Prints JSON; see panel.py."""

import json
import os
import sys
import time
from datetime import date, timedelta
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Installation
    from sync.models import Link

ROUNDS = 40
FIRST_DAY = date(2012, 1, 1)


def fill(installation: "Installation", link: "Link", number: int) -> None:
    from django.utils import timezone  # noqa: PLC0415 - Django is set up by then

    from invoices.models import Document  # noqa: PLC0415

    customer_id = link.books.remote_id if link.books else ""
    Document.objects.filter(installation=installation, customer_id=customer_id).delete()
    Document.objects.bulk_create(
        Document(
            installation=installation,
            kind="invoice",
            state=Document.State.STANDS,
            books_id=f"{customer_id}-{count}",
            customer_id=customer_id,
            number=f"INV-{count:06}",
            status="paid" if count % 3 else "sent",
            date=FIRST_DAY + timedelta(days=count),
            due_date=FIRST_DAY + timedelta(days=count + 30),
            currency="USD",
            total=100 + count,
            balance=0 if count % 3 else 100 + count,
            seen_at=timezone.now(),
        )
        for count in range(number)
    )


def signed_in(installation: "Installation") -> "Client":
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from accounts import without_browser  # noqa: PLC0415

    owner = installation.alert_email
    member = without_browser.member_of(installation, os.environ["SANDBOX_URL"], owner)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["member"] = member.pk
    session.save()
    client = Client(headers={"host": "localhost"})
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def answer_time(client: "Client", url: str) -> float:
    began = time.perf_counter()
    answer = client.get(url)
    seconds = time.perf_counter() - began
    if answer.status_code != 200 or b"INV-" not in answer.content:
        raise SystemExit(f"{url} answered {answer.status_code} without the documents")
    return seconds


def measure(installation_id: str, numbers: list[int]) -> dict[str, dict[str, float]]:
    """Median seconds by page and number of documents; the two are asked in turns, so that a busy moment hits both."""
    from django.urls import reverse  # noqa: PLC0415

    from accounts.models import Installation  # noqa: PLC0415
    from sync.models import Link  # noqa: PLC0415

    installation = Installation.objects.get(pk=installation_id)
    links = Link.objects.filter(installation=installation, bigin__kind="company", books__isnull=False)
    client, records = signed_in(installation), {}
    for number, link in zip(numbers, links.order_by("pk"), strict=False):
        fill(installation, link, number)
        records[number] = link.bigin.remote_id if link.bigin else ""
        client.get(reverse("invoices:documents", args=["Accounts", records[number]]))  # asks Bigin for the right
    found: dict[str, dict[str, float]] = {}
    for page, name in (("first paint", "invoices:panel"), ("documents behind it", "invoices:documents")):
        seconds: dict[int, list[float]] = {number: [] for number in numbers}
        for _ in range(ROUNDS):
            for number, record in records.items():
                seconds[number].append(answer_time(client, reverse(name, args=["Accounts", record])))
        found[page] = {str(number): median(values) for number, values in seconds.items()}
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(sys.argv[1], [int(number) for number in sys.argv[2:]])))
