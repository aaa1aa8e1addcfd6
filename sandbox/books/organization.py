"""One Books organisation: its tables, settings, numbering and identity. What calls do to it is in other modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sandbox.books import tables, times
from sandbox.books.errors import does_not_exist
from sandbox.books.papers import CreditNote, Document, Kind
from sandbox.books.records import (
    Authority,
    BooksUser,
    Contact,
    Currency,
    CustomField,
    Exemption,
    Item,
    Mail,
    Tax,
    Template,
    Webhook,
)
from sandbox.books.window import Window
from sandbox.clock import Clock
from sandbox.switches import SwitchBoard

KINDS: tuple[Kind, ...] = ("invoice", "estimate", "salesorder")


class Surroundings(Protocol):
    """What an organisation needs of the world around it."""

    clock: Clock
    switches: SwitchBoard


@dataclass(slots=True)
class Profile:
    """What `GET /organizations` tells, and preferences without a switch of their own."""

    organization_id: str
    name: str
    id_prefix: str
    email: str = ""
    contact_name: str = ""
    time_zone: str = "America/New_York"
    country: str = "U.S.A"
    country_code: str = "US"
    currency_code: str = "USD"
    plan_name: str = "PROFESSIONAL"
    portal_name: str = ""
    language_code: str = "en"
    industry_type: str = "Travel/Hospitality"
    date_format: str = "dd MMM yyyy"
    fiscal_year_start_month: int = 1
    is_default: bool = False
    is_active: bool = True
    created: int = 0
    daily_limit: int = 10000
    products: list[str] = field(default_factory=lambda: ["books", "invoice"])


@dataclass(slots=True)
class Numbering:
    prefix: str
    next_number: int = 1
    width: int = 6

    def text(self) -> str:
        return f"{self.prefix}{self.next_number:0{self.width}d}"


class BooksOrg:
    """Handlers run one after another on the event loop, so methods may change several tables without a lock."""

    def __init__(self, world: Surroundings, profile: Profile) -> None:
        self.world = world
        self.profile = profile
        self.next_id = 112001
        self.users: list[BooksUser] = []
        self.currencies: dict[str, Currency] = {}
        self.taxes = tables.tax_table()
        self.authorities: dict[str, Authority] = {}
        self.exemptions: dict[str, Exemption] = {}
        self.custom_fields: dict[str, CustomField] = {}
        self.templates: dict[str, Template] = {}
        self.contacts = tables.contact_table()
        self.items = tables.item_table()
        self.documents = {kind: tables.document_table(self.customer_name) for kind in KINDS}
        self.payments = tables.payment_table()
        self.credit_notes: dict[str, CreditNote] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.outbox: list[Mail] = []
        self.numbering = {
            "invoice": Numbering("INV-"),
            "estimate": Numbering("QT-"),
            "salesorder": Numbering("SO-", width=5),
            "payment": Numbering("", width=1),
            "contact": Numbering("CUS-", width=5),
        }
        self.notes_default = "Thanks for your business."
        self.window = Window()
        self.call_days: dict[str, list[int]] = {}  # product -> [day number, calls]; the daily quota survives a restart

    @property
    def organization_id(self) -> str:
        return self.profile.organization_id

    def new_id(self) -> str:
        """Prefix of the organisation and 12 digits, as live ids are (books-api.md 0.3). Never reused."""
        self.next_id += 2
        return f"{self.profile.id_prefix}{self.next_id:012d}"

    def switch(self, name: str) -> str:
        return self.world.switches[name]

    def now(self) -> int:
        return int(self.world.clock.seconds())

    def today(self) -> str:
        return times.day_of(self.now(), self.profile.time_zone)

    def stamp(self, epoch: int) -> str:
        return times.stamp(epoch, self.profile.time_zone)

    @property
    def base_currency(self) -> Currency:
        return next(currency for currency in self.currencies.values() if currency.is_base)

    def currency(self, currency_id: str) -> Currency:
        return self.currencies.get(currency_id) or self.base_currency

    def customer_name(self, contact_id: str) -> str:
        contact = self.contacts.get(contact_id)
        return contact.contact_name if contact else ""

    def contact(self, contact_id: str, thing: str = "Contact") -> Contact:
        contact = self.contacts.get(contact_id)
        if contact is None:
            raise does_not_exist(thing)
        return contact

    def item(self, item_id: str) -> Item | None:
        return self.items.get(item_id)

    def tax(self, tax_id: str) -> Tax | None:
        return self.taxes.get(tax_id)

    def document(self, kind: Kind, document_id: str) -> Document:
        document = self.documents[kind].get(document_id)
        if document is None:
            raise does_not_exist(SPOKEN[kind])
        return document

    def user(self, user_id: str) -> BooksUser | None:
        return next((user for user in self.users if user.user_id == user_id), None)

    def user_by_email(self, email: str) -> BooksUser | None:
        wanted = email.casefold()
        return next((user for user in self.users if user.email.casefold() == wanted), None)

    def fields_of(self, entity: str) -> list[CustomField]:
        return [field for field in self.custom_fields.values() if field.entity == entity and field.is_active]

    def documents_of(self, customer_id: str) -> list[Document]:
        return [document for kind in KINDS for document in self.documents[kind].find("customer", customer_id)]

    def has_transactions(self, contact: Contact) -> bool:
        held = self.documents_of(contact.contact_id) or self.payments.find("customer", contact.contact_id)
        return bool(held) or any(note.customer_id == contact.contact_id for note in self.credit_notes.values())

    def next_number(self, series: str) -> str:
        """The next automatic number that is still free; the counter moves past numbers given by hand."""
        numbering = self.numbering[series]
        while True:
            text = numbering.text()
            numbering.next_number += 1
            if not any(kind == series and table.find("number", text) for kind, table in self.documents.items()):
                return text


SPOKEN: dict[Kind, str] = {"invoice": "Invoice", "estimate": "Quote", "salesorder": "Sales order"}
