"""What a record's panel shows, from the mirror alone: a page of documents and the customer's figures."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, DecimalField, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Installation
from invoices.drafts import Kind
from invoices.models import CustomerBalance, Document

State = Document.State
PER_PAGE = 20
FRESH = datetime.timedelta(minutes=5)
STATUSES = {
    "invoice": ("draft", "sent", "overdue", "partially_paid", "paid", "void"),
    "estimate": ("draft", "sent", "accepted", "declined", "invoiced", "expired"),
    "salesorder": ("draft", "open", "partially_invoiced", "invoiced", "void"),
}
_UNPAID = ("sent", "overdue", "unpaid", "partially_paid", "viewed")
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Wish:
    """What the person asked the panel to show. `everything`: all of the customer's documents, not only the deal's."""

    kind: Kind
    everything: bool = True
    status: str = ""
    text: str = ""
    page: int = 1


@dataclass(frozen=True)
class Figures:
    """The top of the panel; None where nothing is known."""

    currency: str
    outstanding: Decimal | None
    overdue: Decimal
    unused_credits: Decimal | None
    seen_at: datetime.datetime | None


@dataclass(frozen=True)
class Shown:
    page: Page[Document]
    counts: dict[str, int]
    figures: Figures | None
    listed_at: datetime.datetime | None
    now: datetime.datetime
    stale_list: bool
    stale_figures: bool


def show(installation: Installation, module: str, record_id: str, customer_id: str, wish: Wish) -> Shown:
    """At most five statements, whatever the number of documents."""
    made_here = Q(record_module=module, record_id=record_id)
    around = made_here | Q(customer_id=customer_id) if wish.everything and customer_id else made_here
    standing = Document.objects.filter(installation=installation, state=State.STANDS).filter(around)
    now = timezone.now()
    balance = _balance(installation, customer_id)
    counts = {row["kind"]: row["number"] for row in standing.values("kind").annotate(number=Count("pk"))}
    listed_at = _listed_at(balance, wish.kind)
    return Shown(
        page=_page(standing.filter(kind=wish.kind), wish, counts.get(wish.kind, 0)),
        counts=counts,
        figures=_figures(installation, customer_id, balance) if customer_id else None,
        listed_at=listed_at,
        now=now,
        stale_list=bool(customer_id) and (listed_at is None or listed_at < now - FRESH),
        stale_figures=bool(customer_id)
        and (balance is None or balance.seen_at is None or balance.seen_at < now - FRESH),
    )


def _narrowed(rows: QuerySet[Document], wish: Wish) -> QuerySet[Document]:
    if wish.status in STATUSES[wish.kind]:
        rows = rows.filter(status=wish.status)
    if wish.text:
        text = wish.text[:100]
        rows = rows.filter(Q(number__icontains=text) | Q(reference__icontains=text) | Q(record_label__icontains=text))
    return rows.order_by("-date", "-id")


def _page(rows: QuerySet[Document], wish: Wish, count: int) -> Page[Document]:
    """`count` is that of all rows: where nothing is narrowed down, they need not be counted again."""
    shown = _narrowed(rows, wish).defer("payload", "url", "error", "warnings")
    pages = Paginator(shown, PER_PAGE)
    if not wish.text and not wish.status:
        pages.count = count
    return pages.get_page(wish.page)


def _balance(installation: Installation, customer_id: str) -> CustomerBalance | None:
    if not customer_id:
        return None
    return CustomerBalance.objects.filter(installation=installation, customer_id=customer_id).first()


def _listed_at(balance: CustomerBalance | None, kind: Kind) -> datetime.datetime | None:
    text = balance.listed.get(kind) if balance else None
    return datetime.datetime.fromisoformat(text) if text else None


def _figures(installation: Installation, customer_id: str, balance: CustomerBalance | None) -> Figures:
    overdue = Document.objects.filter(
        installation=installation,
        customer_id=customer_id,
        kind="invoice",
        state=State.STANDS,
        status__in=_UNPAID,
        due_date__lt=timezone.localdate(),
    ).aggregate(sum=Sum("balance", output_field=DecimalField()))["sum"]
    return Figures(
        currency=balance.currency if balance else "",
        outstanding=balance.outstanding if balance else None,
        overdue=overdue or _ZERO,
        unused_credits=balance.unused_credits if balance else None,
        seen_at=balance.seen_at if balance else None,
    )


def wish_from(params: Any, kinds: tuple[Kind, ...], *, is_deal: bool) -> Wish:
    """From a query string; nonsense counts as not given."""
    kind = next((one for one in kinds if one == params.get("tab")), kinds[0])
    page = params.get("page", "1")
    return Wish(
        kind=kind,
        everything=not is_deal or params.get("all") == "1",
        status=params.get("status", ""),
        text=params.get("q", "").replace("\x00", "").strip(),
        page=int(page) if page.isdecimal() and len(page) < 6 else 1,
    )
