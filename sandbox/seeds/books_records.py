"""Customers, vendors, items and documents of the travel agency's Books: half of them Bigin's, a little different."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.books import contacts, conversions, documents, items, mailing, payments, statuses, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document
from sandbox.books.records import Contact, Item
from sandbox.books.tables import fold
from sandbox.seeds.cast import Cast, CastCompany, CastContact

DAY = 86_400
ENDINGS = (
    (" Ltd", " Limited"),
    (" & ", " and "),
    (" GmbH", " Gmbh"),
    (" Lda", " Lda."),
    (" BV", " B.V."),
    (" AS", " A/S"),
)
ONLY_IN_BOOKS = (
    ("Alcântara Print Works", "orders@alcantara-print.example", "Lisbon", "Portugal"),
    ("Brook Lane Primary School", "office@brooklane-school.example", "Bath", "United Kingdom"),
    ("Costa Verde Weddings", "hello@costaverde-weddings.example", "Braga", "Portugal"),
    ("Lighthouse Choir", "treasurer@lighthouse-choir.example", "Whitby", "United Kingdom"),
    ("Mosteiro Foundation", "geral@mosteiro-foundation.example", "Batalha", "Portugal"),
    ("Ribeira Rowing Club", "clube@ribeira-rowing.example", "Porto", "Portugal"),
    ("Sapphire Bridge Club", "secretary@sapphire-bridge.example", "Chester", "United Kingdom"),
    ("Tamarisk Yoga", "namaste@tamarisk-yoga.example", "Lagos", "Portugal"),
)
VENDORS = (
    ("Hotel Miradouro", "reservas@hotel-miradouro.example"),
    ("Atlantic Coaches", "fleet@atlantic-coaches.example"),
    ("Tejo River Boats", "book@tejo-boats.example"),
)
EXTRA_ITEMS = (
    ("Courier of travel documents", "BK-901", "18.00", "sales"),
    ("Late booking surcharge", "BK-902", "35.00", "sales"),
    ("Hotel contingent, purchase only", "BK-903", "0", "purchases"),
    ("City map, printed", "BK-904", "4.50", "sales_and_purchases"),
)
GROUPED = (("Wanderlust T-shirt, M", "BK-905"), ("Wanderlust T-shirt, L", "BK-906"))


@dataclass(slots=True)
class Maker:
    """Makes records as the first user would, and then sets their times back over two years."""

    org: BooksOrg
    random: Random
    user_id: str
    now: int

    def aged(self) -> tuple[int, int]:
        created = self.now - self.random.randrange(5 * DAY, 730 * DAY)
        return created, created + int((self.now - created) * self.random.random() ** 2)

    def contact(self, given: dict[str, Any]) -> Contact:
        made = contacts.create(self.org, given, self.user_id)
        made.created, made.modified = self.aged()
        self.org.contacts.changed(made.contact_id)
        return made

    def item(self, given: dict[str, Any]) -> Item:
        made = items.create(self.org, given, self.user_id)
        made.created, made.modified = self.aged()
        self.org.items.changed(made.item_id)
        return made

    def document(self, kind: Any, given: dict[str, Any], day: int) -> Document:
        made = documents.create(self.org, kind, given, self.user_id, own_number=False)
        made.created = made.modified = day
        for comment in made.comments:
            comment.at = day
        self.org.documents[kind].changed(made.document_id)
        return made


def fill_records(org: BooksOrg, cast: Cast, random: Random) -> None:
    maker = Maker(org, random, org.users[0].user_id, org.now())
    people: dict[str, list[CastContact]] = {}
    for contact in cast.contacts:
        people.setdefault(contact.company_id, []).append(contact)
    customers = [_company(maker, one, n, people.get(one.bigin_id, [])) for n, one in _chosen(cast.companies)]
    customers += [_individual(maker, one) for one in people.get("", [])[::3]]
    customers += [_only_in_books(maker, n) for n in range(len(ONLY_IN_BOOKS))]
    for name, email in VENDORS:
        maker.contact(
            {"contact_name": name, "contact_type": "vendor", "contact_persons": [{"first_name": name, "email": email}]}
        )
    maker.contact(
        {"contact_name": cast.companies[1].name, "company_name": cast.companies[1].name, "contact_type": "vendor"}
    )
    _items(maker, cast)
    _papers(maker, customers)
    for customer in (customers[-1], customers[3]):
        contacts.mark(org, customer, "inactive", maker.user_id)
        customer.modified = maker.aged()[1]
        org.contacts.changed(customer.contact_id)


def _chosen(companies: list[CastCompany]) -> list[tuple[int, CastCompany]]:
    return [(n, one) for n, one in enumerate(companies) if n % 2 == 0]


def books_name(name: str, number: int) -> str:
    """As bookkeepers write it: one in three differs by a form, one by case or white space, one not at all."""
    if number % 3 == 0:
        for written, other in ENDINGS:
            if written in name:
                return name.replace(written, other)
        return f"{name} Ltd" if number % 4 == 0 else name.upper()
    return f" {name}".replace("  ", " ").strip() if number % 3 == 1 else name


def _company(maker: Maker, company: CastCompany, number: int, people: list[CastContact]) -> Contact:
    place = number // 2
    pounds = company.country == "United Kingdom" and place % 3 == 0
    given: dict[str, Any] = {
        "contact_name": books_name(company.name, place),
        "company_name": company.name,
        "website": company.website,
        "payment_terms": (0, 15, 30)[place % 3],
        "billing_address": {
            "address": company.street,
            "city": company.city,
            "zip": company.postcode,
            "country": company.country,
            "phone": company.phone,
        },
        "contact_persons": [_person(one, place, k) for k, one in enumerate(people[:2])],
    }
    if pounds:
        given["currency_id"] = next(one.currency_id for one in maker.org.currencies.values() if one.code == "GBP")
    if company.tax_number and place % 2:
        given["vat_reg_no"] = company.tax_number
    if place % 4 == 0:
        given["custom_fields"] = [{"api_name": "cf_travel_style", "value": ("Business", "Groups")[place % 8 == 0]}]
    if place % 9 == 5:
        given["is_taxable"] = False
    return maker.contact(given)


def _person(one: CastContact, place: int, number: int) -> dict[str, Any]:
    """Some bookkeepers wrote another address or number down."""
    email = one.email
    if email and (place + number) % 5 == 2:
        email = f"accounts.{email}"
    phone = one.phone if (place + number) % 4 else ""
    return {"first_name": one.first_name or one.last_name, "last_name": one.last_name if one.first_name else "",
            "email": email, "phone": phone}  # fmt: skip


def _individual(maker: Maker, one: CastContact) -> Contact:
    return maker.contact(
        {
            "contact_name": f"{one.first_name} {one.last_name}".strip(),
            "customer_sub_type": "individual",
            "contact_persons": [_person(one, 0, 1)],
        }
    )


def _only_in_books(maker: Maker, number: int) -> Contact:
    name, email, city, country = ONLY_IN_BOOKS[number]
    return maker.contact(
        {
            "contact_name": name,
            "company_name": name,
            "billing_address": {"city": city, "country": country},
            "contact_persons": [{"first_name": "Office", "last_name": name.split()[0], "email": email}],
        }
    )


def _items(maker: Maker, cast: Cast) -> None:
    taxes = {fold(tax.name): tax.tax_id for tax in maker.org.taxes.all()}
    for number, product in enumerate(cast.products[:30]):
        price = product.price if number % 7 else product.price + Decimal("10.00")
        name = product.name if number % 6 else product.name.replace(",", " -")
        tax = taxes["iva reduced"] if number % 2 else taxes["iva standard"]
        maker.item({"name": name[:100], "sku": product.code, "rate": str(price), "tax_id": tax, "unit": "pcs"})
    for name, sku, rate, kind in EXTRA_ITEMS:
        maker.item({"name": name, "sku": sku, "rate": rate, "item_type": kind, "purchase_rate": "12"})
    for name, sku in GROUPED:
        item = maker.item({"name": name, "sku": sku, "rate": "19.90"})
        item.group_id, item.group_name = f"{maker.org.profile.id_prefix}000000090001", "Wanderlust T-shirt"
    last = next(reversed(list(maker.org.items.all())))
    items.mark(maker.org, last, "inactive", maker.user_id)


def _papers(maker: Maker, customers: list[Contact]) -> None:
    """Invoices in every status, estimates and orders, with dates that fit them."""
    for number in range(26):
        _invoice(maker, customers[(number * 3) % len(customers)], number)
    for number in range(9):
        _estimate(maker, customers[(number * 5 + 1) % len(customers)], number)
    for number in range(6):
        _order(maker, customers[(number * 4 + 2) % len(customers)], number)


def _lines(maker: Maker, number: int) -> list[dict[str, Any]]:
    sold = [one for one in maker.org.items.all() if one.item_type == "sales" and one.status == "active"]
    chosen = [sold[(number * 5 + k * 3) % len(sold)] for k in range(1 + number % 3)]
    lines: list[dict[str, Any]] = [
        {"item_id": one.item_id, "quantity": 1 + (number + k) % 4} for k, one in enumerate(chosen)
    ]
    if number % 6 == 5:
        lines.append({"name": "Goodwill discount", "rate": "-20", "quantity": 1, "tax_id": ""})
    return lines


def _dated(maker: Maker, days_ago: int) -> tuple[str, int]:
    moment = maker.now - days_ago * DAY
    return times.day_of(moment, maker.org.profile.time_zone), moment


def _invoice(maker: Maker, customer: Contact, number: int) -> None:
    org = maker.org
    state = ("draft", "sent", "overdue", "partial", "paid", "void", "viewed")[number % 7]
    days_ago = {"draft": 2, "sent": 4, "viewed": 6, "partial": 8}.get(state, 45 + number * 9)
    day, moment = _dated(maker, days_ago)
    given: dict[str, Any] = {
        "customer_id": customer.contact_id,
        "date": day,
        "payment_terms": 30,
        "line_items": _lines(maker, number),
    }
    if number % 4 == 1:
        given["reference_number"] = f"PO-{7000 + number}"
    if number % 5 == 2:
        given |= {"discount": "5%", "is_discount_before_tax": True}
    invoice = maker.document("invoice", given, moment)
    if state == "draft":
        return
    if number % 2:
        mailing.send_to_contacts(org, invoice, maker.user_id)
    statuses.mark_sent(org, invoice, maker.user_id)
    if state == "viewed":
        statuses.viewed_by_customer(org, invoice)
    if state in ("partial", "paid"):
        share = invoice.balance if state == "paid" else (invoice.balance / 2).quantize(Decimal("0.01"))
        part = {"invoice_id": invoice.document_id, "amount_applied": str(share)}
        paid = {"customer_id": customer.contact_id, "amount": str(share), "date": day, "invoices": [part]}
        payments.create(org, paid, maker.user_id)
    if state == "void":
        statuses.mark_void(org, invoice, maker.user_id, "Booked twice")
    invoice.modified = moment + DAY
    org.documents["invoice"].changed(invoice.document_id)


def _estimate(maker: Maker, customer: Contact, number: int) -> None:
    org = maker.org
    day, moment = _dated(maker, 3 + number * 4)
    expiry, _ = _dated(maker, number * 4 - 27)
    given = {
        "customer_id": customer.contact_id,
        "date": day,
        "expiry_date": expiry,
        "line_items": _lines(maker, number + 3),
    }
    estimate = maker.document("estimate", given, moment)
    state = ("draft", "sent", "accepted", "declined", "invoiced")[number % 5]
    if state != "draft":
        statuses.mark_sent(org, estimate, maker.user_id)
    if state in ("accepted", "declined"):
        statuses.answer_estimate(org, estimate, state, maker.user_id)
    if state == "invoiced":
        conversions.invoices_from_estimates(org, [estimate.document_id], maker.user_id)
    estimate.modified = moment + DAY
    org.documents["estimate"].changed(estimate.document_id)


def _order(maker: Maker, customer: Contact, number: int) -> None:
    org = maker.org
    day, moment = _dated(maker, 5 + number * 6)
    shipment, _ = _dated(maker, number * 6 - 20)
    given = {
        "customer_id": customer.contact_id,
        "date": day,
        "shipment_date": shipment,
        "line_items": _lines(maker, number + 9),
    }
    order = maker.document("salesorder", given, moment)
    if number % 3:
        statuses.mark_open(org, order, maker.user_id)
    if number % 3 == 2:
        conversions.invoice_from_order(org, order, maker.user_id)
    order.modified = moment + DAY
    org.documents["salesorder"].changed(order.document_id)
