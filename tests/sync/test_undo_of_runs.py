"""Undo of whole runs: all slices, in chunks that survive a killed worker and a second click, and what a pause means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, Installation
from sync import retention, services, tasks, undo, undo_run
from sync.models import Run, Undoing, Write
from sync.shape import Shape
from sync.undo import UndoResult
from tests import undo_chunks
from tests.sync.test_undo import assert_quiet, huts, walks
from tests.sync.world import World

NEW = "https://new.example"


def customers(world: World, number: int) -> Run:
    """As many born in Books; the run that made their companies."""
    for one in range(number):
        world.remotes.new_customer(f"Alpine Huts {one:02}")
    run = world.sync()
    assert len(world.remotes.companies()) == number
    return run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return undo_chunks.of_size(monkeypatch, 2)


# Slices


def test_an_undone_run_is_taken_back_in_all_its_slices(world: World) -> None:
    run, _ = walks(world)
    # As if the slice had ended between the company and its contact.
    second = Run.objects.create(
        installation=world.installation, series=run.series, trigger="command", state="done", finished_at=timezone.now()
    )
    assert Write.objects.filter(run=run, link__kind="contact-person").update(run=second) == 1
    result = services.undo_run(run, "Ada")
    assert (result.undone, result.reasons) == (2, [])
    world.settle()
    assert (world.company_names(), world.remotes.contacts()) == ([], {})
    assert_quiet(world)


def test_a_later_run_of_another_series_is_not_taken_back(world: World) -> None:
    run, _, _ = huts(world)
    world.remotes.company("Kestrel Tours")
    world.later()
    world.sync()
    assert services.undo_run(run, "Ada").undone == 2
    world.settle()
    assert world.customer_names() == ["Kestrel Tours"]


def test_a_status_after_an_update_of_the_same_run_is_taken_back_and_the_update_after_it(world: World) -> None:
    """One write cannot do both; what it leaves is told, and may be taken back next."""
    _, company, customer = huts(world)
    world.configure(delete_policy="inactive")
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    run = world.sync()
    world.remotes.delete("Accounts", company)
    world.settle()
    assert world.remotes.customer(customer)["status"] == "inactive"
    # As if one run had been long enough to do both.
    Write.objects.filter(op="inactive", link__kind="company-customer").update(run=run)
    result = services.undo_run(run, "Ada")
    why = "Only the newest change of the run can be taken back with it; take this one back after that."
    assert (result.undone, result.reasons) == (1, [f"Alpine Huts: {why}"])
    world.settle()
    row = world.remotes.customer(customer)
    assert (row["status"], row["website"]) == ("active", NEW)
    update = Write.objects.get(run=run, op="update")
    assert services.undo_write(update, "Ada").reasons == []
    world.settle()
    assert world.remotes.customer(customer)["website"] == "https://alpine.example"


def test_an_undo_of_records_that_the_settings_left_says_so(world: World) -> None:
    """No run would ever send it."""
    run, _, customer = huts(world)
    world.configure(mode="contacts")
    result = services.undo_run(run, "Ada")
    why = "Your settings do not keep such records in step any more, so nothing of them is written."
    assert (result.undone, result.reasons) == (0, [f"Nils Berg: {why}", f"Alpine Huts: {why}"])
    world.settle()
    assert world.remotes.customer(customer)["persons"] != []


# Chunks


def test_a_large_run_is_prepared_by_a_worker_in_chunks(world: World, small: list[int]) -> None:
    run = customers(world, 5)
    result = services.undo_run(run, "Ada")
    assert (result.preparing, result.undone) == (True, 0)
    assert not Write.objects.exclude(undoes=None).exists()
    seen = []
    for _chunk in range(4):
        tasks.take_back(small.pop())
        seen.append(Write.objects.exclude(undoes=None).count())
    assert (seen, small) == ([2, 4, 5, 5], [])
    undoing = Undoing.objects.get()
    assert (undoing.state, undoing.looked, undoing.undone, undoing.kept) == ("done", 5, 5, [])
    assert AuditEntry.objects.filter(what=f"Took back run {run.pk}: 5 changes", who="Ada").count() == 1
    world.settle()
    assert world.company_names() == []


def test_a_second_click_while_a_run_is_prepared_is_the_same_undo(world: World, small: list[int]) -> None:
    run = customers(world, 3)
    assert services.undo_run(run, "Ada").preparing
    tasks.take_back(small[0])
    assert services.undo_run(run, "Grace").preparing
    assert len(set(small)) == 1
    while small:
        tasks.take_back(small.pop())
    assert Undoing.objects.get().who == "Ada"
    taken = [undo.undoes_id for undo in Write.objects.exclude(undoes=None)]
    assert len(taken) == 3
    assert set(taken) == set(run.writes.values_list("pk", flat=True))


def test_a_chunk_whose_worker_is_killed_is_done_again_from_its_beginning(
    world: World, small: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = customers(world, 5)
    services.undo_run(run, "Ada")
    pk = small.pop()
    assert undo_run.go_on(pk)
    real, left = undo.take_back, [1]

    def dies(shape: Shape, steps: list[Write], result: UndoResult) -> None:
        if not left:
            raise SystemExit  # as a worker that is told to go in the middle of its chunk
        left.pop()
        real(shape, steps, result)

    monkeypatch.setattr(undo_run, "take_back", dies)
    with pytest.raises(SystemExit):
        undo_run.go_on(pk)
    assert Write.objects.exclude(undoes=None).count() == 2  # the chunk is all or nothing
    monkeypatch.setattr(undo_run, "take_back", real)
    assert undo_run.stalled(timezone.now()) == []
    later = timezone.now() + timedelta(seconds=61)
    assert undo_run.stalled(later) == [pk]
    assert undo_run.stalled(later) == []  # two beats queue it once
    while undo_run.go_on(pk):
        pass
    assert Undoing.objects.get().undone == 5
    assert Write.objects.exclude(undoes=None).count() == 5


def test_an_undo_whose_chunk_always_fails_ends_and_may_be_asked_for_again(
    world: World, small: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = customers(world, 5)
    services.undo_run(run, "Ada")
    pk = small.pop()
    assert undo_run.go_on(pk)

    def fails(shape: Shape, steps: list[Write], result: UndoResult) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as broken:
        broken.setattr(undo_run, "take_back", fails)
        for _ in range(undo_run.MOST_TRIES):
            with pytest.raises(RuntimeError, match="a fault of ours"):
                undo_run.go_on(pk)
        assert Undoing.objects.get().state == "open"
        assert not undo_run.go_on(pk)
    ended = Undoing.objects.get()
    assert (ended.state, ended.looked, ended.undone, ended.not_reached) == ("failed", 2, 2, 3)
    assert not undo_run.result_of(ended).preparing
    assert undo_run.stalled(timezone.now() + timedelta(seconds=61)) == []
    assert services.undo_run(run, "Ada").preparing
    while undo_run.go_on(small[-1]):
        pass
    assert [(one.state, one.undone) for one in Undoing.objects.order_by("pk")] == [("failed", 2), ("done", 3)]
    assert Write.objects.exclude(undoes=None).count() == 5


def test_beat_queues_an_undo_that_the_queue_lost(world: World, small: list[int]) -> None:
    run = customers(world, 1)
    services.undo_run(run, "Ada")
    Undoing.objects.update(beat_at=timezone.now() - timedelta(seconds=61))
    pk = small.pop()
    tasks.dispatch_due()
    assert small == [pk]


def test_what_the_run_writes_after_it_was_asked_is_not_taken_back(world: World, small: list[int]) -> None:
    run, company, _ = huts(world)
    services.undo_run(run, "Ada")
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    late = world.sync()
    Write.objects.filter(run=late).update(run=run)  # the series goes on
    while small:
        tasks.take_back(small.pop())
    assert not Write.objects.filter(undoes__op="update").exists()
    undoing = Undoing.objects.get()
    assert (undoing.total, undoing.looked, undoing.undone) == (2, 2, 1)
    assert [why for _, why in undoing.kept] == ["website was changed since; it is left alone."]


def test_a_chunk_takes_a_number_of_queries_that_its_records_bound(world: World, small: list[int]) -> None:
    run = customers(world, 4)
    services.undo_run(run, "Ada")
    pk = small.pop()
    with CaptureQueriesContext(transaction.get_connection()) as chunk:
        assert undo_run.go_on(pk)
    assert len(chunk) <= 8 + 2 * 16


# Words


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        (lambda world: services.pause(world.customers, "Ada"), "paused"),
        (lambda world: services.set_read_only(world.customers, True, "Ada"), "read_only"),
        (lambda world: Installation.objects.update(state=Installation.State.PAUSED), "lost"),
    ],
)
def test_an_undo_that_cannot_be_sent_now_says_what_it_waits_for(
    world: World, stop: Callable[[World], object], why: str
) -> None:
    run, company, customer = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.settle()
    write = Write.objects.get(op="update", side="books", state="done")
    stop(world)
    assert services.undo_write(write, "Ada").waits == {"customers": why}
    assert services.undo_run(run, "Ada").waits == {"customers": why}
    assert world.remotes.customer(customer)["website"] == NEW


# Taking back what was taken back


def test_after_an_undo_was_taken_back_the_change_may_be_undone_again(world: World) -> None:
    _, company, customer = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.settle()
    write = Write.objects.get(op="update", side="books", state="done")
    for undone, site in ((write, "https://alpine.example"), (None, NEW), (write, "https://alpine.example")):
        target = undone or Write.objects.filter(undoes=write).order_by("-pk")[0]
        result = services.undo_write(target, "Ada")
        assert (result.undone, result.reasons) == (1, [])
        world.settle()
        assert world.remotes.customer(customer)["website"] == site
        again = services.undo_write(target, "Ada")
        assert again.reasons == ["Alpine Huts: It was taken back already."]
    assert_quiet(world)


def test_a_creation_may_be_taken_back_brought_back_and_taken_back_again(world: World) -> None:
    product = world.remotes.product("Glacier walk", Product_Code="GW-1", Unit_Price=40)
    world.settle()
    write = Write.objects.get(op="create", side="books", state="done")
    services.undo_write(write, "Ada")
    world.settle()
    assert world.remotes.items() == {}
    services.undo_write(Write.objects.get(undoes=write), "Ada")
    world.settle()
    assert [item["sku"] for item in world.remotes.items().values()] == ["GW-1"]
    assert world.link(product).state == "linked"
    assert services.undo_write(write, "Ada").reasons == []
    world.settle()
    assert world.remotes.items() == {}
    assert_quiet(world)


def test_rule_8_4_what_an_undo_left_alone_is_told_for_90_days(world: World) -> None:
    run, company, _ = huts(world)
    world.later()
    world.remotes.update("Accounts", company, Website=NEW)
    world.settle()
    assert services.undo_run(run, "Ada").reasons == ["Alpine Huts: website was changed since; it is left alone."]
    retention.purge(timezone.now() + timedelta(days=89))
    assert Undoing.objects.count() == 1
    retention.purge(timezone.now() + timedelta(days=91))
    assert Undoing.objects.count() == 0
