"""What the form shows live equals what Books then computes, for every kind of tax, discount and currency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoices import bodies, offers
from invoices.drafts import KINDS, DiscountType, Draft, Line, discount_as_percentage, totals
from invoices.models import Catalogue, Document
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal
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


def with_currencies(books: Books) -> None:
    """Beside the seed's two of two decimals: one without decimals, one of three; a customer in each."""
    for code, symbol, precision, rate in (("JPY", "\N{YEN SIGN}", 0, "0.0061"), ("BHD", "BD", 3, "2.4385")):
        body = {"currency_code": code, "currency_symbol": symbol, "price_precision": precision}
        made = books.client.request("POST", "/settings/currencies", json=body).data["currency"]
        rates = {"effective_date": "2026-01-01", "rate": d(rate)}
        books.client.request("POST", f"/settings/currencies/{made['currency_id']}/exchangerates", json=rates)
        books.create_contact(
            {"contact_name": f"In {code}", "contact_type": "customer", "currency_id": made["currency_id"]}
        )


@dataclass(frozen=True)
class Ground:
    """An organisation whose taxes, currencies and items the drawn documents use."""

    desk: Desk
    books: Books
    offer: offers.Offer
    customers: dict[str, dict[str, Any]]  # one for each currency
    items: list[dict[str, Any]]  # each with a tax of its own


percents = st.decimals(0, 100, places=2)


@pytest.fixture
def ground(desk: Desk) -> Ground:
    books = desk.books
    with_taxes(books)
    with_currencies(books)
    offer = offers.refresh(desk.installation, books)
    taxes = sorted(offer.taxes)[:2]
    items = [books.create_item({"name": f"Item {tax}", "rate": d(7), "tax_id": tax}) for tax in taxes]
    rows = [row for row in books.contacts_page().rows if row["status"] == "active"]
    return Ground(desk, books, offer, {row["currency_code"]: row for row in rows}, items)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_live_totals_equal_what_books_computes(ground: Ground, data: st.DataObject) -> None:
    draft = data.draw(drafts(ground))
    sums = totals(draft, ground.offer.taxes)
    if not 0 <= sums.total:
        return
    ground.desk.sandbox.switch(books_plain_discount=data.draw(st.sampled_from(["amount", "percent"])))
    kind = bodies.COLLECTIONS[draft.kind]
    row = ground.books.create_document(kind, bodies.to_books(draft, ground.offer.taxes))
    assert (row["sub_total"], row["tax_total"], row["total"]) == (sums.sub_total, sums.tax_total, sums.total)
    assert row["discount_total"] == sums.discount
    assert {one["tax_id"]: one["tax_amount"] for one in row["taxes"]} == {one.tax_id: one.amount for one in sums.taxes}
    if not draft.inclusive:  # which line of inclusive prices takes a left-over cent is no sum of the document
        assert [line["item_total"] for line in row["line_items"]] == [line.amount for line in sums.lines]
    stored = bodies.from_books(draft.kind, row, draft.base_currency)
    assert bodies.same(draft, stored)
    assert totals(stored, ground.offer.taxes).total == sums.total


def test_every_precision_and_every_shape_of_tax_is_drawn(ground: Ground) -> None:
    assert {code: one.precision for code, one in ground.offer.currencies.items()} == {
        "EUR": 2, "GBP": 2, "JPY": 0, "BHD": 3,
    }  # fmt: skip
    assert ground.customers.keys() == ground.offer.currencies.keys()
    parts = [tax.parts for tax in ground.offer.taxes.values()]
    assert {len(one) for one in parts} == {1, 2}
    assert {part.compound for one in parts if len(one) == 2 for part in one} == {True, False}


@st.composite
def drafts(draw: st.DrawFn, ground: Ground) -> Draft:
    code = draw(st.sampled_from(sorted(ground.customers)))
    currency = ground.offer.currencies[code]
    places = currency.precision
    amounts = st.decimals(0, 5000, places=places)
    taxes = st.sampled_from(["", *sorted(ground.offer.taxes)])
    level: DiscountType = "item_level" if draw(st.booleans()) else "entity_level"
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        line = Line(
            name="x",
            quantity=draw(st.decimals("0.001", 200, places=3)),
            rate=draw(st.one_of(amounts, st.decimals(0, 50, places=6))),
            tax_id=draw(taxes),
        )
        if draw(st.booleans()):  # the tax is left to Books, which takes the item's
            item = draw(st.sampled_from(ground.items))
            line = replace(line, item_id=item["item_id"], tax_id=None, item_tax_id=item["tax_id"])
        if level == "item_level":
            gross = line.quantity * line.rate
            if draw(st.booleans()):
                line = replace(line, discount=draw(percents))
            else:
                off = d(draw(st.integers(0, int(gross * 10**places)))).scaleb(-places)
                line = replace(line, discount=off, discount_is_percent=False)
        lines.append(line)
    draft = Draft(
        draw(st.sampled_from(KINDS)),
        customer_id=ground.customers[code]["contact_id"],
        lines=tuple(lines),
        date=date(2026, 6, 1),
        currency=code,
        base_currency=ground.offer.base_currency,
        exchange_rate=None if currency.is_base else d("1.0825"),
        precision=places,
        discount_type=level,
        discount_before_tax=draw(st.booleans()),
        inclusive=draw(st.booleans()),
        shipping=draw(amounts),
        adjustment=draw(st.decimals(-5, 5, places=places)),
    )
    return draw(with_whole_discount(draft, ground)) if level == "entity_level" else draft


