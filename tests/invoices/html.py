"""Reading a form out of a page, as a browser does when it sends it."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: dict[str, str] = {}
        self.select: str | None = None
        self.area: str | None = None
        self.option_chosen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = held.get("id") == self.form_id
        if not self.inside:
            return
        name = held.get("name", "")
        if (tag == "input" and name and held.get("type") not in ("checkbox", "radio")) or (
            tag == "input" and "checked" in held
        ):
            self.values[name] = held.get("value", "on")
        if tag == "select":
            self.select, self.option_chosen = name, False
        if tag == "option" and self.select and (self.select not in self.values or "selected" in held):
            self.values[self.select] = held.get("value", "")
        if tag == "textarea":
            self.area = name
            self.values[name] = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None


def controls(page: str, form_id: str) -> dict[str, str]:
    reader = _Form(form_id)
    reader.feed(page)
    return reader.values
