"""Settings from the environment: what is accepted, and that nonsense is refused by the variable's name."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from bigin_books import env
from bigin_books.settings import database


def test_text_prefers_nothing_when_both_the_value_and_the_file_are_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZZ_SECRET", "a")
    monkeypatch.setenv("ZZ_SECRET_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match="ZZ_SECRET or ZZ_SECRET_FILE"):
        env.text("ZZ_SECRET")


def test_a_secret_is_read_from_its_file_without_the_trailing_newline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("ZZ_SECRET_FILE", str(tmp_path / "secret"))
    assert env.text("ZZ_SECRET") == "s3cret"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZZ_SECRET_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="ZZ_SECRET_FILE: cannot read"):
        env.text("ZZ_SECRET")


def test_a_required_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="ZZ_ABSENT"):
        env.text("ZZ_ABSENT")


@pytest.mark.parametrize(
    ("written", "meant"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False), ("", True)]
)
def test_flags(monkeypatch: pytest.MonkeyPatch, written: str, meant: bool) -> None:
    monkeypatch.setenv("ZZ_FLAG", written)
    assert env.flag("ZZ_FLAG", default=True) is meant


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZZ_FLAG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="ZZ_FLAG must be one of"):
        env.flag("ZZ_FLAG", default=False)


@pytest.mark.parametrize("written", ["ten", "1.5", "-1"])
def test_a_number_that_is_none_or_too_small_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("ZZ_NUMBER", written)
    with pytest.raises(ImproperlyConfigured, match="ZZ_NUMBER must be"):
        env.whole("ZZ_NUMBER", 5)


def test_a_limit_is_a_number_or_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.limit("ZZ_LIMIT", 100) == 100
    monkeypatch.setenv("ZZ_LIMIT", "off")
    assert env.limit("ZZ_LIMIT", 100) is None


def test_lists_drop_what_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZZ_LIST", " a, ,b,")
    assert env.listed("ZZ_LIST") == ["a", "b"]


@pytest.mark.parametrize("url", ["mysql://h/name", "postgres://h:5432/", "name"])
def test_a_database_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        database(url)


def test_a_database_url_is_taken_apart() -> None:
    parts = database("postgres://us%40er:pa%2Fss@db.example:6543/books")
    assert (parts["USER"], parts["PASSWORD"], parts["HOST"], parts["PORT"], parts["NAME"]) == (
        "us@er",
        "pa/ss",
        "db.example",
        "6543",
        "books",
    )
