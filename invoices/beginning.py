"""Opening the form of a new document: the one that is open already, or one filled in from the Bigin record."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Installation, Member
from invoices import clients, customers, deals, offers, settling
from invoices.customers import Customer, Party
from invoices.deals import ProductRow, RecordFacts
from invoices.drafts import ZERO, Draft, Kind, Line
from invoices.models import Document
from invoices.offers import Offer
from sync import billing
from zoho.books import Books, Row
from zoho.errors import Rejected

State = Document.State


def open_form(member: Member, module: str, record_id: str, kind: Kind) -> Document | None:
    """New, reload and Back resume it (rules 7.3)."""
    return Document.objects.filter(
        installation=member.installation,
        member=member,
        record_module=module,
        record_id=record_id,
        kind=kind,
        state__in=Document.OPEN,
        source=None,
    ).first()


def begin(member: Member, module: str, record_id: str, kind: Kind) -> Document:
    """The open form or a new one. Over the network for a new one; raises the errors of `zoho.errors`."""
    held = open_form(member, module, record_id, kind)
    if held:
        return held
    filled = fill(member.installation, module, record_id, kind)
    document = unsaved(member.installation, filled)
    document.member, document.made_by, document.key = member, member.name, uuid.uuid4().hex
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError:
        held = open_form(member, module, record_id, kind)
        if held is None:
            raise
        return held
    return document


@dataclass(frozen=True)
class Filled:
    """A new document as its Bigin record suggests it."""

    facts: RecordFacts
    draft: Draft
    party: Party | None
    notices: list[str]
    persons: list[dict[str, str]]


def fill(installation: Installation, module: str, record_id: str, kind: Kind) -> Filled:
    """Over the network; raises the errors of `zoho.errors`."""
    with clients.bigin(installation) as bigin, clients.books(installation) as books:
        facts, rows = _read(bigin, module, record_id)
        customers.remember(installation, facts)
        offer = offers.fresh_offer(installation, books)
        party = customers.party_of(installation, facts)
        customer = customers.read(installation, books, party.customer_id) if party and party.customer_id else None
        items = _items(installation, books, rows)
    draft, notices = _filled(installation, kind, facts, rows, items, offer, party, customer)
    return Filled(facts, draft, party, notices, persons_json(customer))


def keyed(installation: Installation, filled: Filled, key: str, who: str) -> Document:
    """For the API: the document of that key, new or as it is already. One key is one intent."""
    document = unsaved(installation, filled)
    document.key, document.made_by = key, who[:200]
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError:
        return Document.objects.get(installation=installation, key=key)
    return document


def _read(bigin: Any, module: str, record_id: str) -> tuple[RecordFacts, tuple[ProductRow, ...]]:
    if module == deals.DEALS:
        deal = deals.read_deal(bigin, record_id)
        facts, rows = (deal.facts, deal.rows) if deal else (None, ())
    else:
        facts, rows = deals.read_record(bigin, module, record_id), ()
    if facts is None:
        raise Rejected(_("This record is not in Bigin any more."), product="bigin", code="gone")
    return facts, rows


def _items(installation: Installation, books: Books, rows: Iterable[ProductRow]) -> dict[str, Row]:
    """Bigin product -> the linked item whole; one call for all of them."""
    ids = {
        row.product_id: match.item_id
        for row in rows
        if row.product_id and (match := billing.item_of(installation, row.product_id))
    }
    if not ids:
        return {}
    whole = {str(item.get("item_id")): item for item in books.item_details(sorted(set(ids.values())))}
    return {product_id: whole[item_id] for product_id, item_id in ids.items() if item_id in whole}


def _filled(
    installation: Installation,
    kind: Kind,
    facts: RecordFacts,
    rows: tuple[ProductRow, ...],
    items: dict[str, Row],
    offer: Offer,
    party: Party | None,
    customer: Customer | None,
) -> tuple[Draft, list[str]]:
    base = offer.base_currency or installation.books_currency
    currency = customer.currency if customer and customer.currency else base
    known = offer.currencies.get(currency)
    today = timezone.localdate()
    draft = Draft(
        kind=kind,
        date=today,
        currency=currency,
        currency_id=known.currency_id if known else "",
        base_currency=base,
        exchange_rate=known.rate if known and currency != base else None,
        precision=offer.precision(currency),
    )
    if party:
        draft = replace(draft, customer_id=party.customer_id, customer_name=party.customer_label or party.label)
    if customer and party:
        draft = addressed(draft, installation, party, customer)
    prices = Prices(facts.currency or installation.bigin_currency or base, draft)
    lines = tuple(_line(row, items.get(row.product_id), prices, customer) for row in rows)
    draft = replace(draft, lines=lines or _free_line(facts, prices, customer))
    if any(row.discount for row in rows):
        draft = replace(draft, discount_type="item_level")
    return draft, _notices(facts, rows, prices)


def addressed(draft: Draft, installation: Installation, party: Party | None, customer: Customer) -> Draft:
    """To that customer: its terms, and its recipient."""
    person = customers.recipient(installation, party, customer) if party else ""
    draft = replace(draft, customer_id=customer.customer_id, customer_name=customer.name)
    draft = replace(draft, person_ids=(person,) if person else ())
    if draft.kind == "invoice" and draft.date:
        days = max(customer.payment_terms, 0)
        draft = replace(
            draft,
            payment_terms=customer.payment_terms,
            payment_terms_label=customer.payment_terms_label,
            end_date=draft.date + datetime.timedelta(days=days),
        )
    return draft


class Prices:
    """A deal's amounts in the document's currency (rules 6.2). `rate` is None where a rep has to type it."""

    def __init__(self, deal_currency: str, draft: Draft) -> None:
        self.deal_currency = deal_currency or draft.currency
        self.draft = draft
        self.same = self.deal_currency == draft.currency
        self.rate = draft.exchange_rate if self.deal_currency == draft.base_currency and draft.is_foreign else None

    @property
    def needs_rate(self) -> bool:
        return not self.same and self.rate is None

    def of(self, price: Decimal) -> tuple[Decimal, Decimal | None]:
        """The price on the line, and the deal's own where it differs."""
        if self.same:
            return price, None
        if not self.rate:
            return ZERO, price
        unit = Decimal(1).scaleb(-self.draft.precision)
        return (price / self.rate).quantize(unit, ROUND_HALF_UP), price


