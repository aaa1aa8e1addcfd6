"""What only a write can tell is learned from the sync's own writes: stored, shown, used (rules 8.2, reference 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import probing
from accounts.models import Installation
from sync import learned, preview, rotation
from sync import shape as shapes
from sync.models import Issue, Record, Run
from sync.queries import preflight, probes
from tests.sync.world import World
from zoho.probes import Probe

PERSONS, NAMES = "books_person_edit_touches_customer", "books_equal_names"
REFUSED = (
    "Your Books takes no second customer of one name: 2 would be refused (Nils Berg). Give them different names"
    " in Bigin, or allow duplicate display names in the preferences of Books."
)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def answer(world: World, name: str) -> dict[str, Any]:
    world.installation.refresh_from_db()
    found = world.installation.probes.get(name, {})
    assert isinstance(found, dict)
    return found


def companies(world: World, number: int) -> list[str]:
    """Each with a contact, in step with Books; the ids of the contacts."""
    contacts = []
    for one in range(number):
        company = world.remotes.company(f"Alpine Huts {one}")
        contacts.append(world.remotes.contact("Berg", company, First_Name="Nils", Email=f"nils{one}@alpine.example"))
    world.settle()
    return contacts


def edit(world: World, *contacts: str, title: str = "Guide") -> None:
    """One run that writes it, long after what was written and read before."""
    world.settle()
    world.later(60)
    Record.objects.filter(kind="customer").update(detail_at=timezone.now() + timedelta(hours=1))
    for contact in contacts:
        world.remotes.update("Contacts", contact, Title=title)
    world.forget_calls()
    world.sync()


def reads(world: World) -> int:
    """Details read right after a write of ours; in a quiet account there are no others in that run."""
    return world.calls("books", "GET") - len(world.installation.cursors.filter(feed__startswith="books_"))


# Whether editing a person moves its customer's time (rules 8.2)


def test_rule_8_2_three_edits_of_our_own_that_moved_their_customers_are_proof(world: World) -> None:
    contacts = companies(world, 4)
    for proofs, contact in enumerate(contacts[:3], start=1):
        assert answer(world, PERSONS).get("held") is None
        edit(world, contact)
        assert answer(world, PERSONS)["proofs"] == proofs
    assert answer(world, PERSONS)["held"] is True
    text = "Our own edits of contact persons moved their customers' times, time after time."
    shown = [
        one for _side, answers in probes.found(world.installation).by_side for one in answers if one.name == PERSONS
    ]
    assert [(probe.held, probe.text) for probe in shown] == [(True, text)]
    Record.objects.filter(kind="customer").update(detail_at=timezone.now() + timedelta(hours=1))
    rotation.doubt(shapes.load(world.installation), "books_customers")
    assert not Record.objects.filter(kind="customer", detail_at=None).exists()


def test_rule_8_2_one_edit_that_moved_nothing_is_proof_of_the_contrary(world: World) -> None:
    world.sandbox.switch(books_person_touches_contact="no")
    contacts = companies(world, 2)
    edit(world, contacts[0])
    assert answer(world, PERSONS)["held"] is False
    Record.objects.filter(kind="customer").update(detail_at=timezone.now() + timedelta(hours=1))
    rotation.doubt(shapes.load(world.installation), "books_customers")
    assert Record.objects.filter(kind="customer", detail_at=None).count() == 2


def test_rule_8_2_what_was_proved_is_looked_at_again_each_week_and_a_contrary_proof_ends_it(world: World) -> None:
    contacts = companies(world, 1)
    for title in ("Guide", "Cook", "Porter", "Waiter"):
        edit(world, *contacts, title=title)
    assert (answer(world, PERSONS)["held"], reads(world)) == (True, 0)  # the fourth was not looked at
    world.sandbox.switch(books_person_touches_contact="no")
    old = {**answer(world, PERSONS), "learned_at": (timezone.now() - timedelta(days=8)).isoformat()}
    Installation.objects.update(probes={**world.installation.probes, PERSONS: old})
    world.installation.refresh_from_db()
    edit(world, *contacts, title="Owner")
    assert (answer(world, PERSONS)["held"], answer(world, PERSONS)["proofs"]) == (False, 0)


def test_rule_8_2_each_edit_of_a_person_costs_one_read_at_most_and_none_where_lists_show_them(world: World) -> None:
    """Before it, in case the person was edited unseen; or after it, to find out whether that can be."""
    contacts = companies(world, 3)
    took = []
    for title in ("Guide", "Cook", "Porter", "Waiter"):
        edit(world, *contacts, title=title)
        took.append((reads(world), answer(world, PERSONS)["proofs"]))
    assert took == [(3, 1), (3, 2), (1, 3), (0, 3)]
    probing.learn(world.installation, PERSONS, False, "No.", proofs=0)
    edit(world, *contacts, title="Owner")
    assert reads(world) == 3


def test_rule_8_2_an_edit_beside_another_write_to_that_customer_proves_nothing(world: World) -> None:
    """The customer's own update moves its time; a person's edit in the same second would get the credit."""
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.later(60)
    world.remotes.update("Accounts", company, Website="https://alpine.example")
    world.remotes.update("Contacts", contact, Title="Guide")
    world.sync()
    customer = world.remotes.customer_named("Alpine Huts")
    assert [row["designation"] for row in (world.remotes.books.contact(customer) or {})["contact_persons"]] == ["Guide"]
    assert answer(world, PERSONS) == {}


@pytest.mark.parametrize(
    ("before", "written", "after", "moved"),
    [
        (-60, 0, -60, False),
        (-60, 0, 0, True),
        (-60, 0, 4, True),
        (-60, 0, -20, None),  # somebody changed it between our read and our edit
        (-60, 0, 20, None),  # ... or after it
        (-3, 0, -3, None),  # too close to tell the two apart
        (-3, 0, 0, None),
        (-60, None, 0, None),
        (-60, 0, None, None),
    ],
)
def test_rule_8_2_only_times_that_can_come_from_nobody_else_are_proof(
    before: int, written: int | None, after: int | None, moved: bool | None
) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOON + timedelta(seconds=seconds)

    assert learned.has_moved(NOON + timedelta(seconds=before), at(written), at(after)) is moved


def test_a_probe_that_knows_nothing_does_not_undo_what_was_learned_and_a_plain_no_does(world: World) -> None:
    probing.learn(world.installation, PERSONS, None, "1 of 3", proofs=1)
    probing._keep(world.installation, [Probe(PERSONS, None, "Only a write could tell.")], asked=True)
    assert answer(world, PERSONS)["proofs"] == 1
    probing._keep(world.installation, [Probe(PERSONS, True, "As it seems.")], asked=True)
    assert answer(world, PERSONS)["held"] is None
    probing._keep(world.installation, [Probe(PERSONS, False, "A person was edited later.")], asked=True)
    assert answer(world, PERSONS) == {"held": False, "text": "A person was edited later."}


# Equal names


def namesake(world: World, email: str) -> str:
    """A contact without a company: each becomes a customer of its own, under its name."""
    return world.remotes.contact("Berg", First_Name="Nils", Email=email)


def test_a_refused_name_is_learned_and_a_later_success_unlearns_it(world: World) -> None:
    world.configure(include_unattached=True)
    world.sandbox.switch(books_duplicate_contact_names="refuse")
    namesake(world, "nils@one.example")
    world.settle()
    assert answer(world, NAMES) == {}
    world.later()
    namesake(world, "nils@two.example")
    world.settle()
    assert (world.issue("name_taken").kind, world.customer_names()) == (Issue.Kind.REJECTED, ["Nils Berg"])
    assert answer(world, NAMES)["held"] is False
    assert answer(world, NAMES)["text"] == "Books refused a customer because another has its name."
    world.later()
    world.remotes.new_customer("Old Town Walks")
    namesake(world, "eva@three.example")
    world.sandbox.switch(books_duplicate_contact_names="allow")
    world.settle()
    assert answer(world, NAMES)["held"] is True
    assert world.customer_names() == ["Nils Berg", "Nils Berg", "Old Town Walks"]


@pytest.mark.parametrize(
    ("held", "ok", "text"),
    [
        (None, False, "1 name belongs to several contacts; Books may refuse a second customer of that name."),
        (True, True, "1 name belongs to several contacts; Books takes several customers of one name."),
        (False, False, REFUSED),
    ],
)
def test_the_preview_says_which_creates_books_would_refuse_for_their_names(
    world: World, held: bool | None, ok: bool, text: str
) -> None:
    world.configure(include_unattached=True)
    world.remotes.company("Alpine Huts")
    for number in range(3):
        namesake(world, f"nils@{number}.example")
    probing.learn(world.installation, NAMES, held, "As it was seen.")
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    found = {check.name: check for check in preflight.checks(world.installation, ended.run, ["customers"])}
    assert (found["equal_names"].ok, str(found["equal_names"].text)) == (ok, text)


def test_equal_names_that_books_allows_alarm_nobody(world: World) -> None:
    run = Run.objects.create(installation=world.installation, kind=Run.Kind.PREVIEW, state=Run.State.DONE)
    for number in (1, 2):
        Record.objects.create(
            installation=world.installation,
            side="bigin",
            kind="company",
            remote_id=f"72{number}",
            keys=["name:twin ltd"],
        )

    def check() -> preflight.Check:
        found = preflight.checks(world.installation, run, ["customers"])
        return next(one for one in found if one.name == "equal_names")

    assert (check().ok, "Books may refuse a second customer" in str(check().text)) == (False, True)
    probing.learn(world.installation, NAMES, True, "Two customers have the same name.")
    assert check().ok
    assert str(check().text) == "1 name belongs to several companies; Books takes several customers of one name."
    probing.learn(world.installation, NAMES, False, "Books refused a customer because another has its name.")
    assert str(check().text) == "No two of the customers to be created have the same name."
