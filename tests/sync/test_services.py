"""What the screens ask of the sync: starting, Sync Now, preview, undo, pairs by hand and by file, the badge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import actions, engine, hands, pairs_lines, preview, schedule, services, tasks
from sync.configure import ConfigureInput
from sync.mapping import Kind, Row, defaults
from sync.models import Link, ModuleSetting, Proposal, Record, Run, Write
from tests.factories import make_installation
from tests.sync.test_first_sync import IDLE, calls_of, ordered
from tests.sync.world import World


def fill(world: World) -> tuple[str, str]:
    company = world.remotes.company("Alpine Huts", Website="https://alpine.example")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.company("Harbour Lights", Website="https://bigin.example")
    customer = world.remotes.new_customer("HARBOUR LIGHTS", website="https://books.example")
    world.remotes.new_customer(
        "Old Town Walks", [{"first_name": "Leo", "last_name": "Marsh", "email": "leo@oldtown.example"}]
    )
    world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    return company, customer


# Preview


def test_a_preview_proposes_what_the_run_then_does_and_writes_nothing(world: World) -> None:
    fill(world)
    stood = ordered(world.remotes.snapshot())
    world.forget_calls()
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert ended.run.state == Run.State.DONE
    assert world.calls("books", "POST") == world.calls("bigin", "POST") == world.calls("books", "PUT") == 0
    assert ordered(world.remotes.snapshot()) == stood
    assert not Link.objects.exists()
    assert not Write.objects.exists()
    found = sorted(Proposal.objects.values_list("kind", "side", "outcome", "label"))
    assert found == [
        ("company-customer", "", "link", "Harbour Lights"),
        ("company-customer", "bigin", "create", "Old Town Walks"),
        ("company-customer", "books", "create", "Alpine Huts"),
        ("company-customer", "books", "update", "HARBOUR LIGHTS"),
        ("contact-person", "bigin", "create", "Leo Marsh"),
        ("contact-person", "books", "create", "Nils Berg"),
        ("product-item", "books", "create", "Glacier walk"),
    ]
    update = Proposal.objects.get(outcome="update")
    assert update.changes == {
        "contact_name": ["HARBOUR LIGHTS", "Harbour Lights"],
        "website": ["https://books.example", "https://bigin.example"],
    }
    run = world.sync()
    assert run.counts["customers"]["both"]["linked"] == 1
    assert run.counts["customers"]["books"]["created"] == 2
    assert run.counts["customers"]["bigin"]["created"] == 2


def test_a_preview_of_a_quiet_pair_of_sides_proposes_nothing(world: World) -> None:
    fill(world)
    world.settle()
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    assert not Proposal.objects.exclude(outcome="skip").exists()


def test_read_only_runs_are_previews(world: World) -> None:
    fill(world)
    services.set_read_only(world.customers, True, "Ada")
    services.set_read_only(world.products, True, "Ada")
    assert tasks.run_sync(str(world.installation.pk), ["customers", "products"], "schedule") == "nothing started"
    ModuleSetting.objects.update(next_run_at=timezone.now(), queued_at=None)
    assert tasks.run_preview(str(world.installation.pk), ["customers", "products"], "schedule") == "done"
    assert world.customer_names() == ["HARBOUR LIGHTS", "Old Town Walks"]
    assert Proposal.objects.count() == 7


# Starting and asking


def test_rule_1_1_nothing_runs_before_start_was_pressed_once(db: None) -> None:
    installation = make_installation()
    setting = services.settings_of(installation)["customers"]
    assert services.request_sync(installation, ["customers"], "person", "Ada") == "not_started"
    assert schedule.due(timezone.now()) == []
    services.start_sync(setting, "Ada")
    started = setting.started_at
    services.start_sync(setting, "Eva")
    setting.refresh_from_db()
    assert (setting.started_at, setting.started_by) == (started, "Ada")


def test_sync_now_during_a_run_is_remembered(db: None) -> None:
    installation = make_installation()
    for setting in services.settings_of(installation).values():
        services.start_sync(setting, "Ada")
    ModuleSetting.objects.update(next_run_at=timezone.now() + timedelta(hours=6), queued_at=None, requested_at=None)
    run = Run.objects.create(installation=installation, trigger="schedule")
    assert services.request_sync(installation, [], "person", "Ada") == "running"
    assert ModuleSetting.objects.filter(requested_at__isnull=False).count() == 2
    assert schedule.due(timezone.now()) == []
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)
    assert len(schedule.due(timezone.now())) == 2


def test_pause_and_resume(db: None) -> None:
    installation = make_installation()
    setting = services.settings_of(installation)["products"]
    services.start_sync(setting, "Ada")
    ModuleSetting.objects.update(queued_at=None)
    services.pause(setting, "Ada")
    assert schedule.due(timezone.now() + timedelta(days=1)) == []
    assert services.request_sync(installation, ["products"], "person", "Ada") == "paused"
    services.resume(setting, "Ada")
    assert [row.module for row in schedule.due(timezone.now() + timedelta(seconds=1))] == ["products"]


def test_two_beats_queue_one_run(db: None) -> None:
    installation = make_installation()
    services.start_sync(services.settings_of(installation)["products"], "Ada")
    now = timezone.now() + timedelta(seconds=1)
    ModuleSetting.objects.update(queued_at=None)
    assert len(schedule.due(now)) == 1
    assert schedule.due(now) == []
    assert len(schedule.due(now + timedelta(minutes=6))) == 1


def test_a_second_run_beside_the_first_is_none(world: World) -> None:
    Run.objects.create(installation=world.installation, trigger="command")
    assert engine.run(world.installation) is None
    assert tasks.run_sync(str(world.installation.pk), ["customers"], "schedule") == "busy"
    assert ModuleSetting.objects.get(module="customers").requested_at is not None


def test_a_slice_that_is_over_goes_on_where_it_stopped(world: World) -> None:
    fill(world)
    ended = engine.run(world.installation, slice_seconds=0.0)
    assert ended is not None
    assert ended.run.state == Run.State.PARTIAL
    assert ended.again_in == 1.0
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Harbour Lights", "Old Town Walks"]


# Settings


def test_an_older_form_does_not_overwrite_a_newer_one(db: None) -> None:
    setting = services.settings_of(make_installation())["customers"]
    services.save_settings(setting, ConfigureInput(interval_minutes=30), "Ada", 1)
    with pytest.raises(services.VersionConflict):
        services.save_settings(setting, ConfigureInput(interval_minutes=60), "Eva", 1)
    setting.refresh_from_db()
    assert (setting.interval_minutes, setting.version) == (30, 2)


def test_rule_4_3_one_target_per_field_is_enforced_at_save(db: None) -> None:
    setting = services.settings_of(make_installation())["customers"]
    twice = Row(Kind.COMPANY_CUSTOMER, "Billing_City", "website")
    with pytest.raises(services.MappingErrors) as caught:
        services.save_settings(setting, ConfigureInput(mapping=[*defaults("customers"), twice]), "Ada", 1)
    index = len(defaults("customers"))
    assert {(error.index, error.field) for error in caught.value.errors} == {(index, "bigin"), (index, "books")}


@pytest.mark.parametrize(
    "chosen",
    [
        {"interval_minutes": 4},
        {"interval_minutes": 1441},
        {"mode": "everything"},
        {"delete_policy": "burn"},
        {"mapping": [Row(Kind.COMPANY_CUSTOMER, "Billing_City", "billing_address.city")]},
        {"mapping": [Row(Kind.PRODUCT_ITEM, "Product_Name", "name")]},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(db: None, chosen: dict[str, object]) -> None:
    setting = services.settings_of(make_installation())["customers"]
    with pytest.raises(services.MappingErrors):
        services.save_settings(setting, ConfigureInput(**chosen), "Ada", 1)  # type: ignore[arg-type]
    setting.refresh_from_db()
    assert setting.version == 1


# Undo


def test_undo_of_an_update_restores_what_it_replaced_and_does_not_bounce(world: World) -> None:
    _, customer = fill(world)
    world.settle()
    write = Write.objects.get(op="update", side="books")
    result = services.undo_write(write, "Ada")
    assert (result.undone, result.reasons) == (1, [])
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["contact_name"], row["website"]) == ("HARBOUR LIGHTS", "https://books.example")
    names = {row["Account_Name"]: row["Website"] for row in world.remotes.companies().values()}
    assert names["Harbour Lights"] == "https://bigin.example"
    assert services.undo_write(write, "Ada").undone == 0


def test_undo_of_a_whole_run_takes_its_creates_back_on_both_sides(world: World) -> None:
    fill(world)
    run = world.sync()
    result = services.undo_run(run, "Ada")
    assert result.reasons == []
    world.settle()
    assert world.customer_names() == ["HARBOUR LIGHTS", "Old Town Walks"]
    assert world.company_names() == ["Alpine Huts", "Harbour Lights"]
    assert world.remotes.items() == {}
    assert [row["Last_Name"] for row in world.remotes.contacts().values()] == ["Berg"]


def test_undo_leaves_alone_what_was_changed_since(world: World) -> None:
    _, customer = fill(world)
    world.settle()
    world.later()
    world.remotes.edit_customer(customer, website="https://newest.example")
    world.settle()
    write = Write.objects.filter(op="update", side="books").order_by("pk")[0]
    result = services.undo_write(write, "Ada")
    assert result.undone == 0
    assert "changed since" in result.reasons[0]


# Pairs


def test_unlinked_by_hand_both_are_left_alone_until_they_are_linked_again(world: World) -> None:
    company, _ = fill(world)
    world.settle()
    link = world.link(company)
    services.unlink(link, "Ada")
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.settle()
    customer = world.remotes.customer(world.remotes.customer_named("Alpine Huts"))
    assert customer["website"] == "https://alpine.example"
    assert world.company_names().count("Alpine Huts") == 1
    assert link.bigin is not None
    assert link.books is not None
    services.link(world.installation, link.bigin, link.books, "Ada")
    world.settle()
    assert world.remotes.customer(world.remotes.customer_named("Alpine Huts"))["website"] == "https://new.example"


def test_records_of_other_kinds_or_organisations_cannot_be_linked(world: World) -> None:
    fill(world)
    world.settle()
    company, item = Record.objects.filter(kind="company")[0], Record.objects.get(kind="item")
    with pytest.raises(hands.CannotLink):
        services.link(world.installation, company, item, "Ada")
    other = make_installation()
    stranger = Record.objects.create(installation=other, side="books", kind="customer", remote_id="1")
    with pytest.raises(hands.CannotLink):
        services.link(world.installation, company, stranger, "Ada")


def test_rule_5_8_pairs_survive_a_delete_and_a_new_setup_of_the_same_organisations(world: World) -> None:
    company, _ = fill(world)
    world.settle()
    world.later()
    world.remotes.update("Accounts", company, Account_Name="=Renamed & unrecognisable")
    world.settle()
    lines = list(services.pairs_csv(world.installation))
    stood = ordered(world.remotes.snapshot())
    world.installation.delete()
    world.remotes.close()
    again = World(world.sandbox)
    result = services.import_pairs(again.installation, lines, "Ada")
    assert (result.linked, result.errors) == (len(lines) - 1, [])
    again.settle()
    assert ordered(again.remotes.snapshot()) == stood
    assert services.import_pairs(again.installation, lines, "Ada").present == len(lines) - 1
    again.remotes.close()


def test_rule_5_8_a_file_of_other_organisations_or_nonsense_is_refused_line_by_line(db: None) -> None:
    installation = make_installation()
    head = ",".join(pairs_lines.HEAD)
    orgs = f"{installation.bigin_org_id},{installation.books_org_id}"
    lines = [
        "\ufeff" + head,
        "pair,1,2,company-customer,11,22,A,B",
        f"pair,{orgs},company-customer,x,22,A,B",
        f"nonsense,{orgs},company-customer,11,22,A,B",
        f"pair,{orgs},company-customer,11,22,A,B",
        f"pair,{orgs},company-customer,11,33,A,C",
        f"different,{orgs},,11,44,,",
    ]
    result = services.import_pairs(installation, lines, "Ada")
    assert (result.linked, result.decisions, len(result.errors)) == (1, 1, 4)
    assert Link.objects.count() == 1


# One record


def test_a_badge_tells_in_step_pending_problem_and_not_synced(world: World) -> None:
    company, _ = fill(world)
    assert services.record_state(world.installation, "Accounts", company).state == "not_synced"
    world.settle()
    assert services.record_state(world.installation, "Accounts", company).state == "in_step"
    world.later()
    world.remotes.update("Accounts", company, Account_Name="A")
    world.remotes.edit_customer(world.remotes.customer_named("Alpine Huts"), contact_name="B")
    world.settle()
    state = services.record_state(world.installation, "Accounts", company)
    assert state.state == "problem"
    assert "different values" in state.reason


def test_sync_this_record_now_takes_a_handful_of_calls_and_leaves_the_rest(world: World) -> None:
    company, _ = fill(world)
    world.settle()
    other = next(
        record_id for record_id, row in world.remotes.companies().items() if row["Account_Name"] == "Harbour Lights"
    )
    world.later()
    world.remotes.update("Accounts", company, Website="https://new.example")
    world.remotes.update("Accounts", other, Website="https://other.example")
    world.forget_calls()
    assert tasks.run_record(str(world.installation.pk), "Accounts", company) == "in_step"
    assert world.calls("bigin") + world.calls("books") == 3
    sites = {row["contact_name"]: row["website"] for row in world.remotes.customers().values()}
    assert (sites["Alpine Huts"], sites["Harbour Lights"]) == ("https://new.example", "https://bigin.example")
    world.settle()
    assert world.remotes.customer(world.remotes.customer_named("Harbour Lights"))["website"] == "https://other.example"


def test_a_new_record_is_paired_by_its_own_action_beside_a_run(world: World) -> None:
    fill(world)
    world.settle()
    fresh = world.remotes.company("Kestrel Tours")
    Run.objects.create(installation=world.installation, trigger="schedule")
    assert actions.sync_record(world.installation, "Accounts", fresh) == "in_step"
    assert "Kestrel Tours" in world.customer_names()
    Run.objects.all().delete()
    world.settle()
    assert world.customer_names().count("Kestrel Tours") == 1


def test_an_action_before_both_sides_were_once_read_to_the_end_creates_nothing(world: World) -> None:
    company, _ = fill(world)
    stood = ordered(world.remotes.snapshot())
    assert tasks.run_record(str(world.installation.pk), "Accounts", company) == "pending"
    assert ordered(world.remotes.snapshot()) == stood
    assert not Write.objects.exists()
    world.settle()
    assert services.record_state(world.installation, "Accounts", company).state == "in_step"


def test_an_action_on_a_record_that_is_gone_says_so(world: World) -> None:
    company, _ = fill(world)
    world.settle()
    world.remotes.delete("Accounts", company)
    assert actions.sync_record(world.installation, "Accounts", company) == "gone"


def test_the_idle_calls_are_the_same_after_all_that(world: World) -> None:
    company, _ = fill(world)
    world.settle()
    actions.sync_record(world.installation, "Accounts", company)
    world.settle()
    world.later(300)
    world.settle()
    world.forget_calls()
    world.sync()
    assert calls_of(world.sandbox) == IDLE


def test_an_action_asks_books_live_so_that_a_customer_of_a_minute_ago_is_not_doubled(world: World) -> None:
    world.settle()
    company = world.remotes.company("Kestrel Tours")
    customer = world.remotes.new_customer("KESTREL TOURS")
    assert actions.sync_record(world.installation, "Accounts", company) == "in_step"
    assert world.link(company).books.remote_id == customer  # type: ignore[union-attr]
    assert world.customer_names() == ["Kestrel Tours"]
