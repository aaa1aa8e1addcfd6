"""Gathers the sentences that the engine stores with rows into `accounts/sentences.py`, where translators find them.

What is stored is English, as it was said; `accounts/telling.py` says it in the reader's language. `--write` renews the
file; without it, an old one is an error.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "accounts" / "sentences.py"
HEAD = '''"""What the engine stores with rows, for translators. `python -m devtools.lint_sentences --write` makes it."""
# ruff: noqa: E501
# fmt: off

from django.utils.translation import gettext_noop as _

SENTENCES = (
'''
ENGINE = ("sync", "zoho")
NOTED = ("accounts", "sync", "invoices")  # whatever is noted about who changed what
STORED = ("accounts/connections.py",)  # beside the engine: why a connection is lost
# Modules whose sentences are put together of parts: why two records are alike, why something stays.
PARTS = (
    "candidates",
    "removal",
    "hands",
    "holds",
    "in_use",
    "issues",
    "modes",
    "pairing",
    "planner",
    "brake",
    "preview",
    "pairs_file",
    "pairs_lines",
)
APART = {"migrations", "management", "views", "queries", "templatetags", "__pycache__"}
OWN = {"AssertionError", "ValueError", "TypeError", "RuntimeError", "KeyError", "ImproperlyConfigured", "CommandError"}
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
_WORD = re.compile(r"[A-Za-z]{2,}")
_ENDS = re.compile(r"[.?!:]\W*$")
_PART = re.compile(r"[a-z][a-z'-]*(,? (%\(\w+\)s|[a-z'-]+))+")


def modules(apps: tuple[str, ...]) -> Iterator[Path]:
    for app in apps:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not APART & set(path.parts):
                yield path


def called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def is_log(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "log"


def named(value: ast.expr) -> str:
    """A placeholder's name, for the translator: the last word of the expression."""
    if isinstance(value, ast.Call):
        return named(value.args[0]) if value.args else called(value)
    return str(getattr(value, "attr", getattr(value, "id", "value")))


def template(node: ast.expr) -> str | None:
    """A text as gettext wants it; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    names: dict[str, int] = {}
    parts = []
    for piece in node.values:
        if isinstance(piece, ast.FormattedValue):
            name = named(piece.value)
            names[name] = names.get(name, 0) + 1
            parts.append(f"%({name}{names[name] if names[name] > 1 else ''})s")
        elif isinstance(piece, ast.Constant):
            parts.append(str(piece.value).replace("%", "%%"))
    return "".join(parts)


def words_of(text: str) -> int:
    return len(_WORD.findall(re.sub(r"%\(\w+\)s", " ", text)))


def sentences(node: ast.AST) -> Iterator[str]:
    """Of an engine's module: what reads like a sentence and is neither a docstring, nor for a log or a programmer."""
    if isinstance(node, ast.Call) and (called(node) in OWN | TRANSLATED or is_log(node)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.expr):
        text = template(node)
        if text is not None:
            starts = text[:1].isupper() or text.startswith("%(")
            if starts and words_of(text) >= 3 and _ENDS.search(text):
                yield text.strip()
            if isinstance(node, ast.JoinedStr):
                return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


def parts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        text = template(node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else None
        if text and _PART.fullmatch(text):
            yield text


def notes(tree: ast.AST) -> Iterator[str]:
    """What is noted about who changed what, and what mails say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("note", "_finish", "once", "pause"):
            for value in node.args:
                text = template(value)
                if text and words_of(text) >= 2:
                    yield text


def gathered() -> list[str]:
    found: set[str] = set()
    for path in modules(ENGINE):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.update(sentences(tree))
        if path.stem in PARTS and path.parent.name == "sync":
            found.update(parts(tree))
    for name in STORED:
        found.update(sentences(ast.parse((ROOT / name).read_text(encoding="utf-8"))))
    for path in modules(NOTED):
        found.update(notes(ast.parse(path.read_text(encoding="utf-8"))))
    return sorted(found)


def written() -> str:
    return HEAD + "".join(f"    _({quoted(text)}),\n" for text in gathered()) + ")\n"


def quoted(text: str) -> str:
    """As the formatter would quote it."""
    plain = repr(text)
    if plain.startswith("'") and '"' not in text:
        return '"' + plain[1:-1].replace("\\'", "'") + '"'
    return plain


def main() -> int:
    wanted = written()
    if "--write" in sys.argv[1:]:
        TARGET.write_text(wanted, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
        print("accounts/sentences.py is behind the engine: python -m devtools.lint_sentences --write")
        return 1
    print("Sentences: all of the engine's are there for translators.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
