"""Files that go with a mail: which are taken, under which names, once, and what is said of the others."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from invoices.attachments import MOST_BYTES, cleaned_name
from invoices.models import Action, Document, MailFile
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import get, post, sent, standing
from tests.invoices.test_panel import text_of

PDF = b"%PDF-1.7\nwhat we agreed on"
PNG = b"\x89PNG\r\n\x1a\n\x00\x01"


def file(name: str, content: bytes = PDF, kind: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def mail(desk: Desk, document: Document, *files: SimpleUploadedFile, **values: Any) -> Any:
    form = get(desk, document, "email/").context["form"]
    data = {"to": form.initial["to"], "subject": "Your trip", "body": "Here it is.", "attach": "on", **values}
    return post(desk, document, "email/", **data, enclosed=list(files))


def went_out(desk: Desk) -> list[tuple[str, str, bytes]]:
    """Name, type and content of every file beside the PDF in the outbox of the sandbox's Books."""
    files = [one for row in sent(desk) if row["subject"] == "Your trip" for one in row.get("files", [])]
    return [(one["file_name"], one["content_type"], base64.b64decode(one["base64"])) for one in files]


@pytest.mark.parametrize("kind", ["invoice", "estimate", "salesorder"])
def test_files_go_with_the_mail_of_every_kind_of_document_and_nothing_of_them_is_kept(desk: Desk, kind: str) -> None:
    document = standing(desk, kind)
    files = [file("Terms 2026.pdf"), file("Karte.PNG", PNG), file("Terms 2026.pdf", PDF + b"!")]
    assert mail(desk, document, *files).status_code == 302
    assert list(MailFile.objects.order_by("pk").values_list("name", flat=True)) == [str(one.name) for one in files]
    desk.worker.run()
    assert went_out(desk) == [
        ("Terms 2026.pdf", "application/pdf", PDF),
        ("Karte.PNG", "image/png", PNG),
        ("Terms 2026.pdf", "application/pdf", PDF + b"!"),
    ]
    assert sent(desk)[-1]["has_attachment"] is True
    assert Action.objects.get(op="send").state == "done"
    assert not MailFile.objects.exists()


def test_pressed_three_times_it_goes_once_with_its_files_once(desk: Desk) -> None:
    document = standing(desk)
    for _ in range(3):
        assert mail(desk, document, file("a.pdf")).status_code == 302
    assert MailFile.objects.count() == 1
    desk.worker.run()
    assert went_out(desk) == [("a.pdf", "application/pdf", PDF)]
    assert len([one for one in sent(desk) if one["subject"] == "Your trip"]) == 1


@pytest.mark.parametrize("end", ["again", "leave"])
def test_rule_7_5_an_unconfirmed_mail_keeps_its_files_until_a_person_has_decided(desk: Desk, end: str) -> None:
    document = standing(desk)
    desk.sandbox.fault("drop_before", product="books", method="POST", path="/email$")
    mail(desk, document, file("a.pdf"))
    desk.worker.run()
    action = Action.objects.get(op="send")
    assert (action.state, MailFile.objects.count()) == ("unconfirmed", 1)
    post(desk, document, f"action/{action.pk}/", what=end)
    desk.worker.run()
    assert went_out(desk) == ([("a.pdf", "application/pdf", PDF)] if end == "again" else [])
    assert not MailFile.objects.exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file(f"{number}.pdf") for number in range(6)], "At most 5 files."),
        ([file("a.pdf", PDF + b"x" * (MOST_BYTES // 2)), file("b.pdf", PDF + b"x" * (MOST_BYTES // 2))], "10 MB"),
        ([file("a.pdf", PDF + b"x" * (MOST_BYTES + 2 * 1024 * 1024))], "10 MB"),
        ([file("macro.docm", b"PK")], "macro.docm cannot go with the mail"),
        ([file("invoice.pdf.exe", b"MZ")], "invoice.pdf.exe cannot go with the mail"),
        ([file("no-ending", PDF)], "no-ending cannot go with the mail"),
        ([file("page.pdf", b"<html><script>alert(1)</script>")], "page.pdf is not what its name says it is."),
        ([file("nothing.pdf", b"")], "nothing.pdf is empty."),
        ([file("<img src=x onerror=alert(1)>.exe", b"MZ")], "&lt;img src=x onerror=alert(1)&gt;.exe cannot"),
    ],
)
def test_what_cannot_go_is_said_next_to_the_field_and_nothing_is_sent(
    desk: Desk, files: list[SimpleUploadedFile], said: str
) -> None:
    document = standing(desk)
    for one in files:
        one.seek(0)
    answer = mail(desk, document, *files, subject="Keep <this>")
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["enclosed"]
    assert said in text_of(answer) or said in str(answer.context["form"].errors["enclosed"])
    assert "Keep &lt;this&gt;" in text_of(answer)
    assert "<img" not in text_of(answer)
    assert not Action.objects.filter(op="send").exists()
    assert not MailFile.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain.pdf", "plain.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\scan.pdf", "scan.pdf"),
        ("line\r\nBcc: all@example.com.pdf", "lineBcc: all@example.com.pdf"),
        ("gepj.\u202efdp.pdf", "gepj.fdp.pdf"),
        ("\u200b\u0000.pdf", "file.pdf"),
        (".pdf", "file.pdf"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("e\u0301t\u00e9  2026 .pdf", "\u00e9t\u00e9 2026.pdf"),
        ("n" * 300 + ".pdf", "n" * 100 + ".pdf"),
        ("", ""),
    ],
)
def test_names_mean_the_same_to_everybody(given: str, kept: str) -> None:
    assert cleaned_name(given) == kept


def test_hostile_names_arrive_as_they_are_written(desk: Desk) -> None:
    document = standing(desk)
    name = "'><img src=x onerror='alert(1)'>; filename=b \u00e9 %22.pdf"
    mail(desk, document, file(name))
    desk.worker.run()
    [(arrived, _kind, content)] = went_out(desk)
    assert (arrived, content) == (name, PDF)
