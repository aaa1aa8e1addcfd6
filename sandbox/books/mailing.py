"""Mailing documents and statements: what the mail would say, and the outbox where it ends."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import Any

from sandbox.books import document_rows, documents, errors, intake, statuses
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.books.records import Attachment, Contact, Mail, Person
from sandbox.books.specs import SPECS
from sandbox.core import Upload

MOST_RECIPIENTS = 50
TYPES = {
    "gif": "image/gif",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
}
MOST_BYTES = 10 * 1024 * 1024


def subject_of(org: BooksOrg, document: Document) -> str:
    return f"{SPECS[document.kind].spoken} - {document.number} from {org.profile.name}"


def body_of(org: BooksOrg, document: Document) -> str:
    """HTML with the customer's data escaped."""
    name = html.escape(org.customer_name(document.customer_id))
    link = html.escape(document_rows.share_url(org, document))
    spoken = SPECS[document.kind].spoken.lower()
    return (
        f"<p>Dear {name},</p><p>Here is your {spoken} {html.escape(document.number)} "
        f"for {html.escape(documents.amount_words(org, document))}.</p>"
        f'<p><a href="{link}">View the {spoken}</a></p><p>Regards,<br>{html.escape(org.profile.name)}</p>'
    )


def content(org: BooksOrg, document: Document) -> dict[str, Any]:
    """The `data` of `GET /<documents>/{id}/email`."""
    contact = org.contacts.get(document.customer_id)
    persons = contact.persons if contact else []
    file_name = document.number.replace("/", "-")
    return {
        "subject": subject_of(org, document),
        "body": body_of(org, document),
        "to_contacts": [_to_contact(document, person) for person in persons if person.email],
        "from_emails": [_from_email(org)],
        "from_email": org.profile.email,
        "from_address": "",
        "emailtemplates": [
            {"selected": True, "name": "Default", "email_template_id": f"{org.profile.id_prefix}000000000071"}
        ],
        "emailtemplate_documents": [],
        "file_name": f"{file_name}.pdf",
        "file_name_without_extension": file_name,
        "attach_pdf": True,
        "attachment_name": "",
        "documents": "",
        "customer_id": document.customer_id,
        "customer_name": org.customer_name(document.customer_id),
        "entity_id": document.document_id,
        "bcc_mails": [],
        "bcc_mails_str": "",
        "cc_mails_list": [],
        "cc_mails_str": "",
        "to_mails_str": "",
        "gateways_configured": False,
        "gateways_associated": False,
        "deprecated_placeholders_used": [],
        "error_list": [],
    }


def _to_contact(document: Document, person: Person) -> dict[str, Any]:
    selected = person.contact_person_id in document.person_ids if document.person_ids else person.is_primary
    return {
        "contact_person_id": person.contact_person_id,
        "salutation": person.salutation,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "selected": selected,
    }


def _from_email(org: BooksOrg) -> dict[str, Any]:
    return {
        "user_name": org.profile.name,
        "selected": True,
        "email": org.profile.email,
        "organization_contact_id": f"{org.profile.id_prefix}000000000081",
        "is_org_email_id": True,
    }


def attachment(org: BooksOrg, upload: Upload, name: str, *, in_mail: bool) -> Attachment:
    """Images and PDF up to 10 MB (books-api.md 5.5); refused under the parameter's name."""
    ending = upload.filename.rpartition(".")[2].lower()
    if ending not in TYPES or len(upload.content) > MOST_BYTES or len(upload.filename) > 255:
        raise errors.invalid_value(name)
    content = base64.b64encode(upload.content).decode("ascii")
    return Attachment(org.new_id(), upload.filename, TYPES[ending], content, in_mail)


def send(
    org: BooksOrg,
    document: Document,
    given: intake.Body,
    user_id: str,
    kind: str = "document",
    files: Sequence[Upload] = (),
) -> bool:
    """Puts the mail into the outbox and marks the document sent. True if it was the first mail of this document."""
    recipients = addresses(given, "to_mail_ids")
    if not recipients:
        raise errors.missing("to_mail_ids")
    copies = addresses(given, "cc_mail_ids")
    words = intake.text(given, "subject", 1000) or subject_of(org, document)
    text = intake.text(given, "body", 100_000) or body_of(org, document)
    attached = intake.flag(given.get("attach_pdf", True), "attach_pdf")
    more = [attachment(org, one, "attachments", in_mail=True) for one in files]
    statuses.emailed(org, document, user_id)
    first = not document.is_emailed
    document.is_emailed = True
    file_name = f"{document.number.replace('/', '-')}.pdf"
    org.outbox.append(
        Mail(
            org.new_id(),
            org.now(),
            recipients,
            words,
            text,
            cc=copies,
            kind=kind,
            document_id=document.document_id,
            customer_id=document.customer_id,
            file_name=file_name,
            has_attachment=attached,
            files=more,
        )
    )
    document.modified = org.now()
    documents.store(org, document)
    documents.note(
        org, document, user_id, "emailed", f"{SPECS[document.kind].spoken} emailed to {', '.join(recipients)}"
    )
    return first


def addresses(given: intake.Body, name: str) -> list[str]:
    found = intake.texts_in(given, name, MOST_RECIPIENTS)
    if not all(intake.ADDRESS.match(one) for one in found):
        raise errors.invalid_value(name)
    return found


def recipients_of(org: BooksOrg, document: Document) -> list[str]:
    contact, chosen = document_rows.chosen_persons(org, document)
    primary = contact.primary() if contact else None
    persons = chosen or ([primary] if primary else [])
    return [person.email for person in persons if person.email][:MOST_RECIPIENTS]


def send_to_contacts(org: BooksOrg, document: Document, user_id: str, subject: str = "", body: str = "") -> bool:
    """False, and nothing is sent, when no person of the customer has an address."""
    recipients = recipients_of(org, document)
    if not recipients:
        return False
    send(org, document, {"to_mail_ids": recipients, "subject": subject, "body": body}, user_id)
    return True


def check_reminder(document: Document) -> None:
    """Raises unless something is owed."""
    if document.state != "sent" or document.balance <= 0:
        raise errors.BooksError(400, 4, "Reminders can be sent for unpaid invoices only.")


def remind(org: BooksOrg, document: Document, given: intake.Body, user_id: str) -> None:
    check_reminder(document)
    filled = {"to_mail_ids": recipients_of(org, document), "subject": f"Payment of {document.number} is due", **given}
    send(org, document, filled, user_id, "reminder")
    document.reminders_sent += 1
    document.last_reminder = org.today()


def mail_contact(org: BooksOrg, contact: Contact, given: intake.Body, kind: str) -> None:
    recipients = addresses(given, "to_mail_ids")
    if not recipients:
        raise errors.missing("to_mail_ids")
    words = intake.text(given, "subject", 1000) or f"Statement of {contact.contact_name}"
    text = intake.text(given, "body", 100_000)
    org.outbox.append(Mail(org.new_id(), org.now(), recipients, words, text, kind=kind, customer_id=contact.contact_id))
