"""What the three kinds of documents are called: keys, paths, words. Live words differ from the documents'."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Kind


@dataclass(frozen=True, slots=True)
class Spec:
    """`spoken` is the live wording: estimates are spoken of as quotes (books-api.md 0.3)."""

    kind: Kind
    plural: str
    spoken: str
    report: str
    created: str
    updated: str
    deleted: str

    @property
    def id_key(self) -> str:
        return f"{self.kind}_id"

    @property
    def number_key(self) -> str:
        return f"{self.kind}_number"


SPECS: dict[Kind, Spec] = {
    "invoice": Spec(
        "invoice",
        "invoices",
        "Invoice",
        "Invoices",
        "The invoice has been created.",
        "Invoice information has been updated.",
        "The invoice has been deleted.",
    ),
    "estimate": Spec(
        "estimate",
        "estimates",
        "Quote",
        "Quotes",
        "The quote has been created.",
        "Quote information has been updated.",
        "The quote has been deleted.",
    ),
    "salesorder": Spec(
        "salesorder",
        "salesorders",
        "Sales order",
        "Sales Orders",
        "Sales order has been created.",
        "Sales order information has been updated.",
        "The sales order has been deleted.",
    ),
}


def say(org: BooksOrg, spec: Spec, words: str) -> str:
    """How Books itself spells a sales order is unknown: switch `books_sales_order_wording`."""
    if spec.kind == "salesorder" and org.switch("books_sales_order_wording") == "capitals":
        return words.replace("Sales order", "Sales Order").replace("sales order", "Sales Order")
    return words
