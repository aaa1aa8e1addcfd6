"""Bringing back what the sync deleted in Books: made anew from the detail that was kept for it (rules 5.2). No network.

Books gives it a new id, and what Bigin deleted stays deleted there: the pair is closed, with the new record as its
survivor (`sync/settle.py`). The create is sent, and looked up when its answer is lost, like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from sync import sources
from sync.fields import full_name, shown
from sync.mapping import Kind
from sync.models import Link, LinkKind, Record, RecordKind, Side, Write

Detail = Mapping[str, Any]
# What Books takes back as it gave it, beside mapped fields (reference, 3.3 and 4).
OF_CUSTOMER = (
    "contact_name company_name website notes language_code currency_id payment_terms payment_terms_label tax_id"
    " tax_treatment tax_reg_no vat_treatment vat_reg_no gst_treatment gst_no place_of_contact"
).split()
OF_ADDRESS = "attention address street2 city state state_code zip country phone fax".split()
OF_PERSON = "salutation email phone mobile designation department skype".split()
OF_ITEM = "name sku description rate unit account_id tax_id product_type".split()


def plan(write: Write, link: Link) -> None:
    """The create that takes back a deletion, with the persons the customer had: each is a write of its own that travels
    with it, but for the one whom an individual customer is. Needs a transaction."""
    kind, detail, books = Kind(link.kind), write.before or {}, link.books
    mapped = {name: value for name, value in (books.fields if books else {}).items() if value is not None}
    people = own_first(link, sources.persons_of(detail))
    fields = {**_kept(kind, detail, people), **mapped}
    if kind is Kind.COMPANY_CUSTOMER:
        fields = {name: value for name, value in fields.items() if not name.startswith("person.")}
    made = Write.objects.create(
        installation_id=write.installation_id,
        link=link,
        side=Side.BOOKS,
        op=Write.Op.CREATE,
        undoes=write,
        fields=fields,
        before={},
    )
    for person in _travelling(kind, people):
        _carry(made, person, books.remote_id if books else "")


def _kept(kind: Kind, detail: Detail, people: list[Detail]) -> dict[str, Any]:
    if kind is Kind.CONTACT_PERSON:
        return of_person(detail)
    if kind is Kind.PRODUCT_ITEM:
        return {**_filled(detail, OF_ITEM), **customs(detail)}
    found = {**_filled(detail, OF_CUSTOMER), **customs(detail)}
    for outer in ("billing_address", "shipping_address"):
        address = detail.get(outer)
        if isinstance(address, Mapping):
            found.update({f"{outer}.{name}": value for name, value in _filled(address, OF_ADDRESS).items()})
    if kind is Kind.CONTACT_CUSTOMER:
        found.update({f"person.{name}": value for one in people[:1] for name, value in of_person(one).items()})
    return found


def _travelling(kind: Kind, people: list[Detail]) -> list[Detail]:
    if kind is Kind.COMPANY_CUSTOMER:
        return people
    return people[1:] if kind is Kind.CONTACT_CUSTOMER else []


def own_first(link: Link, people: list[Detail]) -> list[Detail]:
    """Whom the contact is, then the primary one."""

    def place(one: Detail) -> tuple[bool, bool]:
        is_own = str(one.get("contact_person_id")) == link.person
        return not is_own, one.get("is_primary_contact") not in (True, "true")

    return sorted(people, key=place)


def _filled(detail: Detail, names: list[str]) -> dict[str, Any]:
    return {name: detail[name] for name in names if detail.get(name) not in (None, "")}


def customs(detail: Detail) -> dict[str, Any]:
    entries = [one for one in detail.get("custom_fields") or [] if isinstance(one, Mapping)]
    return {
        str(one["api_name"]): one["value"]
        for one in entries
        if str(one.get("api_name") or "").startswith("cf_") and one.get("value") not in (None, "")
    }


def of_person(person: Detail) -> dict[str, Any]:
    name = full_name(person.get("first_name"), person.get("last_name"))
    return {**({"name": name} if name else {}), **_filled(person, OF_PERSON), **customs(person)}


def _carry(made: Write, person: Detail, customer_id: str) -> None:
    """A person of the customer travels with it, as those of a new company do. Each keeps its pair, or gets a closed one
    of its own, so that it is not taken for a new person of Books."""
    fields = of_person(person)
    if not fields:
        return
    record, _ = Record.objects.get_or_create(
        installation_id=made.installation_id,
        side=Side.BOOKS,
        kind=RecordKind.PERSON,
        remote_id=str(person.get("contact_person_id")),
        defaults={
            "parent_id": customer_id,
            "label": shown(fields.get("name"))[:300],
            "gone_at": timezone.now(),
            "gone_how": "ours",
            "dirty": False,
        },
    )
    link = Link.objects.filter(books=record).exclude(state__in=Link.DEAD).first() or Link.objects.create(
        installation_id=made.installation_id,
        kind=LinkKind.CONTACT_PERSON,
        books=record,
        state=Link.State.CLOSED,
        reason="It was deleted along with its customer.",
    )
    Write.objects.create(
        installation_id=made.installation_id,
        link=link,
        side=Side.BOOKS,
        op=Write.Op.CREATE,
        undoes=made.undoes,
        carried_by=made,
        fields=fields,
        before={},
    )
