"""A first run that would do something else than the preview on the screen waits for a second look."""

from __future__ import annotations

from django.utils import timezone

from sync import preview, second_look, services
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
