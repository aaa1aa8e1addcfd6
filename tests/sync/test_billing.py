"""Rules 7.1: whose customer a record is, and making sure that there is one - exactly once, beside any run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts import connections
from sync import actions, asking, billing, engine, hands, outbox, pairing, send
from sync.models import Decision, Link, ModuleSetting, Record, Write
from sync.outcomes import PassBy, Wait
from sync.queries import alone
from tests.sync.crashes import Killed, Points, counted
from tests.sync.world import World
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.errors import Rejected, RetryLater, UnknownOutcome


@contextmanager
def clients(world: World) -> Iterator[tuple[Bigin, Books]]:
    bigin, books = connections.bigin(world.installation, "person"), connections.books(world.installation, "person")
    with closing(bigin.client), closing(books.client):
        yield bigin, books


def ensure(world: World, module: str, record_id: str, **more: bool) -> billing.EnsuredCustomer | billing.Candidates:
    with clients(world) as (bigin, books):
        return billing.ensure_customer(world.installation, module, record_id, bigin=bigin, books=books, **more)


def test_a_company_that_is_not_in_books_is_created_with_its_contacts_in_one_call(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    late = world.remotes.company("Kestrel Tours", Phone="+44 20 7946 0018")
    world.forget_calls()
    made = ensure(world, "Accounts", late)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.created
    assert world.calls("books", "POST") == 1
    assert world.remotes.customer(made.customer_id)["phone"] == "+44 20 7946 0018"
    match = billing.customer_of(world.installation, "Accounts", late)
    assert match is not None
    assert (match.customer_id, match.label) == (made.customer_id, "Kestrel Tours")
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Kestrel Tours"]


def test_a_customer_that_waits_for_approval_is_not_made_past_the_administrator_and_the_rep_is_told(
    world: World,
) -> None:
    company = world.remotes.company("Alpine Huts")
    world.sandbox.fault("quota", product="books", method="POST", path="^/contacts$")
    engine.run(world.installation)
    world.sandbox.control("DELETE", "faults")
    Write.objects.update(state=Write.State.HELD)
    with pytest.raises(Rejected, match="waits for an administrator"):
        ensure(world, "Accounts", company)
    assert world.customer_names() == []


def test_the_customer_of_a_contact_is_its_companys_with_the_person(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    match = billing.customer_of(world.installation, "Contacts", contact)
    assert match is not None
    assert (match.customer_id, match.label) == (world.remotes.customer_named("Alpine Huts"), "Alpine Huts")
    assert match.person_id == world.link(contact).books.remote_id  # type: ignore[union-attr]


def test_a_contact_without_company_becomes_its_own_customer_even_where_include_is_off(world: World) -> None:
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    made = ensure(world, "Contacts", contact)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.created
    assert world.remotes.customer(made.customer_id)["customer_sub_type"] == "individual"
    again = ensure(world, "Contacts", contact)
    assert isinstance(again, billing.EnsuredCustomer)
    assert (again.customer_id, again.created) == (made.customer_id, False)
    world.settle()
    assert world.customer_names() == ["Ada Okafor"]


def test_rule_7_1_a_contact_that_was_only_billed_is_not_said_to_wait_for_a_run(world: World) -> None:
    """No run takes up its edits while "Include ..." is off; the badge says so."""
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    ensure(world, "Contacts", contact)
    world.remotes.update("Contacts", contact, Title="Guide")
    world.settle()
    state = actions.record_state(world.installation, "Contacts", contact)
    assert (state.state, state.reason) == (actions.StateOf.NOT_SYNCED, actions.BILLED_ONLY)
    world.configure(include_unattached=True)
    world.settle()
    assert actions.record_state(world.installation, "Contacts", contact).state == actions.StateOf.IN_STEP


def test_books_is_asked_live_so_a_customer_made_a_minute_ago_is_linked_not_doubled(world: World) -> None:
    world.settle()
    company = world.remotes.company("Kestrel Tours")
    customer = world.remotes.new_customer("Kestrel Tours")
    found = ensure(world, "Accounts", company)
    assert isinstance(found, billing.EnsuredCustomer)
    assert (found.customer_id, found.created) == (customer, False)


def test_candidates_are_offered_and_a_rep_may_say_that_none_is_the_same(world: World) -> None:
    customer = world.remotes.new_customer("Alpine Huts Limited")
    company = world.remotes.company("Alpine Huts Ltd")
    world.settle()
    found = ensure(world, "Accounts", company)
    assert isinstance(found, billing.Candidates)
    assert [(one.customer_id, one.label) for one in found.candidates] == [(customer, "Alpine Huts Limited")]
    made = ensure(world, "Accounts", company, anyway=True)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.created
    assert world.customer_names() == ["Alpine Huts Limited", "Alpine Huts Ltd"]
    world.settle()  # what the rep said of the two is remembered (rules 3.3): nobody is asked
    assert (world.company_names(), world.issues()) == (["Alpine Huts Limited", "Alpine Huts Ltd"], [])
    (said,) = Decision.objects.all()
    assert (said.bigin_id, said.books_id, said.verdict) == (company, customer, "different")


def test_before_the_first_sync_billing_works_too(world: World) -> None:
    ModuleSetting.objects.update(started_at=None)
    company = world.remotes.company("Alpine Huts")
    made = ensure(world, "Accounts", company)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.created


def test_an_unknown_outcome_is_raised_and_looked_up_by_the_next_attempt(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    with pytest.raises(UnknownOutcome):
        ensure(world, "Accounts", company)
    assert Write.objects.get().state == Write.State.UNKNOWN
    found = ensure(world, "Accounts", company)
    assert isinstance(found, billing.EnsuredCustomer)
    assert world.customer_names() == ["Alpine Huts"]
    assert found.customer_id == world.remotes.customer_named("Alpine Huts")


def test_a_write_another_worker_holds_is_left_to_it(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    with pytest.raises(UnknownOutcome):
        ensure(world, "Accounts", company)
    Write.objects.update(state=Write.State.SENDING)
    with pytest.raises(RetryLater):
        ensure(world, "Accounts", company)
    assert len(world.customer_names()) == 1


def test_a_worker_killed_while_it_creates_a_customer_leaves_no_bill_waiting_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = world.remotes.company("Alpine Huts")
    with counted(monkeypatch, Points()) as points:
        monkeypatch.setattr(points, "passed", killed_at("POST /contacts"))
        with pytest.raises(Killed):
            ensure(world, "Accounts", company)
    assert Write.objects.get().state == Write.State.SENDING
    with pytest.raises(RetryLater):
        ensure(world, "Accounts", company)  # it may still be alive
    Write.objects.update(attempted_at=timezone.now() - outbox.LONGEST_ATTEMPT - timedelta(seconds=1))
    found = ensure(world, "Accounts", company)
    assert isinstance(found, billing.EnsuredCustomer)
    assert world.customer_names() == ["Alpine Huts"]
    assert found.customer_id == world.remotes.customer_named("Alpine Huts")


def test_rule_7_1_a_person_whose_creation_a_run_ends_meanwhile_is_billed_as_its_companys_customer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    link = Link.objects.filter(pk=world.link(contact).pk)
    link.update(state=Link.State.HALF)
    monkeypatch.setattr(send, "apply_link", lambda *args: link.update(state=Link.State.LINKED))  # the run, not the bill
    made = ensure(world, "Contacts", contact)
    assert isinstance(made, billing.EnsuredCustomer)
    person = world.link(contact).books
    assert person is not None
    assert (made.customer_id, made.person_id) == (world.remotes.customer_named("Alpine Huts"), person.remote_id)
    assert not made.created


def killed_at(point: str) -> Callable[[str], None]:
    def passed(name: str) -> None:
        if name == point:
            raise Killed(name)

    return passed


def test_what_books_refuses_is_told_to_the_rep(world: World) -> None:
    world.sandbox.switch(books_duplicate_contact_names="refuse")
    world.remotes.new_customer("Alpine Huts", contact_type="vendor")
    company = world.remotes.company("Alpine Huts")
    with pytest.raises(Rejected, match="Alpine Huts"):
        ensure(world, "Accounts", company, anyway=True)
    assert world.customer_names() == []


def test_a_record_that_is_gone_is_refused(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.delete("Accounts", company)
    with pytest.raises(Rejected):
        ensure(world, "Accounts", company)
    assert not Link.objects.exists()


def test_rule_5_1_a_closed_link_is_opened_again_by_a_bill(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.books.delete_contact(world.remotes.customer_named("Alpine Huts"))
    world.installation.cursors.update(listed_at=None)
    world.settle()
    assert world.customer_names() == []
    made = ensure(world, "Accounts", company)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.created
    assert world.customer_names() == ["Alpine Huts"]


def test_rule_5_1_a_pair_that_a_run_opens_again_meanwhile_is_not_billed_as_a_new_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    link = world.link(company)
    world.remotes.edit_customer(world.remotes.customer_named("Alpine Huts"), contact_name="Kestrel Tours")
    Record.objects.filter(books_links=link).update(keys=[])
    Link.objects.filter(pk=link.pk).update(state=Link.State.CLOSED)
    live = asking.live

    def opened_meanwhile(*args: Any) -> None:
        live(*args)
        Link.objects.filter(pk=link.pk).update(state=Link.State.LINKED)

    monkeypatch.setattr(asking, "live", opened_meanwhile)
    with pytest.raises(RetryLater):
        ensure(world, "Accounts", company)
    assert Link.objects.get().state == Link.State.LINKED
    assert world.customer_names() == ["Kestrel Tours"]
    made = ensure(world, "Accounts", company)
    assert isinstance(made, billing.EnsuredCustomer)
    assert made.customer_id == world.remotes.customer_named("Kestrel Tours")


def unlinked_pair(world: World) -> tuple[str, str]:
    """A company and the customer that somebody took apart from it: their ids."""
    company = world.remotes.company("Alpine Huts")
    world.settle()
    hands.unlink(world.link(company), "Ada")
    return company, world.remotes.customer_named("Alpine Huts")


def test_rule_3_3_a_bill_leaves_the_customer_alone_that_a_person_unlinked(world: World) -> None:
    """Neither does it come to Bigin as a second company, nor has the new one its name, which Books may refuse."""
    world.sandbox.switch(books_duplicate_contact_names="refuse")
    company, former = unlinked_pair(world)
    offered = ensure(world, "Accounts", company)
    assert isinstance(offered, billing.Candidates)
    assert [one.customer_id for one in offered.candidates] == [former]
    made = ensure(world, "Accounts", company, anyway=True)
    assert isinstance(made, billing.EnsuredCustomer)
    assert (made.created, made.customer_id != former) == (True, True)
    kept = Link.objects.get(books__remote_id=former)
    assert (kept.state, kept.bigin_id, kept.reason) == (Link.State.APART, None, "unlinked by Ada")
    assert kept.books is not None
    Record.objects.filter(pk=kept.books.pk).update(dirty=True)
    world.settle()
    assert (world.company_names(), world.issues()) == (["Alpine Huts"], [])
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts (2)"]
    why = alone.reasons(world.installation, "books", [kept.books])[kept.books.pk]
    assert (why.text[:54], why.pair) == ("Its pair was taken apart, and the other record goes on", kept.pk)


def test_rule_3_3_a_bill_that_makes_no_customer_leaves_the_pair_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, _ = unlinked_pair(world)
    before = Link.objects.values().get()
    monkeypatch.setattr(pairing, "judge_alone", lambda shape, kind, record, policies: Wait(record))
    monkeypatch.setattr(pairing, "judge", lambda *args: [PassBy(args[3][0], "picklist", "Its list lacks it.")])
    with pytest.raises(RetryLater):
        ensure(world, "Accounts", company, anyway=True)
    assert Link.objects.values().get() == before
    assert world.customer_names() == ["Alpine Huts"]


def test_the_item_of_a_product(world: World) -> None:
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    world.settle()
    match = billing.item_of(world.installation, product)
    assert match is not None
    assert (match.name, match.sku, match.rate) == ("Glacier walk", "GW-1", Decimal("40"))
    assert billing.item_of(world.installation, "1") is None
