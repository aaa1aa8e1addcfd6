"""axe-core in a page, through the debugger: the Content-Security-Policy stays as it is."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Page

_SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


@cache
def source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page | Frame) -> list[str]:
    """What axe finds wrong, one line for each element. axe leaves traces in the page: look at it before, not after."""
    page.evaluate(source())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {' '.join(node['failureSummary'].split())[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def violations_in_both(page: Page, place: Frame | None = None) -> list[str]:
    """In light and in dark; `place` is a frame of that page."""
    found = []
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # colours fade
        found += [f"{scheme}: {line}" for line in violations(place or page)]
    return found
