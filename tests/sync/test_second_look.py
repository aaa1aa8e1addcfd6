"""A first run that would do something else than the preview on the screen waits for a second look."""

from __future__ import annotations

from django.utils import timezone

from sync import engine, preview, second_look, services, tasks
from sync.models import ModuleSetting, Run, Write
from tests.sync.world import World


def previewed(world: World, companies: int) -> None:
    """So many companies stood in Bigin when the administrator looked and pressed Start."""
    for number in range(companies):
        world.remotes.company(f"Alpine Huts {number}")
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    ModuleSetting.objects.update(started_at=timezone.now())


def test_what_the_preview_showed_is_done_at_once(world: World) -> None:
    previewed(world, 4)
    assert world.sync().state == Run.State.DONE
    assert len(world.customer_names()) == 4


def test_a_tenth_more_than_shown_is_no_reason_to_wait_and_one_more_is(world: World) -> None:
    previewed(world, 10)
    world.remotes.company("Kestrel Tours")
    assert not second_look._differs(11, 10)
    assert second_look._differs(12, 10)
    assert second_look._differs(1, 0)
    assert world.sync().state == Run.State.DONE
    assert len(world.customer_names()) == 11


def test_many_more_than_shown_are_held_until_a_person_approves(world: World) -> None:
    previewed(world, 2)
    for number in range(6):
        world.remotes.company(f"Kestrel Tours {number}")
    run = world.sync()
    assert run.state == Run.State.HELD
    assert world.customer_names() == []
    issue = world.issue("differs_from_preview_company-customer")
    assert "creates in Books: 2 shown, 8 now" in issue.reason
    assert issue.detail["count"] == Write.objects.filter(state=Write.State.HELD).count() == 8
    assert services.approve_held(run, "Ada") == 8
    world.settle()
    assert len(world.customer_names()) == 8


def test_the_preview_shows_that_a_new_item_becomes_inactive_and_the_run_makes_no_more_of_it(world: World) -> None:
    world.remotes.product("Glacier walk", Product_Active=False)
    world.remotes.product("Night walk")
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    rows = ended.run.proposals.order_by("pk").values_list("outcome", "side", "label", "changes__active")
    assert list(rows) == [
        ("create", "books", "Glacier walk", None),
        ("update", "books", "Glacier walk", [True, False]),
        ("create", "books", "Night walk", [None, True]),
    ]
    ModuleSetting.objects.update(started_at=timezone.now())
    assert world.sync().state == Run.State.DONE
    made = Write.objects.order_by("pk").values_list("op", "side", "state")
    assert sorted(made) == [("create", "books", "done"), ("create", "books", "done"), ("update", "books", "done")]
    assert sorted(row["status"] for row in world.remotes.items().values()) == ["active", "inactive"]


def test_what_a_person_refused_to_create_is_shown_as_such_until_retried(world: World) -> None:
    previewed(world, 0)
    for number in range(3):
        world.remotes.company(f"Kestrel Tours {number}")
    assert services.refuse_held(world.sync(), "Ada") == 3
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    rows = set(ended.run.proposals.values_list("outcome", "reason"))
    advice = "Press Retry to create it after all; else it waits until it changes."
    assert rows == {("skip", f"A person refused to create it on the other side. {advice}")}
    world.settle()
    assert world.customer_names() == []
    assert services.retry_all(world.installation, "refused_by_person", "Ada") == 3
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert set(ended.run.proposals.values_list("outcome", flat=True)) == {"create"}
    world.settle()
    assert len(world.customer_names()) == 3


def in_step_before_start(world: World, companies: list[str]) -> None:
    """As after a new Setup that brought the pairs back from a file: all linked, nothing started."""
    world.settle()
    assert len(world.customer_names()) == len(companies)
    ModuleSetting.objects.update(started_at=None, last_sync_at=None)
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert not ended.run.proposals.exists()
    ModuleSetting.objects.update(started_at=timezone.now())


def test_deletions_count_for_the_second_look(world: World) -> None:
    """Fewer than the brake would hold; the preview showed none."""
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(20)]
    in_step_before_start(world, companies)
    world.later()
    world.remotes.delete("Accounts", *companies[:4])
    run = world.sync()
    assert run.state == Run.State.HELD
    assert len(world.customer_names()) == 20
    issue = world.issue("differs_from_preview_company-customer")
    assert "deletions in Books: 0 shown, 4 now" in issue.reason


def test_moves_count_for_the_second_look(world: World) -> None:
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(2)]
    person = world.remotes.contact("Berg", companies[0], First_Name="Nils", Email="n@alpine.example")
    in_step_before_start(world, companies)
    world.later()
    world.remotes.update("Contacts", person, Account_Name={"id": companies[1]})
    assert world.sync().state == Run.State.HELD
    assert "moves in Books: 0 shown, 1 now" in world.issue("differs_from_preview_contact-person").reason
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts 0"))
    assert [one["email"] for one in customer["persons"]] == ["n@alpine.example"]


