"""The page of a document in every status that the seed's Books knows, its mail and what it asks: pictures and axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from invoices import bodies, feeds
from invoices.drafts import KINDS, Kind
from invoices.models import Action, Document
from tests.browser import chromium, new_context
from tests.invoices.browser import People, Stage, part, stage
from tests.looks import LOOKS, trouble

__all__ = ["chromium", "new_context", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# How each kind is looked at in its every status.
LOOKS_OF: dict[str, tuple[str, ...]] = {
    "invoice": ("light", "dark"),
    "estimate": ("light", "narrow"),
    "salesorder": ("light",),
}
ACTIONS: dict[str, dict[str, Any]] = {
    "under-way": {"state": "queued"},
    "in-doubt": {"state": "unconfirmed", "error": "Books did not confirm this. Look there, then decide."},
    "refused": {"state": "refused", "error": "The customer has no e-mail address. Add one, or mark it as sent."},
}
Take = Callable[..., None]


def in_every_status(stage: Stage, kinds: Iterable[Kind]) -> dict[str, tuple[str, Document]]:
    """By "kind-status", a document and the company of Bigin whose customer it belongs to."""
    desk, found = stage.desk, dict[str, tuple[str, Document]]()
    free = iter(row["id"] for row in desk.bigin.page("Accounts", ["Account_Name"], page=1).rows)
    companies: dict[str, str] = {}
    for kind in kinds:
        collection = bodies.COLLECTIONS[kind]
        for row in {str(row["status"]): row for row in desk.books.documents_page(collection).rows}.values():
            customer = str(row["customer_id"])
            if customer not in companies:
                companies[customer] = next(free)
                desk.link("company-customer", companies[customer], customer, str(row["customer_name"]))
            feeds.refresh_customer(stage.installation, desk.books, customer, kind)
            document = Document.objects.get(books_id=row[f"{kind}_id"], kind=kind)
            found[f"{kind}-{row['status']}"] = (companies[customer], document)
    return found


def test_documents_in_every_status_and_their_mail(stage: Stage, new_context: People) -> None:
    documents = in_every_status(stage, KINDS)
    assert len(documents) >= 9, sorted(documents)
    page = stage.direct(new_context, "/embed/record/")
    page.set_viewport_size({"width": 1100, "height": 800})
    wrong: list[str] = []

    def take(name: str, looks: tuple[str, ...] = LOOKS) -> None:
        wrong.extend(trouble(page, f"invoices-{name}", looks))

    for name, (company, document) in documents.items():
        page.goto(f"{stage.base_url}{stage.desk.url(company, f'documents/{document.pk}/', 'Accounts')}")
        expect(part(page, "content")).to_be_visible()
        take(f"detail-{name}", LOOKS_OF[document.kind])
    mail(page, take)
    asked(page, documents, stage, take)
    assert wrong == []


def mail(page: Page, take: Take) -> None:
    part(page, "email").click()
    expect(part(page, "mail-form")).to_be_visible()
    chosen = [
        FilePayload(name=f"Itinerary {one}.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7") for one in (1, 2)
    ]
    page.get_by_label("More files").set_input_files(chosen)
    take("mail")
    page.get_by_label("More recipients").fill("nobody")
    page.get_by_label("More files").set_input_files(
        {"name": "macros.docm", "mimeType": "application/octet-stream", "buffer": b"PK"}
    )
    part(page, "send").click()
    expect(page.get_by_text("macros.docm cannot go with the mail").first).to_be_visible()
    take("mail-errors")


def asked(page: Page, documents: dict[str, tuple[str, Document]], stage: Stage, take: Take) -> None:
    """What the page of a document asks, tells and waits for."""
    company, document = next(iter(documents.values()))
    address = f"{stage.base_url}{stage.desk.url(company, f'documents/{document.pk}/', 'Accounts')}"
    for name, values in ACTIONS.items():
        Action.objects.all().delete()
        Action.objects.create(document=document, who="Ada Keller", op="send", **values)
        page.goto(address)
        expect(part(page, name)).to_be_visible()
        take(f"detail-{name}")
    Action.objects.all().delete()
    page.route(re.compile("/content/"), lambda route: route.fulfill(status=503))
    page.goto(address)
    expect(page.get_by_text("Something went wrong on our side")).to_be_visible()
    take("detail-no-answer")
    page.unroute_all()
    Document.objects.filter(pk=document.pk).update(state="gone")
    page.goto(address)
    expect(page.get_by_text("This document was deleted in Books.").first).to_be_visible()
    take("detail-gone")
