"""A rep's desk: a connected installation, a signed-in browser, and a worker whose jobs the test runs one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from accounts import connections
from accounts.models import Installation, Member
from invoices import queue, tasks
from invoices.models import Document
from sandbox.testing import Sandbox
from sync.models import Link, Record
from tests import factories
from zoho.bigin import Bigin
from zoho.books import Books


@dataclass
class Worker:
    """Collects what would go to the broker. `run` does the jobs in order, and those that they queue."""

    jobs: list[tuple[str, str, int]] = field(default_factory=list)

    def later(self, task: str, pk: object, seconds: int = 0) -> None:
        self.jobs.append((task, str(pk), seconds))

    def run(self, most: int = 60) -> None:
        while self.jobs and most:
            task, pk, _seconds = self.jobs.pop(0)
            getattr(tasks, task)(pk)
            most -= 1
        assert most, f"the jobs never end: {self.jobs[:3]}"


@dataclass
class Desk:
    sandbox: Sandbox
    installation: Installation
    member: Member
    client: Client
    worker: Worker

    @property
    def bigin(self) -> Bigin:
        return connections.bigin(self.installation)

    @property
    def books(self) -> Books:
        return connections.books(self.installation)

    def url(self, record: str, rest: str = "", module: str = "Pipelines") -> str:
        return f"/embed/record/{module}/{record}/{rest}"

    def link(self, kind: str, bigin_id: str, books_id: str, label: str = "", parent: str = "") -> Link:
        """As the sync would have paired them."""
        kinds = {
            "company-customer": ("company", "customer"),
            "contact-customer": ("contact", "customer"),
            "contact-person": ("contact", "person"),
            "product-item": ("product", "item"),
        }[kind]
        made = [
            Record.objects.get_or_create(
                installation=self.installation, side=side, kind=one, remote_id=remote_id,
                defaults={"label": label, "parent_id": parent if one == "person" else "", "dirty": False},
            )[0]
            for side, one, remote_id in (("bigin", kinds[0], bigin_id), ("books", kinds[1], books_id))
        ]  # fmt: skip
        link, _ = Link.objects.get_or_create(
            installation=self.installation, kind=kind, bigin=made[0], defaults={"books": made[1]}
        )
        return link

    def deals(self) -> list[dict[str, Any]]:
        fields = ["Deal_Name", "Amount", "Account_Name", "Contact_Name", "Stage"]
        return self.bigin.page("Pipelines", fields, page=1).rows

    def new(self, record: str, kind: str = "invoice", module: str = "Pipelines") -> Document:
        """Presses New and gives the open form."""
        answer = self.client.post(self.url(record, f"new/{kind}/", module))
        assert answer.status_code == 302, answer.content
        pk = str(answer["Location"]).rstrip("/").rsplit("/", 1)[-1]
        return Document.objects.get(pk=pk)

    def form(self, document: Document) -> dict[str, str]:
        """What a browser would send of the form as drawn, before a person changes anything."""
        answer = self.client.get(self.url(document.record_id, f"documents/{document.pk}/", document.record_module))
        assert answer.status_code == 200
        return fields_of(answer)

    def press(self, document: Document, op: str, **changes: str) -> HttpResponse:
        data = {**self.form(document), "op": op, **changes}
        return self.client.post(  # type: ignore[return-value]
            self.url(document.record_id, f"documents/{document.pk}/form/", document.record_module), data
        )

    def made(self, kind: str = "invoices", customer_id: str = "") -> list[dict[str, Any]]:
        """What stands in the sandbox's Books, whole."""
        filters = {"customer_id": customer_id} if customer_id else None
        rows = self.books.documents_page(kind, filters=filters).rows  # type: ignore[arg-type]
        key = kind.removesuffix("s") + "_id"
        return [row for one in rows if (row := self.books.document(kind, one[key]))]  # type: ignore[arg-type]


def fields_of(answer: Any) -> dict[str, str]:
    """Names and values of the form's controls, as a browser would send them."""
    from tests.invoices.html import controls  # noqa: PLC0415 - shared with nothing else

    return controls(answer.content.decode(), "draft-form")


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setattr(queue, "later", made.later)
    return made


@pytest.fixture
def make_desk(
    db: None, sandbox: Sandbox, worker: Worker, settings: Settings, redis_url: str
) -> Iterator[Callable[..., Desk]]:
    """A desk of the named product; looks believe in absence at once, and a pause after a 429 is short."""
    settings.SYNC_ABSENCE_SECONDS = 0
    settings.ZOHO_WINDOW_SECONDS = 1
    Redis.from_url(redis_url).flushdb()

    def make(product: str = "books", user: str = "") -> Desk:
        installation = factories.connected_installation(sandbox, product)
        email = user or factories.administrator_of(sandbox)
        member = factories.connected_member(installation, sandbox, email)
        return Desk(sandbox, installation, member, factories.signed_in_client(member, headers={}), worker)

    return make  # type: ignore[return-value]


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves this process's clock, as django.utils.timezone tells it."""
    real = timezone.now
    moved = timedelta()

    def now() -> datetime:
        return real() + moved

    monkeypatch.setattr(timezone, "now", now)

    def move(by: timedelta) -> None:
        nonlocal moved
        moved += by

    return move
