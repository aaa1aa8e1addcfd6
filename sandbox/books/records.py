"""What a Books organisation holds: customers, persons, items, taxes, currencies. Documents are in papers.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(slots=True)
class Address:
    address_id: str = ""
    attention: str = ""
    address: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    state_code: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""
    county: str = ""
    phone: str = ""
    fax: str = ""


@dataclass(slots=True)
class Person:
    contact_person_id: str
    salutation: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    designation: str = ""
    department: str = ""
    skype: str = ""
    is_primary: bool = False
    in_portal: bool = False
    sms: bool = False
    whatsapp: bool = False
    created: int = 0


@dataclass(slots=True)
class Comment:
    comment_id: str
    description: str
    by_id: str
    by_name: str
    comment_type: str
    operation_type: str
    at: int
    show_to_clients: bool = False


@dataclass(slots=True)
class Attachment:
    document_id: str
    file_name: str
    content_type: str
    base64: str
    can_send_in_mail: bool = False


@dataclass(slots=True)
class Contact:
    """`extra` holds accepted fields that nothing computes with (tax numbers, social names, credit limit ...)."""

    contact_id: str
    contact_name: str
    billing: Address
    shipping: Address
    currency_id: str
    company_name: str = ""
    contact_type: str = "customer"
    customer_sub_type: str = "business"
    status: str = "active"
    website: str = ""
    language_code: str = ""
    contact_number: str = ""
    payment_terms: int = 0
    payment_terms_label: str = ""
    notes: str = ""
    owner_id: str = ""
    more_addresses: list[Address] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    tax_id: str = ""
    is_taxable: bool = True
    reminders: bool = True
    portal: bool = False
    track_1099: bool = False
    source: str = "api"
    created: int = 0
    modified: int = 0
    created_by: str = ""
    modified_by: str = ""
    receivable: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    comments: list[Comment] = field(default_factory=list)

    def primary(self) -> Person | None:
        return next((person for person in self.persons if person.is_primary), None)


@dataclass(slots=True)
class Item:
    item_id: str
    name: str
    rate: Decimal = Decimal(0)
    sku: str = ""
    status: str = "active"
    description: str = ""
    unit: str = ""
    tax_id: str = ""
    is_taxable: bool = True
    account_id: str = ""
    item_type: str = "sales"
    product_type: str = "goods"
    purchase_rate: Decimal = Decimal(0)
    purchase_description: str = ""
    group_id: str = ""
    group_name: str = ""
    custom: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    source: str = "api"
    created: int = 0
    modified: int = 0
    created_by: str = ""
    modified_by: str = ""


@dataclass(slots=True)
class Tax:
    """A tax, or with `members` a group of them. `percentage` of a group is the plain sum, as Books shows it."""

    tax_id: str
    name: str
    percentage: Decimal
    tax_type: str = "tax"
    members: list[str] = field(default_factory=list)
    is_value_added: bool = False
    is_default: bool = False
    authority_id: str = ""
    status: str = "Active"
    modified: int = 0


@dataclass(slots=True)
class Authority:
    tax_authority_id: str
    name: str
    description: str = ""


@dataclass(slots=True)
class Exemption:
    tax_exemption_id: str
    code: str
    description: str = ""
    kind: str = "customer"


@dataclass(slots=True)
class Rate:
    exchange_rate_id: str
    effective_date: str
    rate: Decimal


@dataclass(slots=True)
class Currency:
    currency_id: str
    code: str
    name: str
    symbol: str
    price_precision: int = 2
    is_base: bool = False
    rates: list[Rate] = field(default_factory=list)

    @property
    def exchange_rate(self) -> Decimal:
        newest = max(self.rates, key=lambda rate: rate.effective_date, default=None)
        return newest.rate if newest else Decimal(1)


@dataclass(slots=True)
class BooksUser:
    user_id: str
    name: str
    email: str
    role: str = "admin"
    status: str = "active"
    created: int = 0


@dataclass(slots=True)
class CustomField:
    """A field defined in Settings. `entity` is contact, item, estimate, invoice or salesorder."""

    field_id: str
    entity: str
    api_name: str
    label: str
    data_type: str = "string"
    is_unique: bool = False
    is_mandatory: bool = False
    options: list[str] = field(default_factory=list)
    index: int = 1
    is_active: bool = True


@dataclass(slots=True)
class Template:
    template_id: str
    kind: str
    name: str
    template_type: str = "standard"


@dataclass(slots=True)
class Webhook:
    webhook_id: str
    name: str
    entity: str
    url: str
    events: list[str]
    secret: str = ""


@dataclass(slots=True)
class Mail:
    """One message in the outbox: what a recipient would have got."""

    mail_id: str
    at: int
    to: list[str]
    subject: str
    body: str
    cc: list[str] = field(default_factory=list)
    kind: str = ""
    document_id: str = ""
    customer_id: str = ""
    file_name: str = ""
    has_attachment: bool = False
    files: list[Attachment] = field(default_factory=list)  # beside the PDF
