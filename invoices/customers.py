"""Whose customer a Bigin record leads to (rules 7.1), and what Books knows of them: currency, terms, persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Installation
from invoices.deals import DEALS, RecordFacts, Ref
from invoices.models import BilledRecord, CustomerBalance
from invoices.offers import decimal
from sync import billing, services
from sync.choices import Mode, Module
from sync.models import ModuleSetting
from zoho.bigin import Bigin
from zoho.books import Books

COMPANIES, CONTACTS = "Accounts", "Contacts"


@dataclass(frozen=True)
class Party:
    """The Bigin record that is billed, and its customer in Books where there is one. `picked`: chosen by a rep for a
    record that leads to nobody, which shows its reader nothing of that customer."""

    module: str
    bigin_id: str
    label: str
    customer_id: str = ""
    customer_label: str = ""
    person_id: str = ""
    contact: Ref | None = None  # the deal's contact, who becomes the recipient where Books knows them
    picked: bool = False


@dataclass(frozen=True)
class Person:
    person_id: str
    name: str
    email: str
    is_primary: bool


@dataclass(frozen=True)
class Customer:
    """A customer as Books' detail says it."""

    customer_id: str
    name: str
    is_active: bool
    currency: str
    currency_id: str
    payment_terms: int
    payment_terms_label: str
    persons: tuple[Person, ...]
    tax_id: str
    is_taxable: bool
    outstanding: Decimal
    unused_credits: Decimal


def mode_of(installation: Installation) -> Mode:
    row = ModuleSetting.objects.filter(installation=installation, module=Module.CUSTOMERS).only("mode").first()
    return Mode(row.mode) if row else Mode.BOTH


def party_of(installation: Installation, facts: RecordFacts) -> Party | None:
    """Who is billed for a record; None when it names nobody and a person has to pick. No network."""
    target = _target(installation, facts)
    picked = _picked(installation, facts) if target is None else None
    if picked:
        return picked
    if target is None:
        return None
    module, ref = target
    contact = facts.contact if module == COMPANIES else None
    match = billing.customer_of(installation, module, ref.id)
    if match is None:
        return Party(module, ref.id, ref.label, contact=contact)
    return Party(module, ref.id, ref.label, match.customer_id, match.label, match.person_id or "", contact)


def _target(installation: Installation, facts: RecordFacts) -> tuple[str, Ref] | None:
    """The company before the contact, as far as the mode keeps them in step (rules 7.1)."""
    own = Ref(facts.record_id, facts.label)
    company = own if facts.module == COMPANIES else facts.company
    contact = own if facts.module == CONTACTS else facts.contact
    mode = mode_of(installation)
    if company and mode != Mode.CONTACTS:
        return COMPANIES, company
    return (CONTACTS, contact) if contact and mode != Mode.COMPANIES else None


def _picked(installation: Installation, facts: RecordFacts) -> Party | None:
    row = BilledRecord.objects.filter(installation=installation, module=facts.module, record_id=facts.record_id).first()
    if row is None or not row.customer_id:
        return None
    return Party("", "", facts.label, row.customer_id, row.customer_label, picked=True)


def remember(installation: Installation, facts: RecordFacts) -> None:
    """So that the record's panel opens with Bigin out of reach."""
    company, contact = facts.company, facts.contact
    BilledRecord.objects.update_or_create(
        installation=installation,
        module=facts.module,
        record_id=facts.record_id,
        defaults={
            "label": facts.label,
            "company_id": company.id if company else "",
            "company_label": company.label if company else "",
            "contact_id": contact.id if contact else "",
            "contact_label": contact.label if contact else "",
            "amount": facts.amount,
            "currency": facts.currency,
            "seen_at": timezone.now(),
        },
    )


def recalled(installation: Installation, module: str, record_id: str) -> BilledRecord | None:
    return BilledRecord.objects.filter(installation=installation, module=module, record_id=record_id).first()


def facts_from(row: BilledRecord) -> RecordFacts:
    return RecordFacts(
        module=row.module,
        record_id=row.record_id,
        label=row.label,
        company=Ref(row.company_id, row.company_label) if row.company_id else None,
        contact=Ref(row.contact_id, row.contact_label) if row.contact_id else None,
        amount=row.amount,
        currency=row.currency,
    )


def pick(installation: Installation, module: str, record_id: str, customer: Customer) -> None:
    """A rep's choice for a record that leads to nobody; kept for its next document."""
    BilledRecord.objects.update_or_create(
        installation=installation,
        module=module,
        record_id=record_id,
        defaults={"customer_id": customer.customer_id, "customer_label": customer.name},
    )


def read(installation: Installation, books: Books, customer_id: str) -> Customer | None:
    """One call; keeps the figures for the panel. None when Books has no such customer: none of that id in this
    organisation, or a vendor."""
    row = books.contact(customer_id)
    if row is None or row.get("contact_type") not in (None, "", "customer"):
        return None
    customer = customer_from(row)
    CustomerBalance.objects.update_or_create(
        installation=installation,
        customer_id=customer.customer_id,
        defaults={
            "currency": customer.currency[:3],
            "outstanding": customer.outstanding,
            "unused_credits": customer.unused_credits,
            "seen_at": timezone.now(),
        },
    )
    return customer


def customer_from(row: Mapping[str, Any]) -> Customer:
    return Customer(
        customer_id=str(row["contact_id"]),
        name=str(row.get("contact_name") or ""),
        is_active=row.get("status") != "inactive",
        currency=str(row.get("currency_code") or ""),
        currency_id=str(row.get("currency_id") or ""),
        payment_terms=int(decimal(row.get("payment_terms")) or 0),
        payment_terms_label=str(row.get("payment_terms_label") or ""),
        persons=tuple(_person(one) for one in row.get("contact_persons") or [] if isinstance(one, dict)),
        tax_id=str(row.get("tax_id") or ""),
        is_taxable=row.get("is_taxable") is not False,
        outstanding=decimal(row.get("outstanding_receivable_amount")) or Decimal(0),
        unused_credits=decimal(row.get("unused_credits_receivable_amount")) or Decimal(0),
    )


def _person(row: Mapping[str, Any]) -> Person:
    name = " ".join(part for part in (str(row.get("first_name") or ""), str(row.get("last_name") or "")) if part)
    email = str(row.get("email") or "")
    return Person(str(row.get("contact_person_id") or ""), name or email, email, row.get("is_primary_contact") is True)


def recipient(installation: Installation, party: Party, customer: Customer) -> str:
    """Who the document is addressed to: the deal's contact if a person there, else the primary one."""
    known = {one.person_id for one in customer.persons}
    if party.contact:
        person = billing.person_of(installation, party.contact.id, customer.customer_id)
        if person in known:
            return person
        match = billing.customer_of(installation, CONTACTS, party.contact.id)
        if match and match.customer_id == customer.customer_id and match.person_id in known:
            return str(match.person_id)
    if party.person_id in known:
        return party.person_id
    return next((one.person_id for one in customer.persons if one.is_primary), "")


def is_deal(module: str) -> bool:
    return module == DEALS


def ensure(
    installation: Installation, party: Party, *, bigin: Bigin, books: Books, anyway: bool
) -> billing.EnsuredCustomer | billing.Candidates:
    """The customer in Books, created there if need be, exactly once (sync.billing); `anyway`: a rep said that none of
    the candidates is this one. Over the network."""
    services.settings_of(installation)  # with their defaults where nobody has configured anything yet
    return billing.ensure_customer(installation, party.module, party.bigin_id, bigin=bigin, books=books, anyway=anyway)
