"""Thousands of random trials: `make soak`. SOAK_TRIALS says how many, SOAK_FIRST with which seed they begin; SOAK_SEEDS
(numbers with commas) repeats single ones.
"""

from __future__ import annotations

import os
import traceback

import pytest

from tests.sync_proof.seeded import play
from tests.sync_proof.world import World

TRIALS = int(os.environ.get("SOAK_TRIALS", "1000"))
FIRST = int(os.environ.get("SOAK_FIRST", "1"))
SEEDS = [int(one) for one in os.environ.get("SOAK_SEEDS", "").split(",") if one] or range(FIRST, FIRST + TRIALS)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_random_sequences(world: World) -> None:
    failures: dict[int, str] = {}
    for number, seed in enumerate(SEEDS, start=1):
        try:
            play(world, seed)
        except Exception as error:  # noqa: BLE001 - every failure is told, with its seed
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
            failures[seed] = f"{type(error).__name__} at {where}: {error} {' '.join(error.__notes__)}"
            print(f"seed {seed} failed: {failures[seed]}", flush=True)
        if number % 25 == 0:
            print(f"{number} trials, {len(failures)} failures", flush=True)
    print(f"{len(SEEDS)} trials, {len(failures)} failures; seeds {sorted(failures)}")
    assert not failures, f"{len(failures)} of {len(SEEDS)} trials failed; seeds {sorted(failures)}"
