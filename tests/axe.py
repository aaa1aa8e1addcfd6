"""axe-core in a page, through the debugger: the Content-Security-Policy stays as it is."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Page

# What other colours alone can break.
OF_COLOURS = ("color-contrast", "link-in-text-block")
_SCHEMES: dict[Literal["dark", "light"], tuple[str, ...]] = {"dark": (), "light": OF_COLOURS}


@cache
def source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page | Frame, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds wrong, one line for each element; of these rules, or of all. axe leaves traces in the page: look
    at it before, not after."""
    if page.evaluate("!window.axe"):
        page.evaluate(source())
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found: list[dict[str, Any]] = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {' '.join(node['failureSummary'].split())[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def violations_in_both(page: Page, place: Frame | None = None) -> list[str]:
    """In light and in dark; `place` is a frame of that page."""
    found = []
    for scheme, rules in _SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # colours fade
        found += [f"{scheme}: {line}" for line in violations(place or page, rules)]
    return found
