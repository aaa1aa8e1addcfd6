"""Mail, history, attachments and bulk files of documents: the same for all three kinds."""

from __future__ import annotations

import base64

from sandbox.books import documents, envelope, errors, intake, mailing, paper_files, statuses, times
from sandbox.books.document_routes import document_of
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Kind
from sandbox.books.records import Attachment, Comment
from sandbox.books.specs import SPECS
from sandbox.core import Handler, Reply, Request

MOST_PRINTED = 25


def get_email(kind: Kind) -> Handler:
    """Nested under `data` for estimates too (books-api.md 0.3)."""
    return lambda request: envelope.success(data=mailing.content(request.org, document_of(request, kind)))


def send_email(kind: Kind) -> Handler:
    """Subject and body may be left out; the document counts as sent afterwards. With files the call is a form, its JSON
    in JSONString, each file an `attachments` (books-api.md 5.5 names the parameter only)."""
    spoken = {"invoice": "invoice", "estimate": "quote", "salesorder": "sales order"}[kind]

    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        given, files = intake.body(request), request.repeated.get("attachments", [])
        first = mailing.send(request.org, document, given, request.user.user_id, files=files)
        return envelope.success(f"Your {spoken} has been sent.", is_first_email=first)

    return handler


def send_many(kind: Kind) -> Handler:
    spec = SPECS[kind]

    def handler(request: Request) -> Reply:
        org: BooksOrg = request.org
        chosen = _several(request, kind, most=10)
        for document in chosen:
            statuses.check_approved(org, document)
        for document in chosen:
            mailing.send_to_contacts(org, document, request.user.user_id)
        return envelope.success(f"Mail sending is in progress for {len(chosen)} {spec.plural}.")

    return handler


def _several(request: Request, kind: Kind, most: int) -> list[Document]:
    org: BooksOrg = request.org
    ids = intake.id_list(request, f"{kind}_ids", most=most)
    return [org.document(kind, one) for one in dict.fromkeys(ids)]


def files(kind: Kind) -> Handler:
    return lambda request: paper_files.pdf_reply(request.org, _several(request, kind, most=MOST_PRINTED))


def list_comments(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        return envelope.success(comments=[_comment(request.org, document, one) for one in reversed(document.comments)])

    return handler


def _comment(org: BooksOrg, document: Document, comment: Comment) -> dict[str, object]:
    spec = SPECS[document.kind]
    return {
        "comment_id": comment.comment_id,
        spec.id_key: document.document_id,
        "description": comment.description,
        "commented_by_id": comment.by_id,
        "commented_by": comment.by_name,
        "comment_type": comment.comment_type,
        "operation_type": comment.operation_type,
        "date": times.day_of(comment.at, org.profile.time_zone),
        "date_description": "",
        "time": times.clock_time(comment.at, org.profile.time_zone),
        "date_with_time": org.stamp(comment.at),
        "transaction_id": document.document_id,
        "transaction_type": document.kind,
        "show_comment_to_clients": comment.show_to_clients,
    }


def add_comment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        given = intake.body(request)
        words = _words(given)
        seen = intake.flag(given.get("show_comment_to_clients"), "show_comment_to_clients")
        if given.get("payment_expected_date") not in (None, "") and kind == "invoice":
            day = times.parse_day(given["payment_expected_date"], "payment_expected_date")
            document.extra["payment_expected_date"] = day
        comment = documents.note(request.org, document, request.user.user_id, "comment", words)
        comment.comment_type = "internal"
        comment.show_to_clients = seen
        return envelope.success("Comments added.", comment=_comment(request.org, document, comment))

    return handler


def _words(given: intake.Body) -> str:
    words = intake.text(given, "description", 2000)
    if not words:
        raise errors.missing("description")
    return words


def _own_comment(request: Request, document: Document) -> Comment:
    found = next((one for one in document.comments if one.comment_id == request.params["comment_id"]), None)
    if found is None or found.comment_type == "system":
        raise errors.does_not_exist("Comment")
    return found


def update_comment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        comment = _own_comment(request, document)
        comment.description = _words(intake.body(request))
        return envelope.success("Comment updated.", comment=_comment(request.org, document, comment))

    return handler


def delete_comment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        document.comments.remove(_own_comment(request, document))
        return envelope.success("The comment has been deleted.")

    return handler


def add_attachment(kind: Kind) -> Handler:
    """Multipart `attachment`, images and PDF (books-api.md 5.5). The newest stands first."""

    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        upload = request.files.get("attachment")
        if upload is None:
            raise errors.invalid_value("attachment")
        in_mail = intake.query_flag(request, "can_send_in_mail")
        document.attachments = [mailing.attachment(request.org, upload, "attachment", in_mail=in_mail)]
        return _attached(request, document, "Your file has been attached.")

    return handler


def _attached(request: Request, document: Document, message: str) -> Reply:
    document.modified = request.org.now()
    documents.store(request.org, document)
    return envelope.success(message)


def get_attachment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        held = _attachment(document_of(request, kind))
        return Reply(200, raw=base64.b64decode(held.base64), content_type=held.content_type)

    return handler


def _attachment(document: Document) -> Attachment:
    if not document.attachments:
        raise errors.does_not_exist("Attachment")
    return document.attachments[0]


def update_attachment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        if request.query.get("can_send_in_mail", "").lower() not in ("true", "false"):
            raise errors.invalid_value("can_send_in_mail")
        _attachment(document).can_send_in_mail = intake.query_flag(request, "can_send_in_mail")
        return _attached(request, document, SPECS[kind].updated)

    return handler


def delete_attachment(kind: Kind) -> Handler:
    def handler(request: Request) -> Reply:
        document = document_of(request, kind)
        document.attachments.remove(_attachment(document))
        return _attached(request, document, "Your file is no longer attached to the document.")

    return handler
