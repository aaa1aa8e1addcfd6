"""A trial made from one number, so that a failure is repeated by its seed."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.sync_proof.configurator import DELETES, DUPLICATES, MODES, POLICIES
from tests.sync_proof.trial import BEGINNING, OPERATIONS, Operation, Trial
from tests.sync_proof.world import World

# Runs and edits come more often than the rest.
NAMES = [*OPERATIONS, *["run"] * 6, *["edit_company", "edit_customer", "edit_contact", "edit_person"] * 2]


def choices(random: Random) -> dict[str, Any]:
    """Half of the trials in the mode with the most moving parts."""
    return {
        "mode": random.choice(("both", *MODES)),
        "include_unattached": random.random() < 0.5,
        "duplicates": random.choice(DUPLICATES),
        "policy": random.choice(POLICIES),
        "delete_policy": random.choice(DELETES),
        "keyed": random.random() < 0.5,
        "product": random.choice(("invoice", *["books"] * 7)),
    }


def steps(random: Random, most: int = 16) -> list[Operation]:
    number = random.randint(3, most)
    return [(random.choice(NAMES), random.randrange(12), random.randrange(12)) for _ in range(number)]


def trial_of(seed: int) -> tuple[dict[str, Any], list[Operation]]:
    """Settings of the first day, and what happens."""
    random = Random(seed)
    return choices(random), steps(random)


def play(world: World, seed: int) -> None:
    """Raises what went wrong, with the whole trial in its notes."""
    chosen, taken = trial_of(seed)
    world.fresh(**chosen)
    trial = Trial(world)
    try:
        trial.play([*BEGINNING, *taken])
        trial.end()
    except Exception as error:
        error.add_note(f"seed {seed}: {chosen} {taken}")
        raise
