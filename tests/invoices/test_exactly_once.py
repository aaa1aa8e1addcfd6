"""Issue 5's whole table: whatever happens at whichever step of a creation, exactly one document stands (rules 7.4).

Every kind, with the unique key and without it, conversions, and the customer that is created in the same action.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from invoices import creation, tasks
from invoices.models import Catalogue, Document
from sync.models import Write
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import post, standing
from tests.invoices.test_faults import settled
from tests.invoices.test_from_a_deal import linked_deal
from tests.invoices.test_whose_customer import company, deal
from zoho.books import Books

NAME = "Hut to Hut Walkers"


class Killed(BaseException):
    """The worker's process ends here: no handler, no message."""


@dataclass(frozen=True)
class Case:
    """`begin` leaves a document that waits for the worker; `where` is the one call that makes it in Books."""

    name: str
    begin: Callable[[Desk], Document]
    collection: str
    where: dict[str, Any]


def of_a_form(kind: str, *, keyed: bool) -> Callable[[Desk], Document]:
    def begin(desk: Desk) -> Document:
        record, _ = linked_deal(desk)
        document = desk.new(record["id"], kind)
        if not keyed:
            Catalogue.objects.update(fields={})
        assert desk.press(document, "save").status_code == 302
        return document

    return begin


def of_a_conversion(kind: str, target: str) -> Callable[[Desk], Document]:
    def begin(desk: Desk) -> Document:
        source = standing(desk, kind)
        post(desk, source, "act/sent/" if kind == "estimate" else "act/open/")
        desk.worker.run()
        post(desk, source, f"convert/{target}/")
        return Document.objects.get(source=source)

    return begin


def of_a_new_customer(desk: Desk) -> Document:
    document = desk.new(deal(desk, Account_Name={"id": company(desk, NAME)}))
    Catalogue.objects.update(fields={})
    assert desk.press(document, "save").status_code == 302
    return document


def call(path: str, method: str = "POST") -> dict[str, Any]:
    return {"product": "books", "method": method, "path": path + "$"}


CASES = [
    Case("invoice", of_a_form("invoice", keyed=False), "invoices", call("/invoices")),
    Case("estimate", of_a_form("estimate", keyed=False), "estimates", call("/estimates")),
    Case("sales order", of_a_form("salesorder", keyed=False), "salesorders", call("/salesorders")),
    Case("invoice with a key", of_a_form("invoice", keyed=True), "invoices", call("/invoices", "PUT")),
    Case("estimate with a key", of_a_form("estimate", keyed=True), "estimates", call("/estimates", "PUT")),
    Case("sales order with a key", of_a_form("salesorder", keyed=True), "salesorders", call("/salesorders", "PUT")),
    Case("estimate to invoice", of_a_conversion("estimate", "invoice"), "invoices", call("/invoices")),
    Case("estimate to sales order", of_a_conversion("estimate", "salesorder"), "salesorders", call("/salesorders")),
    Case("order to invoice", of_a_conversion("salesorder", "invoice"), "invoices", call("/invoices/fromsalesorder")),
    Case("invoice of a new customer", of_a_new_customer, "invoices", call("/invoices")),
    Case("the new customer of an invoice", of_a_new_customer, "invoices", call("/contacts")),
]
all_cases = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
_SOME = [case for case in CASES if case.name in ("invoice", "order to invoice", "the new customer of an invoice")]
some_cases = pytest.mark.parametrize("case", _SOME, ids=[case.name for case in _SOME])


def numbers(desk: Desk, case: Case) -> set[str]:
    key = case.collection.removesuffix("s") + "_id"
    rows = desk.books.documents_page(case.collection).rows  # type: ignore[arg-type]
    return {str(row[key]) for row in rows}


def assert_one(desk: Desk, case: Case, document: Document, before: set[str]) -> None:
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    assert numbers(desk, case) - before == {document.books_id}
    named = [row for row in desk.books.contacts_page().rows if row["contact_name"] == NAME]
    assert len(named) == (case.begin is of_a_new_customer)
    assert all(row["contact_id"] == document.customer_id for row in named)


@pytest.mark.parametrize("fault", ["error_after", "drop_before", "drop_after"])
@all_cases
def test_rule_7_4_before_and_after_the_commit(desk: Desk, case: Case, fault: str) -> None:
    document = case.begin(desk)
    before = numbers(desk, case)
    desk.sandbox.fault(fault, times=1, **case.where)
    settled(desk, document)
    assert all(one["hits"] for one in desk.sandbox.control("GET", "faults")["faults"])
    assert_one(desk, case, document, before)


@pytest.mark.parametrize("fault", ["error_before", "rate_limited", "html"])
@some_cases
def test_rule_7_4_an_error_page_or_a_not_now(desk: Desk, case: Case, fault: str) -> None:
    test_rule_7_4_before_and_after_the_commit(desk, case, fault)


@all_cases
def test_rule_7_4_a_commit_after_the_client_gave_up(desk: Desk, case: Case, settings: Any) -> None:
    """The answer never comes, the first look finds nothing, and half a minute later it stands in Books."""
    document = case.begin(desk)
    before = numbers(desk, case)
    settings.SYNC_ABSENCE_SECONDS = 60
    desk.sandbox.fault("late_commit", times=1, seconds=30, **case.where)
    for _ in range(2):
        worker_round(desk, document)
    document.refresh_from_db()
    assert document.state in ("checking", "queued")
    assert numbers(desk, case) == before
    desk.sandbox.advance(40)
    settings.SYNC_ABSENCE_SECONDS = 0
    settled(desk, document)
    assert_one(desk, case, document, before)


def worker_round(desk: Desk, document: Document) -> None:
    """The jobs that wait now, without those that they queue."""
    jobs, desk.worker.jobs = desk.worker.jobs, []
    for task, pk, _seconds in jobs:
        getattr(tasks, task)(pk)
    document.refresh_from_db()


@pytest.mark.parametrize("arrived", [True, False], ids=["after the request arrived", "before it left"])
@all_cases
def test_rule_7_4_a_worker_killed_between_request_and_answer(
    desk: Desk, case: Case, arrived: bool, monkeypatch: pytest.MonkeyPatch, later: Callable[[timedelta], None]
) -> None:
    document = case.begin(desk)
    before = numbers(desk, case)
    owner, name = (Books, "create_contact") if case.where["path"].startswith("/contacts") else (creation, "_made")
    real = getattr(owner, name)

    def dies(*args: Any, **kwargs: Any) -> Any:
        if arrived:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Killed):
            desk.worker.run()
    desk.worker.jobs.clear()
    Write.objects.filter(state="sending").update(attempted_at=F("attempted_at") - timedelta(hours=1))
    later(creation.ABANDONED + timedelta(seconds=1))
    tasks.sweep()
    settled(desk, document)
    assert_one(desk, case, document, before)


@some_cases
def test_rule_7_4_a_message_that_was_lost_and_a_job_that_came_twice(
    desk: Desk, case: Case, later: Callable[[timedelta], None]
) -> None:
    document = case.begin(desk)
    before = numbers(desk, case)
    desk.worker.jobs.clear()
    later(timedelta(seconds=31))
    for _ in range(2):
        tasks.sweep()
    assert [task for task, pk, _ in desk.worker.jobs if pk == str(document.pk)] == ["create", "create"]
    settled(desk, document)
    tasks.create(str(document.pk))
    assert_one(desk, case, document, before)