def test_rule_4_2_an_edit_made_while_a_move_waited_is_planned_when_the_move_is_refused(world: World) -> None:
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(2)]
    person = world.remotes.contact("Berg", companies[0], First_Name="Nils", Email="n@alpine.example")
    in_step_before_start(world, companies)
    world.later()
    world.remotes.update("Contacts", person, Account_Name={"id": companies[1]})
    first = world.sync()
    world.later()
    world.remotes.update("Contacts", person, Account_Name={"id": companies[0]}, Phone="+41 27 111")
    world.sync()
    assert services.refuse_held(first, "Ada") == 1
    world.settle()
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts 0"))
    assert [(one["email"], one["phone"]) for one in customer["persons"]] == [("n@alpine.example", "+41 27 111")]
    assert [write.state for write in world.writes(op="move")] == [Write.State.WITHDRAWN]


def test_rule_5_6_a_move_that_was_refused_stays_so_whatever_else_is_edited_until_it_is_retried(world: World) -> None:
    companies = [world.remotes.company(f"Alpine Huts {number}") for number in range(2)]
    person = world.remotes.contact("Berg", companies[0], First_Name="Nils", Email="n@alpine.example")
    in_step_before_start(world, companies)

    def persons() -> list[list[tuple[str, str]]]:
        ids = [world.remotes.customer_named(f"Alpine Huts {number}") for number in range(2)]
        return [[(one["email"], one["phone"]) for one in world.remotes.customer(pk)["persons"]] for pk in ids]

    world.later()
    world.remotes.update("Contacts", person, Account_Name={"id": companies[1]})
    first = world.sync()
    world.later()
    world.remotes.update("Contacts", person, Phone="+41 27 111")
    world.sync()
    assert services.refuse_held(first, "Ada") == 1
    world.settle()
    assert persons() == [[("n@alpine.example", "+41 27 111")], []]
    services.retry(world.issue("move_refused"), "Ada")
    world.settle()
    assert persons() == [[], [("n@alpine.example", "+41 27 111")]]
    assert not world.issues()


def test_deletions_that_the_preview_showed_are_made(world: World) -> None:
    """With its company go the persons of a customer: they are no deletions of their own."""
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="n@alpine.example")
    world.settle()
    ModuleSetting.objects.update(started_at=None, last_sync_at=None)
    world.later()
    world.remotes.delete("Accounts", company)
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert list(ended.run.proposals.values_list("kind", "outcome")) == [("company-customer", "delete")]
    ModuleSetting.objects.update(started_at=timezone.now())
    assert world.sync().state == Run.State.DONE
    world.settle()
    assert world.customer_names() == []


def test_a_run_is_of_the_person_who_asked_for_it_and_the_next_one_is_not(world: World) -> None:
    ModuleSetting.objects.update(requested_by="")
    assert services.request_sync(world.installation, ["customers"], "person", "Ada") == "queued"
    first = engine.run(world.installation, trigger="person")
    later = engine.run(world.installation, trigger="person")
    assert first is not None
    assert later is not None
    part = engine.run(world.installation, trigger="person", series=first.run.series)
    assert part is not None
    assert [one.run.started_by for one in (first, later, part)] == ["Ada", "", "Ada"]
    services.preview(world.installation, ["customers"], "Grace")
    assert world.sync().started_by == ""  # of nobody: it is the schedule's


def test_rule_1_1_a_module_started_read_only_writes_what_its_newest_preview_showed(world: World) -> None:
    """Previews from before Start say nothing of what came while it was read-only."""
    previewed(world, 2)
    services.set_read_only(world.customers, True, "Ada")
    for number in range(4):
        world.remotes.company(f"Kestrel Tours {number}")
    assert tasks.run_sync(str(world.installation.pk), ["customers"], "schedule") == "nothing started"
    assert tasks.run_preview(str(world.installation.pk), ["customers"], "schedule") == Run.State.DONE
    assert world.customer_names() == []
    services.set_read_only(world.customers, False, "Ada")
    assert world.sync().state == Run.State.DONE
    assert len(world.customer_names()) == 6


def test_rule_5_6_a_person_that_stands_twice_is_no_part_of_what_waits(world: World) -> None:
    old, new = (world.remotes.company(name) for name in ("Old Ltd", "New Ltd"))
    contact = world.remotes.contact("Berg", old, First_Name="Nils")
    world.settle()
    world.remotes.update("Contacts", contact, Account_Name={"id": new})
    world.sandbox.fault("drop_before", product="books", method="DELETE", path="^/contacts/contactpersons/", times=1)
    world.sync()
    assert [(write.step, write.state) for write in world.writes(op="move")] == [("delete", Write.State.PENDING)]
    previewed(world, 0)
    ModuleSetting.objects.update(last_sync_at=None)
    for number in range(3):
        world.remotes.contact(f"Guest {number}", new, First_Name="Nils")
    held = world.sync()
    assert world.issue("differs_from_preview_contact-person").detail["count"] == 3
    services.refuse_held(held, "Ada")
    world.settle()
    assert [write.state for write in world.writes(op="move")] == [Write.State.DONE]
    people = {name: world.remotes.books.persons(world.remotes.customer_named(name)) for name in ("Old Ltd", "New Ltd")}
    assert [(name, [one["last_name"] for one in found]) for name, found in people.items()] == [
        ("Old Ltd", []),
        ("New Ltd", ["Berg"]),
    ]
