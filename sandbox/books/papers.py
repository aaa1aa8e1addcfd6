"""Documents and payments as held in memory. Their sums are in totals.py, their statuses in statuses.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from sandbox.books.records import Address, Attachment, Comment

Kind = Literal["invoice", "estimate", "salesorder"]


@dataclass(slots=True)
class LineTax:
    tax_id: str
    name: str
    percentage: Decimal
    amount: Decimal


@dataclass(slots=True)
class Line:
    line_item_id: str
    name: str = ""
    item_id: str = ""
    description: str = ""
    rate: Decimal = Decimal(0)
    quantity: Decimal = Decimal(1)
    unit: str = ""
    discount: Decimal = Decimal(0)
    discount_is_percent: bool = False
    tax_id: str = ""
    item_order: int = 0
    header_name: str = ""
    product_type: str = ""
    salesorder_item_id: str = ""
    estimate_item_id: str = ""
    project_id: str = ""
    custom: list[Any] = field(default_factory=list)
    item_total: Decimal = Decimal(0)
    item_total_inclusive: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    taxes: list[LineTax] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    sub_total: Decimal = Decimal(0)
    sub_total_inclusive: Decimal = Decimal(0)
    discount_total: Decimal = Decimal(0)
    tax_total: Decimal = Decimal(0)
    reverse_charge: Decimal = Decimal(0)
    taxes: list[LineTax] = field(default_factory=list)
    total: Decimal = Decimal(0)


@dataclass(slots=True)
class Document:
    """An invoice, estimate or sales order. `state` is what people did to it; what it shows depends on money and day."""

    document_id: str
    kind: Kind
    number: str
    customer_id: str
    currency_id: str
    date: str
    billing: Address
    shipping: Address
    state: str = "draft"
    reference_number: str = ""
    exchange_rate: Decimal = Decimal(1)
    lines: list[Line] = field(default_factory=list)
    discount: Decimal = Decimal(0)
    discount_is_percent: bool = False
    discount_before_tax: bool = True
    discount_type: str = "entity_level"
    inclusive: bool = False
    reverse_charge: bool = False
    shipping_charge: Decimal = Decimal(0)
    adjustment: Decimal = Decimal(0)
    adjustment_description: str = "Adjustment"
    notes: str = ""
    terms: str = ""
    template_id: str = ""
    salesperson_name: str = ""
    salesperson_id: str = ""
    person_ids: list[str] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    due_date: str = ""
    expiry_date: str = ""
    shipment_date: str = ""
    payment_terms: int = 0
    payment_terms_label: str = ""
    delivery_method: str = ""
    accepted_date: str = ""
    declined_date: str = ""
    estimate_id: str = ""
    salesorder_id: str = ""
    invoice_ids: list[str] = field(default_factory=list)
    salesorder_ids: list[str] = field(default_factory=list)
    sub_status: str = ""
    void_reason: str = ""
    is_emailed: bool = False
    viewed: int = 0
    reminders: bool = True
    reminders_sent: int = 0
    last_reminder: str = ""
    write_off: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    credits_applied: Decimal = Decimal(0)
    last_payment: str = ""
    totals: Totals = field(default_factory=Totals)
    created: int = 0
    modified: int = 0
    created_by: str = ""
    modified_by: str = ""
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def balance(self) -> Decimal:
        """What is owed. A void invoice keeps `balance == total` (books-api.md 0.4)."""
        if self.state == "void":
            return self.totals.total
        return self.totals.total - self.paid - self.credits_applied - self.write_off


@dataclass(slots=True)
class Applied:
    """A part of a payment that pays one invoice."""

    invoice_payment_id: str
    invoice_id: str
    amount: Decimal


@dataclass(slots=True)
class Payment:
    payment_id: str
    customer_id: str
    number: str
    date: str
    amount: Decimal
    mode: str = "banktransfer"
    reference_number: str = ""
    description: str = ""
    exchange_rate: Decimal = Decimal(1)
    applied: list[Applied] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    created: int = 0
    modified: int = 0

    @property
    def unused(self) -> Decimal:
        return self.amount - sum((part.amount for part in self.applied), Decimal(0))


@dataclass(slots=True)
class CreditNote:
    """`applied` holds what has gone to invoices."""

    creditnote_id: str
    number: str
    customer_id: str
    date: str
    total: Decimal
    applied: list[Applied] = field(default_factory=list)

    @property
    def balance(self) -> Decimal:
        return self.total - sum((part.amount for part in self.applied), Decimal(0))
