"""The documentation as pages: docs/*.md drawn under /help/, so that a screen's link leads somewhere by itself.

Open to everybody and framed by nobody: it opens in a window of its own and holds nothing of any installation.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(settings.BASE_DIR) / "docs"
# The order in which somebody new reads them, with what a tab calls them; what is not named here comes last.
ORDER = {
    "admin": "Set-up and daily life",
    "sync": "The sync",
    "documents": "Documents",
    "install": "Installing",
    "api": "REST API",
}
FOR_DEVELOPERS = {"sandbox"}
_TABLE_BOX = '<div class="table-wrap" role="region" tabindex="0" aria-label="{}">'
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    name: str
    title: str
    summary: str
    headings: tuple[Heading, ...]
    html: SafeString

    @property
    def short(self) -> str:
        return ORDER.get(self.name, self.title)

    @property
    def sections(self) -> list[Heading]:
        return [heading for heading in self.headings if heading.level == 2]


def names() -> list[str]:
    found = {path.stem for path in DOCS.glob("*.md")} - FOR_DEVELOPERS
    return [name for name in ORDER if name in found] + sorted(found - ORDER.keys())


def chapter(name: str) -> Chapter:
    """Raises KeyError for a name that docs/ does not have."""
    if name not in names():
        raise KeyError(name)
    path = DOCS / f"{name}.md"
    return _drawn(path, path.stat().st_mtime_ns)


def address(page: str) -> str:
    """Where `sync.md#preview` is read: here, or below DOCS_URL where the operator keeps the documentation elsewhere."""
    if settings.DOCS_URL:
        return f"{settings.DOCS_URL}/{page}"
    name, _, anchor = page.partition("#")
    return reverse("help_chapter", args=[name.removesuffix(".md")]) + (f"#{anchor}" if anchor else "")


@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    return render(request, "help/contents.html", {"chapters": [chapter(name) for name in names()]})


@require_GET
def page(request: HttpRequest, name: str) -> HttpResponse:
    try:
        shown = chapter(name)
    except KeyError as error:
        raise Http404 from error
    return render(request, "help/chapter.html", {"chapter": shown, "chapters": [chapter(one) for one in names()]})


@cache
def _drawn(path: Path, changed: int) -> Chapter:
    """`changed` makes an edited file be read again."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    headings = tuple(_anchored(tokens))
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children))
    html = reader.renderer.render(list(_framed(tokens)), reader.options, {})
    # The renderer escapes every text and attribute, raw HTML is off, and the file is ours.
    return Chapter(path.stem, headings[0].text, _summary(tokens), headings, mark_safe(html))  # noqa: S308


def _summary(tokens: list[Token]) -> str:
    """The first sentence of the first paragraph."""
    first = next(index for index, token in enumerate(tokens) if token.type == "paragraph_open")
    return _text(tokens[first + 1]).partition(". ")[0].rstrip(".") + "."


def _text(token: Token) -> str:
    return "".join(" " if child.type == "softbreak" else child.content for child in token.children or [])


def _anchored(tokens: list[Token]) -> Iterator[Heading]:
    """Gives each heading the anchor that code hosts make of it, so that a link holds there too."""
    taken: dict[str, int] = {}
    for token, inside in pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = _text(inside)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        taken[slug] = taken.get(slug, -1) + 1
        anchor = f"{slug}-{taken[slug]}" if taken[slug] else slug
        token.attrSet("id", anchor)
        yield Heading(int(token.tag[1]), text, anchor)


def _framed(tokens: list[Token]) -> Iterator[Token]:
    """Each table in a box that scrolls on a narrow window; cells aligned by a class, for style= is forbidden."""
    number = 0
    for first, inside, last in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if first.type == "th_open" and not inside.content:
            first.tag = last.tag = "td"  # the corner above a first column that has headings of its own
    for token in tokens:
        if token.type == "table_open":
            number += 1
            token.attrSet("class", "table")
            yield _raw(format_html(_TABLE_BOX, gettext("Table %(number)s") % {"number": number}))
        if token.attrs.pop("style", "") == "text-align:right":
            token.attrSet("class", "num")
        yield token
        if token.type == "table_close":
            yield _raw("</div>")


def _raw(html: str) -> Token:
    return Token("html_block", "", 0, content=html)


def _linked(children: list[Token]) -> Iterator[Token]:
    """Links between the files become links between the pages; what lies outside docs/ stays as text."""
    dropped = False
    for token in children:
        if token.type == "link_open":
            href = _target(str(token.attrGet("href")))
            dropped = href is None
            if href is not None:
                token.attrSet("href", href)
        elif token.type == "image":
            _picture(token)
        elif token.type == "text" and token.content.endswith(".md"):
            token.content = ORDER.get(token.content.removesuffix(".md"), token.content)
        if not (dropped and token.type in ("link_open", "link_close")):
            yield token


def _target(href: str) -> str | None:
    if href.startswith("#") or _ELSEWHERE.match(href):
        return href
    name, _, anchor = href.partition("#")
    if name.removesuffix(".md") not in names() or not name.endswith(".md"):
        return None
    return reverse("help_chapter", args=[name.removesuffix(".md")]) + (f"#{anchor}" if anchor else "")


def _picture(token: Token) -> None:
    """Known sizes, so that nothing moves when a picture arrives. One that is missing leaves its description."""
    name = str(token.attrGet("src")).removeprefix("pictures/")
    if not (DOCS / "pictures" / name).is_file():
        token.type, token.children = "text", None
        return
    with (DOCS / "pictures" / name).open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    for key, value in {"src": static(f"help/{name}"), "width": width, "height": height, "loading": "lazy"}.items():
        token.attrSet(key, str(value))
