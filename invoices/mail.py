"""Composing the e-mail of a document: Books' own recipients, subject and text, changed as the rep likes.

The text is kept in the outbox only until it is sent (rules 8.4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from invoices import bodies, clients
from invoices.attachments import TOO_LARGE, FilesField
from invoices.models import Document
from zoho.books import Row

_BREAKS = re.compile(r"(?i)<br\s*/?>|</(?:p|div|tr|h[1-6]|li)>")
_DROPPED = re.compile(r"(?is)<(script|style|head|title)\b.*?</\1\s*>")
_TAGS = re.compile(r"(?s)<[^>]*>")
MOST_RECIPIENTS = 20


@dataclass(frozen=True)
class Content:
    """`html` is Books' own text; `text` is how a person reads and changes it here."""

    recipients: Sequence[tuple[str, str, bool]]  # address, name, ticked
    subject: str
    html: str
    text: str
    file_name: str


def read(document: Document) -> Content:
    """One call. Raises the errors of `zoho.errors`."""
    with clients.books(document.installation) as books:
        row = books.email_content(bodies.COLLECTIONS[document.kind], document.books_id or "")
    return content_from(row)


def content_from(row: Row) -> Content:
    people = [one for one in row.get("to_contacts") or [] if isinstance(one, dict) and one.get("email")]
    ticked = any(one.get("selected") for one in people)
    html = str(row.get("body") or "")
    return Content(
        recipients=[
            (str(one["email"]), _name(one), bool(one.get("selected")) if ticked else index == 0)
            for index, one in enumerate(people)
        ],
        subject=str(row.get("subject") or ""),
        html=html,
        text=as_text(html),
        file_name=str(row.get("file_name") or ""),
    )


def _name(one: Row) -> str:
    return " ".join(str(one.get(part) or "") for part in ("first_name", "last_name")).strip()


def as_text(html: str) -> str:
    """What a mail says, without its markup."""
    text = _TAGS.sub("", _BREAKS.sub("\n", _DROPPED.sub("", html)))
    lines = [" ".join(line.split()) for line in unescape(text).replace("\r", "").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def as_html(text: str) -> str:
    return "<br>\n".join(escape(line) for line in text.split("\n"))


class MailForm(forms.Form):
    """`to` are the ticked known recipients, `more` further addresses."""

    to = forms.MultipleChoiceField(label=_("To"), required=False, widget=forms.CheckboxSelectMultiple)
    more = forms.CharField(label=_("More recipients"), required=False, max_length=1000)
    cc = forms.CharField(label=_("Copy to"), required=False, max_length=1000)
    subject = forms.CharField(label=_("Subject"), max_length=500)
    body = forms.CharField(label=_("Message"), max_length=20000, widget=forms.Textarea(attrs={"rows": 12}))
    attach = forms.BooleanField(label=_("Attach the PDF"), required=False, initial=True)
    enclosed = FilesField(
        label=_("More files"), help_text=_("At most 5, together 10 MB: PDF and pictures (PNG, JPEG, GIF, BMP).")
    )

    def __init__(self, content: Content, data: Any = None, files: Any = None, *, refused: bool = False) -> None:
        initial = {
            "to": [address for address, _name, ticked in content.recipients if ticked],
            "subject": content.subject,
            "body": content.text,
            "attach": True,
        }
        super().__init__(data, files, initial=initial)
        self.content, self.refused = content, refused
        self.fields["more"].help_text = _("Separate several addresses with commas.")
        self.fields["attach"].help_text = content.file_name
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (address, f"{name} <{address}>" if name else address) for address, name, _ticked in content.recipients
        ]

    def clean_more(self) -> list[str]:
        return _addresses(self.cleaned_data["more"])

    def clean_cc(self) -> list[str]:
        return _addresses(self.cleaned_data["cc"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        everybody = [*cleaned.get("to", []), *(cleaned.get("more") or [])]
        if not everybody and "more" not in self.errors:
            self.add_error("to", _("Choose at least one recipient, or write an address."))
        if len(everybody) > MOST_RECIPIENTS:
            self.add_error("more", _("At most 20 recipients."))
        if self.refused:
            self.add_error("enclosed", TOO_LARGE)
        if "enclosed" not in self.errors:  # what was chosen stays chosen while something else is mended
            self.fields["enclosed"].widget.attrs["hx-preserve"] = "true"
        return cleaned

    def body_for_books(self) -> dict[str, Any]:
        """An unchanged text goes as Books wrote it, with its markup."""
        typed = self.cleaned_data["body"].replace("\r\n", "\n").strip()
        html = self.content.html if typed == self.content.text else as_html(typed)
        mail: dict[str, Any] = {
            "to_mail_ids": list(dict.fromkeys([*self.cleaned_data["to"], *self.cleaned_data["more"]])),
            "subject": self.cleaned_data["subject"],
            "body": html,
        }
        if self.cleaned_data["cc"]:
            mail["cc_mail_ids"] = self.cleaned_data["cc"]
        mail["attach_pdf"] = self.cleaned_data["attach"]
        return mail


def _addresses(text: str) -> list[str]:
    found = [part.strip() for part in re.split(r"[,;\s]+", text) if part.strip()]
    for one in found:
        try:
            validate_email(one)
        except ValidationError:
            raise ValidationError(_("%(address)s is no e-mail address."), params={"address": one}) from None
    return found
