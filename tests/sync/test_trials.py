"""For any sequence of edits, deletes, merges, moves, mode switches, faults, kills and runs on both sides: quiet
runs at the end write nothing, pairs agree, everything else has a reason, nothing is doubled and nothing is lost."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from sandbox.testing import Sandbox
from tests.sync.trials import STEPS, play

SEQUENCES = st.lists(st.integers(0, len(STEPS) - 1), min_size=6, max_size=14)


@pytest.fixture
def trialled(transactional_db: None, sandbox: Sandbox, quick: Settings) -> Sandbox:
    quick.SYNC_ABANDONED_SECONDS = 0
    quick.ZOHO_WINDOW_SECONDS = 1
    return sandbox


@hypothesis_settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**6), steps=SEQUENCES)
def test_any_sequence_ends_in_step(
    trialled: Sandbox, monkeypatch: pytest.MonkeyPatch, seed: int, steps: list[int]
) -> None:
    play(trialled, monkeypatch, seed, steps)


@pytest.mark.soak
def test_thousands_of_sequences(trialled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOAK_TRIALS trials from SOAK_SEED on; tells how many were run and the seed of each that failed."""
    count, first = int(os.environ.get("SOAK_TRIALS", "1000")), int(os.environ.get("SOAK_SEED", "1"))
    failures = []
    for seed in range(first, first + count):
        chance = random.Random(seed)
        steps = [chance.randrange(len(STEPS)) for _ in range(chance.randint(6, 20))]
        try:
            play(trialled, monkeypatch, seed, steps)
        except AssertionError as error:
            failures.append(f"{error}\n  {error.__cause__}")
            print(f"FAILED {failures[-1]}", flush=True)
    print(f"{count} trials from seed {first}: {len(failures)} failed")
    assert not failures
