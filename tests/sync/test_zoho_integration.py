"""Rules 1.4: what Zoho's own integration of its CRM with Books has linked is offered as pairs, and no more."""

from __future__ import annotations

from sync import preview, services
from sync.models import Issue, Proposal, Record
from tests.sync.world import World


def held(world: World, side: str) -> Issue:
    found = [issue for issue in world.issues("possible_duplicate") if issue.record and issue.record.side == side]
    assert len(found) == 1, [(issue.code, issue.reason) for issue in world.issues()]
    return found[0]


def labels(issue: Issue) -> list[tuple[str, str, int]]:
    return [(one["label"], one["why"], one["score"]) for one in issue.detail["candidates"]]


def test_rule_1_4_a_customer_that_names_a_company_is_offered_as_its_pair_and_linked_by_a_person(world: World) -> None:
    company = world.remotes.company("Alpine Huts", Website="https://alpine.example")
    customer = world.remotes.new_customer("AH Reisen", zcrm_account_id=company)
    world.settle()
    assert world.customer_names() == ["AH Reisen"]
    assert world.company_names() == ["Alpine Huts"]
    why = "Zoho's own integration links them"
    assert labels(held(world, "bigin")) == [("AH Reisen", why, 80)]
    assert labels(held(world, "books")) == [("Alpine Huts", why, 80)]
    services.link_candidate(held(world, "bigin"), Record.objects.get(remote_id=customer), "Ada")
    world.settle()
    assert not world.issues()
    assert world.link(company).books == Record.objects.get(remote_id=customer)
    assert world.remotes.customer(customer)["website"] == "https://alpine.example"


def test_rule_1_4_the_preview_counts_what_zohos_integration_links_as_possible_duplicates(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.new_customer("AH Reisen", zcrm_account_id=company)
    assert preview.run(world.installation, None, "person") is not None
    rows = sorted(Proposal.objects.values_list("outcome", "label"))
    assert rows == [("duplicate", "AH Reisen"), ("duplicate", "Alpine Huts")]


def test_rule_1_4_a_contact_is_offered_the_individual_customer_that_names_it(world: World) -> None:
    world.configure(include_unattached=True)
    contact = world.remotes.contact("Okafor", First_Name="Ada", Email="ada@example.com")
    person = [{"first_name": "A.", "last_name": "O.", "email": "ao@example.com"}]
    world.remotes.new_customer("A. O.", person, customer_sub_type="individual", zcrm_contact_id=contact)
    world.settle()
    assert [label for label, _, _ in labels(held(world, "bigin"))] == ["A. O."]
    assert len(world.remotes.contacts()) == len(world.customer_names()) == 1


def test_rule_1_4_when_the_name_says_another_one_a_person_decides(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.new_customer("AH Reisen", zcrm_account_id=company)
    world.remotes.new_customer("Alpine Huts")
    world.settle()
    issue = next(one for one in world.issues("candidates") if one.record and one.record.remote_id == company)
    assert [label for label, _, _ in labels(issue)] == ["Alpine Huts", "AH Reisen"]
    assert world.company_names() == ["Alpine Huts"]
    assert world.customer_names() == ["AH Reisen", "Alpine Huts"]


def test_rule_1_4_ids_of_another_crm_mean_nothing_here(world: World) -> None:
    world.remotes.company("Alpine Huts")
    world.remotes.new_customer("Old Town Walks", zcrm_account_id="7700000000000000001")
    world.settle()
    assert world.customer_names() == world.company_names() == ["Alpine Huts", "Old Town Walks"]
    assert not world.issues()
