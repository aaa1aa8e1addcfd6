"""Every text of the screens can be translated: none stands bare in a template, and makemessages does not complain."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Names, and what is no word.
NAMES = {"Bigin", "Zoho Books", "Zoho Invoice"}
_SELECTORS = re.compile(r"(#[\w-]+,?)+")
_TAGS = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.S)
_BLOCKS = re.compile(r"\{% blocktranslate\b.*?\{% endblocktranslate %\}", re.S)
_CLASSES = re.compile(r"\{% block page_class %\}.*?\{% endblock %\}", re.S)
_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
CUT = "\N{SYMBOL FOR NULL}"  # stands where code was
_SPOKEN = {"aria-label", "title", "alt", "placeholder", "data-confirm", "data-announce", "data-label"}


class Bare(HTMLParser):
    """Collects words outside of tags, and in attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._note(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _SPOKEN:
                self._note(value or "")

    def _note(self, text: str) -> None:
        for piece in text.split(CUT):
            plain = " ".join(piece.split())
            if re.search(r"[A-Za-z]{2}", plain) and plain not in NAMES and not _SELECTORS.fullmatch(plain):
                self.found.append(plain)


def bare_words(text: str) -> list[str]:
    parser = Bare()
    for pattern in (_TAGS, _CLASSES, _BLOCKS, _CODE):
        text = pattern.sub(CUT, text)
    parser.feed(text)
    return parser.found


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_word_stands_bare(template: Path) -> None:
    assert bare_words(template.read_text(encoding="utf-8")) == []


def test_a_bare_word_would_be_found() -> None:
    text = '<p>{% translate "x" %} Hello</p>{{ y }}<i title="There"></i>{% blocktranslate %}no{% endblocktranslate %}'
    assert bare_words(text) == ["Hello", "There"]
    assert bare_words("{% if a %}Bigin{% else %}Mine{% endif %}") == ["Mine"]


# Sentences of Python code that no page shows: errors whose words come from a table when a person sees them, what an
# operator or a programmer reads. What the engine stores with a row (why an issue, a write or a link is as it is) is
# gathered in accounts/sentences.py and told in the reader's language: tests/project/test_telling.py.
NOT_SHOWN = ("accounts/checks.py", "accounts/management/", "invoices/checks.py", "invoices/api/", "bigin_books/env.py")
ERRORS = {"Unauthorised", "RetryLater", "RateLimited", "Rejected", "UnknownOutcome", "FileNotFoundError"}
ERRORS |= {"ImproperlyConfigured", "UnknownDataCentre"}
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
SCREENS = ("accounts", "invoices", "bigin_books", "sync/views", "sync/queries", "sync/templatetags")
_SENTENCE = re.compile(r"[A-Z\u201c][^<>{}]*\s\S+\s\S.*[.?!:]", re.S)
MODULES = [
    path
    for screen in SCREENS
    for path in sorted((ROOT / screen).rglob("*.py"))
    if "migrations" not in path.parts and not str(path.relative_to(ROOT)).startswith(NOT_SHOWN)
]


def _logs(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "log"


def bare_sentences(node: ast.AST) -> Iterator[str]:
    """Sentences in code that are neither translated nor a docstring, a log line or an error for us."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in TRANSLATED | ERRORS or _logs(node.func):
            return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SENTENCE.fullmatch(node.value.strip()):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from bare_sentences(child)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_of_the_code_is_left_untranslated(module: Path) -> None:
    assert list(bare_sentences(ast.parse(module.read_text(encoding="utf-8")))) == []


def test_a_sentence_left_untranslated_would_be_found() -> None:
    code = """
def told():
    "This is a docstring of some words."
    log.info("This goes to the log only.")
    raise Rejected("Zoho says no to this.")
    messages.error(request, "This would be read by somebody.")
    return _("This is fine as it is."), "This was forgotten by somebody."
"""
    found = list(bare_sentences(ast.parse(code)))
    assert found == ["This would be read by somebody.", "This was forgotten by somebody."]


def test_makemessages_is_clean(tmp_path: Path) -> None:
    """In a copy: the catalogue is written, no warning is printed, and msgfmt accepts it."""
    if shutil.which("xgettext") is None:
        message = "GNU gettext is missing: apt-get install gettext"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    for name in ("accounts", "sync", "invoices", "templates", "bigin_books", "zoho"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (tmp_path / "locale").mkdir()
    made = subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--no-wrap"],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "warning" not in (made.stdout + made.stderr).lower()
    catalogue = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    assert catalogue.read_text().count("\nmsgid ") > 500
    compile_it = ["msgfmt", "--check-format", "--output-file", "/dev/null", str(catalogue)]
    checked = subprocess.run(compile_it, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr
