"""The whole list of documents, read in pieces: stopped anywhere, it goes on where it was and misses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from invoices import feeds
from invoices.models import Document, DocumentFeed
from tests.invoices.conftest import Desk
from tests.invoices.test_mirror import mirrored
from zoho.books import Books, BooksPage
from zoho.errors import RetryLater


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pages of five; the numbers of those that are asked for."""
    asked: list[int] = []
    real = Books.documents_page

    def recorded(books: Books, kind: Any, **wish: Any) -> BooksPage:
        if wish.get("sort_column") == "created_time":
            asked.append(wish["page"])
        return real(books, kind, **wish)

    monkeypatch.setattr(feeds, "PER_PAGE", 5)
    monkeypatch.setattr(Books, "documents_page", recorded)
    return asked


@pytest.fixture
def before_page(monkeypatch: pytest.MonkeyPatch, pages: list[int]) -> Callable[[int, Callable[[], object]], None]:
    """Does something once, right before that page is asked for."""

    def arrange(number: int, what: Callable[[], object]) -> None:
        real = Books.documents_page
        done: list[int] = []

        def intercepted(books: Books, kind: Any, **wish: Any) -> BooksPage:
            if wish.get("page") == number and not done:
                done.append(number)
                what()
            return real(books, kind, **wish)

        monkeypatch.setattr(Books, "documents_page", intercepted)

    return arrange


def out_of_reach() -> None:
    raise RetryLater("Books is down.", product="books", code="connection")


def drafts_made(desk: Desk, number: int) -> list[str]:
    """So many fresh invoices, a second apart; drafts, which Books deletes."""
    customer = next(row for row in desk.books.contacts_page().rows if row["status"] == "active")
    body = {"customer_id": customer["contact_id"], "line_items": [{"name": "x", "rate": Decimal(5), "quantity": 1}]}
    ids = []
    for _ in range(number):
        desk.sandbox.advance(1)
        ids.append(desk.books.create_document("invoices", body)["invoice_id"])
    return ids


def there(desk: Desk) -> set[str]:
    return {row["invoice_id"] for row in desk.made()}


def test_a_listing_that_was_stopped_goes_on_where_it_was(
    desk: Desk, pages: list[int], before_page: Callable[[int, Callable[[], object]], None]
) -> None:
    before_page(4, out_of_reach)
    feed = feeds.pull(desk.installation, "invoice")
    assert "cannot be reached" in feed.problem
    assert (feed.complete_at, feed.listing["page"], len(mirrored(desk))) == (None, 3, 15)
    first = list(pages)
    feed = feeds.pull(desk.installation, "invoice")
    assert (first, pages[len(first) :][:2]) == ([1, 2, 3], [3, 4])
    assert (feed.problem, feed.listing) == ("", {})
    assert feed.complete_at is not None
    assert mirrored(desk) == there(desk)


@pytest.mark.parametrize("deleted", [1, 7, 12])
def test_deletions_while_it_was_stopped_hide_nothing(
    desk: Desk, pages: list[int], before_page: Callable[[int, Callable[[], object]], None], deleted: int
) -> None:
    """Those that were read already move all others forward, over the page at which it stopped."""
    fresh = drafts_made(desk, 12)
    old = [row["invoice_id"] for row in desk.made() if row["invoice_id"] not in fresh]
    after = drafts_made(desk, 8)
    reached = (len(old) + len(fresh)) // 5
    before_page(reached + 1, out_of_reach)
    feeds.pull(desk.installation, "invoice")
    assert len(mirrored(desk)) == reached * 5
    for one in fresh[:deleted]:
        desk.books.delete_document("invoices", one)
    feed = feeds.pull(desk.installation, "invoice")
    assert feed.complete_at is not None
    assert mirrored(desk) >= there(desk) >= set(after)
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    feeds.pull(desk.installation, "invoice")
    assert mirrored(desk) == there(desk)


def test_a_deletion_between_two_pages_takes_nothing_else_out_of_the_mirror(
    desk: Desk, pages: list[int], before_page: Callable[[int, Callable[[], object]], None]
) -> None:
    early = drafts_made(desk, 1)[0]
    drafts_made(desk, 6)
    feeds.pull(desk.installation, "invoice")
    number = (len(there(desk)) - 6) // 5 + 1
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    before_page(number + 1, lambda: desk.books.delete_document("invoices", early))
    pages.clear()
    feeds.pull(desk.installation, "invoice")
    assert number + 1 in pages
    assert mirrored(desk) - {early} == there(desk)
    assert not Document.objects.filter(state="gone").exclude(books_id=early).exists()


def test_a_long_listing_makes_way_before_its_worker_is_stopped(
    desk: Desk, pages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LONGEST", timedelta(0))
    feed = feeds.pull(desk.installation, "invoice")
    assert (feed.complete_at, feed.claimed_at, feed.listing["page"]) == (None, None, 1)
    assert feed.due_at <= timezone.now()
    reads = 1
    while feed.complete_at is None:
        feed = feeds.pull(desk.installation, "invoice")
        reads += 1
        assert reads < 100
    assert reads == len(there(desk)) // 5 + 1 - (len(there(desk)) % 5 == 0)
    assert mirrored(desk) == there(desk)
    assert feed.due_at > timezone.now()


def test_a_listing_keeps_its_claim_while_it_reads(desk: Desk, pages: list[int]) -> None:
    feeds.ensure_feeds()
    DocumentFeed.objects.update(claimed_at=timezone.now() - feeds.ABANDONED + timedelta(seconds=1))
    held: list[Any] = []
    real = feeds._page

    def seen(*args: Any) -> BooksPage:
        held.append(DocumentFeed.objects.get(kind="invoice").claimed_at)
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feeds, "_page", seen)
        feeds.read(DocumentFeed.objects.get(kind="invoice"))
    assert held[0] < held[1] < held[-1]


def test_many_that_vanished_are_asked_for_a_few_in_each_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_ASKED", 3)
    fresh = drafts_made(desk, 5)
    feeds.pull(desk.installation, "invoice")
    for one in fresh:
        desk.books.delete_document("invoices", one)
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    feeds.pull(desk.installation, "invoice")
    assert len(mirrored(desk) - there(desk)) == 2
    feeds.pull(desk.installation, "invoice")
    assert mirrored(desk) == there(desk)


# An answer that lacks what stands


def empty_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 200 without a row, as a filter or a permission that went wrong gives it."""
    real = Books.documents_page

    def emptied(books: Books, kind: Any, **wish: Any) -> BooksPage:
        return replace(real(books, kind, **wish), rows=[], more=False)

    monkeypatch.setattr(Books, "documents_page", emptied)


def test_rule_1_6_an_empty_list_is_no_conclusion_about_documents(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds.pull(desk.installation, "invoice")
    before = mirrored(desk)
    DocumentFeed.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    empty_list(desk, monkeypatch)
    feeds.pull(desk.installation, "invoice")
    assert mirrored(desk) == before


def test_rule_1_6_an_empty_list_of_a_customer_is_no_conclusion_and_the_feed_looks_soon(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.pull(desk.installation, "invoice")
    before = mirrored(desk)
    draft = next(row for row in desk.made() if row["status"] == "draft")
    desk.books.delete_document("invoices", draft["invoice_id"])
    with monkeypatch.context() as patch:
        empty_list(desk, patch)
        feeds.refresh_customer(desk.installation, desk.books, draft["customer_id"], "invoice")
    assert mirrored(desk) == before
    [feed] = feeds.due(timezone.now())
    feeds.read(feed)
    assert mirrored(desk) == there(desk) == before - {draft["invoice_id"]}
