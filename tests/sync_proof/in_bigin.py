"""What sales people do in Bigin, as moves of a trial."""

from __future__ import annotations

from typing import Any

from tests.sync_proof.stage import BIGIN, Stage


class InBigin(Stage):
    def add_company(self, which: int, how: int) -> None:
        name = self.fresh("Company")
        more = {"Phone": f"+1 555 {self.number:04d}"} if how % 2 else {"Billing_City": self.fresh("City")}
        self.made("company", self.world.bigin.add("Accounts", Account_Name=name, **more))

    def add_contact(self, which: int, how: int) -> None:
        company = self.pick("company", which) if how % 4 else None
        if company is not None and company not in self.world.bigin.all("Accounts"):
            return
        first, last = self.fresh("First").replace(" ", ""), self.fresh("Last").replace(" ", "")
        mail = {"Email": f"person{self.number}@trial.example"} if how % 3 else {}
        self.made("contact", self.world.bigin.contact(company, first, last, **mail))

    def add_product(self, which: int, how: int) -> None:
        name = self.fresh("Product")
        code = {"Product_Code": f"P-{self.number}"} if how % 3 else {}
        self.made("product", self.world.bigin.add("Products", Product_Name=name, Unit_Price=10 + how, **code))

    def edit_company(self, which: int, how: int) -> None:
        one = self.pick("company", which)
        if one is None:
            return
        value = self.fresh("New")
        field = ("Account_Name", "Phone", "Website", "Billing_City")[how % 4]
        written = {"Phone": f"+1 777 {self.number:04d}", "Website": f"https://{self.number}.example"}.get(field, value)
        if how % 7 == 6 and field != "Account_Name":
            written = ""
        told = f" {written}  " if how % 5 == 4 and written else written or None
        self.world.bigin.edit("Accounts", one, **{field: told})

    def move_country(self, which: int, how: int) -> None:
        """A company enters the list view of `Configurator.change_views`, or leaves it."""
        one = self.pick("company", which)
        if one is not None:
            self.world.bigin.edit("Accounts", one, Billing_Country=("Portugal", "Norway")[how % 2])

    def edit_contact(self, which: int, how: int) -> None:
        one = self.pick("contact", which)
        if one is None:
            return
        value = self.fresh("Fresh").replace(" ", "")
        values = (
            {"First_Name": value, "Last_Name": "Changed"},
            {"Email": f"{value.lower()}@trial.example"},
            {"Phone": f"+1 888 {self.number:04d}"},
            {"Title": value},
        )[how % 4]
        self.world.bigin.edit("Contacts", one, **values)

    def edit_product(self, which: int, how: int) -> None:
        one = self.pick("product", which)
        if one is None:
            return
        value = self.fresh("Article")
        values: dict[str, Any] = (
            {"Product_Name": value},
            {"Description": value},
            {"Product_Active": how % 8 < 4},
            {"Unit_Price": 100 + self.number},
        )[how % 4]
        self.world.bigin.edit("Products", one, **values)

    def move_contact(self, which: int, how: int) -> None:
        one, company = self.pick("contact", which), self.pick("company", how) if how % 4 else None
        if one is not None:
            self.world.bigin.move(one, company)

    def delete_in_bigin(self, which: int, how: int) -> None:
        kind = ("company", "contact", "product")[how % 3]
        one = self.pick(kind, which)
        if one is None:
            return
        if self.world.bigin.delete(BIGIN[kind], one):
            self.binned.append((kind, one))

    def restore_in_bigin(self, which: int, how: int) -> None:
        if not self.binned:
            return
        kind, one = self.binned.pop(which % len(self.binned))
        if self.world.bigin.restore(BIGIN[kind], one):
            assert one in self.world.bigin.all(BIGIN[kind])

    def merge_companies(self, which: int, how: int) -> None:
        alive = list(self.world.bigin.all("Accounts"))
        if len(alive) < 2:
            return
        survivor, loser = alive[which % len(alive)], alive[(which + 1 + how % (len(alive) - 1)) % len(alive)]
        if survivor == loser:
            return
        self.world.bigin.merge("Accounts", survivor, loser)
        self.ledger.merged.add(("company", loser))

    def empty_the_bin(self, which: int, how: int) -> None:
        """What was deleted is gone for good."""
        if self.binned:
            kind, one = self.binned.pop(which % len(self.binned))
            self.world.bigin.purge(BIGIN[kind], one)
