"""The page of an undone run: all its slices, how far a large one is, what was left alone, what it waits for."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Installation
from sync import services, tasks
from sync.models import Run, Write
from sync.standstill import Cause
from sync.views.parts import WAITS
from tests import undo_chunks
from tests.sync_screens.world import World


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return undo_chunks.of_size(monkeypatch, 1)


def stands_as_written(world: World) -> None:
    """The mirror holds what the run wrote to the first three customers."""
    for link in world.links[:3]:
        assert link.books is not None
        link.books.fields = {**link.books.fields, "billing_address.city": "York", "website": "https://example.com/new"}
        link.books.save()


@pytest.mark.django_db(transaction=True)
def test_a_large_undo_is_prepared_behind_its_page_which_asks_how_far_it_is(
    client: Client, world: World, small: list[int]
) -> None:
    stands_as_written(world)
    path = f"/embed/sync/runs/{world.run.pk}/undo/"
    answer = client.post(path, follow=True)
    assert answer.redirect_chain == [(path, 302)]
    text = answer.content.decode()
    assert "The undo of this run is being prepared. It goes on without this page." in text
    assert 'hx-trigger="every 2s"' in text
    assert "0 of 3" in text
    assert 'data-test="undo-run-confirm"' not in text  # it was pressed
    tasks.take_back(small.pop())
    assert "1 of 3" in text_of(client, path)
    while small:
        tasks.take_back(small.pop())
    text = text_of(client, path)
    assert "every 2s" not in text
    assert "3 changes were given to the next run to take back" in text
    assert "0 of 3 changes, listed below." in text
    assert re.search(r'data-test="undo-run-confirm"\s+disabled', text)
    assert Write.objects.filter(undoes__run=world.run, state="pending").count() == 3


def test_what_was_left_alone_is_listed_with_its_reason(client: Client, world: World) -> None:
    path = f"/embed/sync/runs/{world.run.pk}/undo/"
    text = client.post(path, follow=True).content.decode()
    assert "0 changes are being taken back." in text
    assert text.count("was changed since; it is left alone") == 3
    text = text_of(client, path)
    assert "0 changes were given to the next run to take back, 3 were left alone" in text
    assert "3 changes, listed below." in text
    assert text.split('data-test="kept"')[1].count("was changed since; it is left alone") == 3
    assert "<img src=x" not in text


def test_all_slices_of_a_run_are_listed_before_they_are_taken_back(client: Client, world: World) -> None:
    second = Run.objects.create(
        installation=world.installation,
        series=world.run.series,
        trigger="schedule",
        state=Run.State.DONE,
        finished_at=timezone.now(),
    )
    for run in (world.run, second):
        text = text_of(client, f"/embed/sync/runs/{run.pk}/undo/")
        assert "3 changes, listed below." in text
        assert "The run was done in 2 parts; all of them are taken back." in text


def waits_for(cause: Cause) -> str:
    """As every screen says it."""
    return str(WAITS[cause]) % {"entity": "Companies and contacts"}


@pytest.mark.parametrize("stopped", [Cause.PAUSED, Cause.READ_ONLY, Cause.LOST])
def test_an_undo_says_what_it_waits_for(client: Client, world: World, stopped: Cause) -> None:
    stands_as_written(world)
    setting = services.settings_of(world.installation)["customers"]
    if stopped == Cause.PAUSED:
        services.pause(setting, "Ada")
    elif stopped == Cause.READ_ONLY:
        services.set_read_only(setting, True, "Ada")
    else:
        Installation.objects.update(state=Installation.State.PAUSED)
    text = client.post(f"/embed/sync/writes/{world.write.pk}/undo/", follow=True).content.decode()
    assert "1 change will be taken back." in text
    assert waits_for(stopped) in text
    assert "is being taken back" not in text


@pytest.mark.django_db(transaction=True)
def test_a_large_undo_says_what_it_waits_for_too(client: Client, world: World, small: list[int]) -> None:
    services.pause(services.settings_of(world.installation)["customers"], "Ada")
    text = client.post(f"/embed/sync/runs/{world.run.pk}/undo/", follow=True).content.decode()
    assert f"It goes on without this page. {waits_for(Cause.PAUSED)}" in text
    assert len(small) == 1
