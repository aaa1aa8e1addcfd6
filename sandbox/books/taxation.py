"""Which taxes a line gets: the item's, the customer's, groups, exemptions, reverse charge. The sums are totals.py's."""

from __future__ import annotations

from sandbox.books import intake
from sandbox.books.errors import invalid_value
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.books.records import Contact, Item, Tax
from sandbox.books.totals import Rules, TaxPart, compute


def line_tax(org: BooksOrg, customer: Contact, item: Item | None, given: intake.Body) -> str:
    """A given tax counts, an absent one comes from the item, then from the customer; exempt ones get none."""
    if not customer.is_taxable or (item is not None and not item.is_taxable):
        return ""
    if "tax_id" in given:
        tax_id = intake.id_text(given["tax_id"], "tax_id")
        if tax_id and org.tax(tax_id) is None:
            raise invalid_value("tax_id")
        return tax_id
    if item is not None and item.tax_id:
        return item.tax_id
    return customer.tax_id


def rules(org: BooksOrg, document: Document) -> Rules:
    return Rules(
        precision=org.currency(document.currency_id).price_precision,
        parts_of=lambda tax_id: parts(org, tax_id),
        rounds_each_line=org.switch("books_tax_rounding") == "item_level",
    )


def parts(org: BooksOrg, tax_id: str) -> tuple[TaxPart, ...]:
    """A group's plain taxes come first, so that compound ones are charged on top of them."""
    tax = org.tax(tax_id) if tax_id else None
    if tax is None:
        return ()
    members = [member for member in (org.tax(one) for one in tax.members) if member] or [tax]
    members.sort(key=lambda member: member.tax_type == "compound_tax")
    return tuple(_part(member) for member in members)


def _part(tax: Tax) -> TaxPart:
    return TaxPart(tax.tax_id, tax.name, tax.percentage, tax.tax_type == "compound_tax")


def sum_up(org: BooksOrg, document: Document) -> None:
    document.totals = compute(document, rules(org, document))
