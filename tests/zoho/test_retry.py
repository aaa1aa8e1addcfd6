"""The retry decision, without a clock."""

from __future__ import annotations

import pytest

from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError
from zoho.retry import Retry

LATER = RetryLater("x", product="books")


def test_waits_double_up_to_the_longest_and_jitter_shortens_them() -> None:
    retry = Retry(attempts=9, first=0.5, longest=3.0)
    assert [retry.wait(attempt, 0.0) for attempt in (1, 2, 3, 4, 5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert retry.wait(3, 0.5) == 1.5
    assert all(1.0 < retry.wait(3, chance / 100) <= 2.0 for chance in range(100))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_never_repeated(method: str) -> None:
    assert not Retry().wants(method, LATER, 1)


def test_a_read_is_repeated_a_bounded_number_of_times() -> None:
    assert [Retry(attempts=3).wants("GET", LATER, attempt) for attempt in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize("error", [
    RateLimited("x", scope="minute", product="books"), Rejected("x", product="books"),
    Unauthorised("x", product="books"), UnknownOutcome("x", product="books"),
])  # fmt: skip
def test_only_what_may_pass_is_repeated(error: ZohoError) -> None:
    assert not Retry().wants("GET", error, 1)
