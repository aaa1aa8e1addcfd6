"""Forms and documents on their way, in every state, in light, dark and at 320 px; drawn out of what was read before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invoices.drafts import Draft, Line
from invoices.models import Document
from tests.browser import chromium, new_context
from tests.invoices.browser import part
from tests.invoices.panels import CUSTOMER, DEAL, Panel, catalogue, lines, make_panel, on_its_way, open_form
from tests.invoices.test_panel_pictures_browser import Album, open_album

__all__ = ["chromium", "new_context", "open_album"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def path(document: Document) -> str:
    return f"/embed/record/Pipelines/{DEAL}/documents/{document.pk}/"


def a_draft(panel: Panel) -> Draft:
    return Draft(
        kind="invoice", customer_id=CUSTOMER, customer_name=panel.customer, date=timezone.localdate(), currency="EUR",
        base_currency="EUR", lines=lines(3), payment_terms=15,
    )  # fmt: skip


def test_forms(open_album: Callable[[Panel], Album]) -> None:
    album = open_album(panel := make_panel())
    catalogue(panel)

    def take(name: str, draft: Draft, **payload: object) -> None:
        Document.objects.all().delete()
        album.page.goto(f"{album.url}{path(open_form(panel, draft, **payload))}")
        expect(part(album.page, "draft-form")).to_be_visible()
        album.take(name, "form")

    draft = a_draft(panel)
    take("filled", draft, persons=[
        {"id": "1", "name": "Inês Duarte", "email": "ines.duarte@azul-tiles.example"},
        {"id": "2", "name": "", "email": "accounts@azul-tiles.example"},
    ])  # fmt: skip
    take("blank", Draft(kind="estimate", date=timezone.localdate(), lines=(Line(name=""),)))
    take("candidates", replace(draft, customer_id="", customer_name=""), party={"label": panel.company}, candidates=[
        {"id": "7", "label": "Azul Tiles", "why": "the name is nearly the same"},
        {"id": "8", "label": "Azul Ceramics, Lda.", "why": "the same e-mail address"},
    ])  # fmt: skip
    take("foreign-per-line", replace(
        draft, currency="USD", exchange_rate=Decimal("0.92"), discount_type="item_level",
        lines=(Line("A product that Books does not know", product_id="4"), *lines(2)),
    ), notices=["The deal is in EUR, the customer in USD: the prices were converted at Books' rate."])  # fmt: skip
    take("200-lines", replace(draft, lines=lines(200)))
    part(album.page, "save").click()
    assert album.wrong == []


STATES = {
    "queued": {}, "creating": {}, "checking": {}, "refused": {"error": "Items must not be empty."},
    "unconfirmed": {
        "error": "Books did not confirm this document, and we did not find it there.",
        "twins": [{"id": "1", "label": "INV-000044"}, {"id": "2", "label": "INV-000045"}],
    },
}  # fmt: skip


def test_on_the_way_to_books(open_album: Callable[[Panel], Album]) -> None:
    album = open_album(panel := make_panel())
    catalogue(panel)
    for state, values in STATES.items():
        Document.objects.all().delete()
        document = on_its_way(panel, state, **values)  # type: ignore[arg-type]
        album.page.goto(f"{album.url}{path(document)}")
        expect(part(album.page, "draft-form" if state == "refused" else "status-page")).to_be_visible()
        album.take(state, "status")
    assert album.wrong == []
