"""One trial: people work on both sides, runs go on in between, and at quiet points the end state is checked.

An operation is a name and two numbers, which choose what it works on: so a sequence is data that can be shrunk,
repeated by its seed, and written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.db.models import QuerySet

from sync import actions, decisions, held
from sync.models import Issue, Module, Run
from tests.sync.crashes import Killed, Points, counted
from tests.sync_proof.checker import check
from tests.sync_proof.claims import compare
from tests.sync_proof.ledger import Ledger
from tests.sync_proof.world import A_WHILE, World

Operation = tuple[str, int, int]
DAY = 86_400.0
BEGINNING: list[Operation] = [
    ("add_company", 0, 1), ("add_contact", 0, 1), ("add_contact", 0, 4), ("add_customer", 0, 1), ("add_product", 0, 1),
    ("add_item", 0, 1),
]  # fmt: skip
_BIGIN = {"company": "Accounts", "contact": "Contacts", "product": "Products"}
MODES = ("both", "companies", "contacts")
POLICIES = ("newest", "bigin", "books", "ask")
FAULTS = (
    "drop_after",
    "drop_before",
    "late_commit",
    "error_after",
    "error_before",
    "html",
    "rate_limited",
    "expired_token",
)
_DATA = "^/(contacts|items|Accounts|Contacts|Products)"


class Trial:
    """`known` lists what people have met of each kind, in the order in which they met it; choices go by index."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(world.installation)
        self.number = 0
        self.known: dict[str, list[str]] = {
            kind: [] for kind in ("company", "contact", "product", "customer", "person", "item")
        }
        self.runs = 0
        self.binned: list[tuple[str, str]] = []

    def play(self, operations: Sequence[Operation]) -> None:
        """Looks before and after whatever may write, so that the ledger knows who did what."""
        for name, which, how in operations:
            if name in RUNS:
                self.before()
            OPERATIONS[name](self, which, how)
            if name in RUNS:
                self.remember()

    def end(self) -> None:
        """Quiet at last: fails with everything that is wrong."""
        self.before()
        self.world.time.forward(DAY + 60)  # what was deleted in Books shows in the nightly listing only
        self.world.settle()
        self.approve()
        self.world.forget_calls()
        self.world.sync()
        assert not self.world.writes(), f"a quiet run wrote: {self.world.writes()}"
        self.remember()
        wrong = check(self.ledger)
        assert not wrong, "\n".join(["", *wrong])

    def approve(self) -> None:
        """Every list that waits for it, such as what a change of mode creates, with what follows from that."""
        while waiting := list(self.held()):
            for issue in waiting:
                held.approve_held(issue, "a test")
            self.world.settle()

    def held(self) -> QuerySet[Issue]:
        return Issue.objects.filter(installation=self.world.installation, kind="held", state="open").order_by("pk")

    def before(self) -> None:
        """What differs by now is what people did."""
        self.ledger.people_did(self.world.look())
        self.runs = Run.objects.filter(installation=self.world.installation).count()

    def remember(self) -> None:
        """What differs by now is what the sync did, and people see it."""
        snapshot = self.world.look()
        self.ledger.sync_did(snapshot, self.read())
        compare(self.ledger)
        for kind, ids in self.known.items():
            ids += [one for one in snapshot.of(kind) if one not in ids]

    def read(self) -> set[str]:
        """The modules that a run since `before` has read to the end."""
        runs = Run.objects.filter(installation=self.world.installation).order_by("started_at", "pk")
        return {module for run in runs[self.runs :] if run.state in ("done", "held") for module in run.modules}

    # Choosing

    def pick(self, kind: str, which: int) -> str | None:
        ids = self.known[kind]
        return ids[which % len(ids)] if ids else None

    def fresh(self, word: str) -> str:
        self.number += 1
        return f"{word} {self.number:03d}"

    def made(self, kind: str, remote_id: str) -> str:
        self.known[kind].append(remote_id)
        return remote_id

    # Bigin

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
        if self.world.bigin.delete(_BIGIN[kind], one):
            self.binned.append((kind, one))

    def restore_in_bigin(self, which: int, how: int) -> None:
        if not self.binned:
            return
        kind, one = self.binned.pop(which % len(self.binned))
        if self.world.bigin.restore(_BIGIN[kind], one):
            assert one in self.world.bigin.all(_BIGIN[kind])

    def merge_companies(self, which: int, how: int) -> None:
        alive = list(self.world.bigin.all("Accounts"))
        if len(alive) < 2:
            return
        survivor, loser = alive[which % len(alive)], alive[(which + 1 + how % (len(alive) - 1)) % len(alive)]
        if survivor == loser:
            return
        self.world.bigin.merge("Accounts", survivor, loser)
        self.ledger.merged.add(("company", loser))

    # Books

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

    # Time, runs and settings

    def run(self, which: int, how: int) -> None:
        self.world.time.forward((0.0, 61.0, A_WHILE, 7 * 3600.0)[how % 4])
        self.world.sync([(Module.CUSTOMERS, Module.PRODUCTS)[which % 2]] if how % 5 == 4 else None)

    def run_in_trouble(self, which: int, how: int) -> None:
        """One call of the run meets a fault."""
        kind, method = FAULTS[how % len(FAULTS)], ("POST", "PUT", "GET", "DELETE")[which % 4]
        kind = "drop_before" if kind == "late_commit" and method == "GET" else kind
        self.world.time.forward(61)
        self.world.sandbox.fault(kind, method=method, path=_DATA, nth=1 + which // 4, seconds=20)
        self.world.sync()
        self.world.sandbox.control("DELETE", "faults")

    def run_and_die(self, which: int, how: int) -> None:
        """The worker is killed after a commit or a remote write; it is missed a minute later."""
        self.world.time.forward(61)
        with counted(self.world.patch, Points(1 + 5 * which + how)), suppress(Killed):
            self.world.run()
        self.world.time.forward(61)

    def sync_one(self, which: int, how: int) -> None:
        """Somebody presses Sync this record now."""
        kind = ("company", "contact", "product")[how % 3]
        one = self.pick(kind, which)
        if one is not None:
            actions.sync_record(self.world.installation, _BIGIN[kind], one)

    def day(self, which: int, how: int) -> None:
        self.world.time.forward(DAY + 60)
        self.run(which, 0)

    def settle(self, which: int, how: int) -> None:
        self.end()

    def switch_mode(self, which: int, how: int) -> None:
        self.world.choose(mode=MODES[which % 3], include_unattached=bool(how % 2))

    def change_policy(self, which: int, how: int) -> None:
        self.world.choose(policy=POLICIES[which % 4])

    def answer(self, which: int, how: int) -> None:
        """An administrator decides the oldest question."""
        issues = Issue.objects.filter(installation=self.world.installation, state="open").select_related(
            "link", "record"
        )
        issue = issues.order_by("pk").first()
        if issue is None:
            return
        if issue.kind == "clash":
            side = ("bigin", "books")[how % 2]
            decisions.resolve_clash(issue, dict.fromkeys(issue.detail, side), "a test")
            if issue.link is not None:
                self.ledger.decided(issue.link, issue.detail, side)
        elif issue.kind == "held":
            held.approve_held(issue, "a test")
        elif issue.kind == "duplicate" and how % 2:
            decisions.create_anyway(issue, "a test")
        else:
            decisions.retry(issue, "a test")


OPERATIONS: dict[str, Callable[[Trial, int, int], None]] = {
    name: getattr(Trial, name)
    for name in (
        "add_company add_contact add_product edit_company edit_contact edit_product move_contact delete_in_bigin"
        " restore_in_bigin merge_companies add_customer add_namesake add_person add_item edit_customer edit_person"
        " edit_item delete_in_books mark_in_books run run_in_trouble run_and_die sync_one day settle switch_mode"
        " change_policy answer"
    ).split()
}
RUNS = ("run", "run_in_trouble", "run_and_die", "sync_one", "day")  # what may write to Zoho; `end` looks by itself