@st.composite
def with_whole_discount(draw: st.DrawFn, draft: Draft, ground: Ground) -> Draft:
    """In per cent, or an amount of at most what the lines come to."""
    if draw(st.booleans()):
        return replace(draft, discount=draw(percents))
    sums = totals(draft, ground.offer.taxes)
    most = sums.sub_total + sums.tax_total if draft.inclusive or not draft.discount_before_tax else sums.sub_total
    off = d(draw(st.integers(0, int(most * 10**draft.precision)))).scaleb(-draft.precision)
    return replace(draft, discount=off, discount_is_percent=False)


@pytest.mark.parametrize("position", ["amount", "percent"])
@pytest.mark.parametrize("after_tax", ["yes", "no"])
def test_rule_6_3_a_discount_of_the_whole_is_read_alike_whatever_a_plain_number_means(
    desk: Desk, position: str, after_tax: str
) -> None:
    """Switch `books_plain_discount`: the amount goes as the percentage that comes to it."""
    deal, _ = linked_deal(desk)
    desk.sandbox.switch(books_plain_discount=position)
    document = desk.new(deal["id"])
    answer = desk.press(
        document, "send", discount_type="entity_level", discount="7", discount_kind="amount",
        discount_before_tax="no" if after_tax == "yes" else "yes",
    )  # fmt: skip
    assert answer.status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.warnings) == ("stands", [])
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert (row["discount_total"], row["total"]) == (7, document.shown_total)
    assert document.actions.filter(op="send").exists()
    here = desk.url(document.record_id, f"documents/{document.pk}/")
    desk.client.post(here + "edit/")
    revision = Document.objects.get(revises=document)
    form = desk.form(revision)
    assert (form["discount"], form["discount_kind"]) == ("7", "amount")
    assert desk.press(revision, "save", discount="8").status_code == 302
    desk.worker.run()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert row["discount_total"] == 8
    desk.client.post(here + "edit/")
    revision = Document.objects.get(revises=document, state="draft")
    assert (desk.form(revision)["discount"], desk.form(revision)["discount_kind"]) == ("8", "amount")


@pytest.mark.parametrize("position", ["amount", "percent"])
def test_rule_6_3_what_books_computes_otherwise_stays_a_draft_until_the_rep_has_seen_it(
    desk: Desk, position: str
) -> None:
    """Taxes that were not read: the form's total lacks them, so nothing is sent; a discount after them is a number."""
    deal, _ = linked_deal(desk)
    desk.sandbox.switch(books_plain_discount=position)
    document = desk.new(deal["id"])
    tax = next(one["tax_id"] for one in desk.books.taxes() if one["tax_percentage"])
    Catalogue.objects.update(taxes=[], seen_at=None)
    answer = desk.press(
        document, "send", discount_type="entity_level", discount="7", discount_kind="amount", discount_before_tax="no",
        **{"lines-0-tax": tax},
    )  # fmt: skip
    assert answer.status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "stands"
    assert document.total != document.shown_total
    assert not document.actions.filter(op="send").exists()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert row["status"] == "draft"
    [warning] = document.warnings
    assert "Check the document before it is sent" in warning


@given(
    discount=st.decimals("0.01", 10**6, places=2),
    more=st.decimals(0, 10**6, places=2),
    quantity=st.integers(1, 1000),
)
def test_a_discount_as_a_percentage_comes_to_the_amount(discount: Decimal, more: Decimal, quantity: int) -> None:
    line = Line("x", quantity=d(quantity), rate=(discount + more) / quantity)
    draft = Draft("invoice", lines=(replace(line, rate=line.rate.quantize(d("0.000001"), "ROUND_UP")),))
    share = discount_as_percentage(replace(draft, discount=discount, discount_is_percent=False), {})
    assert share is not None
    assert totals(replace(draft, discount=share), {}).discount == discount


def test_a_discount_as_a_percentage_has_no_needless_decimals() -> None:
    draft = Draft("invoice", lines=(Line("x", rate=d(200)),), discount_is_percent=False)
    for amount, share in (("20", "10"), ("25", "12.5"), ("0.01", "0.005"), ("200", "100"), ("33.33", "16.665")):
        assert discount_as_percentage(replace(draft, discount=d(amount)), {}) == d(share), amount
    late = replace(draft, discount=d(5), discount_before_tax=False)
    assert discount_as_percentage(late, None) is None
    unknown = replace(late, lines=(Line("x", rate=d(200), tax_id="404"),))
    assert discount_as_percentage(unknown, {}) is None
