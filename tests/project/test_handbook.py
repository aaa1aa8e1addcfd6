"""The documentation under /help/: every link on a screen leads to a section that exists, every picture is there."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import Client
from PIL import Image
from pytest_django import Settings

from bigin_books import handbook

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {str(path.relative_to(ROOT / "templates")): path.read_text() for path in ROOT.glob("templates/**/*.html")}
SPEAKING = [ROOT / name for name in ("templates", "accounts", "sync", "invoices", "topping/app")]
_ASKED = re.compile(r"""page="([\w-]+\.md[^"]*)"|"([\w-]+\.md[^"]*)"\|help_address""")
LINKS = sorted({found[1] or found[2] for text in TEMPLATES.values() for found in _ASKED.finditer(text)})
_LEADS_ON = re.compile(r"""\{% (?:include|extends) "([^"]+)\"""")
# Pages with nothing to explain beyond what they say, or that no person reaches by choice.
WITHOUT_HELP = {
    "404.html": "says where to go",
    "500.html": "drawn without anything",
    "accounts/callback.html": "a popup that closes itself",
    "accounts/done.html": "says to close the window",
    "accounts/front.html": "says where to go",
    "accounts/no_permission.html": "says whom to ask",
    "accounts/refused.html": "says what to do",
    "accounts/trouble.html": "says what to do",
    "invoices/changed_elsewhere.html": "says what to do",
    "invoices/deleted.html": "says what is left to do",
    "invoices/entry.html": "leads on by itself",
    "invoices/link_used.html": "says what to do",
    "invoices/no_access.html": "says whom to ask",
    "invoices/not_allowed.html": "says whom to ask",
    "sync/ticket_used.html": "says what to do",
    "help/chapter.html": "is the help",
    "help/contents.html": "is the help",
}


def reach(template: str) -> set[str]:
    """The templates that one draws, as far as their names stand in it."""
    found, new = set(), {template}
    while new:
        found |= new
        new = {name for one in new for name in _LEADS_ON.findall(TEMPLATES[one])} - found
    return found


def has_help(template: str) -> bool:
    return any("|help_address" in TEMPLATES[name] for name in reach(template) - {"sync/_docs.html"})


SCREENS = sorted(
    name for name, text in TEMPLATES.items()
    if not Path(name).name.startswith("_") and name != "base.html" and ("<html" in text or "{% extends" in text)
)  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_leads_into_the_documentation(screen: str) -> None:
    assert has_help(screen) is (screen not in WITHOUT_HELP)


def test_no_exception_is_left_of_a_screen_that_is_gone() -> None:
    assert set(WITHOUT_HELP) <= set(SCREENS)


@pytest.mark.parametrize("link", LINKS)
def test_every_link_of_a_screen_leads_to_a_section(link: str, client: Client) -> None:
    drawn = Template("{% include '_help.html' %}").render(Context({"page": link}))
    href = re.search(r'href="([^"]+)"', drawn)
    assert href
    parts = urlsplit(href[1])
    answer = client.get(parts.path)
    assert answer.status_code == 200
    assert not parts.fragment or f'id="{parts.fragment}"' in answer.content.decode()


def test_the_screens_of_all_three_apps_ask_for_help() -> None:
    assert {"admin.md#set-up", "sync.md#preview", "documents.md#email"} <= set(LINKS)


@pytest.mark.parametrize("name", ["admin", "install"])
def test_what_the_tables_of_trouble_quote_is_what_the_pages_say(name: str) -> None:
    said = [
        path.read_text()
        for suffix in ("html", "py", "js")
        for folder in SPEAKING
        for path in folder.rglob(f"*.{suffix}")
    ]
    quoted = re.findall(r'^\| "([^"|]+)"', (ROOT / "docs" / f"{name}.md").read_text(), re.M)
    assert len(quoted) >= 3
    assert [words for words in quoted if not any(words in text for text in said)] == []


@pytest.mark.parametrize("name", handbook.names())
def test_every_chapter_is_drawn_and_its_links_and_pictures_are_there(name: str, client: Client) -> None:
    answer = client.get(f"/help/{name}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|<script>|\bon\w+=", text)
    article = text[text.index("<article") : text.index("</article>")]
    for href in re.findall(r'href="([^"]+)"', article):
        parts = urlsplit(href)
        assert not parts.scheme or parts.scheme == "https", href
        if not parts.scheme:
            other = client.get(parts.path).content.decode() if parts.path else text
            assert not parts.fragment or f'id="{parts.fragment}"' in other, href
    assert not re.search(r">\w+\.md<", article), "a chapter is called by its name, not by its file"
    pictures = re.findall(r"<img [^>]+>", article)
    assert len(pictures) == (ROOT / "docs" / f"{name}.md").read_text().count("](pictures/")
    for picture in pictures:
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', picture))
        found = finders.find(told["src"].removeprefix("/static/"))
        assert found, picture
        with Image.open(found) as image:
            assert (told["width"], told["height"]) == tuple(map(str, image.size))
        assert told["alt"]


def test_contents_name_every_chapter_and_section(client: Client) -> None:
    text = client.get("/help/").content.decode()
    for name in handbook.names():
        shown = handbook.chapter(name)
        assert f'href="/help/{name}/"' in text
        assert all(f'href="/help/{name}/#{section.anchor}"' in text for section in shown.sections)
        assert shown.title
        assert len(shown.summary) > 20


def test_an_unknown_chapter_is_not_found_and_no_file_elsewhere_is_read(client: Client) -> None:
    assert client.get("/help/nowhere/").status_code == 404
    with pytest.raises(KeyError):
        handbook.chapter("../README")


def test_docs_url_leads_elsewhere(settings: Settings) -> None:
    settings.DOCS_URL = "https://docs.example.com"
    assert handbook.address("sync.md#preview") == "https://docs.example.com/sync.md#preview"


def test_a_missing_picture_leaves_its_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handbook, "DOCS", tmp_path)
    (tmp_path / "x.md").write_text("# A\n\nWords.\n\n![What it shows](pictures/nowhere.png)\n")
    html = handbook.chapter("x").html
    assert "What it shows" in html
    assert "<img" not in html


def test_raw_html_in_a_file_stays_text(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handbook, "DOCS", tmp_path)
    text = "# A <b>\n\nWords <script>alert(1)</script>.\n\n[out](../README.md) [j](javascript:x)\n"
    (tmp_path / "x.md").write_text(text)
    html = handbook.chapter("x").html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert ">out<" not in html
    assert "README" not in html
    assert 'href="javascript' not in html
