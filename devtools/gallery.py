"""One page of all screenshots that the browser tests left, grouped by the area their names begin with."""

import sys
from html import escape
from itertools import groupby
from pathlib import Path

PICTURES = Path(__file__).resolve().parent.parent / "screenshots"
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
