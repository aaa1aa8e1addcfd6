"""What people do on either side, over the sandbox's own API with a token of another user, and what they see there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.testing import DoorError, Sandbox
from tests.sandbox.api import JONAS
from tests.sandbox.api import Bigin as BiginApi
from tests.sandbox_books.api import Books as BooksApi

Row = dict[str, Any]
BIGIN_FIELDS = {
    "Accounts": "Account_Name,Phone,Website,Billing_Street,Billing_City,Billing_Country,Created_By",
    "Contacts": "First_Name,Last_Name,Email,Phone,Mobile,Title,Account_Name,Mailing_City,Created_By",
    "Products": "Product_Name,Product_Code,Description,Product_Active,Unit_Price,Created_By",
}


@dataclass(frozen=True)
class Snapshot:
    """Everything alive on both sides, by id. `persons` carry the id of their customer under `contact_id`."""

    companies: dict[str, Row] = field(default_factory=dict)
    contacts: dict[str, Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    customers: dict[str, Row] = field(default_factory=dict)
    persons: dict[str, Row] = field(default_factory=dict)
    items: dict[str, Row] = field(default_factory=dict)

    def of(self, record_kind: str) -> dict[str, Row]:
        tables = {
            "company": self.companies,
            "contact": self.contacts,
            "product": self.products,
            "customer": self.customers,
            "person": self.persons,
            "item": self.items,
        }
        return tables[record_kind]


class BiginPeople:
    """A sales person at work in Bigin. What only Bigin's own pages can do goes through the sandbox's doors."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.api = BiginApi(sandbox, JONAS)

    def add(self, module: str, **values: Any) -> str:
        return self.api.add(module, **values)

    def contact(self, company_id: str | None, first: str, last: str, **more: Any) -> str:
        parent = {"Account_Name": {"id": company_id}} if company_id else {}
        return self.add("Contacts", First_Name=first, Last_Name=last, **parent, **more)

    def edit(self, module: str, record_id: str, **values: Any) -> bool:
        """False when Bigin would not take it: gone, or a name that is taken."""
        answer = self.api.put(f"/{module}", {"data": [{"id": record_id, **values}]})
        return answer.ok and answer.json()["data"][0]["code"] == "SUCCESS"

    def move(self, contact_id: str, company_id: str | None) -> bool:
        return self.edit("Contacts", contact_id, Account_Name={"id": company_id} if company_id else None)

    def delete(self, module: str, record_id: str) -> bool:
        answer = self.api.delete(f"/{module}", ids=record_id)
        return answer.ok and answer.json()["data"][0]["code"] == "SUCCESS"

    def restore(self, module: str, record_id: str) -> bool:
        """False when another record has its unique value by now."""
        try:
            self.sandbox.control("POST", "bigin/restore", {"module": module, "id": record_id})
        except DoorError as error:
            if "DUPLICATE_DATA" not in str(error):
                raise
            return False
        return True

    def purge(self, module: str, record_id: str) -> None:
        self.sandbox.control("POST", "bigin/purge", {"module": module, "id": record_id})

    def merge(self, module: str, survivor: str, loser: str) -> None:
        self.sandbox.control("POST", "bigin/merge", {"module": module, "survivor": survivor, "loser": loser})

    def all(self, module: str) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        token: str | None = None
        while True:
            answer = self.api.get(f"/{module}", fields=BIGIN_FIELDS[module], per_page=200, page_token=token)
            if answer.status_code == 204:
                return rows
            body = answer.json()
            rows.update({str(row["id"]): row for row in body["data"]})
            token = body["info"].get("next_page_token")
            if not token:
                return rows


class BooksPeople:
    """A bookkeeper at work in Books or Invoice."""

    def __init__(self, sandbox: Sandbox, product: str = "books") -> None:
        self.api = BooksApi(sandbox, JONAS, product)

    def customer(self, name: str, *persons: Row, **more: Any) -> Row:
        body = {"contact_name": name, "company_name": name, "contact_type": "customer", **more}
        made: Row = self.api.made("/contacts", {**body, "contact_persons": list(persons)}, "contact")
        return made

    def read(self, customer_id: str) -> Row | None:
        answer = self.api.get(f"/contacts/{customer_id}")
        found: Row | None = answer.json()["contact"] if answer.ok else None
        return found

    def edit(self, customer_id: str, **values: Any) -> bool:
        return self.api.put(f"/contacts/{customer_id}", values).ok

    def edit_address(self, customer_id: str, **values: Any) -> bool:
        """As the form of Books does: the whole address goes back."""
        held = self.read(customer_id)
        if held is None:
            return False
        return self.edit(customer_id, billing_address={**held["billing_address"], **values})

    def person(self, customer_id: str, **values: Any) -> str | None:
        answer = self.api.post("/contacts/contactpersons", {"contact_id": customer_id, **values})
        return str(answer.json()["contact_person"]["contact_person_id"]) if answer.ok else None

    def edit_person(self, person_id: str, **values: Any) -> Row | None:
        """The person as it then is; None when Books refused."""
        answer = self.api.put(f"/contacts/contactpersons/{person_id}", values)
        found: Row | None = answer.json()["contact_person"] if answer.ok else None
        return found

    def make_primary(self, person_id: str) -> bool:
        return self.api.post(f"/contacts/contactpersons/{person_id}/primary").ok

    def delete_person(self, person_id: str) -> bool:
        return self.api.delete(f"/contacts/contactpersons/{person_id}").ok

    def delete(self, customer_id: str) -> bool:
        return self.api.delete(f"/contacts/{customer_id}").ok

    def mark(self, path: str, status: str) -> bool:
        """`path`: contacts/ID or items/ID; `status`: active or inactive (invoices/ID/status: sent)."""
        return self.api.post(f"/{path}/{status}").ok

    def item(self, name: str, **more: Any) -> Row:
        return self.api.item(name, **more)

    def edit_item(self, item_id: str, **values: Any) -> bool:
        return self.api.put(f"/items/{item_id}", values).ok

    def delete_item(self, item_id: str) -> bool:
        return self.api.delete(f"/items/{item_id}").ok

    def invoice(self, customer_id: str, *, sent: bool) -> bool:
        """Of one free line; `sent`: it is receivable, else a draft."""
        line = {"name": "Tour", "rate": 100, "quantity": 1}
        answer = self.api.post("/invoices", {"customer_id": customer_id, "line_items": [line]})
        if answer.ok and sent:
            self.mark(f"invoices/{answer.json()['invoice']['invoice_id']}/status", "sent")
        return answer.ok

    def add_field(self, entity: str, label: str) -> None:
        """A unique custom field, on Books' own settings page."""
        self.api.made("/settings/fields", {"entity": entity, "label": label, "is_unique": True}, "field")

    def rows(self, kind: str) -> list[Row]:
        found: list[Row] = []
        page = 1
        while True:
            body = self.api.get(f"/{kind}s", page=page, per_page=200).json()
            found += body[f"{kind}s"]
            if not body["page_context"]["has_more_page"]:
                return found
            page += 1


def look(bigin: BiginPeople, books: BooksPeople) -> Snapshot:
    """Reads everything, as it stands now."""
    customers = {}
    persons = {}
    for row in books.rows("contact"):
        detail = books.read(str(row["contact_id"]))
        if detail is not None:
            customers[str(row["contact_id"])] = detail
            persons.update({str(one["contact_person_id"]): one for one in detail["contact_persons"]})
    return Snapshot(
        bigin.all("Accounts"),
        bigin.all("Contacts"),
        bigin.all("Products"),
        customers,
        persons,
        {str(row["item_id"]): row for row in books.rows("item")},
    )
