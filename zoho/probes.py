"""Read-only questions to a live account: each assumption about Zoho that nobody can prove without one.

About forty calls; nothing is written, and no detail holds personal data. What each product is asked stands in
`zoho/probes_bigin.py` and `zoho/probes_books.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from zoho.errors import Rejected, Unauthorised, ZohoError

# The access is fine but does not cover the call (reference: Bigin 1.7, Books 1.1).
_NOT_COVERED = frozenset({"57", "OAUTH_SCOPE_MISMATCH"})


@dataclass(frozen=True)
class Probe:
    """One assumption by a stable name: held, not held, or None where this account shows nothing either way. `value`:
    what was found, where a yes or no does not say it."""

    name: str
    held: bool | None
    detail: str
    value: str = ""


# A question's name stands for it when the call itself fails; its answer may be several probes.
Question = tuple[str, Callable[[], Iterator[Probe]]]


def ask(questions: Sequence[Question]) -> list[Probe]:
    """All answers. One call that fails spoils its own question only."""
    found: list[Probe] = []
    for name, question in questions:
        try:
            found += question()
        except Rejected as error:
            found.append(Probe(name, False, f"Zoho refuses the call (code {error.code})."))
        except Unauthorised as error:
            held = False if error.code in _NOT_COVERED else None
            found.append(Probe(name, held, f"The access does not allow the call (code {error.code})."))
        except ZohoError as error:
            found.append(Probe(name, None, f"Could not be asked: {error.message}"))
    return found


def scopes(product: str, granted: Collection[str], wanted: Collection[str]) -> Probe:
    missing = sorted(scope for scope in wanted if not _covered(scope, granted))
    detail = f"Missing: {', '.join(missing)}." if missing else f"All {len(wanted)} scopes are granted."
    return Probe(f"{product}_scopes", not missing, detail)


def _covered(scope: str, granted: Collection[str]) -> bool:
    service, area, _ = scope.split(".", 2)
    return bool({scope, f"{service}.{area}.ALL", f"{service}.fullaccess.all"} & set(granted))


def order(name: str, times: Sequence[datetime | None], *, newest_first: bool) -> Probe:
    """Whether rows came in the order of their times; rows of one single time show nothing."""
    if any(moment is None for moment in times):
        return Probe(name, False, "Some rows carry no time.")
    known = [moment for moment in times if moment is not None]
    if len(set(known)) < 2:
        return Probe(name, None, "Too few rows to see an order.")
    ordered = all(first >= second if newest_first else first <= second for first, second in pairwise(known))
    wish = "newest first" if newest_first else "oldest first"
    return Probe(name, ordered, f"{len(known)} rows came {wish if ordered else f'in another order than {wish}'}.")


def as_json(probes: Sequence[Probe]) -> Mapping[str, Mapping[str, object]]:
    """By name, as an installation keeps them."""
    return {
        probe.name: {"held": probe.held, "text": probe.detail, **({"value": probe.value} if probe.value else {})}
        for probe in probes
    }
