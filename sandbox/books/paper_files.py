"""Documents as files: a real PDF, and HTML. Attachments that clients upload are in extras_routes.py."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.books import contact_rows, money
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.books.specs import SPECS
from sandbox.core import Reply

if TYPE_CHECKING:
    from fpdf import FPDF

TITLES = {"invoice": "INVOICE", "estimate": "QUOTE", "salesorder": "SALES ORDER"}


def pdf_reply(org: BooksOrg, papers: list[Document]) -> Reply:
    name = f"{papers[0].number.replace('/', '-')}.pdf" if len(papers) == 1 else f"{SPECS[papers[0].kind].plural}.pdf"
    safe = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-._"))
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Reply(200, raw=pdf(org, papers), content_type="application/pdf", headers=headers)


def _latin(text: str) -> str:
    """The PDF's built-in fonts know Latin-1 only; what they lack becomes a question mark."""
    flat = " ".join(text.split())
    return flat.encode("latin-1", "replace").decode("latin-1")


def pdf(org: BooksOrg, papers: list[Document]) -> bytes:
    from fpdf import FPDF  # noqa: PLC0415 - costs a second of every start, and few runs draw a PDF

    sheet = FPDF(format="A4")
    sheet.set_creation_date(datetime.fromtimestamp(org.now(), UTC))
    sheet.set_title(_latin(f"{TITLES[papers[0].kind]} {papers[0].number}"))
    for paper in papers:
        sheet.add_page()
        _head(sheet, org, paper)
        _lines(sheet, org, paper)
        _sums(sheet, org, paper)
    return bytes(sheet.output())


def _head(sheet: FPDF, org: BooksOrg, paper: Document) -> None:
    sheet.set_font("Helvetica", "B", 16)
    sheet.cell(0, 10, _latin(org.profile.name)[:80], new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("Helvetica", "B", 13)
    sheet.cell(0, 8, _latin(f"{TITLES[paper.kind]}  {paper.number}")[:100], new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("Helvetica", "", 10)
    due = paper.due_date or paper.expiry_date or paper.shipment_date
    facts = [f"Date: {paper.date}", f"Due: {due}" if due else "", f"Reference: {paper.reference_number}"]
    customer = [org.customer_name(paper.customer_id), paper.billing.address, paper.billing.city, paper.billing.country]
    for text in [*facts, "", *customer]:
        if text and not text.endswith(": "):
            sheet.cell(0, 6, _latin(text)[:110], new_x="LMARGIN", new_y="NEXT")
    sheet.ln(4)


def _lines(sheet: FPDF, org: BooksOrg, paper: Document) -> None:
    sheet.set_font("Helvetica", "B", 10)
    _columns(sheet, "Item", "Quantity", "Rate", "Amount")
    sheet.set_font("Helvetica", "", 10)
    for line in paper.lines:
        name = line.name or line.description
        _columns(
            sheet,
            name,
            money.plain(line.quantity),
            _amount(org, paper, line.rate),
            _amount(org, paper, line.item_total),
        )


def _columns(sheet: FPDF, name: str, quantity: str, rate: str, amount: str) -> None:
    sheet.cell(90, 7, _latin(name)[:50], border="B")
    sheet.cell(25, 7, _latin(quantity)[:14], border="B", align="R")
    sheet.cell(35, 7, _latin(rate)[:20], border="B", align="R")
    sheet.cell(40, 7, _latin(amount)[:22], border="B", align="R", new_x="LMARGIN", new_y="NEXT")


def _amount(org: BooksOrg, paper: Document, value: object) -> str:
    currency = org.currency(paper.currency_id)
    amount = money.number(str(value), "amount")
    return f"{currency.code} {money.rounded(amount, currency.price_precision):,}"


def _sums(sheet: FPDF, org: BooksOrg, paper: Document) -> None:
    totals = paper.totals
    rows = [("Sub total", totals.sub_total), ("Discount", -totals.discount_total)]
    rows += [(f"{tax.name} {money.plain(tax.percentage)}%", tax.amount) for tax in totals.taxes]
    rows += [("Shipping", paper.shipping_charge), (paper.adjustment_description or "Adjustment", paper.adjustment)]
    rows = [(name, amount) for name, amount in rows if amount]
    sheet.ln(2)
    for name, amount in [*rows, ("Total", totals.total)]:
        sheet.set_font("Helvetica", "B" if name == "Total" else "", 10)
        sheet.cell(150, 7, _latin(name)[:60], align="R")
        sheet.cell(40, 7, _latin(_amount(org, paper, amount))[:22], align="R", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("Helvetica", "", 9)
    for text in (paper.notes, paper.terms):
        if text:
            sheet.ln(3)
            sheet.multi_cell(0, 5, _latin(text)[:3000], new_x="LMARGIN", new_y="NEXT")


def html_reply(org: BooksOrg, paper: Document) -> Reply:
    rows = "".join(
        f"<tr><td>{html.escape(line.name or line.description)}</td><td>{money.plain(line.quantity)}</td>"
        f"<td>{_amount(org, paper, line.rate)}</td><td>{_amount(org, paper, line.item_total)}</td></tr>"
        for line in paper.lines
    )
    customer = html.escape(org.customer_name(paper.customer_id))
    address = html.escape(", ".join(filter(None, map(str, contact_rows.address(paper.billing).values()))))
    page = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(paper.number)}</title></head>"
        f"<body><h1>{html.escape(org.profile.name)}</h1><h2>{TITLES[paper.kind]} {html.escape(paper.number)}</h2>"
        f"<p>{customer}</p><p>{address}</p><table>{rows}</table>"
        f"<p>Total {_amount(org, paper, paper.totals.total)}</p></body></html>"
    )
    return Reply(200, raw=page.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")
