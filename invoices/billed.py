"""What was made from a deal already (rules 7.3). Only documents made from the deal count: what somebody wrote in Books
by hand names no deal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from invoices import deals
from invoices.models import Document

State = Document.State


@dataclass(frozen=True)
class Billed:
    """Of one kind: how many stand in Books and are not void, what they come to in each currency, and how many more are
    on their way there or in doubt."""

    number: int = 0
    sums: tuple[tuple[Decimal, str], ...] = ()
    under_way: int = 0

    def __bool__(self) -> bool:
        return bool(self.number or self.under_way)


def billed(document: Document) -> Billed:
    """Besides the document itself; nothing for a revision, which makes none. Two statements, no network."""
    if document.record_module != deals.DEALS or document.revises_id:
        return Billed()
    same = Document.objects.filter(
        installation=document.installation,
        record_id=document.record_id,
        record_module=document.record_module,
        kind=document.kind,
        revises=None,
    ).exclude(pk=document.pk)
    standing = same.filter(state=State.STANDS).exclude(status="void")
    rows = list(standing.values("currency").annotate(number=Count("pk"), total=Sum("total")).order_by("currency"))
    sums = tuple((row["total"] or Decimal(0), row["currency"]) for row in rows)
    waiting = same.filter(state__in=(*Document.UNDER_WAY, State.UNCONFIRMED)).count()
    return Billed(sum(row["number"] for row in rows), sums, waiting)
