"""Documents of Books and Invoice against a scripted server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.zoho.books_answers import DONE, calls, ok
from tests.zoho.conftest import MakeClient
from tests.zoho.scripted import Reply, Scripted
from zoho.books import Books, Kind
from zoho.errors import Rejected, RetryLater


@pytest.fixture
def books(make_client: MakeClient) -> Books:
    return Books(make_client())


@pytest.mark.parametrize(
    ("kind", "one"), [("invoices", "invoice"), ("estimates", "estimate"), ("salesorders", "salesorder")]
)
def test_documents_of_every_kind(server: Scripted, books: Books, kind: Kind, one: str) -> None:
    made = ok(201, **{one: {f"{one}_id": "5"}})
    server.script(made, made, made, made, DONE)
    books.create_document(kind, {"customer_id": "1"})
    books.create_document(kind, {"customer_id": "1"}, send=True, ignore_auto_number=True)
    assert books.document(kind, "5") == {f"{one}_id": "5"}
    assert books.update_document(kind, "5", {"notes": "x"}) == {f"{one}_id": "5"}
    books.delete_document(kind, "5")
    assert calls(server) == [
        ("POST", f"/{kind}"), ("POST", f"/{kind}"), ("GET", f"/{kind}/5"), ("PUT", f"/{kind}/5"),
        ("DELETE", f"/{kind}/5"),
    ]  # fmt: skip
    assert server.seen[0].query == {"organization_id": "700"}
    assert server.seen[1].query == {"send": "true", "ignore_auto_number_generation": "true", "organization_id": "700"}


def test_statuses(server: Scripted, books: Books) -> None:
    server.script(*[DONE] * 6)
    books.status("invoices", "5", "sent")
    books.status("estimates", "5", "accepted")
    books.status("salesorders", "5", "open")
    books.status("salesorders", "5", "void", "twice ordered")
    books.submit("invoices", "5")
    books.approve("invoices", "5")
    assert [(path, seen.body) for (_, path), seen in zip(calls(server), server.seen, strict=True)] == [
        ("/invoices/5/status/sent", b""), ("/estimates/5/status/accepted", b""), ("/salesorders/5/status/open", b""),
        ("/salesorders/5/status/void", b'{"reason":"twice ordered"}'), ("/invoices/5/submit", b""),
        ("/invoices/5/approve", b""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status"),
    [("estimates", "draft"), ("estimates", "void"), ("invoices", "accepted"), ("salesorders", "sent")],
)
def test_a_status_that_a_kind_does_not_know_is_refused(books: Books, kind: Kind, status: Any) -> None:
    with pytest.raises(ValueError, match="no status"):
        books.status(kind, "5", status)


@pytest.mark.parametrize("body", [{"data": {"subject": "Hi"}}, {"subject": "Hi"}])
def test_mail(server: Scripted, books: Books, body: dict[str, Any]) -> None:
    server.script(ok(**body), DONE)
    assert books.email_content("estimates", "5")["subject"] == "Hi"
    assert books.email("estimates", "5", {"to_mail_ids": ["a@example.com"]}) == "Done."
    assert calls(server) == [("GET", "/estimates/5/email"), ("POST", "/estimates/5/email")]


def test_a_pdf(server: Scripted, books: Books) -> None:
    server.script(Reply(200, b"%PDF-1.7\n\x00\xff", {"Content-Type": "application/pdf"}))
    assert books.pdf("invoices", "5") == b"%PDF-1.7\n\x00\xff"
    assert server.seen[0].query == {"accept": "pdf", "organization_id": "700"}


@pytest.mark.parametrize(("reply", "kind"), [
    (Reply(200, b"<html>", {"Content-Type": "application/pdf"}), RetryLater),
    (Reply(200, b"", {"Content-Type": "application/pdf"}), RetryLater),
    (Reply(200, {"code": 1002, "message": "Invoice does not exist."}), Rejected),
    (Reply(404, {"code": 1002, "message": "Invoice does not exist."}), Rejected),
])  # fmt: skip
def test_what_is_no_pdf_is_never_handed_on(server: Scripted, books: Books, reply: Reply, kind: type[Exception]) -> None:
    server.script(reply)
    with pytest.raises(kind):
        books.pdf("invoices", "5")


def test_comments(server: Scripted, books: Books) -> None:
    server.script(ok(comments=[{"comment_id": "1"}]), DONE)
    assert books.comments("invoices", "5") == [{"comment_id": "1"}]
    books.add_comment("invoices", "5", "by Ann")
    assert server.seen[1].json == {"description": "by Ann", "show_comment_to_clients": False}


def test_a_sales_order_becomes_an_invoice_without_a_body(server: Scripted, books: Books) -> None:
    server.script(ok(201, invoice={"invoice_id": "8"}))
    assert books.invoice_from_salesorder("5") == {"invoice_id": "8"}
    assert (server.seen[0].query, server.seen[0].body) == ({"salesorder_id": "5", "organization_id": "700"}, b"")
