"""Panels out of the mirror alone: everything was read from Zoho a moment ago, so nothing is asked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Installation, Member, RecordAccess
from invoices.drafts import Draft, Line
from invoices.models import BilledRecord, Catalogue, CustomerBalance, Document
from sync.models import Link, Record
from tests.factories import make_installation, make_member

DEAL, COMPANY, CUSTOMER = "4876876000000777001", "4876876000000777002", "990000000000777"
# kind: (status, days from today until it is due, part of the total that is still owed)
STATES: dict[str, list[tuple[str, int, Decimal]]] = {
    "invoice": [
        ("draft", 30, Decimal(1)),
        ("sent", 14, Decimal(1)),
        ("overdue", -12, Decimal(1)),
        ("partially_paid", -1, Decimal("0.4")),
        ("paid", -40, Decimal(0)),
        ("void", -90, Decimal(0)),
        ("viewed", 3, Decimal(1)),
    ],
    "estimate": [
        (one, days, Decimal(0))
        for one, days in (
            ("draft", 20), ("sent", 10), ("viewed", 5), ("accepted", 3), ("declined", -2), ("invoiced", -9),
            ("expired", -30),
        )
    ],
    "salesorder": [
        (one, days, Decimal(0))
        for one, days in (("draft", 9), ("open", 4), ("partially_invoiced", 0), ("invoiced", -8), ("void", -20))
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Panel:
    installation: Installation
    member: Member
    customer: str
    company: str
    deal: str

    @property
    def path(self) -> str:
        return f"/embed/record/Pipelines/{DEAL}/?all=1"


def make_panel(
    *,
    company: str = "Azul Tiles and Ceramics, Lda.",
    deal: str = "Team days in Porto, 24 people",
    linked: bool = True,
    read: timedelta = timedelta(minutes=1),
) -> Panel:
    """A deal of a company, which is a customer in Books when `linked`; all lists were read `read` ago."""
    installation = make_installation(bigin_org_name="Wanderlust Travel", books_org_name="Wanderlust Books")
    member = make_member(installation, name="Ada Keller")
    now = timezone.now()
    RecordAccess.objects.create(member=member, module="Pipelines", record_id=DEAL, allowed=True, seen_at=now)
    BilledRecord.objects.create(
        installation=installation, module="Pipelines", record_id=DEAL, label=deal, company_id=COMPANY,
        company_label=company, amount=Decimal("12400"), currency="EUR", seen_at=now,
    )  # fmt: skip
    if linked:
        _link(installation, company)
        seen = now - read
        CustomerBalance.objects.create(
            installation=installation, customer_id=CUSTOMER, currency="EUR", outstanding=Decimal("18390.40"),
            unused_credits=Decimal("250"), seen_at=seen, listed=dict.fromkeys(STATES, seen.isoformat()),
        )  # fmt: skip
    return Panel(installation, member, company, company, deal)


def _link(installation: Installation, label: str) -> None:
    bigin, books = (
        Record.objects.create(
            installation=installation, side=side, kind=kind, remote_id=remote_id, label=label, dirty=False
        )
        for side, kind, remote_id in (("bigin", "company", COMPANY), ("books", "customer", CUSTOMER))
    )
    Link.objects.create(installation=installation, kind="company-customer", bigin=bigin, books=books)


def document(panel: Panel, number: int, kind: str, state: tuple[str, int, Decimal], **values: object) -> Document:
    (status, due, owed), today = state, timezone.localdate()
    total = Decimal("1240.50") + 911 * (number % 13)
    prefix = {"invoice": "INV", "estimate": "QT", "salesorder": "SO"}[kind]
    standard: dict[str, object] = {
        "installation": panel.installation, "kind": kind, "state": "stands", "books_id": f"{kind}-{number}",
        "customer_id": CUSTOMER, "customer_name": panel.customer, "number": f"{prefix}-{number:06}", "status": status,
        "date": today - timedelta(days=number), "due_date": today + timedelta(days=due), "currency": "EUR",
        "total": total, "balance": (total * owed).quantize(Decimal("0.01")), "seen_at": timezone.now(),
        "record_module": "Pipelines", "record_id": DEAL if number % 2 else "",
        "record_label": panel.deal if number % 2 else "",
    }  # fmt: skip
    return Document(**{**standard, **values})


def in_every_state(panel: Panel) -> None:
    Document.objects.bulk_create(
        document(panel, 42 - number, kind, state)
        for kind, states in STATES.items()
        for number, state in enumerate(states)
    )


def many(panel: Panel, number: int) -> None:
    Document.objects.bulk_create(
        document(panel, 1000 + one, "invoice", ("paid" if one % 3 else "sent", 30 - one % 400, Decimal(one % 3 == 0)))
        for one in range(number)
    )


def open_form(panel: Panel, draft: Draft, **payload: object) -> Document:
    """As pressing New would have filled it in."""
    return _own(panel, "draft", draft.kind, {"draft": draft.to_json(), "notices": [], **payload})


def on_its_way(panel: Panel, state: str, error: str = "", **payload: object) -> Document:
    """Saved, and not in Books yet."""
    draft = Draft(kind="invoice", customer_id=CUSTOMER, customer_name=panel.customer)
    return _own(panel, state, "invoice", {"draft": draft.to_json(), **payload}, error=error, key=uuid.uuid4().hex)


def _own(panel: Panel, state: str, kind: str, payload: dict[str, object], **values: object) -> Document:
    return Document.objects.create(
        installation=panel.installation, kind=kind, member=panel.member, state=state, record_module="Pipelines",
        record_id=DEAL, record_label=panel.deal, customer_id=CUSTOMER, customer_name=panel.customer, payload=payload,
        **values,
    )  # fmt: skip


def catalogue(panel: Panel) -> None:
    """What Books offers to choose from, as read a moment ago."""
    Catalogue.objects.create(
        installation=panel.installation, seen_at=timezone.now(),
        taxes=[{
            "id": "1", "name": "IVA 23%",
            "parts": [{"id": "1", "name": "IVA", "percentage": "23", "compound": False}],
        }],
        currencies=[], templates={"invoice": [{"id": "5", "name": "Azulejo"}]}, fields={},
    )  # fmt: skip


def lines(number: int, name: str = "Tuk-tuk tour of Alfama") -> tuple[Line, ...]:
    return tuple(
        Line(
            name=f"{name}, day {one + 1}", quantity=Decimal(one % 5 + 1), rate=Decimal("84.50") + one, item_id=f"{one}"
        )
        for one in range(number)
    )
