"""What the form shows live equals what Books then computes, for every kind of tax, discount and currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoices import bodies, offers
from invoices.drafts import DiscountType, Draft, Line, totals
from tests.invoices.conftest import Desk
from zoho.books import Books

d = Decimal


def with_taxes(books: Books) -> None:
    """Beside the seed's simple ones: a group, and a group with a compound member."""

    def tax(name: str, percentage: str, kind: str = "tax") -> str:
        body = {"tax_name": name, "tax_percentage": d(percentage), "tax_type": kind}
        answer = books.client.request("POST", "/settings/taxes", json=body)
        return str(answer.data["tax"]["tax_id"])

    federal, city, odd = tax("Federal", "5"), tax("City", "9.975", "compound_tax"), tax("Odd", "8.375")
    for name, members in (("Both", (odd, federal)), ("On top", (federal, city))):
        books.client.request("POST", "/settings/taxgroups", json={"tax_group_name": name, "taxes": ",".join(members)})


amounts = st.decimals(0, 5000, places=2)
percents = st.decimals(0, 100, places=2)


@pytest.fixture
def set_up(desk: Desk) -> tuple[Desk, Books, offers.Offer, list[dict[str, Any]]]:
    books = desk.books
    with_taxes(books)
    customers = [row for row in books.contacts_page().rows if row["status"] == "active"]
    by_currency = {row["currency_code"]: row for row in customers}
    return desk, books, offers.refresh(desk.installation, books), list(by_currency.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_live_totals_equal_what_books_computes(
    set_up: tuple[Desk, Books, offers.Offer, list[dict[str, Any]]], data: st.DataObject
) -> None:
    _desk, books, offer, customers = set_up
    customer = data.draw(st.sampled_from(customers))
    draft = data.draw(drafts(offer, customer))
    sums = totals(draft, offer.taxes)
    if not 0 <= sums.total:
        return
    row = books.create_document("invoices", bodies.to_books(draft))
    assert (row["sub_total"], row["tax_total"], row["total"]) == (sums.sub_total, sums.tax_total, sums.total)
    if not draft.inclusive:  # which line of inclusive prices takes a left-over cent is no sum of the document
        assert [line["item_total"] for line in row["line_items"]] == [line.amount for line in sums.lines]
    stored = bodies.from_books("invoice", row, draft.base_currency)
    assert bodies.same(draft, stored)
    assert totals(stored, offer.taxes).total == sums.total


@st.composite
def drafts(draw: st.DrawFn, offer: offers.Offer, customer: dict[str, Any]) -> Draft:
    currency = offer.currencies[customer["currency_code"]]
    taxes = st.sampled_from(["", *offer.taxes])
    level: DiscountType = "item_level" if draw(st.booleans()) else "entity_level"
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        line = Line(
            name="x",
            quantity=draw(st.decimals("0.001", 200, places=3)),
            rate=draw(amounts),
            tax_id=draw(taxes),
        )
        if level == "item_level":
            gross = line.quantity * line.rate
            if draw(st.booleans()):
                line = replace(line, discount=draw(percents))
            else:
                most = int(gross * 10**currency.precision)
                off = d(draw(st.integers(0, most))).scaleb(-currency.precision)
                line = replace(line, discount=off, discount_is_percent=False)
        lines.append(line)
    return Draft(
        "invoice",
        customer_id=customer["contact_id"],
        lines=tuple(lines),
        date=date(2026, 6, 1),
        currency=currency.code,
        base_currency=offer.base_currency,
        exchange_rate=None if currency.is_base else d("1.0825"),
        precision=currency.precision,
        discount_type=level,
        discount=draw(percents) if level == "entity_level" else d(0),
        discount_before_tax=draw(st.booleans()),
        inclusive=draw(st.booleans()),
        shipping=draw(amounts),
        adjustment=draw(st.decimals(-5, 5, places=2)),
    )


def test_a_number_that_books_reads_otherwise_is_told_before_anything_is_sent(desk: Desk) -> None:
    """Rules 6.3: a plain discount may be read as a percentage (switch `books_plain_discount`)."""
    from tests.invoices.test_from_a_deal import linked_deal  # noqa: PLC0415

    deal, _ = linked_deal(desk)
    for position in ("amount", "percent"):
        desk.sandbox.switch(books_plain_discount=position)
        document = desk.new(deal["id"])
        answer = desk.press(
            document, "send", discount_type="entity_level", bill_again="on",
            discount="7", discount_kind="amount",
        )  # fmt: skip
        assert answer.status_code == 302
        desk.worker.run()
        document.refresh_from_db()
        right = document.total == document.shown_total
        assert document.actions.filter(op="send").exists() is right
        assert bool(document.warnings) is not right
