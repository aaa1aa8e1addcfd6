"""The sort keys and exact lookups of the tables of an organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.books.papers import Document, Payment
from sandbox.books.records import Contact, Item, Person, Tax
from sandbox.books.store import Table

_NOBODY = Person("")


def fold(text: str) -> str:
    """How Books compares names: case and surrounding white space do not count."""
    return " ".join(text.casefold().split())


def _primary(contact: Contact) -> Person:
    return contact.primary() or _NOBODY


def unique_values(record: Any) -> tuple[str, ...]:
    """Every custom value under `field id=value`, for uniqueness and keyed upserts."""
    return tuple(f"{field_id}={value}" for field_id, value in record.custom.items() if value not in ("", None))


def contact_table() -> Table[Contact]:
    return Table(
        lambda record: record.contact_id,
        {
            "contact_name": lambda contact: fold(contact.contact_name),
            "company_name": lambda contact: fold(contact.company_name),
            "first_name": lambda contact: fold(_primary(contact).first_name),
            "last_name": lambda contact: fold(_primary(contact).last_name),
            "email": lambda contact: fold(_primary(contact).email),
            "outstanding_receivable_amount": lambda contact: contact.receivable,
            "created_time": lambda contact: contact.created,
            "last_modified_time": lambda contact: contact.modified,
        },
        {
            "contact_name": lambda contact: (fold(contact.contact_name),),
            "company_name": lambda contact: (fold(contact.company_name),),
            "email": lambda contact: (fold(_primary(contact).email),),
            "person_email": lambda contact: tuple({fold(person.email) for person in contact.persons if person.email}),
            "person": lambda contact: tuple(person.contact_person_id for person in contact.persons),
            "unique": unique_values,
        },
    )


def item_table() -> Table[Item]:
    return Table(
        lambda record: record.item_id,
        {
            "name": lambda item: fold(item.name),
            "sku": lambda item: fold(item.sku),
            "rate": lambda item: item.rate,
            "tax_name": lambda item: item.tax_id,
            "created_time": lambda item: item.created,
            "last_modified_time": lambda item: item.modified,
        },
        {
            "name": lambda item: (fold(item.name),),
            "sku": lambda item: (fold(item.sku),),
            "unique": unique_values,
        },
    )


def document_table(customer_name: Callable[[str], str]) -> Table[Document]:
    return Table(
        lambda record: record.document_id,
        {
            "customer_name": lambda document: fold(customer_name(document.customer_id)),
            "number": lambda document: document.number,
            "date": lambda document: document.date,
            "due_date": lambda document: document.due_date,
            "shipment_date": lambda document: document.shipment_date,
            "expiry_date": lambda document: document.expiry_date,
            "reference_number": lambda document: document.reference_number,
            "total": lambda document: document.totals.total,
            "balance": lambda document: document.balance,
            "created_time": lambda document: document.created,
            "last_modified_time": lambda document: document.modified,
        },
        {
            "number": lambda document: (document.number,),
            "customer": lambda document: (document.customer_id,),
            "reference": lambda document: (document.reference_number,),
            "item": lambda document: tuple({line.item_id for line in document.lines if line.item_id}),
            "estimate": lambda document: (document.estimate_id,),
            "salesorder": lambda document: (document.salesorder_id,),
            "unique": unique_values,
        },
    )


def payment_table() -> Table[Payment]:
    return Table(
        lambda record: record.payment_id,
        {
            "date": lambda payment: payment.date,
            "amount": lambda payment: payment.amount,
            "created_time": lambda payment: payment.created,
            "last_modified_time": lambda payment: payment.modified,
        },
        {
            "customer": lambda payment: (payment.customer_id,),
            "invoice": lambda payment: tuple({part.invoice_id for part in payment.applied}),
        },
    )


def tax_table() -> Table[Tax]:
    return Table(
        lambda record: record.tax_id, {"tax_name": lambda tax: fold(tax.name)}, {"name": lambda tax: (fold(tax.name),)}
    )
