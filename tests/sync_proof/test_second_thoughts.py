"""People who think better of it: what was deleted is restored, what was held is refused, what was unlinked billed."""

from __future__ import annotations

import pytest

from accounts import connections
from sync import billing, hands, held, undo
from sync.models import Issue, Link, Write
from tests.sync_proof.test_moves import people
from tests.sync_proof.world import World

DAY = 86_400


def test_rule_5_1_a_record_restored_after_its_counterpart_was_deleted_is_made_again(world: World) -> None:
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.bigin.contact(company, "Ann", "Lee", Email="ann@lee.example")
    product = world.bigin.add("Products", Product_Name="Guided walk")
    world.settle()
    for module, one in (("Accounts", company), ("Products", product)):
        assert world.bigin.delete(module, one)
    world.settle()
    assert not world.look().customers
    assert not world.look().items
    world.time.forward(3600)
    for module, one in (("Accounts", company), ("Products", product)):
        assert world.bigin.restore(module, one)
    world.settle()
    assert people(world) == [("Ann Lee", "Alder Walks", "ann@lee.example")]
    assert [row["name"] for row in world.look().items.values()] == ["Guided walk"]
    assert Link.objects.filter(state="linked").count() == 3
    world.time.forward(DAY)
    world.settle()
    assert len(world.look().customers) == len(world.bigin.all("Accounts")) == 1


def test_rule_5_1_a_customer_made_inactive_is_active_again_when_its_company_is_restored(world: World) -> None:
    world.choose(delete_policy="inactive")
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    assert world.bigin.delete("Accounts", company)
    world.settle()
    assert [row["status"] for row in world.look().customers.values()] == ["inactive"]
    assert world.bigin.restore("Accounts", company)
    world.bigin.edit("Accounts", company, Website="https://alder.example")
    world.settle()
    customer = next(iter(world.look().customers.values()))
    assert (customer["status"], customer["website"]) == ("active", "https://alder.example")


@pytest.fixture
def alike(world: World) -> list[str]:
    """Twelve companies whose websites became one: the brake holds that."""
    ids = [
        world.bigin.add("Accounts", Account_Name=f"Company {number}", Website=f"https://w{number}.example")
        for number in range(12)
    ]
    world.settle()
    world.time.forward(600)
    for one in ids:
        world.bigin.edit("Accounts", one, Website="https://same.example")
    assert world.sync().state == "held"
    return ids


def customer_of(world: World, company: str) -> dict[str, object]:
    link = Link.objects.select_related("books").get(bigin__remote_id=company)
    assert link.books is not None
    return world.look().customers[link.books.remote_id]


def test_rule_5_4_an_edit_made_while_a_list_was_held_goes_out_when_the_list_is_refused(
    world: World, alike: list[str]
) -> None:
    world.time.forward(600)
    world.bigin.edit("Accounts", alike[0], Billing_City="Zermatt")
    world.sync()
    held.refuse_held(Issue.objects.get(kind="held", state="open"), "Ada")
    world.settle()
    row = customer_of(world, alike[0])
    assert row["billing_address"]["city"] == "Zermatt"  # type: ignore[index]
    assert row["website"] == "https://w0.example"


def test_rule_5_1_a_record_restored_while_its_deletion_was_held_is_in_step_when_the_list_is_refused(
    world: World,
) -> None:
    ids = [world.bigin.add("Accounts", Account_Name=f"Company {number}") for number in range(6)]
    world.settle()
    for one in ids:
        assert world.bigin.delete("Accounts", one)
    assert world.sync().state == "held"
    world.time.forward(600)
    assert world.bigin.restore("Accounts", ids[0])
    world.bigin.edit("Accounts", ids[0], Website="https://back.example")
    world.sync()
    held.refuse_held(Issue.objects.get(kind="held", state="open"), "Ada")
    world.settle()
    assert customer_of(world, ids[0])["website"] == "https://back.example"
    assert Link.objects.get(state="linked").bigin.remote_id == ids[0]  # type: ignore[union-attr]
    assert Link.objects.filter(state="closed").count() == 5


def test_rule_5_4_a_value_that_was_refused_does_not_travel_with_the_next_edit(world: World, alike: list[str]) -> None:
    held.refuse_held(Issue.objects.get(kind="held", state="open"), "Ada")
    world.settle()
    world.time.forward(DAY)
    world.bigin.edit("Accounts", alike[0], Billing_City="Zermatt")
    world.settle()
    row = customer_of(world, alike[0])
    assert (row["billing_address"]["city"], row["website"]) == ("Zermatt", "https://w0.example")  # type: ignore[index]
    world.bigin.edit("Accounts", alike[0], Website="https://new.example")
    world.settle()
    assert customer_of(world, alike[0])["website"] == "https://new.example"


def test_rule_5_2_undo_of_an_older_change_leaves_a_waiting_deletion_alone(world: World) -> None:
    company = world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.settle()
    world.bigin.edit("Accounts", company, Website="https://alder.example")
    world.settle()
    change = Write.objects.get(op="update", state="done")
    assert world.bigin.delete("Accounts", company)
    world.sync()
    assert undo.undo_write(change, "Ada").undone == 0
    world.settle()
    assert not world.look().customers


def test_rule_3_3_billing_an_unlinked_company_asks_before_it_takes_the_same_customer(world: World) -> None:
    company = world.bigin.add("Accounts", Account_Name="Alder Walks", Website="https://bigin.example")
    world.books.customer("Alder Walks", website="https://books.example")
    world.settle()
    hands.unlink(Link.objects.get(), "Ada")
    world.settle()
    bigin, books = connections.bigin(world.installation), connections.books(world.installation)
    answer = billing.ensure_customer(world.installation, "Accounts", company, bigin=bigin, books=books)
    assert isinstance(answer, billing.Candidates)
    assert [one.label for one in answer.candidates] == ["Alder Walks"]
    assert Link.objects.get().state == Link.State.APART


def test_rule_3_4_a_lost_create_is_not_what_an_earlier_create_made_for_another_mode(world: World) -> None:
    """The contact of Contacts mode stands without a company; the person of the other mode is another creation."""
    world.choose(mode="contacts")
    person = {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example"}
    world.books.customer("Alder Walks", person)
    world.sync()
    [contact] = world.bigin.all("Contacts")
    world.choose(mode="both")
    world.sandbox.fault("drop_before", product="bigin", method="POST", path="^/Contacts$")
    world.sync()
    for issue in Issue.objects.filter(kind="held", state="open"):
        held.approve_held(issue, "a test")
    world.sync()
    assert Write.objects.filter(link__kind="contact-person", state="unknown").count() == 1
    world.sandbox.control("DELETE", "faults")
    world.settle()
    assert not Link.objects.filter(bigin__remote_id=contact, state="linked").exists()
    assert world.bigin.all("Contacts")[contact]["Account_Name"] is None
    told = Issue.objects.filter(state="open", record__kind="person").values_list("kind", "code")
    assert list(told) == [("rejected", "duplicate_value")]
