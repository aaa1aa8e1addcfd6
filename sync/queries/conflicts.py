"""Conflicts: fields both sides changed, with the last common value, ready to be shown side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.fields import shown
from sync.models import Issue


@dataclass(frozen=True)
class Clash:
    """One field of a conflict. `key` names it in the form and in `Issue.detail`."""

    key: str
    label: str
    bigin: str
    books: str
    base: str
    has_base: bool


@dataclass(frozen=True)
class Conflict:
    issue: Issue
    title: str
    clashes: tuple[Clash, ...]


def conflict(issue: Issue) -> Conflict:
    link = issue.link
    names = [record.label for record in (link.bigin, link.books) if record is not None] if link else []
    fields = {key: values for key, values in issue.detail.items() if isinstance(values, dict) and "bigin" in values}
    return Conflict(
        issue, next((name for name in names if name), ""), tuple(_clash(key, values) for key, values in fields.items())
    )


def _clash(key: str, values: Mapping[str, str | bool | None]) -> Clash:
    return Clash(
        key,
        str(values.get("label") or readable(key)),
        shown(values.get("bigin")),
        shown(values.get("books")),
        shown(values.get("base")),
        values.get("base") is not None,
    )


def readable(name: str) -> str:
    """`billing_address.zip` and `Billing_Code` as a person reads them, where no label is known."""
    return name.replace(".", " ").replace("_", " ").strip().capitalize()
