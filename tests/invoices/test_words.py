"""What a person reads can be translated: every sentence in this app's Python is marked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from invoices import checks, settling
from invoices.models import Document
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import standing

APP = Path(checks.__file__).parent
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]")
# Marked, or read by nobody: logs, SQL, errors of ours that are put into words elsewhere.
HARMLESS = frozenset(
    {
        "_", "gettext_lazy", "ngettext", "info", "warning", "error", "execute", "ValueError", "Unauthorised",
    }
)  # fmt: skip
NAMES_OF_BOOKS = {"Due on Receipt"}


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def passed_over(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield from (one.value for one in node.body[:1] if isinstance(one, ast.Expr))
        if (isinstance(node, ast.Call) and called(node) in HARMLESS) or (
            isinstance(node, ast.FunctionDef) and node.name == "__str__"
        ):
            yield from ast.walk(node)


def unmarked(source: str) -> list[str]:
    tree = ast.parse(source)
    harmless = {id(node) for node in passed_over(tree)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [text.value for text in texts if id(text) not in harmless and SENTENCE.search(str(text.value))]  # type: ignore[misc]


def test_every_sentence_of_the_screens_is_marked_for_translation() -> None:
    """The API answers programs, in English."""
    found = {
        path.name: [text for text in unmarked(path.read_text()) if text not in NAMES_OF_BOOKS]
        for path in APP.rglob("*.py")
        if not {"migrations", "api"} & set(path.parts)
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_the_search_finds_an_unmarked_sentence() -> None:
    assert unmarked('"""Said of a module."""\nx = f"This was done already: {y}."\nz = _("This is marked.")') == [
        "This was done already: "
    ]


def test_a_conversion_that_somebody_else_finished_says_which_document_it_is(desk: Desk) -> None:
    held = standing(desk)
    row = desk.books.document("invoices", held.books_id or "")
    assert row
    late = Document.objects.create(
        installation=desk.installation, kind="invoice", state="creating", payload={"draft": {"kind": "invoice"}}
    )
    assert settling.settle(late, row) is False
    late.refresh_from_db()
    assert (late.state, late.error) == ("discarded", f"This was done already: {held.number}.")
