"""The day of `busy.py`, undisturbed."""

from tests.sync_proof.busy import assert_evening, day, morning
from tests.sync_proof.world import World


def test_an_undisturbed_day(world: World) -> None:
    morning(world)
    day(world)
    assert_evening(world)
