"""What bookkeepers do in Books or Invoice, as moves of a trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sync_proof.stage import Stage


class InBooks(Stage):
    def add_customer(self, which: int, how: int) -> None:
        name = self.fresh("Customer")
        first, mail = f"Given{self.number}", f"guest{self.number}@trial.example"
        person = {"first_name": first, "last_name": "Guest", "email": mail}
        more = {"customer_sub_type": "individual"} if how % 5 == 4 else {}
        self.customer(self.world.books.customer(name, *([person] if how % 3 or more else []), **more))

    def add_namesake(self, which: int, how: int) -> None:
        """A customer called like a company of Bigin: a duplicate, in the words of the Configure screen."""
        one = self.pick("company", which)
        row = self.world.bigin.all("Accounts").get(one or "")
        if row is not None:
            self.customer(self.world.books.customer(str(row["Account_Name"]), website=f"https://namesake{how}.example"))

    def customer(self, row: dict[str, Any]) -> None:
        self.made("customer", str(row["contact_id"]))
        for person in row["contact_persons"]:
            self.made("person", str(person["contact_person_id"]))

    def add_person(self, which: int, how: int) -> None:
        customer = self.pick("customer", which)
        if customer is None:
            return
        name = self.fresh("Person").replace(" ", "")
        made = self.world.books.person(
            customer, first_name=name, last_name="Added", email=f"{name.lower()}@trial.example"
        )
        if made is not None:
            self.made("person", made)

    def add_item(self, which: int, how: int) -> None:
        name = self.fresh("Item")
        code = {"sku": f"I-{self.number}"} if how % 2 else {}
        self.made("item", str(self.world.books.item(name, rate=20 + how, **code)["item_id"]))

    def edit_customer(self, which: int, how: int) -> None:
        one = self.pick("customer", which)
        if one is None:
            return
        books, value, name = self.world.books, self.fresh("Kept"), ("name", "phone", "website", "city")[how % 4]
        if name == "name":
            books.edit(one, contact_name=value, company_name=value)
        elif name == "website":
            books.edit(one, website=f"kept{self.number}.example")
        else:
            books.edit_address(one, **{name: f"+1 999 {self.number:04d}" if name == "phone" else value})

    def edit_person(self, which: int, how: int) -> None:
        one = self.pick("person", which)
        if one is None:
            return
        value = self.fresh("Known").replace(" ", "")
        values = (
            {"first_name": value, "last_name": "Kept"},
            {"email": f"{value.lower()}@trial.example"},
            {"phone": f"+1 666 {self.number:04d}"},
            {"designation": value},
        )[how % 4]
        self.world.books.edit_person(one, **values)

    def edit_item(self, which: int, how: int) -> None:
        one = self.pick("item", which)
        if one is None:
            return
        value = self.fresh("Ware")
        values: dict[str, Any] = ({"name": value}, {"description": value}, {"rate": 200 + self.number})[how % 3]
        self.world.books.edit_item(one, **values)

    def delete_in_books(self, which: int, how: int) -> None:
        kind = ("customer", "person", "item")[how % 3]
        one = self.pick(kind, which)
        if one is None:
            return
        call: dict[str, Callable[[str], bool]] = {
            "customer": self.world.books.delete,
            "person": self.world.books.delete_person,
            "item": self.world.books.delete_item,
        }
        call[kind](one)

    def mark_in_books(self, which: int, how: int) -> None:
        kind, status = ("customer", "item")[how % 2], ("inactive", "active")[how % 4 // 2]
        one = self.pick(kind, which)
        if one is not None:
            self.world.books.mark(f"{'contacts' if kind == 'customer' else 'items'}/{one}", status)

    def bill_in_books(self, which: int, how: int) -> None:
        """An invoice, so that its customer cannot be deleted: with a receivable, or a draft."""
        one = self.pick("customer", which)
        if one is not None:
            self.world.books.invoice(one, sent=how % 2 == 0)

    def make_primary(self, which: int, how: int) -> None:
        """Another person of a customer speaks for it."""
        one = self.pick("person", which)
        if one is not None:
            self.world.books.make_primary(one)
