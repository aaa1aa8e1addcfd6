"""A translated text shows, in the reader's language; without a catalogue the page says that its words are English."""

import struct
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.factories import make_installation, make_member, signed_in_client

pytestmark = pytest.mark.django_db
PAGE = "/embed/setup/connections/"


def compiled(texts: dict[str, str]) -> bytes:
    """A catalogue as gettext reads it (.mo): a head, two tables of lengths and places, the texts."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    keys, values = ([text.encode() for text in column] for column in zip(*entries, strict=True))
    at, tables = 28 + 16 * len(entries), b""
    for text in [*keys, *values]:
        tables += struct.pack("<II", len(text), at)
        at += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, 0)
    return head + tables + b"".join(text + b"\0" for text in [*keys, *values])


@pytest.fixture
def german(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(compiled({"Connections": "Verbindungen", "Sign out": "Abmelden"}))
    settings.LOCALE_PATHS = [tmp_path]


def page(language: str) -> str:
    """As somebody sees it who chose that language at Zoho."""
    installation = make_installation()
    installation.connections.update(connected_at="2026-11-22T14:05Z")
    return signed_in_client(make_member(installation, language=language)).get(PAGE).content.decode()


def test_a_translated_text_shows_to_who_reads_that_language(german: None) -> None:
    text = page("de_DE")
    assert "<h1>Verbindungen</h1>" in text
    assert "Abmelden" in text
    assert '<html lang="de" dir="ltr">' in text
    assert "22.11.2026" in text


def test_everybody_else_reads_english(german: None) -> None:
    text = page("en_US")
    assert "<h1>Connections</h1>" in text
    assert '<html lang="en" dir="ltr">' in text


@pytest.mark.parametrize(("language", "date"), [("fr_FR", "22/11/2026"), ("de_AT", "22.11.2026"), ("ar_EG", "22")])
def test_without_a_catalogue_words_are_english_and_said_to_be_while_dates_follow_the_reader(
    language: str, date: str
) -> None:
    text = page(language)
    assert "<h1>Connections</h1>" in text
    assert '<html lang="en" dir="ltr">' in text
    assert date in text
