"""The one stylesheet and the one script: of every part in order, made anew when a part changes, nothing left out."""

import os
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from bigin_books import bundles

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = "".join(path.read_text() for path in ROOT.glob("templates/**/*.html"))


@pytest.mark.parametrize("name", bundles.BUNDLES)
def test_a_bundle_holds_its_parts_whole_and_in_order(name: str) -> None:
    found = finders.find(name)
    assert isinstance(found, str)
    text, at = Path(found).read_text(), -1
    for part in bundles.BUNDLES[name]:
        source = finders.find(part)
        assert isinstance(source, str)
        here = text.find(Path(source).read_text())
        assert here > at, part
        at = here


def test_every_file_is_in_a_bundle_or_asked_for_by_a_page() -> None:
    bundled = {part for parts in bundles.BUNDLES.values() for part in parts}
    asked = set(re.findall(r"""\{% static ['"]([^'"]+)['"] %\}""", TEMPLATES))
    ours = {str(path.relative_to(ROOT / "static")) for path in (ROOT / "static").rglob("*.*")}
    assert ours - bundled - asked == set()
    assert bundled & asked == set(), "a page would load it twice"
    assert asked - ours == set(bundles.BUNDLES)


def test_a_changed_part_is_seen_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "one.css"
    part.write_text("a { color: red }")
    monkeypatch.setattr(bundles, "BUNDLES", {"changing.css": (str(part),)})
    monkeypatch.setattr(bundles, "_part", Path)
    finder = bundles.BundleFinder()
    written = Path(finder.find("changing.css"))
    assert written.read_text() == "a { color: red }"
    part.write_text("a { color: blue }")
    later = written.stat().st_mtime_ns + 10**9
    os.utime(part, ns=(later, later))
    assert Path(finder.find("changing.css")).read_text() == "a { color: blue }"


def test_a_missing_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "BUNDLES", {"broken.js": ("js/nowhere.js",)})
    with pytest.raises(FileNotFoundError, match=r"js/nowhere\.js"):
        bundles.BundleFinder().find("broken.js")
