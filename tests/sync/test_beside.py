"""Rule 5.6: a contact that has a company and stays a customer of its own may be added there as a person too, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from sync import billing, merging, send, services
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, Record, Run, Write
from sync.work import Work
from tests.sync.test_modes import save
from tests.sync.test_person_beside_run import Person, outcome
from tests.sync.world import World


@dataclass
class Ada:
    """Her contact has gained the company; her own customer has an invoice."""

    world: World
    contact: str
    company: str
    customer: str
    there: str  # the company's customer
    invoice: str

    @property
    def persons(self) -> list[dict[str, Any]]:
        persons: list[dict[str, Any]] = self.world.remotes.customer(self.there)["persons"]
        return persons

    def links(self) -> dict[str, str]:
        rows = Link.objects.filter(bigin__remote_id=self.contact).exclude(state__in=Link.DEAD)
        return dict(rows.values_list("kind", "state"))

    def add(self) -> bool:
        return services.add_beside(self.world.issue("own_customer"), "Grace")


@pytest.fixture
def ada(world: World) -> Ada:
    world.configure(include_unattached=True)
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    world.settle()
    customer = world.remotes.customer_named("Ada Okafor")
    line = {"name": "Tour", "rate": "10", "quantity": "1"}
    invoice = world.remotes.books.create_document("invoices", {"customer_id": customer, "line_items": [line]})
    world.later()
    world.remotes.update("Contacts", contact, Account_Name={"id": company})
    world.settle()
    there = world.remotes.customer_named("Alpine Huts")
    return Ada(world, contact, company, customer, there, str(invoice["invoice_id"]))


BOTH = {"contact-customer": "linked", "contact-person": "beside"}


def stands_once(ada: Ada) -> None:
    """One person, one customer of her own, one contact; nothing more is written and nothing asked."""
    ada.world.settle()
    assert [person["email"] for person in ada.persons] == ["ada@example.com"]
    assert ada.world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    assert ada.world.remotes.customer(ada.customer)["status"] == "active"
    assert list(ada.world.remotes.contacts()) == [ada.contact]
    assert not ada.world.issues()
    assert not ada.world.writes(state__in=Write.OPEN)


def test_asked_for_while_a_run_plans_that_it_has_no_company_any_more(ada: Ada, monkeypatch: pytest.MonkeyPatch) -> None:
    issue = ada.world.issue("own_customer")
    ada.world.later()
    ada.world.remotes.update("Contacts", ada.contact, Account_Name=None)
    answers: list[bool] = []
    person = Person(monkeypatch, merging, "plan_links", lambda: answers.append(services.add_beside(issue, "Grace")))
    assert outcome(ada.world, person) == (Run.State.DONE, "")
    assert (answers, ada.persons) == ([False], [])


def test_rule_5_6_it_is_added_once_and_left_alone_from_then_on(ada: Ada) -> None:
    issue = ada.world.issue("own_customer")
    assert ada.add()
    issue.refresh_from_db()
    assert (issue.state, issue.closed_by) == (Issue.State.RESOLVED, "Grace")
    stands_once(ada)
    assert ada.links() == BOTH
    made = ada.world.writes(link__kind="contact-person")
    assert [(write.op, write.state) for write in made] == [("create", "done")]
    ada.world.forget_calls()
    ada.world.later()
    ada.world.sync()
    assert [ada.world.calls("books", method) for method in ("POST", "PUT", "DELETE")] == [0, 0, 0]


def test_rule_5_6_a_second_click_adds_no_second_person(ada: Ada) -> None:
    issue = ada.world.issue("own_customer")
    assert services.add_beside(issue, "Grace")
    assert not services.add_beside(issue, "Grace")
    assert not services.add_beside(Issue.objects.get(pk=issue.pk), "Linus")
    stands_once(ada)


@pytest.mark.parametrize("how", ["drop_after", "drop_before"])
def test_rule_5_6_a_lost_answer_to_that_is_looked_up(ada: Ada, how: str) -> None:
    ada.add()
    ada.world.sandbox.fault(how, product="books", method="POST", path="/contactpersons$")
    stands_once(ada)
    assert ada.links() == BOTH


@pytest.mark.parametrize("when", ["before the run", "during the run"])
def test_rule_5_6_a_person_that_somebody_added_there_meanwhile_is_taken(
    ada: Ada, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.add()
    person = {"first_name": "Ada", "last_name": "Okafor", "email": "ADA@example.com"}
    if when == "before the run":
        ada.world.remotes.books.create_person(ada.there, person)
    else:
        apply = send.apply

        def and_meanwhile(work: Work, kind: Kind) -> None:
            if kind is Kind.CONTACT_PERSON and not ada.persons:
                ada.world.remotes.books.create_person(ada.there, person)
            apply(work, kind)

        monkeypatch.setattr(send, "apply", and_meanwhile)
    ada.world.settle()
    assert len(ada.persons) == 1
    assert not ada.world.issues()
    assert ada.links() == BOTH
    assert list(ada.world.remotes.contacts()) == [ada.contact]


def test_rule_5_6_nothing_is_added_where_the_company_is_in_step_no_more(ada: Ada) -> None:
    services.unlink(ada.world.link(ada.company), "Grace")
    with pytest.raises(services.CannotAdd, match="not in step any more"):
        ada.add()
    assert ada.world.issue("own_customer").state == Issue.State.OPEN
    assert ada.links() == {"contact-customer": "linked"}


def test_rule_5_6_an_edit_of_the_contact_reaches_its_customer_and_not_that_person(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    ada.world.later()
    ada.world.remotes.update("Contacts", ada.contact, Phone="0207 946 0018")
    ada.world.settle()
    assert [one["phone"] for one in ada.world.remotes.customer(ada.customer)["persons"]] == ["0207 946 0018"]
    assert [one["phone"] for one in ada.persons] == [""]
    assert not ada.world.issues()


def test_rule_5_6_a_contact_that_leaves_the_company_leaves_that_person_there(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    ada.world.later()
    ada.world.remotes.update("Contacts", ada.contact, Account_Name=None)
    stands_once(ada)
    assert ada.links() == BOTH


def test_rule_5_6_a_deleted_contact_leaves_that_person_and_comes_back_for_neither(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    ada.world.later()
    ada.world.remotes.delete("Contacts", ada.contact)
    ada.world.settle()
    assert [person["email"] for person in ada.persons] == ["ada@example.com"]
    assert ada.world.remotes.contacts() == {}
    assert ada.links() == {"contact-customer": "closed", "contact-person": "beside"}


@pytest.mark.parametrize("away", [{"mode": "companies"}, {"mode": "contacts"}, {"include_unattached": False}])
def test_rule_5_6_that_person_survives_a_change_of_mode_and_back(ada: Ada, away: dict[str, Any]) -> None:
    ada.add()
    ada.world.settle()
    save(ada.world, **away)
    ada.world.settle()
    save(ada.world, mode="both", include_unattached=True)
    ada.world.settle()
    assert ada.links() == BOTH
    assert [person["email"] for person in ada.persons] == ["ada@example.com"]
    assert [row["Email"] for row in ada.world.remotes.contacts().values()].count("ada@example.com") == 1
    assert ada.world.customer_names() == ["Ada Okafor", "Alpine Huts"]


def test_rule_5_6_once_its_own_customer_is_let_go_the_contact_is_kept_in_step_with_that_person(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    ada.world.remotes.books.delete_document("invoices", ada.invoice)
    ada.world.later()
    ada.world.remotes.update("Contacts", ada.contact, Phone="0207 946 0018")
    ada.world.settle()
    assert ada.links() == {"contact-person": "linked"}
    assert ada.world.customer_names() == ["Alpine Huts"]
    assert [(one["email"], one["phone"]) for one in ada.persons] == [("ada@example.com", "0207 946 0018")]
    assert list(ada.world.remotes.contacts()) == [ada.contact]


def test_rule_5_6_a_person_deleted_in_books_is_offered_again_and_not_made_unasked(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    person = Record.objects.get(books_links__state="beside")
    ada.world.later()
    ada.world.remotes.books.delete_person(person.remote_id)
    ada.world.remotes.update("Contacts", ada.contact, Phone="0207 946 0018")
    ada.world.settle()
    assert ada.persons == []
    assert ada.add()
    stands_once(ada)
    assert ada.links() == BOTH


def test_rule_5_6_the_pairs_file_brings_both_back(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    lines = list(services.pairs_csv(ada.world.installation))
    Link.objects.all().delete()
    Decision.objects.all().delete()
    result = services.import_pairs(ada.world.installation, lines, "Grace")
    assert (result.linked, result.errors) == (3, [])
    assert ada.links() == BOTH
    assert services.import_pairs(ada.world.installation, lines, "Grace").present == 3
    odd = [line.replace("beside", "pair").replace("pair,", "beside,") for line in lines]
    assert [error.reason for error in services.import_pairs(ada.world.installation, odd, "Grace").errors] == [
        "only a contact person stands beside another pair."
    ] * 2


def test_rule_5_6_linking_the_contact_by_hand_leaves_that_person_alone(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    other = ada.world.remotes.new_customer("Ada O.", customer_sub_type="individual")
    ada.world.configure(create_in_bigin="none")
    ada.world.settle()
    mine, its = Record.objects.get(remote_id=ada.contact), Record.objects.get(remote_id=other)
    services.link(ada.world.installation, mine, its, "Grace")
    assert ada.links() == BOTH
    assert Link.objects.get(books=its).state == Link.State.LINKED


def test_rule_5_6_a_document_of_the_company_is_addressed_to_that_person(ada: Ada) -> None:
    assert billing.person_of(ada.world.installation, ada.contact, ada.there) == ""
    ada.add()
    ada.world.settle()
    person = Record.objects.get(books_links__state="beside").remote_id
    assert billing.person_of(ada.world.installation, ada.contact, ada.there) == person
    assert billing.person_of(ada.world.installation, ada.contact, ada.customer) == ""
    match = billing.customer_of(ada.world.installation, "Contacts", ada.contact)
    assert match is not None
    assert match.customer_id == ada.customer


def test_rule_5_6_its_undo_takes_that_person_away_and_touches_nothing_else(ada: Ada) -> None:
    ada.add()
    ada.world.settle()
    write = ada.world.writes(link__kind="contact-person", op="create")[0]
    assert services.undo_write(write, "Grace").undone == 1
    ada.world.settle()
    assert ada.persons == []
    assert ada.world.customer_names() == ["Ada Okafor", "Alpine Huts"]
    assert list(ada.world.remotes.contacts()) == [ada.contact]
