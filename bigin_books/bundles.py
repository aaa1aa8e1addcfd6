"""One stylesheet and one script for every page, put together from the files in static/ and htmx's own.

A panel in Bigin is opened many times a day, and each file is a request that the first paint may wait for. A finder, so
that `collectstatic` hashes and compresses the bundles like any file and a development server finds them where nothing
was collected.
"""

import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

# In the order in which they take effect: the later of two equal rules wins, and htmx is there before who listens to it.
BUNDLES = {
    "bundle.css": ("css/app.css", "css/documents.css"),
    "bundle.js": ("django_htmx/htmx-2.min.js", "js/app.js", "js/frame.js", "js/draft.js"),
}
# A script ends where its file ends, whatever its last line.
_BETWEEN = {".css": b"\n", ".js": b"\n;\n"}


class BundleFinder(finders.BaseFinder):
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in BUNDLES:
            return []
        file = str(_written(path))
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = FileSystemStorage(location=str(_folder()))
        for name in BUNDLES:
            _written(name)
            yield name, storage


def _written(name: str) -> Path:
    """The bundle's file in this process' own folder, as new as its parts."""
    parts = [_part(part) for part in BUNDLES[name]]
    target = _folder() / name
    newest = max(part.stat().st_mtime_ns for part in parts)
    if not target.exists() or target.stat().st_mtime_ns < newest:
        target.write_bytes(_BETWEEN[target.suffix].join(part.read_bytes() for part in parts))
    return target


def _part(path: str) -> Path:
    found = finders.find(path)
    if not found:
        raise FileNotFoundError(f"{path}, a part of a bundle, is not among the static files")
    return Path(found)


def _folder() -> Path:
    return Path(_temporary().name)


@cache
def _temporary() -> "tempfile.TemporaryDirectory[str]":
    """Goes with the process."""
    return tempfile.TemporaryDirectory(prefix="bigin-books-bundles-")
