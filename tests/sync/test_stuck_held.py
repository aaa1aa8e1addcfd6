"""What the brake holds is never lost: a longer list takes the place of a shorter one, and an answer frees all of it."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from sync import preview, services
from sync.models import Issue, Link, ModuleSetting, Run, Write
from tests.sync.world import World


def waves(world: World, *sizes: int) -> list[list[str]]:
    """So many companies each, all in step."""
    made = [[world.remotes.company(f"Tours {wave} {number}") for number in range(size)] for wave, size in
            enumerate(sizes)]  # fmt: skip
    world.settle()
    return made


def held(world: World) -> list[int]:
    return [write.pk for write in world.writes(state="held")]


def test_rule_5_4_a_second_wave_joins_the_list_that_waits(world: World) -> None:
    first, second = waves(world, 8, 8)
    world.remotes.delete("Accounts", *first)
    assert world.sync().state == Run.State.HELD
    world.remotes.delete("Accounts", *second)
    assert world.sync().state == Run.State.HELD
    issue = world.issue("too_many_deletions")
    assert (issue.detail["count"], issue.detail["writes"]) == (16, held(world))
    assert issue.reason.startswith("16 deletions ")
    services.approve_held(issue, "Ada")
    world.settle()
    assert world.customer_names() == []
    assert held(world) == []
    assert not world.issues()


def test_rule_5_4_an_approval_of_the_shorter_list_frees_nothing_that_was_not_shown(world: World) -> None:
    first, second = waves(world, 6, 6)
    world.remotes.delete("Accounts", *first)
    world.sync()
    shown = world.issue("too_many_deletions")
    world.remotes.delete("Accounts", *second)
    world.sync()
    assert services.approve_held(shown, "Ada") == 0
    assert len(held(world)) == 12
    assert world.issue("too_many_deletions").pk != shown.pk
    assert len(world.customer_names()) == 12


def test_rule_5_4_companies_and_contacts_of_one_run_are_in_one_list(world: World) -> None:
    company = world.remotes.company("Alpine Huts")
    [others] = waves(world, 8)
    people = [
        world.remotes.contact(f"Guest {n}", company, First_Name="Nils", Email=f"n{n}@x.example") for n in range(8)
    ]
    world.settle()
    world.remotes.delete("Accounts", *others)
    world.remotes.delete("Contacts", *people)
    run = world.sync()
    issue = world.issue("too_many_deletions")
    assert sorted(issue.detail["writes"]) == held(world)
    assert issue.detail["count"] == 16
    assert services.approve_held(run, "Ada") == 16
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["persons"] == []
    assert held(world) == []


def test_a_list_that_waits_for_a_second_look_grows_with_the_next_run(world: World) -> None:
    first_run(world, shown=2, more=6)
    assert world.sync().state == Run.State.HELD
    for number in range(5):
        world.remotes.company(f"Sherpa {number}")
    ModuleSetting.objects.update(last_sync_at=None)  # as after a slice that was cut
    world.sync()
    issue = world.issue("differs_from_preview_company-customer")
    assert (issue.detail["count"], sorted(issue.detail["writes"])) == (14, held(world))  # with the contact of one
    services.approve_held(issue, "Ada")
    world.settle()
    assert len(world.customer_names()) == 13


def test_rule_8_3_a_hold_after_an_answered_one_is_told_again(world: World) -> None:
    first, second = waves(world, 8, 8)
    for wave, answer in ((first, services.approve_held), (second, services.refuse_held)):
        mail.outbox.clear()
        world.remotes.delete("Accounts", *wave)
        run = world.sync()
        assert ["approval" in message.subject for message in mail.outbox] == [True]
        answer(run, "Ada")
        world.settle()


def first_run(world: World, *, shown: int, more: int) -> None:
    """The preview showed a few companies; meanwhile there are more, and one has a contact."""
    for number in range(shown):
        world.remotes.company(f"Alpine Huts {number}")
    assert preview.run(world.installation, None, "person") is not None
    ModuleSetting.objects.update(started_at=timezone.now())
    made = [world.remotes.company(f"Kestrel Tours {number}") for number in range(more)]
    world.remotes.contact("Berg", made[0], First_Name="Nils", Email="nils@kestrel.example")


def test_creates_that_were_refused_are_named_and_made_when_their_record_changes(world: World) -> None:
    first_run(world, shown=2, more=6)
    run = world.sync()
    assert run.state == Run.State.HELD
    assert services.refuse_held(run, "Ada") == len(world.writes(state="withdrawn"))
    world.settle()
    assert world.customer_names() == []
    assert not Link.objects.filter(state=Link.State.HALF).exists()
    refused = world.issues("refused_by_person")
    companies = [issue for issue in refused if issue.record is not None and issue.record.kind == "company"]
    assert len(companies) == 8
    assert {issue.kind for issue in refused} == {Issue.Kind.SKIPPED}
    world.later()
    for company in world.remotes.companies():
        world.remotes.update("Accounts", company, Phone="0207 946 0018")
    world.settle()
    assert len(world.customer_names()) == 8
    assert not world.issues("refused_by_person")
    persons = [person["email"] for row in world.remotes.customers().values() for person in row["persons"]]
    assert persons == ["nils@kestrel.example"]


def test_a_refused_create_is_made_after_all_when_a_person_retries_it(world: World) -> None:
    first_run(world, shown=2, more=6)
    services.refuse_held(world.sync(), "Ada")
    world.settle()
    issue = next(one for one in world.issues("refused_by_person") if one.record and one.record.label == "Alpine Huts 1")
    services.retry(issue, "Ada")
    world.settle()
    assert world.customer_names() == ["Alpine Huts 1"]
    assert [write.state for write in world.writes(state="held")] == []
    assert Write.objects.filter(state=Write.State.DONE, op="create").count() == 1


def test_rule_5_4_equal_changes_are_counted_over_a_day_and_not_for_each_run(world: World) -> None:
    companies = [world.remotes.company(f"Tours {number}", Billing_City=f"City {number}") for number in range(18)]
    world.settle()
    states = []
    for part in (companies[:9], companies[9:]):
        world.later()
        for company in part:
            world.remotes.update("Accounts", company, Billing_City=None)
        states.append(world.sync().state)
    assert states == [Run.State.DONE, Run.State.HELD]
    assert sorted(row["city"] != "" for row in world.remotes.customers().values()) == [False] * 9 + [True] * 9
    issue = world.issue("too_many_alike")
    assert issue.detail["count"] == 9
    services.approve_held(issue, "Ada")
    world.settle()
    assert {row["city"] for row in world.remotes.customers().values()} == {""}


def test_rule_5_4_first_meetings_and_changes_of_yesterday_are_no_equal_changes(world: World) -> None:
    for number in range(12):
        world.remotes.new_customer(f"Tours {number}", billing_address={"city": f"City {number}"})
        world.remotes.company(f"Tours {number}", Billing_City="York")
    assert {run.state for run in world.settle()} == {Run.State.DONE}
    assert {row["city"] for row in world.remotes.customers().values()} == {"York"}
    assert not any(write.replaces for write in world.writes())
    companies = list(world.remotes.companies())
    for part, hours in ((companies[:6], 25), (companies[6:], 0)):
        world.later()
        for company in part:
            world.remotes.update("Accounts", company, Billing_City="Leeds")
        world.settle()
        assert len(world.writes(replaces=["billing_address.city"], state="done")) in (6, 12)
        for write in world.writes(state="done"):
            Write.objects.filter(pk=write.pk).update(settled_at=timezone.now() - timedelta(hours=hours))
    assert {row["city"] for row in world.remotes.customers().values()} == {"Leeds"}


def test_rule_5_4_a_company_deleted_today_counts_with_the_contacts_that_went_with_it(world: World) -> None:
    big, small = world.remotes.company("Alpine Huts"), world.remotes.company("Kestrel Tours")
    for number in range(4):
        world.remotes.contact(f"Guest {number}", big, First_Name="Nils", Email=f"n{number}@x.example")
    world.settle()
    world.remotes.delete("Accounts", big)
    world.settle()
    assert world.customer_names() == ["Kestrel Tours"]
    world.remotes.delete("Accounts", small)
    assert world.sync().state == Run.State.HELD  # one company, four contacts and this one: six within a day
    assert world.customer_names() == ["Kestrel Tours"]
    assert world.issue("too_many_deletions").detail["count"] == 1
