"""Runs that go on, stop and are told: previews in slices, read-only schedules, pauses, last pushes, mails, quotas."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Quota
from sync import alerts, brake, engine, schedule, send, send_books, services, tasks
from sync.mapping import Kind
from sync.models import ModuleSetting, Proposal, Run, Write
from sync.queries import preview as shown
from sync.work import OutOfTime, Work
from tests.factories import make_installation
from tests.sync.world import World
from zoho.books import Books


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What a preview queues for its next slice."""
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.run_preview, "apply_async", lambda args, countdown: queued.append((*args, countdown)))
    return queued


def test_a_preview_longer_than_one_slice_goes_on_and_reads_no_detail_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, sent: list[tuple[Any, ...]]
) -> None:
    ModuleSetting.objects.update(started_at=None)
    for number in range(9):
        world.remotes.new_customer(f"Harbour {number}", [{"first_name": "Eva", "email": f"e{number}@x.example"}])
    read = Books.contact
    asked: list[str] = []

    def four_a_slice(books: Books, contact_id: str) -> Any:
        if len(asked) % 5 == 4:
            asked.append("cut")
            raise OutOfTime("The time of one slice is over.")
        asked.append(contact_id)
        return read(books, contact_id)

    monkeypatch.setattr(Books, "contact", four_a_slice)
    states = [tasks.run_preview(str(world.installation.pk), ["customers", "products"], "person")]
    while sent:
        *args, countdown = sent.pop()
        assert countdown == 1.0
        states.append(tasks.run_preview(*args))
    assert states == ["partial", "partial", "done"]
    assert len([one for one in asked if one != "cut"]) == 9
    runs = Run.objects.order_by("pk")
    assert len({run.series for run in runs}) == 1
    newest = shown.newest(world.installation, ["customers"])
    assert newest == runs[2]
    proposed = Proposal.objects.filter(outcome="create", kind="company-customer")
    assert (proposed.count(), {row.run_id for row in proposed}) == (9, {runs[2].pk})
    assert world.company_names() == []


def test_a_preview_asked_for_during_a_run_comes_again_and_once(world: World, sent: list[tuple[Any, ...]]) -> None:
    other = Run.objects.create(installation=world.installation, trigger="schedule")
    asked = [tasks.run_preview(str(world.installation.pk), ["customers"], "person") for _ in range(2)]
    assert asked == ["busy", "busy"]
    assert [countdown for *_, countdown in sent] == [tasks.BUSY_SECONDS] * 2
    Run.objects.filter(pk=other.pk).update(state=Run.State.DONE)
    outcomes = [tasks.run_preview(*args) for *args, _ in sent]
    assert outcomes == ["done", "done meanwhile"]
    assert Run.objects.filter(kind=Run.Kind.PREVIEW).count() == 1


def test_a_read_only_module_is_previewed_once_an_interval_and_misses_no_success(world: World) -> None:
    services.set_read_only(world.customers, True, "Ada")
    services.pause(world.products, "Ada")
    now = timezone.now()
    long_ago = now - timedelta(hours=30)
    ModuleSetting.objects.update(started_at=long_ago, next_run_at=now, queued_at=None, interval_minutes=1440)
    assert [row.module for row in schedule.due(now + timedelta(seconds=1))] == ["customers"]
    assert tasks.run_preview(str(world.installation.pk), ["customers"], "schedule") == "done"
    setting = world.customers
    assert setting.next_run_at is not None
    assert now + timedelta(hours=23) < setting.next_run_at <= timezone.now() + timedelta(hours=24)
    assert setting.queued_at is None
    assert schedule.due(now + timedelta(minutes=30)) == []
    mail.outbox.clear()
    assert alerts.silent(timezone.now()) == 0
    assert mail.outbox == []


def test_a_preview_before_start_schedules_nothing(world: World) -> None:
    ModuleSetting.objects.update(started_at=None, next_run_at=None)
    assert tasks.run_preview(str(world.installation.pk), ["customers"], "person") == "done"
    assert set(ModuleSetting.objects.values_list("next_run_at", flat=True)) == {None}


