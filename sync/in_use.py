"""What keeps a customer with transactions from being made inactive (rules 5.2), and a company that the sync created
from being deleted by an undo (rules 5.7). Network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from sync import since
from sync.models import Record, Write
from sync.shape import BIGIN_MODULES
from sync.work import Work

_OPEN_ESTIMATES = ("draft", "sent", "accepted")
_RELATED = (
    ("Contacts", "Other contacts belong to it"),
    ("Pipelines", "Deals belong to it"),
    ("Notes", "Notes stand below it"),
)
_OPEN_ORDERS = ("draft", "open", "partially_invoiced", "overdue", "confirmed")


def why(work: Work, record: Record, detail: Mapping[str, Any]) -> str:
    """In words; "" where nothing does. `detail`: the customer as it was just read."""
    if _amount(detail.get("outstanding_receivable_amount")):
        return "something is still receivable from it"
    if _amount(detail.get("unused_credits_receivable_amount")):
        return "it has unused credits"
    if _any_open(work, "estimates", record.remote_id, _OPEN_ESTIMATES):
        return "an estimate is open"
    if work.books.product != "invoice" and _any_open(work, "salesorders", record.remote_id, _OPEN_ORDERS):
        return "a sales order is open"
    return ""


def _any_open(work: Work, kind: Any, customer_id: str, statuses: Sequence[str]) -> bool:
    number, more = 1, True
    while more:
        page = work.books.documents_page(kind, page=number, filters={"customer_id": customer_id})
        for row in page.rows:
            if str(row.get("customer_id")) == customer_id and str(row.get("status")) in statuses:
                return True
        number, more = number + 1, page.more
    return False


def _amount(raw: object) -> Decimal:
    try:
        return Decimal(str(raw or "0"))
    except InvalidOperation:
        return Decimal(1)  # unreadable: believed to be something


def hanging(work: Work, write: Write, company: Record) -> str:
    """Which records that this run did not make belong to the company now, as words; "" when none does."""
    made = since.made_with(write.undoes) if write.undoes else frozenset()
    for related, words in _RELATED:
        if any(one not in made for one in _related(work, company, related)):
            return words
    return ""


def _related(work: Work, company: Record, related: str) -> Iterator[str]:
    """Ids, page by page: who was added last may stand on the last one."""
    module, number, more = BIGIN_MODULES[company.kind], 1, True
    while more:
        ask = partial(work.bigin.related, module, company.remote_id, related, ["id"], page=number)
        page = work.patiently(ask)
        yield from (str(row.get("id")) for row in page.rows)
        number, more = number + 1, page.more
