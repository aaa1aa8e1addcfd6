"""How a shortcut is shown to be one: a scenario that holds, and fails once the shortcut is taken."""

from collections.abc import Callable

import pytest


def holds_and_fails_with(scenario: Callable[[], None], again: Callable[[], None], take: Callable[[], None]) -> None:
    """The scenario as the code is, then in a fresh world with the shortcut taken."""
    scenario()
    again()
    take()
    with pytest.raises(AssertionError):
        scenario()
