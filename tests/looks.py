"""One visit, three looks: what people see of a page in light, in dark and on a narrow screen.

How a page looks depends on nothing but style sheets, so one visit is enough: colours and width change under it.
"""

from collections.abc import Iterable
from typing import Literal

from playwright.sync_api import Page

from tests.axe import OF_COLOURS, violations
from tests.browser import shot

NARROW = 320
SCHEMES: dict[str, Literal["light", "dark"]] = {"light": "light", "dark": "dark", "narrow": "light"}
LOOKS = tuple(SCHEMES)


def is_too_wide(page: Page) -> bool:
    """Whether the page itself, not a table in it, must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def trouble(page: Page, name: str, looks: Iterable[str] = LOOKS) -> list[str]:
    """What is wrong with a page, one line each; its pictures lie under `name-look`. Width and colours are as before."""
    size = page.viewport_size
    assert size is not None
    wrong = []
    for look in looks:
        page.emulate_media(color_scheme=SCHEMES[look], reduced_motion="reduce")
        page.set_viewport_size({**size, "width": NARROW if look == "narrow" else size["width"]})
        shot(page, f"{name}-{look}")
        if is_too_wide(page):
            wrong.append(f"{name}-{look}: must be scrolled sideways")
        seen_in_light = look == "dark" and "light" in looks
        wrong += [f"{name}-{look}: {line}" for line in violations(page, OF_COLOURS if seen_in_light else ())]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)
    return wrong
