"""The benchmarks judge their figures; what they measure is not run here."""

import pytest

from benchmarks.__main__ import CASES
from benchmarks.figures import Figure, table


@pytest.mark.parametrize(
    ("bound", "exact", "kept", "words"),
    [
        (None, False, True, ""),
        (200, False, True, "at most 200"),
        (199, False, False, "at most 199  BROKEN"),
        (200, True, True, "exactly 200"),
        (201, True, False, "exactly 201  BROKEN"),
    ],
)
def test_a_figure_is_judged_by_its_bound(bound: float | None, exact: bool, kept: bool, words: str) -> None:
    figure = Figure("creates", 200, "calls", bound=bound, exact=exact)
    assert (figure.kept, figure.promise) == (kept, words)
    assert table([figure]).split() == ["creates", "200", "calls", *words.split()]


def test_every_case_can_be_named() -> None:
    assert list(CASES) == ["first-sync", "panel", "peers", "sandbox"]