def _line(row: ProductRow, item: Row | None, prices: Prices, customer: Customer | None) -> Line:
    rate, deal_price = prices.of(row.price)
    discount, _own = prices.of(row.discount)
    if item is None:
        return Line(
            name=row.name[:100], description=row.said, quantity=row.quantity, rate=rate, discount=discount,
            discount_is_percent=not discount, item_tax_id=fallback_tax(None, customer), product_id=row.product_id,
            deal_price=deal_price,
        )  # fmt: skip
    return Line(
        name=str(item.get("name") or row.name)[:100],
        quantity=row.quantity,
        rate=rate,
        item_id=str(item["item_id"]),
        description="\n".join(text for text in (row.said, str(item.get("description") or "")) if text)[:2000],
        unit=str(item.get("unit") or "")[:100],
        discount=discount,
        discount_is_percent=not discount,
        item_tax_id=fallback_tax(item, customer),
        product_id=row.product_id,
        deal_price=deal_price,
    )


def fallback_tax(item: Row | None, customer: Customer | None) -> str:
    """The tax Books takes where none is given: the item's, else the customer's; none where either is exempt."""
    if (customer and not customer.is_taxable) or (item and item.get("is_taxable") is False):
        return ""
    own = str(item.get("tax_id") or "") if item else ""
    return own or (customer.tax_id if customer else "")


def _free_line(facts: RecordFacts, prices: Prices, customer: Customer | None) -> tuple[Line, ...]:
    """A deal without product rows: its name, once, at its amount (rules 7.2). Other records begin empty."""
    if facts.module != deals.DEALS:
        return (Line(name="", item_tax_id=fallback_tax(None, customer)),)
    rate, deal_price = prices.of(facts.amount or ZERO)
    return (
        Line(
            name=facts.label[:100],
            rate=max(rate, ZERO),
            item_tax_id=fallback_tax(None, customer),
            deal_price=deal_price,
        ),
    )


def _notices(facts: RecordFacts, rows: tuple[ProductRow, ...], prices: Prices) -> list[str]:
    notices = []
    theirs = facts.contact_company
    if facts.contact and facts.company and theirs and theirs.id != facts.company.id:
        notices.append(
            _("%(contact)s belongs to %(theirs)s; this deal is billed to its own company, %(company)s.")
            % {"contact": facts.contact.label, "theirs": theirs.label, "company": facts.company.label}
        )
    total = sum((row.amount for row in rows), ZERO)
    if rows and facts.amount is not None and total != facts.amount:
        notices.append(
            _("The deal's products add up to %(total)s, its amount is %(amount)s.")
            % {"total": f"{total:f} {prices.deal_currency}", "amount": f"{facts.amount:f} {prices.deal_currency}"}
        )
    if prices.needs_rate:
        notices.append(
            _("The deal is in %(deal)s, the customer is billed in %(customer)s: type the prices.")
            % {"deal": prices.deal_currency, "customer": prices.draft.currency}
        )
    return notices


def unsaved(installation: Installation, filled: Filled) -> Document:
    """The row of an open form, not saved yet."""
    facts = filled.facts
    document = Document(
        installation=installation,
        kind=filled.draft.kind,
        record_module=facts.module,
        record_id=facts.record_id,
        record_label=facts.label,
        state=State.DRAFT,
        payload={
            "notices": filled.notices,
            "party": _party_json(filled.party),
            "persons": filled.persons,
            "amount": "" if facts.amount is None else format(facts.amount, "f"),
            "amount_currency": facts.currency or installation.bigin_currency,
        },
    )
    settling.store_draft(document, filled.draft)
    return document


def persons_json(customer: Customer | None) -> list[dict[str, str]]:
    """Whom the form offers as recipients."""
    people = customer.persons if customer else ()
    return [{"id": one.person_id, "name": one.name, "email": one.email} for one in people[:50]]


def _party_json(party: Party | None) -> dict[str, str] | None:
    if party is None or not party.bigin_id:
        return None
    return {name: value for name, value in asdict(party).items() if name in ("module", "bigin_id", "label")}


def discard(document: Document) -> bool:
    """Throws an open form away; what was submitted stays."""
    return bool(
        Document.objects.filter(pk=document.pk, state__in=(State.DRAFT, State.REFUSED)).update(
            state=State.DISCARDED, payload={}
        )
    )
