"""What a live Bigin is asked: orders, page tokens, conditional reads, deleted lists, the profile of the user."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from zoho.bigin import Bigin
from zoho.probes import Probe, Question, order
from zoho.times import parse_time_or_none

_MODULES = {"Accounts": "Account_Name", "Contacts": "Last_Name", "Products": "Product_Name"}


def questions(bigin: Bigin) -> list[Question]:
    found: list[Question] = []
    for module in _MODULES:
        name = f"bigin_{module.lower()}"
        found.append((f"{name}_newest_first", partial(_newest_first, bigin, module, name)))
        found.append((f"{name}_deleted_list", partial(_deleted_list, bigin, module, name)))
    return [
        *found,
        ("bigin_page_tokens", partial(_page_tokens, bigin)),
        ("bigin_if_modified_since", partial(_if_modified_since, bigin)),
        ("bigin_administrator", partial(_administrator, bigin)),
    ]


def _newest_first(bigin: Bigin, module: str, name: str) -> Iterator[Probe]:
    page = bigin.page(module, [_MODULES[module], "Modified_Time"], page=1, sort_by="Modified_Time", sort_order="desc")
    times = [parse_time_or_none(row.get("Modified_Time")) for row in page.rows]
    yield order(f"{name}_newest_first", times, newest_first=True)


def _deleted_list(bigin: Bigin, module: str, name: str) -> Iterator[Probe]:
    page = bigin.deleted(module)
    yield Probe(f"{name}_deleted_list", True, f"{len(page.rows)} rows on its first page.")
    times = [parse_time_or_none(row.get("deleted_time")) for row in page.rows]
    yield order(f"{name}_deleted_newest_first", times, newest_first=True)
    if page.rows:
        later = bigin.deleted(module, if_modified_since=_far_ahead())
        yield Probe(f"{name}_deleted_if_modified_since", not later.rows, _conditional(bool(later.rows)))


def _page_tokens(bigin: Bigin) -> Iterator[Probe]:
    name = "bigin_page_tokens"
    first = bigin.page("Contacts", ["Last_Name"], page=1, per_page=1, sort_by="id", sort_order="asc")
    if not first.more:
        yield Probe(name, None, "Too few contacts to need a second page.")
        return
    if first.next_token is None:
        yield Probe(name, False, "There is a second page but no token for it.")
        return
    second = bigin.page(
        "Contacts", ["Last_Name"], page_token=first.next_token, per_page=1, sort_by="id", sort_order="asc"
    )
    moved = bool(second.rows) and second.rows[0].get("id") != first.rows[0].get("id")
    yield Probe(name, moved, "The token leads to the next record." if moved else "The token does not lead on.")


def _if_modified_since(bigin: Bigin) -> Iterator[Probe]:
    name = "bigin_if_modified_since"
    if not bigin.page("Contacts", ["Last_Name"], page=1, per_page=1).rows:
        yield Probe(name, None, "There are no contacts to ask for.")
        return
    later = bigin.page("Contacts", ["Last_Name"], page=1, per_page=1, if_modified_since=_far_ahead())
    yield Probe(name, not later.rows, _conditional(bool(later.rows)))


def _administrator(bigin: Bigin) -> Iterator[Probe]:
    profile = bigin.current_user().get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    yield Probe("bigin_administrator", name == "Administrator", f"The connection's user has the profile {name}.")


def _conditional(answered: bool) -> str:
    return "Rows came although none can be so new." if answered else "No rows came for a time far ahead."


def _far_ahead() -> datetime:
    return datetime.now(UTC) + timedelta(days=365)
