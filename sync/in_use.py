"""What keeps a customer with transactions from being made inactive (rules 5.2). Network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sync.models import Record
from sync.work import Work

_OPEN_ESTIMATES = ("draft", "sent", "accepted")
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
