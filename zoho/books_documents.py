"""Invoices, estimates and sales orders of Books and Invoice: the same calls for all three kinds.

Zoho Invoice has no sales orders: it answers "Invalid URL Passed", which is Rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from zoho.bodies import Part
from zoho.books_calls import PAGE, BooksPage, Calls, Lookup, Row, Unique
from zoho.errors import RetryLater

Kind = Literal["invoices", "estimates", "salesorders"]
Status = Literal["sent", "void", "draft", "accepted", "declined", "open"]


@dataclass(frozen=True)
class Names:
    """What Books calls one document of a kind, its id, its number and its statuses that a call can set."""

    one: str
    id: str
    number: str
    statuses: frozenset[str]


DOCUMENTS: dict[Kind, Names] = {
    "invoices": Names("invoice", "invoice_id", "invoice_number", frozenset({"sent", "void", "draft"})),
    "estimates": Names("estimate", "estimate_id", "estimate_number", frozenset({"sent", "accepted", "declined"})),
    "salesorders": Names("salesorder", "salesorder_id", "salesorder_number", frozenset({"open", "void"})),
}


@dataclass(frozen=True)
class Attached:
    """A file that goes with a mail beside the PDF of the document."""

    name: str
    content_type: str
    content: bytes


class Documents(Calls):
    def documents_page(
        self,
        kind: Kind,
        *,
        page: int = 1,
        per_page: int = PAGE,
        sort_column: str | None = None,
        sort_order: str | None = None,
        filters: Mapping[str, Any] | None = None,
        modified_since: datetime | None = None,
    ) -> BooksPage:
        """Rows without lines."""
        return self._list(
            self._path(kind),
            kind,
            page=page,
            per_page=per_page,
            sort_column=sort_column,
            sort_order=sort_order,
            filters=filters,
            modified_since=modified_since,
        )

    def document(self, kind: Kind, document_id: str) -> Row | None:
        return self._read(self._path(kind, document_id), DOCUMENTS[kind].one)

    def document_by_key(self, kind: Kind, unique: Unique) -> Lookup:
        return self._lookup(kind, unique)

    def create_document(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        *,
        send: bool = False,
        unique: Unique | None = None,
        ignore_auto_number: bool = False,
    ) -> Row:
        """A draft, unless `send` mails it at once. `ignore_auto_number` goes with a number of one's own in the body."""
        params = {"send": True if send else None, "ignore_auto_number_generation": True if ignore_auto_number else None}
        return self._create(kind, DOCUMENTS[kind].one, body, unique, params)

    def update_document(self, kind: Kind, document_id: str, body: Mapping[str, Any]) -> Row:
        """`line_items`, if given, replace all lines; left out they stay."""
        return self._write("PUT", self._path(kind, document_id), DOCUMENTS[kind].one, body)

    def delete_document(self, kind: Kind, document_id: str) -> str:
        return self._act("DELETE", self._path(kind, document_id))

    def status(self, kind: Kind, document_id: str, status: Status, reason: str | None = None) -> str:
        """Sets a status without sending mail. Repeating accepted or declined is Rejected (reference, 5.4)."""
        if status not in DOCUMENTS[kind].statuses:
            raise ValueError(f"{kind} have no status {status}")
        return self._act(
            "POST", self._path(kind, document_id, "status", status), {"reason": reason} if reason else None
        )

    def submit(self, kind: Kind, document_id: str) -> str:
        return self._act("POST", self._path(kind, document_id, "submit"))

    def approve(self, kind: Kind, document_id: str) -> str:
        return self._act("POST", self._path(kind, document_id, "approve"))

    def email_content(self, kind: Kind, document_id: str) -> Row:
        """Subject, body (HTML), to_contacts, from_emails: what Books would send, on whichever level it puts them."""
        answer = self.client.request("GET", self._path(kind, document_id, "email"))
        inner = answer.data.get("data")
        return inner if isinstance(inner, dict) else dict(answer.data)

    def email(self, kind: Kind, document_id: str, body: Mapping[str, Any], files: Sequence[Attached] = ()) -> str:
        """Mails the document and marks it sent; without subject and body Books uses its own. `files` go as the
        parameter `attachments`, which all three kinds have; how it repeats is not documented."""
        parts = [Part("attachments", one.name, one.content_type, one.content) for one in files]
        return self._act("POST", self._path(kind, document_id, "email"), body, parts)

    def pdf(self, kind: Kind, document_id: str) -> bytes:
        """The document as PDF. What does not begin as one is RetryLater, whatever status and type say."""
        answer = self.client.request("GET", self._path(kind, document_id), {"accept": "pdf"}, accept="pdf")
        if answer.content.startswith(b"%PDF-"):
            return answer.content
        raise RetryLater(
            "Zoho Books did not answer with a PDF.",
            product=self.product,
            code="not_a_pdf",
            status=answer.status,
            request_id=answer.request_id,
        )

    def comments(self, kind: Kind, document_id: str) -> list[Row]:
        """Comments and history, as Books tells them."""
        return self._page(self.client.request("GET", self._path(kind, document_id, "comments")), "comments").rows

    def add_comment(self, kind: Kind, document_id: str, text: str, *, show_to_client: bool = False) -> str:
        body = {"description": text, "show_comment_to_clients": show_to_client}
        return self._act("POST", self._path(kind, document_id, "comments"), body)

    def invoice_from_salesorder(self, document_id: str) -> Row:
        """The new invoice. Books may make a second one when asked twice: read the order's invoices first."""
        params = {"salesorder_id": document_id}
        return self._write("POST", self._path("invoices", "fromsalesorder"), "invoice", params=params)
