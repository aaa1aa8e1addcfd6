"""One page of all screenshots that the browser tests left, grouped by the area their names begin with.

It fails where an address that draws a page was in no picture: a screen that nobody looks at goes unmended.
"""

import os
import sys
from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import django
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devtools.lint_settings")
if not apps.ready:
    django.setup()

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.guards import guard_of

PICTURES = Path(__file__).resolve().parent.parent / "screenshots"
# What answers a GET with something else than a page of its own.
NOT_PAGES = {
    "/metrics": "numbers for a program",
    "/healthz": "an answer for a program",
    "/sign-in/start/": "leads to Zoho",
    "/connect/start/<slug:product>/": "leads to Zoho",
    "/hooks/bigin/<uuid:installation_id>/": "an answer for a program",
    "/embed/sign-in/redeem/": "an answer for our script",
    "/embed/sign-in/check/": "an answer for our script",
    "/embed/sign-out/": "leads to the entry",
    "/embed/sync/progress/": "part of the sync's home",
    "/embed/sync/record/<slug:module>/<str:record_id>/": "part of a panel",
    "/embed/record/<slug:module>/<bigin_id:record_id>/documents/": "part of a panel",
    "/embed/record/<slug:module>/<bigin_id:record_id>/refresh/": "part of a panel",
    "/embed/record/<slug:module>/<bigin_id:record_id>/documents/<uuid:pk>/content/": "part of a document",
    "/embed/record/<slug:module>/<bigin_id:record_id>/documents/<uuid:pk>/items/": "part of the form",
    "/embed/record/<slug:module>/<bigin_id:record_id>/documents/<uuid:pk>/customers/": "part of the form",
}
PROGRAMS = ("/api/",)
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Screens of bigin_books</title>
<style>
  body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; background: #f4f5f7; color: #1c2430 }}
  section {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1.5rem }}
  figure {{ margin: 0 }}
  img {{ width: 100%; border: 1px solid #c9ced6; background: #fff }}
</style>
{body}
"""


def page(names: list[str]) -> str:
    """HTML that shows `<area>-<what>.png` by area, in the order of the names."""
    parts = []
    for area, group in groupby(sorted(names), lambda name: name.partition("-")[0]):
        figures = "".join(
            f'<figure><a href="{escape(name)}"><img loading="lazy" src="{escape(name)}" alt=""></a>'
            f"<figcaption>{escape(name.removesuffix('.png'))}</figcaption></figure>\n"
            for name in group
        )
        parts.append(f"<h2>{escape(area)}</h2>\n<section>\n{figures}</section>\n")
    return PAGE.format(body="".join(parts))


def pages() -> set[str]:
    """Every route that draws a page on GET, out of the URLconf itself: a new one is wanted without being told."""
    return {
        route
        for route, view in _routes(get_resolver().url_patterns)
        if route not in NOT_PAGES
        and not route.startswith(PROGRAMS)
        and not (guard_of(view) and _only_takes_posts(view))
    }


def _routes(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def _only_takes_posts(view: Callable[..., Any]) -> bool:
    """The method is looked at before anything else, so the question touches nothing."""
    code = view.__closure__ or ()
    lists = [cell.cell_contents for cell in code if isinstance(cell.cell_contents, list | tuple)]
    return any("POST" in methods and "GET" not in methods for methods in lists)


def unseen(folder: Path) -> list[str]:
    """The pages that no picture in the folder shows."""
    shown = {line for file in folder.glob("*.shows") for line in file.read_text(encoding="utf-8").splitlines()}
    return sorted(pages() - shown)


def main() -> int:
    names = [file.name for file in PICTURES.glob("*.png")]
    if not names:
        print(
            f"No picture in {PICTURES}: the browser tests need a Chromium (apt-get install chromium)", file=sys.stderr
        )
        return 1
    index = PICTURES / "index.html"
    index.write_text(page(names), encoding="utf-8")
    print(f"{len(names)} pictures: {index}")
    missing = unseen(PICTURES)
    for route in missing:
        print(f"No picture shows {route}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
