"""Rules 5.3 and 5.6 where records of one side change their place: merges, and contacts that gain or lose a company."""

from __future__ import annotations

from sync import services
from sync.models import Link, Record
from tests.sync.world import World


def merged(world: World, survivor: str, loser: str) -> None:
    world.later()
    world.sandbox.control("POST", "bigin/merge", {"module": "Accounts", "survivor": survivor, "loser": loser})


def huts(world: World) -> tuple[str, str]:
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    return company, contact


def test_rule_5_3_a_merge_is_never_propagated_and_two_customers_are_told(world: World) -> None:
    loser, _ = huts(world)
    survivor = world.remotes.company("Alpine Huts AG")
    world.settle()
    merged(world, survivor, loser)
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts AG"]
    assert [issue.code for issue in world.issues()] == ["two_customers"]
    assert world.writes(op="delete") == []


def test_rule_5_3_the_link_may_move_to_the_record_that_survived(world: World) -> None:
    loser, contact = huts(world)
    world.settle()
    services.pause(world.customers, "Ada")
    survivor = world.remotes.company("Alpine Huts AG")
    Link.objects.filter(bigin__remote_id=survivor).delete()
    services.resume(world.customers, "Ada")
    merged(world, survivor, loser)
    # The survivor was never in step: as in a view of its own.
    world.settle()
    issue = next(issue for issue in world.issues() if issue.kind == "merge")
    record = Record.objects.get(remote_id=survivor)
    services.link_candidate(issue, record, "Ada")
    world.settle()
    link = world.link(survivor)
    assert link.books is not None
    assert link.books.remote_id in world.remotes.customers()
    assert contact in world.remotes.contacts()


def test_rule_5_6_an_individual_customer_gains_a_company_and_becomes_its_person(world: World) -> None:
    world.configure(include_unattached=True)
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    assert world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": company})
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    persons = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]
    assert [one["email"] for one in persons] == ["ada@example.com"]
    assert len(world.remotes.contacts()) == 1


def test_rule_5_6_with_documents_of_its_own_it_stays_a_customer_and_is_told(world: World) -> None:
    world.configure(include_unattached=True)
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    customer = world.remotes.customer_named("Ada Okafor")
    line = {"name": "Tour", "rate": "10", "quantity": "1"}
    world.remotes.books.create_document("invoices", {"customer_id": customer, "line_items": [line]})
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": company})
    world.settle()
    assert world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    assert world.remotes.customer(customer)["status"] == "active"
    assert "documents of its own" in world.issue("own_customer").reason


def test_rule_5_6_a_person_that_loses_its_company_becomes_a_customer_where_those_are_included(world: World) -> None:
    world.configure(include_unattached=True)
    _, contact = huts(world)
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name=None)
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Nils Berg"]
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"] == []
    assert len(world.remotes.contacts()) == 1


def test_rule_5_6_what_was_kept_and_its_new_customer_take_one_run(world: World) -> None:
    """The person stays where it was; the run that let the contact go makes its customer, not the next one."""
    world.configure(include_unattached=True, delete_policy="keep")
    _, contact = huts(world)
    world.settle()
    world.later()
    world.remotes.update("Contacts", contact, Account_Name=None)
    world.sync()
    assert world.customer_names() == ["Alpine Huts", "Nils Berg"]
    assert len(world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"]) == 1
    world.forget_calls()
    world.sync()
    assert (world.calls("books", "POST"), world.calls("books", "PUT"), world.calls("bigin", "POST")) == (0, 0, 0)


def test_rule_4_6_a_record_born_in_books_belongs_to_the_user_with_its_owners_address(world: World) -> None:
    users = {str(user["email"]): str(user["user_id"]) for user in world.remotes.books.users()}
    known = {str(user["email"]): str(user["id"]) for user in world.remotes.bigin.users("ActiveUsers")}
    connected = str(world.sandbox.users[0]["email"])  # whose records they would be otherwise
    mail = next(mail for mail in users if mail in known and mail != connected)
    world.remotes.new_customer("Old Town Walks", owner_id=users[mail])
    world.settle()
    company = next(iter(world.remotes.companies()))
    row = world.remotes.bigin.get("Accounts", company, ["Owner"])
    assert row is not None
    assert row["Owner"]["id"] == known[mail]


def test_rule_5_6_a_namesake_that_stood_there_before_is_not_taken_for_the_moved_person(world: World) -> None:
    """The answer to the create below the new customer is lost, and was never carried out."""
    world.configure(create_in_bigin="none")
    _, contact = huts(world)
    other = world.remotes.company("Kestrel Tours")
    world.settle()
    customer = world.remotes.customer_named("Kestrel Tours")
    older = world.remotes.books.create_person(customer, {"first_name": "Nils", "last_name": "Berg"})
    world.later()
    world.remotes.edit_customer(customer, website="https://kestrel.example")
    world.settle()
    world.later()
    world.sandbox.fault("drop_before", product="books", method="POST", path="/contactpersons$")
    world.remotes.update("Contacts", contact, Account_Name={"id": other})
    world.settle()
    moved = [one for one in world.remotes.customer(customer)["persons"] if one["email"] == "nils@alpine.example"]
    assert len(moved) == 1
    assert str(older["contact_person_id"]) not in {str(one.get("contact_person_id")) for one in moved}
    assert len(world.remotes.customer(customer)["persons"]) == 2
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"] == []
