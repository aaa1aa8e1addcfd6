"""`travel-agency`: a small travel agency's Bigin, the same every time. Its Books side gets the cast told."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.bigin.org import BiginOrg
from sandbox.bigin.store import DAY, Row
from sandbox.bigin.values import priced
from sandbox.seeds import travel_agency_books
from sandbox.seeds.cast import Cast, CastCompany, CastContact, CastProduct
from sandbox.seeds.orgs import TRAVEL_STYLES, make_orgs
from sandbox.seeds.travel_names import COMPANIES, DEALS, FIRST_NAMES, LAST_NAMES, PRODUCTS, STREETS
from sandbox.world import World

SEED = 1755
CONTACTS = 180
DEAL_COUNT = 40
WITHOUT_COMPANY = 14
DIALLING = {
    "Portugal": "+351", "United Kingdom": "+44", "Germany": "+49", "United States": "+1", "Netherlands": "+31",
    "Spain": "+34", "France": "+33", "Ireland": "+353", "Norway": "+47", "Switzerland": "+41",
}  # fmt: skip


def fill(world: World) -> None:
    org, people = make_orgs(world)
    agency = _Agency(world, org)
    companies = [agency.company(n) for n in range(len(COMPANIES))]
    contacts = [agency.contact(n) for n in range(CONTACTS)]
    products = [agency.product(n) for n in range(len(PRODUCTS))]
    for n in range(DEAL_COUNT):
        agency.deal(n)
    travel_agency_books.fill(world, Cast(people[0], people, companies, contacts, products))


def slug(text: str) -> str:
    """Letters and digits only, for host names and mailboxes."""
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ø", "o").replace("ł", "l").replace("ß", "ss"))
    return "".join(one for one in plain.lower() if one.isascii() and one.isalnum())


class _Agency:
    def __init__(self, world: World, org: BiginOrg) -> None:
        self.world = world
        self.org = org
        self.random = Random(SEED)
        self.now = int(world.clock.seconds())
        self.users = list(org.users)
        self.companies: list[CastCompany] = []
        self.contacts: list[CastContact] = []

    def add(self, module: str, values: dict[str, Any]) -> Row:
        """With times spread over two years, most of them long ago."""
        created = self.now - self.random.randrange(3 * DAY, 730 * DAY)
        modified = created + int((self.now - created) * self.random.random() ** 2)
        owner = self.random.choice([self.users[0], self.users[0], *self.users])
        kept = {name: value for name, value in values.items() if value not in ("", None)}
        row = Row(self.world.ids.next(self.org.prefix), kept, owner, created, modified, owner, owner, modified)
        self.org.tables[module].fill([row])
        return row

    def phone(self, country: str) -> str:
        code = DIALLING.get(country, "+351")
        first, second, third = (self.random.randrange(100, 999) for _ in range(3))
        return f"{code} {first} {second} {third}"

    def company(self, n: int) -> CastCompany:
        name, city, country = COMPANIES[n]
        phone = self.phone(country) if n % 7 else ""
        street = f"{self.random.choice(STREETS)} {self.random.randrange(1, 240)}"
        postcode = f"{self.random.randrange(1000, 9999)}-{self.random.randrange(100, 999)}"
        website = f"https://www.{slug(name)[:30]}.example" if n % 4 else ""
        tax_number = f"PT5{self.random.randrange(10**7, 10**8)}" if country == "Portugal" else ""
        row = self.add(
            "Accounts",
            {
                "Account_Name": name,
                "Phone": phone,
                "Website": website,
                "Billing_Street": street,
                "Billing_City": city,
                "Billing_Code": postcode,
                "Billing_Country": country,
                "Tax_Number": tax_number,
                "Travel_Style": TRAVEL_STYLES[n % len(TRAVEL_STYLES)] if n % 3 else "",
                "Description": "Prefers to be invoiced at the end of the month." if n % 9 == 0 else "",
            },
        )
        made = CastCompany(row.id, name, phone, street, city, postcode, country, website, tax_number)
        self.companies.append(made)
        return made

    def contact(self, n: int) -> CastContact:
        """Every 23rd has no e-mail, every 29th no first name, the last fourteen no company."""
        first = FIRST_NAMES[(n * 7) % len(FIRST_NAMES)] if n % 29 else ""
        last = LAST_NAMES[(n * 11 + n // 36) % len(LAST_NAMES)]
        company = self.companies[n % len(self.companies)] if n < CONTACTS - WITHOUT_COMPANY else None
        host = f"{slug(company.name)[:30]}.example" if company else "mailbox.example"
        mailbox = ".".join(part for part in (slug(first), slug(last)) if part)
        email = f"{mailbox}{n}@{host}" if n % 23 else ""
        country = company.country if company else "Portugal"
        phone = self.phone(country) if n % 5 else ""
        row = self.add(
            "Contacts",
            {
                "First_Name": first,
                "Last_Name": last,
                "Email": email,
                "Phone": phone,
                "Mobile": self.phone(country) if n % 4 == 0 else "",
                "Title": ("Managing director", "Office manager", "Buyer", "")[n % 4],
                "Account_Name": company.bigin_id if company else "",
                "Mailing_City": company.city if company else "Lisbon",
                "Mailing_Country": country,
                "Seat_Preference": ("Window", "Aisle", "")[n % 3],
            },
        )
        made = CastContact(row.id, company.bigin_id if company else "", first, last, email, phone)
        self.contacts.append(made)
        return made

    def product(self, n: int) -> CastProduct:
        name, price, season = PRODUCTS[n]
        code = f"WT-{n + 1:03d}"
        values = {
            "Product_Name": name,
            "Product_Code": code,
            "Unit_Price": Decimal(price),
            "Product_Active": n % 22 != 21,
            "Season": season,
        }
        row = self.add("Products", values)
        return CastProduct(row.id, name, code, Decimal(price))

    def deal(self, n: int) -> None:
        """Most have a company and a contact of it, some a contact alone; every eighth has no products."""
        contact = self.contacts[(n * 4) % (CONTACTS - 1)] if n % 10 else self.contacts[CONTACTS - 1 - n // 10]
        company = next((one for one in self.companies if one.bigin_id == contact.company_id), None)
        layout = self.org.pipelines[1 if n % 6 == 5 else 0]
        sub = layout.subs[n % len(layout.subs)]
        lines = [] if n % 8 == 7 else [self.line() for _ in range(self.random.randrange(1, 5))]
        amount = sum((line["Total"] for line in lines), Decimal(0)) or Decimal(1500 + 100 * n)
        name = f"{company.name if company else contact.last_name} {DEALS[n % len(DEALS)]}"
        closing = datetime.fromtimestamp(self.now, UTC).date() + timedelta(days=n * 3 - 40)
        self.add(
            "Pipelines",
            {
                "Deal_Name": name[:120],
                "Pipeline": layout.id,
                "Sub_Pipeline": sub.name,
                "Stage": sub.stages[n % len(sub.stages)],
                "Closing_Date": closing.isoformat(),
                "Amount": amount,
                "Account_Name": company.bigin_id if company else "",
                "Contact_Name": contact.bigin_id,
                "Associated_Products": lines or None,
            },
        )

    def line(self) -> dict[str, Any]:
        products = list(self.org.tables["Products"].rows.values())
        product = self.random.choice(products)
        quantity = Decimal(self.random.choice((1, 1, 2, 3, 4, 12, 25)))
        price: Decimal = product.values["Unit_Price"]
        discount = (quantity * price / 10).quantize(Decimal("0.01")) if self.random.random() < 0.3 else Decimal(0)
        line = {"id": self.world.ids.next(self.org.prefix), "Product": product.id, "Quantity": quantity}
        return priced({**line, "List_Price": price, "Discount": discount})
