"""What the engine stored in English is read in the reader's language."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation
from pytest_django import Settings

from accounts import telling
from accounts.sentences import SENTENCES
from devtools import lint_sentences
from tests.project.test_translation import compiled

GERMAN = {
    "It was deleted in Books.": "In Books gelöscht.",
    "%(message)s Reconnect %(product)s on the settings page.": "%(message)s Verbinden Sie %(product)s neu.",
    "Zoho refuses new tokens for a while.": "Zoho gibt eine Weile keine neuen Schlüssel aus.",
    "%(there)s may have it already: %(names)s.": "%(names)s: vielleicht schon in %(there)s.",
    "same name": "gleicher Name",
    "Pressed Sync Now": "Jetzt synchronisieren gedrückt",
}  # fmt: skip


@pytest.fixture
def german(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(compiled(GERMAN))
    settings.LOCALE_PATHS = [tmp_path]


def told(text: str, language: str = "de") -> str:
    with translation.override(language):
        return telling.told(text)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("It was deleted in Books.", "In Books gelöscht."),
        ("Books may have it already: 'Alpine Huts'.", "'Alpine Huts': vielleicht schon in Books."),
        (
            "Zoho refuses new tokens for a while. Reconnect books on the settings page.",
            "Zoho gibt eine Weile keine neuen Schlüssel aus. Verbinden Sie books neu.",
        ),
        ("It was deleted in Books. Zoho said: no.", "In Books gelöscht. Zoho said: no."),
        ("same name", "gleicher Name"),
        ("Pressed Sync Now", "Jetzt synchronisieren gedrückt"),
        ("Something that nobody gathered.", "Something that nobody gathered."),
        ("", ""),
    ],
)
def test_a_stored_sentence_is_told_in_the_readers_language(german: None, stored: str, said: str) -> None:
    assert told(stored) == said


@pytest.mark.parametrize(
    "name", ["100 %(d)s", "%s %", ".*", "a\nb", "<img src=x onerror=alert(1)>", "It was deleted in Books"]
)
def test_a_hostile_name_in_a_sentence_stays_what_it_is(german: None, name: str) -> None:
    assert told(f"Books may have it already: {name}.") == f"{name}: vielleicht schon in Books."


def test_who_reads_english_reads_what_was_stored(german: None) -> None:
    assert told("It was deleted in Books.", "en-gb") == "It was deleted in Books."


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_recognised_and_without_a_catalogue_stays_as_it_is(sentence: str) -> None:
    text = re.sub(r"%\((\w+)\)s", r"<\1>", sentence).replace("%%", "%") if "%(" in sentence else sentence
    assert telling._known(text, "fr") is not None
    assert told(text, "fr") == text


def test_the_engines_sentences_are_all_gathered(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_sentences.main() == 0, capsys.readouterr().out
    code = """
def f():
    'No docstring is gathered.'
    log.info('Nor is a log line, ever.')
    return f'{one.label} is gathered, as {two!r}.'
"""
    assert list(lint_sentences.sentences(ast.parse(code))) == ["%(label)s is gathered, as %(two)s."]


def test_why_a_connection_is_lost_is_gathered_with_the_subject_of_its_mail() -> None:
    lost = "%(name)s no longer accepts our access. An administrator can press Reconnect to go on; nothing is lost."
    assert {lost, "%(name)s is disconnected"} <= set(SENTENCES)


def test_an_old_list_is_an_error_and_write_renews_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "sentences.py"
    monkeypatch.setattr(lint_sentences, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["lint_sentences"])
    assert lint_sentences.main() == 1
    monkeypatch.setattr(sys, "argv", ["lint_sentences", "--write"])
    assert lint_sentences.main() == 0
    assert target.read_text() == lint_sentences.written()
    subprocess.run([sys.executable, "-m", "py_compile", str(target)], check=True)
