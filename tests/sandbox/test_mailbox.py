"""The mailbox: what the product's own mails look like, from the files that Django writes in place of sending them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import requests
from django.core.mail import EmailMessage
from pytest_django import Settings

from accounts import mail
from sandbox.testing import Sandbox, running_sandbox
from tests.factories import make_installation

HOSTILE = "<script>alert(1)</script> & \"Sons\" 'Zoë'"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not there before the first mail, as in the demo."""
    return tmp_path_factory.mktemp("mailbox") / "mails"


@pytest.fixture(scope="module")
def box(folder: Path) -> Iterator[Sandbox]:
    with running_sandbox("empty", mail_folder=folder) as sandbox:
        yield sandbox


@pytest.fixture
def sent(folder: Path, settings: Settings) -> Iterator[Path]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(folder)
    yield folder
    for file in folder.glob("*"):
        file.unlink()


def page(box: Sandbox, path: str = "/mailbox/") -> requests.Response:
    return requests.get(box.url + path, timeout=30)


def rows(box: Sandbox) -> list[tuple[str, str]]:
    """(address, subject) of each, as listed."""
    found = re.findall(r'<a href="(/mailbox/\w+)">([^<]*)</a>', page(box).text)
    return [(path, unescape(subject)) for path, subject in found]


@pytest.mark.django_db
def test_an_alert_is_listed_and_read(box: Sandbox, sent: Path) -> None:
    assert "No mail was sent." in page(box).text
    installation = make_installation(bigin_org_name=HOSTILE)
    assert mail.alert(installation, "A sync run waits for your approval", "7 deletions would be made.\nLook at them.")
    [(path, subject)] = rows(box)
    assert subject == f"[{HOSTILE}] A sync run waits for your approval"
    text = page(box, path)
    assert text.status_code == 200
    assert f'<dd id="to">{installation.alert_email}</dd>' in text.text
    assert "7 deletions would be made.\nLook at them.\n" in text.text
    assert "<script" not in text.text + page(box).text
    assert "frame-ancestors 'none'" in text.headers["Content-Security-Policy"]


def test_mails_are_listed_newest_first_and_several_in_one_file_are_told_apart(box: Sandbox, sent: Path) -> None:
    sent.mkdir(exist_ok=True)
    line = "-" * 79
    for number in (1, 2, 3):
        message = EmailMessage(f"Mail {number}", f"One\n{line}\nTwo\n", to=["ada@x.example"], headers={
            "Date": f"Mon, 02 Mar 2026 12:00:0{number} -0000"})  # fmt: skip
        message.send()
    files = sorted(sent.glob("*.log"))
    whole = b"".join(file.read_bytes() for file in files)
    for file in files:
        file.unlink()
    (sent / "20260302-120000-1.log").write_bytes(whole + b"Content-Type: text/plain\nSubject: being written\n\nha")
    assert [subject for _, subject in rows(box)] == ["Mail 3", "Mail 2", "Mail 1"]
    assert "2026-03-02 12:00:03" in page(box).text
    assert f"One\n{line}\nTwo" in page(box, rows(box)[0][0]).text


def test_what_is_no_mail_breaks_nothing(box: Sandbox, sent: Path) -> None:
    sent.mkdir(exist_ok=True)
    (sent / "20260302-120000-1.log").write_bytes(b"\xff\xfe\x00 nothing\n" + b"-" * 79 + b"\n")
    (sent / "20260302-120000-2.log").write_bytes(b"")
    (sent / "secret.txt").write_text("not a mail")
    assert [subject for _, subject in rows(box)] == ["(no subject)"]
    assert page(box, rows(box)[0][0]).status_code == 200
    for path in ("/mailbox/nothing", "/mailbox/..%2Fsecret.txt", "/mailbox/secret.txt"):
        assert page(box, path).status_code == 404
    assert requests.post(f"{box.url}/mailbox/", timeout=30).status_code == 405
    assert box.control("GET", "failures") == {"failures": []}


def test_a_sandbox_without_a_folder_says_so(sandbox: Sandbox) -> None:
    answer = page(sandbox)
    assert answer.status_code == 404
    assert "started without --mail-folder" in answer.text
