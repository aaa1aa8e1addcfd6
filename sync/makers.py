"""Who made what may be the result of a create of ours (rules 3.4). Network: one detail a customer, rarely our name.

A row of Bigin names its maker. Of Books' lists none does; a customer's detail carries `created_by_name` and
`last_modified_by_id` (reference, 3.4), and `created_by_id`, which documents have, is read where it comes. Items and
contact persons tell nothing. What is not told is unknown and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync import identity, sources, unlinked, unreadable
from sync.fields import bare
from sync.mapping import Kind
from sync.models import RecordKind, Side, Write
from sync.sources import RemoteRow, Seen
from sync.work import Work
from zoho.errors import Rejected
from zoho.times import parse_time_or_none


@dataclass(frozen=True)
class Candidate:
    seen: Seen
    detail: RemoteRow | None = None  # of a customer, as it is now


def told_apart(work: Work, found: Sequence[Seen]) -> tuple[list[Candidate], list[Candidate]]:
    """Those that may be ours, and those of Books that say that somebody else made them; gone ones are left out."""
    ours: list[Candidate] = []
    others: list[Candidate] = []
    for seen in found:
        if seen.kind != RecordKind.CUSTOMER:
            ours.append(Candidate(seen))
            continue
        with unreadable.asking():
            detail = work.patiently(lambda customer_id=seen.remote_id: work.books.contact(customer_id))  # type: ignore[misc]
        if detail is not None:
            whole = Candidate(sources.books_customer(work.shape, detail, detailed=True), detail)
            (others if _is_anothers(work, detail) else ours).append(whole)
    return ours, others


def edited_since(work: Work, kind: Kind, write: Write, looked: Sequence[Seen]) -> list[Candidate]:
    """Of which only a part is as it was sent, and that nobody kept apart: a person says whether it is the result."""
    record = write.link.bigin or write.link.books
    decided = unlinked.decisions(work.shape.installation, record.side, [record]) if record else {}
    apart = decided.get(record.remote_id, {}) if record else {}
    near = [seen for seen in looked if identity.is_near(kind, write, seen.fields, seen.parent_id)]
    return told_apart(work, [seen for seen in near if seen.remote_id not in apart])[0]


def is_anothers(work: Work, side: str, maker: str) -> bool:
    """`maker`: the user's id as the product names it, "" when it is not told. Database only."""
    product = "bigin" if side == Side.BIGIN else work.books.product
    row = work.shape.installation.connections.filter(product=product).values_list("user_id", flat=True).first()
    return bool(maker and row and maker != row)


def _is_anothers(work: Work, detail: RemoteRow) -> bool:
    """By the maker's id; else by the only hand that was on it, unless the maker's name tells ours: times are in whole
    seconds, and somebody may have edited it in the very one of its creation."""
    maker = str(detail.get("created_by_id") or "")
    hand = maker or _only_hand(detail)
    if maker or (hand and not is_anothers(work, Side.BOOKS, hand)):
        return is_anothers(work, Side.BOOKS, hand)
    name = bare(str(detail.get("created_by_name") or ""))
    own = bare(_own_name(work)) if name else ""
    return name != own if name and own else bool(hand)


def _only_hand(detail: RemoteRow) -> str:
    """Nobody changed it since it was made, so who changed it last has made it."""
    made, changed = (parse_time_or_none(detail.get(name)) for name in ("created_time", "last_modified_time"))
    return str(detail.get("last_modified_by_id") or "") if made is not None and made == changed else ""


def _own_name(work: Work) -> str:
    """How Books calls the user of our connection; "" where it does not say."""
    try:
        return str(work.patiently(work.books.current_user).get("name") or "")
    except Rejected:
        return ""
