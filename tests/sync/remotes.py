"""Both remotes as a person sees and edits them: the sandbox over real HTTP, with a token of its own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from accounts.connections import data_centres
from sandbox.testing import Sandbox
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.client import Client

COMPANY = ("Account_Name", "Phone", "Website", "Billing_Street", "Billing_City", "Billing_State", "Billing_Code",
           "Billing_Country")  # fmt: skip
CONTACT = ("First_Name", "Last_Name", "Email", "Phone", "Mobile", "Title", "Account_Name")
PRODUCT = ("Product_Name", "Product_Code", "Description", "Product_Active", "Unit_Price")
ADDRESS = ("address", "city", "state", "zip", "country", "phone")
PERSON = ("first_name", "last_name", "email", "phone", "mobile", "designation")
ITEM = ("name", "sku", "description", "status", "rate")


class Remotes:
    def __init__(self, sandbox: Sandbox, organization: str | None = None, user: str = "") -> None:
        """`user`: e-mail address of who edits; by default whoever connected the installation."""
        self.sandbox = sandbox
        token = str(sandbox.token(user)["access_token"])
        centre = data_centres().by_name("sandbox")
        self.bigin = Bigin(Client("bigin", centre.api_base("bigin"), lambda force: token))
        client = Client("books", centre.api_base("books"), lambda force: token)
        self.books = Books(client)
        client.organization_id = organization or self.books.organizations()[0]["organization_id"]

    def close(self) -> None:
        self.bigin.client.close()
        self.books.client.close()

    # Reading

    def rows(self, module: str, fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        token, page = None, None
        while page is None or page.more:
            page = self.bigin.page(module, fields, page_token=token, page=None if token else 1, sort_by="id")
            token = page.next_token
            yield from page.rows

    def companies(self) -> dict[str, dict[str, Any]]:
        return {str(row["id"]): _plain(row, COMPANY) for row in self.rows("Accounts", COMPANY)}

    def contacts(self) -> dict[str, dict[str, Any]]:
        return {str(row["id"]): _plain(row, CONTACT) for row in self.rows("Contacts", CONTACT)}

    def products(self) -> dict[str, dict[str, Any]]:
        return {str(row["id"]): _plain(row, PRODUCT) for row in self.rows("Products", PRODUCT)}

    def customers(self) -> dict[str, dict[str, Any]]:
        """With address and persons, vendors left out."""
        found, number, more = {}, 1, True
        while more:
            page = self.books.contacts_page(page=number)
            for row in page.rows:
                if row["contact_type"] == "customer":
                    found[str(row["contact_id"])] = self.customer(str(row["contact_id"]))
            number, more = number + 1, page.more
        return found

    def customer(self, customer_id: str) -> dict[str, Any]:
        detail = self.books.contact(customer_id)
        assert detail is not None
        return {
            **{
                name: detail[name]
                for name in ("contact_name", "company_name", "website", "status", "customer_sub_type")
            },
            **{name: detail["billing_address"][name] for name in ADDRESS},
            "persons": sorted(
                ({name: person[name] for name in PERSON} for person in detail["contact_persons"]),
                key=lambda person: (person["email"], person["first_name"], person["last_name"]),
            ),
        }

    def items(self) -> dict[str, dict[str, Any]]:
        found, number, more = {}, 1, True
        while more:
            page = self.books.items_page(page=number)
            found.update({str(row["item_id"]): _plain(row, ITEM) for row in page.rows})
            number, more = number + 1, page.more
        return found

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that is kept in step, without ids and times, in a stable order."""
        parts = {
            "companies": self.companies(),
            "contacts": self.contacts(),
            "products": self.products(),
            "customers": self.customers(),
            "items": self.items(),
        }
        return {name: sorted(rows.values(), key=repr) for name, rows in parts.items()}

    # Editing, as a person does

    def company(self, name: str, **fields: Any) -> str:
        return self.insert("Accounts", Account_Name=name, **fields)

    def contact(self, last_name: str, company_id: str | None = None, **fields: Any) -> str:
        company = {"Account_Name": {"id": company_id}} if company_id else {}
        return self.insert("Contacts", Last_Name=last_name, **company, **fields)

    def product(self, name: str, **fields: Any) -> str:
        return self.insert("Products", Product_Name=name, **fields)

    def insert(self, module: str, **fields: Any) -> str:
        outcome = self.bigin.insert(module, [fields])[0]
        assert outcome.ok, outcome
        return outcome.id

    def update(self, module: str, record_id: str, **fields: Any) -> None:
        outcome = self.bigin.update(module, [{"id": record_id, **fields}])[0]
        assert outcome.ok, outcome

    def delete(self, module: str, *ids: str) -> None:
        assert all(outcome.ok for outcome in self.bigin.delete(module, list(ids)))

    def new_customer(self, name: str, persons: list[dict[str, Any]] | None = None, **fields: Any) -> str:
        body = {"contact_name": name, "company_name": name, "contact_type": "customer", "customer_sub_type": "business"}
        row = self.books.create_contact({**body, **fields, "contact_persons": persons or []})
        return str(row["contact_id"])

    def edit_customer(self, customer_id: str, **fields: Any) -> None:
        self.books.update_contact(customer_id, fields)

    def new_item(self, name: str, **fields: Any) -> str:
        return str(self.books.create_item({"name": name, "rate": "10", **fields})["item_id"])

    def customer_named(self, name: str) -> str:
        found = [str(row["contact_id"]) for row in self.books.contacts_page(filters={"contact_name": name}).rows]
        assert len(found) == 1, (name, found)
        return found[0]

    def customers_named(self, name: str) -> list[str]:
        return [str(row["contact_id"]) for row in self.books.contacts_page(filters={"contact_name": name}).rows]


def _plain(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Lookups by their name, decimals as text."""
    found = {}
    for name in names:
        value = row.get(name)
        if isinstance(value, dict):
            value = value.get("name")
        found[name] = value if value is None or isinstance(value, (str, bool)) else f"{Decimal(value):.2f}"
    return found
