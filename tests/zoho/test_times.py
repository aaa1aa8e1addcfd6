"""Times of both products as instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoho.times import bigin_time, books_time, http_date, parse_time, parse_time_or_none

HALF_PAST_FIVE = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-09T13:16:32-0400", datetime(2026, 6, 9, 17, 16, 32, tzinfo=UTC)),
        ("2026-10-09T22:11:33+03:00", datetime(2026, 10, 9, 19, 11, 33, tzinfo=UTC)),
        ("2026-10-09T22:11:33Z", datetime(2026, 10, 9, 22, 11, 33, tzinfo=UTC)),
        ("2026-10-09T22:11:33.25+0530", datetime(2026, 10, 9, 16, 41, 33, 250000, tzinfo=UTC)),
        ("2026-10-09 22:11:33+0000", datetime(2026, 10, 9, 22, 11, 33, tzinfo=UTC)),
    ],
)
def test_both_products_times_are_read(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "2026-10-09", "2026-10-09T22:11:33", "2026-13-09T22:11:33Z", "today", "٢٠٢٦-10-09T22:11:33Z"]
)
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)
    assert parse_time_or_none(text) is None


@pytest.mark.parametrize("value", [None, 5, "", " "])
def test_nothing_is_none(value: object) -> None:
    assert parse_time_or_none(value) is None


def test_the_repeated_hour_of_a_clock_change_stays_in_order() -> None:
    first = parse_time("2026-11-01T01:30:00-0400")
    second = parse_time("2026-11-01T01:10:00-0500")
    assert second - first == timedelta(minutes=40)


def test_what_is_sent() -> None:
    moment = datetime(2026, 3, 1, 4, 0, 0, 999999, tzinfo=HALF_PAST_FIVE)
    assert books_time(moment) == "2026-02-28T22:30:00+0000"
    assert bigin_time(moment) == "2026-02-28T22:30:00+00:00"


@pytest.mark.parametrize("write", [books_time, bigin_time])
def test_a_naive_time_is_never_sent(write: object) -> None:
    assert callable(write)
    with pytest.raises(ValueError, match="aware"):
        write(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_sent_is_read_back_to_the_second(moment: datetime) -> None:
    assert parse_time(books_time(moment)) == parse_time(bigin_time(moment)) == moment.replace(microsecond=0)


def test_a_date_header() -> None:
    assert http_date("Fri, 09 Oct 2026 19:11:33 GMT") == datetime(2026, 10, 9, 19, 11, 33, tzinfo=UTC)
    assert http_date(None) is None
    assert http_date("soon") is None
