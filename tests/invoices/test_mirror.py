"""The mirror of Books' documents: what changed, what was deleted, what follows from it, and at what price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from invoices import feeds, tasks
from invoices.models import Document, DocumentFeed, TimelineNote
from sync.models import Run
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import standing
from tests.invoices.test_panel import calls, forget
from zoho.books import Books
from zoho.client import Client


def mirrored(desk: Desk, kind: str = "invoice") -> set[str]:
    rows = Document.objects.filter(installation=desk.installation, kind=kind, state="stands")
    return {row for row in rows.values_list("books_id", flat=True) if row}


def test_the_first_read_mirrors_everything_exactly(desk: Desk) -> None:
    feed = feeds.pull(desk.installation, "invoice")
    rows = {row["invoice_id"]: row for row in desk.made()}
    assert mirrored(desk) == set(rows)
    assert feed.complete_at is not None
    for document in Document.objects.filter(kind="invoice"):
        row = rows[document.books_id or ""]
        assert (document.number, document.status, document.total, document.balance) == (
            row["invoice_number"], row["status"], row["total"], row["balance"],
        )  # fmt: skip


def test_an_idle_read_is_one_list_and_changes_nothing(desk: Desk) -> None:
    feeds.pull(desk.installation, "invoice")
    before = list(Document.objects.order_by("pk").values())
    forget(desk)
    feeds.pull(desk.installation, "invoice")
    assert calls(desk) == ["GET /invoices"]
    after = list(Document.objects.order_by("pk").values())
    assert [{**row, "seen_at": None} for row in after] == [{**row, "seen_at": None} for row in before]


@pytest.mark.parametrize("switch", ["honoured", "ignored"])
def test_changes_arrive_whether_the_filter_is_honoured_or_ignored(desk: Desk, switch: str) -> None:
    desk.sandbox.switch(books_estimates_changed_since=switch)
    feeds.pull(desk.installation, "estimate")
    row = next(one for one in desk.made("estimates") if one["status"] == "draft")
    desk.sandbox.advance(300)
    desk.books.update_document("estimates", row["estimate_id"], {"reference_number": "changed there"})
    lines = [{"name": "x", "rate": Decimal(5), "quantity": 1}]
    fresh = desk.books.create_document("estimates", {"customer_id": row["customer_id"], "line_items": lines})
    feed = feeds.pull(desk.installation, "estimate")
    assert feed.incremental is (switch == "honoured")
    assert Document.objects.get(books_id=row["estimate_id"]).reference == "changed there"
    assert Document.objects.get(books_id=fresh["estimate_id"]).total == fresh["total"]
    assert mirrored(desk, "estimate") == {one["estimate_id"] for one in desk.made("estimates")}


def test_what_was_deleted_in_books_disappears_with_the_daily_listing(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    feeds.pull(desk.installation, "invoice")
    gone = next(one for one in desk.made() if one["status"] == "draft")["invoice_id"]
    desk.books.delete_document("invoices", gone)
    feeds.pull(desk.installation, "invoice")
    assert gone in mirrored(desk)
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    feeds.pull(desk.installation, "invoice")
    assert mirrored(desk) == {one["invoice_id"] for one in desk.made()}
    assert Document.objects.get(books_id=gone).state == "gone"


def test_a_customers_list_shows_at_once_what_was_deleted(desk: Desk) -> None:
    rows = desk.made()
    customers = [one["customer_id"] for one in rows]
    row = next(one for one in rows if one["status"] == "draft" and customers.count(one["customer_id"]) > 1)
    feeds.refresh_customer(desk.installation, desk.books, row["customer_id"], "invoice")
    desk.books.delete_document("invoices", row["invoice_id"])
    feeds.refresh_customer(desk.installation, desk.books, row["customer_id"], "invoice")
    assert Document.objects.get(books_id=row["invoice_id"]).state == "gone"


def test_rule_7_6_a_payment_in_books_becomes_a_note_on_the_deal_once(desk: Desk) -> None:
    document = standing(desk)
    desk.books.status("invoices", document.books_id or "", "sent")
    desk.sandbox.advance(300)
    payment = {
        "customer_id": document.customer_id, "payment_mode": "cash", "amount": document.total, "date": "2026-11-22",
        "invoices": [{"invoice_id": document.books_id, "amount_applied": document.total}],
    }  # fmt: skip
    with_all_scopes(desk).client.request("POST", "/customerpayments", json=payment)
    for _ in range(2):
        feeds.pull(desk.installation, "invoice")
        desk.worker.run()
    document.refresh_from_db()
    assert (document.status, document.balance) == ("paid", Decimal(0))
    events = TimelineNote.objects.filter(document=document).values_list("event", "state")
    assert sorted(events) == [("created", "done"), ("paid", "done"), ("sent", "done")]
    notes = [row["Note_Content"] for row in desk.bigin.notes("Pipelines", document.record_id).rows]
    assert sum("is paid" in note for note in notes) == 1


def with_all_scopes(desk: Desk) -> Books:
    """As an accountant in Books itself; our own token may not record payments."""
    secret = desk.sandbox.token()["access_token"]
    base = desk.books.client.base_url
    return Books(Client("books", base, lambda _: secret, organization_id=desk.installation.books_org_id))


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_after", "rate_limited"])
def test_rule_7_6_a_note_whose_answer_is_lost_is_written_once(desk: Desk, fault: str) -> None:
    desk.sandbox.fault(fault, product="bigin", method="POST", path="/Notes$")
    document = standing(desk)
    notes = desk.bigin.notes("Pipelines", document.record_id).rows
    assert len(notes) == 1
    assert TimelineNote.objects.get().state == "done"


def test_rule_7_6_documents_that_were_not_made_from_the_deal_write_no_notes(desk: Desk) -> None:
    feeds.pull(desk.installation, "invoice")
    row = next(one for one in desk.made() if one["status"] == "draft")
    desk.sandbox.advance(300)
    desk.books.status("invoices", row["invoice_id"], "sent")
    feeds.pull(desk.installation, "invoice")
    assert Document.objects.get(books_id=row["invoice_id"]).status in ("sent", "overdue")
    assert not TimelineNote.objects.exists()


def test_a_page_asked_for_before_our_own_write_does_not_bring_the_old_back(desk: Desk) -> None:
    document = standing(desk)
    page = desk.books.documents_page("invoices")
    desk.books.status("invoices", document.books_id or "", "sent")
    from invoices import actions, mirror  # noqa: PLC0415 - the two writers that meet here

    actions.reread(document, desk.books)
    mirror.store(desk.installation, "invoice", page.rows, page.requested_at)
    document.refresh_from_db()
    assert document.status in ("sent", "overdue")


def test_beat_reads_after_each_run_of_the_sync_and_otherwise_once_an_hour(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    tasks.sweep()
    desk.worker.run()
    assert DocumentFeed.objects.filter(complete_at__isnull=False).count() == 3
    tasks.sweep()
    assert desk.worker.jobs == []
    later(timedelta(seconds=30))
    Run.objects.create(installation=desk.installation, trigger="person", state="done", finished_at=timezone.now())
    tasks.sweep()
    assert [job[0] for job in desk.worker.jobs] == ["read_feed"] * 3
    desk.worker.run()
    tasks.sweep()
    assert desk.worker.jobs == []
    later(timedelta(hours=1, seconds=1))
    tasks.sweep()
    assert len(desk.worker.jobs) == 3


def test_a_dead_connection_is_no_conclusion_about_documents(desk: Desk) -> None:
    feeds.pull(desk.installation, "invoice")
    before = mirrored(desk)
    desk.sandbox.fault("error_before", product="books", times=0)
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    feed = feeds.pull(desk.installation, "invoice")
    assert "cannot be reached" in feed.problem
    assert mirrored(desk) == before


def test_zoho_invoice_reads_two_lists(make_desk: Any) -> None:
    make_desk("invoice")
    tasks.sweep()
    assert sorted(DocumentFeed.objects.values_list("kind", flat=True)) == ["estimate", "invoice"]
