"""One trial: a sequence of what people, Zoho and crashes do to both sides, then what must hold at its end.

The alphabet is `STEPS`; each step draws what it needs from a seeded source: a trial is a seed and a list of numbers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import Installation
from sandbox.testing import DoorError, Sandbox
from sync import actions, engine, services
from sync import shape as shapes
from sync.configure import ConfigureInput
from sync.fields import is_normalised, shown
from sync.mapping import Direction, Kind
from sync.models import Issue, Link, Record, RecordKind, Run, Side, Write
from tests.sync.crashes import run_until_killed, settle_down
from tests.sync.world import World
from zoho.errors import Rejected

FAULTS = ("drop_after", "drop_before", "error_after", "error_before", "html", "late_commit")


@dataclass
class Trial:
    world: World
    chance: random.Random
    monkeypatch: pytest.MonkeyPatch
    number: int = 0
    deleted: set[str] = field(default_factory=set)  # ids of Bigin records that a person deleted, cascades included
    made_in_bigin: dict[str, str] = field(default_factory=dict)  # id -> module
    gone_in_books: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def name(self) -> str:
        self.number += 1
        return f"Alpenglow {self.number:03} {'Huts Walks Tours Ferries'.split()[self.number % 4]}"

    def some(self, rows: dict[str, Any]) -> str | None:
        return self.chance.choice(sorted(rows)) if rows else None

    def note(self, text: str) -> None:
        self.log.append(text)


def new_company(trial: Trial) -> None:
    remotes, name = trial.world.remotes, trial.name()
    company = remotes.company(name, Website=f"https://{trial.number}.example")
    trial.made_in_bigin[company] = "Accounts"
    if trial.chance.random() < 0.6:
        contact = remotes.contact("Berg", company, First_Name=f"P{trial.number}", Email=f"p{trial.number}@x.example")
        trial.made_in_bigin[contact] = "Contacts"
    if trial.chance.random() < 0.3:  # the same one stands in Books, written by somebody else
        remotes.new_customer(
            name.upper(),
            [{"first_name": f"P{trial.number}", "last_name": "Berg", "email": f"p{trial.number}@x.example"}],
        )
    trial.note(f"new company {name}")


def new_contact(trial: Trial) -> None:
    company = trial.some(trial.world.remotes.companies()) if trial.chance.random() < 0.8 else None
    trial.number += 1
    email = f"q{trial.number}@x.example" if trial.chance.random() < 0.8 else None
    contact = trial.world.remotes.contact(f"Holm{trial.number}", company, First_Name="Eva", Email=email)
    trial.made_in_bigin[contact] = "Contacts"
    trial.note(f"new contact {contact} of {company}")


def new_product(trial: Trial) -> None:
    name = trial.name()
    trial.made_in_bigin[trial.world.remotes.product(name, Product_Code=f"C-{trial.number}", Unit_Price=5)] = "Products"
    trial.note(f"new product {name}")


def new_customer(trial: Trial) -> None:
    name = trial.name()
    person = {"first_name": "Leo", "last_name": f"Marsh{trial.number}", "email": f"r{trial.number}@x.example"}
    sub_type = "individual" if trial.chance.random() < 0.2 else "business"
    trial.world.remotes.new_customer(name, [person], customer_sub_type=sub_type)
    trial.note(f"new customer {name} ({sub_type})")


def new_item(trial: Trial) -> None:
    name = trial.name()
    trial.world.remotes.new_item(name, sku=f"C-{trial.number}")
    trial.note(f"new item {name}")


def edit_bigin(trial: Trial) -> None:
    module, rows = trial.chance.choice(
        [("Accounts", trial.world.remotes.companies), ("Contacts", trial.world.remotes.contacts)]
    )
    record = trial.some(rows())
    if record is None:
        return
    trial.number += 1
    names = {"Accounts": ("Website", "Billing_City", "Phone"), "Contacts": ("Title", "Mobile", "Phone")}[module]
    name = trial.chance.choice(names)
    value = (
        None
        if trial.chance.random() < 0.2
        else f"https://e{trial.number}.example"
        if name == "Website"
        else f"V{trial.number}"
    )
    trial.world.remotes.update(module, record, **{name: value})
    trial.note(f"edit {module} {record}: {name} = {value}")


def rename_bigin(trial: Trial) -> None:
    record = trial.some(trial.world.remotes.companies())
    if record is not None:
        trial.world.remotes.update("Accounts", record, Account_Name=trial.name())
        trial.note(f"rename company {record}")


def edit_books(trial: Trial) -> None:
    customer = trial.some(trial.world.remotes.customers())
    if customer is None:
        return
    trial.number += 1
    change: dict[str, Any] = trial.chance.choice(
        [
            {"website": f"https://b{trial.number}.example"},
            {"billing_address": {"city": f"B{trial.number}"}},
            {"website": ""},
        ]
    )
    trial.world.remotes.edit_customer(customer, **change)
    trial.note(f"edit customer {customer}: {change}")


def edit_person(trial: Trial) -> None:
    person = _some_person(trial)
    if person:
        trial.number += 1
        trial.world.remotes.books.update_person(person, {"mobile": f"07{trial.number:09}"})
        trial.note(f"edit person {person}")


def _some_person(trial: Trial) -> str | None:
    people: list[str] = []
    for customer in trial.world.remotes.customers():
        detail = trial.world.remotes.books.contact(customer) or {}
        people += [str(one["contact_person_id"]) for one in detail["contact_persons"]]
    return trial.chance.choice(sorted(people)) if people else None


def edit_item(trial: Trial) -> None:
    item = trial.some(trial.world.remotes.items())
    if item is not None:
        trial.number += 1
        trial.world.remotes.books.update_item(item, {"description": f"D{trial.number}", "rate": str(trial.number)})
        trial.note(f"edit item {item}")


def delete_bigin(trial: Trial) -> None:
    remotes = trial.world.remotes
    module, rows = trial.chance.choice(
        [("Accounts", remotes.companies()), ("Contacts", remotes.contacts()), ("Products", remotes.products())]
    )
    record = trial.some(rows)
    if record is None:
        return
    before = set(remotes.contacts())
    remotes.delete(module, record)
    trial.deleted |= {record} | (before - set(remotes.contacts()))
    trial.note(f"delete {module} {record}")


def restore(trial: Trial) -> None:
    gone = sorted(trial.deleted & set(trial.made_in_bigin))
    if not gone:
        return
    record = trial.chance.choice(gone)
    try:
        trial.world.sandbox.control("POST", "bigin/restore", {"module": trial.made_in_bigin[record], "id": record})
    except DoorError:
        return
    remotes = trial.world.remotes
    trial.deleted -= {*remotes.companies(), *remotes.contacts(), *remotes.products()}
    trial.note(f"restore {record}")


def merge(trial: Trial) -> None:
    companies = sorted(trial.world.remotes.companies())
    if len(companies) < 2:
        return
    survivor, loser = trial.chance.sample(companies, 2)
    trial.world.sandbox.control("POST", "bigin/merge", {"module": "Accounts", "survivor": survivor, "loser": loser})
    trial.deleted.add(loser)
    trial.note(f"merge {loser} into {survivor}")


def move(trial: Trial) -> None:
    contact, company = trial.some(trial.world.remotes.contacts()), trial.some(trial.world.remotes.companies())
    if contact and company:
        trial.world.remotes.update("Contacts", contact, Account_Name={"id": company})
        trial.note(f"move {contact} to {company}")


def delete_books(trial: Trial) -> None:
    remotes = trial.world.remotes
    customer = trial.some(remotes.customers())
    if customer is not None:
        remotes.books.delete_contact(customer)
        trial.gone_in_books.add(customer)
        trial.world.installation.cursors.update(listed_at=None)  # a night passes
        trial.note(f"delete customer {customer}")


def delete_person(trial: Trial) -> None:
    person = _some_person(trial)
    if person:
        trial.world.remotes.books.delete_person(person)
        trial.gone_in_books.add(person)
        trial.note(f"delete person {person}")


def switch_mode(trial: Trial) -> None:
    setting = trial.world.customers
    mode = trial.chance.choice(["contacts", "companies", "both", "both"])
    include = trial.chance.random() < 0.5
    services.save_settings(setting, ConfigureInput(mode=mode, include_unattached=include), "a trial", setting.version)
    trial.note(f"mode {mode}, include {include}")


def run(trial: Trial) -> None:
    engine.run(trial.world.installation)
    trial.note("run")


def run_with_fault(trial: Trial) -> None:
    kind, nth = trial.chance.choice(FAULTS), trial.chance.randint(1, 4)
    method = trial.chance.choice(["POST", "PUT", "DELETE", "GET"])
    if kind == "late_commit" and method == "GET":
        kind = "drop_before"
    trial.world.sandbox.fault(
        kind, method=method, path="^/(contacts|items|Accounts|Contacts|Products)", nth=nth, seconds=0
    )
    engine.run(trial.world.installation)
    trial.world.sandbox.control("DELETE", "faults")
    trial.note(f"run with {kind} at {method} {nth}")


def run_and_die(trial: Trial) -> None:
    stop = trial.chance.randint(1, 60)
    points = run_until_killed(trial.world.installation, trial.monkeypatch, stop)
    trial.note(f"run, killed at {stop} of {len(points.seen)}")


def act_on_a_record(trial: Trial) -> None:
    company = trial.some(trial.world.remotes.companies())
    if company is not None:
        trial.note(f"record action {company}: {actions.sync_record(trial.world.installation, 'Accounts', company)}")


STEPS: tuple[Callable[[Trial], None], ...] = (
    new_company, new_contact, new_product, new_customer, new_item, edit_bigin, edit_bigin, rename_bigin, edit_books,
    edit_books, edit_person, edit_item, delete_bigin, restore, merge, move, delete_books, delete_person, switch_mode,
    run, run, run, run_with_fault, run_and_die, act_on_a_record,
)  # fmt: skip
MODES = ("both", "both", "companies", "contacts")
DUPLICATES = ("overwrite", "clone", "skip")


def play(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, seed: int, steps: list[int]) -> Trial:
    """A fresh pair of organisations, the steps, then everything that must hold. Raises AssertionError with the log."""
    Installation.objects.all().delete()
    sandbox.reset("empty")
    chance = random.Random(seed)
    world = World(
        sandbox,
        mode=chance.choice(MODES),
        include_unattached=chance.random() < 0.5,
        duplicates=chance.choice(DUPLICATES),
        policy=chance.choice(["newest", "bigin", "books", "ask"]),
        delete_policy=chance.choice(["delete", "delete", "inactive", "keep"]),
    )
    trial = Trial(world, chance, monkeypatch)
    try:
        for step in steps:
            try:
                STEPS[step % len(STEPS)](trial)
            except Rejected as refused:  # a person whom Zoho refuses does something else
                trial.note(f"refused: {refused}")
            world.later(chance.choice([1, 3, 10]))
        settle_down(world.installation, most=12)
        check(trial)
    except Exception as error:
        raise AssertionError(f"seed {seed}, steps {steps}:\n" + "\n".join(trial.log)) from error
    finally:
        world.remotes.close()
    return trial


# What must hold


def check(trial: Trial) -> None:
    quiet_run_writes_nothing(trial)
    linked_pairs_agree(trial)
    every_other_record_has_a_reason(trial)
    nothing_is_doubled(trial)
    nothing_is_lost(trial)


def quiet_run_writes_nothing(trial: Trial) -> None:
    world = trial.world
    before = Write.objects.count()
    world.forget_calls()
    ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.DONE, ended.run.problem
    assert Write.objects.count() == before
    assert [
        call for call in world.sandbox.calls()["by"] if call["product"] != "control" and call["method"] != "GET"
    ] == []
    assert not Write.objects.filter(state__in=["sending", "unknown", "pending"]).exists()
    assert not Link.objects.filter(state=Link.State.HALF).exists()


def linked_pairs_agree(trial: Trial) -> None:
    """On fields mapped both ways, up to what each side stores; both records as the remotes have them now."""
    shape = shapes.load(trial.world.installation)
    troubled = set(Issue.objects.filter(state="open", link__isnull=False).values_list("link_id", flat=True))
    held = set(Write.objects.filter(state="held").values_list("link_id", flat=True))
    for link in Link.objects.filter(state=Link.State.LINKED).select_related("bigin", "books"):
        bigin, books = link.bigin, link.books
        kind = Kind(link.kind)
        if (
            link.pk in troubled | held
            or bigin is None
            or books is None
            or kind not in shape.active
            or not bigin.in_scope
        ):
            continue
        assert bigin.gone_at is None, (bigin.label, link.reason)
        assert books.gone_at is None, (books.label, link.reason)
        for row in shape.rows[kind]:
            if row.direction is not Direction.BOTH or link.first == "fill":
                continue
            left, right = bigin.fields.get(row.bigin), books.fields.get(row.books)
            cloned = isinstance(right, str) and right == f"{left} (2)"
            assert is_normalised(left, right) or cloned, (link.pk, bigin.label, row.bigin, left, right)


def every_other_record_has_a_reason(trial: Trial) -> None:
    shape = shapes.load(trial.world.installation)
    linked = set(Link.objects.exclude(state__in=Link.DEAD).values_list("bigin_id", "books_id"))
    taken = {pk for pair in linked for pk in pair}
    told = set(Issue.objects.filter(state="open", record__isnull=False).values_list("record_id", flat=True))
    for record in Record.objects.filter(gone_at=None).exclude(kind=RecordKind.VENDOR):
        if record.pk in taken or record.pk in told:
            continue
        reason = actions.reason_of(shape, record) or (record.parent_id and "its parent")
        assert reason, (record.kind, record.label, record.dirty)


def nothing_is_doubled(trial: Trial) -> None:
    """People never use a name twice in one list, so two of a name were made by us."""
    remotes = trial.world.remotes
    customers = Counter(
        row["contact_name"].casefold() for row in remotes.customers().values() if row["customer_sub_type"] == "business"
    )
    assert not [name for name, number in customers.items() if number > 1], customers
    for rows, name in ((remotes.companies(), "Account_Name"), (remotes.products(), "Product_Name")):
        counted = Counter(row[name].casefold() for row in rows.values())
        assert max(counted.values(), default=0) <= 1, counted
    emails = Counter(row["Email"] for row in remotes.contacts().values() if row["Email"])
    assert max(emails.values(), default=0) <= 1, emails
    for row in remotes.customers().values():
        persons = Counter(one["email"] for one in row["persons"] if one["email"])
        assert max(persons.values(), default=0) <= 1, row


def nothing_is_lost(trial: Trial) -> None:
    """In Bigin we delete nothing; in Books only what a person deleted in Bigin."""
    remotes = trial.world.remotes
    standing = {*remotes.companies(), *remotes.contacts(), *remotes.products()}
    lost = set(trial.made_in_bigin) - trial.deleted - standing
    assert not lost, lost
    for write in Write.objects.filter(op="delete", state="done", side=Side.BOOKS).select_related(
        "link__bigin", "link__books"
    ):
        bigin = write.link.bigin
        assert bigin is not None
        assert bigin.gone_at is not None or bigin.remote_id not in standing, shown(bigin.label)
