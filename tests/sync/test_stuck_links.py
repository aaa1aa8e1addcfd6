"""No record stays stuck in half a pair: a mode that changes, a pair chosen by hand, an answer lost with two results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.utils import timezone

from sync import engine, recovery, send, services
from sync import shape as shapes
from sync.hands import CannotLink
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Run, Write
from sync.queries import issues as queries
from sync.sources import Seen
from sync.work import Clock, OutOfTime, Work
from tests.sync.test_modes import save
from tests.sync.world import World
from zoho.errors import UnknownOutcome


def cut_before_sending(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One slice whose time ends between planning and sending."""

    def out_of_time(work: Work, kind: object) -> None:
        if kind != "product-item":
            raise OutOfTime("The time of one slice is over.")

    with monkeypatch.context() as patch:
        patch.setattr(send, "apply", out_of_time)
        ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.PARTIAL


def lose_answer(world: World, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The answer to the one new customer is lost; Books has customers of these names afterwards."""

    def lost(work: Work, write: Write) -> None:
        for name in names:
            world.remotes.new_customer(name)
        raise UnknownOutcome("lost", product="books")

    with monkeypatch.context() as patch:
        patch.setitem(send._BOOKS, Write.Op.CREATE, lost)
        patch.setattr(recovery, "resolve", lambda work, kind: None)  # as if the worker died then
        engine.run(world.installation)


def record(remote_id: str) -> Record:
    return Record.objects.get(remote_id=remote_id)


def company_with_contact(world: World) -> tuple[str, str]:
    company = world.remotes.company("Alpine Huts")
    return company, world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")


def test_a_create_that_was_only_planned_ends_with_its_mode(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company_with_contact(world)
    cut_before_sending(world, monkeypatch)
    assert set(Link.objects.values_list("state", flat=True)) == {Link.State.HALF}
    save(world, mode="contacts")
    assert {write.state for write in world.writes()} == {Write.State.WITHDRAWN}
    world.settle()
    assert world.customer_names() == ["Nils Berg"]
    assert not Link.objects.filter(state=Link.State.HALF).exists()


def test_persons_that_a_new_company_was_to_carry_end_with_their_mode(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company_with_contact(world)
    cut_before_sending(world, monkeypatch)
    save(world, mode="companies")
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"] == []
    save(world, mode="both")
    world.settle()
    world.approve()
    persons = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]
    assert [person["email"] for person in persons] == ["nils@alpine.example"]


def test_a_create_with_a_lost_answer_is_found_out_after_its_mode_has_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, _ = company_with_contact(world)
    lose_answer(world, monkeypatch, "Alpine Huts")
    assert world.link(company).state == Link.State.HALF
    save(world, mode="contacts")
    world.settle()
    world.approve()
    assert not Link.objects.filter(state=Link.State.HALF).exists()
    assert not world.writes(state="unknown")
    assert world.customer_names() == ["Alpine Huts", "Nils Berg"]
    save(world, mode="both")
    world.settle()
    world.approve()
    link = world.link(company)
    assert link.state == Link.State.LINKED
    assert link.books is not None
    assert link.books.label == "Alpine Huts"


def test_a_pair_chosen_by_hand_ends_what_was_planned_with_its_persons(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, contact = company_with_contact(world)
    other = world.remotes.new_customer("Quite Another")
    cut_before_sending(world, monkeypatch)
    services.link(world.installation, record(company), record(other), "Ada")
    world.settle()
    assert [person["email"] for person in world.remotes.customer(other)["persons"]] == ["nils@alpine.example"]
    assert world.link(contact).state == Link.State.LINKED
    assert not Link.objects.filter(state=Link.State.HALF).exists()
    assert len(world.remotes.customers()) == 1


def test_a_lost_answer_with_two_results_is_settled_by_linking_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, _ = company_with_contact(world)
    lose_answer(world, monkeypatch, "Alpine Huts", "Alpine Huts ")
    world.sync()
    issue = world.issue("unknown_create")
    shown = queries.candidates(issue)
    assert {candidate.record.remote_id for candidate in shown} == set(world.remotes.customers())
    chosen = shown[0].record
    assert services.link_candidate(issue, chosen, "Ada") is not None
    runs = [engine.run(world.installation) for _ in range(3)]
    assert [ended and ended.run.state for ended in runs] == [Run.State.DONE] * 3
    assert world.link(company).books == chosen
    assert not world.writes(state="unknown")
    assert not world.issues("unknown_create")
    assert [one["email"] for one in world.remotes.customer(chosen.remote_id)["persons"]] == ["nils@alpine.example"]


def test_a_lost_answer_with_two_results_is_settled_by_creating_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, _ = company_with_contact(world)
    lose_answer(world, monkeypatch, "Alpine Huts", "Alpine Huts ")
    world.sync()
    issue = world.issue("unknown_create")
    found = {candidate.record.remote_id for candidate in queries.candidates(issue)}
    for other in found:  # Books takes no name twice
        world.remotes.edit_customer(other, contact_name=f"A stranger {other}", company_name="A stranger")
    services.create_anyway(issue, "Ada")
    world.settle()
    link = world.link(company)
    assert link.state == Link.State.LINKED
    assert link.books is not None
    assert link.books.remote_id not in found
    assert not world.writes(state="unknown")
    assert not world.issues("unknown_create")


def test_what_was_being_sent_settles_without_bringing_back_a_pair_that_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person links the company while its creation is on its way: the result is a stranger, not a second partner."""
    company = world.remotes.company("Alpine Huts")
    other = world.remotes.new_customer("Quite Another")
    create = send._BOOKS[Write.Op.CREATE]

    def meanwhile(work: Work, write: Write) -> None:
        services.link(world.installation, record(company), record(other), "Ada")
        create(work, write)

    with monkeypatch.context() as patch:
        patch.setitem(send._BOOKS, Write.Op.CREATE, meanwhile)
        ended = engine.run(world.installation)
    assert ended is not None
    assert ended.run.state == Run.State.DONE
    world.settle()
    link = world.link(company)
    assert link.books is not None
    assert (link.state, link.books.remote_id) == (Link.State.LINKED, other)
    assert [write.state for write in world.writes(op="create", side="books")] == [Write.State.DONE]


def test_a_list_that_waits_for_an_answer_is_neither_dismissed_nor_created(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(8)]
    world.settle()
    world.remotes.delete("Accounts", *companies)
    world.sync()
    issue = world.issue("too_many_deletions")
    for act in (services.dismiss, services.create_anyway, services.retry):
        with pytest.raises(services.NeedsAnswer, match="approve or refuse"):
            act(issue, "Ada")
    assert world.issue("too_many_deletions").state == Issue.State.OPEN
    assert len(world.writes(state="held")) == 8


def test_a_candidate_that_is_gone_by_now_is_told_and_the_issue_stays(world: World) -> None:
    company = world.remotes.company("Alpine Huts Ltd")
    customer = world.remotes.new_customer("Alpine Huts")
    world.sync()
    issue = world.issues("possible_duplicate")[0]
    world.remotes.books.delete_contact(customer)
    mirrored = record(customer)
    Record.objects.filter(pk=mirrored.pk).update(gone_at=mirrored.listed_at)
    with pytest.raises(CannotLink, match="deleted"):
        services.link_candidate(issue, record(customer if issue.record == record(company) else company), "Ada")
    issue.refresh_from_db()
    assert issue.state == Issue.State.OPEN


def test_rule_5_1_a_survivor_is_linked_to_another_record_and_its_issue_ends(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.books.delete_contact(world.remotes.customer_named("Alpine Huts"))
    other = world.remotes.new_customer("Kestrel Tours")
    world.installation.cursors.update(listed_at=None)  # as if a night had passed
    world.later(300)
    world.settle()
    issue = world.issue("vanished")
    assert queries.to_link(issue) == record(company)
    services.link(world.installation, record(company), record(other), "Ada")
    assert not world.issues("vanished")
    assert world.link(company).books == record(other)


def test_what_was_settled_during_a_look_is_not_overwritten_by_what_the_look_saw(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record action settles the same record while a run reads back an update whose answer was lost."""
    company = world.remotes.company("Alpine Huts", Phone="111")
    world.settle()
    link = world.link(company)
    assert link.books is not None
    Write.objects.create(
        installation=world.installation, link=link, side="books", op="update", state="unknown",
        fields={"billing_address.phone": "222"}, ended_at=timezone.now(),
    )  # fmt: skip
    read = recovery.read

    def and_meanwhile(work: Work, one: Record) -> Seen | None:
        seen = read(work, one)
        Record.objects.filter(pk=one.pk).update(
            fields={**one.fields, "billing_address.phone": "333"}, settled_at=work.clock.now()
        )
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "read", and_meanwhile)
        with closing_work(world) as work:
            recovery.resolve(work, Kind.COMPANY_CUSTOMER)
    link.books.refresh_from_db()
    assert link.books.fields["billing_address.phone"] == "333"
    assert not world.writes(state="unknown")


@contextmanager
def closing_work(world: World) -> Iterator[Work]:
    with ExitStack() as stack:
        yield engine.open_work(shapes.load(world.installation), None, stack, Clock(), 60.0)
