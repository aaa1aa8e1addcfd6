"""What a log line may show: where something broke, never what the variables there held."""

import logging
import logging.config

import pytest

from bigin_books import logs

SECRET = "1000.only-in-a-variable"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_no_local_variable(as_json: bool) -> None:
    formats = logs.configure("DEBUG", as_json=as_json)["formatters"]
    formatter = logging.config.DictConfigurator({"version": 1}).configure_formatter(formats["line"])
    with pytest.raises(ValueError, match="it broke") as caught:
        broken(SECRET.lower())
    where = (caught.type, caught.value, caught.tb)
    line = formatter.format(logging.LogRecord("zoho", logging.ERROR, __file__, 1, "it broke", None, where))
    assert "in broken" in line
    assert SECRET not in line


def broken(token: str) -> None:
    raise ValueError(f"it broke over {len(token)} characters")


def test_addresses_with_what_was_searched_for_are_not_logged_at_debug() -> None:
    assert logs.configure("DEBUG", as_json=True)["loggers"]["urllib3"]["level"] == "WARNING"
