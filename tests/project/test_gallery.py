"""The gallery misses no screen: which addresses draw pages comes out of the URLconf."""

from pathlib import Path

import pytest
from django.urls import get_resolver

from devtools import gallery

ROUTES = dict(gallery._routes(get_resolver().url_patterns))


def test_pages_are_what_answers_a_get_with_a_screen() -> None:
    found = gallery.pages()
    assert {"/", "/help/<slug:name>/", "/embed/settings/", "/embed/sync/", "/embed/sync/issues/<int:pk>/"} <= found
    assert "/embed/sync/now/" not in found, "takes a POST only"
    assert not found & set(gallery.NOT_PAGES)
    assert not [route for route in found if route.startswith("/api/")]


def test_no_exception_is_left_of_an_address_that_is_gone() -> None:
    assert set(gallery.NOT_PAGES) <= set(ROUTES)


def test_a_screen_without_a_picture_is_named(tmp_path: Path) -> None:
    seen = sorted(gallery.pages() - {"/embed/sync/health/"})
    (tmp_path / "a.shows").write_text("\n".join(seen[:3]))
    (tmp_path / "b.shows").write_text("\n".join(["/somewhere/else/", *seen[3:]]))
    assert gallery.unseen(tmp_path) == ["/embed/sync/health/"]


def test_the_command_fails_where_a_screen_was_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gallery, "PICTURES", tmp_path)
    assert gallery.main() == 1, "no picture at all"
    (tmp_path / "sync-home.png").write_bytes(b"")
    (tmp_path / "sync-home.shows").write_text("\n".join(gallery.pages()))
    assert gallery.main() == 0
    assert 'src="sync-home.png"' in (tmp_path / "index.html").read_text()
    (tmp_path / "sync-home.shows").write_text("/")
    assert gallery.main() == 1
    assert "No picture shows /embed/setup/" in capsys.readouterr().err
