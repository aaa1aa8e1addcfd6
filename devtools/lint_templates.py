"""What no template of the product may hold, because the content security policy refuses it or htmx 2 would break it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.S)
RULES = {
    re.compile(r"\bhx-on\b", re.I): "hx-on is inline script: listen in static/js",
    re.compile(r"""(?<![\w-])on[a-z]+\s*=\s*["']""", re.I): "an on…= attribute is inline script: listen in static/js",
    re.compile(r"""["'\s]js:|javascript:""", re.I): "js: and javascript: need eval: send values with hx-vals as JSON",
    re.compile(r"(?<![\w-])style\s*=", re.I): "style= is an inline style: use a class, <progress> or an SVG attribute",
    re.compile(r"<style\b", re.I): "<style> is an inline style: use static/css",
    re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.I): "<script> without src= is inline script: use static/js",
    re.compile(r"""hx-trigger\s*=\s*("[^"]*\[|'[^']*\[)""", re.I): "a trigger filter fires without its condition here",
    re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"): "unescaped output: values of records are hostile",
    re.compile(r"""\b(?:src|href)\s*=\s*["']https?://""", re.I): "another host: ship the file, or pass the address in",
}


def offences(text: str) -> Iterator[tuple[int, str]]:
    """Line number and advice, in the order of the rules. Looks at the whole text: a tag may span lines."""
    bare = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for pattern, advice in RULES.items():
        for found in pattern.finditer(bare):
            yield bare.count("\n", 0, found.start()) + 1, advice


def main() -> int:
    lines = [
        f"{file.relative_to(ROOT)}:{line}: {advice}"
        for file in sorted((ROOT / "templates").rglob("*.html"))
        for line, advice in offences(file.read_text(encoding="utf-8"))
    ]
    print("\n".join(lines) or "Templates: nothing inline.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
