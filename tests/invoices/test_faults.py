"""Faults at every step of a creation leave exactly one document (rules 7.4): the table of issue 5."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from invoices import creation, offers, tasks
from invoices.models import Catalogue, Document
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal

CREATE = {"product": "books", "method": "POST", "path": r"/invoices$"}
LIST = {"product": "books", "method": "GET", "path": r"/invoices$"}
DETAIL = {"product": "books", "method": "GET", "path": r"/invoices/\d+$"}


def submitted(desk: Desk, *, keyed: bool = False) -> tuple[Document, str, int]:
    """A document on its way, in an organisation with the unique field of rules 7.4 or without."""
    deal, customer = linked_deal(desk)
    document = desk.new(deal["id"])
    if not keyed:
        Catalogue.objects.update(fields={})
    assert offers.offer_of(desk.installation).has_key("invoice") is keyed
    before = len(desk.made(customer_id=customer["contact_id"]))
    assert desk.press(document, "save").status_code == 302
    return document, customer["contact_id"], before


FAULTS: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("a 500 before the commit", [("error_before", CREATE)]),
    ("a 500 after the commit", [("error_after", CREATE)]),
    ("the answer dropped before the commit", [("drop_before", CREATE)]),
    ("the answer dropped after the commit", [("drop_after", CREATE)]),
    ("a 429 first", [("rate_limited", CREATE)]),
    ("an HTML error page", [("html", CREATE)]),
    ("dropped after the commit, and the first look fails", [("drop_after", CREATE), ("error_before", LIST)]),
    ("dropped after the commit, and the detail cannot be read", [("drop_after", CREATE), ("error_before", DETAIL)]),
]


def settled(desk: Desk, document: Document) -> Document:
    """What the worker and, where it is asked, a rep who looked in Books and found nothing make of it."""
    desk.worker.run()
    document.refresh_from_db()
    if document.state == "unconfirmed":
        url = desk.url(document.record_id, f"documents/{document.pk}/decide/anyway/")
        assert desk.client.post(url).status_code == 302
        desk.worker.run()
        document.refresh_from_db()
    return document


@pytest.mark.parametrize(("name", "faults"), FAULTS, ids=[name for name, _ in FAULTS])
def test_rule_7_4_a_fault_leaves_exactly_one_document(
    desk: Desk, name: str, faults: list[tuple[str, dict[str, Any]]]
) -> None:
    document, customer_id, before = submitted(desk)
    for kind, where in faults:
        desk.sandbox.fault(kind, times=1, **where)
    document = settled(desk, document)
    assert all(one["hits"] for one in desk.sandbox.control("GET", "faults")["faults"])
    assert (document.state, document.error) == ("stands", "")
    made = desk.made(customer_id=customer_id)
    assert len(made) == before + 1
    assert document.books_id in {row["invoice_id"] for row in made}


def test_rule_7_4_an_un_keyed_create_is_never_sent_again_by_itself(desk: Desk) -> None:
    document, _, _ = submitted(desk)
    desk.sandbox.fault("drop_before", times=1, **CREATE)
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.looks) == ("unconfirmed", 1)
    assert "did not confirm" in document.error
    assert calls(desk, "POST", "/invoices") == 1


def test_rule_7_4_absence_is_believed_only_after_a_minute(
    desk: Desk, settings: Any, later: Callable[[timedelta], None]
) -> None:
    settings.SYNC_ABSENCE_SECONDS = 60
    document, _, _ = submitted(desk)
    desk.sandbox.fault("drop_before", times=1, **CREATE)
    tasks.create(str(document.pk))
    for _ in range(3):
        tasks.look(str(document.pk))
    document.refresh_from_db()
    assert document.state == "checking"
    later(timedelta(seconds=61))
    tasks.look(str(document.pk))
    document.refresh_from_db()
    assert document.state == "unconfirmed"


def test_a_commit_after_the_client_gave_up_is_found(desk: Desk, settings: Any) -> None:
    settings.SYNC_ABSENCE_SECONDS = 60
    document, customer_id, before = submitted(desk)
    desk.sandbox.fault("late_commit", times=1, seconds=30, **CREATE)
    tasks.create(str(document.pk))
    document.refresh_from_db()
    assert document.state == "checking"
    tasks.look(str(document.pk))
    assert len(desk.made(customer_id=customer_id)) == before
    desk.sandbox.advance(40)
    assert len(desk.made(customer_id=customer_id)) == before + 1
    tasks.look(str(document.pk))
    document.refresh_from_db()
    assert (document.state, len(desk.made(customer_id=customer_id))) == ("stands", before + 1)


@pytest.mark.parametrize("arrived", [True, False], ids=["after the request arrived", "before it left"])
def test_a_worker_killed_while_it_sends_leaves_exactly_one_document(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, later: Callable[[timedelta], None], arrived: bool
) -> None:
    document, customer_id, before = submitted(desk)

    class Killed(BaseException):
        pass

    real = creation._made

    def dies(held: Document, books: Any) -> Any:
        if arrived:
            real(held, books)
        raise Killed

    monkeypatch.setattr(creation, "_made", dies)
    with pytest.raises(Killed):
        tasks.create(str(document.pk))
    monkeypatch.setattr(creation, "_made", real)
    document.refresh_from_db()
    assert document.state == "creating"
    desk.worker.jobs.clear()
    later(creation.ABANDONED + timedelta(seconds=1))
    tasks.sweep()
    document = settled(desk, document)
    assert (document.state, len(desk.made(customer_id=customer_id))) == ("stands", before + 1)


def test_a_lost_message_is_sent_again_by_the_sweep(desk: Desk, later: Callable[[timedelta], None]) -> None:
    document, customer_id, before = submitted(desk)
    desk.worker.jobs.clear()
    later(timedelta(seconds=31))
    tasks.sweep()
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, len(desk.made(customer_id=customer_id))) == ("stands", before + 1)


def test_two_workers_with_the_same_job_make_one(desk: Desk) -> None:
    document, customer_id, before = submitted(desk)
    tasks.create(str(document.pk))
    tasks.create(str(document.pk))
    assert len(desk.made(customer_id=customer_id)) == before + 1


def test_an_equal_document_that_is_not_ours_is_not_adopted(desk: Desk) -> None:
    """A colleague makes the same invoice in Books by hand before; ours is lost on its way."""
    document, _, _ = submitted(desk)
    from invoices import bodies, settling  # noqa: PLC0415 - the twin is what our own body says

    document.refresh_from_db()
    twin = desk.books.create_document("invoices", bodies.to_books(settling.draft_of(document)))
    Document.objects.create(
        installation=desk.installation, kind="invoice", state="stands", books_id=twin["invoice_id"], key="f" * 32
    )
    desk.sandbox.fault("drop_before", times=1, **CREATE)
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "unconfirmed"


def test_two_that_look_alike_are_asked_about(desk: Desk) -> None:
    document, _, _ = submitted(desk)
    from invoices import bodies, settling  # noqa: PLC0415 - the twin is what our own body says

    document.refresh_from_db()
    twin = desk.books.create_document("invoices", bodies.to_books(settling.draft_of(document)))
    desk.sandbox.fault("drop_after", times=1, **CREATE)
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "unconfirmed"
    assert twin["invoice_id"] in {one["id"] for one in document.payload["twins"]}
    ours = next(one["id"] for one in document.payload["twins"] if one["id"] != twin["invoice_id"])
    desk.client.post(desk.url(document.record_id, f"documents/{document.pk}/decide/choose/"), {"books_id": ours})
    document.refresh_from_db()
    assert (document.state, document.books_id) == ("stands", ours)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_before", "error_after"])
def test_rule_7_4_with_a_key_a_lost_create_is_looked_up_then_sent_again(desk: Desk, kind: str) -> None:
    document, customer_id, before = submitted(desk, keyed=True)
    desk.sandbox.fault(kind, times=1, product="books", method="PUT", path=r"/invoices$")
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    assert len(desk.made(customer_id=customer_id)) == before + 1


def calls(desk: Desk, method: str, endpoint: str) -> int:
    return sum(
        int(row["count"])
        for row in desk.sandbox.calls()["by"]
        if row["product"] == "books" and (row["method"], row["endpoint"]) == (method, endpoint)
    )
