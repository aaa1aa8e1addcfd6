"""The whole product as `make demo` starts it, once for all acceptance tests."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import chromium, new_context
from tests.demo import Demo

__all__ = ["chromium", "new_context"]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """Up and answering; Books' limit of calls a minute is lifted on both sides, as a test has no minutes to wait."""
    folder = Path(tempfile.mkdtemp(prefix="bigin-books-acceptance-"))
    folder.chmod(0o711)
    made = Demo(folder / "demo")
    process = made.start_and_wait(ZOHO_BOOKS_PER_MINUTE="off")
    yield made
    os.killpg(process.pid, signal.SIGINT)
    process.wait(120)
    print(made.output[-20_000:])  # shown where a test failed
    shutil.rmtree(folder)
