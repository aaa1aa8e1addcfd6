"""Of which fields of a pair an issue asks a person."""

from __future__ import annotations

from sync.models import Issue
from tests.sync_proof.values import FIELDS


def asked_of(issue: Issue) -> set[str]:
    """As either side calls them; empty where it asks of none. Whoever dismisses it leaves them as they are."""
    if issue.kind == "clash":
        return set(issue.detail)
    if issue.code == "cleared":
        return set(issue.detail["fields"])
    if issue.code == "person_gone" and issue.link is not None:
        return {one.books for one in FIELDS[issue.link.kind] if one.books.startswith("person.")}
    return set()
