"""Rules 5, the other halves: closed pairs that go elsewhere, what keeps a customer active, what the brake adds up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from sync import brake, hands, merging, preview
from sync.models import Link, Proposal, Record, Run, Write
from tests.factories import make_member, signed_in_client
from tests.sync.test_deletes import invoice, list_again, pair, restore
from tests.sync.world import World

LINE = {"name": "Tour", "rate": "10", "quantity": "1"}


def test_rule_5_1_a_closed_one_may_be_linked_to_another_record(world: World) -> None:
    company, customer = pair(world)
    world.remotes.books.delete_contact(customer)
    list_again(world)
    other = world.remotes.new_customer("Kestrel Tours")
    world.configure(create_in_bigin="none")
    world.settle()
    assert world.link(company).state == Link.State.CLOSED
    records = {one.remote_id: one for one in Record.objects.filter(remote_id__in=[company, other])}
    hands.link(world.installation, records[company], records[other], "Ada")
    world.settle()
    link = world.link(company)
    assert (link.state, link.books) == (Link.State.LINKED, records[other])
    assert not world.issues("vanished")
    assert world.customer_names() in (["Alpine Huts"], ["Kestrel Tours"])


def test_rule_5_2_a_delete_waits_sixty_minutes_unless_the_setting_says_otherwise() -> None:
    assert settings.SYNC_DELETE_WAIT_SECONDS == 3600


def test_rule_5_2_the_full_detail_is_kept_before_anything_is_deleted(world: World) -> None:
    company, customer = pair(world, Website="https://alpine.example")
    world.remotes.edit_customer(customer, notes="Pays late")
    world.settle()
    world.forget_calls()
    world.remotes.delete("Accounts", company)
    world.settle()
    before = world.writes(op="delete")[0].before
    assert before is not None
    assert (before["contact_id"], before["notes"], before["website"]) == (
        customer,
        "Pays late",
        "https://alpine.example",
    )


@pytest.mark.parametrize(
    ("what", "words"),
    [("credit", "unused credits"), ("estimate", "an estimate is open"), ("order", "a sales order is open")],
)
def test_rule_5_2_credit_left_and_open_papers_keep_a_customer_active(world: World, what: str, words: str) -> None:
    company, customer = pair(world)
    invoice(world, customer, "void")
    body = {"customer_id": customer, "line_items": [LINE]}
    if what == "credit":
        world.remotes.books.client.request("POST", "/creditnotes", json=body)
    else:
        world.remotes.books.create_document("estimates" if what == "estimate" else "salesorders", body)
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.remotes.customer(customer)["status"] == "active"
    assert words in world.issue("in_use").reason
    assert world.link(company).state == Link.State.CLOSED


def test_rule_5_2_under_mark_inactive_the_person_of_a_deleted_contact_stays_and_says_why(world: World) -> None:
    world.configure(delete_policy="inactive")
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.contact("Holm", company, First_Name="Eva", Email="eva@alpine.example")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    stood = world.remotes.customer(customer)["persons"]
    world.later()
    world.remotes.delete("Contacts", contact)
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    proposed = Proposal.objects.filter(run=ended.run).values_list("kind", "outcome", "label", "reason")
    assert list(proposed) == [("contact-person", "skip", "Nils Berg", merging.STAYS)]
    world.settle()
    assert world.remotes.customer(customer)["persons"] == stood
    assert {write.op for write in world.writes()} == {Write.Op.CREATE}
    link = Link.objects.get(bigin__remote_id=contact)
    assert (link.state, link.reason) == (Link.State.CLOSED, merging.STAYS)
    assert not world.issues()
    client = signed_in_client(make_member(world.installation))
    assert merging.STAYS in client.get(f"/embed/sync/pairs/{link.pk}/").content.decode()
    restore(world, "Contacts", contact)
    world.settle()
    assert world.link(contact).state == Link.State.LINKED


def test_rule_5_2_under_mark_inactive_a_deleted_company_takes_no_person_with_it(world: World) -> None:
    world.configure(delete_policy="inactive")
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    customer = world.remotes.customer_named("Alpine Huts")
    world.remotes.delete("Contacts", contact)
    world.remotes.delete("Accounts", company)
    world.settle()
    kept = world.remotes.customer(customer)
    assert (kept["status"], [one["email"] for one in kept["persons"]]) == ("inactive", ["nils@alpine.example"])
    assert set(Link.objects.values_list("state", flat=True)) == {Link.State.CLOSED}
    assert not world.issues()


def test_rule_5_6_under_mark_inactive_who_lost_its_company_is_moved_and_not_doubled(world: World) -> None:
    world.configure(delete_policy="inactive", include_unattached=True)
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name=None)
    world.settle()
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"] == []
    assert world.customer_names() == ["Alpine Huts", "Nils Berg"]


def test_rule_5_4_what_is_usual_grows_with_the_pairs_within_bounds() -> None:
    assert [brake.allowed_ends(links) for links in (0, 299, 300, 1000, 2500, 100_000)] == [5, 5, 6, 20, 50, 50]
    assert [brake.allowed_changes(links) for links in (0, 219, 220, 1000, 100_000)] == [10, 10, 11, 50, 5000]


def test_rule_5_4_a_company_counts_with_the_persons_that_go_with_it(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(3)]
    for number, company in enumerate(companies):
        world.remotes.contact("Berg", company, First_Name="Nils", Email=f"nils{number}@alpine.example")
    world.settle()
    world.remotes.delete("Accounts", *companies)
    assert world.sync().state == Run.State.HELD  # 3 companies and 3 persons
    assert len(world.customer_names()) == 3


def test_rule_5_4_deletions_add_up_over_a_day_and_are_forgotten_after_it(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(12)]
    world.settle()
    for company in companies[:4]:
        world.remotes.delete("Accounts", company)
    world.settle()
    assert len(world.customer_names()) == 8
    Write.objects.filter(op="delete").update(settled_at=timezone.now() - timedelta(hours=25))
    world.remotes.delete("Accounts", *companies[4:7])
    world.settle()
    assert len(world.customer_names()) == 5
    world.remotes.delete("Accounts", *companies[7:10])
    assert world.sync().state == Run.State.HELD  # 3 of this day and 3 more
    assert len(world.customer_names()) == 5