@pytest.mark.parametrize("how", ["pause", "read-only"])
def test_nothing_is_written_after_a_pause_in_mid_run(world: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    for number in range(4):
        world.remotes.company(f"Tours {number}")
    world.remotes.product("Ski Pass")
    create, done = send._BOOKS[Write.Op.CREATE], []

    def switched_off_after_the_first(work: Work, write: Write) -> None:
        create(work, write)
        done.append(write.link.kind)
        if done == ["product-item", "company-customer"]:
            if how == "pause":
                services.pause(world.customers, "Ada")
            else:
                services.set_read_only(world.customers, True, "Ada")

    with monkeypatch.context() as patch:
        patch.setitem(send._BOOKS, Write.Op.CREATE, switched_off_after_the_first)
        run = world.sync()
    assert len(world.customer_names()) == 1
    assert "paused or made read-only" in run.problem
    if how == "pause":
        services.resume(world.customers, "Ada")
    else:
        services.set_read_only(world.customers, False, "Ada")
    world.settle()
    assert world.customer_names() == [f"Tours {number}" for number in range(4)]


def test_a_slice_that_was_cut_counts_as_the_last_push(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        world.remotes.company(f"Tours {number}")

    def cut(work: Work, write: Write) -> None:
        send_books.create(work, write)
        work.deadline = 0.0

    with monkeypatch.context() as patch:
        patch.setitem(send._BOOKS, Write.Op.CREATE, cut)
        ended = engine.run(world.installation, ["customers"])
    assert ended is not None
    assert ended.run.state == Run.State.PARTIAL
    setting = world.customers
    assert setting.pushed_to_books_at is not None
    assert (setting.pushed_to_bigin_at, setting.last_sync_at) == (None, None)
    assert world.products.pushed_to_books_at is None


def test_rule_5_4_a_list_that_is_not_believed_holds_its_run_and_is_told(world: World) -> None:
    for number in range(8):
        world.remotes.company(f"Tours {number}")
    world.settle()
    for customer in list(world.remotes.customers())[:7]:
        world.remotes.books.delete_contact(customer)
    for _night in range(2):
        world.installation.cursors.update(listed_at=None)
        world.later(300)
        assert world.sync().state == Run.State.HELD
    told = [message for message in mail.outbox if "approval" in message.subject]
    assert len(told) == 1
    assert "7 of 8 records were missing" in told[0].body


def test_rule_5_4_what_the_second_look_of_a_run_holds_is_told_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    companies = [world.remotes.company(f"Tours {number}") for number in range(8)]
    world.settle()
    world.remotes.delete("Accounts", *companies)
    check, passed = brake.check, []

    def later(work: Work, kind: Kind) -> list[Write]:
        """The deletions are planned only after the first sending, as what a settle left over is."""
        passed.append(kind)
        if passed.count(kind) == 1:
            Write.objects.filter(state="pending").update(state="withdrawn")
            work.shape.installation.records.filter(gone_at__isnull=False).update(dirty=True)
            return []
        return check(work, kind)

    with monkeypatch.context() as patch:
        patch.setattr(brake, "check", later)
        assert world.sync().state == Run.State.HELD
    assert len([message for message in mail.outbox if "approval" in message.subject]) == 1
    assert len(world.customer_names()) == 8


def test_rule_8_3_a_connection_lost_again_after_a_success_is_told_again(world: World) -> None:
    def tell(cause: str) -> bool:
        return alerts.once(world.installation, cause, "A subject", "A body")

    causes = ("lost:books", "lost:bigin", "quota:books", "silent", "held:customers:too_many_deletions")
    assert [tell(cause) for cause in causes] == [True] * 5
    assert [tell(cause) for cause in causes] == [False] * 5
    world.sync()
    assert [tell(cause) for cause in causes] == [True, True, True, True, False]


# How far apart runs are


NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.get_default_timezone())


def after_runs(*calls: int, minutes: int = 15) -> ModuleSetting:
    """A module whose runs of late took so many calls to Books, oldest first."""
    installation = make_installation()
    for number, count in enumerate(calls):
        Run.objects.create(
            installation=installation, trigger="schedule", state=Run.State.DONE, calls={"books": count},
            started_at=NOON - timedelta(hours=len(calls) - number),
        )  # fmt: skip
    setting = services.settings_of(installation)["customers"]
    setting.interval_minutes = minutes
    setting.save()
    return setting


def day(setting: ModuleSetting, remaining: int, hours: float = 10) -> None:
    """What is left today of 5,000 calls, of which a fifth is kept for people."""
    Quota.objects.create(
        installation=setting.installation, product="books", day=NOON.date(), calls=5000 - remaining, limit=5000,
        remaining=remaining, resets_at=NOON + timedelta(hours=hours),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("remaining", "chosen", "minutes"),
    [
        (5000, 15, 15),  # 400 runs would fit
        (1400, 15, 15),  # 40 runs fit into 10 hours: exactly every 15 minutes
        (1200, 15, 30),  # 20 runs
        (1200, 60, 60),  # the chosen one is longer anyway
        (1020, 15, 300),  # 2 runs
        (1005, 15, 600),  # not one: when the quota starts anew
        (0, 15, 600),
        (0, 1440, 1440),
    ],
)
def test_the_interval_stretches_where_the_quota_would_not_last(remaining: int, chosen: int, minutes: int) -> None:
    setting = after_runs(10, 10, 10, minutes=chosen)
    day(setting, remaining)
    assert schedule.interval(setting, NOON) == timedelta(minutes=minutes)


@pytest.mark.django_db
def test_the_interval_is_never_stretched_beyond_a_day() -> None:
    setting = after_runs(10)
    day(setting, 0, hours=40)
    assert schedule.interval(setting, NOON) == timedelta(hours=24)


@pytest.mark.django_db
def test_without_a_known_quota_or_a_run_the_interval_is_the_chosen_one() -> None:
    assert schedule.interval(after_runs(10), NOON) == timedelta(minutes=15)
    never = after_runs()
    day(never, 0)
    assert schedule.interval(never, NOON) == timedelta(minutes=15)


@pytest.mark.django_db
def test_what_a_run_costs_is_the_mean_of_the_newest_five() -> None:
    setting = after_runs(1000, 10, 20, 30, 40, 50)
    Run.objects.create(
        installation=setting.installation, kind="preview", trigger="person", state="done", calls={"books": 900}
    )
    assert schedule.typical_cost(setting.installation) == {"books": 30.0}


@pytest.mark.django_db
def test_a_first_sync_does_not_stretch_the_intervals_after_it() -> None:
    """1,400 of 5,000 calls are left and 1,000 of them are kept; another 700 would not fit even once."""
    setting = after_runs(700)
    assert schedule.typical_cost(setting.installation) == {"bigin": 6.0, "books": 2.0}
    day(setting, 1400)
    assert schedule.interval(setting, NOON) == timedelta(minutes=15)
    Run.objects.update(modules=["customers"])
    later = {"trigger": "person", "state": Run.State.DONE, "calls": {"books": 300}}
    Run.objects.create(
        installation=setting.installation, modules=["products"], started_at=NOON - timedelta(minutes=9), **later
    )
    assert schedule.interval(setting, NOON) == timedelta(minutes=15)
    Run.objects.create(installation=setting.installation, started_at=NOON - timedelta(minutes=5), **later)
    assert schedule.typical_cost(setting.installation) == {"books": 300.0}


@pytest.mark.django_db
def test_a_run_that_starts_moves_the_next_one_by_the_stretched_interval() -> None:
    setting = after_runs(10)
    now = timezone.now()
    Quota.objects.create(
        installation=setting.installation, product="books", day=now.date(), calls=5000, limit=5000, remaining=0,
        resets_at=now + timedelta(hours=7),
    )  # fmt: skip
    ModuleSetting.objects.filter(pk=setting.pk).update(started_at=now)
    schedule.started(setting.installation, ["customers"])
    setting.refresh_from_db()
    assert setting.next_run_at is not None
    assert timedelta(hours=6, minutes=59) < setting.next_run_at - now <= timedelta(hours=7, minutes=1)
